package npy

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"

	"github.com/quadraw/quadraw/internal/packing"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// WriteOptions say how a file is written. Nil and the zero value are good
// defaults.
type WriteOptions struct {
	// Tiles bound workers and memory and report progress.
	Tiles tile.Options
}

const bandRows = 128

// Write writes the samples of src in DN as an array (height, width) of type
// <u2.
func Write(ctx context.Context, w io.Writer, src raw.Source, o *WriteOptions) error {
	h := src.Header()
	head := header(fmt.Sprintf("(%d, %d)", h.Size.Y, h.Size.X))
	return write(ctx, w, head, h, 4, o, func(ctx context.Context, b *band, r image.Rectangle) error {
		b.mosaic.Reset(r, 0)
		if err := src.ReadTile(ctx, &b.mosaic); err != nil {
			return err
		}
		b.out = packing.LittleEndian(b.out[:0], b.mosaic.Pix)
		return nil
	})
}

// WriteRGB writes the samples of src as an array (height, width, 3) of type
// <u2.
func WriteRGB(ctx context.Context, w io.Writer, src raw.RGBSource, o *WriteOptions) error {
	h := src.Header()
	head := header(fmt.Sprintf("(%d, %d, 3)", h.Size.Y, h.Size.X))
	return write(ctx, w, head, h, 12, o, func(ctx context.Context, b *band, r image.Rectangle) error {
		b.rgb.Reset(r)
		if err := src.ReadTile(ctx, &b.rgb); err != nil {
			return err
		}
		if b.row == nil {
			b.row = make([]uint16, 3*r.Dx())
		}
		b.out = b.out[:0]
		for y := r.Min.Y; y < r.Max.Y; y++ {
			packing.Interleave(b.row, b.rgb.Row(raw.Red, y), b.rgb.Row(raw.Green, y), b.rgb.Row(raw.Blue, y))
			b.out = packing.LittleEndian(b.out, b.row)
		}
		return nil
	})
}

type band struct {
	mosaic raw.Mosaic
	rgb    raw.RGB
	row    []uint16
	out    []byte
}

func write(ctx context.Context, w io.Writer, head []byte, h *raw.Header, cost int, o *WriteOptions, fill func(context.Context, *band, image.Rectangle) error) error {
	if o == nil {
		o = &WriteOptions{}
	}
	plan, err := tile.NewPlan(tile.Work{Bounds: h.Bounds(), FullWidth: true, Rows: bandRows, Align: image.Pt(1, 24), BytesPerPixel: cost}, &o.Tiles)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	return tile.Ordered(ctx, plan, func() *band { return &band{} }, fill, func(b *band, r image.Rectangle) error {
		_, err := w.Write(b.out)
		return err
	})
}

// header returns magic, version 1.0, and the dictionary padded so that the
// samples begin at a multiple of 64.
func header(shape string) []byte {
	d := []byte("\x93NUMPY\x01\x00\x00\x00")
	d = fmt.Appendf(d, "{'descr': '<u2', 'fortran_order': False, 'shape': %s, }", shape)
	for len(d)%64 != 63 {
		d = append(d, ' ')
	}
	d = append(d, '\n')
	binary.LittleEndian.PutUint16(d[8:], uint16(len(d)-10))
	return d
}
