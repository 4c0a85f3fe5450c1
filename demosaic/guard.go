package demosaic

import (
	"image"
	"math"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// The artefact guard bounds what the filters make of strongly coloured edges
// and of clipped lights. Like the filters it works by units of 2×2 pixels.
//
// Filters learn from photographs that the detail of all colours goes together;
// where it does not (a red edge on green), they overshoot. Such places show in
// the result itself: over the 3×3 units around, its colour differences R − G
// and B − G span guardFull or more. There a sample must lie between the samples
// of its colour that the mosaic has around, give or take 1/8 of their span and
// 1/32 of the span of all colours: over 3×3 units, or 5×5 of a Quad mosaic,
// whose units have one colour only. Below guardFull the bounds widen until they
// bind nothing: there is no line where the guard begins.
//
// Of a mosaic that is made Bayer the difference is that between the means of a
// unit's red and blue and of its greens, which lie on one point: R − G and B − G
// do not, and would find colours in gray detail (0.2 dB).
//
// A colour whose samples in the 3×3 units around, which are all that
// interpolation would average, are clipped is clipped: whatever the filters
// make of it, a light is white inside. So that there is no line where this
// begins either, a sample is no further below the least of them than four times
// as far as that is below clipping.
const (
	guardReach = 2
	guardFull  = 60 * bank.One / 255
	guardSlope = 4 // how fast the bounds widen below guardFull
)

// signal is what is known of a frame's samples in the working domain.
type signal struct {
	noise *noiseCurve // nil is none
	clip  [3]int16    // of each colour: where it saturates
}

// unknown is the signal of samples that nothing is known of: they never
// saturate.
var unknown = signal{clip: [3]int16{math.MaxInt16, math.MaxInt16, math.MaxInt16}}

// guardState is a worker's scratch: rows of units. Row y of a ring is at
// y mod 3.
type guardState struct {
	stride int
	made   unitRows    // a row before it is spread over three units
	diffs  [3]unitRows // of three units least R − G and B − G, then the largest
	known  [3]unitRows // of three units the least sample of each colour, then the largest
	near   [3]unitRows // of Quad: the least samples over 3×3 units
	wide   [3]unitRows // of Quad: the range over five columns and three rows of units
	bounds unitRows
	rows   bank.RGB // of a row of units
	within unitBounds
}

// unitRows are rows of equal length, one after the other, and room for kernels
// behind the last.
type unitRows []int16

// The rows of guardState.bounds: what [boundsRow] takes and what it makes.
const (
	boundDiff  = 0 // four: diffs over 3×3 units
	boundKnown = 4 // six: known over the units that the bounds come from
	boundLow   = 10
	boundHigh  = 13
	boundRows  = 16
)

// guardSlack is room for kernels behind the end of a row.
const guardSlack = 64

func (s *guardState) reset(units int) {
	s.stride = (units + 4 + 31) &^ 31 // up to two units more on each side
	s.made = s.made.grown(6 * s.stride)
	for _, ring := range []*[3]unitRows{&s.diffs, &s.known, &s.near, &s.wide} {
		for i := range ring {
			ring[i] = ring[i].grown(6 * s.stride)
		}
	}
	s.bounds = s.bounds.grown(boundRows * s.stride)
}

func (r unitRows) grown(n int) unitRows {
	if len(r) < n+guardSlack {
		return make(unitRows, n+guardSlack)
	}
	return r
}

// guard hands the rows of r to to, made from wide, which covers r and
// guardReach more, with the mosaic in of cells of the given size, whose colours
// saturate at clip.
func (s *guardState) guard(r image.Rectangle, wide *bank.RGB, in *bank.Plane, cell int, clip *[3]int16, to sink) {
	s.each(r, in, cell, clip,
		func(ranges unitRows, x, y, n int) {
			i := (2*y-wide.Rect.Min.Y)*wide.Stride + 2*x - wide.Rect.Min.X
			diffRow(ranges, s.stride, wide.Pix[0][i:], wide.Pix[1][i:], wide.Pix[2][i:], wide.Stride, n)
		},
		func(y int) {
			s.hand(to, wide, r, y)
		})
}

// guardMosaic is guard for the Bayer mosaic that becomes of a Quad one: each of
// the three planes of its rows is the mosaic.
func (s *guardState) guardMosaic(r image.Rectangle, wide, in *bank.Plane, clip *[3]int16, to sink) {
	s.each(r, in, 2, clip,
		func(ranges unitRows, x, y, n int) {
			i := (2*y-wide.Rect.Min.Y)*wide.Stride + 2*x - wide.Rect.Min.X
			bayerKnownRow(s.bounds, s.stride, wide.Pix[i:], wide.Stride, n)
			mosaicDiffRow(ranges, s.bounds, s.stride, n)
		},
		func(y int) {
			s.clampMosaic(wide, r, y)
			to.take(&s.rows, nil)
		})
}

// each finds the bounds of every row of units of r and calls write for it, with
// the mosaic in of cells of the given size and diff, which finds the range of
// the colour differences in n units of row y from column x on.
func (s *guardState) each(r image.Rectangle, in *bank.Plane, cell int, clip *[3]int16, diff func(to unitRows, x, y, n int), write func(y int)) {
	units := r.Dx() / 2
	s.reset(units)
	x0, y0, y1 := r.Min.X/2, r.Min.Y/2, r.Max.Y/2
	// Row at is made when the mosaic is known as far below as the bounds look.
	for y := y0 - cell; y < y1+cell; y++ {
		s.knownRow(s.made, in, x0-cell, y, units+2*cell, cell)
		s.across(s.known[ring(y)], s.made, 6, units+2*cell-2)
		at := y - cell
		if at+1 >= y0-1 {
			diff(s.made, x0-1, at+1, units+2)
			s.across(s.diffs[ring(at+1)], s.made, 4, units)
			if cell == 2 {
				near := s.near[ring(at+1)]
				s.down(near, &s.known, at+1, 6, units+2)
				s.across(s.wide[ring(at+1)], near, 6, units)
			}
		}
		if at < y0 {
			continue
		}
		s.down(s.bounds[boundDiff*s.stride:], &s.diffs, at, 4, units)
		near := s.bounds[boundKnown*s.stride:]
		if cell == 2 {
			s.down(s.bounds[boundKnown*s.stride:], &s.wide, at, 6, units)
			near = s.near[ring(at)][1:]
		} else {
			s.down(s.bounds[boundKnown*s.stride:], &s.known, at, 6, units)
		}
		boundsRow(s.bounds, near, s.stride, clip, units)
		write(at)
	}
}

func ring(y int) int { return (y%3 + 3) % 3 }

// knownRow finds the range of each colour in n units of row y from column x on.
func (s *guardState) knownRow(dst unitRows, in *bank.Plane, x, y, n, cell int) {
	i := (2*y-in.Rect.Min.Y)*in.Stride + 2*x - in.Rect.Min.X
	if cell == 1 {
		bayerKnownRow(dst, s.stride, in.Pix[i:], in.Stride, n)
		return
	}
	quadKnownRow(dst, s.stride, in.Pix[i:], in.Stride, n, x&1, y&1)
}

// across takes the range over three units of n units: the first half of the
// given number of rows are minima, the others maxima.
func (s *guardState) across(dst, src unitRows, rows, n int) {
	o := rows / 2 * s.stride
	leastAcross(dst, src, s.stride, rows/2, n)
	largestAcross(dst[o:], src[o:], s.stride, rows/2, n)
}

// down is across for row y and those above and below.
func (s *guardState) down(dst unitRows, from *[3]unitRows, y, rows, n int) {
	a, b, c := from[ring(y-1)], from[ring(y)], from[ring(y+1)]
	o := rows / 2 * s.stride
	leastDown(dst, a, b, c, s.stride, rows/2, n)
	largestDown(dst[o:], a[o:], b[o:], c[o:], s.stride, rows/2, n)
}

// hand gives to the two rows of pixels of row y of units.
func (s *guardState) hand(to sink, wide *bank.RGB, r image.Rectangle, y int) {
	s.rows.Stride, s.rows.Rect = wide.Stride, image.Rect(r.Min.X, 2*y, r.Max.X, 2*y+2)
	from := (2*y-wide.Rect.Min.Y)*wide.Stride + r.Min.X - wide.Rect.Min.X
	for c := range s.rows.Pix {
		s.rows.Pix[c] = wide.Pix[c][from:]
		s.within.low[c], s.within.high[c] = s.bounds[(boundLow+c)*s.stride:], s.bounds[(boundHigh+c)*s.stride:]
	}
	to.take(&s.rows, &s.within)
}

// clampMosaic fills s.rows with the two rows of pixels of row y of units of a
// mosaic, within their bounds.
func (s *guardState) clampMosaic(wide *bank.Plane, r image.Rectangle, y int) {
	s.rows.Reset(image.Rect(r.Min.X, 2*y, r.Max.X, 2*y+2))
	s.rows.Pix[1], s.rows.Pix[2] = s.rows.Pix[0], s.rows.Pix[0]
	n := r.Dx()
	from := (2*y-wide.Rect.Min.Y)*wide.Stride + r.Min.X - wide.Rect.Min.X
	for c := range 2 { // red and green, green and blue
		b := s.bounds[c*s.stride:]
		clampMosaicRow(s.rows.Pix[0][c*s.rows.Stride:][:n], wide.Pix[from+c*wide.Stride:][:n],
			&[4][]int16{b[boundLow*s.stride:], b[boundHigh*s.stride:], b[(boundLow+1)*s.stride:], b[(boundHigh+1)*s.stride:]})
	}
}
