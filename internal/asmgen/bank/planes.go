package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of planeArgs.
const (
	planeRows   = 0   // [8]*int16
	planeOut    = 64  // [12]*uint16
	planeSecond = 160 // bytes from a plane of samples to the next
	planeN      = 168

	planeMax = 8191
)

func planes(v isa) {
	reduce(v)
	differences(v)
	bayerRow(v, true)
	bayerRow(v, false)
	colorRow(v)
	binRow(v)
	cellRow(v)
	straightRow(v)
	diagonalRow(v)
	smoothRow(v)
}

func reduce(v isa) {
	a, n := v.startRow("reduce", "is reduce, %d samples at a time.", v.words())
	src, dst := field(a, planeRows), field(a, planeOut)
	Label("row")
	v.store(v.reduced(at(src, 0), 3), at(dst, 0))
	ADDQ(U8(uint8(v.bytes())), src)
	ADDQ(U8(uint8(v.bytes())), dst)
	until("row", n, v.words())
}

func differences(v isa) {
	a, n := v.startRow("differences", "is differences, %d samples at a time.", v.words())
	r, g, b := field(a, planeRows), field(a, planeRows+8), field(a, planeRows+16)
	o := v.newOutputs(a)
	round := v.dwords("sixteen", 16)
	l := field(a, planeOut)
	Label("row")
	for half := range 2 {
		disp := half * v.bytes() / 2
		red, green, blue := v.vec(), v.vec(), v.vec()
		VPMOVSXWD(at(r, disp), red)
		VPMOVSXWD(at(g, disp), green)
		VPMOVSXWD(at(b, disp), blue)
		VPADDD(green, green, green)
		VPADDD(red, green, green)
		VPADDD(blue, green, green)
		VPADDD(round, green, green)
		VPSRAD(U8(5), green, green)
		v.narrow(green, Mem{Base: l, Index: o.offset, Scale: 1, Disp: disp})
	}
	red, green, blue := v.reduced(at(r, 0), 3), v.reduced(at(g, 0), 3), v.reduced(at(b, 0), 3)
	VPSUBW(green, red, red)
	VPSUBW(green, blue, blue)
	o.words(1, red, 0)
	o.words(2, blue, 0)
	for _, p := range []reg.Register{r, g, b, o.offset} {
		ADDQ(U8(uint8(v.bytes())), p)
	}
	until("row", n, v.words())
}

func bayerRow(v isa, e bool) {
	name, doc := "bayerRow", "is bayerRow, %d units at a time."
	if !e {
		name, doc = "bayerPlainRow", "is bayerRow but for plane eE, %d units at a time."
	}
	a, n := v.startRow(name, doc, v.units())
	place := v.newNear(a, -3, 8)
	o := v.newOutputs(a)
	Label("row")
	for o.half = range v.halves() {
		place.disp = v.bytes() * o.half
		upper, lower := place.slopes(0), place.slopes(1)
		for _, p := range []struct {
			plane, shift int
			of           func(*slopes) reg.VecVirtual
		}{
			{0, 1, (*slopes).gh}, {1, 1, (*slopes).gv}, {2, 3, (*slopes).ah}, {3, 3, (*slopes).av},
			{4, 1, (*slopes).dd}, {5, 1, (*slopes).du}, {7, 3, (*slopes).n},
		} {
			o.unit(p.plane, add16(p.of(upper), p.of(lower)), p.shift, false)
		}
		if e {
			x, y := upper.e(), lower.e()
			VPSRLW(U8(1), x, x)
			VPSRLW(U8(1), y, y)
			o.unit(6, add16(x, y), 2, true)
		}
	}
	place.advance(v.halves() * v.bytes())
	o.end()
	until("row", n, v.units())
}

func binRow(v isa) {
	cells := v.words() / 2
	a, n := v.startRow("binRow", "is binRow, %d cells at a time.", cells)
	top, bottom, dst := field(a, planeRows), field(a, planeRows+8), field(a, planeOut)
	ones, round := v.words16("ones", 1), v.dwords("sixteen", 16)
	Label("row")
	s, t := v.vec(), v.vec()
	VPMADDWD(at(top, 0), ones, s)
	VPMADDWD(at(bottom, 0), ones, t)
	VPADDD(t, s, s)
	VPADDD(round, s, s)
	VPSRAD(U8(5), s, s)
	v.narrow(s, at(dst, 0))
	ADDQ(U8(uint8(v.bytes())), top)
	ADDQ(U8(uint8(v.bytes())), bottom)
	ADDQ(U8(uint8(v.bytes()/2)), dst)
	until("row", n, cells)
}

func cellRow(v isa) {
	a, n := v.startRow("cellRow", "is cellRow, %d cells at a time.", v.units())
	top, bottom := field(a, planeRows), field(a, planeRows+8)
	o := v.newOutputs(a)
	low := v.dwords("low", 0xffff)
	Label("row")
	for o.half = range v.halves() {
		t, b := v.reduced(at(top, v.bytes()*o.half), 3), v.reduced(at(bottom, v.bytes()*o.half), 3)
		across := func(r reg.VecVirtual) reg.VecVirtual { return absolute(sub16(r, v.swapped(r))) }
		h := v.and(low, add16(across(t), across(b))) // each step stands there twice
		o.unit(0, h, 0, true)
		o.unit(1, absolute(sub16(t, b)), 0, true)
		x, rising := twice(absolute(sub16(t, v.swapped(b)))), v.vec()
		VPSRLD(U8(16), x, rising)
		o.unit(2, v.and(low, x), 0, false)
		o.unit(3, rising, 0, false)
	}
	ADDQ(U32(uint32(v.halves()*v.bytes())), top)
	ADDQ(U32(uint32(v.halves()*v.bytes())), bottom)
	o.end()
	until("row", n, v.units())
}

// swapped exchanges neighbours.
func (v isa) swapped(a reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	if v.wide {
		VPROLD(U8(16), a, r)
		return r
	}
	VPSHUFB(word("neighbours", 0x01000302, 0x05040706, 0x09080b0a, 0x0d0c0f0e, 0x01000302, 0x05040706, 0x09080b0a, 0x0d0c0f0e), a, r)
	return r
}

func (v isa) and(a, b reg.VecVirtual) reg.VecVirtual {
	if v.wide {
		VPANDD(a, b, b)
	} else {
		VPAND(a, b, b)
	}
	return b
}

func straightRow(v isa) {
	a, n := v.startRow("straightRow", "is straightRow, %d cells at a time.", v.words())
	place := v.newNear(a, -3, 7)
	o := v.newOutputs(a)
	Label("row")
	s := place.slopes(0)
	o.words(0, s.gh(), 0)
	o.words(1, s.gv(), 0)
	o.words(2, s.ah(), 2)
	o.words(3, s.av(), 2)
	o.words(4, s.n(), 2)
	place.advance(v.bytes())
	ADDQ(U8(uint8(v.bytes())), o.offset)
	until("row", n, v.words())
}

func diagonalRow(v isa) {
	a, n := v.startRow("diagonalRow", "is diagonalRow, %d cells at a time.", v.words())
	place := v.newNear(a, -2, 5)
	o := v.newOutputs(a)
	Label("row")
	s := place.slopes(0)
	o.words(0, s.dd(), 0)
	o.words(1, s.du(), 0)
	o.words(2, s.e(), 2)
	place.advance(v.bytes())
	ADDQ(U8(uint8(v.bytes())), o.offset)
	until("row", n, v.words())
}

func smoothRow(v isa) {
	name := "smoothRow" + v.suffix()
	TEXT(name, NOSPLIT, "func(a *byte, shift int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is smooth3, %d entries at a time.", name, v.words()))
	a, n := Load(Param("a"), GP64()), GP64()
	MOVQ(at(a, planeN), n)
	dst := field(a, planeOut)
	shift, max := XMM(), v.words16("planemax16", planeMax)
	VMOVQ(Load(Param("shift"), GP64()), shift)
	row := v.newNear(a, 0, 3)
	column := func() reg.VecVirtual {
		c := v.load(row.at(0, 0))
		VPADDW(row.at(1, 0), c, c)
		VPADDW(row.at(2, 0), c, c)
		row.advance(v.bytes())
		return c
	}
	now := column()
	Label("row")
	next := column()
	s := v.right(now, next, 2)
	v.move(next, now)
	VPSRLW(shift, s, s)
	VPMINUW(max, s, s)
	v.store(s, at(dst, 0))
	ADDQ(U8(uint8(v.bytes())), dst)
	until("row", n, v.words())
}
