package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// The fields of boxArgs.
const (
	boxSrc    = 0  // [10]*uint16
	boxThree  = 80 // [10]*uint16
	boxFive   = 160
	boxColumn = 240 // scratch for the columns of 3, then of 5
	boxWidth  = 248
	boxStride = 256 // bytes
	boxSecond = 264 // bytes from the columns of 3 to those of 5
	boxPlanes = 272
)

// boxes sums the unit planes over boxes of 3 and of 5 units, 32 units at a
// time: down the columns first, then across.
func boxes() {
	TEXT("boxAVX512", NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc("boxAVX512 sums rows of unit planes over boxes; it may write 31 units beyond each row's end.")
	a := Load(Param("a"), GP64())
	plane, stride, second := GP64(), GP64(), GP64()
	XORQ(plane, plane)
	MOVQ(at(a, boxStride), stride)
	MOVQ(at(a, boxSecond), second)

	Label("plane")
	src, column, n := GP64(), GP64(), GP64()
	MOVQ(Mem{Base: a, Index: plane, Scale: 8, Disp: boxSrc}, src)
	MOVQ(at(a, boxColumn), column)
	MOVQ(at(a, boxWidth), n)
	ADDQ(U8(4), n) // the border
	Label("columns")
	row := GP64()
	MOVQ(src, row)
	v := zmms(5)
	for i := range v {
		if i > 0 {
			ADDQ(stride, row)
		}
		VMOVDQU16(at(row, 0), v[i])
	}
	VPADDW(v[1], v[2], v[2])
	VPADDW(v[3], v[2], v[2])
	VPADDW(v[0], v[4], v[4])
	VPADDW(v[2], v[4], v[4])
	VPSRLW(U8(1), v[2], v[2])
	VPSRLW(U8(2), v[4], v[4])
	VMOVDQU16(v[2], at(column, 0))
	VMOVDQU16(v[4], Mem{Base: column, Index: second, Scale: 1})
	ADDQ(U8(64), src)
	ADDQ(U8(64), column)
	SUBQ(U8(32), n)
	JG(LabelRef("columns"))

	three, five := GP64(), GP64()
	MOVQ(Mem{Base: a, Index: plane, Scale: 8, Disp: boxThree}, three)
	MOVQ(Mem{Base: a, Index: plane, Scale: 8, Disp: boxFive}, five)
	MOVQ(at(a, boxColumn), column)
	MOVQ(at(a, boxWidth), n)
	Label("across")
	s := ZMM()
	VMOVDQU16(at(column, 2), s)
	VPADDW(at(column, 4), s, s)
	VPADDW(at(column, 6), s, s)
	VPSRLW(U8(3), s, s)
	VMOVDQU16(s, at(three, 0))
	f, c5 := ZMM(), GP64()
	LEAQ(Mem{Base: column, Index: second, Scale: 1}, c5)
	VMOVDQU16(at(c5, 0), f)
	for i := 1; i < 5; i++ {
		VPADDW(at(c5, 2*i), f, f)
	}
	VPSRLW(U8(3), f, f)
	VMOVDQU16(f, at(five, 0))
	ADDQ(U8(64), column)
	ADDQ(U8(64), three)
	ADDQ(U8(64), five)
	SUBQ(U8(32), n)
	JG(LabelRef("across"))

	INCQ(plane)
	CMPQ(plane, at(a, boxPlanes))
	JNE(LabelRef("plane"))
	VZEROUPPER()
	RET()
}
