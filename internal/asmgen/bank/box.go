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

// boxes sums the unit planes over boxes of 3 and of 5 units, a vector of
// units at a time: down the columns first, then across, without a detour over memory that
// would have to wait for what was just stored.
func boxes(v isa) {
	name := "box" + v.suffix()
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

	Label("plane")
	plane, n := GP64(), GP64()
	MOVQ(at(list, 0), plane)
	MOVQ(at(a, boxWidth), n)
	columns := func(disp int) (three, five reg.VecVirtual) {
		var r [5]reg.VecVirtual
		for i := range r {
			r[i] = v.load(Mem{Base: row[i], Index: plane, Scale: 1, Disp: disp})
		}
		VPADDW(r[1], r[2], r[2])
		VPADDW(r[3], r[2], r[2])
		VPADDW(r[0], r[4], r[4])
		VPADDW(r[2], r[4], r[4])
		VPSRLW(U8(1), r[2], r[2])
		VPSRLW(U8(2), r[4], r[4])
		return r[2], r[4]
	}
	three, five := field(a, boxThree), field(a, boxFive)
	ADDQ(at(list, 8), three)
	ADDQ(at(list, 8), five)
	c3, c5 := columns(0)
	Label("across")
	next3, next5 := columns(v.bytes())
	// sum adds each entry of now and the next count right of it.
	sum := func(now, next reg.VecVirtual, count int) reg.VecVirtual {
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
		VPSRLW(U8(3), s, s)
		return s
	}
	v.store(sum(c3, next3, 2), at(three, -2)) // they begin at the border's second unit
	v.store(sum(c5, next5, 4), at(five, 0))
	v.move(next3, c3)
	v.move(next5, c5)
	ADDQ(U8(uint8(v.bytes())), plane)
	ADDQ(U8(uint8(v.bytes())), three)
	ADDQ(U8(uint8(v.bytes())), five)
	SUBQ(U8(uint8(v.words())), n)
	JG(LabelRef("across"))

	ADDQ(U8(16), list)
	DECQ(at(a, boxCount))
	JNZ(LabelRef("plane"))
	VZEROUPPER()
	RET()
}
