// Package cpu tells which kernel implementations this machine can run. The
// answers are fixed at start; the build tag purego makes all of them false.
package cpu

// Features are the instruction sets that kernels of this module are written
// for.
type Features struct {
	// AVX2: 256-bit integer vectors, with BMI1/2 and FMA.
	AVX2 bool
	// AVX512: the F, BW, DQ and VL sets.
	AVX512 bool
	// VNNI: AVX512 and 16-bit dot products (VPDPWSSD).
	VNNI bool
	// VBMI: AVX512 and byte permutations across a register (VPERMB).
	VBMI bool
	// GFNI: AVX512 and products of bit matrices (VGF2P8AFFINEQB).
	GFNI bool
}

// X86 returns the features of this machine; all false on other architectures.
func X86() Features { return x86 }
