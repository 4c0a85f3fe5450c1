package demosaic

import "math"

// The guard's kernels, as they are defined. Rows of results are stride apart.

// diffRowGeneric sets, for n units of two rows of pixels, the least R − G and
// B − G and then the largest.
func diffRowGeneric(dst []int16, stride int, red, green, blue []int16, pixels, n int) {
	for u := range n {
		var low, high [2]int16
		for i, at := range [4]int{2 * u, 2*u + 1, 2*u + pixels, 2*u + pixels + 1} {
			d := [2]int16{red[at] - green[at], blue[at] - green[at]}
			for c, v := range d {
				if i == 0 {
					low[c], high[c] = v, v
				}
				low[c], high[c] = min(low[c], v), max(high[c], v)
			}
		}
		for c := range low {
			dst[c*stride+u], dst[(2+c)*stride+u] = low[c], high[c]
		}
	}
}

// bayerKnownRowGeneric sets, for n units of a Bayer mosaic, the least red,
// green and blue and then the largest.
func bayerKnownRowGeneric(dst []int16, stride int, in []int16, pixels, n int) {
	for u := range n {
		r, g1, g2, b := in[2*u], in[2*u+1], in[2*u+pixels], in[2*u+pixels+1]
		for c, v := range [6]int16{r, min(g1, g2), b, r, max(g1, g2), b} {
			dst[c*stride+u] = v
		}
	}
}

// quadKnownRowGeneric is bayerKnownRowGeneric for a Quad mosaic, whose units
// have one colour: of the others the least is above and the largest below all.
// Green is where the parity of the column, x for the first unit, is not that of
// the row, y; elsewhere even rows are red and odd rows blue.
func quadKnownRowGeneric(dst []int16, stride int, in []int16, pixels, n, x, y int) {
	for u := range n {
		a, b, c, d := in[2*u], in[2*u+1], in[2*u+pixels], in[2*u+pixels+1]
		own := 1
		if (x+u)&1 == y {
			own = 2 * y
		}
		for c := range 3 {
			dst[c*stride+u], dst[(3+c)*stride+u] = math.MaxInt16, math.MinInt16
		}
		dst[own*stride+u], dst[(3+own)*stride+u] = min(a, b, c, d), max(a, b, c, d)
	}
}

// leastAcrossGeneric sets each of n units of a number of rows to the least of
// the three of src that begin there.
func leastAcrossGeneric(dst, src []int16, stride, rows, n int) {
	for r := range rows {
		p, to := src[r*stride:][:n+2], dst[r*stride:][:n]
		for u := range to {
			to[u] = min(p[u], p[u+1], p[u+2])
		}
	}
}

// largestAcrossGeneric is leastAcrossGeneric for the largest.
func largestAcrossGeneric(dst, src []int16, stride, rows, n int) {
	for r := range rows {
		p, to := src[r*stride:][:n+2], dst[r*stride:][:n]
		for u := range to {
			to[u] = max(p[u], p[u+1], p[u+2])
		}
	}
}

// leastDownGeneric sets each of n units of a number of rows to the least of
// those in a, b and c.
func leastDownGeneric(dst, a, b, c []int16, stride, rows, n int) {
	for r := range rows {
		o := r * stride
		p, q, s, to := a[o:o+n], b[o:o+n], c[o:o+n], dst[o:o+n]
		for u := range to {
			to[u] = min(p[u], q[u], s[u])
		}
	}
}

// largestDownGeneric is leastDownGeneric for the largest.
func largestDownGeneric(dst, a, b, c []int16, stride, rows, n int) {
	for r := range rows {
		o := r * stride
		p, q, s, to := a[o:o+n], b[o:o+n], c[o:o+n], dst[o:o+n]
		for u := range to {
			to[u] = max(p[u], q[u], s[u])
		}
	}
}

// boundsRowGeneric makes the rows boundLow and boundHigh of n units. near are
// three rows of the least samples over 3×3 units.
func boundsRowGeneric(b, near []int16, stride int, clip *[3]int16, n int) {
	at := func(row, u int) int32 { return int32(b[row*stride+u]) }
	for u := range n {
		span := max(at(boundDiff+2, u)-at(boundDiff, u), at(boundDiff+3, u)-at(boundDiff+1, u))
		low := [3]int32{at(boundKnown, u), at(boundKnown+1, u), at(boundKnown+2, u)}
		high := [3]int32{at(boundKnown+3, u), at(boundKnown+4, u), at(boundKnown+5, u)}
		all := max(high[0], high[1], high[2]) - min(low[0], low[1], low[2])
		slack := all>>5 + max(0, guardFull-span)*guardSlope
		for c := range low {
			s := slack + (high[c]-low[c])>>3
			white := sat16(int32(near[c*stride+u]) - sat16(4*sat16(int32(clip[c])-int32(near[c*stride+u]))))
			b[(boundLow+c)*stride+u] = int16(max(white, sat16(low[c]-s)))
			b[(boundHigh+c)*stride+u] = int16(sat16(high[c] + s))
		}
	}
}

func sat16(v int32) int32 { return max(math.MinInt16, min(v, math.MaxInt16)) }

// clampRow sets a row of pixels to src within the bounds of their units. The
// first is pixel odd of its unit.
func clampRow(dst, src, low, high []int16, odd int) {
	src = src[:len(dst)]
	for i, v := range src {
		u := (i + odd) / 2
		dst[i] = max(low[u], min(v, high[u]))
	}
}

// mosaicDiffRowGeneric sets all four rows of differences to the mean of red and
// blue less that of both greens, for n units, from what bayerKnownRow has made
// of them.
func mosaicDiffRowGeneric(dst, known []int16, stride, n int) {
	for u := range n {
		least, largest := known[stride+u], known[4*stride+u]
		red, blue := known[u], known[2*stride+u]
		d := red + (blue-red)>>1 - (least + (largest-least)>>1)
		for i := range 4 {
			dst[i*stride+u] = d
		}
	}
}

// clampMosaicRowGeneric sets a row to src within the bounds of its units, which
// are low and high at even and those after at odd pixels.
func clampMosaicRowGeneric(dst, src []int16, bounds *[4][]int16) {
	src = src[:len(dst)]
	for i, v := range src {
		b := bounds[:2]
		if i&1 == 1 {
			b = bounds[2:]
		}
		dst[i] = max(b[0][i/2], min(v, b[1][i/2]))
	}
}
