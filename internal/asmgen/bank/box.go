package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of boxArgs.
const (
	boxRows   = 0  // [5]*uint16: rows of the first plane
	boxThree  = 40 // *uint16: sums of the first plane
	boxFive   = 48
	boxPlanes = 56  // [12][2]int: bytes from the first plane to the one, and its sums
	boxCount  = 248 // planes
	boxWidth  = 256
)

// boxes sums the unit planes over boxes of 3 units, of 5, or of both, a vector
// of units at a time: down the columns first, then across, without a detour over
// memory that would have to wait for what was just stored.
func boxes(v isa) {
	box(v, "box3", true, false)
	box(v, "box5", false, true)
	box(v, "box3and5", true, true)
}

func box(v isa, name string, three, five bool) {
	name += v.suffix()
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sums rows of unit planes over boxes; it may write %d units beyond each row's end and one before.", name, v.words()-1))
	a := Load(Param("a"), GP64())
	list := GP64()
	LEAQ(at(a, boxPlanes), list)
	var row [5]reg.Register
	for i := range row {
		row[i] = field(a, boxRows+8*i)
	}
	var sums []*boxSums
	if three {
		sums = append(sums, &boxSums{isa: v, side: 3, to: boxThree, disp: -2, shift: 1}) // they begin at the border's second unit
	}
	if five {
		sums = append(sums, &boxSums{isa: v, side: 5, to: boxFive, shift: 2})
	}

	Label("plane")
	plane, n := GP64(), GP64()
	MOVQ(at(list, 0), plane)
	MOVQ(at(a, boxWidth), n)
	for _, s := range sums {
		s.dst = field(a, s.to)
		ADDQ(at(list, 8), s.dst)
	}
	columns := func(disp int) {
		from := func(i int) Mem { return Mem{Base: row[i], Index: plane, Scale: 1, Disp: disp} }
		inner := v.load(from(1))
		VPADDW(from(2), inner, inner)
		VPADDW(from(3), inner, inner)
		for _, s := range sums {
			s.next = v.vec()
			if s.side == 5 {
				outer := v.load(from(0))
				VPADDW(from(4), outer, outer)
				VPADDW(inner, outer, s.next)
			} else {
				v.move(inner, s.next)
			}
		}
		for _, s := range sums {
			VPSRLW(U8(uint8(s.shift)), s.next, s.next)
		}
	}
	columns(0)
	for _, s := range sums {
		s.now = s.next
	}
	Label("across")
	columns(v.bytes())
	for _, s := range sums {
		r := s.right(s.now, s.next, s.side-1)
		VPSRLW(U8(3), r, r)
		v.store(r, at(s.dst, s.disp))
		v.move(s.next, s.now)
		ADDQ(U8(uint8(v.bytes())), s.dst)
	}
	ADDQ(U8(uint8(v.bytes())), plane)
	SUBQ(U8(uint8(v.words())), n)
	JG(LabelRef("across"))

	ADDQ(U8(16), list)
	DECQ(at(a, boxCount))
	JNZ(LabelRef("plane"))
	VZEROUPPER()
	RET()
}

// boxSums is one size of boxes.
type boxSums struct {
	isa
	side, to, disp, shift int
	dst                   reg.Register
	now, next             reg.VecVirtual // the sums of columns
}

// right adds each entry of now and the count right of it, some of which are in
// next.
func (v isa) right(now, next reg.VecVirtual, count int) reg.VecVirtual {
	behind, s := v.vec(), v.vec()
	if v.wide {
		VALIGNQ(U8(2), now, next, behind)
	} else {
		VPERM2I128(U8(0x21), next, now, behind)
	}
	for i := 1; i <= count; i++ {
		t := v.vec()
		VPALIGNR(U8(uint8(2*i)), now, behind, t)
		if i == 1 {
			VPADDW(t, now, s)
		} else {
			VPADDW(t, s, s)
		}
	}
	return s
}
