//go:build !amd64 || purego

package bank

import "image"

func bestSet() kernelSet { return setGeneric }

func (kernelSet) boxRow(f *Features, u int) { f.boxRow(u) }

func (kernelSet) muMosaic(mu []int32, src *Plane, x, y int) { muMosaicGeneric(mu, src, x, y) }

func (kernelSet) muColor(mu []int32, src *RGB, x, y int) { muColorGeneric(mu, src, x, y) }

func (kernelSet) reduce(_ *Features, dst, src []int16, n int) { reduce(dst[:n], src[:n]) }

func (kernelSet) bayerRow(f *Features, v int) { f.bayerRow(v) }

func (kernelSet) binRow(_ *Features, dst, top, bottom []int16, n int) { binRow(dst[:n], top, bottom) }

func (kernelSet) cellRow(f *Features, v int, top, bottom []int16) {
	cellRow(f.unit.row(fH, v)[:f.area.Dx()], f.unit.row(fV, v), f.unit.row(xD, v), f.unit.row(xU, v), top, bottom)
}

func (kernelSet) straightRow(f *Features, y int) { f.straightRow(y) }

func (kernelSet) diagonalRow(f *Features, y int) { f.diagonalRow(y) }

func (kernelSet) smooth3(_ *Features, dst, a, b, c []uint16, shift int) { smooth3(dst, a, b, c, shift) }

func (kernelSet) differences(f *Features, l, dr, db []int16, at, n int) {
	src := f.rgb
	differences(l[:n], dr[:n], db[:n], src.Pix[0][at:], src.Pix[1][at:], src.Pix[2][at:])
}

func (kernelSet) colorRow(f *Features, v int) { f.colorRow(v) }

func (kernelSet) mosaicFeatures(f *Features, rows [][]uint32, b int) {
	mosaicFeatures(rows, &f.sum[b], one[b], f.width)
}

func (kernelSet) cellFeatures(f *Features, rows [][]uint32, b int) {
	cellFeatures(rows, &f.sum[b], one[b], f.width)
}

func (kernelSet) colorFeatures(f *Features, rows [][]uint32, b int) {
	colorFeatures(rows, &f.sum[b], one[b], f.width)
}

// Only assembly sorts units.

func (kernelSet) classify(_ *phase, _ *Features, _ units, _ []uint8, _ *Scratch) {}

func (kernelSet) bucket(*phase, *RGB, *Plane, *bandScratch, image.Point, blockOf, int, int) {}

func (kernelSet) merge(*Cascade, *stage, int, *RGB, *Plane, *bandScratch, image.Point, blockOf, int) {
}
