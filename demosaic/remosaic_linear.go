package demosaic

import (
	"context"
	"image"
	"math"
	"sync"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// linearRemosaic interpolates each wanted colour linearly between the nearest
// samples of that colour in its row, in its column, or in both, with weights
// that fall with the distance: ramps stay ramps and nothing shifts. It is for
// the arrays larger than Quad; [quadRemosaic] gives the same for Quad.
type linearRemosaic struct {
	h     *raw.Header
	src   raw.Source
	l     *levels
	taps  [][]tap // of each position in the period, row by row
	side  image.Point
	spare sync.Pool // of *linearWorker
}

// tap is a sample dx, dy away with its weight in 1/2¹⁴.
type tap struct{ dx, dy, weight int }

type linearWorker struct {
	in   raw.Mosaic
	rows levelRows
	work []uint16
	taps [2 * maxCell][]flatTap // of a row's first pixels
}

// maxCell is the largest cell that there is.
const maxCell = 4

// flatTap is a sample step samples away.
type flatTap struct{ step, weight int }

func newLinearRemosaic(src raw.Source) (raw.Source, error) {
	h := src.Header()
	c, l, err := bayerHeader(h)
	if err != nil {
		return nil, err
	}
	s := &linearRemosaic{h: c, src: src, l: l, side: image.Pt(2048, 128)}
	p := h.CFA.Period()
	for y := range p {
		for x := range p {
			s.taps = append(s.taps, linearTaps(h.CFA, c.CFA.ColorAt(x, y), x, y))
		}
	}
	s.spare.New = func() any { return &linearWorker{rows: levelRows{l: l}} }
	return s, nil
}

// linearTaps are the weights that give colour c at (x, y).
func linearTaps(cfa raw.CFA, c raw.Color, x, y int) []tap {
	if cfa.ColorAt(x, y) == c {
		return []tap{{0, 0, 1 << 14}}
	}
	n, offset := cfa.Cell(), cfa.Offset()
	// The nearest pixels of the cells before and behind.
	near := func(at int) [2]tap {
		i := at % n
		return [2]tap{{dx: -(i + 1), weight: n - i}, {dx: n - i, weight: i + 1}}
	}
	across, down := near(x+offset.X), near(y+offset.Y)
	var taps []tap
	for _, a := range across {
		if cfa.ColorAt(x+a.dx, y) == c {
			taps = append(taps, a)
		}
	}
	for _, d := range down {
		if cfa.ColorAt(x, y+d.dx) == c {
			taps = append(taps, tap{0, d.dx, d.weight})
		}
	}
	if len(taps) == 0 {
		for _, d := range down {
			for _, a := range across {
				taps = append(taps, tap{a.dx, d.dx, a.weight * d.weight})
			}
		}
	}
	sum, left, largest := 0, 1<<14, 0
	for i, t := range taps {
		sum += t.weight
		if t.weight > taps[largest].weight {
			largest = i
		}
	}
	for i := range taps {
		taps[i].weight = int(math.Round(float64(taps[i].weight<<14) / float64(sum)))
		left -= taps[i].weight
	}
	taps[largest].weight += left
	return taps
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
		w.in.Reset(r.Inset(-s.src.Header().CFA.Cell()), s.src.Header().CFA)
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
		w.work = make([]uint16, n)
	}
	for y := in.Min.Y; y < in.Max.Y; y++ {
		row := w.work[(y-in.Min.Y)*stride:][:stride]
		copy(row, s.l.shifted(row, w.in.Row(y), &w.rows, in.Min.X, y))
	}
	p := s.src.Header().CFA.Period()
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		for i := range p {
			w.taps[i] = w.taps[i][:0]
			for _, t := range s.taps[y%p*p+(dst.Rect.Min.X+i)%p] {
				w.taps[i] = append(w.taps[i], flatTap{t.dy*stride + t.dx, t.weight})
			}
		}
		tapsRow(dst.Row(y), w.work, (y-in.Min.Y)*stride+dst.Rect.Min.X-in.Min.X, w.taps[:p])
	}
}

// tapsRow fills row; the taps are those of the pixels of a period, and at is
// where its first sample is in work.
func tapsRow(row, work []uint16, at int, taps [][]flatTap) {
	for phase, pixel := range taps {
		for x := phase; x < len(row); x += len(taps) {
			sum := 1 << 13
			for _, t := range pixel {
				sum += t.weight * int(work[at+x+t.step])
			}
			row[x] = uint16(sum >> 14)
		}
	}
}

// quadRemosaic is the Bayer samples of what [quadLinear] makes of Quad.
type quadRemosaic struct {
	h       *raw.Header
	picture *source
	top     uint16
	spare   sync.Pool // of *raw.RGB
}

func newQuadRemosaic(src raw.Source, m Method) (raw.Source, error) {
	h := src.Header()
	c, l, err := bayerHeader(h)
	if err != nil {
		return nil, err
	}
	run := newQuadLinear(l, m, 0)
	s := &quadRemosaic{h: c, picture: newSource(h, src, run), top: uint16(1<<max(1, min(h.BitsPerSample, 16)) - 1)}
	s.spare.New = func() any { return new(raw.RGB) }
	return s, nil
}

func (s *quadRemosaic) Header() *raw.Header { return s.h }

func (s *quadRemosaic) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = s.h.CFA
	p := s.spare.Get().(*raw.RGB)
	defer s.spare.Put(p)
	// Three planes of this size stay in the second-level cache.
	return pieces(dst.Rect, image.Pt(2048, 64), func(r image.Rectangle) error {
		p.Reset(r)
		if err := s.picture.ReadTile(ctx, p); err != nil {
			return err
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			first, second := s.h.CFA.ColorAt(r.Min.X, y), s.h.CFA.ColorAt(r.Min.X+1, y)
			turnsRow(dst.Part(r).Row(y), p.Row(first, y), p.Row(second, y), s.top)
		}
		return nil
	})
}
