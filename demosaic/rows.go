package demosaic

import (
	"image"

	"github.com/quadraw/quadraw/raw"
)

// rowTile is the tile of the methods that work row by row: its mosaic and the
// rows in flight stay in the second-level cache.
var rowTile = image.Pt(2048, 128)

// rowState is a worker's ring of rows of working values.
type rowState struct {
	level levelRows
	ring  []int32
	rows  [][]int32
}

// each calls work for every row of dst with the 2·radius+1 rows of working
// values around it; in covers dst and radius pixels more on each side. own is
// the plane of red or blue that the Bayer row has, other the one that it has
// not, and first is 1 if the row's first pixel is green, else 0.
func (s *rowState) each(dst *raw.RGB, in *raw.Mosaic, cfa raw.CFA, radius int, work func(own, green, other []uint16, r [][]int32, first int)) {
	height, width := 2*radius+1, in.Rect.Dx()
	if cap(s.ring) < height*width {
		s.ring = make([]int32, height*width)
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
		s.level.row(newest, in.Row(y), in.Rect.Min.X, y)
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
