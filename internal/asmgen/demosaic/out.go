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
	outTangent  = 12
	// And of outNoise.
	outValue = 14
	outRise  = outValue + 64
)

// outWay is the way out of the domain for vectors of 16-bit samples.
type outWay struct {
	isa
	curve   reg.Register
	nearly  reg.VecVirtual // white
	no, one reg.VecVirtual
	kept    map[int]reg.VecVirtual
}

// outWay keeps the fields of curve in registers if there is room for them.
func (v isa) outWay(curve reg.Register, room bool) *outWay {
	w := &outWay{isa: v, curve: curve, no: v.zero(), one: v.words16("one16", 1, 1), nearly: v.words16("nearly", 65534, 65534)}
	if room {
		kept := map[int]reg.VecVirtual{}
		for _, i := range []int{outTop, outStep, outFraction, outRatio, outFoot} {
			kept[i] = w.field(i)
		}
		w.kept = kept
	}
	return w
}

// field returns a field of the curve, not to be changed.
func (w *outWay) field(i int) reg.VecVirtual {
	if r, ok := w.kept[i]; ok {
		return r
	}
	r := w.vec()
	VPBROADCASTW(at(w.curve, i), r)
	return r
}

// above is outCurve.above for samples between 0 and top.
func (w *outWay) above(x reg.VecVirtual) reg.VecVirtual {
	alpha, t := w.vec(), w.vec()
	VPMULLW(w.field(outStep), x, t)
	VPMULHUW(w.field(outFraction), t, alpha)
	VPADDUSW(t, alpha, alpha)
	VPMULHUW(w.field(outRatio), alpha, t)
	VPADDW(w.field(outFoot), t, t)
	low := w.vec()
	VPMULLW(alpha, t, low)
	VPMULHUW(alpha, t, t)
	VPSRLW(U8(15), low, low)
	VPADDW(low, t, t)
	VPSUBUSW(w.nearly, alpha, alpha)
	VPADDW(alpha, t, t)
	return t
}

// bounded returns x between 0 and top.
func (w *outWay) bounded(x reg.VecVirtual) reg.VecVirtual {
	r := w.vec()
	VPMAXSW(w.no, x, r)
	VPMINSW(w.field(outTop), r, r)
	return r
}

// dark is what outCurve.outOf takes away below black.
func (w *outWay) dark(x reg.VecVirtual) reg.VecVirtual {
	n, once := w.vec(), w.vec()
	VPSUBW(x, w.no, n)
	VPMAXSW(w.no, n, n)
	VPMINSW(w.words16("outDeep", 4096, 4096), n, n)
	VPMINSW(w.one, n, once)
	VPSLLW(U8(3), n, n)
	VPADDUSW(n, n, n)
	VPMULHUW(w.field(outTangent), n, n)
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

// outRows emits the kernel of frames without noise.
func outRows(v isa) {
	start("outRows"+v.suffix(), "func(dst0, dst1 *uint16, src0, src1, low, high *int16, curve *int16, odd int, n int, stream int)",
		"is outRowsGeneric for n pixels, a multiple of 16, or with AVX-512 of 32; with stream 1 to aligned memory past the cache.")
	p := v.outPointers()
	n, double := pointer("n"), v.doubles(pointer("odd"))
	w := v.outWay(pointer("curve"), true)
	// Without a pedestal nothing is left below black, and the bounds of a
	// unit take care of that.
	bright := func(stream bool) {
		lo, hi := w.bounded(double(p.low)), w.bounded(double(p.high))
		for i := range p.dst {
			v.put(w.above(p.sample(i, lo, hi)), at(p.dst[i], 0), stream)
		}
		p.advance()
	}
	whole := func(stream bool) {
		lo, hi := double(p.low), double(p.high)
		for i := range p.dst {
			x := p.sample(i, lo, hi)
			y := w.above(w.bounded(x))
			VPADDUSW(w.field(outPedestal), y, y)
			VPSUBUSW(w.dark(x), y, y)
			v.put(y, at(p.dst[i], 0), stream)
		}
		p.advance()
	}
	stream, pedestal := Load(Param("stream"), GP64()), GP64()
	MOVWQZX(at(w.curve, outPedestal), pedestal)
	TESTQ(pedestal, pedestal)
	JNZ(LabelRef("pedestal"))
	v.twice("", n, stream, bright)
	Label("pedestal")
	v.twice("whole", n, stream, whole)
}

// outPointers are where rows of pixels and their bounds are.
type outPointers struct {
	isa
	dst, src  [2]reg.Register
	low, high reg.Register
	more      []reg.Register // of units
}

func (v isa) outPointers() *outPointers {
	return &outPointers{
		isa: v, low: pointer("low"), high: pointer("high"),
		dst: [2]reg.Register{pointer("dst0"), pointer("dst1")},
		src: [2]reg.Register{pointer("src0"), pointer("src1")},
	}
}

// sample loads samples of row i within bounds.
func (p *outPointers) sample(i int, lo, hi reg.VecVirtual) reg.VecVirtual {
	x := p.load16(at(p.src[i], 0))
	VPMINSW(hi, x, x)
	VPMAXSW(lo, x, x)
	return x
}

func (p *outPointers) advance() {
	for i := range p.dst {
		ADDQ(I32(p.bytes()), p.dst[i])
		ADDQ(I32(p.bytes()), p.src[i])
	}
	for _, r := range append(p.more, p.low, p.high) {
		ADDQ(I32(p.bytes()/2), r)
	}
}

// put stores words, past the cache if stream is set.
func (v isa) put(r reg.VecVirtual, m Mem, stream bool) {
	if stream {
		VMOVNTDQ(r, m)
		return
	}
	v.store16(r, m)
}

// twice emits body for n pixels in a loop that writes into the cache and in one
// that writes past it.
func (v isa) twice(name string, n, stream reg.Register, body func(stream bool)) {
	TESTQ(stream, stream)
	JNZ(LabelRef(name + "past"))
	for _, past := range []bool{false, true} {
		label := name + "row"
		if past {
			label = name + "past"
		}
		Label(label)
		body(past)
		SUBQ(U32(uint32(2*v.lanes())), n)
		JNZ(LabelRef(label))
		VZEROUPPER()
		RET()
	}
}

// noisyRows emits the kernel of frames with noise.
func noisyRows(v isa) {
	start("noisyRows"+v.suffix(), "func(dst0, dst1 *uint16, src0, src1, low, high *int16, place *uint16, curve, removed0, removed1 *int16, x int, n int, stream int)",
		"is noisyRowsGeneric for n pixels, a multiple of 16, or with AVX-512 of 32; with stream 1 to aligned memory past the cache.")
	p := v.outPointers()
	place := pointer("place")
	p.more = []reg.Register{place}
	x, n := pointer("x"), pointer("n")
	columns := GP64()
	var pattern []uint32
	for i := range uint32(18) {
		pattern = append(pattern, []uint32{1 << 16, 3<<16 | 2}[i&1])
	}
	LEAQ(word("columns", pattern...), columns)
	LEAQ(Mem{Base: columns, Index: x, Scale: 2}, columns)
	ANDQ(U8(1), x)
	double := v.doubles(x)
	w := v.outWay(pointer("curve"), v.wide)
	value, rise := v.table(w.curve, outValue), v.table(w.curve, outRise)
	var removed [2]func(index reg.VecVirtual) reg.VecVirtual
	for i, name := range []string{"removed0", "removed1"} {
		removed[i] = v.table(pointer(name), 0)
	}
	v.twice("", n, Load(Param("stream"), GP64()), func(stream bool) {
		index, f, next := double(place), v.vec(), v.vec()
		VPSLLW(U8(8), index, f)
		VPSRLW(U8(1), f, f)
		VPSRLW(U8(8), index, index)
		VPSLLW(U8(2), index, index)
		VPADDW(at(columns, 0), index, index)
		VPADDW(v.words16("four", 4, 4), index, next)
		lo, hi := double(p.low), double(p.high)
		for i := range p.dst {
			below := removed[i](index)
			share := removed[i](next)
			VPSUBW(below, share, share)
			VPMULHRSW(f, share, share)
			VPADDW(below, share, share)
			s := p.sample(i, lo, hi)
			where, part := v.vec(), v.vec()
			VPADDW(v.words16("fromMin", 4096, 4096), s, where)
			VPSRLW(U8(10), where, part)
			VPSLLW(U8(6), where, where)
			VPSRLW(U8(1), where, where)
			bias := rise(part)
			VPMULHRSW(where, bias, bias)
			VPADDW(value(part), bias, bias)
			VPMULHRSW(share, bias, bias)
			y := w.above(w.bounded(s))
			VPADDUSW(w.field(outPedestal), y, y)
			more := v.max16(w.no, bias)
			VPADDUSW(more, y, y)
			VPSUBW(bias, more, more)
			VPADDW(w.dark(s), more, more)
			VPSUBUSW(more, y, y)
			v.put(y, at(p.dst[i], 0), stream)
		}
		p.advance()
	})
}

// table returns a function that looks words up in a table of 32 at base.
func (v isa) table(base reg.Register, disp int) func(index reg.VecVirtual) reg.VecVirtual {
	if v.wide {
		t := v.load16(at(base, disp))
		return func(index reg.VecVirtual) reg.VecVirtual {
			r := v.vec()
			VPERMW(t, index, r)
			return r
		}
	}
	return func(index reg.VecVirtual) reg.VecVirtual {
		bounded := v.words16("thirtyone", 31, 31)
		VPAND(index, bounded, bounded)
		var half [2]reg.VecVirtual
		for i := range half {
			x, words, mask := XMM(), v.vec(), v.int(word("all", 0xffffffff))
			VEXTRACTI128(U8(uint8(i)), bounded, x)
			VPMOVZXWD(x, words)
			half[i] = v.zero()
			VPGATHERDD(mask, Mem{Base: base, Index: words, Scale: 2, Disp: disp}, half[i])
			VPSLLD(U8(16), half[i], half[i])
			VPSRLD(U8(16), half[i], half[i])
		}
		VPACKUSDW(half[1], half[0], half[0])
		VPERMQ(U8(0xd8), half[0], half[0])
		return half[0]
	}
}
