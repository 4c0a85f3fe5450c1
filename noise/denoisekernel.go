package noise

import (
	"math"

	"github.com/quadraw/quadraw/noise/internal/dft"
)

// gatherFloatGeneric loads a batch of tiles of a float picture under a window:
// sample (x, y) of tile l becomes pix[at[l] + y·stride + x]·win[x]·win[y].
func gatherFloatGeneric(t *dft.Tile, pix []float32, at *[lanes]int, stride int, win *[dft.N]float32) {
	for l := range lanes {
		for y := range dft.N {
			row := pix[at[l]+y*stride:][:dft.N]
			k := win[y]
			for x := range dft.N {
				t[(y*dft.N+x)*lanes+l] = float32(row[x]*win[x]) * k
			}
		}
	}
}

// divideGeneric divides weighted sums by their weights. At the rim of an area
// no tile may have come by.
func divideGeneric(num, den []float32) {
	den = den[:len(num)]
	for i := range num {
		num[i] /= max(den[i], 1e-9)
	}
}

// quantiseGeneric writes v·scale + offset, cut to 16 bits; scale repeats every
// four samples.
func quantiseGeneric(dst []uint16, v []float32, scale *[4]float32, offset float32) {
	v = v[:len(dst)]
	for x := range dst {
		q := float32(v[x]*scale[x&3]) + offset
		dst[x] = uint16(min(max(q, 0), 65535))
	}
}

// shrinkGeneric multiplies every bin of f by Wiener's gain
//
//	g = |pilot|²/(|pilot|² + v + 1e-20)
//
// and sets power to the mean of g² over all bins.
func shrinkGeneric(f, pilot *dft.Spectrum, v, power *perLane) {
	var edge, inner perLane
	for i := range bins {
		s := f[i*2*lanes : i*2*lanes+2*lanes]
		q := pilot[i*2*lanes : i*2*lanes+2*lanes]
		kx := i % dft.Half
		sum := &inner
		if kx == 0 || kx == dft.Half-1 {
			sum = &edge
		}
		for l := range lanes {
			p := float32(q[l]*q[l]) + float32(q[lanes+l]*q[lanes+l])
			g := p / (p + v[l] + 1e-20)
			s[l] *= g
			s[lanes+l] *= g
			sum[l] += float32(g * g)
		}
	}
	for l := range lanes {
		power[l] = float32(edge[l]+inner[l]+inner[l]) * (1.0 / (dft.N * dft.N))
	}
}

// activityCap is what one bin adds to a tile's activity at most.
const activityCap = 4

// binPowerGeneric sets p to the power of the bins of f times inverse, h to its
// sums of three bins along the rows (−u stands in for what lies beyond the half
// spectrum), and activity to the mean of min(p, activityCap).
func binPowerGeneric(f *dft.Spectrum, p, h *[bins]perLane, inverse, activity *perLane) {
	*activity = perLane{}
	for i := range bins {
		s := f[i*2*lanes : i*2*lanes+2*lanes]
		for l := range lanes {
			q := float32(float32(s[l]*s[l])+float32(s[lanes+l]*s[lanes+l])) * inverse[l]
			p[i][l] = q
			activity[l] += min(q, activityCap)
		}
	}
	for l := range lanes {
		activity[l] *= 1.0 / bins
	}
	acrossGeneric(p, h)
}

// acrossGeneric sums three neighbours along the rows of half spectra.
func acrossGeneric(p, h *[bins]perLane) {
	const half = dft.Half
	for ky := range dft.N {
		row := p[ky*half : (ky+1)*half]
		mirror := p[(dft.N-ky)%dft.N*half:][:half]
		for kx := range half {
			var a, b *perLane
			if kx == 0 {
				a = &mirror[1]
			} else {
				a = &row[kx-1]
			}
			if kx == half-1 {
				b = &mirror[half-2]
			} else {
				b = &row[kx+1]
			}
			o := &h[ky*half+kx]
			for l := range lanes {
				o[l] = a[l] + row[kx][l] + b[l]
			}
		}
	}
}

// odds are the coefficients, for each lane, of
//
//	z = c0 + a·(c1 + c3·a + c4·b) + b·(c2 + c5·b) + r
//
// of the logarithms a of a bin's power and b of the mean power around it: the
// logarithm of the odds of signal against noise.
type odds [6]perLane

// The logarithms are to base two, straight between powers of two: the bits of
// a float32 read as an integer.
const (
	mantissa   = 1 << 23
	exponent   = 127
	leastPower = .02 // added before a logarithm is taken
	mostLog    = 10
	mostOdds   = 20
)

// judgeGeneric multiplies every bin of f by 2^z/(1 + 2^z) and sets power to the
// mean of the factors' squares over all bins; p and h are [binPowerGeneric]'s
// and r is what each bin's place adds.
func judgeGeneric(f *dft.Spectrum, p, h *[bins]perLane, k *odds, r *[bins]float32, power *perLane) {
	const half = dft.Half
	logarithm := func(v float32) float32 {
		return min(float32(float32(int32(math.Float32bits(v+leastPower)))*(1.0/mantissa))-exponent, mostLog)
	}
	var edge, inner perLane
	for ky := range dft.N {
		up, low := h[(ky+dft.N-1)%dft.N*half:][:half], h[(ky+1)%dft.N*half:][:half]
		for kx := range half {
			i := ky*half + kx
			s := f[i*2*lanes : i*2*lanes+2*lanes]
			sum := &inner
			if kx == 0 || kx == half-1 {
				sum = &edge
			}
			for l := range lanes {
				a := logarithm(p[i][l])
				b := logarithm(float32((up[kx][l] + h[i][l] + low[kx][l]) * (1.0 / 9)))
				x := k[1][l] + float32(k[3][l]*a) + float32(k[4][l]*b)
				y := k[2][l] + float32(k[5][l]*b)
				z := k[0][l] + r[i] + float32(x*a) + float32(y*b)
				z = min(max(z, -mostOdds), mostOdds)
				o := math.Float32frombits(uint32(int32(float32((z + exponent) * mantissa))))
				g := o / (1 + o)
				s[l] *= g
				s[lanes+l] *= g
				sum[l] += float32(g * g)
			}
		}
	}
	for l := range lanes {
		power[l] = float32(edge[l]+inner[l]+inner[l]) * (1.0 / (dft.N * dft.N))
	}
}

// overlapWeightedGeneric adds a tile, times window and a, to num, and the
// window's square times b to den.
func overlapWeightedGeneric(num, den []float32, stride int, t *single, win *[dft.N]float32, a, b float32) {
	for y := range dft.N {
		n, d := num[y*stride:][:dft.N], den[y*stride:][:dft.N]
		from := t[y*dft.N:][:dft.N]
		k := float32(win[y] * a)
		k2 := float32(win[y]*win[y]) * b
		for x := range dft.N {
			w := win[x]
			n[x] += float32(float32(from[x]*w) * k)
			d[x] += float32(float32(w*w) * k2)
		}
	}
}
