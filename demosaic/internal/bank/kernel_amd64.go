//go:build amd64 && !purego

package bank

import (
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

// filterKernels are indexed by instruction set, window, planes and the kind of
// output: up to 8 lanes, 16 lanes, 8 lanes to a mosaic.
var filterKernels = [2][2][2][3]func(*byte){
	{
		{{filter6x1_8AVX2, filter6x1_16AVX2, filter6x1_8MosaicAVX2}, {filter6x3_8AVX2, filter6x3_16AVX2, filter6x3_8MosaicAVX2}},
		{{filter8x1_8AVX2, filter8x1_16AVX2, filter8x1_8MosaicAVX2}, {filter8x3_8AVX2, filter8x3_16AVX2, filter8x3_8MosaicAVX2}},
	}, {
		{{filter6x1_8VNNI, filter6x1_16VNNI, filter6x1_8MosaicVNNI}, {filter6x3_8VNNI, filter6x3_16VNNI, filter6x3_8MosaicVNNI}},
		{{filter8x1_8VNNI, filter8x1_16VNNI, filter8x1_8MosaicVNNI}, {filter8x3_8VNNI, filter8x3_16VNNI, filter8x3_8MosaicVNNI}},
	},
}

// filter runs p on u, or reports that it cannot.
func (k kernelSet) filter(p *phase, dst, prev *RGB, src *Plane, u units, s *Scratch) bool {
	q := p.packed
	if k == setGeneric || q == nil || u.n == 0 {
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
	filterKernels[k-setAVX2][q.width/2-3][q.planes/2][kind]((*byte)(unsafe.Pointer(a)))
	return true
}

// classify writes the leaves of u into s.class.
func (k kernelSet) classify(p *phase, features [][]uint32, u units, s *Scratch) {
	q := p.program
	if k != setAVX512 || q == nil || u.step > 2 {
		p.tree.classify(s.class[:u.n], features, u.first, u.step)
		return
	}
	t := &s.trees
	t.prepare()
	n := (u.n + 63) &^ 63
	_ = s.class[:n]
	for i, f := range features {
		f = f[:cap(f)]
		_ = f[u.first+u.step*n-1]
		t.rows[i] = &f[u.first]
	}
	a := &t.args
	a.rows, a.groups, a.count = &t.rows[0], &q.groups[0], len(q.groups)
	a.tests, a.resolve, a.nodes = &q.tests[0], &q.resolve[0], len(q.tests)
	a.bits, a.slots, a.class, a.n = &t.bits[0], &t.slots[0], &s.class[0], n
	if u.step == 1 {
		treeAVX512((*byte)(unsafe.Pointer(a)))
	} else {
		treeHalfAVX512((*byte)(unsafe.Pointer(a)))
	}
}

func (k kernelSet) boxRow(f *Features, u int) {
	if k != setAVX512 {
		f.boxRow(u)
		return
	}
	a := &f.args
	w := f.area.Dx()
	o := (u - boxReach - f.area.Min.Y) * w
	for i := range f.planes {
		_, _ = f.sum[1][i][f.width+31], f.sum[2][i][f.width+31]
		_ = f.unit[i][o+4*w+w+31]
		a.src[i], a.three[i], a.five[i] = &f.unit[i][o], &f.sum[1][i][0], &f.sum[2][i][0]
	}
	a.width, a.stride, a.planes = f.width, 2*w, f.planes
	a.second = 2 * (w + slack)
	_ = f.column[w+slack+w+36]
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
