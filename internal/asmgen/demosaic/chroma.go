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

// windowRow sums five rows.
func windowRow(v isa) {
	start("windowRow"+v.suffix(), "func(sums, color *int32, stride int, n int)",
		"is windowRowGeneric for n blocks, a multiple of the 32-bit lanes; stride is in bytes.")
	sums, color, stride, n, third := pointer("sums"), pointer("color"), pointer("stride"), pointer("n"), GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, third)
	loop("row", n, v.lanes(), func() {
		sum := v.load(at(color, 0))
		for _, row := range []Mem{
			{Base: color, Index: stride, Scale: 1}, {Base: color, Index: stride, Scale: 2},
			{Base: color, Index: third, Scale: 1}, {Base: color, Index: stride, Scale: 4},
		} {
			VPADDD(row, sum, sum)
		}
		v.store(sum, at(sums, 0))
		ADDQ(I32(v.bytes()), sums)
		ADDQ(I32(v.bytes()), color)
	})
}

// apartRow compares blocks with the mean around.
func apartRow(v isa) {
	start("apartRow"+v.suffix(), "func(apart, energy *float32, sums, own *int32, n int)",
		"is apartRowGeneric for n blocks, a multiple of the 32-bit lanes.")
	apart, energy, sums, own, n := pointer("apart"), pointer("energy"), pointer("sums"), pointer("own"), pointer("n")
	size, part := v.int(word("int25", 25)), v.constant("part400", 1.0/400)
	loop("row", n, v.lanes(), func() {
		near, d := v.load(at(sums, 0)), v.vec()
		for i := 1; i < 5; i++ {
			VPADDD(at(sums, 4*i), near, near)
		}
		VPMULLD(at(own, 0), size, d)
		VPSUBD(near, d, d)
		VCVTDQ2PS(d, d)
		VMULPS(part, d, d)
		v.store(d, at(apart, 0))
		VMULPS(d, d, d)
		v.store(d, at(energy, 0))
		for _, p := range []reg.Register{apart, energy, sums, own} {
			ADDQ(I32(v.bytes()), p)
		}
	})
}

// The fields of chromaNoise.
const (
	chromaColor = 0
	chromaLuma  = 8
	chromaShare = 12
)

// decideRow finds what blocks change by.
func decideRow(v isa) {
	start("decideRow"+v.suffix(), "func(delta0, delta1, delta2 *int16, energy0, energy1, energy2 *float32, stride int, apart0, apart1 *float32, luma *int32, noise *float32, n int)",
		"is decideRowGeneric for n blocks, a multiple of the 32-bit lanes; stride is in bytes.")
	delta := []reg.Register{pointer("delta0"), pointer("delta1"), pointer("delta2")}
	energy := []reg.Register{pointer("energy0"), pointer("energy1"), pointer("energy2")}
	apart := []reg.Register{pointer("apart0"), pointer("apart1")}
	stride, luma, noise, n := pointer("stride"), pointer("luma"), pointer("noise"), pointer("n")
	loop("row", n, v.lanes(), func() {
		index := v.load(at(luma, 0))
		VPSRAD(U8(4), index, index)
		VPADDD(v.int(word("chromaLevel", 4096)), index, index)
		VPSRAD(U8(9), index, index)
		VPMAXSD(v.zero(), index, index)
		VPMINSD(v.int(word("noiseLast", 63)), index, index)
		VPADDD(index, index, index)
		of := func(field int) reg.VecVirtual {
			r := v.zero()
			m := Mem{Base: noise, Index: index, Scale: 8, Disp: field}
			if v.wide {
				k := K()
				KXNORW(k, k, k)
				VGATHERDPS(m, k, r)
				return r
			}
			VGATHERDPS(v.int(word("all", 0xffffffff)), m, r)
			return r
		}
		mean := func(rows reg.Register) reg.VecVirtual {
			var sum reg.VecVirtual
			for x := range 3 {
				column := v.load(at(rows, 4*x))
				VADDPS(Mem{Base: rows, Index: stride, Scale: 1, Disp: 4 * x}, column, column)
				VADDPS(Mem{Base: rows, Index: stride, Scale: 2, Disp: 4 * x}, column, column)
				if sum == nil {
					sum = column
					continue
				}
				VADDPS(column, sum, sum)
			}
			VMULPS(v.constant("ninth", 1.0/9), sum, sum)
			return sum
		}
		signal := mean(energy[2])
		VSUBPS(of(chromaLuma), signal, signal)
		VMAXPS(v.zero(), signal, signal)
		share := of(chromaShare)
		var d [2]reg.VecVirtual
		for i := range d {
			color, all := of(chromaColor+4*i), mean(energy[i])
			VMAXPS(color, all, all)
			VADDPS(signal, all, all)
			VMULPS(share, color, color)
			VMULPS(at(apart[i], 0), color, color)
			VDIVPS(all, color, color)
			d[i] = color
		}
		green := v.vec()
		VADDPS(d[1], d[0], green)
		VMULPS(v.constant("quarter", 0.25), green, green)
		VSUBPS(d[0], green, d[0])
		VSUBPS(d[1], green, d[1])
		for i, x := range []reg.VecVirtual{d[0], green, d[1]} {
			VADDPS(v.constant("chromaRound", 65536.5), x, x)
			VCVTTPS2DQ(x, x)
			VPSUBD(v.int(word("chromaShift", 65536)), x, x)
			VPMINSD(v.int(word("chromaMost", 2047)), x, x)
			VPMAXSD(v.int(word("chromaLeast", 0xfffff801)), x, x)
			v.signed16(x, at(delta[i], 0))
			ADDQ(I32(v.bytes()/2), delta[i])
		}
		for _, p := range append(append([]reg.Register{luma}, energy...), apart...) {
			ADDQ(I32(v.bytes()), p)
		}
	})
}

// spreadRow interpolates the units of blocks.
func spreadRow(v isa) {
	start("spreadRow"+v.suffix(), "func(units, own, next *int16, n int)",
		"is spreadRowGeneric for n blocks, a multiple of the 32-bit lanes.")
	units, own, next, n := pointer("units"), pointer("own"), pointer("next"), pointer("n")
	half := v.int(word("half16", 8))
	loop("row", n, v.lanes(), func() {
		var h [3]reg.VecVirtual
		for i := range h {
			other, double := v.vec(), v.vec()
			h[i] = v.vec()
			VPMOVSXWD(at(own, 2*i), h[i])
			VPMOVSXWD(at(next, 2*i), other)
			VPSLLD(U8(1), h[i], double)
			VPADDD(double, h[i], h[i])
			VPADDD(other, h[i], h[i])
		}
		here := v.vec()
		VPSLLD(U8(1), h[1], here)
		VPADDD(h[1], here, here)
		VPADDD(half, here, here)
		VPADDD(here, h[0], h[0])
		VPADDD(here, h[2], h[2])
		// Words of the first and of the second unit: of 16ths and upwards.
		VPSLLD(U8(12), h[0], h[0])
		VPSRLD(U8(16), h[0], h[0])
		VPSRAD(U8(4), h[2], h[2])
		VPSLLD(U8(16), h[2], h[2])
		if v.wide {
			VPORD(h[0], h[2], h[2])
		} else {
			VPOR(h[0], h[2], h[2])
		}
		v.store(h[2], at(units, 0))
		ADDQ(I32(v.bytes()), units)
		ADDQ(I32(v.bytes()/2), own)
		ADDQ(I32(v.bytes()/2), next)
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
