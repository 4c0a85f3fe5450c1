package binning

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
	levels      int64
}

// hdrGeneric combines the members of 2×2 cells with different exposures. It
// begins with the estimate from the shortest and goes over to that from the
// next longer ones too, level by level, as far as those are not clipped.
func hdrGeneric(dst []uint16, rows *[4][]uint16, c *cellRows, p *hdrParams) {
	b, g := c.black.of2(len(dst)), c.gain.of2(len(dst))
	r0, r1 := rows[0], rows[1]
	levels := int(min(p.levels, hdrLevels))
	for i := range dst {
		lane, black, gain := i&15, c.black.column(i), c.gain.column(i)
		if len(r0) < 2 || len(r1) < 2 {
			return
		}
		v := [4]float32{float32(r0[0]), float32(r0[1]), float32(r1[0]), float32(r1[1])}
		r0, r1 = r0[2:], r1[2:]
		var x [4]float32
		for k := range 4 {
			if b, g := b[k], g[k]; uint(black) < uint(len(b)) && uint(gain) < uint(len(g)) {
				x[k] = (v[k] - b[black]) * g[gain]
			}
		}
		var e float32
		for level := range levels {
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
