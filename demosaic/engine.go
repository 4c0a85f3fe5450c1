package demosaic

import (
	"context"
	"image"
	"sync"
	"sync/atomic"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
)

// method is a demosaic in the working domain, in coordinates in which a period
// of the colour filter array begins at (0, 0).
type method interface {
	// halo is how many pixels around its output it reads, an even number.
	halo() int
	side() image.Point
	newState() any
	// run fills dst, whose corners are even, from in, which covers dst.Rect
	// and the halo.
	run(state any, dst *bank.RGB, in *bank.Plane, of *signal)
	// measure finds out how much the method removes of noise of the given
	// deviations of red, green and blue.
	measure(sigma [3]float64) []*removed
	// removed fills row with what the last run has removed of the noise of
	// plane c at the pixels from (x, y) on.
	removed(state any, row []float32, measured []*removed, c raw.Color, x, y int)
}

// engine leads a method's tiles into the working domain and back.
type engine struct {
	m   method
	src raw.Source
	opt Options

	mu     sync.Mutex // held while the domain is being made
	domain atomic.Pointer[domain]
}

// engineState is a worker's scratch.
type engineState struct {
	level          levelRows
	in             bank.Plane
	out            bank.RGB
	scale, removed []float32
	inner          any
	past           bool // the output is too large for the cache anyway
}

// stream tells a worker whether what it fills is too large for the cache.
func (s *engineState) stream(past bool) { s.past = past }

func newEngine(m method, src raw.Source, opt *Options) (*engine, error) {
	e := &engine{m: m, src: src, opt: *opt}
	h := src.Header()
	// Levels that cannot be are found now, not with the first tile.
	if _, err := newDomain(h, opt, neutralGains([3]float64{1, 1, 1}), nil); err != nil {
		return nil, err
	}
	if h.Color.HasNeutral() {
		d, err := newDomain(h, opt, neutralGains(h.Color.AsShotNeutral), m)
		if err != nil {
			return nil, err
		}
		e.domain.Store(d)
	}
	return e, nil
}

// prepare finds the balance if the header does not tell it; the first tile
// does so, the others wait.
func (e *engine) prepare(ctx context.Context) error {
	if e.domain.Load() != nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.domain.Load() != nil {
		return nil
	}
	g, err := grayGains(ctx, e.src)
	if err != nil {
		return err
	}
	d, err := newDomain(e.src.Header(), &e.opt, g, e.m)
	if err != nil {
		return err
	}
	e.domain.Store(d)
	return nil
}

// halo has room for a tile that begins or ends inside a unit.
func (e *engine) halo() int         { return e.m.halo() + 1 }
func (e *engine) side() image.Point { return e.m.side() }
func (e *engine) newState() scratch { return &engineState{inner: e.m.newState()} }

func (e *engine) run(state scratch, dst *raw.RGB, in *raw.Mosaic) {
	s := state.(*engineState)
	d := e.domain.Load()
	offset := e.src.Header().CFA.Offset()
	s.out.Reset(unitsOf(dst.Rect.Add(offset)))
	s.read(d, s.out.Rect.Inset(-e.m.halo()), offset, in)
	e.m.run(s.inner, &s.out, &s.in, &d.signal)
	s.write(d, e.m, dst, offset, e.opt.Pedestal)
}

// unitsOf returns the pixels of all units of 2×2 that r touches.
func unitsOf(r image.Rectangle) image.Rectangle {
	return image.Rect(r.Min.X&^1, r.Min.Y&^1, (r.Max.X+1)&^1, (r.Max.Y+1)&^1)
}

// read fills s.in with the working samples of r.
func (s *engineState) read(d *domain, r image.Rectangle, offset image.Point, in *raw.Mosaic) {
	s.in.Reset(r)
	if s.level.l != d.levels {
		s.level = levelRows{l: d.levels}
	}
	x0, n := s.in.Rect.Min.X-offset.X, s.in.Rect.Dx()
	skip := x0 - in.Rect.Min.X
	for y := s.in.Rect.Min.Y; y < s.in.Rect.Max.Y; y++ {
		fy := y - offset.Y
		dst := s.in.Pix[(y-s.in.Rect.Min.Y)*s.in.Stride:][:n]
		d.intoRow(dst, in.Row(fy)[skip:skip+n], s.level.at(x0, fy, n))
	}
}

// write takes s.out back to linear samples.
func (s *engineState) write(d *domain, m method, dst *raw.RGB, offset image.Point, pedestal uint16) {
	n := dst.Rect.Dx()
	scale, removed := s.rows(n)
	for c := raw.Red; c <= raw.Blue; c++ {
		for i := range scale {
			scale[i] = float32(d.unscale[c] * float64(white-int(pedestal)))
		}
		for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
			x0, wy := dst.Rect.Min.X+offset.X, y+offset.Y
			at := (wy-s.out.Rect.Min.Y)*s.out.Stride + x0 - s.out.Rect.Min.X
			if !d.noisy {
				plainRow(dst.Row(c, y), s.out.Pix[c][at:], scale, float32(pedestal), white, &d.curve, s.past)
				continue
			}
			m.removed(s.inner, removed, d.measured, c, x0, wy)
			outOfRow(dst.Row(c, y), s.out.Pix[c][at:], scale, removed, float32(pedestal), white, &d.bias[c], &d.curve)
		}
	}
}

// rows returns two scratch rows of n, the second one of zeros.
func (s *engineState) rows(n int) (a, b []float32) {
	if cap(s.scale) < n {
		s.scale, s.removed = make([]float32, n), make([]float32, n)
	}
	clear(s.removed)
	return s.scale[:n], s.removed[:n]
}
