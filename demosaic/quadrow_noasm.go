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

func quadDiffAlongRow(dst []float32, src []int16, place int) {
	quadDiffAlongRowGeneric(dst, src, place)
}

func quadDiffDownRow(dst []float32, src []int16, at, down, place int) {
	quadDiffDownRowGeneric(dst, src, at, down, place)
}

func quadOtherRow(dst, d []float32, place, n int) { quadOtherRowGeneric(dst, d, place, n) }

func quadWriteRow(own, green, other, pix []int16, d, o []float32, at, down, place int) {
	quadWriteRowGeneric(own, green, other, pix, d, o, at, down, place)
}

func quadRangeRow(value, diff []float32, step, n int) { quadRangeRowGeneric(value, diff, step, n) }

func quadSmoothDownRow(smooth, err, diff []float32, step, n int) {
	quadSmoothDownRowGeneric(smooth, err, diff, step, n)
}

func quadSmoothAlongRow(smooth, errA, errB, a, b []float32, n int) {
	quadSmoothAlongRowGeneric(smooth, errA, errB, a, b, n)
}
