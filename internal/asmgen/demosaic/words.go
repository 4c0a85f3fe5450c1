package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Vectors of 16-bit words.

func (v isa) load16(m Mem) reg.VecVirtual {
	r := v.vec()
	if v.wide {
		VMOVDQU16(m, r)
	} else {
		VMOVDQU(m, r)
	}
	return r
}

func (v isa) store16(r reg.VecVirtual, m Mem) {
	if v.wide {
		VMOVDQU16(r, m)
	} else {
		VMOVDQU(r, m)
	}
}

// bytes is the length of a vector.
func (v isa) bytes() int { return 4 * v.lanes() }

// odd returns the odd words of each pair in place of the even ones.
func (v isa) odd(a reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPSRLD(U8(16), a, r)
	return r
}

func (v isa) min16(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPMINSW(b, a, r)
	return r
}

func (v isa) max16(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPMAXSW(b, a, r)
	return r
}

// even puts the even words of a and then of b into a vector.
func (v isa) even(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	if v.wide {
		low, high := YMM(), YMM()
		VPMOVDW(a, low)
		VPMOVDW(b, high)
		VINSERTI64X4(U8(1), high, low.AsZ(), r)
		return r
	}
	x, y := v.vec(), v.vec()
	VPSLLD(U8(16), a, x)
	VPSRAD(U8(16), x, x)
	VPSLLD(U8(16), b, y)
	VPSRAD(U8(16), y, y)
	VPACKSSDW(y, x, r)
	VPERMQ(U8(0xd8), r, r)
	return r
}
