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
	c.Black = raw.ConstantBlack(math.Round(b.Mean()))
	return &levelledSource{src: src, h: c, gain: 1}
}

// relevelled returns src with the black and white levels of like, rounded to a
// DN: a frame of other bits or levels in the units of another.
func relevelled(src raw.Source, like *raw.Header) raw.Source {
	h := src.Header()
	gain := (like.White[raw.Green] - like.Black.Mean()) / (h.White[raw.Green] - h.Black.Mean())
	same := gain == 1
	for i := range 16 {
		same = same && h.Black.At(i%4, i/4, 0) == like.Black.At(i%4, i/4, 0)
	}
	if same {
		return src
	}
	c := h.Clone()
	c.Black, c.White = like.Black.Clone(), like.White
	return &levelledSource{src: src, h: c, gain: gain}
}

// repeatsInFour reports whether the black level repeats every four pixels.
func repeatsInFour(h *raw.Header) bool {
	b := &h.Black
	repeats := len(b.Values) == 0 || (4%max(b.Rows, 1) == 0 && 4%max(b.Cols, 1) == 0)
	return repeats && len(b.DeltaH) == 0 && len(b.DeltaV) == 0
}

// levelledSource moves black to that of its header and multiplies what is above.
type levelledSource struct {
	src  raw.Source
	h    *raw.Header
	gain float64
}

func (s *levelledSource) Header() *raw.Header { return s.h }

func (s *levelledSource) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := s.src.ReadTile(ctx, dst); err != nil {
		return err
	}
	from, to := &s.src.Header().Black, &s.h.Black
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		for i, v := range dst.Row(y) {
			x := dst.Rect.Min.X + i
			d := float64((float64(v)-from.At(x, y, 0))*s.gain) + to.At(x, y, 0)
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
