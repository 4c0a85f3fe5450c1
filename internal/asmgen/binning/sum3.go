package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The cells of three columns straddle the dwords of two. With E and O the
// even and odd columns of three rows added up, and P = E + O, output 2m is
// P[3m] + E[3m+1] and output 2m+1 is O[3m+1] + P[3m+2], so that each needs
// every third dword of three vectors.

// sum3Columns adds up the three rows of vector j into even and odd columns.
func sum3Columns(l lanes, p map[string]reg.Register, low reg.Register, j int, even, odd, t reg.Register) {
	for i, r := range []string{"r0", "r1", "r2"} {
		load(l, Mem{Base: p[r], Disp: j * l.bytes}, t)
		if i == 0 {
			and(l, low, t, even)
			VPSRLD(U8(16), t, odd)
			continue
		}
		u := l.reg()
		and(l, low, t, u)
		VPSRLD(U8(16), t, t)
		VPADDD(u, even, even)
		VPADDD(t, odd, odd)
	}
}

func and(l lanes, a Op, b, r reg.Register) {
	if l.bytes == 64 {
		VPANDD(a, b, r)
		return
	}
	VPAND(a, b, r)
}

// sum3Scale turns sums into outputs as the generic kernel's float32 does.
func sum3Scale(round, half, mul, top, v reg.Register) {
	VPADDD(round, v, v)
	VCVTDQ2PS(v, v)
	VADDPS(half, v, v)
	VMULPS(mul, v, v)
	VCVTTPS2DQ(v, v)
	VPMINSD(top, v, v)
}

type sum3Constants struct{ low, round, half, mul, top reg.VecVirtual }

func sum3Load(l lanes) sum3Constants {
	var c sum3Constants
	constant := func(v uint32) reg.VecVirtual {
		g := GP32()
		MOVL(U32(v), g)
		return broadcastD(l, g)
	}
	c.low = constant(0xffff)
	c.half = constant(0x3f000000) // 0.5
	c.top = constant(65535)
	g := GP32()
	Load(Param("round"), g)
	c.round = broadcastD(l, g)
	x := XMM()
	Load(Param("scale"), x)
	c.mul = l.reg()
	VBROADCASTSS(x, c.mul)
	return c
}

func sum3Text(l lanes) map[string]reg.Register {
	TEXT("sum3"+l.name, NOSPLIT, "func(dst, r0, r1, r2 *uint16, steps, ahead, stream int, round uint32, scale float32)")
	Pragma("noescape")
	Doc("sum3" + l.name + " is sum3Generic for steps of " + map[int]string{32: "16", 64: "32"}[l.bytes] + " output samples.")
	return params("dst", "r0", "r1", "r2", "steps")
}

func sum3Frame(l lanes, p map[string]reg.Register, body func(output func(reg.Register))) {
	frame(l, "sum3", p, []string{"r0", "r1", "r2"}, map[string]int{"r0": 3 * l.bytes, "r1": 3 * l.bytes, "r2": 3 * l.bytes}, body)
}

func sum3AVX512() {
	l := avx512
	p := sum3Text(l)
	c := sum3Load(l)
	var a, b [3]reg.VecVirtual
	for i := range a {
		a[i], b[i] = ZMM(), ZMM()
		VMOVDQU64(gatherA[i], a[i])
		VMOVDQU64(gatherB[i], b[i])
	}
	// third picks dword 3m+k of the three vectors.
	third := func(v [3]reg.VecVirtual, k int) reg.VecVirtual {
		r := ZMM()
		VMOVDQA64(a[k], r)
		VPERMI2D(v[1], v[0], r)
		VPERMT2D(v[2], b[k], r)
		return r
	}
	sum3Frame(l, p, func(output func(reg.Register)) {
		var even, odd, both [3]reg.VecVirtual
		t := ZMM()
		for j := range 3 {
			even[j], odd[j], both[j] = ZMM(), ZMM(), ZMM()
			sum3Columns(l, p, c.low, j, even[j], odd[j], t)
			VPADDD(even[j], odd[j], both[j])
		}
		e, o := third(both, 0), third(odd, 1)
		VPADDD(third(even, 1), e, e)
		VPADDD(third(both, 2), o, o)
		sum3Scale(c.round, c.half, c.mul, c.top, e)
		sum3Scale(c.round, c.half, c.mul, c.top, o)
		VPSLLD(U8(16), o, o)
		VPORD(e, o, o)
		output(o)
	})
}

func sum3AVX2() {
	l := avx2
	p := sum3Text(l)
	c := sum3Load(l)
	// third picks dword 3m+k of the three vectors: each is permuted alike,
	// and the masks take from each what is its own.
	third := func(v [3]reg.VecVirtual, k int) reg.VecVirtual {
		index, r, t := YMM(), YMM(), YMM()
		VMOVDQU(gather256[k], index)
		VPERMD(v[0], index, r)
		for from := 1; from < 3; from++ {
			mask := 0
			for m := range 8 {
				if (3*m+k)/8 == from {
					mask |= 1 << m
				}
			}
			VPERMD(v[from], index, t)
			VPBLENDD(U8(mask), t, r, r)
		}
		return r
	}
	sum3Frame(l, p, func(output func(reg.Register)) {
		var even, odd, both [3]reg.VecVirtual
		t := YMM()
		for j := range 3 {
			even[j], odd[j] = YMM(), YMM()
			sum3Columns(l, p, c.low, j, even[j], odd[j], t)
		}
		e, o := third(even, 1), third(odd, 1)
		for j := range 3 {
			both[j] = even[j]
			VPADDD(odd[j], even[j], both[j])
		}
		VPADDD(third(both, 0), e, e)
		VPADDD(third(both, 2), o, o)
		sum3Scale(c.round, c.half, c.mul, c.top, e)
		sum3Scale(c.round, c.half, c.mul, c.top, o)
		VPSLLD(U8(16), o, o)
		VPOR(e, o, o)
		output(o)
	})
}
