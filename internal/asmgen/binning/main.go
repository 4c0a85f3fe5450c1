// Command binning writes the row kernels of package binning. Each does whole
// steps of its vectors; the Go side sees to the rest of a row.
package main

import (
	"strconv"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes is a vector width: how many bytes, and how to get a register.
type lanes struct {
	name  string
	bytes int
}

var (
	avx2   = lanes{"AVX2", 32}
	avx512 = lanes{"AVX512", 64}
)

func (l lanes) reg() reg.VecVirtual {
	if l.bytes == 64 {
		return ZMM()
	}
	return YMM()
}

func main() {
	ConstraintExpr("amd64,!purego")
	tables()
	for _, l := range []lanes{avx2, avx512} {
		sum2(l)
		sum4(l)
		lin2(l)
		pair(l)
	}
	sum3AVX2()
	sum3AVX512()
	unpackAVX2()
	unpackVBMI()
	Generate()
}

// Index tables that several kernels use.
var (
	quads512, transpose512, transpose256 Mem
	gatherA, gatherB                     [3]Mem // AVX-512: every third dword of three vectors
	gather256                            [3]Mem
	pairs                                Mem
)

func tables() {
	dwords := func(name string, v []int) Mem {
		m := GLOBL(name, RODATA|NOPTR)
		for i, x := range v {
			DATA(4*i, U32(uint32(x)))
		}
		return m
	}
	quads512 = GLOBL("quads512", RODATA|NOPTR)
	for i, x := range []int{0, 2, 4, 6, 1, 3, 5, 7} {
		DATA(8*i, U64(uint64(x)))
	}
	var t []int
	for e := range 4 {
		for i := range 4 {
			t = append(t, 4*i+e)
		}
	}
	transpose512 = dwords("transpose512", t)
	t = nil
	for e := range 4 {
		for i := range 2 {
			t = append(t, 4*i+e)
		}
	}
	transpose256 = dwords("transpose256", t)
	for c := range 3 {
		var a, b, y []int
		for m := range 16 {
			i := 3*m + c
			if i < 32 {
				a, b = append(a, i), append(b, m)
			} else {
				a, b = append(a, 0), append(b, 16+i-32)
			}
			if m < 8 {
				y = append(y, i%8)
			}
		}
		gatherA[c] = dwords("gatherA"+string(rune('0'+c)), a)
		gatherB[c] = dwords("gatherB"+string(rune('0'+c)), b)
		gather256[c] = dwords("gather256x"+string(rune('0'+c)), y)
	}
	pairs = GLOBL("pairs", RODATA|NOPTR)
	for i := range 64 {
		at := i % 16
		from := at&^7 + []int{0, 1, 4, 5, 2, 3, 6, 7}[at&7]
		DATA(i, U8(uint8(from)))
	}
}

// broadcastW and broadcastD fill every lane with a constant or register.
func broadcastW(l lanes, v uint32) reg.VecVirtual {
	g, x := GP32(), XMM()
	MOVL(U32(v), g)
	MOVD(g, x)
	r := l.reg()
	VPBROADCASTW(x, r)
	return r
}

func broadcastD(l lanes, g reg.Register) reg.VecVirtual {
	x := XMM()
	MOVD(g, x)
	r := l.reg()
	VPBROADCASTD(x, r)
	return r
}

func load(l lanes, m Op, r reg.Register) {
	if l.bytes == 64 {
		VMOVDQU64(m, r)
		return
	}
	VMOVDQU(m, r)
}

// move stores r at m.
func move(l lanes, r reg.Register, m Op) {
	if l.bytes == 64 {
		VMOVDQU64(r, m)
		return
	}
	VMOVDQU(r, m)
}

func xorMem(l lanes, m Op, a, r reg.Register) {
	if l.bytes == 64 {
		VPXORD(m, a, r)
		return
	}
	VPXOR(m, a, r)
}

// unsignedPairs writes to r the sums of neighbouring samples at m, less 65536:
// the multiply-add is signed.
func unsignedPairs(l lanes, m Op, bias, ones, r reg.Register) {
	xorMem(l, m, bias, r)
	VPMADDWD(ones, r, r)
}

// inOrder undoes the lane-wise interleaving of a pack of two vectors.
func inOrder(l lanes, order, v reg.Register) {
	if l.bytes == 64 {
		VPERMQ(v, order, v)
		return
	}
	VPERMQ(U8(0xd8), v, v)
}

func loadOrder(l lanes) reg.VecVirtual {
	if l.bytes != 64 {
		return nil
	}
	r := ZMM()
	VMOVDQU64(quads512, r)
	return r
}

func params(names ...string) map[string]reg.Register {
	p := map[string]reg.Register{}
	for _, n := range names {
		p[n] = Load(Param(n), GP64())
	}
	return p
}

func loop(l lanes, kernel string, counter reg.Register, body func()) {
	label := kernel + l.name
	Label(label)
	body()
	DECQ(counter)
	JNZ(LabelRef(label))
}

func shiftCount() reg.VecVirtual {
	g, x := GP64(), XMM()
	Load(Param("shift"), g)
	MOVQ(g, x)
	return x
}

func sum2(l lanes) {
	TEXT("sum2"+l.name, NOSPLIT, "func(dst, r0, r1 *uint16, steps int, round uint32, shift uint64)")
	Doc("sum2" + l.name + " is sum2Generic for steps of " + strconv.Itoa(l.bytes/2) + " output samples.")
	p := params("dst", "r0", "r1", "steps")
	bias, ones := broadcastW(l, 0x8000), broadcastW(l, 1)
	g := GP32()
	Load(Param("round"), g)
	ADDL(U32(4<<15), g)
	add := broadcastD(l, g)
	shift := shiftCount()
	order := loadOrder(l)
	s := [2]reg.VecVirtual{l.reg(), l.reg()}
	t := [2]reg.VecVirtual{l.reg(), l.reg()}
	loop(l, "sum2", p["steps"], func() {
		for j := range 2 {
			unsignedPairs(l, Mem{Base: p["r0"], Disp: j * l.bytes}, bias, ones, s[j])
			unsignedPairs(l, Mem{Base: p["r1"], Disp: j * l.bytes}, bias, ones, t[j])
		}
		for j := range 2 {
			VPADDD(t[j], s[j], s[j])
			VPADDD(add, s[j], s[j])
			VPSRLD(shift, s[j], s[j])
		}
		VPACKUSDW(s[1], s[0], s[0])
		inOrder(l, order, s[0])
		move(l, s[0], Mem{Base: p["dst"]})
		for _, r := range []string{"r0", "r1"} {
			ADDQ(U32(uint32(2*l.bytes)), p[r])
		}
		ADDQ(U32(uint32(l.bytes)), p["dst"])
	})
	VZEROUPPER()
	RET()
}

func sum4(l lanes) {
	TEXT("sum4"+l.name, NOSPLIT, "func(dst, r0, r1, r2, r3 *uint16, steps int, round uint32, shift uint64)")
	Doc("sum4" + l.name + " is sum4Generic for steps of " + strconv.Itoa(l.bytes/2) + " output samples.")
	p := params("dst", "r0", "r1", "r2", "r3", "steps")
	bias, ones := broadcastW(l, 0x8000), broadcastW(l, 1)
	g := GP32()
	Load(Param("round"), g)
	ADDL(U32(16<<15), g)
	add := broadcastD(l, g)
	shift := shiftCount()
	order := l.reg()
	if l.bytes == 64 {
		VMOVDQU64(transpose512, order)
	} else {
		VMOVDQU(transpose256, order)
	}
	var s [4]reg.VecVirtual
	for j := range s {
		s[j] = l.reg()
	}
	t := l.reg()
	loop(l, "sum4", p["steps"], func() {
		for j := range s {
			unsignedPairs(l, Mem{Base: p["r0"], Disp: j * l.bytes}, bias, ones, s[j])
			for _, r := range []string{"r1", "r2", "r3"} {
				unsignedPairs(l, Mem{Base: p[r], Disp: j * l.bytes}, bias, ones, t)
				VPADDD(t, s[j], s[j])
			}
		}
		for j := 0; j < 4; j += 2 {
			VSHUFPS(U8(0x88), s[j+1], s[j], t)
			VSHUFPS(U8(0xdd), s[j+1], s[j], s[j])
			VPADDD(t, s[j], s[j])
			VPADDD(add, s[j], s[j])
			VPSRLD(shift, s[j], s[j])
		}
		VPACKUSDW(s[2], s[0], s[0])
		VPERMD(s[0], order, s[0])
		move(l, s[0], Mem{Base: p["dst"]})
		for _, r := range []string{"r0", "r1", "r2", "r3"} {
			ADDQ(U32(uint32(4*l.bytes)), p[r])
		}
		ADDQ(U32(uint32(l.bytes)), p["dst"])
	})
	VZEROUPPER()
	RET()
}

func lin2(l lanes) {
	TEXT("lin2"+l.name, NOSPLIT, "func(dst, r0, r1 *uint16, c0, c1 *int16, k *int32, steps int, shift uint64)")
	Doc("lin2" + l.name + " is linGeneric with n = 2 for steps of " + strconv.Itoa(l.bytes/2) + " output samples.")
	p := params("dst", "r0", "r1", "c0", "c1", "k", "steps")
	bias := broadcastW(l, 0x8000)
	shift := shiftCount()
	order := loadOrder(l)
	s := [2]reg.VecVirtual{l.reg(), l.reg()}
	t := [2]reg.VecVirtual{l.reg(), l.reg()}
	loop(l, "lin2", p["steps"], func() {
		for j := range 2 {
			xorMem(l, Mem{Base: p["r0"], Disp: j * l.bytes}, bias, s[j])
			VPMADDWD(Mem{Base: p["c0"], Disp: j * l.bytes}, s[j], s[j])
			xorMem(l, Mem{Base: p["r1"], Disp: j * l.bytes}, bias, t[j])
			VPMADDWD(Mem{Base: p["c1"], Disp: j * l.bytes}, t[j], t[j])
			VPADDD(t[j], s[j], s[j])
			VPADDD(Mem{Base: p["k"], Disp: j * l.bytes}, s[j], s[j])
			VPSRAD(shift, s[j], s[j])
		}
		VPACKUSDW(s[1], s[0], s[0])
		inOrder(l, order, s[0])
		move(l, s[0], Mem{Base: p["dst"]})
		for _, r := range []string{"r0", "r1", "c0", "c1", "k"} {
			ADDQ(U32(uint32(2*l.bytes)), p[r])
		}
		ADDQ(U32(uint32(l.bytes)), p["dst"])
	})
	VZEROUPPER()
	RET()
}

func pair(l lanes) {
	TEXT("pair"+l.name, NOSPLIT, "func(dst, src *uint16, steps int)")
	Doc("pair" + l.name + " is pairGeneric for steps of " + strconv.Itoa(l.bytes/2) + " samples.")
	p := params("dst", "src", "steps")
	order, v := l.reg(), l.reg()
	load(l, pairs, order)
	loop(l, "pair", p["steps"], func() {
		load(l, Mem{Base: p["src"]}, v)
		VPSHUFB(order, v, v)
		move(l, v, Mem{Base: p["dst"]})
		ADDQ(U32(uint32(l.bytes)), p["src"])
		ADDQ(U32(uint32(l.bytes)), p["dst"])
	})
	VZEROUPPER()
	RET()
}
