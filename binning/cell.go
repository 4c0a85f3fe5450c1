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
	for i := range dst {
		lane, at := i&15, c.column(i)
		var x, v [4]float32
		for k := range 4 {
			v[k] = float32(rows[k/2][2*i+k%2])
			x[k] = float32(v[k]*c.planes[2*k*c.stride+at]) + c.planes[(2*k+1)*c.stride+at]
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
