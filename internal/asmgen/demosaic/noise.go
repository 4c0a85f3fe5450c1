package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// placeRow finds where units stand among the levels of noise.
func placeRow(v isa) {
	start("placeRow"+v.suffix(), "func(place, extremes *uint16, in *int16, pixels int, curve *int32, n int)",
		"is placeRowGeneric for n units, a multiple of the 32-bit lanes; pixels is in bytes. extremes are the least places and then the largest, 16 words each.")
	place, extremes, in, pixels := pointer("place"), pointer("extremes"), pointer("in"), pointer("pixels")
	curve, n, third := pointer("curve"), pointer("n"), GP64()
	LEAQ(Mem{Base: pixels, Index: pixels, Scale: 2}, third)
	ones, zero := v.words16("one16", 1, 1), v.int(word("levelZero", 65536))
	fraction, round := v.int(word("noiseFraction", 8191)), v.int(word("noiseRound", 4096))
	last := v.int(word("noiseLast", 63))
	h := v.half()
	least, largest := v.half(), v.half()
	VMOVDQU(at(extremes, 0), least)
	VMOVDQU(at(extremes, 32), largest)
	gather := func(index reg.VecVirtual, disp int) reg.VecVirtual {
		r := v.zero()
		m := Mem{Base: curve, Index: index, Scale: 4, Disp: disp}
		if v.wide {
			k := K()
			KXNORW(k, k, k)
			VPGATHERDD(m, k, r)
			return r
		}
		VPGATHERDD(v.int(word("all", 0xffffffff)), m, r)
		return r
	}
	loop("row", n, v.lanes(), func() {
		var sum reg.VecVirtual
		for _, row := range []Mem{{Base: in}, {Base: in, Index: pixels, Scale: 1}, {Base: in, Index: pixels, Scale: 2}, {Base: in, Index: third, Scale: 1}} {
			for _, disp := range []int{0, 4} {
				m, pairs := row, v.vec()
				m.Disp = disp
				VPMADDWD(m, ones, pairs)
				if sum == nil {
					sum = pairs
					continue
				}
				VPADDD(pairs, sum, sum)
			}
		}
		part, f := v.vec(), v.vec()
		VPADDD(zero, sum, sum)
		VPSRLD(U8(13), sum, part)
		if v.wide {
			VPANDD(fraction, sum, f)
			VPANDD(last, part, part)
		} else {
			VPAND(fraction, sum, f)
			VPAND(last, part, part)
		}
		rise := gather(part, 4*64)
		VPMULLD(f, rise, rise)
		VPADDD(round, rise, rise)
		VPSRAD(U8(13), rise, rise)
		VPADDD(gather(part, 0), rise, rise)
		if v.wide {
			VPMOVDW(rise, h)
		} else {
			high := XMM()
			VEXTRACTI128(U8(1), rise, high)
			VPACKUSDW(high, rise.AsX(), h)
		}
		VMOVDQU(h, at(place, 0))
		VPMINUW(h, least, least)
		VPMAXUW(h, largest, largest)
		VMOVDQU(least, at(extremes, 0))
		VMOVDQU(largest, at(extremes, 32))
		ADDQ(I32(2*v.lanes()), place)
		ADDQ(I32(4*v.lanes()), in)
	})
}

// blendRow moves a row towards that of the next level of noise.
func blendRow(v isa) {
	start("blendRow"+v.suffix(), "func(dst, src *int16, place *uint16, level int, n int)",
		"is blendRowGeneric for n pixels, a multiple of 16, or with AVX-512 of 32.")
	dst, src, place, n, odd := pointer("dst"), pointer("src"), pointer("place"), pointer("n"), GP64()
	x, below := XMM(), v.vec()
	VMOVD(Load(Param("level"), GP64()).(reg.GPVirtual).As32(), x)
	VPBROADCASTW(x, below)
	XORQ(odd, odd)
	double, whole, no := v.doubles(odd), v.words16("whole", 256, 256), v.zero()
	loop("row", n, 2*v.lanes(), func() {
		weight := double(place)
		VPSUBUSW(below, weight, weight)
		VPMINUW(whole, weight, weight)
		VPSLLW(U8(7), weight, weight)
		VPSUBW(weight, no, weight)
		a, d := v.load16(at(dst, 0)), v.vec()
		VPSUBW(at(src, 0), a, d)
		VPMULHRSW(weight, d, d)
		VPADDW(d, a, a)
		v.store16(a, at(dst, 0))
		ADDQ(I32(v.bytes()), dst)
		ADDQ(I32(v.bytes()), src)
		ADDQ(I32(v.bytes()/2), place)
	})
}

// shareRow looks up the shares of the noise that are gone.
func shareRow(v isa) {
	start("shareRow"+v.suffix(), "func(dst *float32, place *uint16, table *float32, x int, n int)",
		"is shareRowGeneric for n pixels, a multiple of the 32-bit lanes.")
	dst, place, table, x, n := pointer("dst"), pointer("place"), pointer("table"), pointer("x"), pointer("n")
	lanes := v.lanes()
	var columns, units []uint32
	for i := range uint32(lanes + 4) {
		columns, units = append(columns, i&3), append(units, i/2)
	}
	p := GP64()
	LEAQ(word("columns"+v.suffix(), columns...), p)
	column := v.load(Mem{Base: p, Index: x, Scale: 4})
	ANDQ(U8(1), x)
	LEAQ(word("units"+v.suffix(), units...), p)
	unit := v.load(Mem{Base: p, Index: x, Scale: 4})
	low, part := v.int(word("low8", 255)), v.float(word("part256", 0x3b800000))
	four, bound := v.int(word("step4", 4)), v.int(word("bound32", 31))
	and := func(a, b, r reg.VecVirtual) {
		if v.wide {
			VPANDD(a, b, r)
		} else {
			VPAND(a, b, r)
		}
	}
	var halves [2]reg.VecVirtual
	if v.wide {
		halves = [2]reg.VecVirtual{v.load(at(table, 0)), v.load(at(table, 64))}
	}
	look := func(index reg.VecVirtual) reg.VecVirtual {
		if v.wide {
			r := v.vec()
			VMOVDQA32(index, r)
			VPERMI2PS(halves[1], halves[0], r)
			return r
		}
		i, r := v.vec(), v.zero()
		and(bound, index, i)
		VGATHERDPS(v.int(word("all", 0xffffffff)), Mem{Base: table, Index: i, Scale: 4}, r)
		return r
	}
	loop("row", n, lanes, func() {
		places, f, index := v.vec(), v.vec(), v.vec()
		VPMOVZXWD(at(place, 0), places)
		VPERMD(places, unit, places)
		and(low, places, f)
		VCVTDQ2PS(f, f)
		VMULPS(part, f, f)
		VPSRLD(U8(8), places, index)
		VPSLLD(U8(2), index, index)
		VPADDD(column, index, index)
		below := look(index)
		VPADDD(four, index, index)
		above := look(index)
		VSUBPS(below, above, above)
		VMULPS(f, above, above)
		VADDPS(above, below, below)
		v.store(below, at(dst, 0))
		ADDQ(I32(4*lanes), dst)
		ADDQ(I32(lanes), place)
	})
}
