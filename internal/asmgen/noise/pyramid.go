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
	cellColumns()
	decimate("decimateGrayAVX2", grayOfFour)
	decimate("cellGrayAVX2", grayOfCells)
	decimate("decimateHalveAVX2", halved)
}

// columns adds up four rows, the inner two three times.
func columns(name, kind string, widen func(...Op)) {
	TEXT(name, NOSPLIT, "func(col *uint32, pix *"+kind+", stride, n int)")
	Doc(name + " sums four rows under weights 1, 3, 3, 1 for n columns, a multiple of 8; stride is in bytes.")
	col, pix, stride, n := ptr("col"), ptr("pix"), ptr("stride"), ptr("n")
	Label("column")
	p := GP64()
	MOVQ(pix, p)
	var r [4]reg.VecVirtual
	for i := range r {
		r[i] = YMM()
		widen(Mem{Base: p}, r[i])
		if i < 3 {
			ADDQ(stride, p)
		}
	}
	VPADDD(r[1], r[2], r[1])
	VPADDD(r[0], r[3], r[0])
	for range 3 {
		VPADDD(r[1], r[0], r[0])
	}
	VMOVDQU(r[0], Mem{Base: col})
	nextColumns(col, pix, n)
}

// cellColumns adds up the rows of three cells, those of the middle one twice.
func cellColumns() {
	TEXT("cellColumnsAVX2", NOSPLIT, "func(col *uint32, pix *uint16, stride, cell, n int)")
	Doc("cellColumnsAVX2 is cellColumnsGeneric for n columns, a multiple of 8; stride is in bytes.")
	col, pix, stride, cell, n := ptr("col"), ptr("pix"), ptr("stride"), ptr("cell"), ptr("n")
	Label("column")
	p := GP64()
	MOVQ(pix, p)
	outer, inner := avx2.zero(), avx2.zero()
	for label, sum := range []reg.VecVirtual{outer, inner, outer} {
		c := GP64()
		MOVQ(cell, c)
		l := []string{"upper", "middle", "lower"}[label]
		Label(l)
		v := YMM()
		VPMOVZXWD(Mem{Base: p}, v)
		VPADDD(v, sum, sum)
		ADDQ(stride, p)
		DECQ(c)
		JNZ(LabelRef(l))
	}
	VPADDD(inner, outer, outer)
	VPADDD(inner, outer, outer)
	VMOVDQU(outer, Mem{Base: col})
	nextColumns(col, pix, n)
}

// nextColumns goes to the next eight columns, or ends.
func nextColumns(col, pix, n reg.GPVirtual) {
	advance(32, col)
	advance(16, pix)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("column"))
	done()
}

// window is what decimate makes a sample of.
type window int

const (
	halved      window = iota // [1 3 3 1], divided by 64
	grayOfFour                // [1 3 3 1], as floats to be scaled
	grayOfCells               // [1 1 2 2 1 1], likewise
)

// decimate filters columns and keeps every second sum.
func decimate(name string, w window) {
	gray := w != halved
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
		if w == grayOfCells {
			VMOVDQU(Mem{Base: col, Disp: 32*i + 8}, x)
			VPADDD(x, x, x)
			VPADDD(Mem{Base: col, Disp: 32 * i}, x, x)
			VPADDD(Mem{Base: col, Disp: 32*i + 16}, x, x)
			VPSHUFD(Imm(0xb1), x, b)
			VPADDD(b, x, x)
			r[i] = x
			continue
		}
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
