package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of outCurve.
const (
	outTop      = 0
	outStep     = 2
	outFraction = 4
	outRatio    = 6
	outFoot     = 8
	outPedestal = 10
	outKnee     = 12
	outDepth    = 14
	outBend     = 16
	outTangent  = 18
)

// outWay is the way out of the domain for vectors of 16-bit samples.
type outWay struct {
	isa
	curve                                reg.Register
	top, step, fraction, ratio, foot, no, one reg.VecVirtual
}

func (v isa) outWay(curve reg.Register) *outWay {
	w := &outWay{isa: v, curve: curve, no: v.zero(), one: v.words16("one16", 1, 1)}
	w.top, w.step, w.fraction = w.field(outTop), w.field(outStep), w.field(outFraction)
	w.ratio, w.foot = w.field(outRatio), w.field(outFoot)
	return w
}

func (w *outWay) field(i int) reg.VecVirtual {
	r := w.vec()
	VPBROADCASTW(at(w.curve, i), r)
	return r
}

// above is outCurve.above for samples between 0 and top.
func (w *outWay) above(x reg.VecVirtual) reg.VecVirtual {
	alpha, t := w.vec(), w.vec()
	VPMULLW(w.step, x, t)
	VPMULHUW(w.fraction, t, alpha)
	VPADDUSW(t, alpha, alpha)
	VPMULHUW(w.ratio, alpha, t)
	VPADDW(w.foot, t, t)
	VPMULHUW(alpha, t, t)
	VPMINUW(w.one, alpha, alpha)
	VPADDW(alpha, t, t)
	return t
}

// dark is what outCurve.outOf takes away below black.
func (w *outWay) dark(x reg.VecVirtual) reg.VecVirtual {
	n, bend, gamma, t, once := w.vec(), w.vec(), w.vec(), w.vec(), w.vec()
	VPSUBW(x, w.no, n)
	VPMAXSW(w.no, n, n)
	VPMINSW(w.field(outKnee), n, bend)
	VPMINSW(w.one, n, once)
	VPSUBW(bend, n, n)
	VPSLLW(U8(4), bend, gamma)
	VPSLLW(U8(4), n, n)
	VPMULHUW(w.field(outTangent), n, n)
	VPMULHUW(w.field(outBend), gamma, t)
	depth := w.field(outDepth)
	VPSUBW(t, depth, depth)
	VPMULHUW(depth, gamma, gamma)
	VPADDW(gamma, n, n)
	VPADDW(once, n, n)
	return n
}

// doubles returns a function that loads every word of half a vector twice, from
// the second one of the first pair on if odd is 1.
func (v isa) doubles(odd reg.Register) func(p reg.Register) reg.VecVirtual {
	if v.wide {
		var index []uint32
		for i := range uint32(17) {
			index = append(index, i<<16|i)
		}
		p := GP64()
		LEAQ(word("twice", index...), p)
		twice := v.load16(Mem{Base: p, Index: odd, Scale: 2})
		return func(p reg.Register) reg.VecVirtual {
			r := v.vec()
			VPERMW(at(p, 0), twice, r)
			return r
		}
	}
	return func(p reg.Register) reg.VecVirtual {
		r, second := v.vec(), v.vec()
		VPMOVZXWD(at(p, 0), r)
		VPMOVZXWD(Mem{Base: p, Index: odd, Scale: 2}, second)
		VPSLLD(U8(16), second, second)
		VPOR(second, r, r)
		return r
	}
}

func outRows(v isa) {
	start("outRows"+v.suffix(), "func(dst0, dst1 *uint16, src0, src1, low, high *int16, curve *int16, odd int, n int, stream int)",
		"is outRowsGeneric for n pixels, a multiple of 16, or with AVX-512 of 32; with stream 1 to aligned memory past the cache.")
	dst := []reg.Register{pointer("dst0"), pointer("dst1")}
	src := []reg.Register{pointer("src0"), pointer("src1")}
	low, high, n := pointer("low"), pointer("high"), pointer("n")
	double := v.doubles(pointer("odd"))
	w := v.outWay(pointer("curve"))
	advance := func() {
		for i := range dst {
			ADDQ(I32(v.bytes()), dst[i])
			ADDQ(I32(v.bytes()), src[i])
		}
		ADDQ(I32(v.bytes()/2), low)
		ADDQ(I32(v.bytes()/2), high)
	}
	store := func(r reg.VecVirtual, m Mem, stream bool) {
		if stream {
			VMOVNTDQ(r, m)
			return
		}
		v.store16(r, m)
	}
	// Without a pedestal nothing is left below black, and the bounds of a
	// unit take care of that.
	bright := func(stream bool) {
		lo, hi := double(low), double(high)
		for _, r := range []reg.VecVirtual{lo, hi} {
			VPMAXSW(w.no, r, r)
			VPMINSW(w.top, r, r)
		}
		for i := range dst {
			x := v.load16(at(src[i], 0))
			VPMINSW(hi, x, x)
			VPMAXSW(lo, x, x)
			store(w.above(x), at(dst[i], 0), stream)
		}
		advance()
	}
	whole := func(stream bool) {
		lo, hi := double(low), double(high)
		for i := range dst {
			x, m := v.load16(at(src[i], 0)), v.vec()
			VPMINSW(hi, x, x)
			VPMAXSW(lo, x, x)
			VPMAXSW(w.no, x, m)
			VPMINSW(w.top, m, m)
			y := w.above(m)
			VPADDUSW(w.field(outPedestal), y, y)
			VPSUBUSW(w.dark(x), y, y)
			store(y, at(dst[i], 0), stream)
		}
		advance()
	}
	stream := Load(Param("stream"), GP64())
	pedestal := GP64()
	MOVWQZX(at(w.curve, outPedestal), pedestal)
	end := func(label string) {
		SUBQ(U32(uint32(2*v.lanes())), n)
		JNZ(LabelRef(label))
		VZEROUPPER()
		RET()
	}
	TESTQ(pedestal, pedestal)
	JNZ(LabelRef("pedestal"))
	TESTQ(stream, stream)
	JNZ(LabelRef("past"))
	Label("row")
	bright(false)
	end("row")
	Label("past")
	bright(true)
	end("past")
	Label("pedestal")
	TESTQ(stream, stream)
	JNZ(LabelRef("wholepast"))
	Label("whole")
	whole(false)
	end("whole")
	Label("wholepast")
	whole(true)
	end("wholepast")
}
