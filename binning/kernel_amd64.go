//go:build amd64 && !purego

package binning

import (
	"unsafe"

	"github.com/quadraw/quadraw/internal/cpu"
	"github.com/quadraw/quadraw/raw"
)

// isa is an implementation of the kernels.
type isa uint8

const (
	generic isa = iota
	useAVX2
	useAVX512
	useVBMI // AVX-512 with byte permutations
)

func (l isa) String() string { return [...]string{"generic", "avx2", "avx512", "avx512vbmi"}[l] }

// implementations lists what this machine can run, the best last.
func implementations() []isa {
	out := []isa{generic}
	f := cpu.X86()
	if f.AVX2 {
		out = append(out, useAVX2)
	}
	if f.AVX512 {
		out = append(out, useAVX512)
	}
	if f.VBMI {
		out = append(out, useVBMI)
	}
	return out
}

// step is how many output samples a kernel makes at a time.
func (l isa) step() int {
	if l == useAVX2 {
		return 16
	}
	return 32
}

// spans calls f for vector steps that cover dst, and reports whether there are
// any: below one step all is left to the generic kernel. Steps at the ends
// overlap their neighbours. Where output goes past the caches the long middle
// begins at an aligned address and stream is 1. Steps begin at multiples of
// unit outputs.
func (l isa) spans(m access, dst []uint16, unit int, f func(at, steps, ahead, stream int)) bool {
	n, step := len(dst), l.step()
	if l == generic || n < step {
		return false
	}
	at, stream := 0, 0
	if m.past && n >= 4*step {
		off := (-int(uintptr(unsafe.Pointer(&dst[0]))) & (2*step - 1)) / 2
		if off%unit == 0 {
			at, stream = off, 1
		}
		if at > 0 {
			f(0, 1, 0, 0)
		}
	}
	f(at, (n-at)/step, m.ahead, stream)
	if (n-at)%step > 0 {
		f(n-step, 1, 0, 0)
	}
	return true
}

func sum2(l isa, m access, dst, r0, r1 []uint16, round uint32, shift uint) {
	n := len(dst)
	r0, r1 = r0[:2*n], r1[:2*n]
	kernel := sum2AVX512
	if l == useAVX2 {
		kernel = sum2AVX2
	}
	if !l.spans(m, dst, 1, func(at, steps, ahead, stream int) {
		kernel(&dst[at], &r0[2*at], &r1[2*at], steps, ahead, stream, round, uint64(shift))
	}) {
		sum2Generic(dst, r0, r1, round, shift)
	}
}

func sum2Bayer(l isa, m access, dst, r0, r1 []uint16, round uint32, shift uint) {
	// Whole blocks by vectors; those at the end begin at an even output.
	n := len(dst) &^ 1
	kernel := sum2BayerAVX512
	if l == useAVX2 {
		kernel = sum2BayerAVX2
	}
	r0, r1 = r0[:2*n+3*(len(dst)&1)], r1[:2*n+3*(len(dst)&1)]
	if !l.spans(m, dst[:n], 2, func(at, steps, ahead, stream int) {
		kernel(&dst[at], &r0[2*at], &r1[2*at], steps, ahead, stream, round, uint64(shift))
	}) {
		n = 0
	}
	sum2BayerGeneric(dst[n:], r0[2*n:], r1[2*n:], round, shift)
}

func sum3(l isa, m access, dst, r0, r1, r2 []uint16, round uint32, scale float32) {
	n := len(dst)
	r0, r1, r2 = r0[:3*n], r1[:3*n], r2[:3*n]
	kernel := sum3AVX512
	if l == useAVX2 {
		kernel = sum3AVX2
	}
	if !l.spans(m, dst, 1, func(at, steps, ahead, stream int) {
		kernel(&dst[at], &r0[3*at], &r1[3*at], &r2[3*at], steps, ahead, stream, round, scale)
	}) {
		sum3Generic(dst, r0, r1, r2, round, scale)
	}
}

func sum4(l isa, m access, dst, r0, r1, r2, r3 []uint16, round uint32, shift uint) {
	n := len(dst)
	r0, r1, r2, r3 = r0[:4*n], r1[:4*n], r2[:4*n], r3[:4*n]
	kernel := sum4AVX512
	if l == useAVX2 {
		kernel = sum4AVX2
	}
	if !l.spans(m, dst, 1, func(at, steps, ahead, stream int) {
		kernel(&dst[at], &r0[4*at], &r1[4*at], &r2[4*at], &r3[4*at], steps, ahead, stream, round, uint64(shift))
	}) {
		sum4Generic(dst, r0, r1, r2, r3, round, shift)
	}
}

func lin(l isa, m access, dst []uint16, n int, rows *[4][]uint16, coeffs *[4][]int16, k []int32, shift uint) {
	w := coefficientsOf(n)
	var r [4][]uint16
	var c [4][]int16
	for y := range n {
		r[y], c[y] = rows[y][:n*len(dst)], coeffs[y][:w*len(dst)]
	}
	k = k[:len(dst)]
	if !l.spans(m, dst, 1, func(at, steps, ahead, stream int) {
		d, i, j, k, s := &dst[at], n*at, w*at, &k[at], uint64(shift)
		switch on2 := l == useAVX2; {
		case n == 2 && on2:
			lin2AVX2(d, &r[0][i], &r[1][i], &c[0][j], &c[1][j], k, steps, ahead, stream, s)
		case n == 2:
			lin2AVX512(d, &r[0][i], &r[1][i], &c[0][j], &c[1][j], k, steps, ahead, stream, s)
		case n == 3 && on2:
			lin3AVX2(d, &r[0][i], &r[1][i], &r[2][i], &c[0][j], &c[1][j], &c[2][j], k, steps, ahead, stream, s)
		case n == 3:
			lin3AVX512(d, &r[0][i], &r[1][i], &r[2][i], &c[0][j], &c[1][j], &c[2][j], k, steps, ahead, stream, s)
		case on2:
			lin4AVX2(d, &r[0][i], &r[1][i], &r[2][i], &r[3][i], &c[0][j], &c[1][j], &c[2][j], &c[3][j], k, steps, ahead, stream, s)
		default:
			lin4AVX512(d, &r[0][i], &r[1][i], &r[2][i], &r[3][i], &c[0][j], &c[1][j], &c[2][j], &c[3][j], k, steps, ahead, stream, s)
		}
	}) {
		linGeneric(dst, n, rows, coeffs, k, shift)
	}
}

func lin2Bayer(l isa, m access, dst, r0, r1 []uint16, c0, c1 []int16, k []int32, shift uint) {
	n := len(dst) &^ 1
	w := 2*n + 3*(len(dst)&1)
	r0, r1, c0, c1, k = r0[:w], r1[:w], c0[:2*len(dst)], c1[:2*len(dst)], k[:len(dst)]
	kernel := lin2BayerAVX512
	if l == useAVX2 {
		kernel = lin2BayerAVX2
	}
	if !l.spans(m, dst[:n], 2, func(at, steps, ahead, stream int) {
		kernel(&dst[at], &r0[2*at], &r1[2*at], &c0[2*at], &c1[2*at], &k[at], steps, ahead, stream, uint64(shift))
	}) {
		n = 0
	}
	lin2BayerGeneric(dst[n:], r0[2*n:], r1[2*n:], c0[2*n:], c1[2*n:], k[n:], shift)
}

func unpack(l isa, dst []uint16, src []byte, p raw.Packing, t *unpackTable) {
	src = src[:p.RowBytes(len(dst))]
	if p != raw.Unpacked && l != generic {
		per, size := p.Group()
		step, reads := 16, 8/per*size+16
		f := unpackAVX2
		if l == useVBMI {
			step, reads, f = 32, 64, unpackVBMI
		}
		bytes := step / per * size
		// The last steps would read beyond src.
		if n := min(len(dst)/step, (len(src)-reads)/bytes+1); len(src) >= reads && n > 0 {
			f(&dst[0], &src[0], n, &t[0])
			dst, src = dst[n*step:], src[n*bytes:]
		}
	}
	unpackGeneric(dst, src, p)
}

// samplesIn returns the samples that lie unpacked in src where they lie, or nil
// if they are packed or at an odd address. This machine is little-endian, as
// the rows are.
func samplesIn(src []byte, p raw.Packing) []uint16 {
	at := unsafe.Pointer(unsafe.SliceData(src))
	if p != raw.Unpacked || uintptr(at)&1 != 0 {
		return nil
	}
	return unsafe.Slice((*uint16)(at), len(src)/2)
}

// rowArgs are what the kernels of cells are told of a row's constants; strides
// and moves are bytes. They read it by offset.
type rowArgs struct {
	black, gain             *float32
	blackStride, gainStride uintptr
	blackMove, gainMove     uintptr // a step
	blackAll, gainAll       uintptr // from the first member's plane to beyond the last
}

// cellSteps returns how many vector steps fit n output samples, whose patterns
// of 16 columns must not be cut, and what the kernels are told.
func (l isa) cellSteps(m access, dst []uint16, n int, c *cellRows, args *rowArgs) (steps, stream int) {
	step := l.step()
	if l == generic || len(dst) < step {
		return 0, 0
	}
	*args = rowArgs{black: &c.black.v[0], gain: &c.gain.v[0], blackStride: uintptr(4 * c.black.stride), gainStride: uintptr(4 * c.gain.stride)}
	args.blackAll, args.gainAll = uintptr(n*n)*args.blackStride, uintptr(n*n)*args.gainStride
	if !c.black.fixed {
		args.blackMove = uintptr(4 * step)
	}
	if !c.gain.fixed {
		args.gainMove = uintptr(4 * step)
	}
	if m.past && uintptr(unsafe.Pointer(&dst[0]))%64 == 0 {
		stream = 1
	}
	return len(dst) / step, stream
}

// pairKernel is what is done to cells of 2×2 of two rows.
type pairKernel int

const (
	pairJudged pairKernel = iota // cellParams
	pairEven                     // evenParams
	pairHDR                      // hdrParams
)

// pairs runs a kernel, whose parameters are at q, over as much of dst as is
// whole steps, and returns how much that is. It names every kernel, because
// what is passed through a variable of type func goes to the heap.
func (l isa) pairs(kernel pairKernel, m access, dst []uint16, bayer bool, rows *[4][]uint16, c *cellRows, q *byte) int {
	r0, r1 := rows[0], rows[1]
	var args rowArgs
	steps, stream := l.cellSteps(m, dst, 2, c, &args)
	if steps == 0 {
		return 0
	}
	last := 2*l.step()*steps - 1
	_, _ = r0[last], r1[last]
	d, s0, s1, a := &dst[0], &r0[0], &r1[0], (*byte)(unsafe.Pointer(&args))
	switch on2 := l == useAVX2; kernel {
	case pairJudged:
		switch {
		case bayer && on2:
			cell2BayerAVX2(d, s0, s1, a, q, steps, m.ahead, stream)
		case bayer:
			cell2BayerAVX512(d, s0, s1, a, q, steps, m.ahead, stream)
		case on2:
			cell2AVX2(d, s0, s1, a, q, steps, m.ahead, stream)
		default:
			cell2AVX512(d, s0, s1, a, q, steps, m.ahead, stream)
		}
	case pairEven:
		switch {
		case bayer && on2:
			even2BayerAVX2(d, s0, s1, a, q, steps, m.ahead, stream)
		case bayer:
			even2BayerAVX512(d, s0, s1, a, q, steps, m.ahead, stream)
		case on2:
			even2AVX2(d, s0, s1, a, q, steps, m.ahead, stream)
		default:
			even2AVX512(d, s0, s1, a, q, steps, m.ahead, stream)
		}
	case pairHDR:
		switch {
		case bayer && on2:
			hdr2BayerAVX2(d, s0, s1, a, q, steps, m.ahead, stream)
		case bayer:
			hdr2BayerAVX512(d, s0, s1, a, q, steps, m.ahead, stream)
		case on2:
			hdr2AVX2(d, s0, s1, a, q, steps, m.ahead, stream)
		default:
			hdr2AVX512(d, s0, s1, a, q, steps, m.ahead, stream)
		}
	}
	return steps * l.step()
}

func cell2(l isa, m access, dst []uint16, bayer bool, rows *[4][]uint16, c *cellRows, p *cellParams) {
	if at := l.pairs(pairJudged, m, dst, bayer, rows, c, (*byte)(unsafe.Pointer(p))); at < len(dst) {
		rest := c.from(at)
		cell2Row(dst[at:], bayer, rows[0][2*at:], rows[1][2*at:], &rest, p)
	}
}

func even(l isa, m access, dst []uint16, bayer bool, rows *[4][]uint16, c *cellRows, p *evenParams) {
	if at := l.pairs(pairEven, m, dst, bayer, rows, c, (*byte)(unsafe.Pointer(p))); at < len(dst) {
		rest := c.from(at)
		evenRow(dst[at:], bayer, rows[0][2*at:], rows[1][2*at:], &rest, p)
	}
}

func hdr(l isa, m access, dst []uint16, bayer bool, rows *[4][]uint16, c *cellRows, p *hdrParams) {
	if at := l.pairs(pairHDR, m, dst, bayer, rows, c, (*byte)(unsafe.Pointer(p))); at < len(dst) {
		rest := c.from(at)
		hdrRow(dst[at:], bayer, rows[0][2*at:], rows[1][2*at:], &rest, p)
	}
}

func cell(l isa, m access, dst []uint16, n int, rows *[4][]uint16, c *cellRows, p *cellParams) {
	if n == 2 {
		cell2(l, m, dst, false, rows, c, p)
		return
	}
	var r [4][]uint16
	for y := range n {
		r[y] = rows[y][:n*len(dst)]
	}
	var args rowArgs
	steps, stream := l.cellSteps(m, dst, n, c, &args)
	if steps > 0 {
		d, a, q := &dst[0], (*byte)(unsafe.Pointer(&args)), (*byte)(unsafe.Pointer(p))
		switch on2 := l == useAVX2; {
		case n == 3 && on2:
			cell3AVX2(d, &r[0][0], &r[1][0], &r[2][0], a, q, steps, m.ahead, stream)
		case n == 3:
			cell3AVX512(d, &r[0][0], &r[1][0], &r[2][0], a, q, steps, m.ahead, stream)
		case on2:
			cell4AVX2(d, &r[0][0], &r[1][0], &r[2][0], &r[3][0], a, q, steps, m.ahead, stream)
		default:
			cell4AVX512(d, &r[0][0], &r[1][0], &r[2][0], &r[3][0], a, q, steps, m.ahead, stream)
		}
	}
	if at := steps * l.step(); at < len(dst) {
		for y := range n {
			r[y] = r[y][n*at:]
		}
		rest := c.from(at)
		cellGeneric(dst[at:], n, &r, &rest, p)
	}
}

// packed2 is unpack of two rows, of 14 bits at most, and sum2.
func packed2(l isa, m access, dst []uint16, r0, r1 []byte, p raw.Packing, t *unpackTable, round uint32, shift uint, s *scratch) {
	n := len(dst)
	done := 0
	if p != raw.Unpacked && (l == useAVX2 || l == useVBMI) {
		per, size := p.Group()
		kernel, step, beyond := packed2AVX2, 16, 8/per*size+16
		if l == useVBMI {
			kernel, step, beyond = packed2VBMI, 32, 64
		}
		bytes := 2 * step / per * size
		// What the last vector of a step reads beyond its own samples has to
		// be there.
		last := min(len(r0), len(r1)) - bytes/2 - beyond
		if steps := min(n/step, last/bytes+1); last >= 0 && steps > 0 {
			stream := 0
			if m.past && uintptr(unsafe.Pointer(&dst[0]))%64 == 0 {
				stream = 1
			}
			kernel(&dst[0], &r0[0], &r1[0], &t[0], steps, m.ahead, stream, round, uint64(shift))
			done = steps * step
			r0, r1 = r0[steps*bytes:], r1[steps*bytes:]
		}
	}
	if done < n {
		unpackAndSum(l, m, dst[done:], r0, r1, p, t, round, shift, s)
	}
}
