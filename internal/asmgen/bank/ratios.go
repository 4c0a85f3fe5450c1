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

// ratios is a kernel that packs features of 16 units at a time.
type ratios struct {
	a, n, offset reg.Register // offset in bytes of a row of words
	one, sixteen reg.VecVirtual
	low          reg.Register
	out          int
}

func startRatios(name, doc string) *ratios {
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(name + " " + doc)
	r := &ratios{a: Load(Param("a"), GP64()), n: GP64(), offset: GP64(), one: ZMM(), sixteen: ZMM(), low: K()}
	MOVQ(at(r.a, ratioN), r.n)
	XORQ(r.offset, r.offset)
	VPBROADCASTD(at(r.a, ratioOne), r.one)
	VPBROADCASTD(word("sixteenhigh", 16<<16), r.sixteen)
	m := GP32()
	MOVL(U32(0x55555555), m)
	KMOVD(m, r.low)
	Label("row")
	return r
}

func (r *ratios) plane(i int) reg.VecVirtual {
	v, p := ZMM(), GP64()
	MOVQ(at(r.a, ratioIn+8*i), p)
	VPMOVZXWD(Mem{Base: p, Index: r.offset, Scale: 1}, v)
	return v
}

func (r *ratios) store(v reg.VecVirtual) {
	p := GP64()
	MOVQ(at(r.a, ratioOut+8*r.out), p)
	VMOVDQU32(v, Mem{Base: p, Index: r.offset, Scale: 2})
	r.out++
}

// ratio stores num over den, to which one is added.
func (r *ratios) ratio(num, den reg.VecVirtual) {
	v := ZMM()
	VPADDD(r.one, den, v)
	VPSLLD(U8(16), v, v)
	VMOVDQU16(num, r.low, v)
	r.store(v)
}

// absolute stores num as a number of levels.
func (r *ratios) absolute(num reg.VecVirtual) {
	v := ZMM()
	VPBLENDMW(num, r.sixteen, r.low, v)
	r.store(v)
}

func (r *ratios) end() {
	ADDQ(U8(32), r.offset)
	until("row", r.n, 16)
}

func add32(a, b reg.VecVirtual) reg.VecVirtual {
	r := ZMM()
	VPADDD(b, a, r)
	return r
}

func sub32(a, b reg.VecVirtual) reg.VecVirtual {
	r := ZMM()
	VPSUBD(b, a, r)
	return r
}

func min32(a, b reg.VecVirtual) reg.VecVirtual {
	r := ZMM()
	VPMINSD(b, a, r)
	return r
}

func features() {
	r := startRatios("mosaicFeaturesAVX512", "is mosaicFeatures.")
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

	r = startRatios("cellFeaturesAVX512", "is cellFeatures.")
	fh, fv := r.plane(8), r.plane(9)
	g, f := add32(r.plane(0), r.plane(1)), add32(fh, fv)
	r.ratio(sub32(fv, fh), f)
	r.ratio(f, g)
	r.absolute(f)
	xd, xu := r.plane(10), r.plane(11)
	r.ratio(sub32(xd, xu), add32(xd, xu))
	r.end()

	r = startRatios("colorFeaturesAVX512", "is colorFeatures.")
	h, v, dd, du := r.plane(0), r.plane(1), r.plane(2), r.plane(3)
	ch, cv, z, c, m := r.plane(4), r.plane(5), r.plane(6), r.plane(7), r.plane(8)
	l, chroma := add32(h, v), add32(ch, cv)
	r.ratio(sub32(v, h), l)
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
