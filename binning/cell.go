package binning

// Kernels that judge the members of a cell before they count. Samples become
// x = v·gain + bias in float32, DN above black; every product is rounded
// before it is added, so that all machines agree.

// cellRows holds what turns samples into x: for each member k of output
// column i a gain and a bias, in planes of their own. Where they repeat every
// 16 columns the planes are short, and fixed.
type cellRows struct {
	planes []float32 // gains of member 0, biases of member 0, gains of member 1, …
	stride int       // from one plane to the next
	fixed  bool      // column i stands at i&15
}

func (c *cellRows) column(i int) int {
	if c.fixed {
		return i & 15
	}
	return i
}

// lanes is a constant for each of 16 output columns in turn: colours alternate
// along a row, and every period of theirs divides 16.
type lanes [16]float32

// cellParams are the constants of a row of the cell kernel. Assembly reads the
// fields by offset, 64 bytes each: keep order and types.
type cellParams struct {
	shot, read lanes     // squared threshold: shot·x + read
	clip       [16]int32 // raw sample from which on a member is clipped
	knee, top  lanes     // a clipped cell whose mean reaches knee is top
	off        lanes     // output black and ½
	scale      lanes     // output DN a DN
	weight     [16]lanes // of the members; they sum to one
}

// cellGeneric writes the weighted mean of each cell, without the members that
// lie further than the threshold from the cell's centre unless those are more
// than a quarter, and with cells that reach knee with a clipped member set to
// top. rows are cells side by side, len(dst)·n samples each; p's lanes begin
// at the first output.
//
// The centre of four is the mean of the middle two; that of nine is the median
// of the rows' medians, that of sixteen the mean of the middle two of the
// rows' means of the middle two.
func cellGeneric(dst []uint16, n int, rows *[4][]uint16, c *cellRows, p *cellParams) {
	var x, d [16]float32
	members := n * n
	if n < 2 || n > 4 {
		return
	}
	if n == 2 {
		cell2Generic(dst, rows[0], rows[1], c, p)
		return
	}
	outlying := float32(members / 4)
	for i := range dst {
		clipped := false
		lane, at := i&15, c.column(i)
		for k := range members {
			v := rows[k/n][i*n+k%n]
			x[k] = float32(float32(v)*c.planes[2*k*c.stride+at]) + c.planes[(2*k+1)*c.stride+at]
			clipped = clipped || int32(v) >= p.clip[lane]
		}
		centre := centreOf(x[:members], n)
		limit := float32(p.shot[lane]*max(centre, 0)) + p.read[lane]
		bad := float32(0)
		for k := range members {
			e := x[k] - centre
			d[k] = p.weight[k][lane]
			if e*e > limit {
				d[k] = 0
				bad++
			}
		}
		var mean float32
		if bad == 0 || bad > outlying {
			for k := range members {
				d[k] = p.weight[k][lane]
			}
			mean, _ = weighted(x[:members], d[:members], n)
		} else {
			sum, weight := weighted(x[:members], d[:members], n)
			mean = sum / weight
		}
		if clipped && mean >= p.knee[lane] {
			mean = p.top[lane]
		}
		dst[i] = toSample(float32(mean*p.scale[lane]) + p.off[lane])
	}
}

// members2 returns the planes of 2×2 cells, cut to one length.
func (c *cellRows) members2(n int) (gain, bias [4][]float32) {
	if c.fixed {
		n = 16
	}
	for k := range 4 {
		gain[k], bias[k] = c.planes[2*k*c.stride:][:n], c.planes[(2*k+1)*c.stride:][:n]
	}
	return gain, bias
}

// cell2Generic is cellGeneric with n = 2, the common case.
func cell2Generic(dst, r0, r1 []uint16, c *cellRows, p *cellParams) {
	gain, bias := c.members2(len(dst))
	g0 := gain[0]
	g1, g2, g3 := gain[1][:len(g0)], gain[2][:len(g0)], gain[3][:len(g0)]
	b0, b1, b2, b3 := bias[0][:len(g0)], bias[1][:len(g0)], bias[2][:len(g0)], bias[3][:len(g0)]
	for i := range dst {
		at := c.column(i)
		if at < 0 || at >= len(g0) || len(r0) < 2 || len(r1) < 2 {
			return
		}
		v0, v1, v2, v3 := r0[0], r0[1], r1[0], r1[1]
		r0, r1 = r0[2:], r1[2:]
		x0 := float32(float32(v0)*g0[at]) + b0[at]
		x1 := float32(float32(v1)*g1[at]) + b1[at]
		x2 := float32(float32(v2)*g2[at]) + b2[at]
		x3 := float32(float32(v3)*g3[at]) + b3[at]
		lane := i & 15
		w0, w1, w2, w3 := p.weight[0][lane], p.weight[1][lane], p.weight[2][lane], p.weight[3][lane]
		mean := (float32(w0*x0) + float32(w1*x1)) + (float32(w2*x2) + float32(w3*x3))
		centre := middle(x0, x1, x2, x3)
		limit := float32(p.shot[lane]*max(centre, 0)) + p.read[lane]
		far := max(max(max(x0, x1), max(x2, x3))-centre, centre-min(min(x0, x1), min(x2, x3)))
		if far*far > limit {
			bad := 0
			out := func(x float32, w *float32) {
				if e := x - centre; e*e > limit {
					*w = 0
					bad++
				}
			}
			out(x0, &w0)
			out(x1, &w1)
			out(x2, &w2)
			out(x3, &w3)
			if bad == 1 {
				mean = (float32(w0*x0) + float32(w1*x1)) + (float32(w2*x2) + float32(w3*x3))
				mean /= (w0 + w1) + (w2 + w3)
			}
		}
		if int32(max(v0, v1, v2, v3)) >= p.clip[lane] && mean >= p.knee[lane] {
			mean = p.top[lane]
		}
		dst[i] = toSample(float32(mean*p.scale[lane]) + p.off[lane])
	}
}

// toSample cuts to 0–65535 and then the fraction off.
func toSample(v float32) uint16 {
	if !(v > 0) {
		v = 0
	}
	if v > 65535 {
		v = 65535
	}
	return uint16(int32(v))
}

// weighted returns Σ w·x and Σ w, added row by row and then the rows.
func weighted(x, w []float32, n int) (sum, weight float32) {
	for y := range n {
		var s, t float32
		for k := y * n; k < y*n+n; k++ {
			s += float32(w[k] * x[k])
			t += w[k]
		}
		sum += s
		weight += t
	}
	return sum, weight
}

func centreOf(x []float32, n int) float32 {
	switch n {
	case 2:
		return middle(x[0], x[1], x[2], x[3])
	case 3:
		return median(median(x[0], x[1], x[2]), median(x[3], x[4], x[5]), median(x[6], x[7], x[8]))
	}
	return middle(middle(x[0], x[1], x[2], x[3]), middle(x[4], x[5], x[6], x[7]),
		middle(x[8], x[9], x[10], x[11]), middle(x[12], x[13], x[14], x[15]))
}

// middle is the mean of the middle two of four.
func middle(a, b, c, d float32) float32 {
	hi := min(max(a, b), max(c, d))
	lo := max(min(a, b), min(c, d))
	return (hi + lo) * 0.5
}

func median(a, b, c float32) float32 { return max(min(a, b), min(max(a, b), c)) }

// hdrLevels is how many exposures the members of a cell may have.
const hdrLevels = 3

// hdrParams are the constants of a row of the exposure-combining kernel, laid
// out for assembly as cellParams are.
type hdrParams struct {
	// coeff[c][k] is member k's part of the estimate from the c+1 shortest
	// exposures.
	coeff [hdrLevels][4]lanes
	// The estimate moves on from level c−1 to c by
	// (high[c] − brightest raw member of level c)·slope[c], cut to 0–1.
	high, slope [hdrLevels]lanes
	in          [hdrLevels][4]lanes // 1 where member k is of level c
	off, scale  lanes
}

// hdrGeneric combines the members of 2×2 cells with different exposures. It
// begins with the estimate from the shortest and goes over to that from the
// next longer ones too, level by level, as far as those are not clipped.
func hdrGeneric(dst []uint16, rows *[4][]uint16, c *cellRows, p *hdrParams) {
	gain, bias := c.members2(len(dst))
	n := len(gain[0])
	r0, r1 := rows[0], rows[1]
	for i := range dst {
		lane, at := i&15, c.column(i)
		if at < 0 || at >= n || len(r0) < 2 || len(r1) < 2 {
			return
		}
		v := [4]float32{float32(r0[0]), float32(r0[1]), float32(r1[0]), float32(r1[1])}
		r0, r1 = r0[2:], r1[2:]
		var x [4]float32
		for k := range 4 {
			if g, b := gain[k], bias[k]; at < len(g) && at < len(b) {
				x[k] = float32(v[k]*g[at]) + b[at]
			}
		}
		var e float32
		for level := range hdrLevels {
			var s, peak float32
			for k := range 4 {
				s += float32(p.coeff[level][k][lane] * x[k])
				peak = max(peak, float32(p.in[level][k][lane]*v[k]))
			}
			if level == 0 {
				e = s
				continue
			}
			part := min(max(float32((p.high[level][lane]-peak)*p.slope[level][lane]), 0), 1)
			e += float32(part * (s - e))
		}
		dst[i] = toSample(float32(e*p.scale[lane]) + p.off[lane])
	}
}
