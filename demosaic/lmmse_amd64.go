//go:build amd64 && !purego

package demosaic

// vectors reports whether kernels may take n samples in whole vectors out of
// rows that must have the given length for that, and how many samples those
// are.
func (k kernelSet) vectors(n int, need func(n int) bool) bool {
	lanes := k.unitLanes() / 2
	return lanes > 0 && n > 0 && need((n+lanes-1)/lanes*lanes)
}

func lmmseSmoothRow(smooth, err, diff []float32, step, n int) {
	bestSet().lmmseSmoothRow(smooth, err, diff, step, n)
}

func (k kernelSet) lmmseSmoothRow(smooth, err, diff []float32, step, n int) {
	if !k.vectors(n, func(n int) bool { return min(len(smooth), len(err)) >= n && len(diff) >= 8*step+n }) {
		lmmseSmoothRowGeneric(smooth, err, diff, step, n)
		return
	}
	run := lmmseSmoothRowAVX2
	if k == setAVX512 {
		run = lmmseSmoothRowAVX512
	}
	run(&smooth[0], &err[0], &diff[0], 4*step, n)
}

func lmmseEstimateRow(value, variance, smooth, err, diff []float32, step, n int) {
	bestSet().lmmseEstimateRow(value, variance, smooth, err, diff, step, n)
}

func (k kernelSet) lmmseEstimateRow(value, variance, smooth, err, diff []float32, step, n int) {
	if !k.vectors(n, func(n int) bool {
		return min(len(value), len(variance), len(diff)) >= n && min(len(smooth), len(err)) >= 8*step+n
	}) {
		lmmseEstimateRowGeneric(value, variance, smooth, err, diff, step, n)
		return
	}
	run := lmmseEstimateRowAVX2
	if k == setAVX512 {
		run = lmmseEstimateRowAVX512
	}
	run(&value[0], &variance[0], &smooth[0], &err[0], &diff[0], 4*step, n)
}

func lmmseFuseRow(dst, a, aVar, b, bVar []float32, n int) {
	bestSet().lmmseFuseRow(dst, a, aVar, b, bVar, n)
}

func (k kernelSet) lmmseFuseRow(dst, a, aVar, b, bVar []float32, n int) {
	if !k.vectors(n, func(n int) bool { return min(len(dst), len(a), len(aVar), len(b), len(bVar)) >= n }) {
		lmmseFuseRowGeneric(dst, a, aVar, b, bVar, n)
		return
	}
	run := lmmseFuseRowAVX2
	if k == setAVX512 {
		run = lmmseFuseRowAVX512
	}
	run(&dst[0], &a[0], &aVar[0], &b[0], &bVar[0], n)
}

func lmmseOtherRow(dst, up, down []float32, n int) { bestSet().lmmseOtherRow(dst, up, down, n) }

func (k kernelSet) lmmseOtherRow(dst, up, down []float32, n int) {
	if !k.vectors(n, func(n int) bool { return len(dst) >= n && min(len(up), len(down)) >= n+2 }) {
		lmmseOtherRowGeneric(dst, up, down, n)
		return
	}
	run := lmmseOtherRowAVX2
	if k == setAVX512 {
		run = lmmseOtherRowAVX512
	}
	run(&dst[0], &up[0], &down[0], n)
}

func lmmseDiffRow(dst []float32, src []int16, step, green int) {
	bestSet().lmmseDiffRow(dst, src, step, green)
}

func (k kernelSet) lmmseDiffRow(dst []float32, src []int16, step, green int) {
	first, last := k.parts(len(dst))
	if first == 0 || len(src) < 4*step+len(dst) {
		lmmseDiffRowGeneric(dst, src, step, green)
		return
	}
	run := lmmseDiffRowAVX2
	if k == setAVX512 {
		run = lmmseDiffRowAVX512
	}
	run(&dst[0], &src[0], 2*step, green, first)
	if i := last; i >= 0 {
		run(&dst[i], &src[i], 2*step, (green+i)&1, len(dst)-i)
	}
}

func lmmseWriteRow(own, green, other, pix []int16, d, o []float32, at, stride, first int) {
	bestSet().lmmseWriteRow(own, green, other, pix, d, o, at, stride, first)
}

func (k kernelSet) lmmseWriteRow(own, green, other, pix []int16, d, o []float32, at, stride, first int) {
	n := len(own)
	whole, last := k.parts(n)
	if whole == 0 || at < stride+1 || min(len(d), len(o)) < at+stride+n+1 {
		lmmseWriteRowGeneric(own, green, other, pix, d, o, at, stride, first)
		return
	}
	green, other, pix = green[:n], other[:n], pix[:n]
	run := lmmseWriteRowAVX2
	if k == setAVX512 {
		run = lmmseWriteRowAVX512
	}
	run(&own[0], &green[0], &other[0], &pix[0], &d[at], &o[at], 4*stride, first, whole)
	if i := last; i >= 0 {
		run(&own[i], &green[i], &other[i], &pix[i], &d[at+i], &o[at+i], 4*stride, (first+i)&1, n-i)
	}
}

func quadDiffAlongRow(dst []float32, src []int16, place int) {
	bestSet().quadDiffAlongRow(dst, src, place)
}

func (k kernelSet) quadDiffAlongRow(dst []float32, src []int16, place int) {
	src = src[:len(dst)+8]
	run := quadDiffAlongRowAVX2
	if k == setAVX512 {
		run = quadDiffAlongRowAVX512
	}
	if !k.words(len(dst), func(i, n int) { run(&dst[i], &src[i], (place+i)&3, n) }) {
		quadDiffAlongRowGeneric(dst, src, place)
	}
}

func quadDiffDownRow(dst []float32, src []int16, at, down, place int) {
	bestSet().quadDiffDownRow(dst, src, at, down, place)
}

func (k kernelSet) quadDiffDownRow(dst []float32, src []int16, at, down, place int) {
	first, last := at-max(3*down, -4*down), at+max(4*down, -3*down)+len(dst)
	run := quadDiffDownRowAVX2
	if k == setAVX512 {
		run = quadDiffDownRowAVX512
	}
	if first < 0 || last > len(src) || !k.words(len(dst), func(i, n int) { run(&dst[i], &src[at+i], 2*down, (place+i)&3, n) }) {
		quadDiffDownRowGeneric(dst, src, at, down, place)
	}
}

// words has run do n 16-bit samples in parts of whole vectors, which may
// overlap, from i on. It reports whether there are as many as a vector.
func (k kernelSet) words(n int, run func(i, n int)) bool {
	lanes := k.unitLanes()
	if lanes == 0 || n < lanes {
		return false
	}
	whole := n &^ (lanes - 1)
	run(0, whole)
	if whole < n {
		run(n-lanes, lanes)
	}
	return true
}

func quadSmoothDownRow(smooth, err, diff []float32, step, n int) {
	bestSet().quadSmoothDownRow(smooth, err, diff, step, n)
}

func (k kernelSet) quadSmoothDownRow(smooth, err, diff []float32, step, n int) {
	if !k.vectors(n, func(n int) bool { return min(len(smooth), len(err)) >= n && len(diff) >= 6*step+n }) {
		quadSmoothDownRowGeneric(smooth, err, diff, step, n)
		return
	}
	run := quadSmoothDownRowAVX2
	if k == setAVX512 {
		run = quadSmoothDownRowAVX512
	}
	run(&smooth[0], &err[0], &diff[0], 4*step, n)
}

func quadSmoothAlongRow(smooth, errA, errB, a, b []float32, n int) {
	bestSet().quadSmoothAlongRow(smooth, errA, errB, a, b, n)
}

func (k kernelSet) quadSmoothAlongRow(smooth, errA, errB, a, b []float32, n int) {
	if !k.vectors(n, func(n int) bool {
		return min(len(smooth), len(errA), len(errB)) >= n && min(len(a), len(b)) >= 12+n
	}) {
		quadSmoothAlongRowGeneric(smooth, errA, errB, a, b, n)
		return
	}
	run := quadSmoothAlongRowAVX2
	if k == setAVX512 {
		run = quadSmoothAlongRowAVX512
	}
	run(&smooth[0], &errA[0], &errB[0], &a[0], &b[0], n)
}

func quadRangeRow(value, diff []float32, step, n int) { bestSet().quadRangeRow(value, diff, step, n) }

func (k kernelSet) quadRangeRow(value, diff []float32, step, n int) {
	if !k.vectors(n, func(n int) bool { return len(value) >= n && len(diff) >= 2*rangeReach*step+n }) {
		quadRangeRowGeneric(value, diff, step, n)
		return
	}
	run := quadRangeRowAVX2
	if k == setAVX512 {
		run = quadRangeRowAVX512
	}
	run(&value[0], &diff[0], 4*step, n)
}

func quadOtherRow(dst, d []float32, place, n int) { bestSet().quadOtherRow(dst, d, place, n) }

func (k kernelSet) quadOtherRow(dst, d []float32, place, n int) {
	if !k.vectors(n, func(n int) bool { return len(dst) >= n && len(d) >= n+4 }) {
		quadOtherRowGeneric(dst, d, place, n)
		return
	}
	run := quadOtherRowAVX2
	if k == setAVX512 {
		run = quadOtherRowAVX512
	}
	run(&dst[0], &d[0], place&1, n)
}

func quadWriteRow(own, green, other, pix []int16, d, o []float32, at, down, place int) {
	bestSet().quadWriteRow(own, green, other, pix, d, o, at, down, place)
}

func (k kernelSet) quadWriteRow(own, green, other, pix []int16, d, o []float32, at, down, place int) {
	n := len(own)
	whole, last := k.parts(n)
	if whole == 0 || at < max(down, -2*down) || min(len(d), len(o)) < at+max(2*down, -down)+n {
		quadWriteRowGeneric(own, green, other, pix, d, o, at, down, place)
		return
	}
	green, other, pix = green[:n], other[:n], pix[:n]
	run := quadWriteRowAVX2
	if k == setAVX512 {
		run = quadWriteRowAVX512
	}
	run(&own[0], &green[0], &other[0], &pix[0], &d[at], &o[at], 4*down, place, whole)
	if i := last; i >= 0 {
		run(&own[i], &green[i], &other[i], &pix[i], &d[at+i], &o[at+i], 4*down, (place+i)&3, n-i)
	}
}
