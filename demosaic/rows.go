package demosaic

import (
	"image"

	"github.com/quadraw/quadraw/raw"
)

// rowTile is the tile of the methods that work row by row: whole rows, as memory
// is read and written fastest, and few enough for all workers to have some. The
// rows in flight stay in the second-level cache.
var rowTile = image.Pt(16384, 64)

// rowState is a worker's ring of rows of samples that fill makes.
type rowState[T int32 | uint16] struct {
	level levelRows
	fill  func(dst []T, src []uint16, r levelRow)
	ring  []T
	rows  [][]T
	// past says that the output is too large for the cache anyway.
	past bool
}

// stream tells a worker whether what it fills is too large for the cache.
func (s *rowState[T]) stream(past bool) { s.past = past }

// each calls work for every row of dst with the 2·radius+1 rows of samples
// around it; in covers dst and radius pixels more on each side. own is the plane
// of red or blue that the Bayer row has, other the one that it has not, and
// first is 1 if the row's first pixel is green, else 0.
func (s *rowState[T]) each(dst *raw.RGB, in *raw.Mosaic, cfa raw.CFA, radius int, work func(own, green, other []uint16, r [][]T, first int)) {
	height, width := 2*radius+1, in.Rect.Dx()
	if cap(s.ring) < height*width {
		s.ring = make([]T, height*width)
	}
	s.rows = s.rows[:0]
	for i := range height {
		s.rows = append(s.rows, s.ring[i*width:(i+1)*width:(i+1)*width])
	}
	top := in.Rect.Min.Y
	for y := top; y < in.Rect.Max.Y; y++ {
		// The oldest row's memory becomes the newest row.
		newest := s.rows[0]
		copy(s.rows, s.rows[1:])
		s.rows[height-1] = newest
		s.fill(newest, in.Row(y), s.level.at(in.Rect.Min.X, y, width))
		at := y - radius
		if at < dst.Rect.Min.Y {
			continue
		}
		own, other, first := raw.Red, raw.Blue, 0
		x := dst.Rect.Min.X
		a, b := cfa.ColorAt(x, at), cfa.ColorAt(x+1, at)
		if a == raw.Green {
			first = 1
			a = b
		}
		if a == raw.Blue {
			own, other = raw.Blue, raw.Red
		}
		work(dst.Row(own, at), dst.Row(raw.Green, at), dst.Row(other, at), s.rows, first)
	}
}
