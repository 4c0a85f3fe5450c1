package demosaic

import (
	"context"
	"image"
	"math"
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
	// side is the tile at which the method's buffers fit the cache.
	side(of *signal) image.Point
	newState() any
	// band is how many rows of a tile it makes at a time, an even number, or 0
	// for all.
	band(of *signal) int
	// run makes the pixels of r, whose corners are even, from in, which covers
	// r and the halo, and hands them to to. If there is more of the tile above,
	// its last run with state was for the band that ends there.
	run(state any, r image.Rectangle, in *bank.Plane, of *signal, to sink, more bool)
	// measure finds out how much the method removes of noise of the given
	// deviations of red, green and blue.
	measure(sigma [3]float64) []*removed
	// places tells where the units from (x, y) on stand among the levels of
	// noise in the run, which may be still under way, with room for kernels
	// behind them; nil if all are at the first.
	places(state any, x, y int) []uint16
}

// sink takes a method's output while it is still in the cache nearest to the
// core.
type sink interface {
	// take gets the two rows of a row of units with the bounds of their samples,
	// which are nil for none. They are as wide as what was asked for, and the
	// method's again when take returns.
	take(rows *bank.RGB, within *unitBounds)
}

// planes is a sink that keeps the rows.
type planes struct{ *bank.RGB }

func (p planes) take(rows *bank.RGB, within *unitBounds) {
	n := rows.Rect.Dx()
	for y := rows.Rect.Min.Y; y < rows.Rect.Max.Y; y++ {
		to := (y-p.Rect.Min.Y)*p.Stride + rows.Rect.Min.X - p.Rect.Min.X
		for c := range p.Pix {
			row := p.Pix[c][to:][:n]
			copy(row, rows.Pix[c][(y-rows.Rect.Min.Y)*rows.Stride:])
			if within != nil {
				clampRow(row, row, within.low[c], within.high[c], 0)
			}
		}
	}
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
	level    levelRows
	in       bank.Plane
	inner    any
	past     bool       // the output is too large for the cache anyway
	anything unitBounds // of units without bounds
	nowhere  []uint16   // and their places

	// What a tile's rows are written to, and how.
	e   *engine
	d   *domain
	dst *raw.RGB
}

// stream tells a worker whether what it fills is too large for the cache.
func (s *engineState) stream(past bool) { s.past = past }

func newEngine(m method, src raw.Source, opt *Options) (*engine, error) {
	e := &engine{m: m, src: src, opt: *opt}
	h := src.Header()
	if !h.Color.HasNeutral() {
		// Levels that cannot be are found now, not with the first tile.
		_, err := newDomain(h, opt, neutralGains([3]float64{1, 1, 1}), nil)
		return e, err
	}
	d, err := newDomain(h, opt, neutralGains(h.Color.AsShotNeutral), m)
	e.domain.Store(d)
	return e, err
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
func (e *engine) newState() scratch { return &engineState{inner: e.m.newState()} }

// side is that of frames of which nothing is known until the balance is.
func (e *engine) side() image.Point {
	if d := e.domain.Load(); d != nil {
		return e.m.side(&d.signal)
	}
	return e.m.side(&unknown)
}

func (e *engine) run(state scratch, dst *raw.RGB, in *raw.Mosaic) {
	s := state.(*engineState)
	s.e, s.d, s.dst = e, e.domain.Load(), dst
	offset := e.src.Header().CFA.Offset()
	r := unitsOf(dst.Rect.Add(offset))
	s.unbounded(r.Dx() / 2)
	rows := e.m.band(&s.d.signal)
	if rows == 0 {
		rows = r.Dy()
	}
	for y := r.Min.Y; y < r.Max.Y; y += rows {
		part, more := image.Rect(r.Min.X, y, r.Max.X, min(y+rows, r.Max.Y)), y > r.Min.Y
		s.read(s.d, part.Inset(-e.m.halo()), offset, in, more)
		e.m.run(s.inner, part, &s.in, &s.d.signal, s, more)
	}
}

// unitsOf returns the pixels of all units of 2×2 that r touches.
func unitsOf(r image.Rectangle) image.Rectangle {
	return image.Rect(r.Min.X&^1, r.Min.Y&^1, (r.Max.X+1)&^1, (r.Max.Y+1)&^1)
}

// rowsAhead is how many rows ahead of their use samples are fetched from memory:
// a tile's rows are too far apart for the processor to guess.
const rowsAhead = 2

// read fills s.in with the working samples of r. If there is more of the tile
// above, it has those of the band that ends there.
func (s *engineState) read(d *domain, r image.Rectangle, offset image.Point, in *raw.Mosaic, more bool) {
	old, from := s.in, r.Min.Y
	s.in.Reset(r)
	if more {
		from = old.Rect.Max.Y
		copy(s.in.Pix, old.Pix[(r.Min.Y-old.Rect.Min.Y)*s.in.Stride:])
	}
	if s.level.l != d.levels {
		s.level = levelRows{l: d.levels}
	}
	x0, n := s.in.Rect.Min.X-offset.X, s.in.Rect.Dx()
	skip := x0 - in.Rect.Min.X
	for y := from; y < s.in.Rect.Max.Y; y++ {
		fy := y - offset.Y
		dst := s.in.Pix[(y-s.in.Rect.Min.Y)*s.in.Stride:][:n]
		ahead := 0
		if y+rowsAhead < s.in.Rect.Max.Y {
			ahead = rowsAhead * in.Stride
		}
		d.intoRow(dst, in.Row(fy)[skip:skip+n], s.level.at(x0, fy, n), ahead)
	}
}

// take takes rows back to linear samples of s.dst.
func (s *engineState) take(rows *bank.RGB, within *unitBounds) {
	offset := s.e.src.Header().CFA.Offset()
	if within == nil {
		within = &s.anything
	}
	x0 := s.dst.Rect.Min.X + offset.X
	y0 := max(rows.Rect.Min.Y, s.dst.Rect.Min.Y+offset.Y)
	y1 := min(rows.Rect.Max.Y, s.dst.Rect.Max.Y+offset.Y)
	if y0 >= y1 {
		return
	}
	at := x0 - rows.Rect.Min.X
	first, last := (y0-rows.Rect.Min.Y)*rows.Stride+at, (y1-1-rows.Rect.Min.Y)*rows.Stride+at
	places := s.nowhere
	if s.d.noisy {
		if p := s.e.m.places(s.inner, x0&^1, y0&^1); p != nil {
			places = p
		}
	}
	for c := raw.Red; c <= raw.Blue; c++ {
		// A row by itself is made twice.
		dst := [2][]uint16{s.dst.Row(c, y0-offset.Y), s.dst.Row(c, y1-1-offset.Y)}
		src := [2][]int16{rows.Pix[c][first:], rows.Pix[c][last:]}
		low, high := within.low[c][at/2:], within.high[c][at/2:]
		if !s.d.noisy {
			outRows(&dst, &src, low, high, at&1, &s.d.out[c], s.past)
			continue
		}
		way := s.d.outNoise[c]
		removed := [2]*[4 * maxLevels]int16{&way.removed[y0&3], &way.removed[(y1-1)&3]}
		noisyRows(&dst, &src, low, high, places, &removed, x0, way, s.past)
	}
}

// unbounded makes the bounds and places of n units that may be anything.
func (s *engineState) unbounded(n int) {
	if len(s.anything.low[0]) < n+guardSlack {
		low, high := make([]int16, n+guardSlack), make([]int16, n+guardSlack)
		for i := range low {
			low[i], high[i] = math.MinInt16, math.MaxInt16
		}
		s.nowhere = make([]uint16, n+guardSlack)
		s.anything = unitBounds{[3][]int16{low, low, low}, [3][]int16{high, high, high}}
	}
}
