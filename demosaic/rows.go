package demosaic

import (
	"image"

	"github.com/quadraw/quadraw/raw"
)

// rowTile is the tile of the methods that work row by row: whole rows, as memory
// is read and written fastest, and few enough for all workers to have some. The
// rows in flight stay in the second-level cache.
var rowTile = image.Pt(16384, 64)

// rowState is a worker's ring of rows, which are made by make and filled by
// fill; x is the column of a row's first sample.
type rowState[R any] struct {
	level levelRows // where the levels repeat
	edges levelRows // where they do not
	make  func(width int) R
	fill  func(dst R, src []uint16, r levelRow, x int)
	width int
	rows  []R
	// past says that the output is too large for the cache anyway.
	past bool
}

// stream tells a worker whether what it fills is too large for the cache.
func (s *rowState[R]) stream(past bool) { s.past = past }

// each calls work for every row y of dst with the 2·radius+1 rows around it; in
// covers dst and radius pixels more on each side. own is the plane of red or
// blue that the mosaic's row has, other the one that it has not, and first says
// where in a period, which begins with a cell of that colour, the row's first
// pixel is.
func (s *rowState[R]) each(dst *raw.RGB, in *raw.Mosaic, cfa raw.CFA, radius int, work func(own, green, other []uint16, rows []R, first, y int)) {
	height, width := 2*radius+1, in.Rect.Dx()
	if len(s.rows) != height || s.width < width {
		s.rows, s.width = s.rows[:0], width
		for range height {
			s.rows = append(s.rows, s.make(width))
		}
	}
	level := &s.level
	if !level.l.repeats(in.Rect.Min.X, width) {
		level = &s.edges
		level.l = s.level.l
	}
	cell, period, offset := cfa.Cell(), cfa.Period(), cfa.Offset()
	for y := in.Rect.Min.Y; y < in.Rect.Max.Y; y++ {
		// The oldest row's memory becomes the newest row.
		newest := s.rows[0]
		copy(s.rows, s.rows[1:])
		s.rows[height-1] = newest
		s.fill(newest, in.Row(y), level.at(in.Rect.Min.X, y, width), in.Rect.Min.X)
		at := y - radius
		if at < dst.Rect.Min.Y {
			continue
		}
		own, other, first := raw.Red, raw.Blue, (dst.Rect.Min.X+offset.X)%period
		if (at+offset.Y)%period >= cell {
			own, other, first = raw.Blue, raw.Red, (first+cell)%period
		}
		work(dst.Row(own, at), dst.Row(raw.Green, at), dst.Row(other, at), s.rows, first, at)
	}
}
