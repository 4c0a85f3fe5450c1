//go:build amd64 && !purego

package binning

import (
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

// cut returns how many whole vector steps fit n samples, and where the last
// step, which overlaps the one before unless rest is zero, begins. There is
// none below one step: then all is left to the generic kernel.
func (l isa) cut(n int) (steps, last, rest int) {
	step := 32
	if l == useAVX2 {
		step = 16
	}
	if l == generic || n < step {
		return 0, 0, n
	}
	return n / step, n - step, n % step
}

func sum2(l isa, dst, r0, r1 []uint16, round uint32, shift uint) {
	n := len(dst)
	r0, r1 = r0[:2*n], r1[:2*n]
	steps, last, rest := l.cut(n)
	if steps == 0 {
		sum2Generic(dst, r0, r1, round, shift)
		return
	}
	f := sum2AVX512
	if l == useAVX2 {
		f = sum2AVX2
	}
	f(&dst[0], &r0[0], &r1[0], steps, round, uint64(shift))
	if rest > 0 {
		f(&dst[last], &r0[2*last], &r1[2*last], 1, round, uint64(shift))
	}
}

func sum3(l isa, dst, r0, r1, r2 []uint16, round uint32, scale float32) {
	n := len(dst)
	r0, r1, r2 = r0[:3*n], r1[:3*n], r2[:3*n]
	steps, last, rest := l.cut(n)
	if steps == 0 {
		sum3Generic(dst, r0, r1, r2, round, scale)
		return
	}
	f := sum3AVX512
	if l == useAVX2 {
		f = sum3AVX2
	}
	f(&dst[0], &r0[0], &r1[0], &r2[0], steps, round, scale)
	if rest > 0 {
		f(&dst[last], &r0[3*last], &r1[3*last], &r2[3*last], 1, round, scale)
	}
}

func sum4(l isa, dst, r0, r1, r2, r3 []uint16, round uint32, shift uint) {
	n := len(dst)
	r0, r1, r2, r3 = r0[:4*n], r1[:4*n], r2[:4*n], r3[:4*n]
	steps, last, rest := l.cut(n)
	if steps == 0 {
		sum4Generic(dst, r0, r1, r2, r3, round, shift)
		return
	}
	f := sum4AVX512
	if l == useAVX2 {
		f = sum4AVX2
	}
	f(&dst[0], &r0[0], &r1[0], &r2[0], &r3[0], steps, round, uint64(shift))
	if rest > 0 {
		f(&dst[last], &r0[4*last], &r1[4*last], &r2[4*last], &r3[4*last], 1, round, uint64(shift))
	}
}

func pair(l isa, dst, src []uint16) {
	src = src[:len(dst)]
	steps, _, _ := l.cut(len(dst))
	if steps > 0 {
		f, n := pairAVX512, 32*steps
		if l == useAVX2 {
			f, n = pairAVX2, 16*steps
		}
		f(&dst[0], &src[0], steps)
		dst, src = dst[n:], src[n:]
	}
	pairGeneric(dst, src)
}

func lin(l isa, dst []uint16, n int, rows *[4][]uint16, coeffs *[4][]int16, k []int32, shift uint) {
	steps, last, rest := l.cut(len(dst))
	if n != 2 || steps == 0 {
		linGeneric(dst, n, rows, coeffs, k, shift)
		return
	}
	w := 2 * len(dst)
	r0, r1, c0, c1, k := rows[0][:w], rows[1][:w], coeffs[0][:w], coeffs[1][:w], k[:len(dst)]
	f := lin2AVX512
	if l == useAVX2 {
		f = lin2AVX2
	}
	f(&dst[0], &r0[0], &r1[0], &c0[0], &c1[0], &k[0], steps, uint64(shift))
	if rest > 0 {
		f(&dst[last], &r0[2*last], &r1[2*last], &c0[2*last], &c1[2*last], &k[last], 1, uint64(shift))
	}
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
