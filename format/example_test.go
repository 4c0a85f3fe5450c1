package format_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/format/headerless"
	"github.com/quadraw/quadraw/raw"
)

// A mosaic is written as a DNG file and opened again.
func Example() {
	dir, err := os.MkdirTemp("", "quadraw")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "frame.dng")

	h := raw.NewHeader(image.Pt(64, 48), raw.QuadRGGB, 10)
	src, _ := raw.NewMemory(h, raw.NewMosaic(h.Bounds(), h.CFA))
	out, err := format.Create(name, nil)
	if err != nil {
		panic(err)
	}
	defer out.Close() // removes what is not committed
	if err := out.WriteMosaic(context.Background(), src); err != nil {
		panic(err)
	}
	if err := out.Commit(); err != nil {
		panic(err)
	}

	f, err := format.Open(name, nil)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	mosaic, _ := f.Mosaic()
	part := raw.NewMosaic(image.Rect(8, 8, 16, 16), 0)
	err = mosaic.ReadTile(context.Background(), part)
	fmt.Println(f.Kind(), f.Header().Size, f.Header().CFA, err)
	// Output: dng (64,48) quad-rggb <nil>
}

// A raw dump without a header needs a layout.
func ExampleNewFile() {
	layout, _ := headerless.Preset("SRGGB10_CSI2P", 4, 2)
	dump := strings.NewReader("\x01\x02\x03\x04\xe4" + strings.Repeat("\x00", 27) + "\xff\xff\xff\xff\xff")
	f, err := format.NewFile(dump, dump.Size(), &format.OpenOptions{Layout: layout})
	if err != nil {
		fmt.Println(err)
		return
	}
	src, _ := f.Mosaic()
	m := raw.NewMosaic(src.Header().Bounds(), 0)
	err = src.ReadTile(context.Background(), m)
	fmt.Println(f.Kind(), m.Pix, err)
	// Output: mipi10 [4 9 14 19 1023 1023 1023 1023] <nil>
}

// Errors tell what kind of trouble a file is.
func ExampleNewFile_errors() {
	_, err := format.NewFile(strings.NewReader("P5 60000 60000 255 "), 19, nil)
	fmt.Println(errors.Is(err, format.ErrLimit), err)
	_, err = format.NewFile(strings.NewReader("P5 100 100 255 "), 15, nil)
	fmt.Println(errors.Is(err, format.ErrTruncated))
	// Output:
	// true limit exceeded: frame of 60000×60000
	// true
}
