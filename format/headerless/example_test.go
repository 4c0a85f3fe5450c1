package headerless_test

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw/format/headerless"
	"github.com/quadraw/quadraw/raw"
)

func ExampleDecode() {
	// Four samples of 10 bits in five bytes: high bytes, then the low bits.
	dump := []byte{0x40, 0x80, 0xc0, 0xff, 0b11_10_01_00}
	layout, err := headerless.Preset("SRGGB10_CSI2P", 4, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	layout.Stride = 5
	src, err := headerless.Decode(bytes.NewReader(dump), int64(len(dump)), layout, raw.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := raw.NewMosaic(image.Rect(0, 0, 4, 1), 0)
	err = src.ReadTile(context.Background(), m)
	fmt.Println(m.Pix, src.Header().CFA, err)
	// Output: [256 513 770 1023] bayer-rggb <nil>
}
