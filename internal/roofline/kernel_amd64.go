//go:build amd64 && !purego

package roofline

import "github.com/quadraw/quadraw/internal/cpu"

func readAll(b []byte) {
	if cpu.X86().AVX2 {
		readAVX2(&b[0], len(b))
		return
	}
	readGeneric(b)
}

func streamClear(b []byte) {
	if cpu.X86().AVX2 {
		writeAVX2(&b[0], len(b))
		return
	}
	clear(b)
}

func streamCopy(dst, src []byte) {
	if cpu.X86().AVX2 {
		copyAVX2(&dst[0], &src[0], len(dst))
		return
	}
	copy(dst, src)
}

func integerMACs(n int) int {
	switch f := cpu.X86(); {
	case f.VNNI:
		intVNNI(n)
		return n * 10 * 32
	case f.AVX2:
		intAVX2(n)
		return n * 10 * 16
	}
	return integerGeneric(n)
}

func floatingMACs(n int) int {
	switch f := cpu.X86(); {
	case f.AVX512:
		floatAVX512(n)
		return n * 10 * 16
	case f.AVX2:
		floatAVX2(n)
		return n * 10 * 8
	}
	return floatingGeneric(n)
}
