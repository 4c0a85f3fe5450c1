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

func buckets(v isa) {
	write := bucketVNNI
	if !v.wide {
		write = bucketAVX2
	}
	for _, outputs := range []int{8, 4} {
		for _, width := range []int{6, 8} {
			for _, planes := range []int{1, 3} {
				write(outputs, width, planes, false)
				if outputs == 8 {
					write(outputs, width, planes, true)
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

// leaves is a kernel that runs the filters of units sorted by leaf, so that a
// leaf's coefficients are read once for many. Samples are broadcast in groups of
// 4 (or 8) to the lanes of all outputs; an output's partial sums are added up at
// the end. Four units go side by side, so that no product waits for the one
// before, and share the coefficients that find no register; the last of a leaf
// goes several times if need be.
type leaves struct {
	isa
	outputs, planes int
	plan            []step
	count           int // steps, with that of μ
	a, list         reg.Register
	s1, s3, s5, s7  reg.Register // strides
	odd             reg.Register // lanes, with AVX-512
	next, end       reg.GPVirtual
	row             [bucketUnits]reg.GPVirtual // windows
}

// startLeaves begins a kernel.
func (v isa) startLeaves(outputs, width, planes int, round bool, set string) *leaves {
	name, shape := fmt.Sprintf("bucket%dx%d_%d", width, planes, outputs), ""
	if round {
		name, shape = name+"Round", " but for the corners"
	}
	name += set
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s runs banks of %d filters on windows of %d×%d samples%s in %d planes, leaf by leaf.", name, outputs, width, width, shape, planes))
	l := &leaves{isa: v, outputs: outputs, planes: planes, plan: steps(outputs, width, round), a: Load(Param("a"), GP64())}
	l.count = planes*len(l.plan) + 1
	l.list, l.s1 = field(l.a, bucketList), field(l.a, bucketStride)
	// Every row of a window is at one stride from its first, or at two or four
	// times one.
	l.s3, l.s5, l.s7 = GP64(), GP64(), GP64()
	LEAQ(Mem{Base: l.s1, Index: l.s1, Scale: 2}, l.s3)
	LEAQ(Mem{Base: l.s1, Index: l.s1, Scale: 4}, l.s5)
	LEAQ(Mem{Base: l.s3, Index: l.s1, Scale: 4}, l.s7)
	if v.wide {
		l.odd = K()
		m := GP32()
		MOVL(U32(0xaaaa), m)
		KMOVW(m, l.odd)
	}
	return l
}

// leaf begins a leaf that has units, and returns where its coefficients are.
func (l *leaves) leaf() reg.Register {
	Label("leaf")
	l.next, l.end = GP64(), GP64()
	p, leaf := GP64(), GP64()
	MOVQ(at(l.a, bucketStarts), p)
	MOVQ(at(l.a, bucketLeaf), leaf)
	MOVL(Mem{Base: p, Index: leaf, Scale: 4}, l.next.As32())
	MOVL(Mem{Base: p, Index: leaf, Scale: 4, Disp: 4}, l.end.As32())
	CMPQ(l.next, l.end)
	JE(LabelRef("next"))
	MOVQ(at(l.a, bucketCoef), p)
	ADDQ(at(l.a, bucketAt), p)
	return p
}

// offset loads where unit u of the next ones is.
func (l *leaves) offset(u int) {
	i := GP64()
	LEAQ(at(l.next, u), i)
	CMPQ(i, l.end)
	CMOVQGT(l.end, i)
	MOVL(Mem{Base: l.list, Index: i, Scale: 4}, l.row[u].As32())
}

// units begins the next units; begin gets what a sum begins with.
func (l *leaves) units(begin func(u int, round Mem)) {
	DECQ(l.end) // the last unit
	Label("unit")
	for u := range l.row {
		l.row[u] = GP64()
		l.offset(u)
		ADDQ(at(l.a, bucketSrc), l.row[u])
		if l.outputs == 8 {
			begin(u, word("halfquad", 1<<11, 0))
		} else {
			begin(u, word("quarterquad", 1<<10, 0)) // twice an output
		}
	}
}

// sums runs dot on every step of the windows, and on μ, which leaves offsets in
// the place of windows. load broadcasts what a unit has for the step.
func (l *leaves) sums(dot func(load func(u int) reg.VecVirtual)) {
	for plane := range l.planes {
		if plane > 0 {
			step := GP64()
			MOVQ(at(l.a, bucketSrc+8*plane), step)
			SUBQ(at(l.a, bucketSrc+8*plane-8), step)
			for _, row := range l.row {
				ADDQ(step, row)
			}
		}
		for _, s := range l.plan {
			dot(func(u int) reg.VecVirtual { return l.samples(s, l.row[u]) })
		}
	}
	for u := range l.row {
		l.offset(u)
	}
	dot(func(u int) reg.VecVirtual {
		x, mu := l.vec(), GP64()
		MOVQ(at(l.a, bucketMu), mu)
		VPBROADCASTD(Mem{Base: mu, Index: l.row[u], Scale: 1}, x)
		return x
	})
}

// samples broadcasts the samples of a step.
func (l *leaves) samples(s step, row reg.Register) reg.VecVirtual {
	at := func(y int) Mem {
		m := Mem{Base: row, Disp: 2 * s.col}
		switch y {
		case 1, 2, 4:
			m.Index, m.Scale = l.s1, uint8(y)
		case 3, 6:
			m.Index, m.Scale = l.s3, uint8(y/3)
		case 5:
			m.Index, m.Scale = l.s5, 1
		case 7:
			m.Index, m.Scale = l.s7, 1
		}
		return m
	}
	x := l.vec()
	switch {
	case l.outputs == 4 && l.wide:
		VBROADCASTI32X4(at(s.row), x)
	case l.outputs == 4:
		VBROADCASTI128(at(s.row), x)
	case s.rest > 0 && l.wide:
		VPBROADCASTD(at(s.row), x)
		VPBROADCASTD(at(s.rest), l.odd, x)
	case s.rest > 0:
		y := l.vec()
		VPBROADCASTD(at(s.row), x)
		VPBROADCASTD(at(s.rest), y)
		VPBLENDD(U8(0xaa), y, x, x)
	default:
		VPBROADCASTQ(at(s.row), x)
	}
	return x
}

// goOn goes on to the next units and to the next leaf.
func (l *leaves) goOn() {
	ADDQ(U8(bucketUnits), l.next)
	CMPQ(l.next, l.end)
	JLE(LabelRef("unit"))

	Label("next")
	ADDQ(U32(uint32(64*l.count)), at(l.a, bucketAt))
	done := GP64()
	MOVQ(at(l.a, bucketLeaf), done)
	INCQ(done)
	MOVQ(done, at(l.a, bucketLeaf))
	CMPQ(done, at(l.a, bucketLeaves))
	JNE(LabelRef("leaf"))
	VZEROUPPER()
	RET()
}

// bucketVNNI writes a kernel whose coefficients stay in registers, as far as
// there are some.
func bucketVNNI(outputs, width, planes int, round bool) {
	l := isa{wide: true}.startLeaves(outputs, width, planes, round, "VNNI")
	const chains = 2
	resident := min(l.count, 32-bucketUnits*chains-3)
	p := l.leaf()
	k := zmms(resident)
	for i, v := range k {
		VMOVDQU64(at(p, 64*i), v)
	}
	var acc [bucketUnits][]reg.VecVirtual
	l.units(func(u int, round Mem) {
		acc[u] = zmms(chains)
		VPBROADCASTQ(round, acc[u][0])
	})
	i := 0
	l.sums(func(load func(u int) reg.VecVirtual) {
		var c reg.VecVirtual
		if i < resident {
			c = k[i]
		} else {
			coef := GP64()
			MOVQ(at(l.a, bucketCoef), coef)
			ADDQ(at(l.a, bucketAt), coef)
			c = ZMM()
			VMOVDQU64(at(coef, 64*i), c)
		}
		for u := range acc {
			x := load(u)
			if i == 1 {
				VPMADDWD(c, x, acc[u][1])
			} else {
				VPDPWSSD(c, x, acc[u][i%chains])
			}
		}
		i++
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
	MOVQ(at(l.a, bucketOut), out)
	for u, row := range l.row {
		VEXTRACTI32X4(U8(uint8(u)), words, Mem{Base: out, Index: row, Scale: 4})
	}
	l.goOn()
}
