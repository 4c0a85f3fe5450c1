package main

import (
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

func planes() {
	reduce()
	differences()
	bayerRow("bayerRowAVX512", true)
	bayerRow("bayerPlainRowAVX512", false)
	colorRow()
	binRow()
	cellRow()
	straightRow()
	diagonalRow()
	smoothRow()
}

func reduce() {
	a, n := startRow("reduceAVX512", "is reduce, 32 samples at a time.")
	src, dst := field(a, planeRows), field(a, planeOut)
	Label("row")
	v := ZMM()
	VPSRAW(U8(3), at(src, 0), v)
	VMOVDQU16(v, at(dst, 0))
	ADDQ(U8(64), src)
	ADDQ(U8(64), dst)
	until("row", n, 32)
}

func differences() {
	a, n := startRow("differencesAVX512", "is differences, 32 samples at a time.")
	r, g, b := field(a, planeRows), field(a, planeRows+8), field(a, planeRows+16)
	o := newOutputs(a)
	round := ZMM()
	VPBROADCASTD(word("sixteen", 16), round)
	l := field(a, planeOut)
	Label("row")
	for half := range 2 {
		red, green, blue := ZMM(), ZMM(), ZMM()
		VPMOVSXWD(at(r, 32*half), red)
		VPMOVSXWD(at(g, 32*half), green)
		VPMOVSXWD(at(b, 32*half), blue)
		VPADDD(green, green, green)
		VPADDD(red, green, green)
		VPADDD(blue, green, green)
		VPADDD(round, green, green)
		VPSRAD(U8(5), green, green)
		h := YMM()
		VPMOVDW(green, h)
		VMOVDQU(h, Mem{Base: l, Index: o.offset, Scale: 1, Disp: 32 * half})
	}
	red, green, blue := ZMM(), ZMM(), ZMM()
	VPSRAW(U8(3), at(r, 0), red)
	VPSRAW(U8(3), at(g, 0), green)
	VPSRAW(U8(3), at(b, 0), blue)
	VPSUBW(green, red, red)
	VPSUBW(green, blue, blue)
	o.words(1, red, 0)
	o.words(2, blue, 0)
	for _, p := range []reg.Register{r, g, b, o.offset} {
		ADDQ(U8(64), p)
	}
	until("row", n, 32)
}

func bayerRow(name string, e bool) {
	doc := "is bayerRow, 32 units at a time."
	if !e {
		doc = "is bayerRow but for plane eE, 32 units at a time."
	}
	a, n := startRow(name, doc)
	place := newNear(a, -3, 8)
	o := newOutputs(a)
	Label("row")
	// The planes of both rows: gh, gv, ah, av, n, dd, du and e, in the order of
	// planes; e is halved first.
	planes := []int{0, 1, 2, 3, 7, 4, 5, 6}
	shifts := []int{1, 1, 3, 3, 3, 1, 1, 2}
	for o.half = range 2 {
		place.disp = 64 * o.half
		upper, lower := place.steps(0, true, true, e), place.steps(1, true, true, e)
		for i, v := range upper {
			if planes[i] == 6 {
				VPSRLW(U8(1), v, v)
				VPSRLW(U8(1), lower[i], lower[i])
			}
			o.unit(planes[i], add16(v, lower[i]), shifts[i], planes[i] == 6)
		}
	}
	place.advance(128)
	ADDQ(U8(64), o.offset)
	until("row", n, 32)
}

func binRow() {
	a, n := startRow("binRowAVX512", "is binRow, 16 cells at a time.")
	top, bottom, dst := field(a, planeRows), field(a, planeRows+8), field(a, planeOut)
	ones, round := ZMM(), ZMM()
	VPBROADCASTW(word("ones", 0x00010001), ones)
	VPBROADCASTD(word("sixteen", 16), round)
	Label("row")
	s, t, h := ZMM(), ZMM(), YMM()
	VPMADDWD(at(top, 0), ones, s)
	VPMADDWD(at(bottom, 0), ones, t)
	VPADDD(t, s, s)
	VPADDD(round, s, s)
	VPSRAD(U8(5), s, s)
	VPMOVDW(s, h)
	VMOVDQU(h, at(dst, 0))
	ADDQ(U8(64), top)
	ADDQ(U8(64), bottom)
	ADDQ(U8(32), dst)
	until("row", n, 16)
}

func cellRow() {
	a, n := startRow("cellRowAVX512", "is cellRow, 32 cells at a time.")
	top, bottom := field(a, planeRows), field(a, planeRows+8)
	o := newOutputs(a)
	low := ZMM()
	VPBROADCASTD(word("low", 0xffff), low)
	Label("row")
	for o.half = range 2 {
		t, b := ZMM(), ZMM()
		VPSRAW(U8(3), at(top, 64*o.half), t)
		VPSRAW(U8(3), at(bottom, 64*o.half), b)
		across := func(v reg.VecVirtual) reg.VecVirtual {
			swapped := ZMM()
			VPROLD(U8(16), v, swapped)
			return absolute(sub16(v, swapped))
		}
		h := add16(across(t), across(b))
		VPANDD(low, h, h) // each step stands there twice
		o.unit(0, h, 0, true)
		o.unit(1, absolute(sub16(t, b)), 0, true)
		swapped, rising := ZMM(), ZMM()
		VPROLD(U8(16), b, swapped)
		x := twice(absolute(sub16(t, swapped)))
		VPSRLD(U8(16), x, rising)
		VPANDD(low, x, x)
		o.unit(2, x, 0, false)
		o.unit(3, rising, 0, false)
	}
	ADDQ(U32(128), top)
	ADDQ(U32(128), bottom)
	ADDQ(U8(64), o.offset)
	until("row", n, 32)
}

func straightRow() {
	a, n := startRow("straightRowAVX512", "is straightRow, 32 cells at a time.")
	place := newNear(a, -3, 7)
	o := newOutputs(a)
	Label("row")
	for i, v := range place.steps(0, true, false, false) {
		o.words(i, v, []int{0, 0, 2, 2, 2}[i])
	}
	place.advance(64)
	ADDQ(U8(64), o.offset)
	until("row", n, 32)
}

func diagonalRow() {
	a, n := startRow("diagonalRowAVX512", "is diagonalRow, 32 cells at a time.")
	place := newNear(a, -2, 5)
	o := newOutputs(a)
	Label("row")
	for i, v := range place.steps(0, false, true, true) {
		o.words(i, v, []int{0, 0, 2}[i])
	}
	place.advance(64)
	ADDQ(U8(64), o.offset)
	until("row", n, 32)
}

func smoothRow() {
	TEXT("smoothRowAVX512", NOSPLIT, "func(a *byte, shift int)")
	Pragma("noescape")
	Doc("smoothRowAVX512 is smooth3, 32 entries at a time.")
	a, n := Load(Param("a"), GP64()), GP64()
	MOVQ(at(a, planeN), n)
	dst := field(a, planeOut)
	shift, max := XMM(), ZMM()
	VMOVQ(Load(Param("shift"), GP64()), shift)
	VPBROADCASTW(word("planemax16", planeMax|planeMax<<16), max)
	row := newNear(a, 0, 3)
	Label("row")
	s := load16(row.at(0, 0))
	for dy := range 3 {
		for dx := range 3 {
			if dy+dx > 0 {
				VPADDW(row.at(dy, dx), s, s)
			}
		}
	}
	VPSRLW(shift, s, s)
	VPMINUW(max, s, s)
	VMOVDQU16(s, at(dst, 0))
	row.advance(64)
	ADDQ(U8(64), dst)
	until("row", n, 32)
}
