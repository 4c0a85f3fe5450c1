package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// quadDiffs returns what stores quadSigned of the package's quadDiff at dst.
func (v isa) quadDiffs(place reg.Register) func(own, near, far, before, pair, behind reg.VecVirtual, dst reg.Register) {
	third := v.constant16("third15", 10923)
	weights := [3]Op{v.constant16("diff9", 7022), v.constant16("diff7", 5461), v.constant16("diff5", 3901)}
	p := GP64()
	const plus, minus = 0x40800000, 0xc0800000
	LEAQ(word("fours", minus, minus, plus, plus, minus, minus, plus, plus, minus, minus, plus, plus, minus, minus, plus, plus, minus, minus, plus), p)
	sign := v.load(Mem{Base: p, Index: place, Scale: 4})
	return func(own, near, far, before, pair, behind reg.VecVirtual, dst reg.Register) {
		line := v.op16(VPSUBW, far, near)
		VPMULHRSW(third, line, line)
		VPADDW(near, line, line)
		d := v.op16(VPSUBW, own, line)
		var bend reg.VecVirtual
		for i, x := range []reg.VecVirtual{before, pair, behind} {
			t := v.op16(VPSUBW, own, x)
			VPMULHRSW(weights[i], t, t)
			if i == 0 {
				bend = t
			} else {
				VPADDW(t, bend, bend)
			}
		}
		VPSUBSW(bend, d, d)
		for half := range 2 {
			f := v.vec()
			if half == 0 {
				v.widen(d, f)
			} else if v.wide {
				high := YMM()
				VEXTRACTI64X4(U8(1), d, high)
				VPMOVSXWD(high, f)
			} else {
				high := XMM()
				VEXTRACTI128(U8(1), d, high)
				VPMOVSXWD(high, f)
			}
			VCVTDQ2PS(f, f)
			VMULPS(sign, f, f)
			v.store(f, at(dst, half*v.bytes()))
		}
	}
}

// widen sets f to the lower words of d.
func (v isa) widen(d, f reg.VecVirtual) {
	if v.wide {
		VPMOVSXWD(d.AsY(), f)
	} else {
		VPMOVSXWD(d.AsX(), f)
	}
}

func quadDiffAlong(v isa) {
	start("quadDiffAlongRow"+v.suffix(), "func(dst *float32, src *int16, place int, n int)",
		"is quadDiffAlongRowGeneric for n samples, a multiple of the 16-bit lanes.")
	dst, src, n, place := pointer("dst"), pointer("src"), pointer("n"), pointer("place")
	put := v.quadDiffs(place)
	ANDQ(U8(1), place)
	pick := v.turns(place)
	loop("row", n, 2*v.lanes(), func() {
		x := func(i int) reg.VecVirtual { return v.load16(at(src, 2*i)) }
		put(x(4), pick(x(3), x(5)), pick(x(6), x(2)), pick(x(1), x(7)), pick(x(5), x(3)), pick(x(8), x(0)), dst)
		advance(2*v.bytes(), dst)
		advance(v.bytes(), src)
	})
}

func quadDiffDown(v isa) {
	start("quadDiffDownRow"+v.suffix(), "func(dst *float32, src *int16, down int, place int, n int)",
		"is quadDiffDownRowGeneric for n samples, a multiple of the 16-bit lanes, of which src is the first; down is in bytes.")
	dst, src, n, down := pointer("dst"), pointer("src"), pointer("n"), pointer("down")
	put := v.quadDiffs(pointer("place"))
	up, up3 := GP64(), GP64()
	MOVQ(down, up)
	NEGQ(up)
	LEAQ(Mem{Base: up, Index: up, Scale: 2}, up3)
	loop("row", n, 2*v.lanes(), func() {
		x := func(step reg.Register, scale int) reg.VecVirtual {
			return v.load16(Mem{Base: src, Index: step, Scale: uint8(scale)})
		}
		put(v.load16(at(src, 0)), x(up, 1), x(down, 2), x(up3, 1), x(down, 1), x(down, 4), dst)
		advance(2*v.bytes(), dst)
		advance(v.bytes(), src)
	})
}

// quadLow returns the package's low-pass filter.
func (v isa) quadLow() func(sample func(i int) reg.VecVirtual) reg.VecVirtual {
	var k [4]reg.VecVirtual
	for i, w := range [4]float32{9, 15, 23, 26} {
		k[i] = v.constant([4]string{"low9", "low15", "low23", "low26"}[i], w/240)
	}
	return func(sample func(i int) reg.VecVirtual) reg.VecVirtual {
		s := v.mulf(v.addf(sample(0), sample(6)), k[0])
		for i := 1; i < 3; i++ {
			s = v.addf(s, v.mulf(v.addf(sample(i), sample(6-i)), k[i]))
		}
		return v.addf(s, v.mulf(sample(3), k[3]))
	}
}

func quadSmoothDown(v isa) {
	start("quadSmoothDownRow"+v.suffix(), "func(smooth, err, diff *float32, step int, n int)",
		"is quadSmoothDownRowGeneric, by whole vectors; step is in bytes.")
	smooth, err, diff, n := pointer("smooth"), pointer("err"), stepsAt(pointer("diff"), pointer("step")), pointer("n")
	low := v.quadLow()
	v.vectors(n, func() {
		s, other := low(func(i int) reg.VecVirtual { return v.floats(diff.at(i)) }), v.vec()
		VPERMILPS(U8(0xb1), s, other)
		s = v.addf(s, other)
		e := v.subf(v.floats(diff.at(3)), s)
		v.store(s, at(smooth, 0))
		v.store(v.mulf(e, e), at(err, 0))
		advance(v.bytes(), smooth, err, diff.first)
	})
}

func quadSmoothAlong(v isa) {
	start("quadSmoothAlongRow"+v.suffix(), "func(smooth, errA, errB, a, b *float32, n int)", "is quadSmoothAlongRowGeneric, by whole vectors.")
	smooth, errA, errB, a, b, n := pointer("smooth"), pointer("errA"), pointer("errB"), pointer("a"), pointer("b"), pointer("n")
	low := v.quadLow()
	v.vectors(n, func() {
		s := low(func(i int) reg.VecVirtual { return v.addf(v.floats(at(a, 8*i)), at(b, 8*i)) })
		v.store(s, at(smooth, 0))
		for i, p := range []reg.Register{a, b} {
			e := v.subf(v.floats(at(p, 24)), s)
			v.store(v.mulf(e, e), at([]reg.Register{errA, errB}[i], 0))
		}
		advance(v.bytes(), smooth, errA, errB, a, b)
	})
}

func quadRange(v isa) {
	start("quadRangeRow"+v.suffix(), "func(value, diff *float32, step int, n int)", "is quadRangeRowGeneric, by whole vectors; step is in bytes.")
	value, diff, n := pointer("value"), stepsAt(pointer("diff"), pointer("step")), pointer("n")
	v.vectors(n, func() {
		low, high := v.floats(diff.at(0)), v.vec()
		VMAXPS(diff.at(1), low, high)
		VMINPS(diff.at(1), low, low)
		for i := 2; i < 7; i++ {
			d := v.floats(diff.at(i))
			VMINPS(d, low, low)
			VMAXPS(d, high, high)
		}
		VMINPS(at(value, 0), high, high)
		VMAXPS(high, low, low)
		v.store(low, at(value, 0))
		advance(v.bytes(), value, diff.first)
	})
}

// thirdOf returns the package's thirdOf.
func (v isa) thirdOf() func(near reg.VecVirtual, far Op) reg.VecVirtual {
	third := v.constant("third", 1./3)
	return func(near reg.VecVirtual, far Op) reg.VecVirtual {
		return v.mulf(v.addf(v.addf(near, near), far), third)
	}
}

// turnsf is turns for floats: a where the place, from the given one on, has no
// bit of the given value.
func (v isa) turnsf(place reg.Register, bit int) func(a, b reg.VecVirtual) reg.VecVirtual {
	const all = 0xffffffff
	p := GP64()
	if bit == 1 {
		LEAQ(word("places1", all, 0, all, 0, all, 0, all, 0, all, 0, all, 0, all, 0, all, 0, all, 0, all), p)
	} else {
		LEAQ(word("places2", all, all, 0, 0, all, all, 0, 0, all, all, 0, 0, all, all, 0, 0, all, all, 0), p)
	}
	mask := v.load(Mem{Base: p, Index: place, Scale: 4})
	if v.wide {
		k := K()
		VPMOVD2M(mask, k)
		return func(a, b reg.VecVirtual) reg.VecVirtual {
			r := v.vec()
			VBLENDMPS(a, b, k, r)
			return r
		}
	}
	return func(a, b reg.VecVirtual) reg.VecVirtual {
		r := v.vec()
		VBLENDVPS(mask, a, b, r)
		return r
	}
}

func quadOther(v isa) {
	start("quadOtherRow"+v.suffix(), "func(dst, d *float32, place int, n int)", "is quadOtherRowGeneric, by whole vectors.")
	dst, d, n, place := pointer("dst"), pointer("d"), pointer("n"), pointer("place")
	pick, third := v.turnsf(place, 1), v.thirdOf()
	v.vectors(n, func() {
		x := func(i int) reg.VecVirtual { return v.floats(at(d, 4*i)) }
		v.store(third(pick(x(1), x(3)), pick(x(4), x(0))), at(dst, 0))
		advance(v.bytes(), dst, d)
	})
}

func quadWrite(v isa) {
	start("quadWriteRow"+v.suffix(), "func(own, green, other, pix *int16, d, o *float32, down int, place int, n int)",
		"is quadWriteRowGeneric for n pixels, a multiple of the 32-bit lanes, of which d and o are the first; down is in bytes.")
	own, green, other, pix := pointer("own"), pointer("green"), pointer("other"), pointer("pix")
	d, o, down, n := pointer("d"), pointer("o"), pointer("down"), pointer("n")
	pick, third := v.turnsf(pointer("place"), 2), v.thirdOf()
	up := GP64()
	MOVQ(down, up)
	NEGQ(up)
	lowest, highest := v.float(word("lowest", 0xc5800000)), v.float(word("highest", 0x46dffe00))
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
		g := pick(v.addf(c, at(d, 0)), c)
		put(pick(c, v.subf(c, at(o, 0))), own)
		put(g, green)
		at := func(step reg.Register, scale int) reg.VecVirtual {
			return pick(v.floats(Mem{Base: o, Index: step, Scale: uint8(scale)}), v.floats(Mem{Base: d, Index: step, Scale: uint8(scale)}))
		}
		put(v.subf(g, third(at(up, 1), at(down, 2))), other)
		advance(2*v.lanes(), pix)
		advance(4*v.lanes(), d, o)
	})
}
