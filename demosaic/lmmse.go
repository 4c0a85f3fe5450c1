package demosaic

import (
	"image"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
)

// lmmse is L. Zhang and X. Wu, "Color demosaicking via directional linear
// minimum mean square-error estimation", IEEE Trans. Image Processing 14
// (2005). Along every row and every column the difference green − red (or
// − blue) is first estimated by second-order interpolation; that is the true
// difference plus the interpolation's error. The local moments of the
// difference, smoothed, and of the error give the estimate that is best in the
// mean square (section III), and the two directions are averaged with the
// weights of their expected errors (section IV). Red and blue follow from the
// bilinearly interpolated differences.
//
// Quad, with two samples side by side, takes the gradient-corrected linear
// interpolation of [quadLinear] for the second-order one, filters both lines of
// a cell together with steps of a cell, bounds the estimates by the differences
// nearby, and interpolates differences as quadLinear does samples. Nothing is
// made Bayer first. It is for stripes of no colour; the filter banks are better on
// colour photographs.
//
// It works on working samples ([bank.Plane]) row by row; the rows are made in
// lmmserow.go and lmmsequad.go. Everything is found at green samples, too, which
// costs less than to leave them out.
type lmmse struct{ quad bool }

// lmmseReach is how far around a pixel each step finds what it needs.
type lmmseReach struct {
	step int // of the filters
	// differ is the reach of a difference; smooth and estimate have that of
	// the steps before in them.
	differ, smooth, estimate int
	// spread is how many rows further the other differences need estimates.
	spread int
}

func (m lmmse) reach() lmmseReach {
	if m.quad {
		return lmmseReach{step: 2, differ: 4, smooth: 4 + 3*2, estimate: 4 + 3*2 + 4*2}
	}
	return lmmseReach{step: 1, differ: 2, smooth: 2 + 4, estimate: 2 + 4 + 4, spread: 1}
}

func (m lmmse) halo() int              { return m.reach().estimate + 2 }
func (lmmse) side(*signal) image.Point { return image.Pt(512, 256) }
func (lmmse) band(*signal) int         { return 0 }
func (lmmse) newState() any            { return new(lmmseState) }

// lmmseState is a worker's scratch. Planes are as large as the tile and its
// halo, their rows stride apart; rows have room behind them for whole vectors.
type lmmseState struct {
	stride int
	// Of the columns: 4·(green − other), the same smoothed, and the squared
	// difference of both.
	diff, smooth, err []float32
	// Of a row, or of Quad of two, the same, and the estimates along it and
	// across with the variances of their errors.
	rowDiff, rowErr                              [2][]float32
	rowSmooth, along, alongVar, across, crossVar []float32
	// green − own colour at red and blue samples, and of Bayer green − the
	// colour that is neither, of Quad green − own colour at green.
	own, other []float32
	rows       bank.RGB // two rows of the output
}

func (s *lmmseState) reset(w, h int) {
	s.stride = (w+15)&^15 + 32
	for _, p := range []*[]float32{&s.diff, &s.smooth, &s.err, &s.own, &s.other} {
		if len(*p) < s.stride*h {
			*p = make([]float32, s.stride*h)
		}
	}
	for _, p := range []*[]float32{&s.rowDiff[0], &s.rowDiff[1], &s.rowErr[0], &s.rowErr[1], &s.rowSmooth, &s.along, &s.alongVar, &s.across, &s.crossVar} {
		if len(*p) < s.stride {
			*p = make([]float32, s.stride)
		}
	}
}

// run makes r from in, which covers it and the halo on each side.
func (m lmmse) run(state any, r image.Rectangle, in *bank.Plane, _ *signal, to sink, _ bool) {
	s := state.(*lmmseState)
	w, h := in.Rect.Dx(), in.Rect.Dy()
	s.reset(w, h)
	reach, halo := m.reach(), m.halo()
	low, wide := reach.smooth-reach.differ, reach.estimate-reach.differ
	for y := reach.differ; y < h-reach.differ; y++ {
		m.diffDown(s, in, y, w)
		if at := y - low; at >= reach.smooth {
			m.smoothDown(s, at, w)
		}
		if at := y - wide; at >= reach.estimate {
			m.estimate(s, in, at, w)
		}
		if at := y - wide - reach.spread; at >= reach.estimate+reach.spread {
			m.others(s, in, at, w)
		}
		if at := y - wide - 2; at >= halo {
			m.write(s, in, r, at)
			if (at-halo)&1 == 1 {
				to.take(&s.rows, nil)
			}
		}
	}
}

// place is where in a period, which begins with the row's red or blue, sample
// (x, y) of in is.
func (m lmmse) place(in image.Rectangle, x, y int) int {
	x, y = in.Min.X+x, in.Min.Y+y
	if m.quad {
		return (x + y&2) & 3
	}
	return (x + y) & 1
}

// down is 1 in rows whose nearest row of other colours is above, −1 where it is
// below.
func (m lmmse) down(in image.Rectangle, y int) int { return 1 - 2*((in.Min.Y+y)&1) }

// diffDown fills row y of diff.
func (m lmmse) diffDown(s *lmmseState, in *bank.Plane, y, w int) {
	dst, place := s.diff[y*s.stride:][:w], m.place(in.Rect, 0, y)
	if m.quad {
		quadDiffDownRow(dst, in.Pix, y*in.Stride, m.down(in.Rect, y)*in.Stride, place)
	} else {
		lmmseDiffRow(dst, in.Pix[(y-2)*in.Stride:], in.Stride, place)
	}
}

// smoothDown fills row y of smooth and err.
func (m lmmse) smoothDown(s *lmmseState, y, w int) {
	o, r := y*s.stride, m.reach()
	from := s.diff[o-(r.smooth-r.differ)*s.stride:]
	if m.quad {
		quadSmoothDownRow(s.smooth[o:], s.err[o:], from, r.step*s.stride, w)
	} else {
		lmmseSmoothRow(s.smooth[o:], s.err[o:], from, r.step*s.stride, w)
	}
}

// alongRow fills rowDiff, rowSmooth and rowErr of row y; of Quad those of both
// rows of its cells.
func (m lmmse) alongRow(s *lmmseState, in *bank.Plane, y, w int) {
	r := m.reach()
	n := w - 2*r.smooth
	if !m.quad {
		lmmseDiffRow(s.rowDiff[0][r.differ:w-r.differ], in.Pix[y*in.Stride:], 1, m.place(in.Rect, r.differ, y))
		lmmseSmoothRow(s.rowSmooth[r.smooth:], s.rowErr[0][r.smooth:], s.rowDiff[0][r.differ:], r.step, n)
		return
	}
	for i := range s.rowDiff {
		quadDiffAlongRow(s.rowDiff[i][r.differ:w-r.differ], in.Pix[(y+i)*in.Stride:], m.place(in.Rect, r.differ, y+i))
	}
	quadSmoothAlongRow(s.rowSmooth[r.smooth:], s.rowErr[0][r.smooth:], s.rowErr[1][r.smooth:], s.rowDiff[0][r.differ:], s.rowDiff[1][r.differ:], n)
}

// estimate fills row y of own.
func (m lmmse) estimate(s *lmmseState, in *bank.Plane, y, w int) {
	r := m.reach()
	o, n, before := y*s.stride, w-2*r.estimate, 4*r.step*s.stride
	lmmseEstimateRow(s.across, s.crossVar, s.smooth[o-before+r.estimate:], s.err[o-before+r.estimate:], s.diff[o+r.estimate:], r.step*s.stride, n)

	row := 0
	if m.quad {
		row = (in.Rect.Min.Y + y) & 1
	}
	if row == 0 {
		m.alongRow(s, in, y, w)
	}
	diff := s.rowDiff[row]
	lmmseEstimateRow(s.along, s.alongVar, s.rowSmooth[r.smooth:], s.rowErr[row][r.smooth:], diff[r.estimate:], r.step, n)

	if m.quad {
		quadRangeRow(s.across, s.diff[o-rangeReach*s.stride+r.estimate:], s.stride, n)
		quadRangeRow(s.along, diff[r.estimate-rangeReach:], 1, n)
	}
	lmmseFuseRow(s.own[o+r.estimate:], s.along, s.alongVar, s.across, s.crossVar, n)
}

// others fills row y of other.
func (m lmmse) others(s *lmmseState, in *bank.Plane, y, w int) {
	first := m.reach().estimate
	o := y*s.stride + first
	if m.quad {
		quadOtherRow(s.other[o+2:], s.own[o:], m.place(in.Rect, first+2, y), w-2*first-4)
	} else {
		lmmseOtherRow(s.other[o+1:], s.own[o-s.stride:], s.own[o+s.stride:], w-2*first-2)
	}
}

// write puts the three colours of row y of in together in s.rows.
func (m lmmse) write(s *lmmseState, in *bank.Plane, r image.Rectangle, y int) {
	frame, halo := y+in.Rect.Min.Y, m.halo()
	s.rows.Reset(image.Rect(r.Min.X, frame&^1, r.Max.X, frame&^1+2))
	var row [3][]int16
	for c := range row {
		row[c] = s.rows.Pix[c][(frame&1)*s.rows.Stride:][:s.rows.Stride]
	}
	own, other := row[raw.Red], row[raw.Blue]
	if frame/m.cell()&1 == 1 {
		own, other = other, own
	}
	at, pix, place := y*s.stride+halo, in.Pix[y*in.Stride+halo:], m.place(in.Rect, halo, y)
	if m.quad {
		quadWriteRow(own, row[raw.Green], other, pix, s.own, s.other, at, m.down(in.Rect, y)*s.stride, place)
	} else {
		lmmseWriteRow(own, row[raw.Green], other, pix, s.own, s.other, at, s.stride, place)
	}
}

func (m lmmse) cell() int {
	if m.quad {
		return 2
	}
	return 1
}

func (m lmmse) measure(sigma [3]float64) []*removed {
	return []*removed{measureRemoved(m.cell(), m.halo(), sigma, func(dst *bank.RGB, in *bank.Plane) { m.run(new(lmmseState), dst.Rect, in, nil, planes{dst}, false) })}
}

func (lmmse) places(any, int, int) []uint16 { return nil }
