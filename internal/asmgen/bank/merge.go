package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of mergeArgs.
const (
	mergeRec    = 0  // 16 bytes a unit
	mergeSecond = 8  // the same of the second four filters
	mergeMosaic = 16 // [2]*int16: two rows
	mergeDst    = 32 // [2][3]*int16
	mergeMask   = 80 // [2][2]uint32: what of the first two planes is the mosaic's
	mergeN      = 96 // units in a row
	mergeRows   = 104
	// Bytes from the end of a row, in whole vectors, to the next one.
	mergeNextRec    = 112
	mergeNextMosaic = 120
	mergeNextDst    = 128
)

func merges(v isa) {
	if !v.wide {
		mergesAVX2()
		return
	}
	mergeKept()
	mergeFull()
	mergeBayer()
}

// merger takes units' outputs apart, 16 units at a time.
type merger struct {
	a, n          reg.Register
	rec, src, dst reg.Register // offsets in bytes
	lo, hi        reg.VecVirtual
	even, odd     reg.VecVirtual
	tail          reg.Register
	masks         [2][2]reg.Register
}

func startMerge(name, doc string) *merger {
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(name + " " + doc)
	m := &merger{a: Load(Param("a"), GP64()), n: GP64(), rec: GP64(), src: GP64(), dst: GP64(), lo: ZMM(), hi: ZMM(), even: ZMM(), odd: ZMM(), tail: K()}
	for _, offset := range []reg.Register{m.rec, m.src, m.dst} {
		XORQ(offset, offset)
	}
	VPBROADCASTW(word("lowest", 0xf000f000), m.lo)
	VPBROADCASTW(word("highest", 0x6fff6fff), m.hi)
	// Of two registers of 4 units: the first and second words' pairs of all 8,
	// or the third and fourth.
	VMOVDQU32(word("slots01", 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29), m.even)
	VMOVDQU32(word("slots23", 2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31), m.odd)
	for row := range m.masks {
		for plane := range m.masks[row] {
			m.masks[row][plane] = K()
			KMOVD(at(m.a, mergeMask+8*row+4*plane), m.masks[row][plane])
		}
	}
	ones := GP64()
	MOVQ(I32(-1), ones)
	Label("row")
	MOVQ(at(m.a, mergeN), m.n)
	KMOVQ(ones, m.tail)
	Label("merge")
	CMPQ(m.n, Imm(16))
	JGE(LabelRef("whole"))
	bits := GP64()
	LEAQ(Mem{Base: m.n, Index: m.n, Scale: 1}, bits)
	BZHIQ(bits, ones, bits)
	KMOVQ(bits, m.tail)
	Label("whole")
	return m
}

// slots returns the four pairs of words of 16 units, bounded.
func (m *merger) slots(rec int) []reg.VecVirtual {
	p := GP64()
	MOVQ(at(m.a, rec), p)
	from := func(i int) Mem { return Mem{Base: p, Index: m.rec, Scale: 1, Disp: 64 * i} }
	var half [2][2]reg.VecVirtual // [units][slots]
	for i := range half {
		x, y := ZMM(), ZMM()
		VPMAXSW(from(2*i), m.lo, x)
		VPMAXSW(from(2*i+1), m.lo, y)
		VPMINSW(m.hi, x, x)
		VPMINSW(m.hi, y, y)
		z := ZMM()
		VMOVDQA64(x, z)
		VPERMT2D(y, m.even, x)
		VPERMT2D(y, m.odd, z)
		half[i] = [2]reg.VecVirtual{x, z}
	}
	s := zmms(4)
	for i := range 2 {
		VSHUFI64X2(U8(0x44), half[1][i], half[0][i], s[2*i])
		VSHUFI64X2(U8(0xee), half[1][i], half[0][i], s[2*i+1])
	}
	return s
}

func (m *merger) mosaic(row int) reg.VecVirtual {
	p, v := GP64(), ZMM()
	MOVQ(at(m.a, mergeMosaic+8*row), p)
	VMOVDQU16_Z(Mem{Base: p, Index: m.src, Scale: 1}, m.tail, v)
	return v
}

// store writes v, with the mosaic's samples where the mask says so.
func (m *merger) store(row, plane int, v, known reg.VecVirtual) {
	if known != nil {
		r := ZMM()
		VPBLENDMW(known, v, m.masks[row][plane], r)
		v = r
	}
	p := GP64()
	MOVQ(at(m.a, mergeDst+24*row+8*plane), p)
	VMOVDQU16(v, m.tail, Mem{Base: p, Index: m.dst, Scale: 1})
}

func (m *merger) end() {
	ADDQ(U32(256), m.rec)
	ADDQ(U8(64), m.src)
	ADDQ(U8(64), m.dst)
	SUBQ(U8(16), m.n)
	JG(LabelRef("merge"))
	ADDQ(at(m.a, mergeNextRec), m.rec)
	ADDQ(at(m.a, mergeNextMosaic), m.src)
	ADDQ(at(m.a, mergeNextDst), m.dst)
	DECQ(at(m.a, mergeRows))
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

func oddWords() reg.Register {
	k, g := K(), GP32()
	MOVL(U32(0xaaaaaaaa), g)
	KMOVD(g, k)
	return k
}

func mergeKept() {
	m := startMerge("mergeKeptAVX512", "writes rows of units, of whose samples the mosaic has a third.")
	s := m.slots(mergeRec)
	for row := range 2 {
		known := m.mosaic(row)
		m.store(row, 0, s[2*row], known)
		m.store(row, 1, s[2*row], known)
		m.store(row, 2, s[2*row+1], nil)
	}
	m.end()
}

func mergeFull() {
	m := startMerge("mergeFullAVX512", "writes rows of units whose samples are all estimated.")
	s := m.slots(mergeRec)
	for row := range 2 {
		m.store(row, 0, s[2*row], nil)
		m.store(row, 1, s[2*row+1], nil)
	}
	t, odd := m.slots(mergeSecond), oddWords()
	for row := range 2 {
		v := ZMM()
		VPBLENDMW(t[2*row+1], t[2*row], odd, v)
		m.store(row, 2, v, nil)
	}
	m.end()
}

func mergeBayer() {
	m := startMerge("mergeBayerAVX512", "writes pairs of rows of a mosaic.")
	t, odd := m.slots(mergeRec), oddWords()
	for row := range 2 {
		v := ZMM()
		VPBLENDMW(t[2*row+1], t[2*row], odd, v)
		m.store(row, 0, v, m.mosaic(row))
	}
	m.end()
}
