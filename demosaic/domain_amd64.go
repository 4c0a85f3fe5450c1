//go:build amd64 && !purego

package demosaic

import "unsafe"

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
