package binning

// Kernels that judge the members of a cell before they count. Samples become
// x = (v − black)·gain in float32; every product is rounded before it is added,
// so that all machines agree.

// planes holds a constant for each member and output column of a row, in a
// plane a member. Where they repeat every 16 columns the planes are short, and
// fixed.
type planes struct {
	v      []float32
	stride int  // from one plane to the next
	fixed  bool // column i stands at i&15
}

func (p *planes) column(i int) int {
	if p.fixed {
		return i & 15
	}
	return i
}

// from returns the planes from output column i on.
func (p *planes) from(i int) planes {
	return planes{p.v[p.column(i):], p.stride, p.fixed}
}

// all returns the planes of n cells.
func (p *planes) all(v *[16][]float32, members, n int) {
	if p.fixed {
		n = 16
	}
	for k := range members {
		v[k] = p.v[k*p.stride:][:n]
	}
}

// of2 returns the planes of n 2×2 cells, cut to one length.
func (p *planes) of2(n int) (v [4][]float32) {
	if p.fixed {
		n = 16
	}
	for k := range v {
		v[k] = p.v[k*p.stride:][:n]
	}
	return v
}

// cellRows holds what turns the samples of a row into x.
type cellRows struct{ black, gain planes }

// from returns the rows from output column i on, a multiple of 16.
func (c *cellRows) from(i int) cellRows { return cellRows{c.black.from(i), c.gain.from(i)} }

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
	// Members stand at row·4 + column.
	var x, w [16]float32
	var black, gain [16][]float32
	if n < 2 || n > 4 {
		return
	}
	members := n * n
	c.black.all(&black, members, len(dst))
	c.gain.all(&gain, members, len(dst))
	r := *rows
	outlying := float32(members / 4)
	for i := range dst {
		clipped := false
		lane, ib, ig := i&15, c.black.column(i), c.gain.column(i)
		for y := range n {
			row := r[y&3]
			if len(row) < n {
				return
			}
			for m, v := range row[:n] {
				b, g := black[(y*n+m)&15], gain[(y*n+m)&15]
				if uint(ib) >= uint(len(b)) || uint(ig) >= uint(len(g)) {
					return
				}
				x[(4*y+m)&15] = (float32(v) - b[ib]) * g[ig]
				clipped = clipped || int32(v) >= p.clip[lane]
			}
			r[y&3] = row[n:]
		}
		centre := centreOf(&x, n)
		limit := float32(p.shot[lane]*max(centre, 0)) + p.read[lane]
		bad := float32(0)
		for y := range n {
			for m := range n {
				e := x[(4*y+m)&15] - centre
				one := p.weight[(y*n+m)&15][lane]
				if e*e > limit {
					one = 0
					bad++
				}
				w[(4*y+m)&15] = one
			}
		}
		var mean float32
		if bad == 0 || bad > outlying {
			for y := range n {
				for m := range n {
					w[(4*y+m)&15] = p.weight[(y*n+m)&15][lane]
				}
			}
			mean, _ = weighted(&x, &w, n)
		} else {
			sum, weight := weighted(&x, &w, n)
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
func weighted(x, w *[16]float32, n int) (sum, weight float32) {
	for y := range n {
		var s, t float32
		for m := range n {
			k := (4*y + m) & 15
			s += float32(w[k] * x[k])
			t += w[k]
		}
		sum += s
		weight += t
	}
	return sum, weight
}

func centreOf(x *[16]float32, n int) float32 {
	switch n {
	case 2:
		return middle(x[0], x[1], x[4], x[5])
	case 3:
		return median(median(x[0], x[1], x[2]), median(x[4], x[5], x[6]), median(x[8], x[9], x[10]))
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
