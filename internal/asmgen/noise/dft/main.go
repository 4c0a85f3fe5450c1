// Command dft writes the transforms of noise/internal/dft. A vector holds the
// same point of eight or sixteen tiles, so the instructions are the generic
// code's operations, one for one; nothing is fused.
package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	points = 32
	half   = points/2 + 1
	block  = 64 // bytes of a real part of sixteen lanes
	pair   = 2 * block
)

// isa is a vector width.
type isa struct {
	name  string
	bytes int
	vec   func() reg.VecVirtual
}

var isas = []isa{{"AVX2", 32, YMM}, {"AVX512", 64, ZMM}}

// vec is a complex point.
type vec struct{ re, im reg.VecVirtual }

func (s isa) point() vec { return vec{s.vec(), s.vec()} }

func main() {
	ConstraintExpr("amd64,!purego")
	table := twiddles()
	for _, s := range isas {
		s.transform(table)
		s.split()
		s.join()
	}
	Generate()
}

// twiddles holds exp(−2πi·m/32), then cos π/4, its negative and the sign bit.
func twiddles() Mem {
	t := GLOBL("twiddles", RODATA|NOPTR)
	for m := range 22 {
		s, c := math.Sincos(2 * math.Pi * float64(m) / points)
		switch m {
		case 8:
			s, c = 1, 0
		case 16:
			s, c = 0, -1
		}
		DATA(8*m, F32(float32(c)))
		DATA(8*m+4, F32(float32(-s)))
	}
	DATA(176, F32(float32(math.Sqrt2/2)))
	DATA(180, F32(float32(-math.Sqrt2/2)))
	DATA(184, U32(1<<31))
	return t
}

// halves repeats body for each vector of the sixteen lanes, advancing the
// pointers in between.
func (s isa) halves(body func(), pointers ...reg.GPVirtual) {
	n := block / s.bytes
	if n == 1 {
		body()
		return
	}
	count := GP64()
	MOVQ(U32(uint32(n)), count)
	Label("half")
	body()
	for _, p := range pointers {
		ADDQ(Imm(uint64(s.bytes)), p)
	}
	DECQ(count)
	JNZ(LabelRef("half"))
}

func ptr(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

func (s isa) transform(table Mem) {
	TEXT("transform"+s.name, NOSPLIT, "func(dstRe, dstIm *float32, dstStep int, srcRe, srcIm *float32, srcStep int, tmp *float32)")
	Doc("transform" + s.name + " is transformGeneric; steps are in bytes.")
	dr, di, sr, si, tmp := ptr("dstRe"), ptr("dstIm"), ptr("srcRe"), ptr("srcIm"), ptr("tmp")
	s.halves(func() {
		s.quarters(table, sr, si, tmp)
		s.eighths(table, dr, di, tmp)
	}, dr, di, sr, si, tmp)
	VZEROUPPER()
	Pragma("noescape")
	RET()
}

// steps returns 1, 8 and 24 times the step.
func steps(name string) (one, eight, many reg.GPVirtual) {
	one, eight, many = ptr(name), GP64(), GP64()
	MOVQ(one, eight)
	SHLQ(Imm(3), eight)
	LEAQ(Mem{Base: eight, Index: eight, Scale: 2}, many)
	return one, eight, many
}

func (s isa) load(m Mem) reg.VecVirtual {
	v := s.vec()
	VMOVUPS(m, v)
	return v
}

// fours are the places 0, 8, 16 and 24 steps from p.
func fours(p, eight, many reg.GPVirtual) [4]Mem {
	return [4]Mem{{Base: p}, {Base: p, Index: eight, Scale: 1}, {Base: p, Index: eight, Scale: 2}, {Base: p, Index: many, Scale: 1}}
}

// quarters is the first stage: eight transforms of four points with twiddles.
func (s isa) quarters(table Mem, srcRe, srcIm, tmp reg.GPVirtual) {
	one, eight, many := steps("srcStep")
	pr, pi := GP64(), GP64()
	MOVQ(srcRe, pr)
	MOVQ(srcIm, pi)
	for n := range 8 {
		if n > 0 {
			ADDQ(one, pr)
			ADDQ(one, pi)
		}
		mr, mi := fours(pr, eight, many), fours(pi, eight, many)
		var x [4]vec
		for i := range x {
			x[i] = vec{s.load(mr[i]), s.load(mi[i])}
		}
		y := s.four(x)
		for k := range y {
			s.put(Mem{Base: tmp, Disp: (k*8 + n) * pair}, y[k], table, n*k)
		}
	}
}

// put stores a point times the twiddle factor m.
func (s isa) put(to Mem, x vec, table Mem, m int) {
	if m == 0 {
		VMOVUPS(x.re, to)
		VMOVUPS(x.im, to.Offset(block))
		return
	}
	wr, wi := s.vec(), s.vec()
	VBROADCASTSS(table.Offset(8*m), wr)
	VBROADCASTSS(table.Offset(8*m+4), wi)
	a, b := s.vec(), s.vec()
	VMULPS(wr, x.re, a)
	VMULPS(wi, x.im, b)
	VSUBPS(b, a, a)
	VMOVUPS(a, to)
	VMULPS(wi, x.re, a)
	VMULPS(wr, x.im, b)
	VADDPS(b, a, a)
	VMOVUPS(a, to.Offset(block))
}

func (s isa) add(a, b reg.VecVirtual) reg.VecVirtual {
	v := s.vec()
	VADDPS(b, a, v)
	return v
}

func (s isa) sub(a, b reg.VecVirtual) reg.VecVirtual {
	v := s.vec()
	VSUBPS(b, a, v)
	return v
}

// four is the transform of four points.
func (s isa) four(x [4]vec) [4]vec {
	ar, ai := s.add(x[0].re, x[2].re), s.add(x[0].im, x[2].im)
	br, bi := s.sub(x[0].re, x[2].re), s.sub(x[0].im, x[2].im)
	cr, ci := s.add(x[1].re, x[3].re), s.add(x[1].im, x[3].im)
	dr, di := s.sub(x[1].re, x[3].re), s.sub(x[1].im, x[3].im)
	y0 := vec{s.add(ar, cr), s.add(ai, ci)}
	y2 := vec{s.sub(ar, cr), s.sub(ai, ci)}
	y1 := vec{s.add(br, di), s.sub(bi, dr)}
	y3 := vec{s.sub(br, di), s.add(bi, dr)}
	return [4]vec{y0, y1, y2, y3}
}

// eighths is the second stage: four transforms of eight points, the even and
// the odd outputs one after the other to spare registers.
func (s isa) eighths(table Mem, dstRe, dstIm, tmp reg.GPVirtual) {
	one, eight, many := steps("dstStep")
	pr, pi, qr, qi := GP64(), GP64(), GP64(), GP64()
	MOVQ(dstRe, pr)
	MOVQ(dstIm, pi)
	LEAQ(Mem{Base: pr, Index: one, Scale: 4}, qr)
	LEAQ(Mem{Base: pi, Index: one, Scale: 4}, qi)
	store := func(pr, pi reg.GPVirtual, y [4]vec) {
		mr, mi := fours(pr, eight, many), fours(pi, eight, many)
		for j := range y {
			VMOVUPS(y[j].re, mr[j])
			VMOVUPS(y[j].im, mi[j])
		}
	}
	for k := range 4 {
		if k > 0 {
			for _, p := range []reg.GPVirtual{pr, pi, qr, qi} {
				ADDQ(one, p)
			}
		}
		at := func(j, part int) Mem { return Mem{Base: tmp, Disp: (k*8+j)*pair + part*block} }
		var e, o [4]vec
		for j := range e {
			e[j] = s.point()
			p := s.load(at(j, 0))
			VADDPS(at(j+4, 0), p, e[j].re)
			q := s.load(at(j, 1))
			VADDPS(at(j+4, 1), q, e[j].im)
		}
		store(pr, pi, s.four(e))
		for j := range o {
			o[j] = s.point()
			p := s.load(at(j, 0))
			VSUBPS(at(j+4, 0), p, o[j].re)
			q := s.load(at(j, 1))
			VSUBPS(at(j+4, 1), q, o[j].im)
		}
		c := s.vec()
		VBROADCASTSS(table.Offset(176), c)
		o1 := vec{s.add(o[1].re, o[1].im), s.sub(o[1].im, o[1].re)}
		VMULPS(c, o1.re, o1.re)
		VMULPS(c, o1.im, o1.im)
		o3 := vec{s.sub(o[3].im, o[3].re), s.add(o[3].re, o[3].im)}
		VMULPS(c, o3.re, o3.re)
		VBROADCASTSS(table.Offset(180), c)
		VMULPS(c, o3.im, o3.im)
		VBROADCASTSS(table.Offset(184), c)
		o2 := vec{o[2].im, s.vec()}
		VXORPS(c, o[2].re, o2.im)
		store(qr, qi, s.four([4]vec{o[0], o1, o2, o3}))
	}
}

func (s isa) split() {
	TEXT("split"+s.name, NOSPLIT, "func(dst, z *float32)")
	Doc("split" + s.name + " is splitGeneric.")
	dst, z := ptr("dst"), ptr("z")
	s.halves(func() {
		for k := range half {
			p := vec{s.load(Mem{Base: z, Disp: k * pair}), s.load(Mem{Base: z, Disp: k*pair + block})}
			m := (points - k) % points
			q := vec{s.load(Mem{Base: z, Disp: m * pair}), s.load(Mem{Base: z, Disp: m*pair + block})}
			VMOVUPS(s.add(p.re, q.re), Mem{Base: dst, Disp: k * pair})
			VMOVUPS(s.sub(p.im, q.im), Mem{Base: dst, Disp: k*pair + block})
			VMOVUPS(s.add(p.im, q.im), Mem{Base: dst, Disp: (half + k) * pair})
			VMOVUPS(s.sub(q.re, p.re), Mem{Base: dst, Disp: (half+k)*pair + block})
		}
	}, dst, z)
	VZEROUPPER()
	Pragma("noescape")
	RET()
}

func (s isa) join() {
	TEXT("join"+s.name, NOSPLIT, "func(z, src *float32)")
	Doc("join" + s.name + " is joinGeneric.")
	z, src := ptr("z"), ptr("src")
	s.halves(func() {
		for k := range half {
			a := vec{s.load(Mem{Base: src, Disp: k * pair}), s.load(Mem{Base: src, Disp: k*pair + block})}
			b := vec{s.load(Mem{Base: src, Disp: (half + k) * pair}), s.load(Mem{Base: src, Disp: (half+k)*pair + block})}
			VMOVUPS(s.sub(a.re, b.im), Mem{Base: z, Disp: k * pair})
			VMOVUPS(s.add(a.im, b.re), Mem{Base: z, Disp: k*pair + block})
			if k == 0 || k == points/2 {
				continue
			}
			m := points - k
			VMOVUPS(s.add(a.re, b.im), Mem{Base: z, Disp: m * pair})
			VMOVUPS(s.sub(b.re, a.im), Mem{Base: z, Disp: m*pair + block})
		}
	}, z, src)
	VZEROUPPER()
	Pragma("noescape")
	RET()
}
