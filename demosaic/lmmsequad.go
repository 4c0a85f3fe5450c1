package demosaic

import "math"

// The rows of LMMSE that Quad has of its own. place is where in a period of four
// the first sample is: 0 and 1 have the row's red or blue, 2 and 3 are green.

// quadThird is a third of the way from the nearest sample of the other colour to
// the next one, in 1/2¹⁵.
const quadThird = 10923

// The weights of the gradient in 1/2¹⁵: half of the bend of [quadLinear].
const (
	diffBefore = 7022 // 9/42
	diffPair   = 5461 // 7/42
	diffBehind = 3901 // 5/42
)

// quadDiff is a sample less what interpolation finds there of the other colour:
// linear between samples one and two steps away, corrected by the gradient of
// its own colour three steps before, one and four behind.
func quadDiff(own, near, far, before, pair, behind int16) int16 {
	line := near + scaled16(far-near, quadThird)
	bend := scaled16(own-before, diffBefore) + scaled16(own-pair, diffPair) + scaled16(own-behind, diffBehind)
	return int16(max(math.MinInt16, min(int32(own-line)-int32(bend), math.MaxInt16)))
}

// quadSigned is 4·(green − other) of a difference at sample i.
func quadSigned(d int16, i, place int) float32 {
	if (i+place)&2 == 0 {
		return -4 * float32(d)
	}
	return 4 * float32(d)
}

// quadDiffAlongRowGeneric sets dst to the differences along a row; src begins
// four samples before.
func quadDiffAlongRowGeneric(dst []float32, src []int16, place int) {
	src = src[:len(dst)+8]
	for i := range dst {
		s := src[i : i+9]
		d := quadDiff(s[4], s[5], s[2], s[7], s[3], s[0])
		if (i+place)&1 == 0 {
			d = quadDiff(s[4], s[3], s[6], s[1], s[5], s[8])
		}
		dst[i] = quadSigned(d, i, place)
	}
}

// quadDiffDownRowGeneric sets dst to the differences down the columns of the
// samples from at on; down leads to the row that belongs to the same cells.
func quadDiffDownRowGeneric(dst []float32, src []int16, at, down, place int) {
	for i := range dst {
		j := at + i
		dst[i] = quadSigned(quadDiff(src[j], src[j-down], src[j+2*down], src[j-3*down], src[j+down], src[j+4*down]), i, place)
	}
}

// quadLow is half of the low-pass filter of the paper without its ends, for sums
// of two lines.
func quadLow(at func(k int) float32) float32 {
	s := float32((9./240)*(at(0)+at(6))) + float32((15./240)*(at(1)+at(5)))
	s += float32((23. / 240) * (at(2) + at(4)))
	return s + float32((26./240)*at(3))
}

// quadSmoothDownRowGeneric sets n of smooth to the low-pass filter over seven of
// diff, step apart, of which the first is three steps before, together with that
// of the other column of the cells, which begin with the row; and err to the
// square of the difference. It does n of an even number.
func quadSmoothDownRowGeneric(smooth, err, diff []float32, step, n int) {
	low := func(i int) float32 { return quadLow(func(k int) float32 { return diff[i+k*step] }) }
	for i := 0; i < n; i += 2 {
		s := low(i) + low(i+1)
		for j := i; j < i+2; j++ {
			e := diff[j+3*step] - s
			smooth[j], err[j] = s, float32(e*e)
		}
	}
}

// quadSmoothAlongRowGeneric sets n of smooth to the low-pass filter over seven
// of the sum of the rows a and b, a cell apart, which begin three cells before,
// and the errors to the squares of the differences.
func quadSmoothAlongRowGeneric(smooth, errA, errB, a, b []float32, n int) {
	for i := range n {
		s := quadLow(func(k int) float32 { return a[i+2*k] + b[i+2*k] })
		d, e := a[i+6]-s, b[i+6]-s
		smooth[i], errA[i], errB[i] = s, float32(d*d), float32(e*e)
	}
}

// rangeReach is how far around quadRangeRow looks.
const rangeReach = 3

// quadRangeRowGeneric bounds n of value to the seven of diff around each, step
// apart, of which the first is rangeReach steps before: the wide filters must
// not carry the colour of an edge into flat parts, least of all into clipped
// lights.
func quadRangeRowGeneric(value, diff []float32, step, n int) {
	for i := range n {
		low, high := diff[i], diff[i]
		for k := 1; k <= 2*rangeReach; k++ {
			d := diff[i+k*step]
			low, high = min(low, d), max(high, d)
		}
		value[i] = max(low, min(value[i], high))
	}
}

// thirdOf is quadLinear's third of differences.
func thirdOf(near, far float32) float32 { return float32(((near + near) + far) * (1. / 3)) }

// quadOtherRowGeneric sets n of dst to the linear interpolation, at each sample,
// of the differences at the samples of the other colour of the row; d begins two
// samples before.
func quadOtherRowGeneric(dst, d []float32, place, n int) {
	for i := range n {
		if (i+place)&1 == 0 {
			dst[i] = thirdOf(d[i+1], d[i+4])
		} else {
			dst[i] = thirdOf(d[i+3], d[i])
		}
	}
}

// quadWriteRowGeneric sets a row of the three planes; own is the plane of the
// row's red or blue, whose differences to green are d there and o at green, and
// other the plane of the colour in the cells above and below. Their first sample
// is at; down leads to the row that belongs to the same cells.
func quadWriteRowGeneric(own, green, other, pix []int16, d, o []float32, at, down, place int) {
	for i := range own {
		c, j := float32(pix[i]), at+i
		if (i+place)&2 == 0 {
			g := c + d[j]
			own[i] = pix[i]
			green[i] = sample16(g)
			other[i] = sample16(g - thirdOf(o[j-down], o[j+2*down]))
		} else {
			own[i] = sample16(c - o[j])
			green[i] = pix[i]
			other[i] = sample16(c - thirdOf(d[j-down], d[j+2*down]))
		}
	}
}
