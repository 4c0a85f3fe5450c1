package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// op16 is an instruction on 16-bit lanes of two registers or a register and
// memory.
func (v isa) op16(op func(...Op), a reg.VecVirtual, b Op) reg.VecVirtual {
	r := v.vec()
	op(b, a, r)
	return r
}

// constant16 is x in all 16-bit lanes: of a register, or of memory where there
// are too few.
func (v isa) constant16(name string, x uint16) Op {
	if v.wide {
		return v.words16(name, x, x)
	}
	w := uint32(x)<<16 | uint32(x)
	return word(name+"lanes", w, w, w, w, w, w, w, w)
}

// thirds returns the package's third.
func (v isa) thirds() func(near, far reg.VecVirtual) reg.VecVirtual {
	one, inverse := v.constant16("one16", 1), v.constant16("third16", 0xaaab)
	return func(near, far reg.VecVirtual) reg.VecVirtual {
		// near ± (|far − near| + 1) / 3, whose division is exact.
		up, t := v.op16(VPSUBUSW, far, near), v.op16(VPSUBUSW, near, far)
		if v.wide {
			k := K()
			VPTESTNMW(up, up, k)
			VPORD(up, t, t)
			VPADDUSW(one, t, t)
			VPMULHUW(inverse, t, t)
			VPSRLW(U8(1), t, t)
			r := v.op16(VPADDW, near, t)
			VPSUBW(t, near, k, r)
			return r
		}
		VPOR(up, t, t)
		VPADDUSW(one, t, t)
		VPMULHUW(inverse, t, t)
		VPSRLW(U8(1), t, t)
		VPCMPEQW(v.zero(), up, up) // −1 where it is to be taken off
		VPXOR(up, t, t)
		VPSUBW(up, t, t)
		return v.op16(VPADDW, near, t)
	}
}

func quadAcross(v isa) {
	start("quadAcrossRow"+v.suffix(), "func(dst, src *uint16, second int, n int)",
		"is quadAcrossRowGeneric for n pixels, a multiple of the 16-bit lanes.")
	dst, src, n := pointer("dst"), pointer("src"), pointer("n")
	pick, third := v.turns(pointer("second")), v.thirds()
	loop("row", n, 2*v.lanes(), func() {
		near := pick(v.load16(at(src, 2)), v.load16(at(src, 6)))
		far := pick(v.load16(at(src, 8)), v.load16(at(src, 0)))
		v.store16(third(near, far), at(dst, 0))
		advance(v.bytes(), dst, src)
	})
}

// bends returns the package's bend of a sample, which has been halved.
func (v isa) bends() func(half reg.VecVirtual, before, pair, behind reg.VecVirtual) reg.VecVirtual {
	weights := [3]Op{v.constant16("bend9", 9*1536), v.constant16("bend7", 7*1536), v.constant16("bend5", 5*1536)}
	return func(half, before, pair, behind reg.VecVirtual) reg.VecVirtual {
		var sum reg.VecVirtual
		for i, x := range []reg.VecVirtual{before, pair, behind} {
			VPSRLW(U8(1), x, x)
			d := v.op16(VPSUBW, half, x)
			VPMULHRSW(weights[i], d, d)
			if i == 0 {
				sum = d
			} else {
				VPADDW(d, sum, sum)
			}
		}
		return sum
	}
}

func quadBend(v isa) {
	start("quadBendRow"+v.suffix(), "func(dst *int16, src *uint16, second int, n int)",
		"is quadBendRowGeneric for n pixels, a multiple of the 16-bit lanes.")
	dst, src, n := pointer("dst"), pointer("src"), pointer("n")
	pick, bend := v.turns(pointer("second")), v.bends()
	loop("row", n, 2*v.lanes(), func() {
		sample := func(i int) reg.VecVirtual { return v.load16(at(src, 2*i)) }
		half := sample(4)
		VPSRLW(U8(1), half, half)
		v.store16(bend(half, pick(sample(1), sample(7)), pick(sample(5), sample(3)), pick(sample(8), sample(0))), at(dst, 0))
		advance(v.bytes(), dst, src)
	})
}

// quadTurns returns a function that takes its first argument at red and blue and
// the other at green, where first is the position in own, own, green, green.
func (v isa) quadTurns(first reg.Register) func(own, green reg.VecVirtual) reg.VecVirtual {
	p := GP64()
	LEAQ(word("cells", 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0,
		0xffffffff, 0), p)
	mask := v.load16(Mem{Base: p, Index: first, Scale: 2})
	if v.wide {
		k := K()
		VPMOVW2M(mask, k)
		return func(own, green reg.VecVirtual) reg.VecVirtual {
			r := v.vec()
			VPBLENDMW(own, green, k, r)
			return r
		}
	}
	return func(own, green reg.VecVirtual) reg.VecVirtual {
		r := v.vec()
		VPBLENDVB(mask, own, green, r)
		return r
	}
}

// put16 stores a row's vector, past the cache if b.stream is set.
func (b *bayerRow) put16(r reg.VecVirtual, m Mem) {
	if b.stream {
		VMOVNTDQ(r, m)
	} else {
		b.store16(r, m)
	}
}

func quadBilinear(v isa) {
	start("quadBilinearRow"+v.suffix(),
		"func(own, green, other, mid, near, far, midAcross, nearAcross, farAcross *uint16, first int, n int, stream int)",
		"is quadBilinearRowGeneric for n pixels, a multiple of the 16-bit lanes; with stream 1 to aligned memory past the cache.")
	var rows [9]reg.Register
	for i, name := range []string{"own", "green", "other", "mid", "near", "far", "midAcross", "nearAcross", "farAcross"} {
		rows[i] = pointer(name)
	}
	pick, third := v.quadTurns(pointer("first")), v.thirds()
	b := &bayerRow{isa: v}
	b.rows(pointer("n"), 2*v.lanes(), func() {
		var x [9]reg.VecVirtual
		for i := 3; i < len(x); i++ {
			x[i] = v.load16(at(rows[i], 0))
		}
		mid, h, u := x[3], x[6], third(x[4], x[5])
		b.put16(pick(mid, h), at(rows[0], 0))
		b.put16(pick(v.op16(VPAVGW, h, u), mid), at(rows[1], 0))
		b.put16(pick(third(x[7], x[8]), u), at(rows[2], 0))
		advance(v.bytes(), rows[:]...)
	})
}

func quadMalvar(v isa) {
	start("quadMalvarRow"+v.suffix(),
		"func(own, green, other, mid, near, far, midAcross, nearAcross, farAcross, before, pair, behind *uint16, bend *int16, first int, n int, stream int)",
		"is quadMalvarRowGeneric for n pixels, a multiple of the 16-bit lanes; with stream 1 to aligned memory past the cache.")
	pick, third, bend := v.quadTurns(pointer("first")), v.thirds(), v.bends()
	gain := [4]Op{v.constant16("gain4", 4*4096), v.constant16("gain6", 6*4096), v.constant16("gain7", 7*4096), v.constant16("gain1", 1*4096)}
	gains := func(i int) reg.VecVirtual {
		if m, ok := gain[i].(Mem); ok {
			return v.load16(m)
		}
		return gain[i].(reg.VecVirtual)
	}
	otherAlong, otherDown := pick(gains(1), gains(3)), pick(gains(1), gains(2))
	sign := v.constant16("below16", 0x8000)
	var rows [13]reg.Register
	for i, name := range []string{"own", "green", "other", "mid", "near", "far", "midAcross", "nearAcross", "farAcross", "before", "pair", "behind", "bend"} {
		rows[i] = pointer(name)
	}
	flip := func(a reg.VecVirtual) reg.VecVirtual {
		r := v.vec()
		if v.wide {
			VPXORD(sign, a, r)
		} else {
			VPXOR(sign, a, r)
		}
		return r
	}
	corrected := func(est, along reg.VecVirtual, alongGain Op, down reg.VecVirtual, downGain Op) reg.VecVirtual {
		c := v.op16(VPADDSW, v.op16(VPMULHRSW, along, alongGain), v.op16(VPMULHRSW, down, downGain))
		return flip(v.op16(VPADDSW, flip(est), c))
	}
	b := &bayerRow{isa: v}
	b.rows(pointer("n"), 2*v.lanes(), func() {
		load := func(i int) reg.VecVirtual { return v.load16(at(rows[i], 0)) }
		mid, h, along := load(3), load(6), load(12)
		half := v.vec()
		VPSRLW(U8(1), mid, half)
		down := bend(half, load(9), load(10), load(11))
		u := third(load(4), load(5))
		b.put16(pick(mid, corrected(h, along, gain[2], down, gain[3])), at(rows[0], 0))
		b.put16(pick(corrected(v.op16(VPAVGW, h, u), along, gain[0], down, gain[0]), mid), at(rows[1], 0))
		b.put16(corrected(pick(third(load(7), load(8)), u), along, otherAlong, down, otherDown), at(rows[2], 0))
		advance(v.bytes(), rows[:]...)
	})
}

func turns(v isa) {
	start("turnsRow"+v.suffix(), "func(dst, even, odd *uint16, top uint16, second int, n int)",
		"is turnsRowGeneric for n samples, a multiple of the 16-bit lanes; with second 1 the first is of odd.")
	dst, even, odd, n := pointer("dst"), pointer("even"), pointer("odd"), pointer("n")
	pick := v.turns(pointer("second"))
	x, top := XMM(), v.vec()
	VMOVD(Load(Param("top"), GP32()), x)
	VPBROADCASTW(x, top)
	loop("row", n, 2*v.lanes(), func() {
		r := pick(v.load16(at(even, 0)), v.load16(at(odd, 0)))
		VPMINUW(top, r, r)
		v.store16(r, at(dst, 0))
		advance(v.bytes(), dst, even, odd)
	})
}
