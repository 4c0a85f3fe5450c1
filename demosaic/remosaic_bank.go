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
	shift  levelRows
	second []uint16 // a row of the other colour, or of the samples that stay
	keep   []uint16 // a row's mask of the samples that stay

	// What a tile's rows are written to, and how.
	s   *bankRemosaic
	d   *domain
	dst *raw.Mosaic
}

func newBankRemosaic(src raw.Source, opt *Options) (raw.Source, error) {
	h := src.Header()
	c, shift, err := bayerHeader(h)
	if err != nil {
		return nil, err
	}
	b, err := opt.Banks.filterBank(h.CFA.Cell(), opt, opt.Denoise.levels(h), true)
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
	w.s, w.d, w.dst = s, s.domain.Load(), dst
	offset := s.src.Header().CFA.Offset()
	r := unitsOf(dst.Rect.Add(offset))
	w.state.read(w.d, r.Inset(-s.bank.halo()), offset, &w.mosaic)
	w.state.rows(dst.Rect.Dx())
	s.bank.remosaic(&w.bank, r, &w.state.in, &w.d.signal, w)
}

// take takes rows of a Bayer mosaic back to samples of w.dst.
func (w *remosaicWorker) take(rows *bank.RGB) {
	offset := w.s.src.Header().CFA.Offset()
	x0 := w.dst.Rect.Min.X
	y0 := max(rows.Rect.Min.Y-offset.Y, w.dst.Rect.Min.Y)
	y1 := min(rows.Rect.Max.Y-offset.Y, w.dst.Rect.Max.Y)
	for y := y0; y < y1; y++ {
		at := (y+offset.Y-rows.Rect.Min.Y)*rows.Stride + x0 + offset.X - rows.Rect.Min.X
		w.row(rows.Pix[0][at:], x0, y, offset)
	}
}

// row is take for row y.
func (w *remosaicWorker) row(from []int16, x0, y int, offset image.Point) {
	s, d, n := w.s, w.d, w.dst.Rect.Dx()
	scale, removed, row := w.state.scale[0], w.state.removed, w.dst.Row(y)
	mask := w.masks(s.h.CFA, s.src.Header().CFA, d, scale, x0, y)
	if d.noisy {
		// The row has two colours, and each has its bias. Every plane is
		// the mosaic: a sample's colour says whose noise to compare with.
		first, second := s.h.CFA.ColorAt(x0, y), s.h.CFA.ColorAt(x0+1, y)
		s.m.removed(&w.bank, removed, d.measured, first, x0+offset.X, y+offset.Y)
		outOfRow(row, from, scale, removed, s.black, s.top(), &d.bias[first], &d.curve)
		s.m.removed(&w.bank, removed, d.measured, second, x0+offset.X, y+offset.Y)
		outOfRow(w.second[:n], from, scale, removed, s.black, s.top(), &d.bias[second], &d.curve)
		for i := 1; i < n; i += 2 {
			row[i] = w.second[i]
		}
	} else {
		plainRow(row, from, scale, s.black, s.top(), &d.curve, false)
	}
	if d.noise == nil || len(s.bank.levels) == 1 {
		stored := w.mosaic.Row(y)[x0-w.mosaic.Rect.Min.X:][:n]
		mergeRow(row, s.shift.shifted(w.second[:n], stored, &w.shift, x0, y), mask)
	}
}

// masks fills scale with what takes a row of the domain back to DN and returns
// a mask of the samples that the Quad mosaic has. Both repeat with its period.
func (w *remosaicWorker) masks(bayer, quad raw.CFA, d *domain, scale []float32, x, y int) []uint16 {
	const period = 4
	n := len(scale)
	if cap(w.second) < n {
		w.second = make([]uint16, n)
		w.keep = make([]uint16, n)
	}
	mask := w.keep[:n]
	for i := range min(n, period) {
		c := bayer.ColorAt(x+i, y)
		scale[i] = float32(d.unscale[c] / float64(d.levels.scale[c]))
		mask[i] = 0
		if quad.ColorAt(x+i, y) == c {
			mask[i] = math.MaxUint16
		}
	}
	for i := period; i < n; i *= 2 {
		copy(scale[i:], scale[:i])
		copy(mask[i:], mask[:i])
	}
	return mask
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
