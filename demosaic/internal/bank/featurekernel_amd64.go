//go:build amd64 && !purego

package bank

import "unsafe"

// rowKernels make unit planes, sums and means, with one set's vectors.
type rowKernels struct {
	reduce, differences, bayerRow, bayerPlainRow, colorRow, binRow, cellRow, straightRow, diagonalRow func(*byte)
	mosaicFeatures, cellFeatures, colorFeatures                                                       func(*byte)

	box       [3]func(*byte) // over 3 units, over 5, over both
	smoothRow func(*byte, int)
	muMosaic  func(*int32, *int16, int, int)
	muColor   func(*int32, *int16, *int16, *int16, int, int)
	units     int // means, or units of rows to write, at once
}

var rowsAVX2 = rowKernels{
	reduce: reduceAVX2, differences: differencesAVX2, bayerRow: bayerRowAVX2, bayerPlainRow: bayerPlainRowAVX2, colorRow: colorRowAVX2,
	binRow: binRowAVX2, cellRow: cellRowAVX2, straightRow: straightRowAVX2, diagonalRow: diagonalRowAVX2, box: [3]func(*byte){box3AVX2, box5AVX2, box3and5AVX2},
	mosaicFeatures: mosaicFeaturesAVX2, cellFeatures: cellFeaturesAVX2, colorFeatures: colorFeaturesAVX2,
	smoothRow: smoothRowAVX2, muMosaic: muMosaicAVX2, muColor: muColorAVX2, units: 8,
}

var rowsAVX512 = rowKernels{
	reduce: reduceAVX512, differences: differencesAVX512, bayerRow: bayerRowAVX512, bayerPlainRow: bayerPlainRowAVX512, colorRow: colorRowAVX512,
	binRow: binRowAVX512, cellRow: cellRowAVX512, straightRow: straightRowAVX512, diagonalRow: diagonalRowAVX512, box: [3]func(*byte){box3AVX512, box5AVX512, box3and5AVX512},
	mosaicFeatures: mosaicFeaturesAVX512, cellFeatures: cellFeaturesAVX512, colorFeatures: colorFeaturesAVX512,
	smoothRow: smoothRowAVX512, muMosaic: muMosaicAVX512, muColor: muColorAVX512, units: 16,
}

func (k kernelSet) rows() *rowKernels {
	if k == setAVX2 {
		return &rowsAVX2
	}
	return &rowsAVX512
}

// The kernels of the features work on whole vectors and read and write up to
// slack entries behind the end of a row, where the next row of a ring lies or
// nothing does. Each checks its last access.

// from lets a kernel read n entries of a row, of which the last few do not
// count.
func (a *planeArgs) from(row int, s []int16, n int) { a.rows[row] = &s[:n][0] }

// to lets a kernel write as many to row y of some planes.
func (a *planeArgs) to(r *ring[uint16], y, n int, planes ...int) {
	row := r.row(0, y)
	for i, p := range planes {
		a.out[i] = &row[p*r.pitch:][:n][0]
	}
}

func (a *planeArgs) run(kernel func(*byte), n int) {
	a.n = n
	kernel((*byte)(unsafe.Pointer(a)))
}

func (k kernelSet) reduce(f *Features, dst, src []int16, n int) {
	if k == setGeneric || len(src) < n+31 {
		reduce(dst[:n], src[:n])
		return
	}
	f.args.from(0, src, n+31)
	f.args.out[0] = (*uint16)(unsafe.Pointer(&dst[:n+31][0]))
	f.args.run(k.rows().reduce, n)
}

// around points the arguments at count rows of reduced samples from row y on,
// of which a kernel reads n samples from sample x of the area on.
func (f *Features) around(y, count, x, n int) {
	var rows [len(f.args.rows)][]int16
	f.reduced.following(rows[:count], y)
	for i, row := range rows[:count] {
		_ = row[(f.reduced.planes-1)*f.reduced.pitch+rowBorder+x+n+bayerReach]
		f.args.rows[i] = &row[rowBorder+x]
	}
}

func (k kernelSet) bayerRow(f *Features, v int) {
	if k == setGeneric {
		f.bayerRow(v)
		return
	}
	n := f.area.Dx()
	f.around(2*v-bayerReach, 2+2*bayerReach, 0, 2*n+62)
	f.args.to(&f.unit, v, n+31, gH, gV, aH, aV, dD, dU, eE, nN)
	kernel := k.rows().bayerRow
	if f.unused.all()>>eE&1 != 0 {
		kernel = k.rows().bayerPlainRow
	}
	f.args.run(kernel, n)
}

func (k kernelSet) colorRow(f *Features, v int) {
	if k == setGeneric {
		f.colorRow(v)
		return
	}
	n := f.area.Dx()
	f.around(2*v-1, 4, 0, 2*n+62)
	f.args.second = 2 * f.reduced.pitch
	f.args.to(&f.unit, v, n+31, lH, lV, lD, lU, cH, cV, zZ, cC, mM)
	f.args.run(k.rows().colorRow, n)
}

func (k kernelSet) differences(f *Features, l, dr, db []int16, at, n int) {
	src := f.rgb
	if k == setGeneric || len(src.Pix[0]) < at+n+31 || len(src.Pix[1]) < at+n+31 || len(src.Pix[2]) < at+n+31 {
		differences(l[:n], dr[:n], db[:n], src.Pix[0][at:], src.Pix[1][at:], src.Pix[2][at:])
		return
	}
	for i, p := range [...][]int16{l, dr, db} {
		f.args.from(i, src.Pix[i][at:], n+31)
		f.args.out[i] = (*uint16)(unsafe.Pointer(&p[:n+31][0]))
	}
	f.args.run(k.rows().differences, n)
}

func (k kernelSet) binRow(f *Features, dst, top, bottom []int16, n int) {
	if k == setGeneric || len(bottom) < 2*n+31 {
		binRow(dst[:n], top, bottom)
		return
	}
	f.args.from(0, top, 2*n+31)
	f.args.from(1, bottom, 2*n+31)
	f.args.out[0] = (*uint16)(unsafe.Pointer(&dst[:n+15][0]))
	f.args.run(k.rows().binRow, n)
}

func (k kernelSet) cellRow(f *Features, v int, top, bottom []int16) {
	n := f.area.Dx()
	if k == setGeneric || len(bottom) < 2*n+62 {
		cellRow(f.unit.row(fH, v)[:n], f.unit.row(fV, v), f.unit.row(xD, v), f.unit.row(xU, v), top, bottom)
		return
	}
	f.args.from(0, top, 2*n+62)
	f.args.from(1, bottom, 2*n+62)
	f.args.to(&f.unit, v, n+31, fH, fV, xD, xU)
	f.args.run(k.rows().cellRow, n)
}

func (k kernelSet) straightRow(f *Features, y int) {
	if k == setGeneric {
		f.straightRow(y)
		return
	}
	n := f.area.Dx() + 2
	f.around(y-3, 7, -1, n+31)
	f.args.to(&f.straight, y, n+31, gH, gV, aH, aV, nN)
	f.args.run(k.rows().straightRow, n)
}

func (k kernelSet) diagonalRow(f *Features, y int) {
	if k == setGeneric {
		f.diagonalRow(y)
		return
	}
	n := f.area.Dx() + 4
	f.around(y-2, 5, -2, n+31)
	f.args.to(&f.diagonal, y, n+31, dD, dU, eE)
	f.args.run(k.rows().diagonalRow, n)
}

func (k kernelSet) smooth3(f *Features, dst, a, b, c []uint16, shift int) {
	if k == setGeneric {
		smooth3(dst, a, b, c, shift)
		return
	}
	n := len(dst)
	for i, r := range [...][]uint16{a, b, c} {
		f.args.rows[i] = (*int16)(unsafe.Pointer(&r[:n+63][0]))
	}
	f.args.out[0], f.args.n = &dst[:n+31][0], n
	k.rows().smoothRow((*byte)(unsafe.Pointer(&f.args)), shift)
}

func (k kernelSet) boxRow(f *Features, u int) {
	if k == setGeneric {
		f.boxRow(u)
		return
	}
	a, n := &f.boxes, f.width+95
	var rows [len(a.rows)][]uint16
	f.unit.following(rows[:], u-boxReach)
	for i, row := range rows {
		_ = row[(f.planes-1)*f.unit.pitch+n]
		a.rows[i] = &row[0]
	}
	last := (f.planes-1)*f.sumPitch + f.width + 32
	_, _ = f.sum[1][0][last], f.sum[2][0][last]
	a.three, a.five, a.width = &f.sum[1][0][0], &f.sum[2][0][0], f.width+1
	three, five := ^f.unused[1], ^f.unused[2]
	for i, planes := range [3]uint16{three &^ five, five &^ three, three & five} {
		a.count = 0
		for p := range f.planes {
			if planes>>p&1 != 0 {
				a.planes[a.count] = [2]int{2 * p * f.unit.pitch, 2 * p * f.sumPitch}
				a.count++
			}
		}
		if a.count > 0 {
			k.rows().box[i]((*byte)(unsafe.Pointer(a)))
		}
	}
}

// ratios points the arguments at the sums over boxes of number b.
func (f *Features) ratios(rows [][]uint32, b int) *byte {
	a := &f.ratio
	for i := range f.planes {
		s := f.sum[b][i]
		a.in[i] = &s[:f.width+15][0]
	}
	for i, r := range rows {
		a.out[i] = &r[:f.width+15][0]
	}
	a.one, a.n = int(one[b]), f.width
	return (*byte)(unsafe.Pointer(a))
}

func (k kernelSet) mosaicFeatures(f *Features, rows [][]uint32, b int) {
	if k == setGeneric {
		mosaicFeatures(rows, &f.sum[b], one[b], f.width)
		return
	}
	k.rows().mosaicFeatures(f.ratios(rows, b))
}

func (k kernelSet) cellFeatures(f *Features, rows [][]uint32, b int) {
	if k == setGeneric {
		cellFeatures(rows, &f.sum[b], one[b], f.width)
		return
	}
	k.rows().cellFeatures(f.ratios(rows, b))
}

func (k kernelSet) colorFeatures(f *Features, rows [][]uint32, b int) {
	if k == setGeneric {
		colorFeatures(rows, &f.sum[b], one[b], f.width)
		return
	}
	k.rows().colorFeatures(f.ratios(rows, b))
}
