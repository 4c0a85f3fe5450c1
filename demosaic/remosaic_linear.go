package demosaic

import (
	"context"
	"image"
	"math"
	"sync"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// linearRemosaic interpolates each wanted colour from the nearest samples of
// that colour with fixed weights: those of a moving least squares fit of a
// plane (Gaussian weights), so that ramps stay ramps and nothing shifts.
type linearRemosaic struct {
	h     *raw.Header
	src   raw.Source
	l     *levels
	taps  [][]tap // of each position in the period, row by row
	top   int32
	side  image.Point
	spare sync.Pool // of *linearWorker
}

// tap is a sample dx, dy away with its weight in 1/2¹⁴.
type tap struct{ dx, dy, weight int }

type linearWorker struct {
	in      raw.Mosaic
	rows    levelRows
	shifted []uint16
	work    []int16                // samples − workOffset
	filters [2 * maxCell]rowFilter // of the rows of a period
}

// rowFilter is the taps of a row's first pixels, and for Quad the same in pairs
// of pixels: of the first and third, and of the second and fourth.
type rowFilter struct {
	taps  [2 * maxCell][]flatTap
	pairs [2][]tapPair
}

// workOffset makes signed samples of unsigned ones. The weights of a pixel add
// up to one, so it is all in the sum.
const workOffset = 1 << 15

// maxCell is the largest cell that there is.
const maxCell = 4

// flatTap is a sample step samples away.
type flatTap struct{ step, weight int }

// tapPair is two neighbouring samples, the first step samples away, with their
// weights for every second pixel in turn: those of the first and third and so
// on of four, and of the others.
type tapPair struct {
	step    int
	weights [2][2]int16
}

func newLinearRemosaic(src raw.Source) (raw.Source, error) {
	h := src.Header()
	c, l, err := bayerHeader(h)
	if err != nil {
		return nil, err
	}
	s := &linearRemosaic{h: c, src: src, l: l, top: int32(1)<<max(1, min(h.BitsPerSample, 16)) - 1, side: image.Pt(2048, 128)}
	p := h.CFA.Period()
	for y := range p {
		for x := range p {
			s.taps = append(s.taps, planeTaps(h.CFA, c.CFA.ColorAt(x, y), x, y))
		}
	}
	s.spare.New = func() any { return &linearWorker{rows: levelRows{l: l}} }
	return s, nil
}

// reach is how far from its pixel a tap may lie.
func (s *linearRemosaic) reach() int { return s.src.Header().CFA.Period() }

// planeTaps are the weights that give, at (x, y), the value of the plane fitted
// to the samples of colour c around: the constant term of a weighted least
// squares fit, a linear function of the samples.
func planeTaps(cfa raw.CFA, c raw.Color, x, y int) []tap {
	if cfa.ColorAt(x, y) == c {
		return []tap{{0, 0, 1 << 14}}
	}
	n := cfa.Cell()
	var taps []tap
	var gauss []float64
	var m00, m10, m01, m20, m11, m02 float64
	for dy := -2 * n; dy <= 2*n; dy++ {
		for dx := -2 * n; dx <= 2*n; dx++ {
			if cfa.ColorAt(x+dx, y+dy) != c {
				continue
			}
			fx, fy := float64(dx), float64(dy)
			g := math.Exp(-(fx*fx + fy*fy) / (0.9 * float64(n*n)))
			taps, gauss = append(taps, tap{dx, dy, 0}), append(gauss, g)
			m00 += g
			m10 += float64(g * fx)
			m01 += float64(g * fy)
			m20 += float64(g * fx * fx)
			m11 += float64(g * fx * fy)
			m02 += float64(g * fy * fy)
		}
	}
	// The first row of the inverse of the moments, by cofactors.
	a, b, e := m20*m02-m11*m11, m11*m01-m10*m02, m10*m11-m20*m01
	det := m00*a + m10*b + m01*e
	sum, largest := 0, 0
	for i := range taps {
		w := gauss[i] * (a + b*float64(taps[i].dx) + e*float64(taps[i].dy)) / det
		taps[i].weight = int(math.Round(w * (1 << 14)))
		sum += taps[i].weight
		if taps[i].weight > taps[largest].weight {
			largest = i
		}
	}
	taps[largest].weight += 1<<14 - sum
	kept := taps[:0]
	for _, t := range taps {
		if t.weight != 0 {
			kept = append(kept, t)
		}
	}
	return kept
}

func (s *linearRemosaic) Header() *raw.Header { return s.h }

func (s *linearRemosaic) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = s.h.CFA
	w := s.spare.Get().(*linearWorker)
	defer s.spare.Put(w)
	return pieces(dst.Rect, s.side, func(r image.Rectangle) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.in.Reset(r.Inset(-s.reach()), s.src.Header().CFA)
		if err := tile.ReadPadded(ctx, s.src, &w.in); err != nil {
			return err
		}
		s.piece(w, dst.Part(r))
		return nil
	})
}

func (s *linearRemosaic) piece(w *linearWorker, dst *raw.Mosaic) {
	in := w.in.Rect
	stride := in.Dx()
	if n := stride * in.Dy(); cap(w.work) < n {
		w.work = make([]int16, n)
	}
	if cap(w.shifted) < stride {
		w.shifted = make([]uint16, stride)
	}
	for y := in.Min.Y; y < in.Max.Y; y++ {
		i := (y - in.Min.Y) * stride
		signedRow(w.work[i:i+stride], s.l.shifted(w.shifted[:stride], w.in.Row(y), &w.rows, in.Min.X, y))
	}
	p, reach := s.src.Header().CFA.Period(), s.reach()
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		f := &w.filters[y%p]
		if y < dst.Rect.Min.Y+p {
			f.set(s.taps[y%p*p:][:p], dst.Rect.Min.X, stride)
		}
		row, at, done := dst.Row(y), (y-in.Min.Y)*stride+reach, 0
		if p == 4 {
			done = quadTapsRow(row, w.work, at, &f.pairs, s.top)
		}
		tapsRow(row, w.work, at, done, f.taps[:p], s.top)
	}
}

// set makes f of the taps of a row's period, for a row that begins at column x
// of work of the given stride.
func (f *rowFilter) set(taps [][]tap, x, stride int) {
	for phase := range taps {
		f.taps[phase] = f.taps[phase][:0]
		for _, t := range taps[(x+phase)%len(taps)] {
			f.taps[phase] = append(f.taps[phase], flatTap{t.dy*stride + t.dx, t.weight})
		}
	}
	for i := range f.pairs {
		f.pairs[i] = pairTaps(f.pairs[i][:0], f.taps[i], f.taps[i+2])
	}
}

// pairTaps puts the taps of two pixels together, neighbour by neighbour. The
// taps are ordered.
func pairTaps(pairs []tapPair, a, b []flatTap) []tapPair {
	for len(a) > 0 || len(b) > 0 {
		first := math.MaxInt
		for _, taps := range [2][]flatTap{a, b} {
			if len(taps) > 0 {
				first = min(first, taps[0].step)
			}
		}
		pair := tapPair{step: first}
		for i, taps := range [2]*[]flatTap{&a, &b} {
			for len(*taps) > 0 && (*taps)[0].step <= first+1 {
				pair.weights[i][(*taps)[0].step-first] = int16((*taps)[0].weight)
				*taps = (*taps)[1:]
			}
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

// tapsRow fills row from sample done on; the taps are those of the pixels of a
// period, and at is where its first sample is in work.
func tapsRow(row []uint16, work []int16, at, done int, taps [][]flatTap, top int32) {
	for x := done; x < len(row); x++ {
		sum := 1 << 13
		for _, t := range taps[x%len(taps)] {
			sum += t.weight * int(work[at+x+t.step])
		}
		row[x] = uint16(max(0, min(int32(sum>>14)+workOffset, top)))
	}
}

// signedRowGeneric makes signed samples of unsigned ones.
func signedRowGeneric(dst []int16, src []uint16) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] = int16(v ^ workOffset)
	}
}
