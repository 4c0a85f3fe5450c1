//go:build !amd64 || purego

package dft

func transform(dstRe, dstIm []float32, dstStep int, srcRe, srcIm []float32, srcStep int, tmp *line) {
	transformGeneric(dstRe, dstIm, dstStep, srcRe, srcIm, srcStep, tmp)
}

func split(dst []float32, z *line) { splitGeneric(dst, z) }

func join(z *line, src []float32) { joinGeneric(z, src) }
