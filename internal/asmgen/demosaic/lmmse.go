package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// steps addresses nine samples, a step apart.
type steps struct{ first, step, third, after, minus reg.Register }

func stepsAt(first, step reg.Register) steps {
	s := steps{first: first, step: step, third: GP64(), after: GP64(), minus: GP64()}
	LEAQ(Mem{Base: step, Index: step, Scale: 2}, s.third)
	LEAQ(Mem{Base: step, Index: step, Scale: 4}, s.after)    // 5
	LEAQ(Mem{Base: s.third, Index: step, Scale: 4}, s.minus) // 7
	return s
}

// also is the same for another first sample.
func (s steps) also(first reg.Register) steps {
	s.first = first
	return s
}

func (s steps) at(i int) Mem {
	m := Mem{Base: s.first}
	switch i {
	case 1, 2, 4, 8:
		m.Index, m.Scale = s.step, uint8(i)
	case 3:
		m.Index, m.Scale = s.third, 1
	case 5:
		m.Index, m.Scale = s.after, 1
	case 6:
		m.Index, m.Scale = s.third, 2
	case 7:
		m.Index, m.Scale = s.minus, 1
	}
	return m
}

func (v isa) constant(name string, x float32) reg.VecVirtual {
	return v.float(word(name, math.Float32bits(x)))
}

func (v isa) floats(m Mem) reg.VecVirtual { return v.load(m) }

func (v isa) addf(a reg.VecVirtual, b Op) reg.VecVirtual {
	r := v.vec()
	VADDPS(b, a, r)
	return r
}

func (v isa) subf(a reg.VecVirtual, b Op) reg.VecVirtual {
	r := v.vec()
	VSUBPS(b, a, r)
	return r
}

func (v isa) mulf(a reg.VecVirtual, b Op) reg.VecVirtual {
	r := v.vec()
	VMULPS(b, a, r)
	return r
}

func advance(n int, p ...reg.Register) {
	for _, r := range p {
		ADDQ(U32(uint32(n)), r)
	}
}

// vectors emits body until at least n samples are done.
func (v isa) vectors(n reg.Register, body func()) {
	Label("vectors")
	body()
	SUBQ(U32(uint32(v.lanes())), n)
	JG(LabelRef("vectors"))
	VZEROUPPER()
	RET()
}

func lmmseDiff(v isa) {
	start("lmmseDiffRow"+v.suffix(), "func(dst *float32, src *int16, step int, green int, n int)",
		"is lmmseDiffRowGeneric for n samples, a multiple of the lanes; step is in bytes.")
	dst, src, green, n := pointer("dst"), stepsAt(pointer("src"), pointer("step")), pointer("green"), pointer("n")
	p := GP64()
	LEAQ(word("signs", 0xbf800000, 0x3f800000, 0xbf800000, 0x3f800000, 0xbf800000, 0x3f800000, 0xbf800000, 0x3f800000,
		0xbf800000, 0x3f800000, 0xbf800000, 0x3f800000, 0xbf800000, 0x3f800000, 0xbf800000, 0x3f800000, 0xbf800000), p)
	sign := v.load(Mem{Base: p, Index: green, Scale: 4})
	loop("row", n, v.lanes(), func() {
		var x [5]reg.VecVirtual
		for i := range x {
			x[i] = v.vec()
			VPMOVSXWD(src.at(i), x[i])
		}
		r := v.add(v.shl(v.sub(x[2], v.add(x[1], x[3])), 1), v.add(x[0], x[4]))
		VCVTDQ2PS(r, r)
		VMULPS(sign, r, r)
		v.store(r, at(dst, 0))
		advance(4*v.lanes(), dst)
		advance(2*v.lanes(), src.first)
	})
}

func lmmseSmooth(v isa) {
	start("lmmseSmoothRow"+v.suffix(), "func(smooth, err, diff *float32, step int, n int)",
		"is lmmseSmoothRowGeneric, by whole vectors; step is in bytes.")
	smooth, err, diff, n := pointer("smooth"), pointer("err"), stepsAt(pointer("diff"), pointer("step")), pointer("n")
	var k [5]reg.VecVirtual
	for i, w := range [5]float32{4, 9, 15, 23, 26} {
		k[i] = v.constant([5]string{"lp4", "lp9", "lp15", "lp23", "lp26"}[i], w/128)
	}
	v.vectors(n, func() {
		var s reg.VecVirtual
		for i := range 4 {
			x := v.mulf(v.addf(v.floats(diff.at(i)), diff.at(8-i)), k[i])
			if i == 0 {
				s = x
			} else {
				s = v.addf(s, x)
			}
		}
		c := v.floats(diff.at(4))
		s = v.addf(s, v.mulf(c, k[4]))
		e := v.subf(c, s)
		v.store(s, at(smooth, 0))
		v.store(v.mulf(e, e), at(err, 0))
		advance(4*v.lanes(), smooth, err, diff.first)
	})
}

// sum9 adds up in the order of the package's.
func (v isa) sum9(x func(i int) reg.VecVirtual) reg.VecVirtual {
	pair := func(i int) reg.VecVirtual { return v.addf(x(i), x(i+1)) }
	four := func(i int) reg.VecVirtual { return v.addf(pair(i), pair(i+2)) }
	return v.addf(v.addf(four(0), four(4)), x(8))
}

func lmmseEstimate(v isa) {
	start("lmmseEstimateRow"+v.suffix(), "func(value, variance, smooth, err, diff *float32, step int, n int)",
		"is lmmseEstimateRowGeneric, by whole vectors; step is in bytes.")
	value, variance, diff, n := pointer("value"), pointer("variance"), pointer("diff"), pointer("n")
	smooth := stepsAt(pointer("smooth"), pointer("step"))
	err := smooth.also(pointer("err"))
	ninth, least := v.constant("ninth", 1./9), v.constant("least", 1e-3)
	v.vectors(n, func() {
		mean := v.mulf(v.sum9(func(i int) reg.VecVirtual { return v.floats(smooth.at(i)) }), ninth)
		spread := v.mulf(v.sum9(func(i int) reg.VecVirtual {
			d := v.subf(v.floats(smooth.at(i)), mean)
			return v.mulf(d, d)
		}), ninth)
		noise := v.addf(v.mulf(v.sum9(func(i int) reg.VecVirtual { return v.floats(err.at(i)) }), ninth), least)
		gain := v.vec()
		VDIVPS(v.addf(spread, noise), spread, gain)
		v.store(v.addf(mean, v.mulf(v.subf(v.floats(at(diff, 0)), mean), gain)), at(value, 0))
		v.store(v.addf(v.mulf(noise, gain), least), at(variance, 0))
		advance(4*v.lanes(), value, variance, smooth.first, err.first, diff)
	})
}

func lmmseFuse(v isa) {
	start("lmmseFuseRow"+v.suffix(), "func(dst, a, aVar, b, bVar *float32, n int)", "is lmmseFuseRowGeneric, by whole vectors.")
	dst, a, aVar, b, bVar, n := pointer("dst"), pointer("a"), pointer("aVar"), pointer("b"), pointer("bVar"), pointer("n")
	quarter := v.constant("quarter", 0.25)
	v.vectors(n, func() {
		va, vb := v.floats(at(aVar, 0)), v.floats(at(bVar, 0))
		r := v.addf(v.mulf(vb, at(a, 0)), v.mulf(va, at(b, 0)))
		VDIVPS(v.addf(va, vb), r, r)
		v.store(v.mulf(r, quarter), at(dst, 0))
		advance(4*v.lanes(), dst, a, aVar, b, bVar)
	})
}

func lmmseOther(v isa) {
	start("lmmseOtherRow"+v.suffix(), "func(dst, up, down *float32, n int)", "is lmmseOtherRowGeneric, by whole vectors.")
	dst, up, down, n := pointer("dst"), pointer("up"), pointer("down"), pointer("n")
	quarter := v.constant("quarter", 0.25)
	v.vectors(n, func() {
		a := v.addf(v.floats(at(up, 0)), at(up, 8))
		b := v.addf(v.floats(at(down, 0)), at(down, 8))
		v.store(v.mulf(v.addf(a, b), quarter), at(dst, 0))
		advance(4*v.lanes(), dst, up, down)
	})
}

func lmmseWrite(v isa) {
	start("lmmseWriteRow"+v.suffix(), "func(own, green, other, pix *int16, d, o *float32, stride int, first int, n int)",
		"is lmmseWriteRowGeneric for n pixels, a multiple of the lanes; stride is in bytes.")
	own, green, other, pix := pointer("own"), pointer("green"), pointer("other"), pointer("pix")
	d, o, stride, n := pointer("d"), pointer("o"), pointer("stride"), pointer("n")
	above := GP64()
	MOVQ(stride, above)
	NEGQ(above)
	first := Load(Param("first"), GP64())
	quarter := v.constant("quarter", 0.25)
	lowest, highest := v.float(word("lowest", 0xc5800000)), v.float(word("highest", 0x46dffe00))
	var pick func(a, b reg.VecVirtual) reg.VecVirtual // a at red and blue, b at green
	if v.wide {
		m, twice, k := GP32(), GP32(), K()
		MOVL(U32(0x5555), m)
		MOVL(U32(0xaaaa), twice)
		TESTQ(first, first)
		CMOVLNE(twice, m)
		KMOVW(m, k)
		pick = func(a, b reg.VecVirtual) reg.VecVirtual {
			r := v.vec()
			VBLENDMPS(a, b, k, r)
			return r
		}
	} else {
		p, mask := GP64(), YMM()
		LEAQ(word("own", 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff), p)
		VMOVDQU(Mem{Base: p, Index: first, Scale: 4}, mask)
		pick = func(a, b reg.VecVirtual) reg.VecVirtual {
			r := v.vec()
			VBLENDVPS(mask, a, b, r)
			return r
		}
	}
	put := func(x reg.VecVirtual, p reg.Register) {
		r := v.vec()
		VMINPS(highest, x, r)
		VMAXPS(lowest, r, r)
		VCVTPS2DQ(r, r)
		v.signed16(r, at(p, 0))
		advance(2*v.lanes(), p)
	}
	loop("row", n, v.lanes(), func() {
		c := v.vec()
		VPMOVSXWD(at(pix, 0), c)
		VCVTDQ2PS(c, c)
		around := func(h, u reg.Register) reg.VecVirtual {
			a := v.addf(v.floats(at(h, -4)), at(h, 4))
			b := v.addf(v.floats(Mem{Base: u, Index: above, Scale: 1}), Mem{Base: u, Index: stride, Scale: 1})
			return v.subf(c, v.mulf(v.addf(a, b), quarter))
		}
		g := v.addf(c, at(d, 0))
		put(pick(c, around(d, o)), own)
		put(pick(g, c), green)
		put(pick(v.subf(g, at(o, 0)), around(o, d)), other)
		advance(2*v.lanes(), pix)
		advance(4*v.lanes(), d, o)
	})
}
