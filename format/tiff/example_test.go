package tiff_test

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"

	xtiff "golang.org/x/image/tiff"

	"github.com/quadraw/quadraw/format/tiff"
	"github.com/quadraw/quadraw/raw"
)

func ExampleWrite() {
	h := raw.NewHeader(image.Pt(64, 48), raw.Mono, 16)
	h.ColorSpace = raw.SRGB
	m := raw.NewRGB(h.Bounds())
	m.Pix[raw.Red][0] = 0x1234
	src, _ := raw.NewMemoryRGB(h, m)
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	f, err := os.Create(filepath.Join(dir, "picture.tif"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	if err := tiff.Write(context.Background(), f, src, &tiff.WriteOptions{BitDepth: 16}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := f.Seek(0, 0); err != nil {
		fmt.Println(err)
		return
	}
	img, err := xtiff.Decode(f)
	if err != nil {
		fmt.Println(err)
		return
	}
	red, _, _, _ := img.At(0, 0).RGBA()
	fmt.Printf("%v %#x\n", img.Bounds(), red)
	// Output: (0,0)-(64,48) 0x1234
}
