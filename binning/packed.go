package binning

import (
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw/raw"
)

// Packed is a frame as a sensor or an uncompressed file holds it.
type Packed struct {
	Packing raw.Packing
	Stride  int    // bytes from one row to the next
	Bytes   []byte // the first row first
}

func (p *Packed) check(size image.Point) error {
	if !p.Packing.Valid() {
		return fmt.Errorf("%w: packing %d", raw.ErrOption, p.Packing)
	}
	row := p.Packing.RowBytes(size.X)
	if p.Stride < row || len(p.Bytes) < (size.Y-1)*p.Stride+row {
		return fmt.Errorf("%w: %d bytes at a stride of %d cannot hold %v samples of %v", raw.ErrTruncated, len(p.Bytes), p.Stride, size, p.Packing)
	}
	return nil
}

// BinPacked is [Binner.Bin] straight from packed samples, which are never
// written out: rows are unpacked into the nearest cache and binned there. The
// header that b was made from tells size and levels.
func (b *Binner) BinPacked(ctx context.Context, dst *raw.Mosaic, src *Packed, workers int) error {
	if err := src.check(b.g.in); err != nil {
		return err
	}
	if err := b.prepare(dst); err != nil {
		return err
	}
	return b.newJob(dst, raw.Mosaic{}, *src).run(ctx, workers)
}

// input is where rows come from: samples, or packed bytes of full rows.
type input struct {
	mosaic raw.Mosaic // its Rect is that of the input
	packed []byte     // if not nil: the rows of mosaic.Rect from column 0 on
	stride int
	how    raw.Packing
	table  *unpackTable
}

func (in *input) rect() image.Rectangle { return in.mosaic.Rect }

// row returns the samples of input row y, as member row k of a cell.
func (s *scratch) row(b *Binner, in *input, k, y int) []uint16 {
	if in.packed == nil {
		return in.mosaic.Row(y)
	}
	r := in.mosaic.Rect
	samples, bytes := in.how.Group()
	x0 := r.Min.X / samples * samples
	row := in.packed[(y-r.Min.Y)*in.stride:]
	if all := samplesIn(row[:in.how.RowBytes(r.Max.X)], in.how); all != nil {
		return all[r.Min.X:]
	}
	s.unpacked[k] = grow(s.unpacked[k], r.Max.X-x0)
	unpack(b.isa, s.unpacked[k], row[x0/samples*bytes:], in.how, in.table)
	return s.unpacked[k][r.Min.X-x0:]
}

// fused reports whether rows are binned straight from packed bytes, without
// unpacking them first: plain sums of 2×2 cells that begin with a byte.
func (b *Binner) fused(in *input) bool {
	if in.packed == nil || b.kind != kindSum || b.g.n != 2 || b.g.bayer {
		return false
	}
	samples, _ := in.how.Group()
	return in.mosaic.Rect.Min.X%samples == 0
}

// fusedRow is row for packed input.
func (b *Binner) fusedRow(dst []uint16, in *input, y0 int, s *scratch, m access) {
	samples, bytes := in.how.Group()
	r := in.mosaic.Rect
	rest := in.packed[(y0-r.Min.Y)*in.stride+r.Min.X/samples*bytes:]
	packed2(b.isa, m, dst, rest, rest[in.stride:], in.how, in.table, b.round, b.shift, s)
}

// unpackAndSum is packed2 in two steps.
func unpackAndSum(l isa, m access, dst []uint16, r0, r1 []byte, p raw.Packing, t *unpackTable, round uint32, shift uint, s *scratch) {
	m.ahead = 0
	if a, b := samplesIn(r0, p), samplesIn(r1, p); a != nil && b != nil {
		sum2(l, m, dst, a, b, round, shift)
		return
	}
	for k, row := range [][]byte{r0, r1} {
		s.unpacked[k] = grow(s.unpacked[k], 2*len(dst))
		unpack(l, s.unpacked[k], row, p, t)
	}
	sum2(l, m, dst, s.unpacked[0], s.unpacked[1], round, shift)
}
