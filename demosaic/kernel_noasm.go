//go:build !amd64 || purego

package demosaic

func levelsRowArch(dst []int32, src []uint16, black, scale []float32, top int32) {
	levelsRowGeneric(dst, src, black, scale, top)
}

func samplesRowArch(dst, src []uint16, black, scale []float32, top, pedestal int32) {
	samplesRowGeneric(dst, src, black, scale, top, pedestal)
}

func bilinearRowArch(own, green, other, up, mid, down []uint16, first int, _ bool) {
	bilinearRowGeneric(own, green, other, up, mid, down, first)
}

func malvarRowArch(own, green, other []uint16, r *[5][]int32, first int, pedestal int32, _ bool) {
	malvarRowGeneric(own, green, other, r, first, pedestal)
}

func intoRowArch(dst []int16, src []uint16, black, scale, gain []float32, c *curve, _ int) {
	intoRowGeneric(dst, src, black, scale, gain, c)
}

func outOfRowArch(dst []uint16, src []int16, scale, removed []float32, black, top float32, bias *biasCurve, c *curve) {
	outOfRowGeneric(dst, src, scale, removed, black, top, bias, c)
}

func plainRowArch(dst []uint16, src []int16, scale []float32, black, top float32, c *curve, _ bool) {
	plainRowGeneric(dst, src, scale, black, top, c)
}

func outRowsArch(dst *[2][]uint16, src *[2][]int16, low, high []int16, odd int, o *outCurve, _ bool) {
	outRowsGeneric(dst, src, low, high, odd, o)
}

func noisyRowsArch(dst *[2][]uint16, src *[2][]int16, low, high []int16, place []uint16, removed *[2]*[4 * maxLevels]int16, x int, o *outNoise, _ bool) {
	noisyRowsGeneric(dst, src, low, high, place, removed, x, o)
}

func placeRowArch(place []uint16, in []int16, pixels int, c *placeCurve, r *placeRange) {
	placeRowGeneric(place, in, pixels, c, r)
}

func blendRowArch(dst, src []int16, place []uint16, level int) {
	blendRowGeneric(dst, src, place, level)
}

func shareRowArch(row []float32, place []uint16, t *shareTable, x int) {
	shareRowGeneric(row, place, t, x)
}

func mergeRow(dst, src, mask []uint16) { mergeRowGeneric(dst, src, mask) }

func mosaicDiffRow(dst, known []int16, stride, n int) { mosaicDiffRowGeneric(dst, known, stride, n) }

func clampMosaicRow(dst, src []int16, bounds *[4][]int16) { clampMosaicRowGeneric(dst, src, bounds) }

// fence has nothing to do: nothing is written past the cache.
func fence() {}

func diffRow(dst []int16, stride int, red, green, blue []int16, pixels, n int) {
	diffRowGeneric(dst, stride, red, green, blue, pixels, n)
}

func bayerKnownRow(dst []int16, stride int, in []int16, pixels, n int) {
	bayerKnownRowGeneric(dst, stride, in, pixels, n)
}

func quadKnownRow(dst []int16, stride int, in []int16, pixels, n, x, y int) {
	quadKnownRowGeneric(dst, stride, in, pixels, n, x, y)
}

func across(dst, src []int16, stride, rows, n int) { acrossGeneric(dst, src, stride, rows, n) }

func down(dst, ring []int16, stride, n int) { downGeneric(dst, ring, stride, n) }

func boundsRow(b, diffs, known, near []int16, stride int, clip *[3]int16, n int) {
	boundsRowGeneric(b, diffs, known, near, stride, clip, n)
}

func lmmseSmoothRow(smooth, err, diff []float32, step, n int) {
	lmmseSmoothRowGeneric(smooth, err, diff, step, n)
}

func lmmseEstimateRow(value, variance, smooth, err, diff []float32, step, n int) {
	lmmseEstimateRowGeneric(value, variance, smooth, err, diff, step, n)
}

func lmmseFuseRow(dst, a, aVar, b, bVar []float32, n int) {
	lmmseFuseRowGeneric(dst, a, aVar, b, bVar, n)
}

func lmmseOtherRow(dst, up, down []float32, n int) {
	lmmseOtherRowGeneric(dst, up, down, n)
}

func lmmseDiffRow(dst []float32, src []int16, step, green int) {
	lmmseDiffRowGeneric(dst, src, step, green)
}

func lmmseWriteRow(own, green, other, pix []int16, d, o []float32, at, stride, first int) {
	lmmseWriteRowGeneric(own, green, other, pix, d, o, at, stride, first)
}

func pairsRowArch(sums []int32, pix []int16, stride int) { pairsRowGeneric(sums, pix, stride) }

func windowRowArch(sums, color []int32, stride int) { windowRowGeneric(sums, color, stride) }

func apartRowArch(apart, energy []float32, sums, own []int32) {
	apartRowGeneric(apart, energy, sums, own)
}

func decideRowArch(delta *[3][]int16, energy *[3][]float32, stride int, apart *[2][]float32, luma []int32, noise *chromaNoise) {
	decideRowGeneric(delta, energy, stride, apart, luma, noise)
}

func spreadRowArch(units, own, next []int16) { spreadRowGeneric(units, own, next) }

func tintRowArch(pix, units []int16) { tintRowGeneric(pix, units) }
