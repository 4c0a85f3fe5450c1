package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of ratioArgs.
const (
	ratioIn  = 0
	ratioOut = 96
	ratioOne = 192
	ratioN   = 200
)

// ratios is a kernel that packs features of a vector of 32-bit lanes of units at
// a time.
type ratios struct {
	isa
	a, n, offset reg.Register // offset in bytes of a row of words
	one, sixteen reg.VecVirtual
	low          reg.Register // with AVX-512
	out          int
}

func (v isa) startRatios(name, doc string) *ratios {
	name += v.suffix()
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(name + " " + doc)
	r := &ratios{isa: v, a: Load(Param("a"), GP64()), n: GP64(), offset: GP64(), one: v.vec()}
	MOVQ(at(r.a, ratioN), r.n)
	XORQ(r.offset, r.offset)
	VPBROADCASTD(at(r.a, ratioOne), r.one)
	r.sixteen = v.dwords("sixteenhigh", 16<<16)
	if v.wide {
		r.low = K()
		m := GP32()
		MOVL(U32(0x55555555), m)
		KMOVD(m, r.low)
	}
	Label("row")
	return r
}

func (r *ratios) plane(i int) reg.VecVirtual {
	v, p := r.vec(), GP64()
	MOVQ(at(r.a, ratioIn+8*i), p)
	VPMOVZXWD(Mem{Base: p, Index: r.offset, Scale: 1}, v)
	return v
}

// put stores the low words of num below the high ones of den.
func (r *ratios) put(num, den reg.VecVirtual) {
	v := r.vec()
	if r.wide {
		VPBLENDMW(num, den, r.low, v)
	} else {
		VPBLENDW(U8(0x55), num, den, v)
	}
	r.store(v, Mem{Base: field(r.a, ratioOut+8*r.out), Index: r.offset, Scale: 2})
	r.out++
}

// ratio stores num over den, to which one is added.
func (r *ratios) ratio(num, den reg.VecVirtual) {
	v := add32(den, r.one)
	VPSLLD(U8(16), v, v)
	r.put(num, v)
}

// absolute stores num as a number of levels.
func (r *ratios) absolute(num reg.VecVirtual) { r.put(num, r.sixteen) }

func (r *ratios) end() {
	ADDQ(U8(uint8(r.bytes()/2)), r.offset)
	until("row", r.n, r.words()/2)
}

func add32(a, b reg.VecVirtual) reg.VecVirtual {
	r := like(a)
	VPADDD(b, a, r)
	return r
}

func sub32(a, b reg.VecVirtual) reg.VecVirtual {
	r := like(a)
	VPSUBD(b, a, r)
	return r
}

func min32(a, b reg.VecVirtual) reg.VecVirtual {
	r := like(a)
	VPMINSD(b, a, r)
	return r
}

func features(v isa) {
	r := v.startRatios("mosaicFeatures", "is mosaicFeatures.")
	gh, gv, ah, av := r.plane(0), r.plane(1), r.plane(2), r.plane(3)
	dd, du, e, n := r.plane(4), r.plane(5), r.plane(6), r.plane(7)
	g, act := add32(gh, gv), add32(ah, av)
	r.ratio(sub32(av, ah), act)
	r.ratio(sub32(gv, gh), g)
	r.ratio(sub32(dd, du), add32(dd, du))
	r.absolute(g)
	r.absolute(act)
	r.ratio(act, g)
	least, step := min32(ah, av), min32(gh, gv)
	r.ratio(least, step)
	r.ratio(e, g)
	r.absolute(least)
	r.absolute(step)
	r.ratio(n, g)
	r.absolute(n)
	r.end()

	r = v.startRatios("cellFeatures", "is cellFeatures.")
	fh, fv := r.plane(8), r.plane(9)
	g, f := add32(r.plane(0), r.plane(1)), add32(fh, fv)
	r.ratio(sub32(fv, fh), f)
	r.ratio(f, g)
	r.absolute(f)
	xd, xu := r.plane(10), r.plane(11)
	r.ratio(sub32(xd, xu), add32(xd, xu))
	r.end()

	r = v.startRatios("colorFeatures", "is colorFeatures.")
	h, down, dd, du := r.plane(0), r.plane(1), r.plane(2), r.plane(3)
	ch, cv, z, c, m := r.plane(4), r.plane(5), r.plane(6), r.plane(7), r.plane(8)
	l, chroma := add32(h, down), add32(ch, cv)
	r.ratio(sub32(down, h), l)
	r.ratio(sub32(dd, du), add32(dd, du))
	r.ratio(sub32(cv, ch), chroma)
	r.absolute(l)
	r.absolute(chroma)
	r.ratio(chroma, l)
	r.ratio(z, l)
	r.ratio(c, z)
	r.absolute(c)
	r.absolute(z)
	r.ratio(m, l)
	r.absolute(m)
	r.end()
}
