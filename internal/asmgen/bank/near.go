package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// near addresses samples of the rows around a place.
type near struct {
	isa
	rows  []reg.Register
	x     reg.Register // bytes from the first sample
	first int          // the first row, from the place
	disp  int          // bytes from x
}

// newNear points at a place with count rows of interest, which are the rows of
// the arguments a.
func (v isa) newNear(a reg.Register, first, count int) *near {
	n := &near{isa: v, x: GP64(), first: first}
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

func (v isa) diff(a, b Mem) reg.VecVirtual {
	r := v.load(a)
	VPSUBW(b, r, r)
	return r
}

func (v isa) pair(a, b Mem) reg.VecVirtual {
	r := v.load(a)
	VPADDW(b, r, r)
	return r
}

func absolute(v reg.VecVirtual) reg.VecVirtual {
	r := like(v)
	VPABSW(v, r)
	return r
}

func sub16(a, b reg.VecVirtual) reg.VecVirtual {
	r := like(a)
	VPSUBW(b, a, r)
	return r
}

func add16(a, b reg.VecVirtual) reg.VecVirtual {
	r := like(a)
	VPADDW(b, a, r)
	return r
}

func twice(a reg.VecVirtual) reg.VecVirtual { return add16(a, a) }

// slopes are the differences of straightAt and diagonalAt in the rows around dy.
// Where there are registers enough, what several of them need is made once.
type slopes struct {
	*near
	dy          int
	h1, h2, row reg.VecVirtual
	bent        [2]reg.VecVirtual // along the row, and the column
}

func (n *near) slopes(dy int) *slopes {
	s := &slopes{near: n, dy: dy}
	if s.wide {
		left, right := s.load(s.at(dy, -1)), s.load(s.at(dy, 1))
		left2, right2 := s.load(s.at(dy, -2)), s.load(s.at(dy, 2))
		s.h1, s.h2 = sub16(right, left), sub16(right2, left2)
		s.row = sub16(add16(left2, right2), twice(add16(left, right)))
	}
	return s
}

// across is the difference of the samples k right and k left.
func (s *slopes) across(k int) reg.VecVirtual {
	switch {
	case s.wide && k == 1:
		return s.h1
	case s.wide && k == 2:
		return s.h2
	}
	return s.diff(s.at(s.dy, k), s.at(s.dy, -k))
}

// down is the difference of the samples k below and k above.
func (s *slopes) down(k int) reg.VecVirtual { return s.diff(s.at(s.dy+k, 0), s.at(s.dy-k, 0)) }

func (s *slopes) gh() reg.VecVirtual { return absolute(s.across(1)) }
func (s *slopes) gv() reg.VecVirtual { return absolute(s.down(1)) }

func (s *slopes) ah() reg.VecVirtual { return activity(s.across) }
func (s *slopes) av() reg.VecVirtual { return activity(s.down) }

func activity(d func(k int) reg.VecVirtual) reg.VecVirtual {
	odd, even := add16(d(1), d(3)), twice(d(2))
	return absolute(sub16(odd, even))
}

func (s *slopes) dd() reg.VecVirtual { return absolute(s.diff(s.at(s.dy-1, -1), s.at(s.dy+1, 1))) }
func (s *slopes) du() reg.VecVirtual { return absolute(s.diff(s.at(s.dy-1, 1), s.at(s.dy+1, -1))) }

// bend returns second differences along the row and the column.
func (s *slopes) bend() (row, col reg.VecVirtual) {
	if s.bent[0] == nil {
		dy := s.dy
		if s.row == nil {
			s.row = sub16(s.pair(s.at(dy, -2), s.at(dy, 2)), twice(s.pair(s.at(dy, -1), s.at(dy, 1))))
		}
		s.bent[0] = s.row
		s.bent[1] = sub16(s.pair(s.at(dy-2, 0), s.at(dy+2, 0)), twice(s.pair(s.at(dy-1, 0), s.at(dy+1, 0))))
	}
	return s.bent[0], s.bent[1]
}

func (s *slopes) n() reg.VecVirtual {
	row, col := s.bend()
	own := twice(s.load(s.at(s.dy, 0)))
	n := absolute(add16(own, row))
	VPMINSW(absolute(add16(own, col)), n, n)
	return n
}

func (s *slopes) e() reg.VecVirtual {
	row, col := s.bend()
	return absolute(sub16(row, col))
}

// startRow begins a kernel with planeArgs; doc says how many %d of them go at
// once.
func (v isa) startRow(name, doc string, count int) (a, n reg.Register) {
	TEXT(name+v.suffix(), NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(name + v.suffix() + " " + fmt.Sprintf(doc, count))
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

// outputs stores unit planes. Sums over units come from vectors of pixels: with
// AVX-512 the two halves of a plane join, with AVX2 two planes do.
type outputs struct {
	isa
	a, offset        reg.Register
	ones, max, order reg.VecVirtual
	half             int
	kept             map[int]reg.VecVirtual // of the first half
	first            *sum
}

// sum is what waits for the plane that it shares a vector with.
type sum struct {
	plane   int
	v       reg.VecVirtual
	bounded bool
}

// halves is how many vectors of pixels make the units that are stored at once.
func (v isa) halves() int {
	if v.wide {
		return 2
	}
	return 1
}

// units is how many units are stored at once.
func (v isa) units() int { return v.halves() * v.words() / 2 }

func (v isa) newOutputs(a reg.Register) *outputs {
	o := &outputs{isa: v, a: a, offset: GP64(), kept: map[int]reg.VecVirtual{}}
	XORQ(o.offset, o.offset)
	o.ones, o.max = v.words16("ones", 1), v.words16("planemax16", planeMax)
	if v.wide {
		o.order = ZMM()
		VMOVDQU64(word("halves", 0, 0, 2, 0, 4, 0, 6, 0, 1, 0, 3, 0, 5, 0, 7, 0), o.order)
	}
	return o
}

// unit stores the sums of neighbours of v, shifted, in plane i.
func (o *outputs) unit(i int, v reg.VecVirtual, shift int, bounded bool) {
	s := o.vec()
	VPMADDWD(o.ones, v, s)
	if !o.wide {
		if shift > 0 {
			VPSRLD(U8(uint8(shift)), s, s)
		}
		if o.first == nil {
			o.first = &sum{i, s, bounded}
			return
		}
		o.two(*o.first, sum{i, s, bounded})
		o.first = nil
		return
	}
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

// two stores 8 units of two planes; bounds do no harm where there need be none.
func (o *outputs) two(a, b sum) {
	VPACKUSDW(b.v, a.v, a.v)
	VPERMQ(U8(0xd8), a.v, a.v)
	if a.bounded || b.bounded {
		VPMINUW(o.max, a.v, a.v)
	}
	VMOVDQU(a.v.AsX(), o.to(a.plane))
	if b.plane != a.plane {
		VEXTRACTI128(U8(1), a.v, o.to(b.plane))
	}
}

// end goes on to the next units.
func (o *outputs) end() {
	if o.first != nil {
		o.two(*o.first, *o.first)
		o.first = nil
	}
	ADDQ(U8(uint8(2*o.units())), o.offset)
}

func (o *outputs) to(plane int) Mem {
	dst := GP64()
	MOVQ(at(o.a, planeOut+8*plane), dst)
	return Mem{Base: dst, Index: o.offset, Scale: 1}
}

// words stores a vector of entries in plane i.
func (o *outputs) words(i int, v reg.VecVirtual, shift int) {
	if shift > 0 {
		r := o.vec()
		VPSRLW(U8(uint8(shift)), v, r)
		v = r
	}
	o.store(v, o.to(i))
}
