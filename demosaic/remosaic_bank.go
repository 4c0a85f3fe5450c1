package demosaic

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// bankRemosaic is the filter-bank engine with only those outputs of the last
// stage that a Bayer mosaic has.
type bankRemosaic struct {
	engine
	h     *raw.Header
	bank  *filterBank
	shift *levels // keeps the samples that stay
	black float32
	spare sync.Pool // of *remosaicWorker
}

type remosaicWorker struct {
	mosaic raw.Mosaic
	state  engineState
	bank   bankState
	out    bank.Plane
	shift  levelRows
	row    []int32
	second []uint16
}

func newBankRemosaic(src raw.Source, opt *Options) (raw.Source, error) {
	h := src.Header()
	c, shift, err := bayerHeader(h)
	if err != nil {
		return nil, err
	}
	b, err := newFilterBank(h.CFA.Cell(), opt, opt.Denoise.levels(h), true)
	if err != nil {
		return nil, err
	}
	m := &remosaicMethod{b}
	e, err := newEngine(m, src, opt)
	if err != nil {
		return nil, err
	}
	if len(b.levels) > 1 {
		c.Noise = raw.NoiseProfile{} // no line describes what is left
	}
	black, _ := c.Black.Constant()
	s := &bankRemosaic{engine: engine{m: m, src: src, opt: *opt}, h: c, bank: b, shift: shift, black: float32(black)}
	s.domain.Store(e.domain.Load())
	s.spare.New = func() any { return new(remosaicWorker) }
	return s, nil
}

func (s *bankRemosaic) Header() *raw.Header { return s.h }

func (s *bankRemosaic) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return fmt.Errorf("remosaic: %w", err)
	}
	dst.CFA = s.h.CFA
	w := s.spare.Get().(*remosaicWorker)
	defer s.spare.Put(w)
	return pieces(dst.Rect, s.side(), func(r image.Rectangle) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.mosaic.Reset(r.Inset(-s.halo()), s.src.Header().CFA)
		if err := tile.ReadPadded(ctx, s.src, &w.mosaic); err != nil {
			return err
		}
		s.piece(w, dst.Part(r))
		return nil
	})
}

func (s *bankRemosaic) piece(w *remosaicWorker, dst *raw.Mosaic) {
	d := s.domain.Load()
	quad := s.src.Header().CFA
	offset := quad.Offset()
	w.out.Reset(unitsOf(dst.Rect.Add(offset)))
	w.state.read(d, w.out.Rect.Inset(-s.bank.halo()), offset, &w.mosaic)
	s.bank.remosaic(&w.bank, &w.out, &w.state.in, &d.signal)

	n := dst.Rect.Dx()
	kept := d.noise == nil || len(s.bank.levels) == 1
	if w.shift.l == nil {
		w.shift.l = s.shift
	}
	if cap(w.row) < n {
		w.row = make([]int32, n)
	}
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		scale, removed := w.state.rows(n)
		x0 := dst.Rect.Min.X
		// Patterns repeat with the Quad period of 4.
		var keep [4]bool
		for i := range min(4, n) {
			c := s.h.CFA.ColorAt(x0+i, y)
			scale[i] = float32(d.unscale[c] / float64(d.levels.scale[c]))
			keep[i] = quad.ColorAt(x0+i, y) == c
		}
		for i := 4; i < n; i++ {
			scale[i] = scale[i-4]
		}
		at := (y+offset.Y-w.out.Rect.Min.Y)*w.out.Stride + x0 + offset.X - w.out.Rect.Min.X
		row := dst.Row(y)
		// The row has two colours, and each has its bias.
		first, second := s.h.CFA.ColorAt(x0, y), s.h.CFA.ColorAt(x0+1, y)
		if d.noisy {
			// Every plane is the mosaic: a sample's colour says whose noise
			// to compare with.
			s.m.removed(&w.bank, removed, d.measured, first, x0+offset.X, y+offset.Y)
		}
		outOfRow(row, w.out.Pix[at:], scale, removed, s.black, s.top(), &d.bias[first], &d.curve)
		if d.noisy {
			if cap(w.second) < n {
				w.second = make([]uint16, n)
			}
			s.m.removed(&w.bank, removed, d.measured, second, x0+offset.X, y+offset.Y)
			outOfRow(w.second[:n], w.out.Pix[at:], scale, removed, s.black, s.top(), &d.bias[second], &d.curve)
			for i := 1; i < n; i += 2 {
				row[i] = w.second[i]
			}
		}
		if !kept {
			continue
		}
		stored := w.mosaic.Row(y)[x0-w.mosaic.Rect.Min.X:][:n]
		w.shift.row(w.row[:n], stored, x0, y)
		for i, v := range w.row[:n] {
			if keep[i&3] {
				row[i] = clamp16(v)
			}
		}
	}
}

// remosaicMethod is the filter bank with the measure of its remosaic.
type remosaicMethod struct{ *filterBank }

func (m *remosaicMethod) measure(sigma [3]float64) []*removed {
	return m.measureWith(sigma, func(c *bank.Cascade, dst *bank.RGB, in *bank.Plane) {
		var out bank.Plane
		out.Reset(dst.Rect)
		c.Remosaic(&out, in, new(bank.Scratch))
		for i := range dst.Pix {
			copy(dst.Pix[i], out.Pix)
		}
	})
}

// top is the largest DN of an interpolated sample: white.
func (s *bankRemosaic) top() float32 {
	w := s.h.White
	return float32(max(0, min(math.Floor(max(w[0], w[1], w[2])), math.MaxUint16)))
}
