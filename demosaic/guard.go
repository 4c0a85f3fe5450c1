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
	noise  *noiseCurve  // nil is none
	chroma *chromaNoise // nil with it
	clip   [3]int16     // of each colour: where it saturates
}

// unknown is the signal of samples that nothing is known of: they never
// saturate.
var unknown = signal{clip: [3]int16{math.MaxInt16, math.MaxInt16, math.MaxInt16}}

// guardState is a worker's scratch: rows of units.
type guardState struct {
	stride int
	made   unitRows // a row before it is spread over three units
	diffs  unitRing // of three units least R − G and B − G, then the largest
	known  unitRing // of three units the least sample of each colour, then the largest
	near   unitRing // of Quad: the same over 3×3 units
	wide   unitRing // of Quad: the same over five columns and three rows of units
	bounds unitRows // the least of each colour, then the largest
	rows   bank.RGB // of a row of units
	within unitBounds
}

// unitRows are rows of equal length, one after the other, and room for kernels
// behind the last.
type unitRows []int16

// unitRing are the rows of three rows of units: those of row y are at y mod 3.
type unitRing struct {
	all  unitRows
	size int // of the rows of one
}

func (r *unitRing) reset(size int) { r.all, r.size = r.all.grown(3*size), size }

func (r *unitRing) at(y int) unitRows { return r.all[(y%3+3)%3*r.size:] }

// guardSlack is room for kernels behind the end of a row.
const guardSlack = 64

func (s *guardState) reset(units int) {
	s.stride = (units + 4 + 31) &^ 31 // up to two units more on each side
	s.made = s.made.grown(6 * s.stride)
	s.diffs.reset(4 * s.stride)
	for _, ring := range []*unitRing{&s.known, &s.near, &s.wide} {
		ring.reset(6 * s.stride)
	}
	s.bounds = s.bounds.grown(6 * s.stride)
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
		across(s.known.at(y), s.made, s.stride, 6, units+2*cell-2)
		at := y - cell
		if at+1 >= y0-1 {
			diff(s.made, x0-1, at+1, units+2)
			across(s.diffs.at(at+1), s.made, s.stride, 4, units)
			if cell == 2 {
				near := s.near.at(at + 1)
				down(near, s.known.all, s.stride, units+2)
				across(s.wide.at(at+1), near, s.stride, 6, units)
			}
		}
		if at < y0 {
			continue
		}
		if cell == 2 {
			boundsRow(s.bounds, s.diffs.all, s.wide.all, s.near.at(at)[1:], s.stride, clip, units)
		} else {
			boundsRow(s.bounds, s.diffs.all, s.known.all, nil, s.stride, clip, units)
		}
		write(at)
	}
}

// knownRow finds the range of each colour in n units of row y from column x on.
func (s *guardState) knownRow(dst unitRows, in *bank.Plane, x, y, n, cell int) {
	i := (2*y-in.Rect.Min.Y)*in.Stride + 2*x - in.Rect.Min.X
	if cell == 1 {
		bayerKnownRow(dst, s.stride, in.Pix[i:], in.Stride, n)
		return
	}
	quadKnownRow(dst, s.stride, in.Pix[i:], in.Stride, n, x&1, y&1)
}

// hand gives to the two rows of pixels of row y of units.
func (s *guardState) hand(to sink, wide *bank.RGB, r image.Rectangle, y int) {
	s.rows.Stride, s.rows.Rect = wide.Stride, image.Rect(r.Min.X, 2*y, r.Max.X, 2*y+2)
	from := (2*y-wide.Rect.Min.Y)*wide.Stride + r.Min.X - wide.Rect.Min.X
	for c := range s.rows.Pix {
		s.rows.Pix[c] = wide.Pix[c][from:]
		s.within.low[c], s.within.high[c] = s.bounds[c*s.stride:], s.bounds[(3+c)*s.stride:]
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
			&[4][]int16{b, b[3*s.stride:], b[s.stride:], b[4*s.stride:]})
	}
}
