//go:build amd64 && !purego

package bank

import (
	"image"
	"unsafe"

	"github.com/quadraw/quadraw/internal/cpu"
)

// bestSet returns what this machine runs best.
func bestSet() kernelSet {
	switch f := cpu.X86(); {
	case f.VNNI:
		return setAVX512
	case f.AVX2:
		return setAVX2
	}
	return setGeneric
}

// filterKernels are indexed by window, planes and the kind of output: up to 8
// lanes, 16 lanes, 8 lanes to a mosaic.
var filterKernels = [2][2][3]func(*byte){
	{{filter6x1_8AVX2, filter6x1_16AVX2, filter6x1_8MosaicAVX2}, {filter6x3_8AVX2, filter6x3_16AVX2, filter6x3_8MosaicAVX2}},
	{{filter8x1_8AVX2, filter8x1_16AVX2, filter8x1_8MosaicAVX2}, {filter8x3_8AVX2, filter8x3_16AVX2, filter8x3_8MosaicAVX2}},
}

// bucketKernels are indexed by window, planes and whether there are four
// filters, not eight.
var bucketKernels = [2][2][2]func(*byte){
	{{bucket6x1_8VNNI, bucket6x1_4VNNI}, {bucket6x3_8VNNI, bucket6x3_4VNNI}},
	{{bucket8x1_8VNNI, bucket8x1_4VNNI}, {bucket8x3_8VNNI, bucket8x3_4VNNI}},
}

// bucket runs p on the sorted units of a block: unit x of row v of the band is
// the first, and there are n in each of rows rows, cell units apart.
func (k kernelSet) bucket(p *phase, prev *RGB, src *Plane, b *bandScratch, left, top, x, v, rows, n, cell, stride int) {
	q, a := p.buckets, &b.args
	margin := (q.width - 2) / 2
	px, py := left+2*x-margin, top+2*v-margin
	window := func(pix []int16, first int) *int16 {
		// The last sample that the kernel reads must exist.
		_ = pix[first+(2*cell*(rows-1)+q.width-1)*stride+2*cell*(n-1)+q.width-1]
		return &pix[first]
	}
	if prev == nil {
		a.src[0] = window(src.Pix, src.at(px, py))
	} else {
		for c := range a.src {
			a.src[c] = window(prev.Pix[c], prev.at(px, py))
		}
	}
	a.stride = 2 * stride
	last := cell * ((rows-1)*stride + n - 1)
	mu := b.mu[v*stride+x:]
	_ = mu[last]
	a.mu, a.list = &mu[0], &b.list[0]
	for i, coef := range [2][]int16{q.eight, q.four} {
		if coef == nil {
			continue
		}
		rec := b.rec[0]
		if i == 1 && q.eight != nil {
			rec = b.rec[1]
		}
		rec = rec[recWords*(v*stride+x):]
		_ = rec[recWords*last+recWords-1]
		a.coef, a.out = &coef[0], &rec[0]
		a.starts, a.leaves, a.leaf, a.at = &b.starts[0], p.tree.Leaves(), 0, 0
		bucketKernels[q.width/2-3][q.planes/2][i]((*byte)(unsafe.Pointer(a)))
	}
}

// merge writes the row of units at y, whose records begin at rec.
func (k kernelSet) merge(c *Cascade, st *stage, i int, dst *RGB, src *Plane, b *bandScratch, r image.Rectangle, y, rec int) {
	a := &b.merge
	n := r.Dx()
	a.n = n / 2
	// Kernels read records of 16 units at a time.
	_ = b.rec[0][rec+(a.n+15)&^15*recWords-1]
	a.rec, a.second = &b.rec[0][rec], &b.rec[1][rec]
	mosaic := c.remosaic && i == len(c.stages)-1
	full := !st.known && !mosaic
	for row := range 2 {
		from := src.Pix[src.at(r.Min.X, y+row):][:n]
		a.mosaic[row] = &from[0]
		at := dst.at(r.Min.X, y+row)
		out := func(color int) *int16 { return &dst.Pix[color][at : at+n][0] }
		masks := &c.kept[(y+row)&3][r.Min.X&3]
		switch third := int(thirdColor(c.cell, y+row)); {
		case mosaic:
			a.dst[row][0], a.mask[row][0] = out(0), 0
			if st.known {
				m := &c.keptBayer[(y+row)&3][r.Min.X&3]
				a.mask[row][0] = m[0] | m[1] | m[2]
			}
		case full:
			a.dst[row] = [3]*int16{out(0), out(1), out(2)}
		default:
			a.dst[row] = [3]*int16{out(1 - third/2), out(2 - third/2), out(third)}
			a.mask[row] = [2]uint32{masks[1-third/2], masks[2-third/2]}
		}
	}
	p := (*byte)(unsafe.Pointer(a))
	switch {
	case mosaic:
		mergeBayerAVX512(p)
	case full:
		mergeFullAVX512(p)
	default:
		mergeKeptAVX512(p)
	}
}

// filter runs p on u, or reports that it cannot.
func (k kernelSet) filter(p *phase, dst, prev *RGB, src *Plane, u units, s *Scratch) bool {
	q := p.packed
	if q == nil || u.n == 0 {
		return false
	}
	a := &s.filters
	margin := (q.width - 2) / 2
	window := func(pix []int16, first, stride int) *int16 {
		// The last sample that the kernel reads must exist.
		_ = pix[first+(q.width-1)*stride+2*u.step*(u.n-1)+q.width-1]
		return &pix[first]
	}
	if prev == nil {
		a.src[0] = window(src.Pix, src.at(u.x-margin, u.y-margin), src.Stride)
		a.stride = 2 * src.Stride
	} else {
		for c := range a.src {
			a.src[c] = window(prev.Pix[c], prev.at(u.x-margin, u.y-margin), prev.Stride)
		}
		a.stride = 2 * prev.Stride
	}
	for c := range a.dst {
		first := dst.at(u.x, u.y)
		_ = dst.Pix[c][first+dst.Stride+2*u.step*(u.n-1)+1]
		a.dst[c] = &dst.Pix[c][first]
	}
	a.dstStride = 2 * dst.Stride
	_, _ = s.class[u.n-1], s.mu[u.first+u.step*(u.n-1)]
	a.class, a.mu = &s.class[0], &s.mu[u.first]
	a.coef, a.negSum, a.shuffle = &q.coef[0], &q.negSum[0], &q.shuffle
	a.n, a.step, a.muStep = u.n, 4*u.step, 4*u.step
	kind := 0
	switch {
	case q.mosaic:
		kind = 2
	case q.lanes == 16:
		kind = 1
	}
	filterKernels[q.width/2-3][q.planes/2][kind]((*byte)(unsafe.Pointer(a)))
	return true
}

// classify writes the leaves of u, whose sums over boxes f has, into class.
func (k kernelSet) classify(p *phase, f *Features, u units, class []uint8, s *Scratch) {
	q, t := p.program, &s.trees
	t.prepare()
	n := (u.n + 63) &^ 63
	class = class[:n]
	if len(q.tests) == 0 {
		clear(class)
		return
	}
	a := &t.args
	for b := range a.in {
		for i := range f.planes {
			row := f.sum[b][i]
			row = row[:cap(row)]
			_ = row[u.first+u.step*n-1]
			a.in[b][i] = &row[u.first]
		}
		a.levels[b] = uint32(one[b]) * 0x10001
	}
	first := func(list []group) *group {
		if len(list) == 0 {
			return nil
		}
		return &list[0]
	}
	for i, g := range q.groups {
		a.groups[i], a.groupN[i] = first(g), len(g)
	}
	if a.derived, a.derivedN = nil, len(q.derived); a.derivedN > 0 {
		a.derived = &q.derived[0]
	}
	a.slots, a.tests, a.resolve, a.nodes = &t.slots[0], &q.tests[0], &q.resolve[0], len(q.tests)
	a.bits, a.results, a.class, a.n = &t.bits[0], &t.results[0], &class[0], n
	treeKernels[min(f.stage, 1)][u.step-1]((*byte)(unsafe.Pointer(a)))
}

// treeKernels are indexed by kind of stage and by the units' distance.
var treeKernels = [2][2]func(*byte){{treeMosaic1AVX512, treeMosaic2AVX512}, {treeColor1AVX512, treeColor2AVX512}}

func (k kernelSet) boxRow(f *Features, u int) {
	if k != setAVX512 {
		f.boxRow(u)
		return
	}
	a := &f.boxes
	w := f.area.Dx()
	o := (u - boxReach - f.area.Min.Y) * f.pitch
	for i := range f.planes {
		_, _ = f.sum[1][i][f.width+31], f.sum[2][i][f.width+31]
		_ = f.unit[i][o+4*f.pitch+w+31]
		a.src[i], a.three[i], a.five[i] = &f.unit[i][o], &f.sum[1][i][0], &f.sum[2][i][0]
	}
	a.width, a.stride, a.planes = f.width, 2*f.pitch, f.planes
	second := (w + slack) &^ 31
	a.second = 2 * second
	_ = f.column[second+w+36]
	a.column = &f.column[0]
	boxAVX512((*byte)(unsafe.Pointer(a)))
}

func (k kernelSet) muMosaic(mu []int32, src *Plane, x, y int) {
	n := len(mu)
	if k != setAVX512 || n < 16 {
		muMosaicGeneric(mu, src, x, y)
		return
	}
	o := src.at(x-1, y-1)
	_ = src.Pix[o+3*src.Stride+2*n+1]
	muMosaicAVX512(&mu[0], &src.Pix[o], 2*src.Stride, n&^15)
	if n&15 != 0 {
		muMosaicAVX512(&mu[n-16], &src.Pix[o+2*(n-16)], 2*src.Stride, 16)
	}
}

func (k kernelSet) muColor(mu []int32, src *RGB, x, y int) {
	n := len(mu)
	if k != setAVX512 || n < 16 {
		muColorGeneric(mu, src, x, y)
		return
	}
	o := src.at(x, y)
	for c := range src.Pix {
		_ = src.Pix[c][o+src.Stride+2*n-1]
	}
	muColorAVX512(&mu[0], &src.Pix[0][o], &src.Pix[1][o], &src.Pix[2][o], 2*src.Stride, n&^15)
	if n&15 != 0 {
		o += 2 * (n - 16)
		muColorAVX512(&mu[n-16], &src.Pix[0][o], &src.Pix[1][o], &src.Pix[2][o], 2*src.Stride, 16)
	}
}

func (k kernelSet) keepRow(dst, src []int16, mask uint32) {
	n := len(src) &^ 31
	if k != setAVX512 {
		n = 0
	}
	dst = dst[:len(src)]
	if n > 0 {
		keepAVX512(&dst[0], &src[0], mask, n)
	}
	keepRowGeneric(dst[n:], src[n:], mask)
}

// The kernels of the features work on whole vectors and write up to slack
// entries behind the end of a row, where the next row comes to lie later or
// nothing does. Each checks its last access.

func (k kernelSet) reduce(f *Features, dst, src []int16, n int) {
	if k != setAVX512 || len(src) < n+31 {
		reduce(dst[:n], src[:n])
		return
	}
	_ = dst[n+31]
	f.args.src[0], f.args.out[0], f.args.n = &src[0], (*uint16)(unsafe.Pointer(&dst[0])), n
	reduceAVX512((*byte)(unsafe.Pointer(&f.args)))
}

// place points the arguments at b[at], whose rows around exist.
func (f *Features) place(b []int16, at, stride, before, after, n int) {
	_, _ = b[at-before*stride-before], b[at+after*stride+n+after]
	f.args.src[0], f.args.stride = &b[at], 2*stride
}

func (k kernelSet) bayerRow(f *Features, u int, b []int16, at, stride int) {
	if k != setAVX512 {
		f.bayerRow(u, b, at, stride)
		return
	}
	n := f.area.Dx()
	f.place(b, at, stride, 3, 4, 2*n+31)
	for i := range mosaicPlanes {
		f.args.out[i] = &f.unit[i][(u-f.area.Min.Y)*f.pitch:][:n+15][0]
	}
	f.args.n = n
	bayerRowAVX512((*byte)(unsafe.Pointer(&f.args)))
}

func (k kernelSet) colorRow(f *Features, u int, l, dr, db []int16, at, stride int) {
	if k != setAVX512 {
		f.colorRow(u, l, dr, db, at, stride)
		return
	}
	n := f.area.Dx()
	f.place(dr, at, stride, 1, 2, 2*n+31)
	f.place(db, at, stride, 1, 2, 2*n+31)
	f.place(l, at, stride, 1, 2, 2*n+31)
	f.args.src[1], f.args.src[2] = &dr[at], &db[at]
	for i := range colorPlanes {
		f.args.out[i] = &f.unit[i][(u-f.area.Min.Y)*f.pitch:][:n+15][0]
	}
	f.args.n = n
	colorRowAVX512((*byte)(unsafe.Pointer(&f.args)))
}

func (k kernelSet) differences(f *Features, l, dr, db []int16, src *RGB, at, n int) {
	if k != setAVX512 || len(src.Pix[0]) < at+n+31 || len(src.Pix[1]) < at+n+31 || len(src.Pix[2]) < at+n+31 {
		differences(l[:n], dr[:n], db[:n], src.Pix[0][at:], src.Pix[1][at:], src.Pix[2][at:])
		return
	}
	a := &f.args
	for i, p := range [...][]int16{l, dr, db} {
		a.out[i] = (*uint16)(unsafe.Pointer(&p[:n+31][0]))
		a.src[i] = &src.Pix[i][at]
	}
	a.n = n
	differencesAVX512((*byte)(unsafe.Pointer(a)))
}

func (k kernelSet) binRow(f *Features, dst, top, bottom []int16, n int) {
	if k != setAVX512 || len(bottom) < 2*n+31 {
		binRow(dst[:n], top, bottom)
		return
	}
	a := &f.args
	a.src[0], a.src[1], a.n = &top[0], &bottom[0], n
	a.out[0] = (*uint16)(unsafe.Pointer(&dst[:n+15][0]))
	binRowAVX512((*byte)(unsafe.Pointer(a)))
}

func (k kernelSet) cellRow(f *Features, u int, top, bottom []int16) {
	n := f.area.Dx()
	if k != setAVX512 || len(bottom) < 2*n+31 {
		cellRow(f.unitRow(fH, u), f.unitRow(fV, u), top, bottom)
		return
	}
	a := &f.args
	a.src[0], a.src[1], a.n = &top[0], &bottom[0], n
	o := (u - f.area.Min.Y) * f.pitch
	a.out[0], a.out[1] = &f.unit[fH][o : o+n+15][0], &f.unit[fV][o : o+n+15][0]
	cellRowAVX512((*byte)(unsafe.Pointer(a)))
}

func (k kernelSet) straightRow(f *Features, o, n int, b []int16, at, stride int) {
	if k != setAVX512 {
		straightRow(&f.rough, o, n, b, at, stride)
		return
	}
	f.place(b, at, stride, 3, 3, n+31)
	for i, p := range [...]int{gH, gV, aH, aV, nN} {
		f.args.out[i] = &f.rough[p][o : o+n+31][0]
	}
	f.args.n = n
	straightRowAVX512((*byte)(unsafe.Pointer(&f.args)))
}

func (k kernelSet) diagonalRow(f *Features, o, n int, b []int16, at, stride int) {
	if k != setAVX512 {
		diagonalRow(&f.rough, o, n, b, at, stride)
		return
	}
	f.place(b, at, stride, 2, 2, n+31)
	for i, p := range [...]int{dD, dU, eE} {
		f.args.out[i] = &f.rough[p][o : o+n+31][0]
	}
	f.args.n = n
	diagonalRowAVX512((*byte)(unsafe.Pointer(&f.args)))
}

func (k kernelSet) smooth3(f *Features, dst, src []uint16, pitch, width, height, shift int) {
	if k != setAVX512 {
		smooth3(dst, src, pitch, width, height, shift)
		return
	}
	a := &f.args
	a.stride, a.n = 2*(width+2), width
	for y := range height {
		s, d := src[y*(width+2):], dst[y*pitch:]
		_, _ = s[2*(width+2)+width+33], d[width+31]
		a.src[0], a.out[0] = (*int16)(unsafe.Pointer(&s[0])), &d[0]
		// The shift takes the place of a second source.
		smoothRowAVX512((*byte)(unsafe.Pointer(a)), shift)
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
	if k != setAVX512 {
		mosaicFeatures(rows, &f.sum[b], one[b], f.width)
		return
	}
	mosaicFeaturesAVX512(f.ratios(rows, b))
}

func (k kernelSet) cellFeatures(f *Features, rows [][]uint32, b int) {
	if k != setAVX512 {
		cellFeatures(rows, &f.sum[b], one[b], f.width)
		return
	}
	cellFeaturesAVX512(f.ratios(rows, b))
}

func (k kernelSet) colorFeatures(f *Features, rows [][]uint32, b int) {
	if k != setAVX512 {
		colorFeatures(rows, &f.sum[b], one[b], f.width)
		return
	}
	colorFeaturesAVX512(f.ratios(rows, b))
}
