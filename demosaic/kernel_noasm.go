//go:build !amd64 || purego

package demosaic

func levelsRowArch(dst []int32, src []uint16, black, scale []float32, top int32) {
	levelsRowGeneric(dst, src, black, scale, top)
}

func bilinearRowArch(own, green, other []uint16, up, mid, down []int32, first int, pedestal int32) {
	bilinearRowGeneric(own, green, other, up, mid, down, first, pedestal)
}

func malvarRowArch(own, green, other []uint16, r *[5][]int32, first int, pedestal int32) {
	malvarRowGeneric(own, green, other, r, first, pedestal)
}

func intoRowArch(dst []int16, src []uint16, black, scale, gain []float32, c *curve) {
	intoRowGeneric(dst, src, black, scale, gain, c)
}

func outOfRowArch(dst []uint16, src []int16, scale, removed []float32, black, top float32, bias *biasCurve, c *curve) {
	outOfRowGeneric(dst, src, scale, removed, black, top, bias, c)
}

func spanRow(span []int16, planes *[3][]int16, at, stride int, _ []int16) int16 {
	return spanRowGeneric(span, planes, at, stride)
}
