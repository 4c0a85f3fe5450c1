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

func (s isa) add() {
	TEXT("add"+s.name, NOSPLIT, "func(sum, weight, variance, f, p, h, twice, width, top, inverse, accepted *float32)")
	Doc("add" + s.name + " is addGeneric.")
	// Sums of three neighbours along the rows; −u stands in for what lies
	// beyond the half spectrum.
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
	sum, weight, variance, f := ptr("sum"), ptr("weight"), ptr("variance"), ptr("f")
	h = ptr("h")
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
	TEXT("shrink"+s.name, NOSPLIT, "func(f, pilot, k, v *float32, floor float32, power *float32)")
	Doc("shrink" + s.name + " is shrinkGeneric.")
	f, pilot, k := ptr("f"), ptr("pilot"), ptr("k")
	variance := s.load(Mem{Base: ptr("v")})
	least, err := Param("floor").Resolve()
	if err != nil {
		panic(err)
	}
	floor := s.broadcast(least.Addr)
	tiny := s.broadcast(constant("tiny", 1e-20))
	edge, inner := s.zero(), s.zero()
	rows(func(in bool) {
		a, b := s.load(Mem{Base: pilot}), s.load(Mem{Base: pilot, Disp: block})
		VMULPS(a, a, a)
		VMULPS(b, b, b)
		VADDPS(b, a, a)
		q := s.broadcast(Mem{Base: k})
		VMULPS(variance, q, q)
		VADDPS(q, a, q)
		VADDPS(tiny, q, q)
		g := s.op(VDIVPS, a, q)
		VMAXPS(floor, g, g)
		VMULPS(Mem{Base: f}, g, a)
		VMULPS(Mem{Base: f, Disp: block}, g, b)
		VMOVUPS(a, Mem{Base: f})
		VMOVUPS(b, Mem{Base: f, Disp: block})
		VMULPS(g, g, g)
		if in {
			VADDPS(g, inner, inner)
		} else {
			VADDPS(g, edge, edge)
		}
		advance(2*block, f, pilot)
		advance(4, k)
	})
	s.mean(edge, inner, ptr("power"))
	done()
}
