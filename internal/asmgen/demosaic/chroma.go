package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pairs4 sums pairs of columns of four rows of pixels.
func pairs4(v isa) {
	start("pairsRow"+v.suffix(), "func(sums *int32, pix *int16, pixels int, n int)",
		"is pairsRowGeneric for n sums, a multiple of the 32-bit lanes; pixels is in bytes.")
	sums, pix, pixels, n, third := pointer("sums"), pointer("pix"), pointer("pixels"), pointer("n"), GP64()
	LEAQ(Mem{Base: pixels, Index: pixels, Scale: 2}, third)
	ones := v.words16("one16", 1, 1)
	loop("row", n, v.lanes(), func() {
		var sum reg.VecVirtual
		for _, row := range []Mem{{Base: pix}, {Base: pix, Index: pixels, Scale: 1}, {Base: pix, Index: pixels, Scale: 2}, {Base: pix, Index: third, Scale: 1}} {
			pairs := v.vec()
			VPMADDWD(row, ones, pairs)
			if sum == nil {
				sum = pairs
				continue
			}
			VPADDD(pairs, sum, sum)
		}
		v.store(sum, at(sums, 0))
		ADDQ(I32(v.bytes()), sums)
		ADDQ(I32(v.bytes()), pix)
	})
}

// tint adds to pixels what their units change by.
func tint(v isa) {
	start("tintRow"+v.suffix(), "func(pix, units *int16, n int)",
		"is tintRowGeneric for n pixels, a multiple of 16, or with AVX-512 of 32.")
	pix, units, n, odd := pointer("pix"), pointer("units"), pointer("n"), GP64()
	XORQ(odd, odd)
	double := v.doubles(odd)
	least, most := v.words16("workingMin", 0xf000, 0xf000), v.words16("workingMax", 28671, 28671)
	loop("row", n, 2*v.lanes(), func() {
		x := v.load16(at(pix, 0))
		VPADDSW(double(units), x, x)
		VPMAXSW(least, x, x)
		VPMINSW(most, x, x)
		v.store16(x, at(pix, 0))
		ADDQ(I32(v.bytes()), pix)
		ADDQ(I32(v.bytes()/2), units)
	})
}
