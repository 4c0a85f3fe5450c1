package demosaic

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
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
	in     reader
	state  engineState
	bank   bankState
	shift  levelRows
	second []uint16 // a row of the other colour, or of the samples that stay
	// Of noisy frames: what is gone of the noise, of a row and of every place,
	// the places of a frame that is at the first level, and a mask of every
	// other sample.
	removed []float32
	shares  [4]shareTable
	nowhere []uint16
	odd     []uint16
	kinds   [4]rowKind

	// What a tile's rows are written to, and how.
	s      *bankRemosaic
	d      *domain
	dst    *raw.Mosaic
	mosaic *raw.Mosaic // what they are made of
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
		in, err := w.in.read(ctx, s.src, r.Inset(-s.halo()))
		if err != nil {
			return err
		}
		s.piece(w, dst.Part(r), in)
		return nil
	})
}

func (s *bankRemosaic) piece(w *remosaicWorker, dst, in *raw.Mosaic) {
	w.s, w.d, w.dst, w.mosaic = s, s.domain.Load(), dst, in
	offset := s.src.Header().CFA.Offset()
	r := unitsOf(dst.Rect.Add(offset))
	w.state.read(w.d, r.Inset(-s.bank.halo()), offset, in, false)
	w.prepare(s.h.CFA, s.src.Header().CFA, w.d, dst.Rect)
	s.bank.remosaic(&w.bank, r, &w.state.in, &w.d.signal, w)
}

// take takes rows of a Bayer mosaic back to samples of w.dst.
func (w *remosaicWorker) take(rows *bank.RGB, _ *unitBounds) {
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
	kind := &w.kinds[(y-w.dst.Rect.Min.Y)%len(w.kinds)]
	scale, removed, row := kind.scale[:n], w.removed[:n], w.dst.Row(y)
	if d.noisy {
		// The row has two colours, and each has its bias.
		place := w.bank.places((x0+offset.X)&^1, (y+offset.Y)&^1)
		if place == nil {
			place = w.nowhere
		}
		shareRow(removed, place, &w.shares[(y+offset.Y)&3], x0+offset.X)
		first, second := s.h.CFA.ColorAt(x0, y), s.h.CFA.ColorAt(x0+1, y)
		outOfRow(row, from, scale, removed, s.black, s.top(), &d.bias[first], &d.curve)
		outOfRow(w.second[:n], from, scale, removed, s.black, s.top(), &d.bias[second], &d.curve)
		mergeRow(row, w.second[:n], w.odd[:n])
	} else {
		plainRow(row, from, scale, s.black, s.top(), &d.curve, false)
	}
	if d.noise == nil || len(s.bank.levels) == 1 {
		stored := w.mosaic.Row(y)[x0-w.mosaic.Rect.Min.X:][:n]
		mergeRow(row, s.shift.shifted(w.second[:n], stored, &w.shift, x0, y), kind.keep[:n])
	}
}

// rowKind is what a row of samples has in common with every fourth one, over
// the width of a tile.
type rowKind struct {
	scale []float32 // takes the domain back to DN
	keep  []uint16  // a mask of the samples that the Quad mosaic has
}

// prepare makes the kinds of rows of the tile r.
func (w *remosaicWorker) prepare(bayer, quad raw.CFA, d *domain, r image.Rectangle) {
	const period = 4
	n := r.Dx()
	if cap(w.second) < n {
		w.second, w.removed = make([]uint16, n), make([]float32, n)
		w.nowhere, w.odd = make([]uint16, n/2+guardSlack), make([]uint16, n)
		for i := 1; i < n; i += 2 {
			w.odd[i] = math.MaxUint16
		}
	}
	if d.noisy {
		w.share(d.measured)
	}
	for k := range w.kinds {
		kind, y := &w.kinds[k], r.Min.Y+k
		if cap(kind.keep) < n {
			*kind = rowKind{make([]float32, n), make([]uint16, n)}
		}
		scale, keep := kind.scale[:n], kind.keep[:n]
		for i := range min(n, period) {
			c := bayer.ColorAt(r.Min.X+i, y)
			scale[i] = float32(d.unscale[c] / float64(d.levels.scale[c]))
			keep[i] = 0
			if quad.ColorAt(r.Min.X+i, y) == c {
				keep[i] = math.MaxUint16
			}
		}
		for i := period; i < n; i *= 2 {
			copy(scale[i:], scale[:i])
			copy(keep[i:], keep[:i])
		}
	}
}

// share lays out what is gone of the noise of each colour where it is: every
// plane of measured is the mosaic, compared with the noise of one colour.
func (w *remosaicWorker) share(measured []*removed) {
	for y := range w.shares {
		for i := range w.shares[y] {
			x := i & 3
			w.shares[y][i] = measured[min(i/4, len(measured)-1)][y][x][bank.ColorAt(1, x, y)]
		}
	}
}

// remosaicMethod is the filter bank with the measure of its remosaic.
type remosaicMethod struct{ *filterBank }

func (m *remosaicMethod) measure(sigma [3]float64) []*removed {
	var s bank.Scratch
	var out bank.Plane
	return m.measureWith(sigma, func(c *bank.Cascade, dst *bank.RGB, in *bank.Plane) {
		out.Reset(dst.Rect)
		c.Remosaic(&out, in, &s)
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
