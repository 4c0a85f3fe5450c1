package demosaic

import (
	"math"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// The rows of LMMSE, as they are defined. A step is from one sample to the next
// along the row (1) or down the column (the stride), so each serves both.

// lmmseDiffRowGeneric sets dst to four times the difference between green and
// the other colour, from each sample and its two neighbours on each side; src
// begins two steps before. green is 1 if the first sample is green.
func lmmseDiffRowGeneric(dst []float32, src []int16, step, green int) {
	sign := int32(2*green - 1)
	for i := range dst {
		at := func(k int) int32 { return int32(src[i+k*step]) }
		dst[i] = float32(sign * (2*at(2) + at(0) + at(4) - 2*(at(1)+at(3))))
		sign = -sign
	}
}

// lmmseSmoothRowGeneric sets n of smooth to the low-pass filter of the paper
// over nine of diff, which begins four steps before, and err to the square of
// the difference.
func lmmseSmoothRowGeneric(smooth, err, diff []float32, step, n int) {
	for i := range n {
		at := func(k int) float32 { return diff[i+k*step] }
		s := float32((4./128)*(at(0)+at(8))) + float32((9./128)*(at(1)+at(7)))
		s += float32((15. / 128) * (at(2) + at(6)))
		s += float32((23. / 128) * (at(3) + at(5)))
		s += float32((26. / 128) * at(4))
		e := at(4) - s
		smooth[i], err[i] = s, float32(e*e)
	}
}

// lmmseEstimateRowGeneric sets n of value and variance to equations (9) to (13)
// of the paper: the moments are taken over nine of smooth and err, which begin
// four steps before diff.
func lmmseEstimateRowGeneric(value, variance, smooth, err, diff []float32, step, n int) {
	for i := range n {
		var s, e [9]float32
		for k := range s {
			s[k], e[k] = smooth[i+k*step], err[i+k*step]
		}
		const ninth = 1. / 9
		mean := float32(sum9(&s) * ninth)
		for k, v := range s {
			d := v - mean
			s[k] = float32(d * d)
		}
		spread := float32(sum9(&s) * ninth)
		noise := float32(sum9(&e)*ninth) + 1e-3
		gain := spread / (spread + noise)
		value[i] = mean + float32(gain*(diff[i]-mean))
		variance[i] = float32(gain*noise) + 1e-3
	}
}

func sum9(v *[9]float32) float32 {
	return ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7])) + v[8]
}

// lmmseFuseRowGeneric sets n of dst to the mean of both estimates, each weighted
// by the other's variance, as a difference of samples.
func lmmseFuseRowGeneric(dst, a, aVar, b, bVar []float32, n int) {
	for i := range n {
		dst[i] = (float32(a[i]*bVar[i]) + float32(b[i]*aVar[i])) / (aVar[i] + bVar[i]) * 0.25
	}
}

// lmmseOtherRowGeneric sets n of dst to the mean of the samples left and right
// in the rows above and below, which begin one sample before.
func lmmseOtherRowGeneric(dst, up, down []float32, n int) {
	for i := range n {
		dst[i] = ((up[i] + up[i+2]) + (down[i] + down[i+2])) * 0.25
	}
}

// lmmseWriteRowGeneric sets a row of the three planes; own is the plane of the
// row's red or blue, whose differences to green are d, and other the plane of
// the colour in the rows above and below, whose differences are o where d has
// the row's own. Their first sample is at; green is 1 if the row begins with
// green.
func lmmseWriteRowGeneric(own, green, other, pix []int16, d, o []float32, at, stride, first int) {
	for i := range own {
		c, j := float32(pix[i]), at+i
		if (i+first)&1 == 1 {
			own[i] = sample16(c - ((d[j-1]+d[j+1])+(o[j-stride]+o[j+stride]))*0.25)
			green[i] = pix[i]
			other[i] = sample16(c - ((o[j-1]+o[j+1])+(d[j-stride]+d[j+stride]))*0.25)
			continue
		}
		own[i] = pix[i]
		g := c + d[j]
		green[i] = sample16(g)
		other[i] = sample16(g - o[j])
	}
}

// sample16 rounds to nearest even and bounds a working sample.
func sample16(v float32) int16 {
	v = max(bank.Min, min(v, bank.Max))
	return int16(int32(math.Float32bits(v+roundMagic)) - roundBits)
}
