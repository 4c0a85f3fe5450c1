package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// levels: DN to working values.
func levels(v isa) {
	start("levelsRow"+v.suffix(), "func(dst *int32, src *uint16, black, scale *float32, top int32, n int)",
		"is levelsRowGeneric for n samples, a multiple of the lanes.")
	dst, src, black, scale, n := pointer("dst"), pointer("src"), pointer("black"), pointer("scale"), pointer("n")
	top := v.intArgument("top")
	limit, negative := v.float(word("bound", 0x49800000)), v.float(word("negbound", 0xc9800000))
	loop("row", n, v.lanes(), func() {
		x := v.vec()
		VPMOVZXWD(at(src, 0), x)
		VCVTDQ2PS(x, x)
		VSUBPS(at(black, 0), x, x)
		VMULPS(at(scale, 0), x, x)
		VMINPS(limit, x, x)
		VMAXPS(negative, x, x)
		VCVTPS2DQ(x, x)
		VPMINSD(top, x, x)
		v.store(x, at(dst, 0))
		ADDQ(I32(2*v.lanes()), src)
		for _, p := range []Op{dst, black, scale} {
			ADDQ(I32(4*v.lanes()), p)
		}
	})
}

// samples: DN to samples of 16 bits.
func samples(v isa) {
	start("samplesRow"+v.suffix(), "func(dst, src *uint16, black, scale *float32, top float32, pedestal int32, n int)",
		"is samplesRowGeneric for n samples, a multiple of the lanes.")
	dst, src, black, scale, n := pointer("dst"), pointer("src"), pointer("black"), pointer("scale"), pointer("n")
	pedestal, top, zero := v.intArgument("pedestal"), v.float(argument("top")), v.zero()
	negative := v.float(word("negbound", 0xc9800000))
	loop("row", n, v.lanes(), func() {
		x := v.vec()
		VPMOVZXWD(at(src, 0), x)
		VCVTDQ2PS(x, x)
		VSUBPS(at(black, 0), x, x)
		VMULPS(at(scale, 0), x, x)
		VMINPS(top, x, x)
		VMAXPS(negative, x, x)
		VCVTPS2DQ(x, x)
		VPADDD(pedestal, x, x)
		v.unsigned16(x, zero, at(dst, 0), false)
		for _, p := range []Op{dst, src} {
			ADDQ(I32(2*v.lanes()), p)
		}
		for _, p := range []Op{black, scale} {
			ADDQ(I32(4*v.lanes()), p)
		}
	})
}

// The fields of curve.
const (
	curveOffset    = 0
	curveSlope     = 4
	curveBase      = 8
	curveKnee      = 12
	curveTangent   = 16
	curveFoot      = 20
	curveVKnee     = 24
	curveUnslope   = 28
	curveRoot      = 32
	curveUntangent = 36
)

func into(v isa) {
	start("intoRow"+v.suffix(), "func(dst *int16, src *uint16, black, scale, gain, curve *float32, n int, ahead int)",
		"is intoRowGeneric for n samples, a multiple of the lanes; ahead is how many bytes further the cache is told to look.")
	dst, src, n, ahead := pointer("dst"), pointer("src"), pointer("n"), pointer("ahead")
	black, scale, gain, c := pointer("black"), pointer("scale"), pointer("gain"), pointer("curve")
	one, lowest, highest := v.float(word("one", 0x3f800000)), v.float(word("lowest", 0xc5800000)), v.float(word("highest", 0x46dffe00))
	offset, slope, base, knee := v.float(at(c, curveOffset)), v.float(at(c, curveSlope)), v.float(at(c, curveBase)), v.float(at(c, curveKnee))
	tangent, foot := v.float(at(c, curveTangent)), v.float(at(c, curveFoot))
	loop("row", n, v.lanes(), func() {
		x := v.vec()
		PREFETCHT0(Mem{Base: src, Index: ahead, Scale: 1})
		VPMOVZXWD(at(src, 0), x)
		VCVTDQ2PS(x, x)
		VSUBPS(at(black, 0), x, x)
		VMULPS(at(scale, 0), x, x)
		VMINPS(one, x, x)
		VMULPS(at(gain, 0), x, x)
		VADDPS(offset, x, x)
		line, root := v.vec(), v.vec()
		VMULPS(tangent, x, line)
		VADDPS(foot, line, line)
		VMAXPS(lowest, line, line)
		VSQRTPS(x, root)
		VMULPS(slope, root, root)
		VSUBPS(base, root, root)
		VMINPS(highest, root, root)
		r := v.choose(x, knee, line, root)
		VCVTPS2DQ(r, r)
		v.signed16(r, at(dst, 0))
		for _, p := range []Op{dst, src} {
			ADDQ(I32(2*v.lanes()), p)
		}
		for _, p := range []Op{black, scale, gain} {
			ADDQ(I32(4*v.lanes()), p)
		}
	})
}

func outOf(v isa) {
	start("outOfRow"+v.suffix(), "func(dst *uint16, src *int16, scale, removed *float32, black, top float32, bias, curve *float32, n int)",
		"is outOfRowGeneric for n samples, a multiple of the lanes.")
	dst, src, scale, removed := pointer("dst"), pointer("src"), pointer("scale"), pointer("removed")
	bias, c, n := pointer("bias"), pointer("curve"), pointer("n")
	zero := v.zero()
	offset, foot, vKnee := v.float(at(c, curveOffset)), v.float(at(c, curveFoot)), v.float(at(c, curveVKnee))
	unslope, shift, untangent := v.float(at(c, curveUnslope)), v.float(at(c, curveRoot)), v.float(at(c, curveUntangent))
	lowest, fraction := v.int(word("minusmin", 4096)), v.int(word("fraction", 1023))
	// The tables of value and slope: 32 numbers each.
	var table [4]reg.VecVirtual
	if v.wide {
		for i := range table {
			table[i] = v.load(at(bias, 64*i))
		}
	}
	look := func(part reg.VecVirtual, i int) reg.VecVirtual {
		r := v.vec()
		if v.wide {
			VMOVDQA32(part, r)
			VPERMI2PS(table[2*i+1], table[2*i], r)
			return r
		}
		mask := YMM()
		VPCMPEQD(mask, mask, mask)
		VGATHERDPS(mask, Mem{Base: bias, Index: part, Scale: 4, Disp: 128 * i}, r)
		return r
	}
	loop("row", n, v.lanes(), func() {
		f, where, part := v.vec(), v.vec(), v.vec()
		VPMOVSXWD(at(src, 0), f)
		VPADDD(lowest, f, where)
		VPSRAD(U8(10), where, part)
		VCVTDQ2PS(f, f)
		line, square := v.vec(), v.vec()
		VSUBPS(foot, f, line)
		VMULPS(untangent, line, line)
		VMULPS(unslope, f, square)
		VADDPS(shift, square, square)
		VMULPS(square, square, square)
		x := v.choose(f, vKnee, line, square)
		VSUBPS(offset, x, x)
		b := look(part, 1)
		if v.wide {
			VPANDD(fraction, where, where)
		} else {
			VPAND(fraction, where, where)
		}
		VCVTDQ2PS(where, where)
		VMULPS(where, b, b)
		VADDPS(look(part, 0), b, b)
		VMULPS(at(removed, 0), b, b)
		VADDPS(b, x, x)
		VMULPS(at(scale, 0), x, x)
		black, top := v.float(argument("black")), v.float(argument("top"))
		VADDPS(black, x, x)
		VMAXPS(zero, x, x)
		VMINPS(top, x, x)
		VCVTPS2DQ(x, x)
		v.unsigned16(x, zero, at(dst, 0), false)
		for _, p := range []Op{dst, src} {
			ADDQ(I32(2*v.lanes()), p)
		}
		for _, p := range []Op{scale, removed} {
			ADDQ(I32(4*v.lanes()), p)
		}
	})
}

func plain(v isa) {
	start("plainRow"+v.suffix(), "func(dst *uint16, src *int16, scale *float32, black, top float32, curve *float32, n int, stream int)",
		"is plainRowGeneric for n samples, a multiple of the lanes; with stream 1 to aligned memory past the cache.")
	dst, src, scale, c, n := pointer("dst"), pointer("src"), pointer("scale"), pointer("curve"), pointer("n")
	zero := v.zero()
	offset, foot, vKnee := v.float(at(c, curveOffset)), v.float(at(c, curveFoot)), v.float(at(c, curveVKnee))
	unslope, shift, untangent := v.float(at(c, curveUnslope)), v.float(at(c, curveRoot)), v.float(at(c, curveUntangent))
	black, top := v.float(argument("black")), v.float(argument("top"))
	b := &bayerRow{isa: v}
	b.rows(n, v.lanes(), func() {
		f, line, square := v.vec(), v.vec(), v.vec()
		VPMOVSXWD(at(src, 0), f)
		VCVTDQ2PS(f, f)
		VSUBPS(foot, f, line)
		VMULPS(untangent, line, line)
		VMULPS(unslope, f, square)
		VADDPS(shift, square, square)
		VMULPS(square, square, square)
		x := v.choose(f, vKnee, line, square)
		VSUBPS(offset, x, x)
		VMULPS(at(scale, 0), x, x)
		VADDPS(black, x, x)
		VMAXPS(zero, x, x)
		VMINPS(top, x, x)
		VCVTPS2DQ(x, x)
		v.unsigned16(x, zero, at(dst, 0), b.stream)
		for _, p := range []Op{dst, src} {
			ADDQ(I32(2*v.lanes()), p)
		}
		ADDQ(I32(4*v.lanes()), scale)
	})
}

var words = map[string]Mem{}

// word is a constant of the file, made once.
func word(name string, v ...uint32) Mem {
	if m, ok := words[name]; ok {
		return m
	}
	m := GLOBL(name, RODATA|NOPTR)
	words[name] = m
	for i, x := range v {
		DATA(4*i, U32(x))
	}
	return m
}
