package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows walks the bins of half a spectrum row by row: edge is emitted for the
// first and the last bin of a row, which stand for themselves, inner for the
// others, which stand for two.
func rows(bin func(inner bool)) {
	loop("row", side, func() {
		bin(false)
		loop("bin", half-2, func() { bin(true) })
		bin(false)
	})
}

// mean stores (edge + inner + inner)/N².
func (s isa) mean(edge, inner reg.VecVirtual, to reg.GPVirtual) {
	c := s.broadcast(constant("perBin", 1.0/(side*side)))
	VADDPS(inner, edge, edge)
	VADDPS(inner, edge, edge)
	VMULPS(c, edge, edge)
	VMOVUPS(edge, Mem{Base: to})
}

var constants = map[string]Mem{}

func constant(name string, v float32) Mem {
	m, ok := constants[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		DATA(0, F32(v))
		constants[name] = m
	}
	return m
}

func (s isa) compare() {
	TEXT("compare"+s.name, NOSPLIT, "func(f, ref, p *float32, shift *int8, ty, tx, scale, m *float32)")
	Doc("compare" + s.name + " is compareGeneric.")
	f, ref, p, shift, ty, tx := ptr("f"), ptr("ref"), ptr("p"), ptr("shift"), ptr("ty"), ptr("tx")
	scale := s.load(Mem{Base: ptr("scale")})
	edge, inner := s.zero(), s.zero()
	advance(side/2*2*block, ty, tx)
	rows(func(in bool) {
		y, x := GP64(), GP64()
		MOVBQSX(Mem{Base: shift}, y)
		MOVBQSX(Mem{Base: shift, Disp: 1}, x)
		SHLQ(Imm(7), y)
		SHLQ(Imm(7), x)
		yr, yi := s.load(Mem{Base: ty, Index: y, Scale: 1}), s.load(Mem{Base: ty, Index: y, Scale: 1, Disp: block})
		xr, xi := s.load(Mem{Base: tx, Index: x, Scale: 1}), s.load(Mem{Base: tx, Index: x, Scale: 1, Disp: block})
		cr := s.op(VMULPS, yr, xr)
		ci := s.op(VMULPS, yr, xi)
		VMULPS(xi, yi, xi)
		VSUBPS(xi, cr, cr)
		VMULPS(xr, yi, xr)
		VADDPS(xr, ci, ci)
		a, b := s.load(Mem{Base: f}), s.load(Mem{Base: f, Disp: block})
		re, im := s.op(VMULPS, a, cr), s.op(VMULPS, a, ci)
		VMULPS(ci, b, ci)
		VSUBPS(ci, re, re)
		VMULPS(cr, b, cr)
		VADDPS(cr, im, im)
		VMOVUPS(re, Mem{Base: f})
		VMOVUPS(im, Mem{Base: f, Disp: block})
		dr, di := s.load(Mem{Base: ref}), s.load(Mem{Base: ref, Disp: block})
		VSUBPS(re, dr, dr)
		VSUBPS(im, di, di)
		VMULPS(dr, dr, dr)
		VMULPS(di, di, di)
		VADDPS(di, dr, dr)
		VMULPS(scale, dr, dr)
		VMOVUPS(dr, Mem{Base: p})
		if in {
			VADDPS(dr, inner, inner)
		} else {
			VADDPS(dr, edge, edge)
		}
		advance(2*block, f, ref)
		advance(block, p)
		advance(2, shift)
	})
	s.mean(edge, inner, ptr("m"))
	done()
}

// across sets h to sums of three neighbours along the rows of p; −u stands in
// for what lies beyond the half spectrum.
func across(s isa) {
	p, h, mirror := ptr("p"), ptr("h"), GP64()
	MOVQ(p, mirror)
	loop("across", side, func() {
		at := func(k int) Mem { return Mem{Base: p, Disp: k * block} }
		for k := range half {
			a, b := at(k-1), at(k+1)
			if k == 0 {
				a = Mem{Base: mirror, Disp: block}
			}
			if k == half-1 {
				b = Mem{Base: mirror, Disp: (half - 2) * block}
			}
			v := s.load(a)
			VADDPS(at(k), v, v)
			VADDPS(b, v, v)
			VMOVUPS(v, Mem{Base: h, Disp: k * block})
		}
		// The mirror of row 0 is row 0, then rows count down from the last.
		first := ptr("p")
		CMPQ(mirror, first)
		JNE(LabelRef("down"))
		advance(bins*block, mirror)
		Label("down")
		SUBQ(U32(half*block), mirror)
		advance(half*block, p, h)
	})
}

func (s isa) add() {
	TEXT("add"+s.name, NOSPLIT, "func(sum, weight, variance, f, p, h, twice, width, top, inverse, accepted *float32)")
	Doc("add" + s.name + " is addGeneric.")
	across(s)
	sum, weight, variance, f := ptr("sum"), ptr("weight"), ptr("variance"), ptr("f")
	h := ptr("h")
	up, low := GP64(), GP64()
	MOVQ(h, up)
	advance((bins-half)*block, up)
	MOVQ(h, low)
	advance(half*block, low)
	twice, width := s.load(Mem{Base: ptr("twice")}), s.load(Mem{Base: ptr("width")})
	top, inverse := s.load(Mem{Base: ptr("top")}), s.load(Mem{Base: ptr("inverse")})
	ninth := s.broadcast(constant("ninths", 2.0/9))
	zero, accepted := s.zero(), s.zero()
	bin := func() {
		q := s.load(Mem{Base: up})
		VADDPS(Mem{Base: h}, q, q)
		VADDPS(Mem{Base: low}, q, q)
		VMULPS(ninth, q, q)
		VSUBPS(twice, q, q)
		VMAXPS(zero, q, q)
		VADDPS(q, width, q)
		w := s.op(VDIVPS, top, q)
		VADDPS(w, accepted, accepted)
		VADDPS(Mem{Base: weight}, w, q)
		VMOVUPS(q, Mem{Base: weight})
		VMULPS(w, w, q)
		VMULPS(inverse, q, q)
		VADDPS(Mem{Base: variance}, q, q)
		VMOVUPS(q, Mem{Base: variance})
		VMULPS(Mem{Base: f}, w, q)
		VADDPS(Mem{Base: sum}, q, q)
		VMOVUPS(q, Mem{Base: sum})
		VMULPS(Mem{Base: f, Disp: block}, w, q)
		VADDPS(Mem{Base: sum, Disp: block}, q, q)
		VMOVUPS(q, Mem{Base: sum, Disp: block})
		advance(block, up, h, low, weight, variance)
		advance(2*block, f, sum)
	}
	// The first row's upper neighbour is the last, the last one's lower
	// neighbour the first.
	loop("top", half, bin)
	SUBQ(U32(bins*block), up)
	loop("middle", bins-2*half, bin)
	SUBQ(U32(bins*block), low)
	loop("bottom", half, bin)
	VMOVUPS(accepted, Mem{Base: ptr("accepted")})
	done()
}

func (s isa) finish() {
	TEXT("finish"+s.name, NOSPLIT, "func(sum, weight, variance, ratio *float32)")
	Doc("finish" + s.name + " is finishGeneric.")
	sum, weight, variance := ptr("sum"), ptr("weight"), ptr("variance")
	edge, inner := s.zero(), s.zero()
	one := s.broadcast(constant("one", 1))
	rows(func(in bool) {
		r := s.load(Mem{Base: weight})
		VDIVPS(r, one, r)
		v := s.load(Mem{Base: sum})
		VMULPS(r, v, v)
		VMOVUPS(v, Mem{Base: sum})
		VMULPS(Mem{Base: sum, Disp: block}, r, v)
		VMOVUPS(v, Mem{Base: sum, Disp: block})
		VMULPS(Mem{Base: variance}, r, v)
		VMULPS(r, v, v)
		if in {
			VADDPS(v, inner, inner)
		} else {
			VADDPS(v, edge, edge)
		}
		advance(2*block, sum)
		advance(block, weight, variance)
	})
	s.mean(edge, inner, ptr("ratio"))
	done()
}

func (s isa) shrink() {
	TEXT("shrink"+s.name, NOSPLIT, "func(f, pilot, v, power *float32)")
	Doc("shrink" + s.name + " is shrinkGeneric.")
	f, pilot := ptr("f"), ptr("pilot")
	variance := s.load(Mem{Base: ptr("v")})
	tiny := s.broadcast(constant("tiny", 1e-20))
	edge, inner := s.zero(), s.zero()
	rows(func(in bool) {
		a, b := s.load(Mem{Base: pilot}), s.load(Mem{Base: pilot, Disp: block})
		VMULPS(a, a, a)
		VMULPS(b, b, b)
		VADDPS(b, a, a)
		q := s.op(VADDPS, a, variance)
		VADDPS(tiny, q, q)
		g := s.op(VDIVPS, a, q)
		s.gain(f, g)
		if in {
			VADDPS(g, inner, inner)
		} else {
			VADDPS(g, edge, edge)
		}
		advance(2*block, f, pilot)
	})
	s.mean(edge, inner, ptr("power"))
	done()
}

// gain multiplies the bin at f by g and squares g.
func (s isa) gain(f reg.GPVirtual, g reg.VecVirtual) {
	a, b := s.op(VMULPS, g, Mem{Base: f}), s.op(VMULPS, g, Mem{Base: f, Disp: block})
	VMOVUPS(a, Mem{Base: f})
	VMOVUPS(b, Mem{Base: f, Disp: block})
	VMULPS(g, g, g)
}

func (s isa) binPower() {
	TEXT("binPower"+s.name, NOSPLIT, "func(f, p, h, inverse, activity *float32)")
	Doc("binPower" + s.name + " is binPowerGeneric.")
	f, p := ptr("f"), ptr("p")
	inverse := s.load(Mem{Base: ptr("inverse")})
	most := s.broadcast(constant("activityCap", 4))
	sum := s.zero()
	loop("power", bins, func() {
		a, b := s.load(Mem{Base: f}), s.load(Mem{Base: f, Disp: block})
		VMULPS(a, a, a)
		VMULPS(b, b, b)
		VADDPS(b, a, a)
		VMULPS(inverse, a, a)
		VMOVUPS(a, Mem{Base: p})
		VMINPS(most, a, a)
		VADDPS(a, sum, sum)
		advance(2*block, f)
		advance(block, p)
	})
	VMULPS(s.broadcast(constant("perHalf", 1.0/bins)), sum, sum)
	VMOVUPS(sum, Mem{Base: ptr("activity")})
	across(s)
	done()
}

func (s isa) judge() {
	TEXT("judge"+s.name, NOSPLIT, "func(f, p, h, k, r, power *float32)")
	Doc("judge" + s.name + " is judgeGeneric.")
	f, p, h, k, r := ptr("f"), ptr("p"), ptr("h"), ptr("k"), ptr("r")
	up, low := GP64(), GP64()
	MOVQ(h, up)
	advance((bins-half)*block, up)
	MOVQ(h, low)
	advance(half*block, low)
	first, last := GP64(), GP64()
	MOVQ(h, first)
	MOVQ(h, last)
	advance((bins-half)*block, last)
	edge, inner := s.zero(), s.zero()
	least, ninth := s.broadcast(constant("leastPower", .02)), constant("ninth", 1.0/9)
	perMantissa, mantissa := s.broadcast(constant("perMantissa", 1.0/(1<<23))), s.broadcast(constant("mantissa", 1<<23))
	exponent, mostLog := s.broadcast(constant("exponent", 127)), constant("mostLog", 10)
	mostOdds, leastOdds, one := constant("mostOdds", 20), constant("leastOdds", -20), s.broadcast(constant("one", 1))
	logarithm := func(v reg.VecVirtual) {
		VADDPS(least, v, v)
		VCVTDQ2PS(v, v)
		VMULPS(perMantissa, v, v)
		VSUBPS(exponent, v, v)
		VMINPS(s.broadcast(mostLog), v, v)
	}
	coefficient := func(i int) Mem { return Mem{Base: k, Disp: i * block} }
	bin := func(sum reg.VecVirtual) {
		a := s.load(Mem{Base: p})
		logarithm(a)
		b := s.load(Mem{Base: up})
		VADDPS(Mem{Base: h}, b, b)
		VADDPS(Mem{Base: low}, b, b)
		VMULPS(s.broadcast(ninth), b, b)
		logarithm(b)
		t := s.op(VMULPS, a, coefficient(3))
		VADDPS(coefficient(1), t, t)
		x := s.op(VMULPS, b, coefficient(4))
		VADDPS(t, x, x)
		y := s.op(VMULPS, b, coefficient(5))
		VADDPS(coefficient(2), y, y)
		VMULPS(a, x, x)
		VMULPS(b, y, y)
		z := s.broadcast(Mem{Base: r})
		VADDPS(coefficient(0), z, z)
		VADDPS(x, z, z)
		VADDPS(y, z, z)
		VMAXPS(s.broadcast(leastOdds), z, z)
		VMINPS(s.broadcast(mostOdds), z, z)
		VADDPS(exponent, z, z)
		VMULPS(mantissa, z, z)
		VCVTTPS2DQ(z, z)
		d := s.op(VADDPS, z, one)
		g := s.op(VDIVPS, z, d)
		s.gain(f, g)
		VADDPS(g, sum, sum)
		advance(2*block, f)
		advance(block, p, h, up, low)
		advance(4, r)
	}
	loop("row", side, func() {
		bin(edge)
		loop("bin", half-2, func() { bin(inner) })
		bin(edge)
		// The first row's upper neighbour is the last, the last one's lower
		// neighbour the first.
		e := GP64()
		MOVQ(first, e)
		advance(half*block, e)
		CMPQ(h, e)
		JNE(LabelRef("notfirst"))
		MOVQ(first, up)
		Label("notfirst")
		CMPQ(h, last)
		JNE(LabelRef("notlast"))
		MOVQ(first, low)
		Label("notlast")
	})
	s.mean(edge, inner, ptr("power"))
	done()
}
