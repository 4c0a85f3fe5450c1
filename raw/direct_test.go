package raw_test

import (
	"context"
	"image"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

// What a source shows is what it reads, through crops and other headers.
func TestViewIsReadTile(t *testing.T) {
	h := raw.NewHeader(image.Pt(20, 16), raw.QuadRGGB, 10)
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	for i := range m.Pix {
		m.Pix[i] = uint16(i)
	}
	mem, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	cropped, err := raw.Crop(mem, image.Rect(3, 5, 17, 15))
	if err != nil {
		t.Fatal(err)
	}
	other := cropped.Header().Clone()
	other.CFA = raw.BayerBGGR
	reheaded, err := raw.WithHeader(cropped, other)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []raw.Source{mem, cropped, reheaded} {
		r := image.Rect(1, 2, 9, 8)
		want := raw.NewMosaic(r, 0)
		if err := s.ReadTile(context.Background(), want); err != nil {
			t.Fatal(err)
		}
		v, ok := s.(raw.Viewer)
		got := raw.Mosaic{Rect: r}
		if !ok || !v.View(&got) || got.CFA != s.Header().CFA {
			t.Fatalf("%T shows nothing, or %v", s, got.CFA)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x, p := range got.Row(y) {
				if p != want.Row(y)[x] {
					t.Fatalf("%T shows %d at %d,%d, reads %d", s, p, x+1, y, want.Row(y)[x])
				}
			}
		}
		if outside := (raw.Mosaic{Rect: image.Rect(0, 0, 21, 1)}); v.View(&outside) {
			t.Errorf("%T shows more than its frame", s)
		}
	}
}

func TestPackingSizes(t *testing.T) {
	for _, c := range []struct {
		p           raw.Packing
		width, want int
	}{
		{raw.Unpacked, 7, 14}, {raw.MIPI10, 12032, 15040}, {raw.MIPI10, 5, 10}, {raw.MIPI12, 5, 9}, {raw.MIPI14, 5, 14},
		{raw.Tight10, 5, 7}, {raw.Tight12, 5, 8}, {raw.Tight14, 12032, 21056},
	} {
		if got := c.p.RowBytes(c.width); got != c.want {
			t.Errorf("%v: a row of %d samples is %d bytes, want %d", c.p, c.width, got, c.want)
		}
	}
}
