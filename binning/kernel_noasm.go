package binning

func sum2(dst, r0, r1 []uint16, round uint32, shift uint) { sum2Generic(dst, r0, r1, round, shift) }

func sum3(dst, r0, r1, r2 []uint16, round uint32, scale float32) {
	sum3Generic(dst, r0, r1, r2, round, scale)
}

func sum4(dst, r0, r1, r2, r3 []uint16, round uint32, shift uint) {
	sum4Generic(dst, r0, r1, r2, r3, round, shift)
}

func pair(dst, src []uint16) { pairGeneric(dst, src) }

func lin(dst []uint16, n int, rows *[4][]uint16, coeffs *[4][]int16, k []int32, shift uint) {
	linGeneric(dst, n, *rows, *coeffs, k, shift)
}
