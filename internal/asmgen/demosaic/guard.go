package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The guard's kernels work on 32 or 16 units at a time. Those that write rows
// of scratch take whole vectors: they read and write beyond the n units.

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
	w := v.pairs()
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
				least[c][h], largest[c][h] = v.min16(a, b), v.max16(a, b)
			}
		}
		for c := range 2 {
			v.store16(w.inOrder(v.min16(w.apart(least[c][0], least[c][1]))), dst.at(c))
			v.store16(w.inOrder(v.max16(w.apart(largest[c][0], largest[c][1]))), dst.at(2+c))
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
	w := v.pairs()
	v.units(n, func() {
		var rows [2][2]reg.VecVirtual
		for h := range 2 {
			rows[0][h] = v.load16(Mem{Base: in, Disp: h * v.bytes()})
			rows[1][h] = v.load16(Mem{Base: in, Index: pixels, Scale: 1, Disp: h * v.bytes()})
		}
		red, green := w.apart(rows[0][0], rows[0][1])
		other, blue := w.apart(rows[1][0], rows[1][1])
		red, blue = w.inOrder(red), w.inOrder(blue)
		v.store16(red, low.at(0))
		v.store16(red, high.at(0))
		v.store16(w.inOrder(v.min16(green, other)), low.at(1))
		v.store16(w.inOrder(v.max16(green, other)), high.at(1))
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
	w := v.pairs()
	v.units(n, func() {
		var least, largest [2]reg.VecVirtual
		for h := range 2 {
			a := v.load16(Mem{Base: in, Disp: h * v.bytes()})
			b := v.load16(Mem{Base: in, Index: pixels, Scale: 1, Disp: h * v.bytes()})
			least[h], largest[h] = v.min16(a, b), v.max16(a, b)
		}
		lo := w.inOrder(v.min16(w.apart(least[0], least[1])))
		hi := w.inOrder(v.max16(w.apart(largest[0], largest[1])))
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

// across emits the ranges over three units in a row.
func across(v isa) {
	start("across"+v.suffix(), "func(dst, src *int16, stride int, half int, n int)",
		"is acrossGeneric for half as many rows of the least, and then of the largest; stride is in bytes.")
	dst, src, stride, half, n := pointer("dst"), pointer("src"), pointer("stride"), pointer("half"), pointer("n")
	at, left, rows := GP64(), GP64(), GP64()
	for _, part := range []struct {
		name string
		op   func(...Op)
	}{{"least", VPMINSW}, {"largest", VPMAXSW}} {
		MOVQ(half, rows)
		Label(part.name)
		XORQ(at, at)
		MOVQ(n, left)
		Label(part.name + "units")
		r := v.load16(Mem{Base: src, Index: at, Scale: 1})
		part.op(Mem{Base: src, Index: at, Scale: 1, Disp: 2}, r, r)
		part.op(Mem{Base: src, Index: at, Scale: 1, Disp: 4}, r, r)
		v.store16(r, Mem{Base: dst, Index: at, Scale: 1})
		ADDQ(U32(uint32(v.bytes())), at)
		SUBQ(U32(uint32(2*v.lanes())), left)
		JG(LabelRef(part.name + "units"))
		ADDQ(stride, src)
		ADDQ(stride, dst)
		DECQ(rows)
		JNZ(LabelRef(part.name))
	}
	VZEROUPPER()
	RET()
}

// over returns the least of the rows of a ring of three and, of the second half
// of the rows, the largest.
func (v isa) over(ring rowsFrom, rows int) []reg.VecVirtual {
	all := make([]reg.VecVirtual, rows)
	p := ring
	for i := range 3 * rows {
		if i > 0 && i%4 == 0 {
			next := GP64()
			LEAQ(Mem{Base: p.first, Index: ring.stride, Scale: 4}, next)
			p.first = next
		}
		switch r := i % rows; {
		case i < rows:
			all[r] = v.load16(p.at(i % 4))
		case r < rows/2:
			VPMINSW(p.at(i%4), all[r], all[r])
		default:
			VPMAXSW(p.at(i%4), all[r], all[r])
		}
	}
	return all
}

// down emits the range of the rows of a ring.
func down(v isa) {
	start("down"+v.suffix(), "func(dst, ring *int16, stride int, n int)", "is downGeneric; stride is in bytes.")
	low := rowsAt(pointer("dst"), pointer("stride"))
	high := low.beyond(3)
	ring, n := rowsFrom{pointer("ring"), low.stride, low.third}, pointer("n")
	v.units(n, func() {
		all := v.over(ring, 6)
		for c := range 3 {
			v.store16(all[c], low.at(c))
			v.store16(all[3+c], high.at(c))
		}
		for _, r := range []rowsFrom{low, high, ring} {
			ADDQ(U32(uint32(v.bytes())), r.first)
		}
	})
}

// bounds emits two loops: with rows of the least samples near, and without.
func bounds(v isa) {
	start("boundsRow"+v.suffix(), "func(b, diffs, known, near *int16, stride int, clip *int16, n int)", "is boundsRowGeneric; stride is in bytes.")
	low := rowsAt(pointer("b"), pointer("stride"))
	high := low.beyond(3)
	with := func(name string) rowsFrom { return rowsFrom{pointer(name), low.stride, low.third} }
	diffs, known, near := with("diffs"), with("known"), with("near")
	clip, n := pointer("clip"), pointer("n")
	TESTQ(near.first, near.first)
	JNZ(LabelRef("near"))
	for _, far := range []bool{true, false} {
		label := "units"
		if !far {
			label = "near"
		}
		Label(label)
		d := v.over(diffs, 4)
		slack := v.vec()
		VPSUBSW(d[0], d[2], d[2])
		VPSUBSW(d[1], d[3], d[3])
		VPMAXSW(d[3], d[2], d[2])
		VPSUBUSW(d[2], v.words16("full", guardFull, guardFull), slack)
		VPSLLW(U8(2), slack, slack)
		k := v.over(known, 6)
		lo, hi := k[:3], k[3:]
		all := v.max16(v.max16(hi[0], hi[1]), hi[2])
		VPSUBSW(v.min16(v.min16(lo[0], lo[1]), lo[2]), all, all)
		VPSRLW(U8(5), all, all)
		VPADDW(all, slack, slack)
		for c := range lo {
			s, white, least := v.vec(), v.vec(), lo[c]
			if !far {
				least = v.load16(near.at(c))
			}
			VPBROADCASTW(Mem{Base: clip, Disp: 2 * c}, white)
			VPSUBSW(least, white, white)
			VPADDSW(white, white, white)
			VPADDSW(white, white, white)
			VPSUBSW(white, least, white)
			VPSUBSW(lo[c], hi[c], s)
			VPSRLW(U8(3), s, s)
			VPADDW(slack, s, s)
			VPADDSW(s, hi[c], hi[c])
			v.store16(hi[c], high.at(c))
			VPSUBSW(s, lo[c], s)
			VPMAXSW(white, s, s)
			v.store16(s, low.at(c))
		}
		for _, r := range []rowsFrom{low, high, diffs, known} {
			ADDQ(U32(uint32(v.bytes())), r.first)
		}
		if !far {
			ADDQ(U32(uint32(v.bytes())), near.first)
		}
		SUBQ(U32(uint32(2*v.lanes())), n)
		JG(LabelRef(label))
		VZEROUPPER()
		RET()
	}
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
