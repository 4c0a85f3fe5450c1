package noise

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// frameSide is the side of the squares that are looked at in one frame, in periods
// of the CFA; framePixels bounds how many pixels are.
const (
	frameSide   = 64
	framePixels = 3 << 20
)

// profiler looks at squares of frames.
type profiler struct {
	header  *raw.Header
	workers int

	sets []patchSet
}

// patchSet is squares with the layouts of patches that they are looked at in.
type patchSet struct {
	layouts []*patchLayout
	squares []square
}

// square is a part of one frame, or the same part of several: planes, one after
// the other, of w×h samples.
type square struct {
	w, h  int
	level []float32 // mean signal of the planes; about clippedSample where any is clipped
	data  []float32 // planes that noise is looked for in
}

// each calls f for 0 to n−1, on all workers.
func (e *profiler) each(ctx context.Context, n int, f func(i int)) error {
	return e.eachRead(ctx, n, func(_ context.Context, _ *profileScratch, i int) error {
		f(i)
		return nil
	})
}

// eachRead is each for what reads frames, with a worker's own scratch.
func (e *profiler) eachRead(ctx context.Context, n int, f func(ctx context.Context, s *profileScratch, i int) error) error {
	plan := &tile.Plan{Bounds: image.Rect(0, 0, n, 1), Size: image.Pt(1, 1), Workers: e.workers}
	return tile.Each(ctx, plan, func() *profileScratch { return &profileScratch{} }, func(ctx context.Context, s *profileScratch, r image.Rectangle) error {
		return f(ctx, s, r.Min.X)
	})
}

// period is the CFA's, at least 2.
func (e *profiler) period() int { return max(e.header.CFA.Period(), 2) }

// places picks squares evenly over a frame, each beginning at a whole cell, of
// pixels altogether.
func (e *profiler) places(pixels, side int) ([]image.Rectangle, error) {
	h := e.header
	period, start, area := e.period(), h.CFA.CellStart(), h.ActiveArea
	side *= period
	grid := image.Pt((area.Dx()-start.X)/side, (area.Dy()-start.Y)/side)
	if grid.X == 0 || grid.Y == 0 {
		side = min(area.Dx(), area.Dy()) / period * period
		if side < 10*period {
			return nil, fmt.Errorf("%w: frame of %v is too small", ErrProfile, h.Size)
		}
		grid = image.Pt(1, 1)
	}
	total := grid.X * grid.Y
	list := make([]image.Rectangle, min(total, max(pixels/(side*side), 4)))
	for k := range list {
		i := k * total / len(list)
		at := image.Pt(i%grid.X*side, i/grid.X*side).Add(area.Min)
		at = at.Sub(image.Pt(mod(at.X-start.X, period), mod(at.Y-start.Y, period)))
		if at.X < 0 {
			at.X += period
		}
		if at.Y < 0 {
			at.Y += period
		}
		r := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}.Intersect(h.Bounds())
		r.Max = r.Min.Add(image.Pt(r.Dx()/period*period, r.Dy()/period*period))
		list[k] = r
	}
	return list, nil
}

type profileScratch struct {
	m    raw.Mosaic
	rest []float32
}

// look reads squares of frames, pixels altogether: of each frame by itself, or the
// differences of pairs.
func (e *profiler) look(ctx context.Context, frames []raw.Source, pixels int, pairs bool) error {
	n := len(frames)
	if pairs {
		n /= 2
	}
	list, err := e.places(pixels/n, frameSide)
	if err != nil {
		return err
	}
	set := patchSet{
		layouts: []*patchLayout{newPatchLayout(e.header.CFA, list[0].Min, 1, 8, 8), newPatchLayout(e.header.CFA, list[0].Min, 1, 4, 4)},
		squares: make([]square, n*len(list)),
	}
	e.sets = append(e.sets, set)
	return e.eachRead(ctx, len(set.squares), func(ctx context.Context, s *profileScratch, k int) error {
		q, at, i := &set.squares[k], list[k%len(list)], k/len(list)
		q.w, q.h = at.Dx(), at.Dy()
		if !pairs {
			var err error
			q.level, err = s.read(ctx, nil, frames[i], at)
			q.data = q.level
			return err
		}
		var err error
		if q.level, err = s.read(ctx, nil, frames[2*i], at); err != nil {
			return err
		}
		if s.rest, err = s.read(ctx, s.rest[:0], frames[2*i+1], at); err != nil {
			return err
		}
		q.data = make([]float32, len(q.level))
		for k, b := range s.rest {
			a := q.level[k]
			q.level[k], q.data[k] = (a+b)/2, float32((a-b)*math.Sqrt2/2)
		}
		return nil
	})
}

// Squares of several frames are larger, as each has filters of its own; more
// frames than mostPlanes are not looked at together.
const (
	burstSide   = 128
	burstPixels = 6 << 20
	mostPlanes  = 4
)

// lookTogether reads squares of the first frame, each with its likes of others,
// which have moved: those that are nearest to whole periods away.
func (e *profiler) lookTogether(ctx context.Context, frames []raw.Source, motions []*motion) error {
	n := min(len(motions), mostPlanes-1)
	list, err := e.places(burstPixels/(n+1), burstSide)
	if err != nil {
		return err
	}
	w, h := 4, 4
	if n == 1 {
		w = 8
	}
	layout := newPatchLayout(e.header.CFA, list[0].Min, n+1, w, h)
	found := make([]square, len(list))
	period := float64(e.period())
	err = e.eachRead(ctx, len(found), func(ctx context.Context, s *profileScratch, k int) error {
		at := list[k]
		type like struct {
			from  raw.Source
			at    image.Rectangle
			apart float64
		}
		var likes []like
		c := at.Min.Add(at.Max).Div(2)
		for i, m := range motions {
			v := m.at(float32(c.Y), float32(c.X), e.period())
			x, y := math.RoundToEven(float64(v.x)/period)*period, math.RoundToEven(float64(v.y)/period)*period
			to := at.Add(image.Pt(int(x), int(y)))
			if to.In(e.header.Bounds()) {
				likes = append(likes, like{frames[i+1], to, math.Hypot(float64(v.x)-x, float64(v.y)-y)})
			}
		}
		if len(likes) < n {
			return nil
		}
		slices.SortStableFunc(likes, func(a, b like) int { return cmp.Compare(a.apart, b.apart) })
		q := square{w: at.Dx(), h: at.Dy()}
		var err error
		if q.data, err = s.read(ctx, nil, frames[0], at); err != nil {
			return err
		}
		for _, o := range likes[:n] {
			if q.data, err = s.read(ctx, q.data, o.from, o.at); err != nil {
				return err
			}
		}
		// Of all planes, as they do not show quite the same.
		q.level = make([]float32, q.w*q.h)
		for i, v := range q.data {
			q.level[i%len(q.level)] += v / float32(n+1)
		}
		found[k] = q
		return nil
	})
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(q square) bool { return q.w == 0 })
	e.sets = append(e.sets, patchSet{layouts: []*patchLayout{layout}, squares: found})
	return nil
}

// read appends a normalised square of a frame to dst.
func (s *profileScratch) read(ctx context.Context, dst []float32, f raw.Source, r image.Rectangle) ([]float32, error) {
	h := f.Header()
	s.m.Reset(r, h.CFA)
	if err := f.ReadTile(ctx, &s.m); err != nil {
		return nil, err
	}
	return normalise(dst, &s.m, h), nil
}

// clippedSample marks a sample that is clipped at white.
const clippedSample = 1e9

// normalise appends a square, black 0 and white 1.
func normalise(dst []float32, m *raw.Mosaic, h *raw.Header) []float32 {
	black, white := h.Black.Mean(), h.White[1]
	k := 1 / (white - black)
	full := uint16(min(math.Floor(white-.02*(white-black)), 65535))
	var level [16]float64
	for i := range level {
		level[i] = h.Black.At(m.Rect.Min.X+i%4, m.Rect.Min.Y+i/4, 0)
	}
	simple := repeatsInFour(h)
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		of := level[(y-m.Rect.Min.Y)&3*4:][:4]
		for x, v := range m.Row(y) {
			b := of[x&3]
			if !simple {
				b = h.Black.At(m.Rect.Min.X+x, y, 0)
			}
			q := float32((float64(v) - b) * k)
			if v >= full {
				q = clippedSample
			}
			dst = append(dst, q)
		}
	}
	return dst
}
