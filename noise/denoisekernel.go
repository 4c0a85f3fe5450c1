package noise

import "github.com/quadraw/quadraw/noise/internal/dft"

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
//	g = max(|pilot|²/(|pilot|² + k·v + 1e-20), floor)
//
// and sets power to the mean of g² over all bins. The mean of the tile is kept.
// pilot may be f.
func shrinkGeneric(f, pilot *dft.Spectrum, k *[bins]float32, v *perLane, floor float32, power *perLane) {
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
			g := max(p/(p+float32(k[i]*v[l])+1e-20), floor)
			s[l] *= g
			s[lanes+l] *= g
			sum[l] += float32(g * g)
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
