package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// near addresses samples of the rows around a place.
type near struct {
	rows  []reg.Register
	x     reg.Register // bytes from the first sample
	first int          // the first row, from the place
	disp  int          // bytes from x
}

// newNear points at a place with count rows of interest, which are the rows of
// the arguments a.
func newNear(a reg.Register, first, count int) *near {
	n := &near{x: GP64(), first: first}
	XORQ(n.x, n.x)
	for i := range count {
		n.rows = append(n.rows, field(a, planeRows+8*i))
	}
	return n
}

// at is the sample dy rows down and dx columns right of the place.
func (n *near) at(dy, dx int) Mem {
	return Mem{Base: n.rows[dy-n.first], Index: n.x, Scale: 1, Disp: 2*dx + n.disp}
}

func (n *near) advance(bytes int) { ADDQ(U32(uint32(bytes)), n.x) }

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

// steps are gh, gv, ah, av, n, dd, du and e of straightAt and diagonalAt, in the
// rows around dy; those that are not wanted are not made.
func (n *near) steps(dy int, straight, diagonal, e bool) []reg.VecVirtual {
	left, right := load16(n.at(dy, -1)), load16(n.at(dy, 1))
	left2, right2 := load16(n.at(dy, -2)), load16(n.at(dy, 2))
	row := sub16(add16(left2, right2), twice(add16(left, right)))
	col := sub16(pair(n.at(dy-2, 0), n.at(dy+2, 0)), twice(pair(n.at(dy-1, 0), n.at(dy+1, 0))))
	var s []reg.VecVirtual
	if straight {
		h1, h2, h3 := sub16(right, left), sub16(right2, left2), diff(n.at(dy, 3), n.at(dy, -3))
		v1, v2, v3 := diff(n.at(dy+1, 0), n.at(dy-1, 0)), diff(n.at(dy+2, 0), n.at(dy-2, 0)), diff(n.at(dy+3, 0), n.at(dy-3, 0))
		own := twice(load16(n.at(dy, 0)))
		nn := absolute(add16(own, row))
		VPMINSW(absolute(add16(own, col)), nn, nn)
		s = append(s, absolute(h1), absolute(v1),
			absolute(sub16(add16(h1, h3), twice(h2))),
			absolute(sub16(add16(v1, v3), twice(v2))),
			nn)
	}
	if diagonal {
		s = append(s, absolute(diff(n.at(dy-1, -1), n.at(dy+1, 1))), absolute(diff(n.at(dy-1, 1), n.at(dy+1, -1))))
	}
	if e {
		s = append(s, absolute(sub16(row, col)))
	}
	return s
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

// outputs stores sums of units, 32 at a time in two halves.
type outputs struct {
	a, offset        reg.Register
	ones, max, order reg.VecVirtual
	half             int
	kept             map[int]reg.VecVirtual // of the first half
}

func newOutputs(a reg.Register) *outputs {
	o := &outputs{a: a, offset: GP64(), ones: ZMM(), max: ZMM(), order: ZMM(), kept: map[int]reg.VecVirtual{}}
	XORQ(o.offset, o.offset)
	VPBROADCASTW(word("ones", 0x00010001), o.ones)
	VPBROADCASTW(word("planemax16", planeMax|planeMax<<16), o.max)
	VMOVDQU64(word("halves", 0, 0, 2, 0, 4, 0, 6, 0, 1, 0, 3, 0, 5, 0, 7, 0), o.order)
	return o
}

// unit stores the sums of neighbours of v, shifted, in plane i.
func (o *outputs) unit(i int, v reg.VecVirtual, shift int, bounded bool) {
	s := ZMM()
	VPMADDWD(o.ones, v, s)
	if o.half == 0 {
		o.kept[i] = s
		return
	}
	VPACKUSDW(s, o.kept[i], s)
	VPERMQ(s, o.order, s)
	VPSRLW(U8(uint8(shift)), s, s)
	if bounded {
		VPMINUW(o.max, s, s)
	}
	o.words(i, s, 0)
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
