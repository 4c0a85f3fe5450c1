package format_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
)

// What a JPEG file holds is what the standard library says, whatever tile is
// asked for.
func TestPictureTilesAreThePicture(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	scene := image.NewRGBA(image.Rect(0, 0, 37, 21))
	for i := range scene.Pix {
		scene.Pix[i] = uint8(rng.Uint32())
	}
	var data bytes.Buffer
	if err := jpeg.Encode(&data, scene, nil); err != nil {
		t.Fatal(err)
	}
	want, err := jpeg.Decode(bytes.NewReader(data.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := format.NewFile(bytes.NewReader(data.Bytes()), int64(data.Len()), nil)
	if err != nil {
		t.Fatal(err)
	}
	src, err := f.RGB()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []image.Rectangle{image.Rect(0, 0, 37, 21), image.Rect(3, 5, 36, 20), image.Rect(8, 1, 9, 2)} {
		got := raw.NewRGB(r)
		if err := src.ReadTile(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if a, b := got.RGBA64At(x, y), color.RGBA64Model.Convert(want.At(x, y)); a != b {
					t.Fatalf("%v: %d,%d is %v, want %v", r, x, y, a, b)
				}
			}
		}
	}
}
