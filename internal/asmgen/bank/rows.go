package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func rows(v isa) {
	muMosaic(v)
	muColor(v)
}

// muMosaic: the pair sums of four rows meet their right neighbours.
func muMosaic(v isa) {
	name := "muMosaic" + v.suffix()
	TEXT(name, NOSPLIT, "func(dst *int32, src *int16, stride, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets n means, a multiple of %d, of 4×4 samples two apart; stride is in bytes.", name, v.words()/2))
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	stride, n := Load(Param("stride"), GP64()), Load(Param("n"), GP64())
	ones, eight := v.words16("ones", 1), v.dwords("eight", 8)
	row := GP64()
	loop("mosaic", n, v.words()/2, func() {
		sum := v.vec()
		v.move(eight, sum)
		MOVQ(src, row)
		for y := range 4 {
			if y > 0 {
				ADDQ(stride, row)
			}
			for _, o := range []int{0, 4} {
				v.pairs(at(row, o), ones, sum)
			}
		}
		VPSRAD(U8(4), sum, sum)
		v.store(sum, at(dst, 0))
		ADDQ(U32(uint32(v.bytes())), src)
		ADDQ(U32(uint32(v.bytes())), dst)
	})
	VZEROUPPER()
	RET()
}

func muColor(v isa) {
	name := "muColor" + v.suffix()
	TEXT(name, NOSPLIT, "func(dst *int32, red, green, blue *int16, stride, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets n mean lumas, a multiple of %d, of units side by side; stride is in bytes.", name, v.words()/2))
	dst, stride, n := Load(Param("dst"), GP64()), Load(Param("stride"), GP64()), Load(Param("n"), GP64())
	red, green, blue := Load(Param("red"), GP64()), Load(Param("green"), GP64()), Load(Param("blue"), GP64())
	ones, twos, eight := v.words16("ones", 1), v.words16("twos", 2), v.dwords("eight", 8)
	loop("color", n, v.words()/2, func() {
		sum := v.vec()
		v.move(eight, sum)
		for i, p := range []reg.Register{red, green, blue} {
			k := ones
			if i == 1 {
				k = twos
			}
			for _, m := range []Mem{{Base: p}, {Base: p, Index: stride, Scale: 1}} {
				v.pairs(m, k, sum)
			}
			ADDQ(U32(uint32(v.bytes())), p)
		}
		VPSRAD(U8(4), sum, sum)
		v.store(sum, at(dst, 0))
		ADDQ(U32(uint32(v.bytes())), dst)
	})
	VZEROUPPER()
	RET()
}
