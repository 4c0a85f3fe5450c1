package noise

import (
	"context"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// levelled returns src with a black level that repeats with the CFA or every
// four pixels: where it has deltas for columns or rows, or another pattern,
// samples are moved to a constant level, rounded to a DN.
func levelled(src raw.Source) raw.Source {
	h := src.Header()
	b := &h.Black
	if repeatsInFour(h) {
		if p := h.CFA.Period(); p == 4 || len(b.Values) == 0 || (p%max(b.Rows, 1) == 0 && p%max(b.Cols, 1) == 0) {
			return src
		}
	}
	c := h.Clone()
	level := math.Round(b.Mean())
	c.Black = raw.ConstantBlack(level)
	return &levelledSource{src: src, h: c, level: level}
}

// repeatsInFour reports whether the black level repeats every four pixels.
func repeatsInFour(h *raw.Header) bool {
	b := &h.Black
	repeats := len(b.Values) == 0 || (4%max(b.Rows, 1) == 0 && 4%max(b.Cols, 1) == 0)
	return repeats && len(b.DeltaH) == 0 && len(b.DeltaV) == 0
}

type levelledSource struct {
	src   raw.Source
	h     *raw.Header
	level float64
}

func (s *levelledSource) Header() *raw.Header { return s.h }

func (s *levelledSource) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := s.src.ReadTile(ctx, dst); err != nil {
		return err
	}
	b := &s.src.Header().Black
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		for i, v := range dst.Row(y) {
			d := float64(v) - b.At(dst.Rect.Min.X+i, y, 0) + s.level
			dst.Row(y)[i] = uint16(min(max(math.Round(d), 0), 65535))
		}
	}
	return nil
}

// ceiling returns src with samples above a normalised level held at it, as if
// they clipped there.
func ceiling(src raw.Source, level float64) raw.Source {
	if level > 1/alikeTold {
		return src
	}
	h := src.Header()
	black := h.Black.Mean()
	return &ceilingSource{src, uint16(min(max(math.Round(black+level*(h.White[raw.Green]-black)), 0), 65535))}
}

type ceilingSource struct {
	raw.Source
	top uint16
}

func (s *ceilingSource) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := s.Source.ReadTile(ctx, dst); err != nil {
		return err
	}
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		for i, v := range dst.Row(y) {
			dst.Row(y)[i] = min(v, s.top)
		}
	}
	return nil
}
