package main

import (
	"strconv"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Every packing is undone alike: two byte permutations bring the bytes of
// each sample into words A and B, and the sample is
// (A·mulA mod 2¹⁶) >> shift | (B·mulB) >> 16. Package binning has the tables.

func unpackAVX2() {
	TEXT("unpackAVX2", NOSPLIT, "func(dst *uint16, src *byte, steps int, t *byte)")
	Pragma("noescape")
	Doc("unpackAVX2 unpacks steps of 16 samples; it reads 16 bytes from the second half of a step on.")
	p := params("dst", "src", "steps", "t")
	a, b, mulA, mulB, shift := YMM(), YMM(), YMM(), YMM(), XMM()
	VBROADCASTI128(Mem{Base: p["t"], Disp: 0}, a)
	VBROADCASTI128(Mem{Base: p["t"], Disp: 16}, b)
	VBROADCASTI128(Mem{Base: p["t"], Disp: 32}, mulA)
	VBROADCASTI128(Mem{Base: p["t"], Disp: 48}, mulB)
	VMOVQ(Mem{Base: p["t"], Disp: 64}, shift)
	half := GP64()
	MOVQ(Mem{Base: p["t"], Disp: 72}, half)
	x := XMM()
	v, w := YMM(), YMM()
	loop("unpack", p["steps"], func() {
		VMOVDQU(Mem{Base: p["src"]}, x)
		VINSERTI128(U8(1), Mem{Base: p["src"], Index: half, Scale: 1}, x.AsY(), v)
		VPSHUFB(b, v, w)
		VPSHUFB(a, v, v)
		VPMULLW(mulA, v, v)
		VPMULHUW(mulB, w, w)
		VPSRLW(shift, v, v)
		VPOR(w, v, v)
		VMOVDQU(v, Mem{Base: p["dst"]})
		LEAQ(Mem{Base: p["src"], Index: half, Scale: 2}, p["src"])
		ADDQ(U32(32), p["dst"])
	})
	VZEROUPPER()
	RET()
}

func unpackVBMI() {
	TEXT("unpackVBMI", NOSPLIT, "func(dst *uint16, src *byte, steps int, t *byte)")
	Pragma("noescape")
	Doc("unpackVBMI unpacks steps of 32 samples; it reads 64 bytes from each step on.")
	p := params("dst", "src", "steps", "t")
	a, b, mulA, mulB, shift := ZMM(), ZMM(), ZMM(), ZMM(), XMM()
	VMOVDQU64(Mem{Base: p["t"], Disp: 80}, a)
	VMOVDQU64(Mem{Base: p["t"], Disp: 144}, b)
	VBROADCASTI32X4(Mem{Base: p["t"], Disp: 32}, mulA)
	VBROADCASTI32X4(Mem{Base: p["t"], Disp: 48}, mulB)
	VMOVQ(Mem{Base: p["t"], Disp: 64}, shift)
	used := K()
	KMOVQ(Mem{Base: p["t"], Disp: 208}, used)
	step := GP64()
	MOVQ(Mem{Base: p["t"], Disp: 72}, step)
	SHLQ(U8(2), step)
	v, w := ZMM(), ZMM()
	loop("unpack", p["steps"], func() {
		VMOVDQU64(Mem{Base: p["src"]}, v)
		VPERMB_Z(v, b, used, w)
		VPERMB(v, a, v)
		VPMULLW(mulA, v, v)
		VPMULHUW(mulB, w, w)
		VPSRLW(shift, v, v)
		VPORD(w, v, v)
		VMOVDQU64(v, Mem{Base: p["dst"]})
		ADDQ(step, p["src"])
		ADDQ(U32(64), p["dst"])
	})
	VZEROUPPER()
	RET()
}

// packed2 is unpacking and sum2 in one: the samples, of 14 bits at most, never
// leave the registers.
func packed2AVX2()   { packed2(avx2, "AVX2") }
func packed2AVX512() { packed2(avx512, "VBMI") }

func packed2(l lanes, name string) {
	TEXT("packed2"+name, NOSPLIT, "func(dst *uint16, r0, r1 *byte, t *byte, steps, ahead, stream int, round uint32, shift uint64)")
	Pragma("noescape")
	Doc("packed2" + name + " unpacks two rows and sums them to steps of " + strconv.Itoa(l.bytes/2) + " output samples.")
	p := params("dst", "r0", "r1", "t", "steps")
	a, b, mulA, mulB, shift := l.reg(), l.reg(), l.reg(), l.reg(), XMM()
	size := GP64() // bytes of one vector of samples; its half in AVX2
	MOVQ(Mem{Base: p["t"], Disp: 72}, size)
	used := K()
	if l.bytes == 64 {
		VMOVDQU64(Mem{Base: p["t"], Disp: 80}, a)
		VMOVDQU64(Mem{Base: p["t"], Disp: 144}, b)
		VBROADCASTI32X4(Mem{Base: p["t"], Disp: 32}, mulA)
		VBROADCASTI32X4(Mem{Base: p["t"], Disp: 48}, mulB)
		KMOVQ(Mem{Base: p["t"], Disp: 208}, used)
		SHLQ(U8(2), size)
	} else {
		VBROADCASTI128(Mem{Base: p["t"], Disp: 0}, a)
		VBROADCASTI128(Mem{Base: p["t"], Disp: 16}, b)
		VBROADCASTI128(Mem{Base: p["t"], Disp: 32}, mulA)
		VBROADCASTI128(Mem{Base: p["t"], Disp: 48}, mulB)
	}
	VMOVQ(Mem{Base: p["t"], Disp: 64}, shift)
	one := broadcastW(l, 1)
	g := GP32()
	Load(Param("round"), g)
	add := broadcastD(l, g)
	down := shiftCount()
	order := loadOrder(l)
	ahead := Load(Param("ahead"), GP64())
	// samples unpacks the next vector of a row and moves on.
	samples := func(row reg.Register) reg.VecVirtual {
		v, w := l.reg(), l.reg()
		if l.bytes == 64 {
			VMOVDQU64(Mem{Base: row}, v)
			VPERMB_Z(v, b, used, w)
			VPERMB(v, a, v)
			ADDQ(size, row)
		} else {
			x := XMM()
			VMOVDQU(Mem{Base: row}, x)
			VINSERTI128(U8(1), Mem{Base: row, Index: size, Scale: 1}, x.AsY(), v)
			VPSHUFB(b, v, w)
			VPSHUFB(a, v, v)
			LEAQ(Mem{Base: row, Index: size, Scale: 2}, row)
		}
		VPMULLW(mulA, v, v)
		VPMULHUW(mulB, w, w)
		VPSRLW(shift, v, v)
		if l.bytes == 64 {
			VPORD(w, v, v)
		} else {
			VPOR(w, v, v)
		}
		return v
	}
	frame(l, "packed2", p, nil, map[string]int{}, func(output func(reg.Register)) {
		for _, r := range []string{"r0", "r1"} {
			PREFETCHT1(Mem{Base: p[r], Index: ahead, Scale: 1})
			if l.bytes == 64 {
				PREFETCHT1(Mem{Base: p[r], Index: ahead, Scale: 1, Disp: 64})
			}
		}
		var s [2]reg.VecVirtual
		for j := range s {
			s[j] = samples(p["r0"])
			VPADDW(samples(p["r1"]), s[j], s[j])
			VPMADDWD(one, s[j], s[j])
			VPADDD(add, s[j], s[j])
			VPSRLD(down, s[j], s[j])
		}
		VPACKUSDW(s[1], s[0], s[0])
		inOrder(l, order, s[0])
		output(s[0])
	})
}
