//go:build amd64 && !purego

package demosaic

import (
	"unsafe"

	"github.com/quadraw/quadraw/internal/cpu"
)

// kernelSet is an instruction set that the kernels are written for.
type kernelSet uint8

const (
	setGeneric kernelSet = iota
	setAVX2
	setAVX512
)

func bestSet() kernelSet {
	switch f := cpu.X86(); {
	case f.AVX512:
		return setAVX512
	case f.AVX2:
		return setAVX2
	}
	return setGeneric
}

// parts returns how a row of n is run in whole vectors: the length of the
// first run and where one more vector begins that reaches to the end, or −1.
// A first of 0 means that the row is shorter than a vector.
func (k kernelSet) parts(n int) (first, last int) {
	lanes := 0
	switch k {
	case setAVX2:
		lanes = 8
	case setAVX512:
		lanes = 16
	}
	if lanes == 0 || n < lanes {
		return 0, -1
	}
	first, last = n&^(lanes-1), -1
	if first < n {
		last = n - lanes
	}
	return first, last
}

func levelsRowArch(dst []int32, src []uint16, black, scale []float32, top int32) {
	bestSet().levelsRow(dst, src, black, scale, top)
}

func (k kernelSet) levelsRow(dst []int32, src []uint16, black, scale []float32, top int32) {
	run := levelsRowAVX2
	if k == setAVX512 {
		run = levelsRowAVX512
	}
	first, last := k.parts(len(dst))
	if first == 0 {
		levelsRowGeneric(dst, src, black, scale, top)
		return
	}
	run(&dst[0], &src[0], &black[0], &scale[0], top, first)
	if i := last; i >= 0 {
		run(&dst[i], &src[i], &black[i], &scale[i], top, len(dst)-i)
	}
}

func intoRowArch(dst []int16, src []uint16, black, scale, gain []float32, c *curve, ahead int) {
	bestSet().intoRow(dst, src, black, scale, gain, c, ahead)
}

func (k kernelSet) intoRow(dst []int16, src []uint16, black, scale, gain []float32, c *curve, ahead int) {
	run := intoRowAVX2
	if k == setAVX512 {
		run = intoRowAVX512
	}
	first, last := k.parts(len(dst))
	if first == 0 {
		intoRowGeneric(dst, src, black, scale, gain, c)
		return
	}
	p := (*float32)(unsafe.Pointer(c))
	run(&dst[0], &src[0], &black[0], &scale[0], &gain[0], p, first, 2*ahead)
	if i := last; i >= 0 {
		run(&dst[i], &src[i], &black[i], &scale[i], &gain[i], p, len(dst)-i, 2*ahead)
	}
}

func outOfRowArch(dst []uint16, src []int16, scale, removed []float32, black, top float32, bias *biasCurve, c *curve) {
	bestSet().outOfRow(dst, src, scale, removed, black, top, bias, c)
}

func (k kernelSet) outOfRow(dst []uint16, src []int16, scale, removed []float32, black, top float32, bias *biasCurve, c *curve) {
	run := outOfRowAVX2
	if k == setAVX512 {
		run = outOfRowAVX512
	}
	first, last := k.parts(len(dst))
	if first == 0 {
		outOfRowGeneric(dst, src, scale, removed, black, top, bias, c)
		return
	}
	p, q := (*float32)(unsafe.Pointer(c)), &bias.value[0]
	run(&dst[0], &src[0], &scale[0], &removed[0], black, top, q, p, first)
	if i := last; i >= 0 {
		run(&dst[i], &src[i], &scale[i], &removed[i], black, top, q, p, len(dst)-i)
	}
}

func plainRowArch(dst []uint16, src []int16, scale []float32, black, top float32, c *curve, stream bool) {
	bestSet().plainRow(dst, src, scale, black, top, c, stream)
}

func (k kernelSet) plainRow(dst []uint16, src []int16, scale []float32, black, top float32, c *curve, stream bool) {
	run := plainRowAVX2
	if k == setAVX512 {
		run = plainRowAVX512
	}
	p := (*float32)(unsafe.Pointer(c))
	if !k.spans(1, dst, dst, dst, stream, func(i, n, past int) {
		run(&dst[i], &src[i], &scale[i], black, top, p, n, past)
	}) {
		plainRowGeneric(dst, src, scale, black, top, c)
	}
}

func outRowsArch(dst *[2][]uint16, src *[2][]int16, low, high []int16, odd int, o *outCurve, stream bool) {
	bestSet().outRows(dst, src, low, high, odd, o, stream)
}

func (k kernelSet) outRows(dst *[2][]uint16, src *[2][]int16, low, high []int16, odd int, o *outCurve, stream bool) {
	run := outRowsAVX2
	if k == setAVX512 {
		run = outRowsAVX512
	}
	d0, d1, s0, s1 := dst[0], dst[1], src[0], src[1]
	if min(len(low), len(high)) < len(d0)/2+k.unitLanes() || !k.spans(2, d0, d1, d1, stream, func(i, n, past int) {
		u := (i + odd) / 2
		run(&d0[i], &d1[i], &s0[i], &s1[i], &low[u], &high[u], &o.top, (i+odd)&1, n, past)
	}) {
		outRowsGeneric(dst, src, low, high, odd, o)
	}
}

func noisyRowsArch(dst *[2][]uint16, src *[2][]int16, low, high []int16, place []uint16, removed *[2]*[4 * maxLevels]int16, x int, o *outNoise, stream bool) {
	bestSet().noisyRows(dst, src, low, high, place, removed, x, o, stream)
}

func (k kernelSet) noisyRows(dst *[2][]uint16, src *[2][]int16, low, high []int16, place []uint16, removed *[2]*[4 * maxLevels]int16, x int, o *outNoise, stream bool) {
	run := noisyRowsAVX2
	if k == setAVX512 {
		run = noisyRowsAVX512
	}
	d0, d1, s0, s1 := dst[0], dst[1], src[0], src[1]
	if min(len(low), len(high), len(place)) < len(d0)/2+k.unitLanes() || !k.spans(2, d0, d1, d1, stream, func(i, n, past int) {
		u := (i + x&1) / 2
		run(&d0[i], &d1[i], &s0[i], &s1[i], &low[u], &high[u], &place[u], &o.top, &removed[0][0], &removed[1][0], (i+x)&3, n, past)
	}) {
		noisyRowsGeneric(dst, src, low, high, place, removed, x, o)
	}
}

func placeRowArch(place []uint16, in []int16, pixels int, c *placeCurve, r *placeRange) {
	bestSet().placeRow(place, in, pixels, c, r)
}

func (k kernelSet) placeRow(place []uint16, in []int16, pixels int, c *placeCurve, r *placeRange) {
	first, last := k.parts(len(place))
	if first == 0 {
		placeRowGeneric(place, in, pixels, c, r)
		return
	}
	run := placeRowAVX2
	if k == setAVX512 {
		run = placeRowAVX512
	}
	run(&place[0], &r.least[0], &in[0], 2*pixels, &c.place[0], first)
	if i := last; i >= 0 {
		run(&place[i], &r.least[0], &in[2*i], 2*pixels, &c.place[0], len(place)-i)
	}
}

func blendRowArch(dst, src []int16, place []uint16, level int) {
	bestSet().blendRow(dst, src, place, level)
}

func (k kernelSet) blendRow(dst, src []int16, place []uint16, level int) {
	whole, lanes := 0, k.unitLanes()
	if lanes > 0 && len(place) >= len(dst)/2+lanes {
		whole = len(dst) &^ (lanes - 1)
	}
	if whole > 0 {
		run := blendRowAVX2
		if k == setAVX512 {
			run = blendRowAVX512
		}
		run(&dst[0], &src[0], &place[0], (level-1)<<8, whole)
	}
	if whole < len(dst) {
		blendRowGeneric(dst[whole:], src[whole:], place[whole/2:], level)
	}
}

func shareRowArch(row []float32, place []uint16, t *shareTable, x int) {
	bestSet().shareRow(row, place, t, x)
}

func (k kernelSet) shareRow(row []float32, place []uint16, t *shareTable, x int) {
	first, last := k.parts(len(row))
	if first == 0 || len(place) < len(row)/2+k.unitLanes() {
		shareRowGeneric(row, place, t, x)
		return
	}
	run := shareRowAVX2
	if k == setAVX512 {
		run = shareRowAVX512
	}
	run(&row[0], &place[0], &t[0], x, first)
	if i := last; i >= 0 {
		run(&row[i], &place[(i+x&1)/2], &t[0], (x+i)&3, len(row)-i)
	}
}

func mergeRow(dst, src, mask []uint16) { bestSet().mergeRow(dst, src, mask) }

func (k kernelSet) mergeRow(dst, src, mask []uint16) {
	n := len(dst)
	src, mask = src[:n], mask[:n]
	lanes := k.unitLanes()
	if lanes == 0 || n < lanes {
		mergeRowGeneric(dst, src, mask)
		return
	}
	run := mergeRowAVX2
	if k == setAVX512 {
		run = mergeRowAVX512
	}
	whole := n &^ (lanes - 1)
	run(&dst[0], &src[0], &mask[0], whole)
	if i := n - lanes; whole < n {
		run(&dst[i], &src[i], &mask[i], lanes)
	}
}

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

func samplesRowArch(dst, src []uint16, black, scale []float32, top, pedestal int32) {
	bestSet().samplesRow(dst, src, black, scale, top, pedestal)
}

func (k kernelSet) samplesRow(dst, src []uint16, black, scale []float32, top, pedestal int32) {
	run := samplesRowAVX2
	if k == setAVX512 {
		run = samplesRowAVX512
	}
	first, last := k.parts(len(dst))
	if first == 0 {
		samplesRowGeneric(dst, src, black, scale, top, pedestal)
		return
	}
	run(&dst[0], &src[0], &black[0], &scale[0], float32(top), pedestal, first)
	if i := last; i >= 0 {
		run(&dst[i], &src[i], &black[i], &scale[i], float32(top), pedestal, len(dst)-i)
	}
}

func bilinearRowArch(own, green, other, up, mid, down []uint16, odd int, stream bool) {
	bestSet().bilinearRow(own, green, other, up, mid, down, odd, stream)
}

func (k kernelSet) bilinearRow(own, green, other, up, mid, down []uint16, odd int, stream bool) {
	run := bilinearRowAVX2
	if k == setAVX512 {
		run = bilinearRowAVX512
	}
	if !k.spans(2, own, green, other, stream, func(i, n, past int) {
		run(&own[i], &green[i], &other[i], &up[i], &mid[i], &down[i], (odd+i)&1, n, past)
	}) {
		bilinearRowGeneric(own, green, other, up, mid, down, odd)
	}
}

func malvarRowArch(own, green, other []uint16, r *[5][]int32, odd int, pedestal int32, stream bool) {
	bestSet().malvarRow(own, green, other, r, odd, pedestal, stream)
}

func (k kernelSet) malvarRow(own, green, other []uint16, r *[5][]int32, odd int, pedestal int32, stream bool) {
	run := malvarRowAVX2
	if k == setAVX512 {
		run = malvarRowAVX512
	}
	if !k.spans(1, own, green, other, stream, func(i, n, past int) {
		run(&own[i], &green[i], &other[i], &r[0][i], &r[1][i], &r[2][i], &r[3][i], &r[4][i], (odd+i)&1, pedestal, n, past)
	}) {
		malvarRowGeneric(own, green, other, r, odd, pedestal)
	}
}

// cacheLine is the alignment of what is written past the cache.
const cacheLine = 64

// spans cuts a row of three planes into parts of whole vectors: of 32-bit
// lanes, or of 16-bit lanes if words is 2. Parts may overlap: each begins
// at pixel i and has n pixels. If stream is set and the planes are aligned
// alike, past is 1 for the part that may be written past the cache. It reports
// whether the row is as long as a vector.
func (k kernelSet) spans(words int, a, b, c []uint16, stream bool, run func(i, n, past int)) bool {
	const line = cacheLine / 2
	n, lanes := len(a), words*k.unitLanes()/2
	if lanes == 0 || n < lanes {
		return false
	}
	before := func(p []uint16) int { return int(-uintptr(unsafe.Pointer(&p[0])) % cacheLine / 2) }
	head := before(a)
	if !stream || n < head+2*line || head != before(b) || head != before(c) {
		whole := n &^ (lanes - 1)
		run(0, whole, 0)
		if whole < n {
			run(n-lanes, lanes, 0)
		}
		return true
	}
	if head > 0 {
		run(0, line, 0)
	}
	whole := (n - head) &^ (line - 1)
	run(head, whole, 1)
	if head+whole < n {
		run(n-line, line, 0)
	}
	return true
}

// unitLanes is how many units the guard's kernels take at a time, 0 for none.
func (k kernelSet) unitLanes() int { return [...]int{setGeneric: 0, setAVX2: 16, setAVX512: 32}[k] }

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
