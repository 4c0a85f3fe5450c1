package tile

import (
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw/raw"
)

// ReadPadded fills dst.Rect, which may stick out of the frame on any side:
// what lies outside is mirrored so that every pixel keeps its filter colour
// ([raw.CFA.Reflect]). Halos wider than the frame are served too, but some of
// dst must lie in the frame.
func ReadPadded(ctx context.Context, src raw.Source, dst *raw.Mosaic) error {
	h := src.Header()
	in := dst.Rect.Intersect(h.Bounds())
	if in == dst.Rect {
		return src.ReadTile(ctx, dst)
	}
	if err := padCheck(in, dst.Rect, h, dst.Check()); err != nil {
		return err
	}
	need := mirrorOf(dst.Rect, h)
	from := dst
	if !need.In(in) {
		from = raw.NewMosaic(need, h.CFA)
	}
	part := from.Part(need.Union(in))
	if err := src.ReadTile(ctx, part); err != nil {
		return err
	}
	dst.CFA = h.CFA
	cols := mirrorColumns(dst.Rect, h)
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		mirrorRow(dst.Row(y), from.Row(h.CFA.Reflect(y, h.Size.Y, 1)), cols, dst.Rect.Min.X, in, from.Rect.Min.X)
	}
	return nil
}

// ReadPaddedRGB is [ReadPadded] for pictures; the mirror repeats no edge.
func ReadPaddedRGB(ctx context.Context, src raw.RGBSource, dst *raw.RGB) error {
	h := src.Header()
	in := dst.Rect.Intersect(h.Bounds())
	if in == dst.Rect {
		return src.ReadTile(ctx, dst)
	}
	if err := padCheck(in, dst.Rect, h, dst.Check()); err != nil {
		return err
	}
	need := mirrorOf(dst.Rect, h)
	from := dst
	if !need.In(in) {
		from = raw.NewRGB(need)
	}
	part := from.Part(need.Union(in))
	if err := src.ReadTile(ctx, part); err != nil {
		return err
	}
	cols := mirrorColumns(dst.Rect, h)
	for c := raw.Red; c <= raw.Blue; c++ {
		for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
			mirrorRow(dst.Row(c, y), from.Row(c, h.CFA.Reflect(y, h.Size.Y, 1)), cols, dst.Rect.Min.X, in, from.Rect.Min.X)
		}
	}
	return nil
}

func padCheck(in, r image.Rectangle, h *raw.Header, sound error) error {
	if sound != nil {
		return sound
	}
	if in.Empty() {
		return fmt.Errorf("%w: %v has nothing of %v", raw.ErrBounds, r, h.Bounds())
	}
	return nil
}

// mirrorOf returns the pixels of the frame that r, mirrored, is made of.
func mirrorOf(r image.Rectangle, h *raw.Header) image.Rectangle {
	x0, x1 := mirrorSpan(r.Min.X, r.Max.X, h.Size.X, 0, h.CFA)
	y0, y1 := mirrorSpan(r.Min.Y, r.Max.Y, h.Size.Y, 1, h.CFA)
	return image.Rect(x0, y0, x1, y1)
}

func mirrorSpan(lo, hi, n, axis int, cfa raw.CFA) (int, int) {
	a, b := max(lo, 0), min(hi, n) // what lies inside stands for itself
	if a >= b {
		a, b = n, 0
	}
	outside := func(from, to int) {
		for i := from; i < to; i++ {
			j := cfa.Reflect(i, n, axis)
			a, b = min(a, j), max(b, j+1)
		}
	}
	outside(lo, min(hi, 0))
	outside(max(lo, n), hi)
	return a, b
}

// mirrorColumns returns where the columns of r outside the frame come from.
func mirrorColumns(r image.Rectangle, h *raw.Header) []int {
	cols := make([]int, r.Dx())
	for i := range cols {
		if x := r.Min.X + i; x < 0 || x >= h.Size.X {
			cols[i] = h.CFA.Reflect(x, h.Size.X, 0)
		}
	}
	return cols
}

// mirrorRow fills dst, whose first pixel is x0, from src, whose first pixel is
// at. They may be one row: what is inside the frame does not move.
func mirrorRow(dst, src []uint16, cols []int, x0 int, in image.Rectangle, at int) {
	copy(dst[in.Min.X-x0:in.Max.X-x0], src[in.Min.X-at:in.Max.X-at])
	for i := range in.Min.X - x0 {
		dst[i] = src[cols[i]-at]
	}
	for i := in.Max.X - x0; i < len(dst); i++ {
		dst[i] = src[cols[i]-at]
	}
}
