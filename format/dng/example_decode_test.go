package dng_test

import (
	"context"
	"fmt"
	"image"
	"os"

	"github.com/quadraw/quadraw/format/dng"
	"github.com/quadraw/quadraw/raw"
)

func ExampleDecode() {
	in, err := os.Open("../../testdata/gopro_hero6_16bit.dng")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := dng.Decode(in, info.Size(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	h := file.Header()
	fmt.Println(h.Capture.Model, h.Size, h.CFA, h.BitsPerSample, "bits, white", h.White[0])

	mosaic, err := file.Mosaic()
	if err != nil {
		fmt.Println(err)
		return
	}
	// Only these bytes of the file are read.
	tile := raw.NewMosaic(image.Rect(100, 100, 104, 102), 0)
	if err := mosaic.ReadTile(context.Background(), tile); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tile.Row(100), tile.Row(101))
	// Output:
	// HERO6 Black (320,240) bayer-rggb 16 bits, white 16383
	// [255 413 188 442] [500 219 370 198]
}
