package binning

// evenParams are the constants of a row of the even kernel, laid out for
// assembly as cellParams are.
type evenParams struct {
	shot, read  lanes // squared threshold, of twice a distance: shot·2·centre + read
	four, three lanes // output DN a DN of the sum of four members, and of three
	knee, top   lanes // a clipped cell that reaches knee is top, output DN above black
	off         lanes // output black and ½
	// clip is the brightest raw sample that is not clipped, for the two
	// members of a row.
	clip [16][2]uint16
}

// evenGeneric is cellGeneric with n = 2 for equal weights. Then the member that
// is left out, if it is just one, is the brightest or the darkest, and the sums
// without it come from sorting: if a middle one were too far from the centre,
// the other would be as far on its side, and both extremes farther.
func evenGeneric(dst, r0, r1 []uint16, c *cellRows, p *evenParams) {
	b, g := c.black.of2(len(dst)), c.gain.of2(len(dst))
	b0 := b[0]
	b1, b2, b3 := b[1][:len(b0)], b[2][:len(b0)], b[3][:len(b0)]
	g0 := g[0]
	g1, g2, g3 := g[1][:len(g0)], g[2][:len(g0)], g[3][:len(g0)]
	for i := range dst {
		black, gain := c.black.column(i), c.gain.column(i)
		if uint(black) >= uint(len(b0)) || uint(gain) >= uint(len(g0)) || len(r0) < 2 || len(r1) < 2 {
			return
		}
		v0, v1, v2, v3 := r0[0], r0[1], r1[0], r1[1]
		r0, r1 = r0[2:], r1[2:]
		low0, high0 := inOrder((float32(v0)-b0[black])*g0[gain], (float32(v1)-b1[black])*g1[gain])
		low1, high1 := inOrder((float32(v2)-b2[black])*g2[gain], (float32(v3)-b3[black])*g3[gain])
		next, far := inOrder(high0, high1)
		low, near := inOrder(low0, low1)
		lane := i & 15
		twice := next + near // the centre is their mean
		limit := p.read[lane]
		if twice > 0 {
			limit = float32(p.shot[lane]*twice) + limit
		}
		above, below := (far+far)-twice, twice-(low+low)
		isFar, isLow := above*above > limit, below*below > limit
		v := float32((twice + (far + low)) * p.four[lane])
		if isFar != isLow {
			kept := far
			if isFar {
				kept = low
			}
			v = float32((twice + kept) * p.three[lane])
		}
		if max(v0, v1) > p.clip[lane][0] || max(v2, v3) > p.clip[lane][0] {
			if v >= p.knee[lane] {
				v = p.top[lane]
			}
		}
		dst[i] = toSample(v + p.off[lane])
	}
}

// inOrder returns the lower and the higher of two.
func inOrder(a, b float32) (low, high float32) {
	if b < a {
		return b, a
	}
	return a, b
}
