package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of filterArgs.
const (
	argCoef    = 0
	argNegSum  = 8
	argClass   = 16
	argMu      = 24
	argSrc     = 32
	argStride  = 56
	argDst     = 64
	argDstRow  = 88
	argN       = 96
	argStep    = 104
	argMuStep  = 112
	argShuffle = 120
)

// kind is one filter kernel: how many outputs a class has room for.
type kind struct {
	slots  int
	mosaic bool // outputs go to one plane
}

func (k kind) String() string {
	s := "AVX2"
	if k.mosaic {
		s = "Mosaic" + s
	}
	return fmt.Sprintf("%d%s", k.slots, s)
}

func filters() {
	for _, width := range []int{6, 8} {
		for _, planes := range []int{1, 3} {
			filter(kind{8, false}, width, planes)
			filter(kind{16, false}, width, planes)
			filter(kind{8, true}, width, planes)
		}
	}
}

// filter writes a kernel that runs the filters of a row of units of one phase:
// for each unit, the bank of its class on its window. Each pair of
// neighbouring samples is broadcast and meets the pair's coefficients of all
// outputs at once. The window is read where it lies.
func filter(k kind, width, planes int) {
	name := fmt.Sprintf("filter%dx%d_%v", width, planes, k)
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s runs banks of up to %d filters on windows of %d×%d samples in %d planes.", name, k.slots, width, width, planes))
	a := Load(Param("a"), GP64())
	field := func(disp int) reg.Register {
		r := GP64()
		MOVQ(at(a, disp), r)
		return r
	}
	class, mu, n := field(argClass), field(argMu), field(argN)
	srcRow := field(argStride)
	dst0, dstRow := field(argDst), field(argDstRow)
	offset := GP64() // of the unit, in bytes
	XORQ(offset, offset)

	// The outputs' lanes are held in one register or two.
	regs := k.slots / 8
	coefBytes := 4 * k.slots
	laneBytes := coefBytes / regs
	round, lo, hi := YMM(), XMM(), XMM()
	VPBROADCASTD(word("round", 1<<11), round)
	VPBROADCASTW(word("lowest", 0xf000f000), lo)
	VPBROADCASTW(word("highest", 0x6fff6fff), hi)
	shuffle := [2]reg.VecVirtual{XMM(), XMM()}
	if k.slots == 8 {
		sh := field(argShuffle)
		VMOVDQU(at(sh, 0), shuffle[0])
		VMOVDQU(at(sh, 16), shuffle[1])
	}

	pairs := planes * width * width / 2
	leafBytes := pairs * coefBytes
	chains := 4
	if regs == 2 {
		chains = 2
	}

	Label("unit")
	leaf, coef := GP64(), GP64()
	MOVBQZX(at(class, 0), leaf)
	IMUL3Q(U32(uint32(leafBytes)), leaf, coef)
	ADDQ(at(a, argCoef), coef)
	SHLQ(U8(map[int]uint8{8: 5, 16: 6}[k.slots]), leaf)
	ADDQ(at(a, argNegSum), leaf)

	// acc[chain][register]
	acc := make([][]reg.VecVirtual, chains)
	mean := YMM()
	VPBROADCASTD(at(mu, 0), mean)
	for c := range acc {
		for r := range regs {
			v := YMM()
			acc[c] = append(acc[c], v)
			if c == 0 {
				VPMULLD(at(leaf, r*laneBytes), mean, v)
				VPADDD(round, v, v)
			} else {
				VPXOR(v, v, v)
			}
		}
	}
	i := 0
	row := GP64()
	for p := range planes {
		MOVQ(at(a, argSrc+8*p), row)
		ADDQ(offset, row)
		for y := range width {
			if y > 0 {
				ADDQ(srcRow, row)
			}
			for x := 0; x < width; x += 2 {
				chain := acc[i%chains]
				pair := YMM()
				VPBROADCASTD(at(row, 2*x), pair)
				for r, v := range chain {
					t := YMM()
					VPMADDWD(at(coef, i*coefBytes+r*laneBytes), pair, t)
					VPADDD(t, v, v)
				}
				i++
			}
		}
	}
	sum := acc[0]
	for step := 1; step < chains; step *= 2 {
		for c := 0; c+step < chains; c += 2 * step {
			for r := range regs {
				VPADDD(acc[c+step][r], acc[c][r], acc[c][r])
			}
		}
	}
	for _, v := range sum {
		VPSRAD(U8(12), v, v)
		VPADDD(mean, v, v)
	}

	// Words of the two rows of the unit, in pairs.
	first, second := XMM(), XMM()
	narrow(sum[0], first)
	if k.slots == 16 {
		narrow(sum[1], second)
	}
	bound := func(v reg.VecVirtual) {
		VPMAXSW(lo, v, v)
		VPMINSW(hi, v, v)
	}
	bound(first)
	if k.slots == 16 {
		bound(second)
	} else {
		if !k.mosaic {
			VPSHUFB(shuffle[1], first, second)
		}
		VPSHUFB(shuffle[0], first, first)
	}
	if k.mosaic {
		d := GP64()
		LEAQ(Mem{Base: dst0, Index: offset, Scale: 1}, d)
		VMOVD(first, at(d, 0))
		VPEXTRD(U8(1), first, Mem{Base: d, Index: dstRow, Scale: 1})
	} else {
		for c := range 3 {
			d := GP64()
			if c == 0 {
				LEAQ(Mem{Base: dst0, Index: offset, Scale: 1}, d)
				VMOVD(first, at(d, 0))
				VMOVD(second, Mem{Base: d, Index: dstRow, Scale: 1})
				continue
			}
			MOVQ(at(a, argDst+8*c), d)
			ADDQ(offset, d)
			VPEXTRD(U8(uint8(c)), first, at(d, 0))
			VPEXTRD(U8(uint8(c)), second, Mem{Base: d, Index: dstRow, Scale: 1})
		}
	}
	INCQ(class)
	ADDQ(at(a, argMuStep), mu)
	ADDQ(at(a, argStep), offset)
	DECQ(n)
	JNZ(LabelRef("unit"))
	VZEROUPPER()
	RET()
}

// narrow turns eight int32 into eight int16, with saturation.
func narrow(v reg.VecVirtual, dst reg.VecVirtual) {
	high := XMM()
	VEXTRACTI128(U8(1), v, high)
	VPACKSSDW(high, v.AsX(), dst)
}
