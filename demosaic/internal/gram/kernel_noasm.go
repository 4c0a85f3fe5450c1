//go:build !amd64 || purego

package gram

func products(dst *[blockRows * Align]int32, pairs []int16, a, b, stride int) {
	generic(dst, pairs, a, b, stride)
}

func interleaveRows(dst, a, b []int16) { interleaveGeneric(dst, a, b) }
