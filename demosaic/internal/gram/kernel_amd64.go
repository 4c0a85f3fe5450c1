//go:build amd64 && !purego

package gram

import "github.com/quadraw/quadraw/internal/cpu"

func products(dst *[blockRows * Align]int32, pairs []int16, a, b, stride int) {
	if !cpu.X86().AVX2 {
		generic(dst, pairs, a, b, stride)
		return
	}
	blockAVX2(&dst[0], &pairs[a], &pairs[b], 2*stride, len(pairs)/stride)
}
