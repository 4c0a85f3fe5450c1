// Command binning writes the row kernels of package binning. Each does whole
// steps of its vectors; the Go side sees to the rest of a row.
package main

import (
	"maps"
	"slices"
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
	cellTables()
	for _, l := range []lanes{avx2, avx512} {
		sum2(l, false)
		sum2(l, true)
		sum4(l)
		lin2(l, false)
		lin2(l, true)
		for _, bayer := range []bool{false, true} {
			cell2(vectors{l}, bayer)
			even2(vectors{l}, bayer)
			hdr2(vectors{l}, bayer)
		}
		for n := 3; n <= 4; n++ {
			linWide(l, n)
			cellWide(vectors{l}, n)
		}
	}
	sum3AVX2()
	sum3AVX512()
	unpackAVX2()
	unpackVBMI()
	packed2AVX2()
	packed2AVX512()
	Generate()
}

// Index tables that several kernels use.
var (
	quads512, transpose512, transpose256 Mem
	gather512, gather256                 [3]Mem // every third dword of three vectors
	pairs, interleaved                   Mem
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
		var z, y []int
		for m := range 16 {
			z = append(z, (3*m+c)%16)
		}
		for m := range 8 {
			y = append(y, (3*m+c)%8)
		}
		gather512[c] = dwords("gather512x"+string(rune('0'+c)), z)
		gather256[c] = dwords("gather256x"+string(rune('0'+c)), y)
	}
	interleaved = GLOBL("interleaved", RODATA|NOPTR)
	for i := range 16 {
		DATA(i, U8(uint8(i/4*2+i%4/2*8+i%2)))
	}
	pairs = GLOBL("pairs", RODATA|NOPTR)
	for i := range 64 {
		at := i % 16
		from := at&^7 + []int{0, 1, 4, 5, 2, 3, 6, 7}[at&7]
		DATA(i, U8(uint8(from)))
	}
}

// broadcastW and broadcastD fill every lane with a constant or register. All
// moves to vector registers are VEX coded: each legacy SSE instruction that
// finds upper halves in use costs some 60 ns, which a short row feels.
func broadcastW(l lanes, v uint32) reg.VecVirtual {
	g, x := GP32(), XMM()
	MOVL(U32(v), g)
	VMOVD(g, x)
	r := l.reg()
	VPBROADCASTW(x, r)
	return r
}

func broadcastD(l lanes, g reg.Register) reg.VecVirtual {
	x := XMM()
	VMOVD(g, x)
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

// pairing loads the permutation that brings Bayer's same-colour neighbours
// side by side, or is nil.
func pairing(l lanes, bayer bool) reg.Register {
	if !bayer {
		return nil
	}
	r := l.reg()
	load(l, pairs, r)
	return r
}

// signed loads samples less 32768, paired if swap is not nil.
func signed(l lanes, m Op, bias, swap, r reg.Register) {
	xorMem(l, m, bias, r)
	if swap != nil {
		VPSHUFB(swap, r, r)
	}
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

func loop(name string, counter reg.Register, body func()) {
	Label(name)
	body()
	DECQ(counter)
	JNZ(LabelRef(name))
}

// frame emits the loop of a kernel that reads rows of a frame: advance says
// how far each pointer moves in a step, rows which of them to prefetch at the
// parameter ahead, in bytes. If the parameter stream is not zero the output is
// written past the caches; it has to be aligned then.
func frame(l lanes, kernel string, p map[string]reg.Register, rows []string, advance map[string]int, body func(output func(v reg.Register))) {
	ahead, stream := GP64(), GP64()
	Load(Param("ahead"), ahead)
	Load(Param("stream"), stream)
	step := func(output func(v reg.Register)) {
		for _, r := range rows {
			for at := 0; at < advance[r]; at += 64 {
				PREFETCHT1(Mem{Base: p[r], Index: ahead, Scale: 1, Disp: at})
			}
		}
		body(output)
		for _, name := range slices.Sorted(maps.Keys(advance)) {
			ADDQ(U32(uint32(advance[name])), p[name])
		}
		ADDQ(U32(uint32(l.bytes)), p["dst"])
	}
	TESTQ(stream, stream)
	JNZ(LabelRef(kernel + "Stream"))
	loop(kernel+"Cached", p["steps"], func() {
		step(func(v reg.Register) { move(l, v, Mem{Base: p["dst"]}) })
	})
	VZEROUPPER()
	RET()
	Label(kernel + "Stream")
	loop(kernel+"StreamLoop", p["steps"], func() {
		step(func(v reg.Register) { VMOVNTDQ(v, Mem{Base: p["dst"]}) })
	})
	SFENCE()
	VZEROUPPER()
	RET()
}

func shiftCount() reg.VecVirtual {
	g, x := GP64(), XMM()
	Load(Param("shift"), g)
	VMOVQ(g, x)
	return x
}

func sum2(l lanes, bayer bool) {
	name := "sum2"
	if bayer {
		name = "sum2Bayer"
	}
	TEXT(name+l.name, NOSPLIT, "func(dst, r0, r1 *uint16, steps, ahead, stream int, round uint32, shift uint64)")
	Pragma("noescape")
	Doc(name + l.name + " is " + name + "Generic for steps of " + strconv.Itoa(l.bytes/2) + " output samples.")
	p := params("dst", "r0", "r1", "steps")
	bias, ones := broadcastW(l, 0x8000), broadcastW(l, 1)
	g := GP32()
	Load(Param("round"), g)
	ADDL(U32(4<<15), g)
	add := broadcastD(l, g)
	shift := shiftCount()
	order := loadOrder(l)
	swap := pairing(l, bayer)
	s := [2]reg.VecVirtual{l.reg(), l.reg()}
	t := [2]reg.VecVirtual{l.reg(), l.reg()}
	frame(l, name, p, []string{"r0", "r1"}, map[string]int{"r0": 2 * l.bytes, "r1": 2 * l.bytes}, func(output func(reg.Register)) {
		for j := range 2 {
			signed(l, Mem{Base: p["r0"], Disp: j * l.bytes}, bias, swap, s[j])
			VPMADDWD(ones, s[j], s[j])
			signed(l, Mem{Base: p["r1"], Disp: j * l.bytes}, bias, swap, t[j])
			VPMADDWD(ones, t[j], t[j])
		}
		for j := range 2 {
			VPADDD(t[j], s[j], s[j])
			VPADDD(add, s[j], s[j])
			VPSRLD(shift, s[j], s[j])
		}
		VPACKUSDW(s[1], s[0], s[0])
		inOrder(l, order, s[0])
		output(s[0])
	})
}

func sum4(l lanes) {
	TEXT("sum4"+l.name, NOSPLIT, "func(dst, r0, r1, r2, r3 *uint16, steps, ahead, stream int, round uint32, shift uint64)")
	Pragma("noescape")
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
	frame(l, "sum4", p, []string{"r0", "r1", "r2", "r3"}, map[string]int{"r0": 4 * l.bytes, "r1": 4 * l.bytes, "r2": 4 * l.bytes, "r3": 4 * l.bytes}, func(output func(reg.Register)) {
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
		output(s[0])
	})
}

func lin2(l lanes, bayer bool) {
	name := "lin2"
	if bayer {
		name = "lin2Bayer"
	}
	TEXT(name+l.name, NOSPLIT, "func(dst, r0, r1 *uint16, c0, c1 *int16, k *int32, steps, ahead, stream int, shift uint64)")
	Pragma("noescape")
	Doc(name + l.name + " is " + map[bool]string{false: "linGeneric with n = 2", true: "lin2BayerGeneric"}[bayer] + " for steps of " + strconv.Itoa(l.bytes/2) + " output samples.")
	p := params("dst", "r0", "r1", "c0", "c1", "k", "steps")
	bias := broadcastW(l, 0x8000)
	shift := shiftCount()
	order := loadOrder(l)
	swap := pairing(l, bayer)
	s := [2]reg.VecVirtual{l.reg(), l.reg()}
	t := [2]reg.VecVirtual{l.reg(), l.reg()}
	frame(l, name, p, []string{"r0", "r1"}, map[string]int{"r0": 2 * l.bytes, "r1": 2 * l.bytes, "c0": 2 * l.bytes, "c1": 2 * l.bytes, "k": 2 * l.bytes}, func(output func(reg.Register)) {
		for j := range 2 {
			signed(l, Mem{Base: p["r0"], Disp: j * l.bytes}, bias, swap, s[j])
			VPMADDWD(Mem{Base: p["c0"], Disp: j * l.bytes}, s[j], s[j])
			signed(l, Mem{Base: p["r1"], Disp: j * l.bytes}, bias, swap, t[j])
			VPMADDWD(Mem{Base: p["c1"], Disp: j * l.bytes}, t[j], t[j])
			VPADDD(t[j], s[j], s[j])
			VPADDD(Mem{Base: p["k"], Disp: j * l.bytes}, s[j], s[j])
			VPSRAD(shift, s[j], s[j])
		}
		VPACKUSDW(s[1], s[0], s[0])
		inOrder(l, order, s[0])
		output(s[0])
	})
}
