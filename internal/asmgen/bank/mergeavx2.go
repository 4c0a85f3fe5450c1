package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// mergerAVX2 takes units' outputs apart, 8 units at a time; a unit's samples in
// a row are one lane of 32 bits, so the last units of a row are stored under a
// mask.
type mergerAVX2 struct {
	a             reg.Register
	rec, src, dst reg.Register // offsets in bytes
	lo, hi        reg.VecVirtual
	known         [2][2]reg.VecVirtual // what of the first two planes is the mosaic's
	tail          reg.VecVirtual       // nil before the last units
}

// mergeAVX2 writes a kernel that runs body for 8 units at a time.
func mergeAVX2(name, doc string, knownPlanes int, body func(*mergerAVX2)) {
	name += "AVX2"
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s %s", name, doc))
	v := isa{}
	m := &mergerAVX2{a: Load(Param("a"), GP64()), rec: GP64(), src: GP64(), dst: GP64()}
	for _, offset := range []reg.Register{m.rec, m.src, m.dst} {
		XORQ(offset, offset)
	}
	m.lo, m.hi = v.words16("lowest", 0xf000), v.words16("highest", 0x6fff)
	for row := range m.known {
		for plane := range knownPlanes {
			// Bit i of the mask becomes word i.
			k := YMM()
			VPBROADCASTD(at(m.a, mergeMask+8*row+4*plane), k)
			VPSHUFB(word("maskbytes", 0, 0, 0, 0, 0x01010101, 0x01010101, 0x01010101, 0x01010101), k, k)
			bits := word("maskbits", 2<<16|1, 8<<16|4, 32<<16|16, 128<<16|64, 2<<16|1, 8<<16|4, 32<<16|16, 128<<16|64)
			VPAND(bits, k, k)
			VPCMPEQW(bits, k, k)
			m.known[row][plane] = k
		}
	}
	run := func() {
		body(m)
		ADDQ(U32(128), m.rec)
		ADDQ(U8(32), m.src)
		ADDQ(U8(32), m.dst)
	}
	Label("row")
	n := field(m.a, mergeN)
	SUBQ(U8(8), n)
	JL(LabelRef("last"))
	Label("merge")
	run()
	SUBQ(U8(8), n)
	JGE(LabelRef("merge"))
	Label("last")
	ADDQ(U8(8), n)
	JZ(LabelRef("next"))
	m.tail = YMM()
	count := XMM()
	VMOVQ(n, count)
	VPBROADCASTD(count, m.tail)
	VPCMPGTD(word("lanes", 0, 1, 2, 3, 4, 5, 6, 7), m.tail, m.tail)
	run()
	Label("next")
	ADDQ(at(m.a, mergeNextRec), m.rec)
	ADDQ(at(m.a, mergeNextMosaic), m.src)
	ADDQ(at(m.a, mergeNextDst), m.dst)
	DECQ(at(m.a, mergeRows))
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// slots returns the four pairs of words of 8 units, bounded.
func (m *mergerAVX2) slots(rec int) [4]reg.VecVirtual {
	p := field(m.a, rec)
	var u [4]reg.VecVirtual // units i and i + 4
	for i := range u {
		u[i] = YMM()
		from := Mem{Base: p, Index: m.rec, Scale: 1, Disp: 16 * i}
		VBROADCASTI128(from, u[i])
		VINSERTI128(U8(1), from.Offset(64), u[i], u[i])
		VPMAXSW(m.lo, u[i], u[i])
		VPMINSW(m.hi, u[i], u[i])
	}
	var t, s [4]reg.VecVirtual
	for i := range 2 {
		t[i], t[2+i] = YMM(), YMM()
		VPUNPCKLDQ(u[2*i+1], u[2*i], t[i])
		VPUNPCKHDQ(u[2*i+1], u[2*i], t[2+i])
	}
	for i := range 2 {
		s[2*i], s[2*i+1] = YMM(), YMM()
		VPUNPCKLQDQ(t[2*i+1], t[2*i], s[2*i])
		VPUNPCKHQDQ(t[2*i+1], t[2*i], s[2*i+1])
	}
	return s
}

// turns takes even samples from a and odd ones from b.
func turns(a, b reg.VecVirtual) reg.VecVirtual {
	r := YMM()
	VPBLENDW(U8(0xaa), b, a, r)
	return r
}

func (m *mergerAVX2) mosaic(row int) reg.VecVirtual {
	from, r := Mem{Base: field(m.a, mergeMosaic+8*row), Index: m.src, Scale: 1}, YMM()
	if m.tail != nil {
		VPMASKMOVD(from, m.tail, r)
	} else {
		VMOVDQU(from, r)
	}
	return r
}

// store writes r, with the mosaic's samples where the mask says so.
func (m *mergerAVX2) store(row, plane int, r, mosaic reg.VecVirtual) {
	if mosaic != nil {
		b := YMM()
		VPBLENDVB(m.known[row][plane], mosaic, r, b)
		r = b
	}
	to := Mem{Base: field(m.a, mergeDst+24*row+8*plane), Index: m.dst, Scale: 1}
	if m.tail != nil {
		VPMASKMOVD(r, m.tail, to)
	} else {
		VMOVDQU(r, to)
	}
}

func mergesAVX2() {
	mergeAVX2("mergeKept", "writes rows of units, of whose samples the mosaic has a third.", 2, func(m *mergerAVX2) {
		s := m.slots(mergeRec)
		for row := range 2 {
			m.store(row, 2, s[2*row+1], nil)
			known := m.mosaic(row)
			m.store(row, 0, s[2*row], known)
			m.store(row, 1, s[2*row], known)
		}
	})
	mergeAVX2("mergeFull", "writes rows of units whose samples are all estimated.", 0, func(m *mergerAVX2) {
		s := m.slots(mergeRec)
		for row := range 2 {
			m.store(row, 0, s[2*row], nil)
			m.store(row, 1, s[2*row+1], nil)
		}
		t := m.slots(mergeSecond)
		for row := range 2 {
			m.store(row, 2, turns(t[2*row], t[2*row+1]), nil)
		}
	})
	mergeAVX2("mergeBayer", "writes pairs of rows of a mosaic.", 1, func(m *mergerAVX2) {
		t := m.slots(mergeRec)
		for row := range 2 {
			m.store(row, 0, turns(t[2*row], t[2*row+1]), m.mosaic(row))
		}
	})
}
