package develop

import (
	"cmp"
	"context"
	"image"
	"slices"
	"sync"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// repair replaces bad pixels by their neighbours.
type repair struct {
	src   raw.Source
	bad   badPixels
	spare sync.Pool // of *repairState
}

type repairState struct {
	tile   raw.Mosaic
	bad    []bool
	points []image.Point
}

// badPixels marks the bad pixels of a mosaic, which may stick out of the
// frame.
type badPixels interface {
	mark(bad []bool, m *raw.Mosaic) (any bool)
}

func newRepair(src raw.Source, bad badPixels) raw.Source {
	r := &repair{src: src, bad: bad}
	r.spare.New = func() any { return new(repairState) }
	return r
}

func (r *repair) Header() *raw.Header { return r.src.Header() }

func (r *repair) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	h := r.src.Header()
	if err := h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = h.CFA
	s := r.spare.Get().(*repairState)
	defer r.spare.Put(s)
	const side = 512
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y += side {
		for x := dst.Rect.Min.X; x < dst.Rect.Max.X; x += side {
			if err := r.piece(ctx, dst.Part(image.Rect(x, y, x+side, y+side)), s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *repair) piece(ctx context.Context, dst *raw.Mosaic, s *repairState) error {
	h := r.src.Header()
	halo := h.CFA.Period()
	if h.CFA == raw.Mono {
		halo = 2
	}
	if list, ok := r.bad.(*badList); ok && len(list.rects) == 0 {
		if points := list.within(s.points[:0], dst.Rect); len(points)*(2*halo+1)*(2*halo+1) < dst.Rect.Dx()*dst.Rect.Dy() {
			s.points = points
			return r.few(ctx, dst, s, halo)
		}
	}
	s.tile.Reset(dst.Rect.Inset(-halo), h.CFA)
	if err := tile.ReadPadded(ctx, r.src, &s.tile); err != nil {
		return err
	}
	n := s.tile.Rect.Dx() * s.tile.Rect.Dy()
	if cap(s.bad) < n {
		s.bad = make([]bool, n)
	}
	s.bad = s.bad[:n]
	clear(s.bad)
	found := r.bad.mark(s.bad, &s.tile)
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		from := s.tile.Row(y)[halo:]
		copy(dst.Row(y), from)
		if !found {
			continue
		}
		marks := s.bad[(y-s.tile.Rect.Min.Y)*s.tile.Stride+halo:]
		for i := range dst.Rect.Dx() {
			if marks[i] {
				dst.Row(y)[i] = s.interpolate(dst.Rect.Min.X+i, y, halo, h.Bounds())
			}
		}
	}
	return nil
}

// few repairs s.points one by one, each from a window of its own.
func (r *repair) few(ctx context.Context, dst *raw.Mosaic, s *repairState, halo int) error {
	if err := r.src.ReadTile(ctx, dst); err != nil {
		return err
	}
	for _, p := range s.points {
		q := image.Rect(p.X-halo, p.Y-halo, p.X+halo+1, p.Y+halo+1)
		s.tile.Reset(q, dst.CFA)
		if q.In(dst.Rect) {
			// Those repaired already are as bad as they were.
			for y := q.Min.Y; y < q.Max.Y; y++ {
				copy(s.tile.Row(y), dst.Row(y)[q.Min.X-dst.Rect.Min.X:])
			}
		} else if err := tile.ReadPadded(ctx, r.src, &s.tile); err != nil {
			return err
		}
		n := q.Dx() * q.Dy()
		if cap(s.bad) < n {
			s.bad = make([]bool, n)
		}
		s.bad = s.bad[:n]
		clear(s.bad)
		r.bad.mark(s.bad, &s.tile)
		dst.Row(p.Y)[p.X-dst.Rect.Min.X] = s.interpolate(p.X, p.Y, halo, r.src.Header().Bounds())
	}
	return nil
}

// interpolate returns the mean of the good pixels of one colour around (x, y),
// weighed by the inverse of their squared distance, or the pixel itself when
// there are none. Mirrored pixels beyond the frame do not count.
func (s *repairState) interpolate(x, y, reach int, frame image.Rectangle) uint16 {
	m := &s.tile
	color := m.CFA.ColorAt(x, y)
	r := image.Rect(x-reach, y-reach, x+reach+1, y+reach+1).Intersect(frame)
	var sum, weight float64
	for v := r.Min.Y; v < r.Max.Y; v++ {
		for u := r.Min.X; u < r.Max.X; u++ {
			i := (v-m.Rect.Min.Y)*m.Stride + u - m.Rect.Min.X
			if s.bad[i] || m.CFA.ColorAt(u, v) != color {
				continue
			}
			w := 1 / float64((u-x)*(u-x)+(v-y)*(v-y))
			sum += float64(w * float64(m.Pix[i]))
			weight += w
		}
	}
	if weight == 0 {
		return m.Pix[(y-m.Rect.Min.Y)*m.Stride+x-m.Rect.Min.X]
	}
	return uint16(sum/weight + 0.5)
}

// badConstant marks samples of one value (FixBadPixelsConstant).
type badConstant struct{ value uint32 }

func (b *badConstant) mark(bad []bool, m *raw.Mosaic) (any bool) {
	for i, v := range m.Pix {
		if uint32(v) == b.value {
			bad[i], any = true, true
		}
	}
	return any
}

// badList marks listed points and rectangles (FixBadPixelsList).
type badList struct {
	points []image.Point // by rows
	rects  []image.Rectangle
}

func newBadList(l *raw.FixBadPixelsList, origin image.Point) *badList {
	b := &badList{}
	for _, p := range l.Points {
		b.points = append(b.points, p.Add(origin))
	}
	slices.SortFunc(b.points, func(p, q image.Point) int { return cmp.Or(cmp.Compare(p.Y, q.Y), cmp.Compare(p.X, q.X)) })
	for _, r := range l.Rects {
		b.rects = append(b.rects, r.Add(origin))
	}
	return b
}

// within appends the points in r.
func (b *badList) within(points []image.Point, r image.Rectangle) []image.Point {
	first, _ := slices.BinarySearchFunc(b.points, r.Min.Y, func(p image.Point, y int) int { return cmp.Compare(p.Y, y) })
	for _, p := range b.points[first:] {
		if p.Y >= r.Max.Y {
			break
		}
		if p.In(r) {
			points = append(points, p)
		}
	}
	return points
}

func (b *badList) mark(bad []bool, m *raw.Mosaic) (any bool) {
	first, _ := slices.BinarySearchFunc(b.points, m.Rect.Min.Y, func(p image.Point, y int) int { return cmp.Compare(p.Y, y) })
	for _, p := range b.points[first:] {
		if p.Y >= m.Rect.Max.Y {
			break
		}
		if p.In(m.Rect) {
			bad[(p.Y-m.Rect.Min.Y)*m.Stride+p.X-m.Rect.Min.X], any = true, true
		}
	}
	for _, r := range b.rects {
		r = r.Intersect(m.Rect)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				bad[(y-m.Rect.Min.Y)*m.Stride+x-m.Rect.Min.X], any = true, true
			}
		}
	}
	return any
}
