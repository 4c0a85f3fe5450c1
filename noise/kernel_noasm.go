//go:build !amd64 || purego

package noise

import "github.com/quadraw/quadraw/noise/internal/dft"

func ssd16(a []int16, as int, b []int16, bs int) uint64 {
	return ssd16Generic(a, as, b, bs)
}

func gradientSums(pix []int16, stride int, k *lucasKanade, c *gradientColumns) {
	gradientSumsGeneric(pix, stride, k, c)
}

func residualSums(pix []int16, stride int, wy, wx *[4]float32, k *lucasKanade, c *residualColumns) {
	residualSumsGeneric(pix, stride, wy, wx, k, c)
}

func gather(t *dft.Tile, pix []uint16, at *[lanes]int, stride int, gain, add *[16]perLane, wy, wx *[dft.N]perLane) {
	gatherGeneric(t, pix, at, stride, gain, add, wy, wx)
}

func gatherFloat(t *dft.Tile, pix []float32, at *[lanes]int, stride int, win *[dft.N]float32) {
	gatherFloatGeneric(t, pix, at, stride, win)
}

func compare(f, ref *dft.Spectrum, p *[bins]perLane, shift *binShift, ty, tx *turnTables, scale, m *perLane) {
	compareGeneric(f, ref, p, shift, ty, tx, scale, m)
}

func addSpectrum(acc *accumulator, f *dft.Spectrum, p, h *[bins]perLane, k *trust, accepted *perLane) {
	addGeneric(acc, f, p, h, k, accepted)
}

func finish(acc *accumulator, ratio *perLane) {
	finishGeneric(acc, ratio)
}

func shrink(f, pilot *dft.Spectrum, v, power *perLane) { shrinkGeneric(f, pilot, v, power) }

func binPower(f *dft.Spectrum, p, h *[bins]perLane, inverse, activity *perLane) {
	binPowerGeneric(f, p, h, inverse, activity)
}

func judge(f *dft.Spectrum, p, h *[bins]perLane, k *odds, r *[bins]float32, power *perLane) {
	judgeGeneric(f, p, h, k, r, power)
}

func untangle(dst *[lanes]single, t *dft.Tile) {
	untangleGeneric(dst, t)
}

func overlap(dst []float32, stride int, t *single, win *[dft.N]float32, base *[16]float32) {
	overlapGeneric(dst, stride, t, win, base)
}

func overlapWeighted(num, den []float32, stride int, t *single, win *[dft.N]float32, a, b float32) {
	overlapWeightedGeneric(num, den, stride, t, win, a, b)
}

func grayColumns(col []uint32, pix []uint16, stride, cell int) {
	grayColumnsGeneric(col, pix, stride, cell)
}

func halveColumns(col []uint32, pix []int16, stride int) { halveColumnsGeneric(col, pix, stride) }

func divide(num, den []float32) { divideGeneric(num, den) }

func quantise(dst []uint16, v []float32, scale *[4]float32, offset float32) {
	quantiseGeneric(dst, v, scale, offset)
}

func standOut(hot, dead, up, mid, low []uint16, reach int) {
	standOutGeneric(hot, dead, up, mid, low, reach)
}

func decimateGray(dst []int16, col []uint32, scale, offset float32) {
	decimateGrayGeneric(dst, col, scale, offset)
}

func decimateHalve(dst []int16, col []uint32) { decimateHalveGeneric(dst, col) }

func blockError(a []uint16, as int, b []uint16, bs int) float32 {
	return blockErrorGeneric(a, as, b, bs)
}

func blockAdd(b *averageBlock, ref []uint16, rs int, other []uint16, os int, k, trust float32) {
	blockAddGeneric(b, ref, rs, other, os, k, trust)
}
