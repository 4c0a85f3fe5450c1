//go:build amd64 && !purego

package dft

import "github.com/quadraw/quadraw/internal/cpu"

//go:generate go run -C ../../../internal/asmgen ./noise/dft -out ../../noise/internal/dft/kernel_amd64.s -stubs ../../noise/internal/dft/kernel_stubs_amd64.go -pkg dft

var implementation = choose(cpu.X86())

type kind int

const (
	generic kind = iota
	avx2
	avx512
)

func choose(f cpu.Features) kind {
	switch {
	case f.AVX512:
		return avx512
	case f.AVX2:
		return avx2
	}
	return generic
}

func transform(dstRe, dstIm []float32, dstStep int, srcRe, srcIm []float32, srcStep int, tmp *line) {
	// The last point of each must be there: assembly checks nothing.
	d, s := (N-1)*dstStep+Lanes-1, (N-1)*srcStep+Lanes-1
	_, _, _, _ = dstRe[d], dstIm[d], srcRe[s], srcIm[s]
	switch implementation {
	case avx512:
		transformAVX512(&dstRe[0], &dstIm[0], 4*dstStep, &srcRe[0], &srcIm[0], 4*srcStep, &tmp[0])
	case avx2:
		transformAVX2(&dstRe[0], &dstIm[0], 4*dstStep, &srcRe[0], &srcIm[0], 4*srcStep, &tmp[0])
	default:
		transformGeneric(dstRe, dstIm, dstStep, srcRe, srcIm, srcStep, tmp)
	}
}

func split(dst []float32, z *line) {
	dst = dst[: 2*Half*2*Lanes : 2*Half*2*Lanes]
	switch implementation {
	case avx512:
		splitAVX512(&dst[0], &z[0])
	case avx2:
		splitAVX2(&dst[0], &z[0])
	default:
		splitGeneric(dst, z)
	}
}

func join(z *line, src []float32) {
	src = src[: 2*Half*2*Lanes : 2*Half*2*Lanes]
	switch implementation {
	case avx512:
		joinAVX512(&z[0], &src[0])
	case avx2:
		joinAVX2(&z[0], &src[0])
	default:
		joinGeneric(z, src)
	}
}
