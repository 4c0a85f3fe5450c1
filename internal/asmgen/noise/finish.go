package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// endings writes the kernels that end a chunk, eight samples at a time.
func endings() {
	param := func(name string) reg.VecVirtual {
		p, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		return avx2.broadcast(p.Addr)
	}
	TEXT("divideAVX2", NOSPLIT, "func(num, den *float32, n int)")
	Doc("divideAVX2 is divideGeneric for n samples, a multiple of 8.")
	num, den, n := ptr("num"), ptr("den"), ptr("n")
	least := avx2.broadcast(constant("leastWeight", 1e-9))
	Label("quotient")
	d := avx2.load(Mem{Base: den})
	VMAXPS(least, d, d)
	v := avx2.load(Mem{Base: num})
	VDIVPS(d, v, v)
	VMOVUPS(v, Mem{Base: num})
	advance(32, num, den)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("quotient"))
	done()

	TEXT("quantiseAVX2", NOSPLIT, "func(dst *uint16, v, scale *float32, offset float32, n int)")
	Doc("quantiseAVX2 is quantiseGeneric for n samples, a multiple of 8.")
	dst, src, scale := ptr("dst"), ptr("v"), ptr("scale")
	n = ptr("n")
	offset := param("offset")
	k := YMM()
	VBROADCASTF128(Mem{Base: scale}, k)
	zero, top := avx2.zero(), avx2.broadcast(constant("white", 65535))
	Label("eight")
	q := avx2.op(VMULPS, k, Mem{Base: src})
	VADDPS(offset, q, q)
	VMAXPS(zero, q, q)
	VMINPS(top, q, q)
	VCVTTPS2DQ(q, q)
	x := XMM()
	VEXTRACTI128(Imm(1), q, x)
	VPACKUSDW(x, q.AsX(), x)
	VMOVDQU(x, Mem{Base: dst})
	advance(32, src)
	advance(16, dst)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("eight"))
	done()
}
