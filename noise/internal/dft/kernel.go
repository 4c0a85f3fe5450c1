package dft

// cosines of multiples of π/16.
const (
	c1 = 0.98078528040323044913
	c2 = 0.92387953251128675613
	c3 = 0.83146961230254523708
	c4 = 0.70710678118654752440
	c5 = 0.55557023301960222474
	c6 = 0.38268343236508977173
	c7 = 0.19509032201612826785
)

// twiddle holds exp(−2πi·m/32), the factors between the two stages: m = n·k
// for n < 8 and k < 4.
var twiddle = [22][2]float32{
	{1, 0}, {c1, -c7}, {c2, -c6}, {c3, -c5}, {c4, -c4}, {c5, -c3}, {c6, -c2}, {c7, -c1},
	{0, -1}, {-c7, -c1}, {-c6, -c2}, {-c5, -c3}, {-c4, -c4}, {-c3, -c5}, {-c2, -c6}, {-c1, -c7},
	{-1, 0}, {-c1, c7}, {-c2, c6}, {-c3, c5}, {-c4, c4}, {-c5, c3},
}

// transformGeneric is the complex 32-point transform of every lane, the
// definition: points n of the source are at srcRe[n·srcStep+l] and
// srcIm[n·srcStep+l], those of the destination likewise; both may be the same
// memory. 32 = 4·8: eight transforms of four points, twiddle factors, four
// transforms of eight points (Cooley and Tukey 1965).
func transformGeneric(dstRe, dstIm []float32, dstStep int, srcRe, srcIm []float32, srcStep int, tmp *line) {
	for n := range 8 {
		for l := range Lanes {
			at := n*srcStep + l
			x0r, x0i := srcRe[at], srcIm[at]
			x1r, x1i := srcRe[at+8*srcStep], srcIm[at+8*srcStep]
			x2r, x2i := srcRe[at+16*srcStep], srcIm[at+16*srcStep]
			x3r, x3i := srcRe[at+24*srcStep], srcIm[at+24*srcStep]
			ar, ai := x0r+x2r, x0i+x2i
			br, bi := x0r-x2r, x0i-x2i
			cr, ci := x1r+x3r, x1i+x3i
			dr, di := x1r-x3r, x1i-x3i
			o := n*2*Lanes + l
			tmp[o], tmp[o+Lanes] = ar+cr, ai+ci
			put(tmp, o+1*8*2*Lanes, br+di, bi-dr, n)
			put(tmp, o+2*8*2*Lanes, ar-cr, ai-ci, 2*n)
			put(tmp, o+3*8*2*Lanes, br-di, bi+dr, 3*n)
		}
	}
	for k := range 4 {
		for l := range Lanes {
			in := tmp[k*8*2*Lanes+l:]
			var er, ei, or, oi [4]float32
			for j := range 4 {
				pr, pi := in[j*2*Lanes], in[j*2*Lanes+Lanes]
				qr, qi := in[(j+4)*2*Lanes], in[(j+4)*2*Lanes+Lanes]
				er[j], ei[j] = pr+qr, pi+qi
				or[j], oi[j] = pr-qr, pi-qi
			}
			or[1], oi[1] = (or[1]+oi[1])*c4, (oi[1]-or[1])*c4
			or[2], oi[2] = oi[2], -or[2]
			or[3], oi[3] = (oi[3]-or[3])*c4, (or[3]+oi[3])*-c4
			quarter(dstRe, dstIm, k*dstStep+l, 8*dstStep, &er, &ei)
			quarter(dstRe, dstIm, (k+4)*dstStep+l, 8*dstStep, &or, &oi)
		}
	}
}

// put stores x times the twiddle factor m.
func put(tmp *line, at int, xr, xi float32, m int) {
	if m == 0 {
		tmp[at], tmp[at+Lanes] = xr, xi
		return
	}
	wr, wi := twiddle[m][0], twiddle[m][1]
	tmp[at] = float32(xr*wr) - float32(xi*wi)
	tmp[at+Lanes] = float32(xr*wi) + float32(xi*wr)
}

// quarter is the transform of four points.
func quarter(dstRe, dstIm []float32, at, step int, xr, xi *[4]float32) {
	ar, ai := xr[0]+xr[2], xi[0]+xi[2]
	br, bi := xr[0]-xr[2], xi[0]-xi[2]
	cr, ci := xr[1]+xr[3], xi[1]+xi[3]
	dr, di := xr[1]-xr[3], xi[1]-xi[3]
	dstRe[at], dstIm[at] = ar+cr, ai+ci
	dstRe[at+step], dstIm[at+step] = br+di, bi-dr
	dstRe[at+2*step], dstIm[at+2*step] = ar-cr, ai-ci
	dstRe[at+3*step], dstIm[at+3*step] = br-di, bi+dr
}

// splitGeneric separates the spectra of two real rows a and b, of which z is
// the transform of a + ib, and doubles them: dst holds Half bins of a and then
// Half bins of b.
func splitGeneric(dst []float32, z *line) {
	dst = dst[: 2*Half*2*Lanes : 2*Half*2*Lanes]
	for k := range Half {
		p := z[k*2*Lanes:]
		q := z[(N-k)%N*2*Lanes:]
		a := dst[k*2*Lanes:]
		b := dst[(Half+k)*2*Lanes:]
		for l := range Lanes {
			pr, pi, qr, qi := p[l], p[Lanes+l], q[l], q[Lanes+l]
			a[l], a[Lanes+l] = pr+qr, pi-qi
			b[l], b[Lanes+l] = pi+qi, qr-pr
		}
	}
}

// joinGeneric is the way back: z becomes a + ib of two half spectra.
func joinGeneric(z *line, src []float32) {
	src = src[: 2*Half*2*Lanes : 2*Half*2*Lanes]
	for k := range Half {
		a := src[k*2*Lanes:]
		b := src[(Half+k)*2*Lanes:]
		p := z[k*2*Lanes:]
		for l := range Lanes {
			p[l], p[Lanes+l] = a[l]-b[Lanes+l], a[Lanes+l]+b[l]
		}
		if k == 0 || k == N/2 {
			continue
		}
		q := z[(N-k)*2*Lanes:]
		for l := range Lanes {
			q[l], q[Lanes+l] = a[l]+b[Lanes+l], b[l]-a[Lanes+l]
		}
	}
}
