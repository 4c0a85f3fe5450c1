package quality

import (
	"context"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// CPSNRBorder is how many pixels on each side CPSNR leaves out.
const CPSNRBorder = 10

// CPSNR is the measure of the demosaicing literature: the PSNR in dB over all
// three channels after both pictures are rounded to 8 bits, [CPSNRBorder]
// pixels of border left out. Samples are taken as 0 to 65535 whatever the
// header says of levels.
func CPSNR(ctx context.Context, a, b raw.RGBSource) (float64, error) {
	r, err := Compare(ctx, newEightBit(a), newEightBit(b), &Options{Border: CPSNRBorder, NoSSIM: true})
	if err != nil {
		return math.NaN(), err
	}
	return r.Total, nil
}

// CPSNRPictures is [CPSNR] of two pictures in memory with one rectangle.
func CPSNRPictures(a, b *raw.RGB) (float64, error) {
	src := func(m *raw.RGB) (raw.RGBSource, error) {
		c := *m
		c.Rect = c.Rect.Sub(m.Rect.Min)
		return raw.NewMemoryRGB(raw.NewHeader(c.Rect.Size(), raw.Mono, 16), &c)
	}
	sa, err := src(a)
	if err != nil {
		return math.NaN(), err
	}
	sb, err := src(b)
	if err != nil {
		return math.NaN(), err
	}
	return CPSNR(context.Background(), sa, sb)
}

// eightBit rounds samples of 0 to 65535 to 256 levels, kept as multiples of 257.
type eightBit struct {
	h   *raw.Header
	src raw.RGBSource
}

func newEightBit(src raw.RGBSource) *eightBit {
	return &eightBit{raw.NewHeader(src.Header().Size, raw.Mono, 16), src}
}

func (s *eightBit) Header() *raw.Header { return s.h }

func (s *eightBit) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := s.src.ReadTile(ctx, dst); err != nil {
		return err
	}
	for c := raw.Red; c <= raw.Blue; c++ {
		for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
			row := dst.Row(c, y)
			for x, v := range row {
				row[x] = uint16((uint32(v)*255 + 32767) / 65535 * 257)
			}
		}
	}
	return nil
}
