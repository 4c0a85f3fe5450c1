package develop

import (
	"context"
	"fmt"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// Gray returns a frame of a sensor without colour filters as linear camera RGB
// whose three planes are equal: black at the given level, white at 65535, and
// noise below black kept. What the header says of colour is left out, for there
// is none: such a picture is gray under every white balance.
func Gray(src raw.Source, black uint16) (raw.RGBSource, error) {
	h := src.Header()
	if h.CFA != raw.Mono {
		return nil, fmt.Errorf("gray picture: %w: %v", raw.ErrCFA, h.CFA)
	}
	if level := h.Black.Mean(); !(h.White[0] > level && h.White[0] <= 65535) {
		return nil, fmt.Errorf("gray picture: %w: black %v, white %v", raw.ErrOption, level, h.White[0])
	}
	out := h.Clone()
	out.MaskedAreas = nil
	out.BitsPerSample = 16
	out.Black, out.White = raw.ConstantBlack(float64(black)), [3]float64{65535, 65535, 65535}
	out.ColorSpace = raw.LinearCamera
	out.Color = raw.ColorProfile{AsShotNeutral: [3]float64{1, 1, 1}}
	out.Opcodes[0], out.Opcodes[1] = nil, nil
	g := &gray{src: src, h: out, black: float32(black)}
	g.spare.New = func() any { return new(grayState) }
	return g, nil
}

type gray struct {
	src   raw.Source
	h     *raw.Header
	black float32
	spare sync.Pool // of *grayState
}

type grayState struct {
	in     raw.Mosaic
	signal []float32
}

func (g *gray) Header() *raw.Header { return g.h }

func (g *gray) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := g.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	s := g.spare.Get().(*grayState)
	defer g.spare.Put(s)
	// The samples go straight into one of the planes.
	s.in = raw.Mosaic{Pix: dst.Pix[raw.Green], Stride: dst.Stride, Rect: dst.Rect}
	if err := g.src.ReadTile(ctx, &s.in); err != nil {
		return err
	}
	if n := dst.Rect.Dx(); cap(s.signal) < n {
		s.signal = make([]float32, n)
	}
	signal := s.signal[:dst.Rect.Dx()]
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		row := dst.Row(raw.Green, y)
		normalise(signal, row, g.src.Header(), dst.Rect.Min.X, y)
		quantise(row, signal, g.black, 65535-g.black)
		copy(dst.Row(raw.Red, y), row)
		copy(dst.Row(raw.Blue, y), row)
	}
	return nil
}
