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
	spare sync.Pool // of *linearWorker
}

// tap is a sample dx, dy away with its weight in 1/2¹⁴.
type tap struct{ dx, dy, weight int }

type linearWorker struct {
	in   raw.Mosaic
	rows levelRows
	work []int32
	at   []flatTap
}

type flatTap struct{ step, weight int32 }

func newLinearRemosaic(src raw.Source) (raw.Source, error) {
	h := src.Header()
	c, l, err := bayerHeader(h)
	if err != nil {
		return nil, err
	}
	s := &linearRemosaic{h: c, src: src, l: l, top: int32(1)<<max(1, min(h.BitsPerSample, 16)) - 1}
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
	return pieces(dst.Rect, image.Pt(512, 256), func(r image.Rectangle) error {
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
		w.work = make([]int32, n)
	}
	for y := in.Min.Y; y < in.Max.Y; y++ {
		i := (y - in.Min.Y) * stride
		w.rows.row(w.work[i:i+stride], w.in.Row(y), in.Min.X, y)
	}
	p, reach := s.src.Header().CFA.Period(), s.reach()
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		row := dst.Row(y)
		for phase := range min(p, len(row)) {
			w.at = w.at[:0]
			for _, t := range s.taps[y%p*p+(dst.Rect.Min.X+phase)%p] {
				w.at = append(w.at, flatTap{int32(t.dy*stride + t.dx), int32(t.weight)})
			}
			at := (y-in.Min.Y)*stride + reach + phase
			for x := phase; x < len(row); x += p {
				sum := int64(1 << 13)
				for _, t := range w.at {
					sum += int64(t.weight) * int64(w.work[at+int(t.step)])
				}
				row[x] = uint16(max(0, min(sum>>14, int64(s.top))))
				at += p
			}
		}
	}
}
