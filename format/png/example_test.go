package png_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	stdpng "image/png"

	"github.com/quadraw/quadraw/format/png"
	"github.com/quadraw/quadraw/raw"
)

func ExampleWrite() {
	h := raw.NewHeader(image.Pt(4, 2), raw.Mono, 16)
	h.ColorSpace = raw.SRGB
	m := raw.NewRGB(h.Bounds())
	m.Pix[raw.Green][0] = 0xffff
	src, _ := raw.NewMemoryRGB(h, m)
	var file bytes.Buffer
	if err := png.Write(context.Background(), &file, src, &png.WriteOptions{BitDepth: 16}); err != nil {
		fmt.Println(err)
		return
	}
	img, err := stdpng.Decode(&file)
	fmt.Println(img.Bounds(), img.At(0, 0), err)
	// Output: (0,0)-(4,2) {0 65535 0 65535} <nil>
}
