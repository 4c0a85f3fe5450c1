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
// It works on working samples ([bank.Plane]), for Bayer, row by row; the rows
// are made in lmmserow.go. Everything is found at green samples, too, which
// costs less than to leave them out.
type lmmse struct{}

const lmmseHalo = 12

func (lmmse) halo() int         { return lmmseHalo }
func (lmmse) side() image.Point { return image.Pt(256, 256) }
func (lmmse) newState() any     { return new(lmmseState) }

// lmmseState is a worker's scratch. Planes are as large as the tile and its
// halo, their rows stride apart; rows have room behind them for whole vectors.
type lmmseState struct {
	stride int
	// Of the columns: 4·(green − other), the same smoothed, and the squared
	// difference of both.
	diff, smooth, err []float32
	// Of a row the same, and the estimates along it and across with the
	// variances of their errors.
	rowDiff, rowSmooth, rowErr        []float32
	along, alongVar, across, crossVar []float32
	// green − own colour at red and blue samples, and green − the colour that
	// is neither.
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
	for _, p := range []*[]float32{&s.rowDiff, &s.rowSmooth, &s.rowErr, &s.along, &s.alongVar, &s.across, &s.crossVar} {
		if len(*p) < s.stride {
			*p = make([]float32, s.stride)
		}
	}
}

// run makes r from in, which covers it and lmmseHalo more on each side.
func (lmmse) run(state any, r image.Rectangle, in *bank.Plane, _ *signal, to sink) {
	s := state.(*lmmseState)
	w, h := in.Rect.Dx(), in.Rect.Dy()
	s.reset(w, h)
	// Each step reaches so many samples less far than the one before it.
	const differ, smooth, estimate, spread = 2, 2 + 4, 2 + 4 + 4, 2 + 4 + 4 + 1
	for y := differ; y < h-differ; y++ {
		lmmseDiffRow(s.diff[y*s.stride:][:w], in.Pix[(y-2)*in.Stride:], in.Stride, greenFirst(in.Rect, 0, y))
		if at := y - 4; at >= smooth {
			o := at * s.stride
			lmmseSmoothRow(s.smooth[o:], s.err[o:], s.diff[o-4*s.stride:], s.stride, w)
		}
		if at := y - 8; at >= estimate {
			s.estimate(in, at, w)
		}
		if at := y - 9; at >= spread {
			o := at*s.stride + spread
			lmmseOtherRow(s.other[o:], s.own[o-s.stride-1:], s.own[o+s.stride-1:], w-2*spread)
		}
		if at := y - 10; at >= lmmseHalo {
			s.write(in, r, at)
			if (at-lmmseHalo)&1 == 1 {
				to.take(&s.rows, nil)
			}
		}
	}
}

// greenFirst is 1 if sample (x, y) of in is green.
func greenFirst(in image.Rectangle, x, y int) int { return (in.Min.X + x + in.Min.Y + y) & 1 }

// estimate fills row y of own.
func (s *lmmseState) estimate(in *bank.Plane, y, w int) {
	const first = 2 + 4 + 4
	o, n := y*s.stride, w-2*first
	lmmseEstimateRow(s.across, s.crossVar, s.smooth[o-4*s.stride+first:], s.err[o-4*s.stride+first:], s.diff[o+first:], s.stride, n)

	lmmseDiffRow(s.rowDiff[2:w-2], in.Pix[y*in.Stride:], 1, greenFirst(in.Rect, 2, y))
	lmmseSmoothRow(s.rowSmooth[6:], s.rowErr[6:], s.rowDiff[2:], 1, w-12)
	lmmseEstimateRow(s.along, s.alongVar, s.rowSmooth[6:], s.rowErr[6:], s.rowDiff[first:], 1, n)

	lmmseFuseRow(s.own[o+first:], s.along, s.alongVar, s.across, s.crossVar, n)
}

// write puts the three colours of row y of in together in s.rows.
func (s *lmmseState) write(in *bank.Plane, r image.Rectangle, y int) {
	frame := y + in.Rect.Min.Y
	s.rows.Reset(image.Rect(r.Min.X, frame&^1, r.Max.X, frame&^1+2))
	var row [3][]int16
	for c := range row {
		row[c] = s.rows.Pix[c][(frame&1)*s.rows.Stride:][:s.rows.Stride]
	}
	own, other := row[raw.Red], row[raw.Blue]
	if frame&1 == 1 {
		own, other = other, own
	}
	at := y*s.stride + lmmseHalo
	lmmseWriteRow(own, row[raw.Green], other, in.Pix[y*in.Stride+lmmseHalo:], s.own, s.other, at, s.stride, greenFirst(in.Rect, lmmseHalo, y))
}

func (m lmmse) measure(sigma [3]float64) []*removed {
	return []*removed{measureRemoved(1, lmmseHalo, sigma, func(dst *bank.RGB, in *bank.Plane) { m.run(new(lmmseState), dst.Rect, in, nil, planes{dst}) })}
}

func (lmmse) places(any, int, int) []uint16 { return nil }
