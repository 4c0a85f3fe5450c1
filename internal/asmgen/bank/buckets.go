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
	write := bucket
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
