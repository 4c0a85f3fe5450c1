package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bayerRow is what rows of 32-bit samples have: three output rows, and which
// lanes have the row's own colour.
type bayerRow struct {
	isa
	own, green, other reg.Register
	pedestal, zero    reg.VecVirtual
	mask              reg.VecVirtual // AVX2
	k                 reg.Register   // AVX-512
	stream            bool           // past the cache
}

// rows emits body twice, in a loop that writes into the cache and in one that
// writes past it.
func (b *bayerRow) rows(n reg.Register, step int, body func()) {
	stream := Load(Param("stream"), GP64())
	TESTQ(stream, stream)
	JNZ(LabelRef("past"))
	loop("row", n, step, body)
	Label("past")
	b.stream = true
	Label("stream")
	body()
	SUBQ(U32(uint32(step)), n)
	JNZ(LabelRef("stream"))
	VZEROUPPER()
	RET()
}

func (v isa) bayer() *bayerRow {
	b := &bayerRow{isa: v, own: pointer("own"), green: pointer("green"), other: pointer("other")}
	b.pedestal, b.zero = v.intArgument("pedestal"), v.zero()
	first := Load(Param("first"), GP64())
	if v.wide {
		// 0x5555 or 0xaaaa.
		m, twice := GP32(), GP32()
		MOVL(U32(0x5555), m)
		MOVL(U32(0xaaaa), twice)
		TESTQ(first, first)
		CMOVLNE(twice, m)
		b.k = K()
		KMOVW(m, b.k)
		return b
	}
	p := GP64()
	LEAQ(word("own", 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff, 0, 0xffffffff), p)
	b.mask = YMM()
	VMOVDQU(Mem{Base: p, Index: first, Scale: 4}, b.mask)
	return b
}

// put stores a in the lanes of the row's own colour and b in the green ones.
func (b *bayerRow) put(x, y reg.VecVirtual, dst reg.Register) {
	r := b.vec()
	if b.wide {
		VPBLENDMD(x, y, b.k, r)
	} else {
		VPBLENDVB(b.mask, x, y, r)
	}
	VPADDD(b.pedestal, r, r)
	b.unsigned16(r, b.zero, at(dst, 0), b.stream)
	ADDQ(I32(2*b.lanes()), dst)
}

// sum adds up loads.
func (v isa) sum(m ...Mem) reg.VecVirtual {
	r := v.load(m[0])
	for _, x := range m[1:] {
		VPADDD(x, r, r)
	}
	return r
}

func (v isa) add(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPADDD(b, a, r)
	return r
}

func (v isa) sub(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPSUBD(b, a, r)
	return r
}

func (v isa) shl(a reg.VecVirtual, n int) reg.VecVirtual {
	r := v.vec()
	VPSLLD(U8(uint8(n)), a, r)
	return r
}

// half rounds: (a + round) >> n.
func (v isa) scaled(a, round reg.VecVirtual, n int) reg.VecVirtual {
	r := v.add(a, round)
	VPSRAD(U8(uint8(n)), r, r)
	return r
}

func bilinear(v isa) {
	start("bilinearRow"+v.suffix(), "func(own, green, other, up, mid, down *uint16, first int, n int, stream int)",
		"is bilinearRowGeneric for n pixels, a multiple of the 16-bit lanes; with stream 1 to aligned memory past the cache.")
	own, green, other := pointer("own"), pointer("green"), pointer("other")
	up, mid, down, first, n := pointer("up"), pointer("mid"), pointer("down"), pointer("first"), pointer("n")
	b := &bayerRow{isa: v}
	pick := v.turns(first)
	one := v.words16("one16", 1, 1)
	avg := func(x, y reg.VecVirtual) reg.VecVirtual {
		r := v.vec()
		VPAVGW(y, x, r)
		return r
	}
	// Of p and q, the means of a and c and of d and e, each rounded up, the
	// mean is too large where it was rounded up and p or q had been, too.
	four := func(a, c, d, e, p, q reg.VecVirtual) reg.VecVirtual {
		r := avg(p, q)
		over := v.vec()
		if v.wide {
			VPXORD(a, c, over)
			VPTERNLOGD(U8(0xf6), d, e, over) // over | d^e
			VPTERNLOGD(U8(0x60), p, q, over) // over & p^q
			VPANDD(one, over, over)
		} else {
			t := v.vec()
			VPXOR(a, c, over)
			VPXOR(d, e, t)
			VPOR(t, over, over)
			VPXOR(p, q, t)
			VPAND(t, over, over)
			VPAND(one, over, over)
		}
		VPSUBW(over, r, r)
		return r
	}
	b.rows(n, 2*v.lanes(), func() {
		w, c, e := v.load16(at(mid, 0)), v.load16(at(mid, 2)), v.load16(at(mid, 4))
		nw, nn, ne := v.load16(at(up, 0)), v.load16(at(up, 2)), v.load16(at(up, 4))
		sw, ss, se := v.load16(at(down, 0)), v.load16(at(down, 2)), v.load16(at(down, 4))
		h, u := avg(w, e), avg(nn, ss)
		for _, out := range []struct {
			p         reg.Register
			own, turn reg.VecVirtual
		}{{own, c, h}, {green, four(w, e, nn, ss, h, u), c}, {other, four(nw, ne, sw, se, avg(nw, ne), avg(sw, se)), u}} {
			r := pick(out.own, out.turn)
			if b.stream {
				VMOVNTDQ(r, at(out.p, 0))
			} else {
				v.store16(r, at(out.p, 0))
			}
			ADDQ(U32(uint32(v.bytes())), out.p)
		}
		for _, p := range []reg.Register{up, mid, down} {
			ADDQ(U32(uint32(v.bytes())), p)
		}
	})
}

func malvar(v isa) {
	start("malvarRow"+v.suffix(), "func(own, green, other *uint16, r0, r1, r2, r3, r4 *int32, first int, pedestal int32, n int, stream int)",
		"is malvarRowGeneric for n pixels, a multiple of the lanes; with stream 1 to aligned memory past the cache.")
	nn, up, mid, down, ss, n := pointer("r0"), pointer("r1"), pointer("r2"), pointer("r3"), pointer("r4"), pointer("n")
	b := v.bayer()
	four, eight := v.int(word("int4", 4)), v.int(word("int8", 8))
	b.rows(n, v.lanes(), func() {
		c := v.load(at(mid, 8))
		h1, h2 := v.sum(at(mid, 4), at(mid, 12)), v.sum(at(mid, 0), at(mid, 16))
		v1, v2 := v.sum(at(up, 8), at(down, 8)), v.sum(at(nn, 8), at(ss, 8))
		d := v.sum(at(up, 4), at(up, 12), at(down, 4), at(down, 12))
		far := v.add(h2, v2)
		c2 := v.shl(c, 1)
		// 4c + 2(h1 + v1) − (h2 + v2)
		g := v.sub(v.shl(v.add(c2, v.add(h1, v1)), 1), far)
		// 12c + 4d − 3(h2 + v2)
		c4 := v.shl(c, 2)
		o := v.sub(v.add(v.shl(v.add(c4, d), 2), v.sub(far, v.shl(far, 2))), v.shl(c, 2))
		// 10c + 8·near − 2(far of the same line + d) + far of the other
		c10 := v.add(v.shl(c, 3), c2)
		along := func(near, same, across reg.VecVirtual) reg.VecVirtual {
			return v.add(v.add(c10, v.shl(near, 3)), v.sub(across, v.shl(v.add(same, d), 1)))
		}
		b.put(c, v.scaled(along(h1, h2, v2), eight, 4), b.own)
		b.put(v.scaled(g, four, 3), c, b.green)
		b.put(v.scaled(o, eight, 4), v.scaled(along(v1, v2, h2), eight, 4), b.other)
		for _, p := range []reg.Register{nn, up, mid, down, ss} {
			ADDQ(I32(4*v.lanes()), p)
		}
	})
}

func merge(v isa) {
	start("mergeRow"+v.suffix(), "func(dst, src, mask *uint16, n int)", "is mergeRowGeneric for n samples, a multiple of the lanes.")
	dst, src, mask, n := pointer("dst"), pointer("src"), pointer("mask"), pointer("n")
	loop("row", n, 2*v.lanes(), func() {
		m := v.load16(at(mask, 0))
		if v.wide {
			r := v.load16(at(dst, 0))
			VPTERNLOGD(U8(0xca), r, v.load16(at(src, 0)), m)
			v.store16(m, at(dst, 0))
		} else {
			r := v.load16(at(dst, 0))
			VPBLENDVB(m, at(src, 0), r, r)
			v.store16(r, at(dst, 0))
		}
		for _, p := range []reg.Register{dst, src, mask} {
			ADDQ(U32(uint32(v.bytes())), p)
		}
	})
}

func fence() {
	TEXT("fence", NOSPLIT, "func()")
	Doc("fence orders what was written past the cache before all that comes after.")
	SFENCE()
	RET()
}
