//go:build amd64 && !purego

package noise

import (
	"github.com/quadraw/quadraw/internal/cpu"
	"github.com/quadraw/quadraw/noise/internal/dft"
)

//go:generate go run -C ../internal/asmgen ./noise -out ../../noise/kernel_amd64.s -stubs ../../noise/kernel_stubs_amd64.go -pkg noise

// implementation says which kernels this machine runs; tests change it.
var implementation = choose(cpu.X86())

type kind int

const (
	generic kind = iota
	avx2
	avx512
)

func choose(f cpu.Features) kind {
	switch {
	case f.AVX512:
		return avx512
	case f.AVX2:
		return avx2
	}
	return generic
}

// Every entry touches the last element that its assembly will: that is the
// bounds check. AVX2 kernels do eight lanes at a time.

func ssd16(a []int16, as int, b []int16, bs int) uint64 {
	_, _ = a[(alignTile-1)*as+alignTile-1], b[(alignTile-1)*bs+alignTile-1]
	if implementation == generic {
		return ssd16Generic(a, as, b, bs)
	}
	return ssd16AVX2(&a[0], 2*as, &b[0], 2*bs)
}

func gradientSums(pix []int16, stride int, k *lucasKanade, c *gradientColumns) {
	_ = pix[(alignTile+1)*stride+alignTile+1]
	switch implementation {
	case avx512:
		gradientAVX512(&pix[0], 2*stride, &k.win.half[0], &k.a[0], &k.wy[0], &k.wx[0], &c.sums[0][0], &c.ints[0][0])
	case avx2:
		for x := 0; x < alignTile; x += 8 {
			gradientAVX2(&pix[x], 2*stride, &k.win.half[x], &k.a[x], &k.wy[x], &k.wx[x], &c.sums[0][x], &c.ints[0][x])
		}
	default:
		gradientSumsGeneric(pix, stride, k, c)
	}
}

func residualSums(pix []int16, stride int, wy, wx *[4]float32, k *lucasKanade, c *residualColumns) {
	_ = pix[(alignTile+2)*stride+alignTile+2]
	switch implementation {
	case avx512:
		residualAVX512(&pix[0], 2*stride, &wy[0], &wx[0], &k.win.w[0], &k.a[0], &k.wy[0], &k.wx[0], &c[0][0])
	case avx2:
		for x := 0; x < alignTile; x += 8 {
			residualAVX2(&pix[x], 2*stride, &wy[0], &wx[0], &k.win.w[x], &k.a[x], &k.wy[x], &k.wx[x], &c[0][x])
		}
	default:
		residualSumsGeneric(pix, stride, wy, wx, k, c)
	}
}

func gather(t *dft.Tile, pix []uint16, at *[lanes]int, stride int, gain, add *[16]perLane, wy, wx *[dft.N]perLane) {
	for _, o := range at {
		_, _ = pix[o], pix[o+(dft.N-1)*stride+dft.N-1]
	}
	switch implementation {
	case avx512:
		gatherAVX512(&t[0], &pix[0], &at[0], 2*stride, &gain[0][0], &add[0][0], &wy[0][0], &wx[0][0])
	case avx2:
		for l := 0; l < lanes; l += 8 {
			gatherAVX2(&t[l], &pix[0], &at[l], 2*stride, &gain[0][l], &add[0][l], &wy[0][l], &wx[0][l])
		}
	default:
		gatherGeneric(t, pix, at, stride, gain, add, wy, wx)
	}
}

func gatherFloat(t *dft.Tile, pix []float32, at *[lanes]int, stride int, win *[dft.N]float32) {
	for _, o := range at {
		_, _ = pix[o], pix[o+(dft.N-1)*stride+dft.N-1]
	}
	if implementation == generic {
		gatherFloatGeneric(t, pix, at, stride, win)
		return
	}
	for l := 0; l < lanes; l += 8 {
		gatherFloatAVX2(&t[l], &pix[0], &at[l], 4*stride, &win[0])
	}
}

func compare(f, ref *dft.Spectrum, p *[bins]perLane, shift *binShift, ty, tx *turnTables, scale, m *perLane) {
	switch implementation {
	case avx512:
		compareAVX512(&f[0], &ref[0], &p[0][0], &shift[0][0], &ty[0][0][0], &tx[0][0][0], &scale[0], &m[0])
	case avx2:
		for l := 0; l < lanes; l += 8 {
			compareAVX2(&f[l], &ref[l], &p[0][l], &shift[0][0], &ty[0][0][l], &tx[0][0][l], &scale[l], &m[l])
		}
	default:
		compareGeneric(f, ref, p, shift, ty, tx, scale, m)
	}
}

func addSpectrum(acc *accumulator, f *dft.Spectrum, p, h *[bins]perLane, k *trust, accepted *perLane) {
	switch implementation {
	case avx512:
		addAVX512(&acc.sum[0], &acc.weight[0][0], &acc.variance[0][0], &f[0], &p[0][0], &h[0][0], &k.twice[0], &k.width[0], &k.top[0], &k.inverse[0], &accepted[0])
	case avx2:
		for l := 0; l < lanes; l += 8 {
			addAVX2(&acc.sum[l], &acc.weight[0][l], &acc.variance[0][l], &f[l], &p[0][l], &h[0][l], &k.twice[l], &k.width[l], &k.top[l], &k.inverse[l], &accepted[l])
		}
	default:
		addGeneric(acc, f, p, h, k, accepted)
	}
}

func finish(acc *accumulator, ratio *perLane) {
	switch implementation {
	case avx512:
		finishAVX512(&acc.sum[0], &acc.weight[0][0], &acc.variance[0][0], &ratio[0])
	case avx2:
		for l := 0; l < lanes; l += 8 {
			finishAVX2(&acc.sum[l], &acc.weight[0][l], &acc.variance[0][l], &ratio[l])
		}
	default:
		finishGeneric(acc, ratio)
	}
}

func shrink(f, pilot *dft.Spectrum, v, power *perLane) {
	switch implementation {
	case avx512:
		shrinkAVX512(&f[0], &pilot[0], &v[0], &power[0])
	case avx2:
		for l := 0; l < lanes; l += 8 {
			shrinkAVX2(&f[l], &pilot[l], &v[l], &power[l])
		}
	default:
		shrinkGeneric(f, pilot, v, power)
	}
}

func binPower(f *dft.Spectrum, p, h *[bins]perLane, inverse, activity *perLane) {
	switch implementation {
	case avx512:
		binPowerAVX512(&f[0], &p[0][0], &h[0][0], &inverse[0], &activity[0])
	case avx2:
		for l := 0; l < lanes; l += 8 {
			binPowerAVX2(&f[l], &p[0][l], &h[0][l], &inverse[l], &activity[l])
		}
	default:
		binPowerGeneric(f, p, h, inverse, activity)
	}
}

func judge(f *dft.Spectrum, p, h *[bins]perLane, k *odds, r *[bins]float32, power *perLane) {
	switch implementation {
	case avx512:
		judgeAVX512(&f[0], &p[0][0], &h[0][0], &k[0][0], &r[0], &power[0])
	case avx2:
		for l := 0; l < lanes; l += 8 {
			judgeAVX2(&f[l], &p[0][l], &h[0][l], &k[0][l], &r[0], &power[l])
		}
	default:
		judgeGeneric(f, p, h, k, r, power)
	}
}

func untangle(dst *[lanes]single, t *dft.Tile) {
	if implementation == generic {
		untangleGeneric(dst, t)
		return
	}
	for l := 0; l < lanes; l += 8 {
		untangleAVX2(&dst[l][0], &t[l])
	}
}

func overlap(dst []float32, stride int, t *single, win *[dft.N]float32, base *[16]float32) {
	_ = dst[(dft.N-1)*stride+dft.N-1]
	switch implementation {
	case avx512:
		overlapAVX512(&dst[0], 4*stride, &t[0], &win[0], &base[0])
	case avx2:
		overlapAVX2(&dst[0], 4*stride, &t[0], &win[0], &base[0])
	default:
		overlapGeneric(dst, stride, t, win, base)
	}
}

func overlapWeighted(num, den []float32, stride int, t *single, win *[dft.N]float32, a, b float32) {
	_, _ = num[(dft.N-1)*stride+dft.N-1], den[(dft.N-1)*stride+dft.N-1]
	switch implementation {
	case avx512:
		overlapWeightedAVX512(&num[0], &den[0], 4*stride, &t[0], &win[0], a, b)
	case avx2:
		overlapWeightedAVX2(&num[0], &den[0], 4*stride, &t[0], &win[0], a, b)
	default:
		overlapWeightedGeneric(num, den, stride, t, win, a, b)
	}
}

func grayColumns(col []uint32, pix []uint16, stride, cell int) {
	_ = pix[(4*cell-1)*stride+len(col)-1]
	n := 0
	if implementation != generic {
		n = len(col) &^ 7
	}
	if n > 0 {
		grayColumnsAVX2(&col[0], &pix[0], 2*stride, cell, n)
	}
	if n < len(col) {
		grayColumnsGeneric(col[n:], pix[n:], stride, cell)
	}
}

func halveColumns(col []uint32, pix []int16, stride int) {
	_ = pix[3*stride+len(col)-1]
	n := 0
	if implementation != generic {
		n = len(col) &^ 7
	}
	if n > 0 {
		halveColumnsAVX2(&col[0], &pix[0], 2*stride, 1, n)
	}
	if n < len(col) {
		halveColumnsGeneric(col[n:], pix[n:], stride)
	}
}

func divide(num, den []float32) {
	_ = den[:len(num)]
	n := 0
	if implementation != generic {
		n = len(num) &^ 7
	}
	if n > 0 {
		divideAVX2(&num[0], &den[0], n)
	}
	if n < len(num) {
		divideGeneric(num[n:], den[n:])
	}
}

func quantise(dst []uint16, v []float32, scale *[4]float32, offset float32) {
	_ = v[:len(dst)]
	n := 0
	if implementation != generic {
		n = len(dst) &^ 7
	}
	if n > 0 {
		quantiseAVX2(&dst[0], &v[0], &scale[0], offset, n)
	}
	if n < len(dst) {
		quantiseGeneric(dst[n:], v[n:], scale, offset)
	}
}

func standOut(hot, dead, up, mid, low []uint16, reach int) {
	_, _, _, _ = dead[len(hot)-1], up[2*reach+len(hot)-1], mid[2*reach+len(hot)-1], low[2*reach+len(hot)-1]
	n := 0
	if implementation != generic {
		n = len(hot) &^ 15
	}
	if n > 0 {
		standOutAVX2(&hot[0], &dead[0], &up[0], &mid[0], &low[0], 2*reach, n)
	}
	if n < len(hot) {
		standOutGeneric(hot[n:], dead[n:], up[n:], mid[n:], low[n:], reach)
	}
}

func decimateGray(dst []int16, col []uint32, scale, offset float32) {
	_ = col[2*len(dst)+1]
	n := 0
	if implementation != generic {
		n = len(dst) &^ 7
	}
	if n > 0 {
		decimateGrayAVX2(&dst[0], &col[0], n, scale, offset)
	}
	if n < len(dst) {
		decimateGrayGeneric(dst[n:], col[2*n:], scale, offset)
	}
}

func decimateHalve(dst []int16, col []uint32) {
	_ = col[2*len(dst)+1]
	n := 0
	if implementation != generic {
		n = len(dst) &^ 7
	}
	if n > 0 {
		decimateHalveAVX2(&dst[0], &col[0], n)
	}
	if n < len(dst) {
		decimateHalveGeneric(dst[n:], col[2*n:])
	}
}

func blockError(a []uint16, as int, b []uint16, bs int) float32 {
	_, _ = a[(mergeStep-1)*as+mergeStep-1], b[(mergeStep-1)*bs+mergeStep-1]
	if implementation == generic {
		return blockErrorGeneric(a, as, b, bs)
	}
	var col [mergeStep]float32
	blockErrorAVX2(&a[0], 2*as, &b[0], 2*bs, &col[0])
	s := float32(0)
	for _, v := range col {
		s += v
	}
	return s
}

func blockAdd(b *averageBlock, ref []uint16, rs int, other []uint16, os int, k, trust float32) {
	_, _ = ref[(mergeStep-1)*rs+mergeStep-1], other[(mergeStep-1)*os+mergeStep-1]
	if implementation == generic {
		blockAddGeneric(b, ref, rs, other, os, k, trust)
		return
	}
	blockAddAVX2(&b.sum[0], &b.weight[0], &ref[0], 2*rs, &other[0], 2*os, k/pixelRange, trust)
}
