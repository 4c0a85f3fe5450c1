package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of bucketArgs.
const (
	bucketCoef   = 0
	bucketList   = 8  // *uint32: byte offsets of units, leaf by leaf
	bucketStarts = 16 // *uint32: where each leaf's units begin, and the end
	bucketLeaves = 24
	bucketMu     = 32
	bucketSrc    = 40 // [3]*int16: the window of the unit at offset 0
	bucketStride = 64 // bytes
	bucketOut    = 72 // 16 bytes a unit, at four times its offset
)

func buckets() {
	for _, outputs := range []int{8, 4} {
		for _, width := range []int{6, 8} {
			for _, planes := range []int{1, 3} {
				bucket(outputs, width, planes)
			}
		}
	}
}

// step is what one VPDPWSSD takes of the window: for 8 outputs two pairs of
// samples, each output's lanes side by side, for 4 outputs four pairs.
type step struct {
	row, col int
	// rest is the row whose pair at col joins that of row; 0 if none does.
	rest int
}

// steps cuts one plane of a window; packBuckets knows the order too.
func steps(outputs, width int) []step {
	var s []step
	for y := 0; y < width; y++ {
		switch {
		case outputs == 4 && width == 6 && y == 5:
			// Nothing behind the last row is read.
			s = append(s, step{row: y, col: -2})
		case outputs == 4:
			s = append(s, step{row: y})
		case width == 8:
			s = append(s, step{row: y}, step{row: y, col: 4})
		case y%2 == 1:
			s = append(s, step{row: y}, step{row: y - 1, col: 4, rest: y})
		default:
			s = append(s, step{row: y})
		}
	}
	return s
}

// bucket writes a kernel that runs the filters of units sorted by leaf, so that
// a leaf's coefficients stay in registers. Samples are broadcast in groups of 4
// (or 8) to the lanes of all outputs; an output's partial sums are added up at
// the end.
func bucket(outputs, width, planes int) {
	name := fmt.Sprintf("bucket%dx%d_%dVNNI", width, planes, outputs)
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s runs banks of %d filters on windows of %d×%d samples in %d planes, leaf by leaf.", name, outputs, width, width, planes))
	a := Load(Param("a"), GP64())
	coef, list, starts, leaves := field(a, bucketCoef), field(a, bucketList), field(a, bucketStarts), field(a, bucketLeaves)
	mu, stride, out := field(a, bucketMu), field(a, bucketStride), field(a, bucketOut)
	stride3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	odd, m := K(), GP32()
	MOVL(U32(0xaaaa), m)
	KMOVW(m, odd)

	plan := steps(outputs, width)
	count := planes*len(plan) + 1 // the last one is for μ
	// Four sums at once: a product waits five cycles for the one before. The
	// coefficients that find no register are read at each unit.
	const chains = 4
	resident := min(count, 32-chains-2)
	leafBytes := 64 * count

	Label("leaf")
	at32, end := GP64(), GP64()
	MOVL(at(starts, 0), at32.As32())
	MOVL(at(starts, 4), end.As32())
	CMPQ(at32, end)
	JE(LabelRef("next"))
	k := zmms(resident)
	for i, v := range k {
		VMOVDQU64(at(coef, 64*i), v)
	}
	Label("unit")
	offset := GP64()
	MOVL(Mem{Base: list, Index: at32, Scale: 4}, offset.As32())
	acc := zmms(chains)
	if outputs == 8 {
		VPBROADCASTQ(word("halfquad", 1<<11, 0), acc[0])
	} else {
		VPBROADCASTQ(word("quarterquad", 1<<10, 0), acc[0]) // twice an output
	}
	for _, v := range acc[1:] {
		VPXORD(v, v, v)
	}
	i := 0
	dot := func(x reg.VecVirtual) {
		if i < resident {
			VPDPWSSD(k[i], x, acc[i%chains])
		} else {
			VPDPWSSD(at(coef, 64*i), x, acc[i%chains])
		}
		i++
	}
	for p := range planes {
		top := GP64()
		MOVQ(at(a, bucketSrc+8*p), top)
		ADDQ(offset, top)
		low := GP64()
		LEAQ(Mem{Base: top, Index: stride, Scale: 4}, low)
		sample := func(y, x int) Mem {
			m := Mem{Base: []reg.GPVirtual{top, low}[y/4], Disp: 2 * x}
			switch y % 4 {
			case 1:
				m.Index, m.Scale = stride, 1
			case 2:
				m.Index, m.Scale = stride, 2
			case 3:
				m.Index, m.Scale = stride3, 1
			}
			return m
		}
		for _, s := range plan {
			x := ZMM()
			switch {
			case outputs == 4:
				VBROADCASTI32X4(sample(s.row, s.col), x)
			case s.rest > 0:
				VPBROADCASTD(sample(s.row, s.col), x)
				VPBROADCASTD(sample(s.rest, s.col), odd, x)
			default:
				VPBROADCASTQ(sample(s.row, s.col), x)
			}
			dot(x)
		}
	}
	x := ZMM()
	VPBROADCASTD(Mem{Base: mu, Index: offset, Scale: 1}, x)
	dot(x)

	// The sum comes to the upper half of a quadword.
	VPADDD(acc[1], acc[0], acc[0])
	VPADDD(acc[3], acc[2], acc[2])
	VPADDD(acc[2], acc[0], acc[0])
	if outputs == 4 {
		VPSHUFD(U8(0x4e), acc[0], acc[1])
		VPADDD(acc[1], acc[0], acc[0])
	}
	VPSLLQ(U8(32), acc[0], acc[1])
	VPADDD(acc[1], acc[0], acc[0])
	VPSRAQ(U8(32+12), acc[0], acc[0])
	words := XMM()
	VPMOVSQW(acc[0], words)
	VMOVDQU64(words, Mem{Base: out, Index: offset, Scale: 4})
	INCQ(at32)
	CMPQ(at32, end)
	JNE(LabelRef("unit"))

	Label("next")
	ADDQ(U8(4), starts)
	ADDQ(U32(uint32(leafBytes)), coef)
	DECQ(leaves)
	JNZ(LabelRef("leaf"))
	VZEROUPPER()
	RET()
}

// The fields of mergeArgs.
const (
	mergeRec    = 0  // 16 bytes a unit
	mergeSecond = 8  // the same of the second four filters
	mergeMosaic = 16 // [2]*int16: two rows
	mergeDst    = 32 // [2][3]*int16
	mergeMask   = 80 // [2][2]uint32: what of the first two planes is the mosaic's
	mergeN      = 96 // units
)

func merges() {
	mergeKept()
	mergeFull()
	mergeBayer()
}

// merger takes units' outputs apart, 16 units at a time.
type merger struct {
	a, n, offset reg.Register // offset in bytes of a row of samples
	lo, hi       reg.VecVirtual
	even, odd    reg.VecVirtual
	tail         reg.Register
}

func startMerge(name, doc string) *merger {
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(name + " " + doc)
	m := &merger{a: Load(Param("a"), GP64()), n: GP64(), offset: GP64(), lo: ZMM(), hi: ZMM(), even: ZMM(), odd: ZMM(), tail: K()}
	MOVQ(at(m.a, mergeN), m.n)
	XORQ(m.offset, m.offset)
	VPBROADCASTW(word("lowest", 0xf000f000), m.lo)
	VPBROADCASTW(word("highest", 0x6fff6fff), m.hi)
	// Of two registers of 4 units: the first and second words' pairs of all 8,
	// or the third and fourth.
	VMOVDQU32(word("slots01", 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29), m.even)
	VMOVDQU32(word("slots23", 2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31), m.odd)
	ones := GP64()
	MOVQ(I32(-1), ones)
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
	from := func(i int) Mem { return Mem{Base: p, Index: m.offset, Scale: 4, Disp: 64 * i} }
	var half [2][2]reg.VecVirtual // [units][slots]
	for i := range half {
		x, y := ZMM(), ZMM()
		VMOVDQU64(from(2*i), x)
		VMOVDQU64(from(2*i+1), y)
		for _, v := range []reg.VecVirtual{x, y} {
			VPMAXSW(m.lo, v, v)
			VPMINSW(m.hi, v, v)
		}
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
	VMOVDQU16_Z(Mem{Base: p, Index: m.offset, Scale: 1}, m.tail, v)
	return v
}

// store writes v, with the mosaic's samples where the mask says so.
func (m *merger) store(row, plane int, v, known reg.VecVirtual) {
	if known != nil {
		k, r := K(), ZMM()
		KMOVD(at(m.a, mergeMask+8*row+4*plane), k)
		VPBLENDMW(known, v, k, r)
		v = r
	}
	p := GP64()
	MOVQ(at(m.a, mergeDst+24*row+8*plane), p)
	VMOVDQU16(v, m.tail, Mem{Base: p, Index: m.offset, Scale: 1})
}

func (m *merger) end() {
	ADDQ(U8(64), m.offset)
	SUBQ(U8(16), m.n)
	JG(LabelRef("merge"))
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
	m := startMerge("mergeKeptAVX512", "writes a row of units, of whose samples the mosaic has a third.")
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
	m := startMerge("mergeFullAVX512", "writes a row of units whose samples are all estimated.")
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
	m := startMerge("mergeBayerAVX512", "writes two rows of a mosaic.")
	t, odd := m.slots(mergeRec), oddWords()
	for row := range 2 {
		v := ZMM()
		VPBLENDMW(t[2*row+1], t[2*row], odd, v)
		m.store(row, 0, v, m.mosaic(row))
	}
	m.end()
}
