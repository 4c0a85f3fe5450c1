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
	bucketLeaf   = 80 // the leaf that is being run, and the bytes before its coefficients
	bucketAt     = 88

	bucketUnits = 4 // at once
)

func buckets() {
	for _, outputs := range []int{8, 4} {
		for _, width := range []int{6, 8} {
			for _, planes := range []int{1, 3} {
				bucket(outputs, width, planes, false)
				if outputs == 8 {
					bucket(outputs, width, planes, true)
				}
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

// steps cuts one plane of a window, or of a round one, which lacks the corners;
// packBuckets knows the order too.
func steps(outputs, width int, round bool) []step {
	corner := 0
	if round {
		corner = width / 4
	}
	var s []step
	for y := 0; y < width; y++ {
		switch {
		case outputs == 4 && width == 6 && y == 5:
			// Nothing behind the last row is read.
			s = append(s, step{row: y, col: -2})
		case outputs == 4:
			s = append(s, step{row: y})
		case y < corner || y >= width-corner:
			s = append(s, step{row: y, col: corner})
		case width == 8:
			s = append(s, step{row: y}, step{row: y, col: 4})
		case (y-corner)%2 == 1:
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
// the end. Four units go side by side, so that no product waits for the one
// before, and share the coefficients that find no register; the last of a leaf
// goes several times if need be.
func bucket(outputs, width, planes int, round bool) {
	name, shape := fmt.Sprintf("bucket%dx%d_%d", width, planes, outputs), ""
	if round {
		name, shape = name+"Round", " but for the corners"
	}
	name += "VNNI"
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s runs banks of %d filters on windows of %d×%d samples%s in %d planes, leaf by leaf.", name, outputs, width, width, shape, planes))
	a := Load(Param("a"), GP64())
	list, s1 := field(a, bucketList), field(a, bucketStride)
	// Strides: every row of a window is at one of them from its first, or at
	// two or four times one.
	s3, s5, s7 := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: s1, Index: s1, Scale: 2}, s3)
	LEAQ(Mem{Base: s1, Index: s1, Scale: 4}, s5)
	LEAQ(Mem{Base: s3, Index: s1, Scale: 4}, s7)
	odd, m := K(), GP32()
	MOVL(U32(0xaaaa), m)
	KMOVW(m, odd)

	plan := steps(outputs, width, round)
	count := planes*len(plan) + 1 // the last one is for μ
	const chains = 2
	resident := min(count, 32-bucketUnits*chains-3)

	Label("leaf")
	next, end := GP64(), GP64()
	p := GP64()
	leaf := GP64()
	MOVQ(at(a, bucketStarts), p)
	MOVQ(at(a, bucketLeaf), leaf)
	MOVL(Mem{Base: p, Index: leaf, Scale: 4}, next.As32())
	MOVL(Mem{Base: p, Index: leaf, Scale: 4, Disp: 4}, end.As32())
	CMPQ(next, end)
	JE(LabelRef("next"))
	MOVQ(at(a, bucketCoef), p)
	ADDQ(at(a, bucketAt), p)
	k := zmms(resident)
	for i, v := range k {
		VMOVDQU64(at(p, 64*i), v)
	}
	DECQ(end) // the last unit
	Label("unit")
	var row [bucketUnits]reg.GPVirtual
	offset := func(u int, to reg.GPVirtual) {
		i := GP64()
		LEAQ(at(next, u), i)
		CMPQ(i, end)
		CMOVQGT(end, i)
		MOVL(Mem{Base: list, Index: i, Scale: 4}, to.As32())
	}
	var acc [bucketUnits][]reg.VecVirtual
	for u := range row {
		row[u] = GP64()
		offset(u, row[u])
		ADDQ(at(a, bucketSrc), row[u])
		acc[u] = zmms(chains)
		if outputs == 8 {
			VPBROADCASTQ(word("halfquad", 1<<11, 0), acc[u][0])
		} else {
			VPBROADCASTQ(word("quarterquad", 1<<10, 0), acc[u][0]) // twice an output
		}
	}
	i := 0
	dot := func(load func(u int) reg.VecVirtual) {
		var c reg.VecVirtual
		if i < resident {
			c = k[i]
		} else {
			coef := GP64()
			MOVQ(at(a, bucketCoef), coef)
			ADDQ(at(a, bucketAt), coef)
			c = ZMM()
			VMOVDQU64(at(coef, 64*i), c)
		}
		for u := range row {
			x := load(u)
			if i == 1 {
				VPMADDWD(c, x, acc[u][1])
			} else {
				VPDPWSSD(c, x, acc[u][i%chains])
			}
		}
		i++
	}
	for plane := range planes {
		if plane > 0 {
			step := GP64()
			MOVQ(at(a, bucketSrc+8*plane), step)
			SUBQ(at(a, bucketSrc+8*plane-8), step)
			for u := range row {
				ADDQ(step, row[u])
			}
		}
		for _, s := range plan {
			dot(func(u int) reg.VecVirtual {
				sample := func(y, x int) Mem {
					m := Mem{Base: row[u], Disp: 2 * x}
					switch y {
					case 1, 2, 4:
						m.Index, m.Scale = s1, uint8(y)
					case 3, 6:
						m.Index, m.Scale = s3, uint8(y/3)
					case 5:
						m.Index, m.Scale = s5, 1
					case 7:
						m.Index, m.Scale = s7, 1
					}
					return m
				}
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
				return x
			})
		}
	}
	for u := range row {
		offset(u, row[u])
	}
	dot(func(u int) reg.VecVirtual {
		x, mu := ZMM(), GP64()
		MOVQ(at(a, bucketMu), mu)
		VPBROADCASTD(Mem{Base: mu, Index: row[u], Scale: 1}, x)
		return x
	})

	for _, v := range acc {
		VPADDD(v[1], v[0], v[0])
		if outputs == 4 {
			VPSHUFD(U8(0x4e), v[0], v[1])
			VPADDD(v[1], v[0], v[0])
		}
	}
	for u := 0; u < bucketUnits; u += 2 {
		// In each 128 bits two outputs of the one unit, then of the other.
		first, second, low := acc[u][0], acc[u+1][0], acc[u][1]
		VSHUFPS(U8(0x88), second, first, low)
		VSHUFPS(U8(0xdd), second, first, first)
		VPADDD(low, first, first)
		VPSRAD(U8(12), first, first)
	}
	words, index, out := acc[0][0], acc[1][0], GP64()
	VPACKSSDW(acc[2][0], words, words)
	VMOVDQU32(word("units", 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), index)
	VPERMD(words, index, words)
	MOVQ(at(a, bucketOut), out)
	for u := range row {
		VEXTRACTI32X4(U8(uint8(u)), words, Mem{Base: out, Index: row[u], Scale: 4})
	}
	ADDQ(U8(bucketUnits), next)
	CMPQ(next, end)
	JLE(LabelRef("unit"))

	Label("next")
	ADDQ(U32(uint32(64*count)), at(a, bucketAt))
	done := GP64()
	MOVQ(at(a, bucketLeaf), done)
	INCQ(done)
	MOVQ(done, at(a, bucketLeaf))
	CMPQ(done, at(a, bucketLeaves))
	JNE(LabelRef("leaf"))
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
