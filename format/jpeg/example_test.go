package jpeg_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	stdjpeg "image/jpeg"

	"github.com/quadraw/quadraw/format/jpeg"
	"github.com/quadraw/quadraw/raw"
)

func ExampleWrite() {
	h := raw.NewHeader(image.Pt(200, 150), raw.Mono, 16)
	h.ColorSpace = raw.SRGB
	src, _ := raw.NewMemoryRGB(h, raw.NewRGB(h.Bounds()))
	var file bytes.Buffer
	if err := jpeg.Write(context.Background(), &file, src, &jpeg.WriteOptions{Quality: 95}); err != nil {
		fmt.Println(err)
		return
	}
	img, err := stdjpeg.Decode(&file)
	fmt.Println(img.Bounds(), err)
	// Output: (0,0)-(200,150) <nil>
}
