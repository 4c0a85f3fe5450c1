package binning_test

import (
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/raw"
)

func ExampleNew() {
	// An 8×8 Quad Bayer frame of 10 bits, mid-gray with one hot pixel.
	h := raw.NewHeader(image.Pt(8, 8), raw.QuadRGGB, 10)
	h.Noise = raw.NoiseProfile{{Offset: 1e-5}, {Offset: 1e-5}, {Offset: 1e-5}}
	frame := raw.NewMosaic(h.Bounds(), h.CFA)
	for i := range frame.Pix {
		frame.Pix[i] = 512
	}
	frame.Row(3)[5] = 1000
	src, err := raw.NewMemory(h, frame)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range []*binning.Options{nil, {Mode: binning.Sum}, {Robust: true}} {
		binned, err := binning.New(src, o)
		if err != nil {
			fmt.Println(err)
			return
		}
		out := raw.NewMosaic(binned.Header().Bounds(), 0)
		if err := binned.ReadTile(context.Background(), out); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(binned.Header().Size, binned.Header().CFA, binned.Header().White[0], out.Row(1))
	}
	// Output:
	// (4,4) bayer-rggb 1023 [512 512 634 512]
	// (4,4) bayer-rggb 4092 [2048 2048 2536 2048]
	// (4,4) bayer-rggb 1023 [512 512 512 512]
}

func ExampleBin() {
	src := raw.NewMosaic(image.Rect(0, 0, 12, 12), raw.NonaRGGB)
	for i := range src.Pix {
		src.Pix[i] = 90
	}
	var dst raw.Mosaic
	if err := binning.Bin(&dst, src, nil); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(dst.Rect, dst.CFA, dst.Pix[0])
	// Output: (0,0)-(4,4) bayer-rggb 90
}
