package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of treeArgs.
const (
	treeSlots    = 288 // *byte; the addresses of the sums over boxes are before
	treeGather   = 296
	treeGatherN  = 304
	treeTerms    = 312 // [3]: differences, sums, lesser ones
	treeTermN    = 336 // [3]
	treeDerived  = 360
	treeDerivedN = 368
	treeGroups   = 376 // [3]: signed, unsigned, constant
	treeGroupN   = 400 // [3]
	treeTests    = 424
	treeBushes   = 432
	treeBushN    = 440
	treeExits    = 448
	treeForks    = 456
	treeNodes    = 464
	treeBits     = 472
	treeBlock    = 480
	treeResults  = 488
	treeClass    = 496
	treeN        = 504

	leafSlots = 256 // among the results
	bushBytes = 64  // of the answers of a bush
	bushTable = 64
)

func tree() {
	classify("tree1AVX512", 1, forks, "units side by side")
	classify("tree2AVX512", 2, forks, "every second unit")
	classify("tree1VBMI", 1, bushes, "units side by side")
	classify("tree2VBMI", 2, bushes, "every second unit")
}

// list runs body for every entry of a list in the arguments.
func list(label string, a reg.Register, first, count, bytes int, body func(entry reg.Register)) {
	entry, n := field(a, first), field(a, count)
	TESTQ(n, n)
	JZ(LabelRef(label + "done"))
	Label(label)
	body(entry)
	ADDQ(U8(uint8(bytes)), entry)
	DECQ(n)
	JNZ(LabelRef(label))
	Label(label + "done")
}

// entry loads a number of an entry.
func entry(e reg.Register, disp int) reg.Register {
	r := GP64()
	MOVL(at(e, disp), r.As32())
	return r
}

// classify evaluates every test of a tree for 64 units, without a branch that
// depends on them, for all units, and then turns the answers into leaf numbers.
// A test is num ≤ ⌊Q·den / P⌋, which one multiplication of 16 bits decides
// since P is a power of two.
func classify(name string, step int, resolve func(a, class, bits reg.Register, order *Mem), which string) {
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(name + " finds the leaves of " + which + ", 64 at a time.")
	a := Load(Param("a"), GP64())
	slots, bits := field(a, treeSlots), field(a, treeBits)
	position, n := GP64(), GP64() // position in bytes of a row
	XORQ(position, position)
	MOVQ(at(a, treeN), n)
	Label("block")
	if step == 2 {
		everySecond(a, slots, position)
	}
	makeTerms(a, slots, position, step)
	deriveTerms(a, slots)
	answer(a, slots, bits)
	ADDQ(at(a, treeBlock), bits)
	ADDQ(U32(uint32(128*step)), position)
	SUBQ(U8(64), n)
	JNZ(LabelRef("block"))

	var order *Mem
	if step == 2 {
		// Fours of units lie as everySecond leaves them.
		m := word("fours", 0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15)
		order = &m
	}
	class := field(a, treeClass)
	MOVQ(at(a, treeBits), bits)
	MOVQ(at(a, treeN), n)
	Label("resolve")
	resolve(a, class, bits, order)
	ADDQ(U8(64), class)
	ADDQ(at(a, treeBlock), bits)
	SUBQ(U8(64), n)
	JNZ(LabelRef("resolve"))
	VZEROUPPER()
	RET()
}

// everySecond takes sums of every second unit to slots. Packing leaves fours of
// 32 units in the order 0, 4, 1, 5, 2, 6, 3, 7.
func everySecond(a, slots, position reg.Register) {
	low := ZMM()
	VPBROADCASTD(word("low", 0xffff), low)
	list("gather", a, treeGather, treeGatherN, 8, func(e reg.Register) {
		from, to := entry(e, 0), entry(e, 4)
		MOVQ(Mem{Base: a, Index: from, Scale: 1}, from)
		for half := range 2 {
			x, y := ZMM(), ZMM()
			VPANDD(Mem{Base: from, Index: position, Scale: 1, Disp: 128 * half}, low, x)
			VPANDD(Mem{Base: from, Index: position, Scale: 1, Disp: 128*half + 64}, low, y)
			VPACKUSDW(y, x, x)
			VMOVDQU16(x, Mem{Base: slots, Index: to, Scale: 1, Disp: 64 * half})
		}
	})
}

// makeTerms writes numerators and denominators.
func makeTerms(a, slots, position reg.Register, step int) {
	for op, label := range []string{"differences", "sums", "least"} {
		list(label, a, treeTerms+8*op, treeTermN+8*op, 16, func(e reg.Register) {
			x, y, to, plus := entry(e, 0), entry(e, 4), entry(e, 12), ZMM()
			base, index := slots, [2]reg.Register{x, y}
			if step == 1 {
				MOVQ(Mem{Base: a, Index: x, Scale: 1}, x)
				MOVQ(Mem{Base: a, Index: y, Scale: 1}, y)
				base = position
			}
			VPBROADCASTD(at(e, 8), plus)
			for half := range 2 {
				from := func(i int) Mem { return Mem{Base: base, Index: index[i], Scale: 1, Disp: 64 * half} }
				v := isa{wide: true}.load(from(0))
				switch op {
				case 0:
					VPSUBW(from(1), v, v)
				case 1:
					VPADDW(from(1), v, v)
				default:
					VPMINUW(from(1), v, v)
				}
				if op > 0 {
					VPADDW(plus, v, v)
				}
				VMOVDQU16(v, Mem{Base: slots, Index: to, Scale: 1, Disp: 64 * half})
			}
		})
	}
}

// answer makes the tests.
func answer(a, slots, bits reg.Register) {
	tests := field(a, treeTests)
	for kind, label := range []string{"signed", "unsigned", "constant"} {
		list(label, a, treeGroups+8*kind, treeGroupN+8*kind, 12, func(e reg.Register) {
			num, den, more := entry(e, 0), entry(e, 4), entry(e, 8)
			x, y := zmms(2), zmms(2)
			for i := range x {
				VMOVDQU16(Mem{Base: slots, Index: num, Scale: 1, Disp: 64 * i}, x[i])
				if kind < 2 {
					VMOVDQU16(Mem{Base: slots, Index: den, Scale: 1, Disp: 64 * i}, y[i])
				}
			}
			Label(label + "test")
			q, bit := ZMM(), entry(tests, 4)
			VPBROADCASTD(at(tests, 0), q)
			for i := range x {
				v, k := ZMM(), K()
				switch kind {
				case 0:
					VPMULHW(y[i], q, v)
				case 1:
					VPMULHUW(y[i], q, v)
				default:
					v = q
				}
				VPCMPW(U8(2), v, x[i], k)
				KMOVD(k, Mem{Base: bits, Index: bit, Scale: 1, Disp: 4 * i})
			}
			ADDQ(U8(8), tests)
			DECQ(more)
			JNZ(LabelRef(label + "test"))
		})
	}
}

// deriveTerms makes the terms that a tree's tests need besides: a term doubled
// some times, or the sum of two.
func deriveTerms(a, slots reg.Register) {
	list("derived", a, treeDerived, treeDerivedN, 16, func(e reg.Register) {
		from, other, double, to := entry(e, 0), entry(e, 4), entry(e, 8), entry(e, 12)
		x, y := ZMM(), ZMM()
		VMOVDQU16(Mem{Base: slots, Index: from, Scale: 1}, x)
		VMOVDQU16(Mem{Base: slots, Index: from, Scale: 1, Disp: 64}, y)
		TESTQ(double, double)
		JZ(LabelRef("derivedsum"))
		Label("double")
		VPADDUSW(x, x, x)
		VPADDUSW(y, y, y)
		DECQ(double)
		JNZ(LabelRef("double"))
		JMP(LabelRef("derivedstore"))
		Label("derivedsum")
		VPADDSW(Mem{Base: slots, Index: other, Scale: 1}, x, x)
		VPADDSW(Mem{Base: slots, Index: other, Scale: 1, Disp: 64}, y, y)
		Label("derivedstore")
		VMOVDQU16(x, Mem{Base: slots, Index: to, Scale: 1})
		VMOVDQU16(y, Mem{Base: slots, Index: to, Scale: 1, Disp: 64})
	})
}

// store writes classes.
func store(v reg.VecVirtual, class reg.Register, order *Mem) {
	if order != nil {
		index := ZMM()
		VMOVDQU32(*order, index)
		VPERMD(v, index, v)
	}
	VMOVDQU64(v, at(class, 0))
}

// forks lets the leaves' numbers rise from node to node to the root.
func forks(a, class, bits reg.Register, order *Mem) {
	results, out, v := field(a, treeResults), GP64(), ZMM()
	MOVQ(at(a, treeNodes), out)
	SHLQ(U8(6), out)
	LEAQ(Mem{Base: results, Index: out, Scale: 1, Disp: 64*leafSlots - 64}, out)
	list("node", a, treeForks, treeNodes, 12, func(e reg.Register) {
		left, right, bit, k := entry(e, 0), entry(e, 4), entry(e, 8), K()
		KMOVQ(Mem{Base: bits, Index: bit, Scale: 1}, k)
		VMOVDQU64(Mem{Base: results, Index: right, Scale: 1}, v)
		VMOVDQU8(Mem{Base: results, Index: left, Scale: 1}, k, v)
		VMOVDQU64(v, at(out, 0))
		SUBQ(U8(64), out)
	})
	store(v, class, order)
}

// bushes looks the answers of six nodes up at once, in the tables of bushes.
func bushes(a, class, bits reg.Register, order *Mem) {
	// Byte j of the six words of answers, the last one first, become the rows
	// of a matrix of bits, whose columns are units.
	var rows []uint32
	for j := range uint32(8) {
		rows = append(rows, (56+j)|(48+j)<<8|(40+j)<<16|(32+j)<<24, (24+j)|(16+j)<<8|(8+j)<<16|j<<24)
	}
	gather, unit := ZMM(), ZMM()
	VMOVDQU64(word("answerrows", rows...), gather)
	VPBROADCASTQ(word("unitmatrix", 0x08040201, 0x80402010), unit)
	results, exits, out, mask, v := field(a, treeResults), field(a, treeExits), GP64(), GP64(), ZMM()
	LEAQ(at(results, 64*leafSlots), out)
	MOVQ(bits, mask)
	list("bush", a, treeBushes, treeBushN, bushTable+4, func(e reg.Register) {
		where := ZMM()
		VPERMB(at(mask, 0), gather, where)
		VGF2P8AFFINEQB(U8(0), where, unit, where)
		VPERMB(at(e, 0), where, where)
		VMOVDQA64(where, v)
		more := entry(e, bushTable)
		TESTQ(more, more)
		JZ(LabelRef("exitdone"))
		Label("exit")
		code, there, from, k := ZMM(), ZMM(), entry(exits, 4), K()
		VPBROADCASTD(at(exits, 0), code)
		VMOVDQU64(Mem{Base: results, Index: from, Scale: 1}, there)
		VPCMPEQB(code, where, k)
		VPBLENDMB(there, v, k, v)
		ADDQ(U8(8), exits)
		DECQ(more)
		JNZ(LabelRef("exit"))
		Label("exitdone")
		VMOVDQU64(v, at(out, 0))
		ADDQ(U8(64), out)
		ADDQ(U8(bushBytes), mask)
	})
	store(v, class, order)
}
