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
	c.mul = floatParam(l, "scale")
	return c
}

// floatParam broadcasts a float32 parameter.
func floatParam(l lanes, name string) reg.VecVirtual {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	r := l.reg()
	VBROADCASTSS(p.Addr, r)
	return r
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

// sum3AVX512 adds the three rows up as a full adder does, bit by bit: their
// sums without carry and their carries are words still, and a multiply-add of
// both by 1 and 2 makes dwords of neighbouring columns. Of the three vectors'
// dwords the first, middle and last of a pair of cells never share a lane, so
// that one permutation each brings them in order; the middle ones are split.
func sum3AVX512() {
	l := avx512
	p := sum3Text(l)
	constant := func(v uint32) reg.VecVirtual {
		g := GP32()
		MOVL(U32(v), g)
		return broadcastD(l, g)
	}
	bias := constant(0x80008000)
	left, right := [2]reg.VecVirtual{constant(1), constant(2)}, [2]reg.VecVirtual{constant(1 << 16), constant(2 << 16)}
	both := [2]reg.VecVirtual{constant(1<<16 | 1), constant(2<<16 | 2)}
	// sum·scale + add is (sum + 9·32768 + round + ½)·scale; the generic
	// kernel says why that is exact, and with one rounding it is no less.
	g, add := GP32(), XMM()
	Load(Param("round"), g)
	ADDL(U32(9<<15), g)
	VXORPS(add, add, add)
	VCVTSI2SSL(g, add, add)
	half := XMM()
	MOVL(U32(0x3f000000), g)
	VMOVD(g, half)
	VADDSS(half, add, add)
	scale := floatParam(l, "scale")
	VMULSS(scale.AsX(), add, add)
	adds := ZMM()
	VBROADCASTSS(add, adds)
	var order [3]reg.VecVirtual
	var lanesOf [3]reg.Register // every third lane, from the given one on
	for i, mask := range []uint32{0x9249, 0x2492, 0x4924} {
		order[i] = ZMM()
		VMOVDQU64(gather512[i], order[i])
		lanesOf[i] = K()
		MOVL(U32(mask), g)
		KMOVW(g, lanesOf[i])
	}
	interleave := ZMM()
	VBROADCASTI32X4(interleaved, interleave)
	// third collects dwords k of every three.
	third := func(v [3]reg.VecVirtual, k int) reg.VecVirtual {
		r := ZMM()
		VPBLENDMD(v[1], v[0], lanesOf[(k+2)%3], r)
		VMOVDQA32(v[2], lanesOf[(k+1)%3], r)
		return r
	}
	// columns adds up the columns of dwords that w keeps.
	columns := func(sum, carry reg.Register, w [2]reg.VecVirtual) reg.VecVirtual {
		r, t := ZMM(), ZMM()
		VPMADDWD(w[0], sum, r)
		VPMADDWD(w[1], carry, t)
		VPADDD(t, r, r)
		return r
	}
	sum3Frame(l, p, func(output func(reg.Register)) {
		var sum, carry, pair [3]reg.VecVirtual
		for j := range 3 {
			a, b := ZMM(), ZMM()
			load(l, Mem{Base: p["r0"], Disp: j * l.bytes}, a)
			load(l, Mem{Base: p["r1"], Disp: j * l.bytes}, b)
			c := ZMM()
			load(l, Mem{Base: p["r2"], Disp: j * l.bytes}, c)
			sum[j], carry[j] = ZMM(), a
			VMOVDQA64(a, sum[j])
			VPTERNLOGD(U8(0x96), c, b, sum[j])
			VPTERNLOGD(U8(0xe8), c, b, carry[j])
			VPXORD(bias, sum[j], sum[j])
			VPXORD(bias, carry[j], carry[j])
			pair[j] = columns(sum[j], carry[j], both)
		}
		sums, carries := third(sum, 1), third(carry, 1)
		var out [2]reg.VecVirtual
		for i, v := range [2]reg.VecVirtual{columns(sums, carries, left), columns(sums, carries, right)} {
			out[i] = third(pair, 2*i)
			VPERMD(out[i], order[2*i], out[i])
			VPERMD(v, order[1], v)
			VPADDD(v, out[i], out[i])
			VCVTDQ2PS(out[i], out[i])
			VFMADD213PS(adds, scale, out[i])
			VCVTTPS2DQ(out[i], out[i])
		}
		VPACKUSDW(out[1], out[0], out[0])
		VPSHUFB(interleave, out[0], out[0])
		output(out[0])
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
