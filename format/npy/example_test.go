package npy_test

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw/format/npy"
	"github.com/quadraw/quadraw/raw"
)

func ExampleWrite() {
	h := raw.NewHeader(image.Pt(3, 2), raw.BayerRGGB, 12)
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	copy(m.Pix, []uint16{1, 2, 3, 4, 5, 6})
	src, _ := raw.NewMemory(h, m)
	var file bytes.Buffer
	if err := npy.Write(context.Background(), &file, src, nil); err != nil {
		fmt.Println(err)
		return
	}
	// NumPy reads it with numpy.load, and so do we.
	back, err := npy.Decode(bytes.NewReader(file.Bytes()), int64(file.Len()), raw.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	got := raw.NewMosaic(image.Rect(0, 0, 3, 2), 0)
	err = back.Mosaic.ReadTile(context.Background(), got)
	fmt.Println(got.Pix, err)
	// Output: [1 2 3 4 5 6] <nil>
}
