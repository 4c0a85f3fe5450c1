package main

import (
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

// boxes sums the unit planes over boxes of 3 and of 5 units, 32 units at a
// time: down the columns first, then across, without a detour over memory that
// would have to wait for what was just stored.
func boxes() {
	TEXT("boxAVX512", NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc("boxAVX512 sums rows of unit planes over boxes; it may write 31 units beyond each row's end and one before.")
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
		v := zmms(5)
		for i := range v {
			VMOVDQU16(Mem{Base: row[i], Index: plane, Scale: 1, Disp: disp}, v[i])
		}
		VPADDW(v[1], v[2], v[2])
		VPADDW(v[3], v[2], v[2])
		VPADDW(v[0], v[4], v[4])
		VPADDW(v[2], v[4], v[4])
		VPSRLW(U8(1), v[2], v[2])
		VPSRLW(U8(2), v[4], v[4])
		return v[2], v[4]
	}
	three, five := field(a, boxThree), field(a, boxFive)
	ADDQ(at(list, 8), three)
	ADDQ(at(list, 8), five)
	c3, c5 := columns(0)
	Label("across")
	next3, next5 := columns(64)
	// sum adds each entry of now and the next count right of it.
	sum := func(now, next reg.VecVirtual, count int) reg.VecVirtual {
		behind, s := ZMM(), ZMM()
		VALIGNQ(U8(2), now, next, behind)
		for i := 1; i <= count; i++ {
			t := ZMM()
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
	VMOVDQU16(sum(c3, next3, 2), at(three, -2)) // they begin at the border's second unit
	VMOVDQU16(sum(c5, next5, 4), at(five, 0))
	VMOVDQA64(next3, c3)
	VMOVDQA64(next5, c5)
	ADDQ(U8(64), plane)
	ADDQ(U8(64), three)
	ADDQ(U8(64), five)
	SUBQ(U8(32), n)
	JG(LabelRef("across"))

	ADDQ(U8(16), list)
	DECQ(at(a, boxCount))
	JNZ(LabelRef("plane"))
	VZEROUPPER()
	RET()
}
