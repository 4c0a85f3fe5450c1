//go:build amd64 && !purego

package demosaic

func mosaicDiffRow(dst, known []int16, stride, n int) {
	bestSet().mosaicDiffRow(dst, known, stride, n)
}

func (k kernelSet) mosaicDiffRow(dst, known []int16, stride, n int) {
	if !k.whole(n, stride, 0) {
		mosaicDiffRowGeneric(dst, known, stride, n)
		return
	}
	run := mosaicDiffRowAVX2
	if k == setAVX512 {
		run = mosaicDiffRowAVX512
	}
	run(&dst[:4*stride][0], &known[:6*stride][0], 2*stride, n)
}

func clampMosaicRow(dst, src []int16, bounds *[4][]int16) { bestSet().clampMosaicRow(dst, src, bounds) }

func (k kernelSet) clampMosaicRow(dst, src []int16, b *[4][]int16) {
	n, lanes := len(dst), k.unitLanes()
	if lanes == 0 || n < lanes || n&1 == 1 || min(len(b[0]), len(b[1]), len(b[2]), len(b[3])) < n/2+lanes/2 {
		clampMosaicRowGeneric(dst, src, b)
		return
	}
	run := clampMosaicRowAVX2
	if k == setAVX512 {
		run = clampMosaicRowAVX512
	}
	src = src[:n]
	whole := n &^ (lanes - 1)
	run(&dst[0], &src[0], &b[0][0], &b[1][0], &b[2][0], &b[3][0], whole)
	if i := n - lanes; whole < n {
		run(&dst[i], &src[i], &b[0][i/2], &b[1][i/2], &b[2][i/2], &b[3][i/2], lanes)
	}
}

// whole reports whether kernels that take whole vectors can make n units of
// rows that are stride apart in scratch that ends with guardSlack, from two
// rows of pixels that begin in in.
func (k kernelSet) whole(n, stride int, pixels int, in ...[]int16) bool {
	lanes := k.unitLanes()
	if lanes == 0 || n <= 0 {
		return false
	}
	n = (n + lanes - 1) / lanes * lanes
	for _, p := range in {
		if len(p) < pixels+2*n {
			return false
		}
	}
	return n <= stride
}

func diffRow(dst []int16, stride int, red, green, blue []int16, pixels, n int) {
	bestSet().diffRow(dst, stride, red, green, blue, pixels, n)
}

func (k kernelSet) diffRow(dst []int16, stride int, red, green, blue []int16, pixels, n int) {
	if !k.whole(n, stride, pixels, red, green, blue) {
		diffRowGeneric(dst, stride, red, green, blue, pixels, n)
		return
	}
	run := diffRowAVX2
	if k == setAVX512 {
		run = diffRowAVX512
	}
	run(&dst[:4*stride][0], 2*stride, &red[0], &green[0], &blue[0], 2*pixels, n)
}

func bayerKnownRow(dst []int16, stride int, in []int16, pixels, n int) {
	bestSet().bayerKnownRow(dst, stride, in, pixels, n)
}

func (k kernelSet) bayerKnownRow(dst []int16, stride int, in []int16, pixels, n int) {
	if !k.whole(n, stride, pixels, in) {
		bayerKnownRowGeneric(dst, stride, in, pixels, n)
		return
	}
	run := bayerKnownRowAVX2
	if k == setAVX512 {
		run = bayerKnownRowAVX512
	}
	run(&dst[:6*stride][0], 2*stride, &in[0], 2*pixels, n)
}

func quadKnownRow(dst []int16, stride int, in []int16, pixels, n, x, y int) {
	bestSet().quadKnownRow(dst, stride, in, pixels, n, x, y)
}

func (k kernelSet) quadKnownRow(dst []int16, stride int, in []int16, pixels, n, x, y int) {
	if !k.whole(n, stride, pixels, in) {
		quadKnownRowGeneric(dst, stride, in, pixels, n, x, y)
		return
	}
	run := quadKnownRowAVX2
	if k == setAVX512 {
		run = quadKnownRowAVX512
	}
	dst = dst[:6*stride]
	run(&dst[2*y*stride], &dst[stride], &dst[(2-2*y)*stride], 6*stride, &in[0], 2*pixels, x^y, n)
}

func across(dst, src []int16, stride, rows, n int) { bestSet().across(dst, src, stride, rows, n) }

func (k kernelSet) across(dst, src []int16, stride, rows, n int) {
	if !k.whole(n, stride, 0) || len(src) < rows*stride+2 {
		acrossGeneric(dst, src, stride, rows, n)
		return
	}
	run := acrossAVX2
	if k == setAVX512 {
		run = acrossAVX512
	}
	run(&dst[:rows*stride][0], &src[0], 2*stride, rows/2, n)
}

func down(dst, ring []int16, stride, n int) { bestSet().down(dst, ring, stride, n) }

func (k kernelSet) down(dst, ring []int16, stride, n int) {
	if !k.whole(n, stride, 0) {
		downGeneric(dst, ring, stride, n)
		return
	}
	run := downAVX2
	if k == setAVX512 {
		run = downAVX512
	}
	run(&dst[:6*stride][0], &ring[:18*stride][0], 2*stride, n)
}

func boundsRow(b, diffs, known, near []int16, stride int, clip *[3]int16, n int) {
	bestSet().boundsRow(b, diffs, known, near, stride, clip, n)
}

func (k kernelSet) boundsRow(b, diffs, known, near []int16, stride int, clip *[3]int16, n int) {
	if !k.whole(n, stride, 0) || near != nil && len(near) < 3*stride {
		boundsRowGeneric(b, diffs, known, near, stride, clip, n)
		return
	}
	run := boundsRowAVX2
	if k == setAVX512 {
		run = boundsRowAVX512
	}
	var least *int16
	if near != nil {
		least = &near[0]
	}
	run(&b[:6*stride][0], &diffs[:12*stride][0], &known[:18*stride][0], least, 2*stride, &clip[0], n)
}
