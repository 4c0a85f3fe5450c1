package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pyramid writes the kernels that reduce a frame; all are AVX2, eight columns
// or outputs at a time.
func pyramid() {
	columns("grayColumnsAVX2", "uint16", VPMOVZXWD)
	columns("halveColumnsAVX2", "int16", VPMOVSXWD)
	decimate("decimateGrayAVX2", true)
	decimate("decimateHalveAVX2", false)
}

// columns adds up rows: the outer quarters once, the inner half three times.
func columns(name, kind string, widen func(...Op)) {
	TEXT(name, NOSPLIT, "func(col *uint32, pix *"+kind+", stride, quarter, n int)")
	Doc(name + " sums 4·quarter rows under weights 1, 3, 3, 1 for n columns, a multiple of 8; stride is in bytes.")
	col, pix, stride, quarter, n := ptr("col"), ptr("pix"), ptr("stride"), ptr("quarter"), ptr("n")
	Label("column")
	p := GP64()
	MOVQ(pix, p)
	outer, inner := avx2.zero(), avx2.zero()
	band := func(label string, times int, sum reg.VecVirtual) {
		c := GP64()
		MOVQ(quarter, c)
		if times == 2 {
			ADDQ(quarter, c)
		}
		Label(label)
		v := YMM()
		widen(Mem{Base: p}, v)
		VPADDD(v, sum, sum)
		ADDQ(stride, p)
		DECQ(c)
		JNZ(LabelRef(label))
	}
	band("upper", 1, outer)
	band("middle", 2, inner)
	band("lower", 1, outer)
	VPADDD(inner, outer, outer)
	VPADDD(inner, outer, outer)
	VPADDD(inner, outer, outer)
	VMOVDQU(outer, Mem{Base: col})
	advance(32, col)
	advance(16, pix)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("column"))
	done()
}

// decimate filters by 1, 3, 3, 1 and keeps every second sum; gray sums become
// floats to be scaled, others are divided by 64.
func decimate(name string, gray bool) {
	if gray {
		TEXT(name, NOSPLIT, "func(dst *int16, col *uint32, n int, scale, offset float32)")
	} else {
		TEXT(name, NOSPLIT, "func(dst *int16, col *uint32, n int)")
	}
	Doc(name + " makes n samples, a multiple of 8.")
	dst, col, n := ptr("dst"), ptr("col"), ptr("n")
	param := func(name string) reg.VecVirtual {
		p, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		return avx2.broadcast(p.Addr)
	}
	var scale, offset, magic, low, high, round reg.VecVirtual
	if gray {
		scale, offset = param("scale"), param("offset")
		magic = avx2.broadcast(constant("magic", 12582912))
		low, high = avx2.broadcast(constant("grayMin", -2048)), avx2.broadcast(constant("grayMax", 6143))
	} else {
		round = YMM()
		VPCMPEQD(round, round, round)
		VPSRLD(Imm(31), round, round)
		VPSLLD(Imm(5), round, round)
	}
	Label("eight")
	var r [2]reg.VecVirtual
	for i := range r {
		// Each quadword holds two neighbours: (c0, c1) and (c2, c3).
		b, x, three := YMM(), YMM(), YMM()
		VPSHUFD(Imm(0xb1), Mem{Base: col, Disp: 32*i + 8}, b)
		VPADDD(Mem{Base: col, Disp: 32 * i}, b, x)
		VPSRLQ(Imm(32), x, b)
		VPADDD(b, b, three)
		VPADDD(b, three, three)
		VPADDD(three, x, x)
		r[i] = x
	}
	v := YMM()
	VSHUFPS(Imm(0x88), r[1], r[0], v)
	VPERMQ(Imm(0xd8), v, v)
	if gray {
		VCVTDQ2PS(v, v)
		VMULPS(scale, v, v)
		VADDPS(offset, v, v)
		VADDPS(magic, v, v)
		VSUBPS(magic, v, v)
		VMAXPS(low, v, v)
		VMINPS(high, v, v)
		VCVTTPS2DQ(v, v)
	} else {
		VPADDD(round, v, v)
		VPSRAD(Imm(6), v, v)
	}
	x := XMM()
	VEXTRACTI128(Imm(1), v, x)
	VPACKSSDW(x, v.AsX(), x)
	VMOVDQU(x, Mem{Base: dst})
	advance(64, col)
	advance(16, dst)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("eight"))
	done()
}
