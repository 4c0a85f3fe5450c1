//go:build !amd64 || purego

package demosaic

func quadAcrossRow(dst, src []uint16, second int) { quadAcrossRowGeneric(dst, src, second) }

func quadBendRow(dst []int16, src []uint16, second int) { quadBendRowGeneric(dst, src, second) }

func quadBilinearRow(own, green, other []uint16, r *quadRows, first int, _ bool) {
	quadBilinearRowGeneric(own, green, other, r, first)
}

func quadMalvarRow(own, green, other []uint16, r *quadRows, first int, _ bool) {
	quadMalvarRowGeneric(own, green, other, r, first)
}

func turnsRow(dst, even, odd []uint16, top uint16) { turnsRowGeneric(dst, even, odd, top) }
