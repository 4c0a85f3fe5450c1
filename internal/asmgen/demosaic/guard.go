package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The guard's kernels work on 32 or 16 units at a time. Those that write rows
// of scratch take whole vectors: they read and write beyond the n units.

func (v isa) load16(m Mem) reg.VecVirtual {
	r := v.vec()
	if v.wide {
		VMOVDQU16(m, r)
	} else {
		VMOVDQU(m, r)
	}
	return r
}

func (v isa) store16(r reg.VecVirtual, m Mem) {
	if v.wide {
		VMOVDQU16(r, m)
	} else {
		VMOVDQU(r, m)
	}
}

// bytes is the length of a vector.
func (v isa) bytes() int { return 4 * v.lanes() }

// odd returns the odd words of each pair in place of the even ones.
func (v isa) odd(a reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPSRLD(U8(16), a, r)
	return r
}

func (v isa) min16(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPMINSW(b, a, r)
	return r
}

func (v isa) max16(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPMAXSW(b, a, r)
	return r
}

// even puts the even words of a and then of b into a vector.
func (v isa) even(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	if v.wide {
		low, high := YMM(), YMM()
		VPMOVDW(a, low)
		VPMOVDW(b, high)
		VINSERTI64X4(U8(1), high, low.AsZ(), r)
		return r
	}
	x, y := v.vec(), v.vec()
	VPSLLD(U8(16), a, x)
	VPSRAD(U8(16), x, x)
	VPSLLD(U8(16), b, y)
	VPSRAD(U8(16), y, y)
	VPACKSSDW(y, x, r)
	VPERMQ(U8(0xd8), r, r)
	return r
}

// rowsFrom are rows of scratch, of which [rowsFrom.at] addresses the first four.
type rowsFrom struct{ first, stride, third reg.Register }

func rowsAt(first, stride reg.Register) rowsFrom {
	third := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, third)
	return rowsFrom{first, stride, third}
}

func (r rowsFrom) at(i int) Mem {
	m := Mem{Base: r.first}
	switch i {
	case 1:
		m.Index, m.Scale = r.stride, 1
	case 2:
		m.Index, m.Scale = r.stride, 2
	case 3:
		m.Index, m.Scale = r.third, 1
	}
	return m
}

// beyond returns the rows n strides further.
func (r rowsFrom) beyond(n int) rowsFrom {
	p := GP64()
	MOVQ(r.first, p)
	for range n {
		ADDQ(r.stride, p)
	}
	return rowsFrom{p, r.stride, r.third}
}

// units emits body until at least n units are done.
func (v isa) units(n reg.Register, body func()) {
	Label("units")
	body()
	SUBQ(U32(uint32(2*v.lanes())), n)
	JG(LabelRef("units"))
	VZEROUPPER()
	RET()
}

func diff(v isa) {
	start("diffRow"+v.suffix(), "func(dst *int16, stride int, red, green, blue *int16, pixels int, n int)",
		"is diffRowGeneric; stride and pixels are in bytes.")
	dst := rowsAt(pointer("dst"), pointer("stride"))
	red, green, blue, pixels := pointer("red"), pointer("green"), pointer("blue"), pointer("pixels")
	n := pointer("n")
	v.units(n, func() {
		var least, largest [2][2]reg.VecVirtual
		for h := range 2 {
			var g [2]reg.VecVirtual
			row := func(p reg.Register, y int) Mem {
				m := Mem{Base: p, Disp: h * v.bytes()}
				if y == 1 {
					m.Index, m.Scale = pixels, 1
				}
				return m
			}
			for y := range g {
				g[y] = v.load16(row(green, y))
			}
			for c, p := range []reg.Register{red, blue} {
				a, b := v.load16(row(p, 0)), v.load16(row(p, 1))
				VPSUBW(g[0], a, a)
				VPSUBW(g[1], b, b)
				lo, hi := v.min16(a, b), v.max16(a, b)
				least[c][h] = v.min16(lo, v.odd(lo))
				largest[c][h] = v.max16(hi, v.odd(hi))
			}
		}
		for c := range 2 {
			v.store16(v.even(least[c][0], least[c][1]), dst.at(c))
			v.store16(v.even(largest[c][0], largest[c][1]), dst.at(2+c))
		}
		for _, p := range []reg.Register{red, green, blue} {
			ADDQ(U32(uint32(2*v.bytes())), p)
		}
		ADDQ(U32(uint32(v.bytes())), dst.first)
	})
}

func bayerKnown(v isa) {
	start("bayerKnownRow"+v.suffix(), "func(dst *int16, stride int, in *int16, pixels int, n int)",
		"is bayerKnownRowGeneric; stride and pixels are in bytes.")
	low := rowsAt(pointer("dst"), pointer("stride"))
	high := low.beyond(3)
	in, pixels, n := pointer("in"), pointer("pixels"), pointer("n")
	v.units(n, func() {
		var r, least, largest, b [2]reg.VecVirtual
		for h := range 2 {
			r[h] = v.load16(Mem{Base: in, Disp: h * v.bytes()})
			second := v.load16(Mem{Base: in, Index: pixels, Scale: 1, Disp: h * v.bytes()})
			g := v.odd(r[h])
			least[h], largest[h], b[h] = v.min16(g, second), v.max16(g, second), v.odd(second)
		}
		red, blue := v.even(r[0], r[1]), v.even(b[0], b[1])
		v.store16(red, low.at(0))
		v.store16(red, high.at(0))
		v.store16(v.even(least[0], least[1]), low.at(1))
		v.store16(v.even(largest[0], largest[1]), high.at(1))
		v.store16(blue, low.at(2))
		v.store16(blue, high.at(2))
		ADDQ(U32(uint32(2*v.bytes())), in)
		ADDQ(U32(uint32(v.bytes())), low.first)
		ADDQ(U32(uint32(v.bytes())), high.first)
	})
}

// word16 is a constant of words in the even and in the odd lanes.
func (v isa) words16(name string, even, odd uint16) reg.VecVirtual {
	return v.int(word(name, uint32(odd)<<16|uint32(even)))
}

// turns returns a function that takes its first argument in every other word,
// from the second one on if second is 1, and else the other.
func (v isa) turns(second reg.Register) func(a, b reg.VecVirtual) reg.VecVirtual {
	if v.wide {
		even, odd, k := GP32(), GP32(), K()
		MOVL(U32(0x55555555), even)
		MOVL(U32(0xaaaaaaaa), odd)
		TESTQ(second, second)
		CMOVLNE(odd, even)
		KMOVD(even, k)
		return func(a, b reg.VecVirtual) reg.VecVirtual {
			r := v.vec()
			VPBLENDMW(a, b, k, r)
			return r
		}
	}
	p, mask := GP64(), v.vec()
	LEAQ(word("turns", 0x0000ffff, 0xffff0000), p)
	VPBROADCASTD(Mem{Base: p, Index: second, Scale: 4}, mask)
	return func(a, b reg.VecVirtual) reg.VecVirtual {
		r := v.vec()
		VPBLENDVB(mask, a, b, r)
		return r
	}
}

func quadKnown(v isa) {
	start("quadKnownRow"+v.suffix(), "func(own, green, none *int16, highest int, in *int16, pixels int, second int, n int)",
		"is quadKnownRowGeneric: own and green take turns, green first if second is 1, and none is the colour that the row has not. "+
			"It is highest bytes from the row of the least samples to that of the largest.")
	own, green, none, highest := pointer("own"), pointer("green"), pointer("none"), pointer("highest")
	in, pixels, second, n := pointer("in"), pointer("pixels"), pointer("second"), pointer("n")
	above, below := v.words16("above", 0x7fff, 0x7fff), v.words16("below", 0x8000, 0x8000)
	pick := v.turns(second)
	v.units(n, func() {
		var least, largest [2]reg.VecVirtual
		for h := range 2 {
			a := v.load16(Mem{Base: in, Disp: h * v.bytes()})
			b := v.load16(Mem{Base: in, Index: pixels, Scale: 1, Disp: h * v.bytes()})
			lo, hi := v.min16(a, b), v.max16(a, b)
			least[h], largest[h] = v.min16(lo, v.odd(lo)), v.max16(hi, v.odd(hi))
		}
		lo, hi := v.even(least[0], least[1]), v.even(largest[0], largest[1])
		for _, row := range []struct {
			p      reg.Register
			lo, hi reg.VecVirtual
		}{{own, pick(lo, above), pick(hi, below)}, {green, pick(above, lo), pick(below, hi)}, {none, above, below}} {
			v.store16(row.lo, Mem{Base: row.p})
			v.store16(row.hi, Mem{Base: row.p, Index: highest, Scale: 1})
			ADDQ(U32(uint32(v.bytes())), row.p)
		}
		ADDQ(U32(uint32(2*v.bytes())), in)
	})
}

// across emits leastAcross or largestAcross.
func across(v isa, name string, op func(...Op)) {
	start(name+v.suffix(), "func(dst, src *int16, stride int, rows int, n int)", "is "+name+"Generic; stride is in bytes.")
	v.extreme([]reg.Register{pointer("src")}, []int{0, 2, 4}, op)
}

// down emits leastDown or largestDown.
func down(v isa, name string, op func(...Op)) {
	start(name+v.suffix(), "func(dst, a, b, c *int16, stride int, rows int, n int)", "is "+name+"Generic; stride is in bytes.")
	v.extreme([]reg.Register{pointer("a"), pointer("b"), pointer("c")}, []int{0}, op)
}

// extreme sets rows of dst to the least or largest at every displacement from
// every one of from.
func (v isa) extreme(from []reg.Register, displacements []int, op func(...Op)) {
	dst, stride, rows, n := pointer("dst"), pointer("stride"), pointer("rows"), pointer("n")
	at, left := GP64(), GP64()
	Label("rows")
	XORQ(at, at)
	MOVQ(n, left)
	Label("units")
	var acc reg.VecVirtual
	for _, p := range from {
		for _, d := range displacements {
			m := Mem{Base: p, Index: at, Scale: 1, Disp: d}
			if acc == nil {
				acc = v.load16(m)
				continue
			}
			op(m, acc, acc)
		}
	}
	v.store16(acc, Mem{Base: dst, Index: at, Scale: 1})
	ADDQ(U32(uint32(v.bytes())), at)
	SUBQ(U32(uint32(2*v.lanes())), left)
	JG(LabelRef("units"))
	for _, p := range append(from, dst) {
		ADDQ(stride, p)
	}
	DECQ(rows)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
}

func bounds(v isa) {
	start("boundsRow"+v.suffix(), "func(b, near *int16, stride int, clip *int16, n int)", "is boundsRowGeneric; stride is in bytes.")
	diffs := rowsAt(pointer("b"), pointer("stride"))
	lows := diffs.beyond(4)
	highs := lows.beyond(3)
	low := highs.beyond(3)
	high := low.beyond(3)
	near := rowsFrom{pointer("near"), diffs.stride, diffs.third}
	clip, n := pointer("clip"), pointer("n")
	full := v.words16("full", guardFull, guardFull)
	var white [3]reg.VecVirtual
	for c := range white {
		white[c] = v.vec()
		VPBROADCASTW(Mem{Base: clip, Disp: 2 * c}, white[c])
	}
	v.units(n, func() {
		span, other := v.load16(diffs.at(2)), v.load16(diffs.at(3))
		VPSUBSW(diffs.at(0), span, span)
		VPSUBSW(diffs.at(1), other, other)
		VPMAXSW(other, span, span)
		slack := v.vec()
		VPSUBUSW(span, full, slack)
		VPSLLW(U8(2), slack, slack)
		var lo, hi [3]reg.VecVirtual
		for c := range lo {
			lo[c], hi[c] = v.load16(lows.at(c)), v.load16(highs.at(c))
		}
		all := v.max16(v.max16(hi[0], hi[1]), hi[2])
		VPSUBSW(v.min16(v.min16(lo[0], lo[1]), lo[2]), all, all)
		VPSRLW(U8(5), all, all)
		VPADDW(all, slack, slack)
		for c := range lo {
			s, d := v.vec(), v.vec()
			VPSUBSW(lo[c], hi[c], s)
			VPSRLW(U8(3), s, s)
			VPADDW(slack, s, s)
			VPSUBSW(s, lo[c], lo[c])
			VPADDSW(s, hi[c], hi[c])
			v.store16(hi[c], high.at(c))
			least := v.load16(near.at(c))
			VPSUBSW(least, white[c], d)
			VPADDSW(d, d, d)
			VPADDSW(d, d, d)
			VPSUBSW(d, least, least)
			VPMAXSW(least, lo[c], lo[c])
			v.store16(lo[c], low.at(c))
		}
		for _, r := range []rowsFrom{diffs, lows, highs, low, high, near} {
			ADDQ(U32(uint32(v.bytes())), r.first)
		}
	})
}

// guardFull is that of the package.
const guardFull = 60 * 16384 / 255

func mosaicDiff(v isa) {
	start("mosaicDiffRow"+v.suffix(), "func(dst, known *int16, stride int, n int)", "is mosaicDiffRowGeneric; stride is in bytes.")
	dst := rowsAt(pointer("dst"), pointer("stride"))
	known := rowsFrom{pointer("known"), dst.stride, dst.third}
	largest, n := known.beyond(4), pointer("n")
	v.units(n, func() {
		least, green := v.load16(known.at(1)), v.load16(largest.at(0))
		VPSUBW(least, green, green)
		VPSRLW(U8(1), green, green)
		VPADDW(least, green, green)
		red, d := v.load16(known.at(0)), v.load16(known.at(2))
		VPSUBW(red, d, d)
		VPSRAW(U8(1), d, d)
		VPADDW(red, d, d)
		VPSUBW(green, d, d)
		for i := range 4 {
			v.store16(d, dst.at(i))
		}
		for _, r := range []rowsFrom{dst, known, largest} {
			ADDQ(U32(uint32(v.bytes())), r.first)
		}
	})
}

func clampMosaic(v isa) {
	start("clampMosaicRow"+v.suffix(), "func(dst, src, evenLow, evenHigh, oddLow, oddHigh *int16, n int)",
		"is clampMosaicRowGeneric for n pixels, a multiple of 16, or with AVX-512 of 32.")
	dst, src, n := pointer("dst"), pointer("src"), pointer("n")
	low := []reg.Register{pointer("evenLow"), pointer("oddLow")}
	high := []reg.Register{pointer("evenHigh"), pointer("oddHigh")}
	both := func(p []reg.Register) reg.VecVirtual {
		a, b := v.vec(), v.vec()
		VPMOVZXWD(at(p[0], 0), a)
		VPMOVZXWD(at(p[1], 0), b)
		VPSLLD(U8(16), b, b)
		if v.wide {
			VPORD(a, b, b)
		} else {
			VPOR(a, b, b)
		}
		for _, r := range p {
			ADDQ(U32(uint32(v.bytes()/2)), r)
		}
		return b
	}
	loop("row", n, 2*v.lanes(), func() {
		x := v.load16(at(src, 0))
		VPMINSW(both(high), x, x)
		VPMAXSW(both(low), x, x)
		v.store16(x, at(dst, 0))
		ADDQ(U32(uint32(v.bytes())), dst)
		ADDQ(U32(uint32(v.bytes())), src)
	})
}
