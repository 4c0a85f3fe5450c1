package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func rows() {
	muMosaic()
	muColor()
	keep()
}

// muMosaic: the pair sums of four rows meet their right neighbours.
func muMosaic() {
	TEXT("muMosaicAVX512", NOSPLIT, "func(dst *int32, src *int16, stride, n int)")
	Pragma("noescape")
	Doc("muMosaicAVX512 sets n means, a multiple of 16, of 4×4 samples two apart; stride is in bytes.")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	stride, n := Load(Param("stride"), GP64()), Load(Param("n"), GP64())
	ones, eight := ZMM(), ZMM()
	VPBROADCASTW(word("ones", 0x00010001), ones)
	VPBROADCASTD(word("eight", 8), eight)
	row := GP64()
	loop("mosaic", n, 16, func() {
		sum := ZMM()
		VMOVDQA32(eight, sum)
		MOVQ(src, row)
		for y := range 4 {
			if y > 0 {
				ADDQ(stride, row)
			}
			for _, o := range []int{0, 4} {
				t := ZMM()
				VPMADDWD(at(row, o), ones, t)
				VPADDD(t, sum, sum)
			}
		}
		VPSRAD(U8(4), sum, sum)
		VMOVDQU32(sum, at(dst, 0))
		ADDQ(U32(64), src)
		ADDQ(U32(64), dst)
	})
	VZEROUPPER()
	RET()
}

func muColor() {
	TEXT("muColorAVX512", NOSPLIT, "func(dst *int32, red, green, blue *int16, stride, n int)")
	Pragma("noescape")
	Doc("muColorAVX512 sets n mean lumas, a multiple of 16, of units side by side; stride is in bytes.")
	dst, stride, n := Load(Param("dst"), GP64()), Load(Param("stride"), GP64()), Load(Param("n"), GP64())
	red, green, blue := Load(Param("red"), GP64()), Load(Param("green"), GP64()), Load(Param("blue"), GP64())
	ones, twos, eight := ZMM(), ZMM(), ZMM()
	VPBROADCASTW(word("ones", 0x00010001), ones)
	VPBROADCASTW(word("twos", 0x00020002), twos)
	VPBROADCASTD(word("eight", 8), eight)
	loop("color", n, 16, func() {
		sum := ZMM()
		VMOVDQA32(eight, sum)
		for i, p := range []reg.Register{red, green, blue} {
			k := ones
			if i == 1 {
				k = twos
			}
			for _, m := range []Mem{{Base: p}, {Base: p, Index: stride, Scale: 1}} {
				t := ZMM()
				VPMADDWD(m, k, t)
				VPADDD(t, sum, sum)
			}
			ADDQ(U32(64), p)
		}
		VPSRAD(U8(4), sum, sum)
		VMOVDQU32(sum, at(dst, 0))
		ADDQ(U32(64), dst)
	})
	VZEROUPPER()
	RET()
}

// keep copies under a mask that repeats every 32 samples.
func keep() {
	TEXT("keepAVX512", NOSPLIT, "func(dst, src *int16, mask uint32, n int)")
	Pragma("noescape")
	Doc("keepAVX512 copies those of n samples, a multiple of 32, whose bit is set in the repeating mask.")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	mask, n := Load(Param("mask"), GP32()), Load(Param("n"), GP64())
	k := K()
	KMOVD(mask, k)
	loop("keep", n, 32, func() {
		v := ZMM()
		VMOVDQU16(at(src, 0), v)
		VMOVDQU16(v, k, at(dst, 0))
		ADDQ(U32(64), src)
		ADDQ(U32(64), dst)
	})
	VZEROUPPER()
	RET()
}
