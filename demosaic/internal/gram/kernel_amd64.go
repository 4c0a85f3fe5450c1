//go:build amd64 && !purego

package gram

import "github.com/quadraw/quadraw/internal/cpu"

func products(dst *[blockRows * Align]int32, pairs []int16, a, b, stride int) {
	switch f := cpu.X86(); {
	case f.VNNI:
		blockVNNI(&dst[0], &pairs[a], &pairs[b], 2*stride, len(pairs)/stride)
	case f.AVX2:
		blockAVX2(&dst[0], &pairs[a], &pairs[b], 2*stride, len(pairs)/stride)
	default:
		generic(dst, pairs, a, b, stride)
	}
}

func interleaveRows(dst, a, b []int16) {
	if !cpu.X86().AVX2 {
		interleaveGeneric(dst, a, b)
		return
	}
	interleaveAVX2(&dst[0], &a[0], &b[0], len(b)/8)
}
