package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
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
