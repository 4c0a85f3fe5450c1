package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of planeArgs.
const (
	planeSrc    = 0
	planeStride = 24 // bytes
	planeOut    = 32
	planeN      = 112

	planeMax = 8191
)

func planes() {
	reduce()
	differences()
	bayerRow()
	colorRow()
	binRow()
	cellRow()
	straightRow()
	diagonalRow()
	smoothRow()
}

// near addresses samples of the rows around a place.
type near struct {
	base [2]reg.Register // of row first, and four rows on
	s    reg.Register    // stride
	s3   reg.Register
	row  int // of base[0], from the place
}

// newNear points at a place whose first row of interest is row.
func newNear(place, stride reg.Register, row int) *near {
	n := &near{base: [2]reg.Register{GP64(), GP64()}, s: stride, s3: GP64(), row: row}
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, n.s3)
	MOVQ(place, n.base[0])
	for range -row {
		SUBQ(stride, n.base[0])
	}
	LEAQ(Mem{Base: n.base[0], Index: stride, Scale: 4}, n.base[1])
	return n
}

// at is the sample dy rows down and dx columns right of the place.
func (n *near) at(dy, dx int) Mem {
	k := dy - n.row
	m := Mem{Base: n.base[k/4], Disp: 2 * dx}
	switch k % 4 {
	case 1:
		m.Index, m.Scale = n.s, 1
	case 2:
		m.Index, m.Scale = n.s, 2
	case 3:
		m.Index, m.Scale = n.s3, 1
	}
	return m
}

func (n *near) advance(bytes int) {
	for _, b := range n.base {
		ADDQ(I32(int32(bytes)), b)
	}
}

func load16(m Mem) reg.VecVirtual {
	v := ZMM()
	VMOVDQU16(m, v)
	return v
}

func diff(a, b Mem) reg.VecVirtual {
	v := load16(a)
	VPSUBW(b, v, v)
	return v
}

func pair(a, b Mem) reg.VecVirtual {
	v := load16(a)
	VPADDW(b, v, v)
	return v
}

func absolute(v reg.VecVirtual) reg.VecVirtual {
	r := ZMM()
	VPABSW(v, r)
	return r
}

func sub16(a, b reg.VecVirtual) reg.VecVirtual {
	r := ZMM()
	VPSUBW(b, a, r)
	return r
}

func add16(a, b reg.VecVirtual) reg.VecVirtual {
	r := ZMM()
	VPADDW(b, a, r)
	return r
}

func twice(a reg.VecVirtual) reg.VecVirtual { return add16(a, a) }

// straightSteps are gh, gv, ah, av and n of straightAt, in the rows around dy.
func straightSteps(n *near, dy int) []reg.VecVirtual {
	row, col := rowCol(n, dy)
	return straightWith(n, dy, row, col)
}

func straightWith(n *near, dy int, row, col reg.VecVirtual) []reg.VecVirtual {
	h1 := diff(n.at(dy, 1), n.at(dy, -1))
	h2 := diff(n.at(dy, 2), n.at(dy, -2))
	h3 := diff(n.at(dy, 3), n.at(dy, -3))
	v1 := diff(n.at(dy+1, 0), n.at(dy-1, 0))
	v2 := diff(n.at(dy+2, 0), n.at(dy-2, 0))
	v3 := diff(n.at(dy+3, 0), n.at(dy-3, 0))
	c := twice(load16(n.at(dy, 0)))
	nn := absolute(add16(c, row))
	VPMINSW(absolute(add16(c, col)), nn, nn)
	return []reg.VecVirtual{
		absolute(h1), absolute(v1),
		absolute(sub16(add16(h1, h3), twice(h2))),
		absolute(sub16(add16(v1, v3), twice(v2))),
		nn,
	}
}

func rowCol(n *near, dy int) (row, col reg.VecVirtual) {
	row = sub16(pair(n.at(dy, -2), n.at(dy, 2)), twice(pair(n.at(dy, -1), n.at(dy, 1))))
	col = sub16(pair(n.at(dy-2, 0), n.at(dy+2, 0)), twice(pair(n.at(dy-1, 0), n.at(dy+1, 0))))
	return row, col
}

// diagonalSteps are dd, du and e of diagonalAt.
func diagonalSteps(n *near, dy int) []reg.VecVirtual {
	row, col := rowCol(n, dy)
	return diagonalWith(n, dy, row, col)
}

func diagonalWith(n *near, dy int, row, col reg.VecVirtual) []reg.VecVirtual {
	return []reg.VecVirtual{
		absolute(diff(n.at(dy-1, -1), n.at(dy+1, 1))),
		absolute(diff(n.at(dy-1, 1), n.at(dy+1, -1))),
		absolute(sub16(row, col)),
	}
}

// startRow begins a kernel with planeArgs.
func startRow(name, doc string) (a, n reg.Register) {
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(name + " " + doc)
	a = Load(Param("a"), GP64())
	n = GP64()
	MOVQ(at(a, planeN), n)
	return a, n
}

func field(a reg.Register, disp int) reg.Register {
	r := GP64()
	MOVQ(at(a, disp), r)
	return r
}

// until ends a loop that has done step of n; kernels may go past n.
func until(label string, n reg.Register, step int) {
	SUBQ(U8(uint8(step)), n)
	JG(LabelRef(label))
	VZEROUPPER()
	RET()
}

// outputs stores sums of units, 16 at a time.
type outputs struct {
	a, offset reg.Register
	ones, max reg.VecVirtual
}

func newOutputs(a reg.Register) *outputs {
	o := &outputs{a: a, offset: GP64(), ones: ZMM(), max: ZMM()}
	XORQ(o.offset, o.offset)
	VPBROADCASTW(word("ones", 0x00010001), o.ones)
	VPBROADCASTD(word("planemax", planeMax), o.max)
	return o
}

// unit stores the sums of neighbours of v, shifted, in plane i.
func (o *outputs) unit(i int, v reg.VecVirtual, shift int, bounded bool) {
	s, h := ZMM(), YMM()
	VPMADDWD(o.ones, v, s)
	VPSRLD(U8(uint8(shift)), s, s)
	if bounded {
		VPMINUD(o.max, s, s)
	}
	VPMOVDW(s, h)
	dst := GP64()
	MOVQ(at(o.a, planeOut+8*i), dst)
	VMOVDQU(h, Mem{Base: dst, Index: o.offset, Scale: 1})
}

// words stores 32 entries in plane i.
func (o *outputs) words(i int, v reg.VecVirtual, shift int) {
	if shift > 0 {
		r := ZMM()
		VPSRLW(U8(uint8(shift)), v, r)
		v = r
	}
	dst := GP64()
	MOVQ(at(o.a, planeOut+8*i), dst)
	VMOVDQU16(v, Mem{Base: dst, Index: o.offset, Scale: 1})
}

func reduce() {
	a, n := startRow("reduceAVX512", "is reduce, 32 samples at a time.")
	src, dst := field(a, planeSrc), field(a, planeOut)
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
	r, g, b := field(a, planeSrc), field(a, planeSrc+8), field(a, planeSrc+16)
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

func bayerRow() {
	a, n := startRow("bayerRowAVX512", "is bayerRow, 16 units at a time.")
	place := newNear(field(a, planeSrc), field(a, planeStride), -3)
	o := newOutputs(a)
	Label("row")
	// The planes of both rows: gh, gv, ah, av, n, dd, du and e, in the order of
	// planes; e is halved first.
	planes := []int{0, 1, 2, 3, 7, 4, 5, 6}
	shifts := []int{1, 1, 3, 3, 3, 1, 1, 2}
	var rows [2][]reg.VecVirtual
	for dy := range rows {
		row, col := rowCol(place, dy)
		rows[dy] = append(straightWith(place, dy, row, col), diagonalWith(place, dy, row, col)...)
	}
	for i, plane := range planes {
		upper, lower := rows[0][i], rows[1][i]
		if plane == 6 {
			VPSRLW(U8(1), upper, upper)
			VPSRLW(U8(1), lower, lower)
		}
		o.unit(plane, add16(upper, lower), shifts[i], plane == 6)
	}
	place.advance(64)
	ADDQ(U8(32), o.offset)
	until("row", n, 16)
}

func colorRow() {
	a, n := startRow("colorRowAVX512", "is colorRow, 16 units at a time.")
	place, stride := field(a, planeSrc), field(a, planeStride)
	l := newNear(place, stride, -1)
	red, blue := GP64(), GP64() // from luma to the differences, in bytes
	MOVQ(at(a, planeSrc+8), red)
	SUBQ(place, red)
	MOVQ(at(a, planeSrc+16), blue)
	SUBQ(place, blue)
	o := newOutputs(a)
	Label("row")
	both := func(f func(dy int) reg.VecVirtual) reg.VecVirtual {
		upper := f(0)
		return add16(upper, f(1))
	}
	o.unit(0, both(func(y int) reg.VecVirtual { return absolute(diff(l.at(y, 1), l.at(y, -1))) }), 1, false)
	o.unit(1, both(func(y int) reg.VecVirtual { return absolute(diff(l.at(y+1, 0), l.at(y-1, 0))) }), 1, false)
	o.unit(2, both(func(y int) reg.VecVirtual { return absolute(diff(l.at(y-1, -1), l.at(y+1, 1))) }), 1, false)
	o.unit(3, both(func(y int) reg.VecVirtual { return absolute(diff(l.at(y-1, 1), l.at(y+1, -1))) }), 1, false)
	o.unit(6, both(func(y int) reg.VecVirtual {
		s := add16(pair(l.at(y, -1), l.at(y, 1)), pair(l.at(y-1, 0), l.at(y+1, 0)))
		return absolute(sub16(twice(twice(load16(l.at(y, 0)))), s))
	}), 3, false)

	// The planes of differences, one after the other.
	var ch, cv, c, m [2]reg.VecVirtual
	d := &near{base: [2]reg.Register{GP64(), GP64()}, s: l.s, s3: l.s3, row: -1}
	for i, offset := range []reg.Register{red, blue} {
		for j := range d.base {
			LEAQ(Mem{Base: l.base[j], Index: offset, Scale: 1}, d.base[j])
		}
		for y := range 2 {
			sum := func(acc *reg.VecVirtual, v reg.VecVirtual) {
				if i == 0 {
					*acc = v
				} else {
					VPADDW(v, *acc, *acc)
				}
			}
			sum(&ch[y], absolute(diff(d.at(y, 1), d.at(y, -1))))
			sum(&cv[y], absolute(diff(d.at(y+1, 0), d.at(y-1, 0))))
			sum(&m[y], absolute(load16(d.at(y, 0))))
			around := ZMM()
			VPSRAW(U8(1), d.at(y-1, -1), around)
			for _, p := range [][2]int{{-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}} {
				t := ZMM()
				VPSRAW(U8(1), d.at(y+p[0], p[1]), t)
				VPADDW(t, around, around)
			}
			eight := ZMM()
			VPSRAW(U8(1), d.at(y, 0), eight)
			VPSLLW(U8(3), eight, eight)
			sum(&c[y], absolute(sub16(eight, around)))
		}
	}
	for y := range 2 {
		VPSRLW(U8(2), c[y], c[y])
	}
	o.unit(4, add16(ch[0], ch[1]), 1, true)
	o.unit(5, add16(cv[0], cv[1]), 1, true)
	o.unit(7, add16(c[0], c[1]), 1, true)
	o.unit(8, add16(m[0], m[1]), 1, true)
	l.advance(64)
	ADDQ(U8(32), o.offset)
	until("row", n, 16)
}

func binRow() {
	a, n := startRow("binRowAVX512", "is binRow, 16 cells at a time.")
	top, bottom, dst := field(a, planeSrc), field(a, planeSrc+8), field(a, planeOut)
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
	a, n := startRow("cellRowAVX512", "is cellRow, 16 cells at a time.")
	top, bottom := field(a, planeSrc), field(a, planeSrc+8)
	o := newOutputs(a)
	low := ZMM()
	VPBROADCASTD(word("low", 0xffff), low)
	Label("row")
	t, b := ZMM(), ZMM()
	VPSRAW(U8(3), at(top, 0), t)
	VPSRAW(U8(3), at(bottom, 0), b)
	across := func(v reg.VecVirtual) reg.VecVirtual {
		swapped := ZMM()
		VPROLD(U8(16), v, swapped)
		return absolute(sub16(v, swapped))
	}
	h := add16(across(t), across(b))
	VPANDD(low, h, h) // each step stands there twice
	o.unit(0, h, 0, true)
	o.unit(1, absolute(sub16(t, b)), 0, true)
	ADDQ(U8(64), top)
	ADDQ(U8(64), bottom)
	ADDQ(U8(32), o.offset)
	until("row", n, 16)
}

func straightRow() {
	a, n := startRow("straightRowAVX512", "is straightRow, 32 cells at a time.")
	place := newNear(field(a, planeSrc), field(a, planeStride), -3)
	o := newOutputs(a)
	Label("row")
	for i, v := range straightSteps(place, 0) {
		o.words(i, v, []int{0, 0, 2, 2, 2}[i])
	}
	place.advance(64)
	ADDQ(U8(64), o.offset)
	until("row", n, 32)
}

func diagonalRow() {
	a, n := startRow("diagonalRowAVX512", "is diagonalRow, 32 cells at a time.")
	place := newNear(field(a, planeSrc), field(a, planeStride), -2)
	o := newOutputs(a)
	Label("row")
	for i, v := range diagonalSteps(place, 0) {
		o.words(i, v, []int{0, 0, 2}[i])
	}
	place.advance(64)
	ADDQ(U8(64), o.offset)
	until("row", n, 32)
}

func smoothRow() {
	TEXT("smoothRowAVX512", NOSPLIT, "func(a *byte, shift int)")
	Pragma("noescape")
	Doc("smoothRowAVX512 is a row of smooth3, 32 entries at a time.")
	a, n := Load(Param("a"), GP64()), GP64()
	MOVQ(at(a, planeN), n)
	src, stride, dst := field(a, planeSrc), field(a, planeStride), field(a, planeOut)
	shift, max := XMM(), ZMM()
	VMOVQ(Load(Param("shift"), GP64()), shift)
	VPBROADCASTW(word("planemax16", planeMax|planeMax<<16), max)
	row := newNear(src, stride, 0)
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
