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

func intoRowArch(dst []int16, src []uint16, black, scale, gain []float32, c *curve) {
	bestSet().intoRow(dst, src, black, scale, gain, c)
}

func (k kernelSet) intoRow(dst []int16, src []uint16, black, scale, gain []float32, c *curve) {
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
	run(&dst[0], &src[0], &black[0], &scale[0], &gain[0], p, first)
	if i := last; i >= 0 {
		run(&dst[i], &src[i], &black[i], &scale[i], &gain[i], p, len(dst)-i)
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

func bilinearRowArch(own, green, other []uint16, up, mid, down []int32, odd int, pedestal int32) {
	bestSet().bilinearRow(own, green, other, up, mid, down, odd, pedestal)
}

func (k kernelSet) bilinearRow(own, green, other []uint16, up, mid, down []int32, odd int, pedestal int32) {
	run := bilinearRowAVX2
	if k == setAVX512 {
		run = bilinearRowAVX512
	}
	first, last := k.parts(len(own))
	if first == 0 {
		bilinearRowGeneric(own, green, other, up, mid, down, odd, pedestal)
		return
	}
	run(&own[0], &green[0], &other[0], &up[0], &mid[0], &down[0], odd, pedestal, first)
	if i := last; i >= 0 {
		run(&own[i], &green[i], &other[i], &up[i], &mid[i], &down[i], (odd+i)&1, pedestal, len(own)-i)
	}
}

func malvarRowArch(own, green, other []uint16, r *[5][]int32, odd int, pedestal int32) {
	bestSet().malvarRow(own, green, other, r, odd, pedestal)
}

func (k kernelSet) malvarRow(own, green, other []uint16, r *[5][]int32, odd int, pedestal int32) {
	run := malvarRowAVX2
	if k == setAVX512 {
		run = malvarRowAVX512
	}
	first, last := k.parts(len(own))
	if first == 0 {
		malvarRowGeneric(own, green, other, r, odd, pedestal)
		return
	}
	run(&own[0], &green[0], &other[0], &r[0][0], &r[1][0], &r[2][0], &r[3][0], &r[4][0], odd, pedestal, first)
	if i := last; i >= 0 {
		run(&own[i], &green[i], &other[i], &r[0][i], &r[1][i], &r[2][i], &r[3][i], &r[4][i], (odd+i)&1, pedestal, len(own)-i)
	}
}

func spanRow(span []int16, planes *[3][]int16, at, stride int, columns []int16) int16 {
	return bestSet().spanRow(span, planes, at, stride, columns)
}

// spanRow may return more than the largest span: what it finds behind the end
// of the row counts too. It writes there, so span and each quarter of columns
// must have guardSlack samples more than the row.
func (k kernelSet) spanRow(span []int16, planes *[3][]int16, at, stride int, columns []int16) int16 {
	n := len(span)
	end := at + 2*guardReach*stride + n + 2*guardReach + 31
	if k == setGeneric || cap(span) < n+31 || len(columns) < 4*(n+guardSlack) ||
		end >= len(planes[0]) || end >= len(planes[1]) || end >= len(planes[2]) {
		return spanRowGeneric(span, planes, at, stride)
	}
	run := spanRowAVX2
	if k == setAVX512 {
		run = spanRowAVX512
	}
	return run(&span[0], &planes[0][at], &planes[1][at], &planes[2][at], 2*stride, &columns[0], 2*(n+guardSlack), n)
}
