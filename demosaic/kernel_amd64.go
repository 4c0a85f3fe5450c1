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
