package noise

import "github.com/quadraw/quadraw/noise/internal/dft"

const (
	lanes = dft.Lanes
	bins  = dft.N * dft.Half
)

// perLane is a figure for each tile of a batch.
type perLane [lanes]float32

// gatherGeneric loads a batch of mosaic tiles: sample (x, y) of tile l,
// pix[at[l] + y·stride + x], becomes
//
//	(sample·gain[j][l] + add[j][l]) · wx[x][l] · wy[y][l],  j = (y&3)·4 + x&3.
func gatherGeneric(t *dft.Tile, pix []uint16, at *[lanes]int, stride int, gain, add *[16]perLane, wy, wx *[dft.N]perLane) {
	for l := range lanes {
		for y := range dft.N {
			row := pix[at[l]+y*stride:][:dft.N]
			k := wy[y][l]
			g, c := gain[y&3*4:y&3*4+4], add[y&3*4:y&3*4+4]
			for x := range dft.N {
				v := float32(float32(row[x])*g[x&3][l]) + c[x&3][l]
				t[(y*dft.N+x)*lanes+l] = float32(v*wx[x][l]) * k
			}
		}
	}
}

// turnTables are exp(2πi·e·f/N) for e from −N/2 to N/2, of each lane's f.
type turnTables [dft.N + 1][2]perLane

// compareGeneric turns every bin of f by its lane's shift and sets p to the
// power of the difference from the reference spectrum, times scale. m becomes
// the mean of p over all bins.
func compareGeneric(f, ref *dft.Spectrum, p *[bins]perLane, shift *binShift, ty, tx *turnTables, scale, m *perLane) {
	var edge, inner perLane
	for i := range bins {
		y, x := &ty[int(shift[i][0])+dft.N/2], &tx[int(shift[i][1])+dft.N/2]
		v := f[i*2*lanes : i*2*lanes+2*lanes]
		r := ref[i*2*lanes : i*2*lanes+2*lanes]
		kx := i % dft.Half
		sum := &inner
		if kx == 0 || kx == dft.Half-1 {
			sum = &edge
		}
		for l := range lanes {
			cr := float32(y[0][l]*x[0][l]) - float32(y[1][l]*x[1][l])
			ci := float32(y[0][l]*x[1][l]) + float32(y[1][l]*x[0][l])
			a, b := v[l], v[lanes+l]
			re := float32(a*cr) - float32(b*ci)
			im := float32(a*ci) + float32(b*cr)
			v[l], v[lanes+l] = re, im
			dr, di := r[l]-re, r[lanes+l]-im
			q := float32(float32(dr*dr)+float32(di*di)) * scale[l]
			p[i][l] = q
			sum[l] += q
		}
	}
	for l := range lanes {
		m[l] = float32(edge[l]+inner[l]+inner[l]) * (1.0 / (dft.N * dft.N))
	}
}

// trust holds what a lane's weights are made of: w = top/(width + e) with
// e = max(2/9·Σp − twice, 0) over the 3×3 bins around one.
type trust struct{ twice, width, top, inverse perLane }

// accumulator collects a batch: the weighted sum of spectra, the sum of
// weights and the variance of the result against the reference's.
type accumulator struct {
	sum      dft.Spectrum
	weight   [bins]perLane
	variance [bins]perLane
}

// addGeneric weighs and adds a turned spectrum; accepted gets the sum of the
// weights. h is scratch.
func addGeneric(acc *accumulator, f *dft.Spectrum, p, h *[bins]perLane, k *trust, accepted *perLane) {
	const half = dft.Half
	acrossGeneric(p, h)
	*accepted = perLane{}
	for ky := range dft.N {
		up, low := h[(ky+dft.N-1)%dft.N*half:][:half], h[(ky+1)%dft.N*half:][:half]
		for kx := range half {
			i := ky*half + kx
			mid := &h[i]
			v := f[i*2*lanes : i*2*lanes+2*lanes]
			s := acc.sum[i*2*lanes : i*2*lanes+2*lanes]
			for l := range lanes {
				q := up[kx][l] + mid[l] + low[kx][l]
				e := max(float32(q*(2.0/9))-k.twice[l], 0)
				w := k.top[l] / (k.width[l] + e)
				accepted[l] += w
				acc.weight[i][l] += w
				acc.variance[i][l] += float32(float32(w*w) * k.inverse[l])
				s[l] += float32(w * v[l])
				s[lanes+l] += float32(w * v[lanes+l])
			}
		}
	}
}

// finishGeneric divides the sums by the weights; ratio becomes the mean over
// the bins of the variance against the reference's.
func finishGeneric(acc *accumulator, ratio *perLane) {
	var edge, inner perLane
	for i := range bins {
		s := acc.sum[i*2*lanes : i*2*lanes+2*lanes]
		kx := i % dft.Half
		sum := &inner
		if kx == 0 || kx == dft.Half-1 {
			sum = &edge
		}
		for l := range lanes {
			r := 1 / acc.weight[i][l]
			s[l] *= r
			s[lanes+l] *= r
			sum[l] += float32(float32(acc.variance[i][l]*r) * r)
		}
	}
	for l := range lanes {
		ratio[l] = float32(edge[l]+inner[l]+inner[l]) * (1.0 / (dft.N * dft.N))
	}
}

// single is one tile of a batch, row by row. The rest keeps tiles that lie one
// after the other from fighting for the same lines of the cache.
type single [dft.N*dft.N + 16]float32

// untangleGeneric parts a batch into its tiles.
func untangleGeneric(dst *[lanes]single, t *dft.Tile) {
	for l := range lanes {
		for i := range dft.N * dft.N {
			dst[l][i] = t[i*lanes+l]
		}
	}
}

// overlapGeneric adds a tile that comes back from a transform, times window
// and with the mean of each phase under the window's square, to the output.
func overlapGeneric(dst []float32, stride int, t *single, win *[dft.N]float32, base *[16]float32) {
	for y := range dft.N {
		row := dst[y*stride:][:dft.N]
		from := t[y*dft.N:][:dft.N]
		k := win[y]
		b := base[y&3*4:][:4]
		for x := range dft.N {
			w := float32(k * win[x])
			v := float32(from[x]*(1.0/(dft.N*dft.N))) + float32(b[x&3]*w)
			row[x] += float32(v * w)
		}
	}
}
