//go:build amd64 && !purego

package bank

import (
	"image"
	"math/bits"
	"unsafe"

	"github.com/quadraw/quadraw/internal/cpu"
)

// bestSet returns what this machine runs best.
func bestSet() kernelSet {
	switch f := cpu.X86(); {
	case f.VNNI && f.VBMI && f.GFNI:
		return setVBMI
	case f.VNNI:
		return setAVX512
	case f.AVX2:
		return setAVX2
	}
	return setGeneric
}

// bucketKernels are indexed by set, window, planes and kind: eight filters, eight
// of a round window, four.
var bucketKernels = [2][2][2][3]func(*byte){{
	{{bucket6x1_8AVX2, bucket6x1_8RoundAVX2, bucket6x1_4AVX2}, {bucket6x3_8AVX2, bucket6x3_8RoundAVX2, bucket6x3_4AVX2}},
	{{bucket8x1_8AVX2, bucket8x1_8RoundAVX2, bucket8x1_4AVX2}, {bucket8x3_8AVX2, bucket8x3_8RoundAVX2, bucket8x3_4AVX2}},
}, {
	{{bucket6x1_8VNNI, bucket6x1_8RoundVNNI, bucket6x1_4VNNI}, {bucket6x3_8VNNI, bucket6x3_8RoundVNNI, bucket6x3_4VNNI}},
	{{bucket8x1_8VNNI, bucket8x1_8RoundVNNI, bucket8x1_4VNNI}, {bucket8x3_8VNNI, bucket8x3_8RoundVNNI, bucket8x3_4VNNI}},
}}

// bucket runs p on the sorted units of a block, which are cell units apart, of
// the band whose first unit is at corner; stride is that of the planes of
// windows.
func (k kernelSet) bucket(p *phase, prev *RGB, src *Plane, b *bandScratch, corner image.Point, u blockOf, cell, stride int) {
	q, a := p.buckets, &b.args
	margin := (q.width - 2) / 2
	px, py := corner.X+2*u.x-margin, corner.Y+2*u.v-margin
	window := func(pix []int16, first int) *int16 {
		// The last sample that the kernel reads must exist.
		_ = pix[first+(2*cell*(u.rows-1)+q.width-1)*stride+2*cell*(u.n-1)+q.width-1]
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
	last := cell * ((u.rows-1)*stride + u.n - 1)
	mu := b.mu[u.v*stride+u.x:]
	_ = mu[last]
	a.mu, a.list = &mu[0], &b.list[0]
	for i, coef := range [2][]int16{q.eight, q.four} {
		if coef == nil {
			continue
		}
		rec, kind := b.rec[0], 2*i
		switch {
		case i == 1 && q.eight != nil:
			rec = b.rec[1]
		case i == 0 && q.round:
			kind = 1
		}
		rec = rec[recWords*(u.v*stride+u.x):]
		_ = rec[recWords*last+recWords-1]
		a.coef, a.out = &coef[0], &rec[0]
		a.starts, a.leaves, a.leaf, a.at = &b.starts[0], p.tree.Leaves(), 0, 0
		bucketKernels[k.wide()][q.width/2-3][q.planes/2][kind]((*byte)(unsafe.Pointer(a)))
	}
}

// merge writes the records of a block, whose units are side by side, as rows.
func (k kernelSet) merge(c *Cascade, st *stage, i int, dst *RGB, src *Plane, b *bandScratch, corner image.Point, u blockOf, stride int) {
	a, cell := &b.merge, c.cell
	a.n, a.rows = u.n, u.rows
	lanes := k.rows().units
	whole := (u.n + lanes - 1) &^ (lanes - 1) // units that kernels read records of
	at := recWords * (u.v*stride + u.x)
	_ = b.rec[0][at+recWords*(cell*(u.rows-1)*stride+whole)-1]
	a.rec, a.second = &b.rec[0][at], &b.rec[1][at]
	a.nextRec = 2 * recWords * (cell*stride - whole)
	a.nextMosaic = 4 * (cell*src.Stride - whole)
	a.nextDst = 4 * (cell*dst.Stride - whole)

	x, y := corner.X+2*u.x, corner.Y+2*u.v
	below := 2 * cell * (u.rows - 1)
	mosaic := c.remosaic && i == len(c.stages)-1
	full := !st.known && !mosaic
	for row := range 2 {
		from := src.at(x, y+row)
		_ = src.Pix[from+below*src.Stride+2*u.n-1]
		a.mosaic[row] = &src.Pix[from]
		to := dst.at(x, y+row)
		out := func(color int) *int16 {
			_ = dst.Pix[color][to+below*dst.Stride+2*u.n-1]
			return &dst.Pix[color][to]
		}
		masks := &c.kept[(y+row)&3][x&3]
		switch third := int(thirdColor(cell, y+row)); {
		case mosaic:
			a.dst[row][0], a.mask[row][0] = out(0), 0
			if st.known {
				m := &c.keptBayer[(y+row)&3][x&3]
				a.mask[row][0] = m[0] | m[1] | m[2]
			}
		case full:
			a.dst[row] = [3]*int16{out(0), out(1), out(2)}
		default:
			a.dst[row] = [3]*int16{out(1 - third/2), out(2 - third/2), out(third)}
			a.mask[row] = [2]uint32{masks[1-third/2], masks[2-third/2]}
		}
	}
	kind := 0
	switch {
	case mosaic:
		kind = 2
	case full:
		kind = 1
	}
	mergeKernels[k.wide()][kind]((*byte)(unsafe.Pointer(a)))
}

// mergeKernels are indexed by set and by what the mosaic gives: a third of the
// samples, none, or the only plane.
var mergeKernels = [2][3]func(*byte){{mergeKeptAVX2, mergeFullAVX2, mergeBayerAVX2}, {mergeKeptAVX512, mergeFullAVX512, mergeBayerAVX512}}

// wide is 1 for sets with AVX-512.
func (k kernelSet) wide() int {
	if k < setAVX512 {
		return 0
	}
	return 1
}

// classify writes the leaves of u, whose sums over boxes f has, into class.
func (k kernelSet) classify(p *phase, f *Features, u units, class []uint8, s *Scratch) {
	q, t := p.program, &s.trees
	n := (u.n + 63) &^ 63
	class = class[:n]
	if len(q.tests) == 0 {
		clear(class)
		return
	}
	t.prepare(q, n, k)
	a := &t.args
	for b, planes := range q.needs {
		for ; planes != 0; planes &= planes - 1 {
			i := bits.TrailingZeros16(planes)
			row := f.sum[b][i]
			_ = row[u.first+u.step*n-1]
			a.in[b][i] = &row[u.first]
		}
	}
	a.slots, a.bits, a.results, a.class, a.n = &t.slots[0], &t.bits[0], &t.results[0], &class[0], n
	a.block = len(q.bushes) * bushBytes
	a.gather, a.gatherN = unsafe.SliceData(q.gather), len(q.gather)
	for i := range q.terms {
		a.terms[i], a.termN[i] = unsafe.SliceData(q.terms[i]), len(q.terms[i])
	}
	a.derived, a.derivedN = unsafe.SliceData(q.derived), len(q.derived)
	for i := range q.groups {
		a.groups[i], a.groupN[i] = unsafe.SliceData(q.groups[i]), len(q.groups[i])
	}
	a.tests, a.forks, a.nodes = &q.tests[0], &q.forks[0], len(q.forks)
	a.bushes, a.bushN, a.exits = &q.bushes[0], len(q.bushes), unsafe.SliceData(q.exits)
	treeKernels[k-setAVX2][u.step-1]((*byte)(unsafe.Pointer(a)))
}

// treeKernels are indexed by set and by the units' distance.
var treeKernels = [...][2]func(*byte){{tree1AVX2, tree2AVX2}, {tree1AVX512, tree2AVX512}, {tree1VBMI, tree2VBMI}}

func (k kernelSet) muMosaic(mu []int32, src *Plane, x, y int) {
	run, n := k.rows(), len(mu)
	if k == setGeneric || n < run.units {
		muMosaicGeneric(mu, src, x, y)
		return
	}
	o := src.at(x-1, y-1)
	_ = src.Pix[o+3*src.Stride+2*n+1]
	whole := n &^ (run.units - 1)
	run.muMosaic(&mu[0], &src.Pix[o], 2*src.Stride, whole)
	if i := n - run.units; whole < n {
		run.muMosaic(&mu[i], &src.Pix[o+2*i], 2*src.Stride, run.units)
	}
}

func (k kernelSet) muColor(mu []int32, src *RGB, x, y int) {
	run, n := k.rows(), len(mu)
	if k == setGeneric || n < run.units {
		muColorGeneric(mu, src, x, y)
		return
	}
	o := src.at(x, y)
	for c := range src.Pix {
		_ = src.Pix[c][o+src.Stride+2*n-1]
	}
	whole := n &^ (run.units - 1)
	run.muColor(&mu[0], &src.Pix[0][o], &src.Pix[1][o], &src.Pix[2][o], 2*src.Stride, whole)
	if i := n - run.units; whole < n {
		o += 2 * i
		run.muColor(&mu[i], &src.Pix[0][o], &src.Pix[1][o], &src.Pix[2][o], 2*src.Stride, run.units)
	}
}
