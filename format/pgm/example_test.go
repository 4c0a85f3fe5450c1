package pgm_test

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw/format/pgm"
	"github.com/quadraw/quadraw/raw"
)

func ExampleDecode() {
	file := []byte("P5\n2 2\n1023\n\x00\x10\x00\x20\x00\x30\x03\xff")
	f, err := pgm.Decode(bytes.NewReader(file), int64(len(file)), raw.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := raw.NewMosaic(image.Rect(0, 0, 2, 2), 0)
	err = f.Mosaic.ReadTile(context.Background(), m)
	fmt.Println(m.Pix, f.Mosaic.Header().White[raw.Green], err)
	// Output: [16 32 48 1023] 1023 <nil>
}
