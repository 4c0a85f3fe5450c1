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

func tree(v isa) {
	v.classify("tree1"+v.suffix(), 1, v.forks, "units side by side")
	v.classify("tree2"+v.suffix(), 2, v.forks, "every second unit")
	if v.wide {
		v.classify("tree1VBMI", 1, bushes, "units side by side")
		v.classify("tree2VBMI", 2, bushes, "every second unit")
	}
}

// blockParts is how many vectors of words the 64 units of a block are.
func (v isa) blockParts() int { return 64 / v.words() }

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
// depends on them, for all units, and then turns the answers into leaf numbers;
// with AVX2, whose answers take eight times as much room, 64 units at a time.
// A test is num ≤ ⌊Q·den / P⌋, which one multiplication of 16 bits decides
// since P is a power of two.
func (v isa) classify(name string, step int, resolve func(a, class, bits reg.Register, step int), which string) {
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(name + " finds the leaves of " + which + ", 64 at a time.")
	a := Load(Param("a"), GP64())
	slots, bits, class := field(a, treeSlots), field(a, treeBits), field(a, treeClass)
	position, n := GP64(), GP64() // position in bytes of a row
	XORQ(position, position)
	MOVQ(at(a, treeN), n)
	Label("block")
	if step == 2 {
		v.everySecond(a, slots, position)
	}
	v.makeTerms(a, slots, position, step)
	v.deriveTerms(a, slots)
	v.answer(a, slots, bits)
	if v.wide {
		ADDQ(at(a, treeBlock), bits)
	} else {
		resolve(a, class, bits, step)
		ADDQ(U8(64), class)
	}
	ADDQ(U32(uint32(128*step)), position)
	SUBQ(U8(64), n)
	JNZ(LabelRef("block"))
	if v.wide {
		MOVQ(at(a, treeBits), bits)
		MOVQ(at(a, treeN), n)
		Label("resolve")
		resolve(a, class, bits, step)
		ADDQ(U8(64), class)
		ADDQ(at(a, treeBlock), bits)
		SUBQ(U8(64), n)
		JNZ(LabelRef("resolve"))
	}
	VZEROUPPER()
	RET()
}

// everySecond takes sums of every second unit to slots. Packing leaves fours of
// the units of a vector in the order 0, 4, 1, 5, 2, 6, 3, 7, or 0, 2, 1, 3.
func (v isa) everySecond(a, slots, position reg.Register) {
	low := v.dwords("low", 0xffff)
	list("gather", a, treeGather, treeGatherN, 8, func(e reg.Register) {
		from, to := entry(e, 0), entry(e, 4)
		MOVQ(Mem{Base: a, Index: from, Scale: 1}, from)
		for part := range v.blockParts() {
			var x [2]reg.VecVirtual
			for i := range x {
				m := Mem{Base: from, Index: position, Scale: 1, Disp: (2*part + i) * v.bytes()}
				x[i] = v.vec()
				if v.wide {
					VPANDD(m, low, x[i])
				} else {
					VPAND(m, low, x[i])
				}
			}
			VPACKUSDW(x[1], x[0], x[0])
			v.store(x[0], Mem{Base: slots, Index: to, Scale: 1, Disp: part * v.bytes()})
		}
	})
}

// makeTerms writes numerators and denominators.
func (v isa) makeTerms(a, slots, position reg.Register, step int) {
	for op, label := range []string{"differences", "sums", "least"} {
		list(label, a, treeTerms+8*op, treeTermN+8*op, 16, func(e reg.Register) {
			x, y, to, plus := entry(e, 0), entry(e, 4), entry(e, 12), v.vec()
			base, index := slots, [2]reg.Register{x, y}
			if step == 1 {
				MOVQ(Mem{Base: a, Index: x, Scale: 1}, x)
				MOVQ(Mem{Base: a, Index: y, Scale: 1}, y)
				base = position
			}
			VPBROADCASTD(at(e, 8), plus)
			for part := range v.blockParts() {
				from := func(i int) Mem { return Mem{Base: base, Index: index[i], Scale: 1, Disp: part * v.bytes()} }
				r := v.load(from(0))
				switch op {
				case 0:
					VPSUBW(from(1), r, r)
				case 1:
					VPADDW(from(1), r, r)
				default:
					VPMINUW(from(1), r, r)
				}
				if op > 0 {
					VPADDW(plus, r, r)
				}
				v.store(r, Mem{Base: slots, Index: to, Scale: 1, Disp: part * v.bytes()})
			}
		})
	}
}

// answer makes the tests. With AVX2 an answer is a byte, and says whether a
// unit goes right.
func (v isa) answer(a, slots, bits reg.Register) {
	tests := field(a, treeTests)
	for kind, label := range []string{"signed", "unsigned", "constant"} {
		list(label, a, treeGroups+8*kind, treeGroupN+8*kind, 12, func(e reg.Register) {
			num, den, more := entry(e, 0), entry(e, 4), entry(e, 8)
			x, y := make([]reg.VecVirtual, v.blockParts()), make([]reg.VecVirtual, v.blockParts())
			for i := range x {
				x[i] = v.load(Mem{Base: slots, Index: num, Scale: 1, Disp: i * v.bytes()})
				if kind < 2 {
					y[i] = v.load(Mem{Base: slots, Index: den, Scale: 1, Disp: i * v.bytes()})
				}
			}
			Label(label + "test")
			q, bit := v.vec(), entry(tests, 4)
			VPBROADCASTD(at(tests, 0), q)
			var right reg.VecVirtual
			for i := range x {
				r := v.vec()
				switch kind {
				case 0:
					VPMULHW(y[i], q, r)
				case 1:
					VPMULHUW(y[i], q, r)
				default:
					r = q
				}
				if v.wide {
					k := K()
					VPCMPW(U8(2), r, x[i], k)
					KMOVD(k, Mem{Base: bits, Index: bit, Scale: 1, Disp: 4 * i})
					continue
				}
				greater := YMM()
				VPCMPGTW(r, x[i], greater)
				if i%2 == 0 {
					right = greater
					continue
				}
				VPACKSSWB(greater, right, right)
				VMOVDQU(right, Mem{Base: bits, Index: bit, Scale: 8, Disp: 16 * (i - 1)})
			}
			ADDQ(U8(8), tests)
			DECQ(more)
			JNZ(LabelRef(label + "test"))
		})
	}
}

// deriveTerms makes the terms that a tree's tests need besides: a term doubled
// some times, or the sum of two.
func (v isa) deriveTerms(a, slots reg.Register) {
	list("derived", a, treeDerived, treeDerivedN, 16, func(e reg.Register) {
		from, other, double, to := entry(e, 0), entry(e, 4), entry(e, 8), entry(e, 12)
		term := func(slot reg.Register, part int) Mem {
			return Mem{Base: slots, Index: slot, Scale: 1, Disp: part * v.bytes()}
		}
		x := make([]reg.VecVirtual, v.blockParts())
		for i := range x {
			x[i] = v.load(term(from, i))
		}
		TESTQ(double, double)
		JZ(LabelRef("derivedsum"))
		Label("double")
		for _, r := range x {
			VPADDUSW(r, r, r)
		}
		DECQ(double)
		JNZ(LabelRef("double"))
		JMP(LabelRef("derivedstore"))
		Label("derivedsum")
		for i, r := range x {
			VPADDSW(term(other, i), r, r)
		}
		Label("derivedstore")
		for i, r := range x {
			v.store(r, term(to, i))
		}
	})
}

// forks lets the leaves' numbers rise from node to node to the root.
func (v isa) forks(a, class, bits reg.Register, step int) {
	results, out := field(a, treeResults), GP64()
	MOVQ(at(a, treeNodes), out)
	SHLQ(U8(6), out)
	LEAQ(Mem{Base: results, Index: out, Scale: 1, Disp: 64*leafSlots - 64}, out)
	root := make([]reg.VecVirtual, 64/v.bytes())
	for i := range root {
		root[i] = v.vec()
	}
	list("node", a, treeForks, treeNodes, 12, func(e reg.Register) {
		left, right, bit := entry(e, 0), entry(e, 4), entry(e, 8)
		for i, r := range root {
			from := func(branch reg.Register) Mem { return Mem{Base: results, Index: branch, Scale: 1, Disp: i * v.bytes()} }
			if v.wide {
				k := K()
				KMOVQ(Mem{Base: bits, Index: bit, Scale: 1}, k)
				VMOVDQU64(from(right), r)
				VMOVDQU8(from(left), k, r)
			} else {
				k := v.load(Mem{Base: bits, Index: bit, Scale: 8, Disp: i * v.bytes()})
				VMOVDQU(from(left), r)
				VPBLENDVB(k, from(right), r, r)
			}
			v.store(r, at(out, i*v.bytes()))
		}
		SUBQ(U8(64), out)
	})
	v.classes(root, class, step)
}

// classes writes the numbers of leaves in the order of the units.
func (v isa) classes(root []reg.VecVirtual, class reg.Register, step int) {
	for i, r := range root {
		switch {
		case v.wide && step == 2:
			// Fours of units lie as everySecond leaves them.
			order := ZMM()
			VMOVDQU32(word("fours", 0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15), order)
			VPERMD(r, order, r)
		case step == 2:
			// And packing answers has taken them apart once more.
			order := YMM()
			VMOVDQU(word("turns", 0, 4, 1, 5, 2, 6, 3, 7), order)
			VPERMD(r, order, r)
		case !v.wide:
			VPERMQ(U8(0xd8), r, r)
		}
		v.store(r, at(class, i*v.bytes()))
	}
}

// bushes looks the answers of six nodes up at once, in the tables of bushes.
func bushes(a, class, bits reg.Register, step int) {
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
	isa{wide: true}.classes([]reg.VecVirtual{v}, class, step)
}
