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

// acrossGeneric takes the range over three units: it sets each of n units of a
// number of rows to the least of the three of src that begin there or, of the
// second half of the rows, to the largest.
func acrossGeneric(dst, src []int16, stride, rows, n int) {
	for r := range rows {
		p, to := src[r*stride:][:n+2], dst[r*stride:][:n]
		for u := range to {
			if r < rows/2 {
				to[u] = min(p[u], p[u+1], p[u+2])
			} else {
				to[u] = max(p[u], p[u+1], p[u+2])
			}
		}
	}
}

// downGeneric sets n units to the range of the three rows of a ring of known
// samples.
func downGeneric(dst, ring []int16, stride, n int) {
	for r := range 6 {
		for u := range n {
			dst[r*stride+u] = overRing(ring, stride, 6, r, u)
		}
	}
}

// overRing is the least of row r of unit u in a ring or, of the second half of
// its rows, the largest.
func overRing(ring []int16, stride, rows, r, u int) int16 {
	a, b, c := ring[r*stride+u], ring[(rows+r)*stride+u], ring[(2*rows+r)*stride+u]
	if r < rows/2 {
		return min(a, b, c)
	}
	return max(a, b, c)
}

// boundsRowGeneric makes the least and then the largest sample of each colour
// in n units from the rings of the differences and of the known samples. near
// are three rows of the least samples over 3×3 units, or nil if known says so.
func boundsRowGeneric(b, diffs, known, near []int16, stride int, clip *[3]int16, n int) {
	for u := range n {
		diff := func(r int) int32 { return int32(overRing(diffs, stride, 4, r, u)) }
		span := max(diff(2)-diff(0), diff(3)-diff(1))
		var low, high [3]int32
		for c := range low {
			low[c], high[c] = int32(overRing(known, stride, 6, c, u)), int32(overRing(known, stride, 6, 3+c, u))
		}
		all := max(high[0], high[1], high[2]) - min(low[0], low[1], low[2])
		slack := all>>5 + max(0, guardFull-span)*guardSlope
		for c := range low {
			s, least := slack+(high[c]-low[c])>>3, low[c]
			if near != nil {
				least = int32(near[c*stride+u])
			}
			white := sat16(least - sat16(4*sat16(int32(clip[c])-least)))
			b[c*stride+u] = int16(max(white, sat16(low[c]-s)))
			b[(3+c)*stride+u] = int16(sat16(high[c] + s))
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
