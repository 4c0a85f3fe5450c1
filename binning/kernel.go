package binning

// Kernels: one row of output each. These generic functions are the
// definition; assembly gives the same bits. Each takes len(dst) whole cells
// and reslices its arguments once, so that the loops need no bounds checks.

// access is how a kernel may treat memory; it changes speed, not samples.
type access struct {
	// ahead is how many bytes before its turn to fetch what rows hold there,
	// for frames that no cache holds; 0 is not to.
	ahead int
	// past lets output go past the caches.
	past bool
}

// sum2 writes min((the four samples of each 2×2 cell + round) >> shift, 65535).
func sum2Generic(dst, r0, r1 []uint16, round uint32, shift uint) {
	r0, r1 = r0[:2*len(dst)], r1[:2*len(dst)]
	for i := range dst {
		if len(r0) < 2 || len(r1) < 2 {
			return
		}
		s := uint32(r0[0]) + uint32(r0[1]) + uint32(r1[0]) + uint32(r1[1])
		dst[i] = uint16(min((s+round)>>(shift&31), 65535))
		r0, r1 = r0[2:], r1[2:]
	}
}

// sum2BayerGeneric is sum2 for blocks of four samples a b a' b', whose
// outputs are of a and a', b and b'. The last block may lack b'.
func sum2BayerGeneric(dst, r0, r1 []uint16, round uint32, shift uint) {
	for ; len(dst) >= 2 && len(r0) >= 4 && len(r1) >= 4; dst, r0, r1 = dst[2:], r0[4:], r1[4:] {
		a := uint32(r0[0]) + uint32(r0[2]) + uint32(r1[0]) + uint32(r1[2])
		b := uint32(r0[1]) + uint32(r0[3]) + uint32(r1[1]) + uint32(r1[3])
		dst[0] = uint16(min((a+round)>>(shift&31), 65535))
		dst[1] = uint16(min((b+round)>>(shift&31), 65535))
	}
	if len(dst) > 0 && len(r0) >= 3 && len(r1) >= 3 {
		a := uint32(r0[0]) + uint32(r0[2]) + uint32(r1[0]) + uint32(r1[2])
		dst[0] = uint16(min((a+round)>>(shift&31), 65535))
	}
}

// sum3 writes min(⌊(the nine samples of each 3×3 cell + round + ½)·scale⌋,
// 65535) in float32. Sums stay below 2²⁰, so for scale 1/9 this is exactly
// the integer division by nine: the ½ keeps the quotient 1/18 away from every
// integer, and rounding moves it by less than 1/128.
func sum3Generic(dst, r0, r1, r2 []uint16, round uint32, scale float32) {
	r0, r1, r2 = r0[:3*len(dst)], r1[:3*len(dst)], r2[:3*len(dst)]
	for i := range dst {
		if len(r0) < 3 || len(r1) < 3 || len(r2) < 3 {
			return
		}
		s := uint32(r0[0]) + uint32(r0[1]) + uint32(r0[2]) +
			uint32(r1[0]) + uint32(r1[1]) + uint32(r1[2]) +
			uint32(r2[0]) + uint32(r2[1]) + uint32(r2[2])
		dst[i] = uint16(min(int32((float32(int32(s+round))+0.5)*scale), 65535))
		r0, r1, r2 = r0[3:], r1[3:], r2[3:]
	}
}

// sum4 is sum2 for cells of 4×4.
func sum4Generic(dst, r0, r1, r2, r3 []uint16, round uint32, shift uint) {
	n := 4 * len(dst)
	r0, r1, r2, r3 = r0[:n], r1[:n], r2[:n], r3[:n]
	for i := range dst {
		if len(r0) < 4 || len(r1) < 4 || len(r2) < 4 || len(r3) < 4 {
			return
		}
		s := uint32(r0[0]) + uint32(r0[1]) + uint32(r0[2]) + uint32(r0[3]) +
			uint32(r1[0]) + uint32(r1[1]) + uint32(r1[2]) + uint32(r1[3]) +
			uint32(r2[0]) + uint32(r2[1]) + uint32(r2[2]) + uint32(r2[3]) +
			uint32(r3[0]) + uint32(r3[1]) + uint32(r3[2]) + uint32(r3[3])
		dst[i] = uint16(min((s+round)>>(shift&31), 65535))
		r0, r1, r2, r3 = r0[4:], r1[4:], r2[4:], r3[4:]
	}
}

// coefficientsOf is how many coefficients a row of an n×n cell has: the kernels
// take 3×3 for 3×4, whose fourth column does not count.
func coefficientsOf(n int) int {
	if n == 3 {
		return 4
	}
	return n
}

// linGeneric writes clamp((k + Σ c·(v − 32768)) >> shift) over the n rows of
// each n×n cell; rows are len(dst)·n long, coefficients len(dst)·coefficientsOf(n).
// Sums are modulo 2³², as the vector units have them: the coefficients are
// chosen so that the end result fits.
func linGeneric(dst []uint16, n int, rows *[4][]uint16, coeffs *[4][]int16, k []int32, shift uint) {
	k = k[:len(dst)]
	r, c := *rows, *coeffs
	width := coefficientsOf(n)
	for i := range dst {
		s := k[i]
		for y := range min(n, 4) {
			if n < 0 || width < n || len(r[y]) < n || len(c[y]) < width {
				return
			}
			w := c[y][:n]
			for x, v := range r[y][:n] {
				s += int32(w[x]) * (int32(v) - 32768)
			}
			r[y], c[y] = r[y][n:], c[y][width:]
		}
		dst[i] = uint16(max(0, min(s>>(shift&31), 65535)))
	}
}

// lin2BayerGeneric is linGeneric with n = 2 for blocks of four samples
// a b a' b'; the coefficients stand in the order a a' b b'.
func lin2BayerGeneric(dst, r0, r1 []uint16, c0, c1 []int16, k []int32, shift uint) {
	for len(dst) > 0 && len(k) > 0 && len(r0) >= 3 && len(r1) >= 3 && len(c0) >= 2 && len(c1) >= 2 {
		s := k[0] +
			int32(c0[0])*(int32(r0[0])-32768) + int32(c0[1])*(int32(r0[2])-32768) +
			int32(c1[0])*(int32(r1[0])-32768) + int32(c1[1])*(int32(r1[2])-32768)
		dst[0] = uint16(max(0, min(s>>(shift&31), 65535)))
		if len(dst) < 2 || len(k) < 2 || len(r0) < 4 || len(r1) < 4 || len(c0) < 4 || len(c1) < 4 {
			return
		}
		s = k[1] +
			int32(c0[2])*(int32(r0[1])-32768) + int32(c0[3])*(int32(r0[3])-32768) +
			int32(c1[2])*(int32(r1[1])-32768) + int32(c1[3])*(int32(r1[3])-32768)
		dst[1] = uint16(max(0, min(s>>(shift&31), 65535)))
		dst, k, r0, r1, c0, c1 = dst[2:], k[2:], r0[4:], r1[4:], c0[4:], c1[4:]
	}
}

//go:generate go run -C ../internal/asmgen ./binning -out ../../binning/kernel_amd64.s -stubs ../../binning/kernel_stubs_amd64.go -pkg binning
