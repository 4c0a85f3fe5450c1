package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of treeArgs.
const (
	treeIn       = 0   // [3][12]*uint16: sums over boxes
	treeLevels   = 288 // [3]uint32: one of each box, in both words
	treeSlots    = 304 // *byte: terms, 64 words each
	treeDerived  = 312
	treeDerivedN = 320
	treeGroups   = 328 // [3]: signed, unsigned, constant
	treeGroupN   = 352 // [3]
	treeTests    = 376
	treeResolve  = 384
	treeNodes    = 392
	treeBits     = 400
	treeResults  = 408
	treeClass    = 416
	treeN        = 424

	slotBytes = 128 // of a term
	boxSlots  = 18
	leafSlots = 256
)

func tree() {
	classify("treeMosaic1AVX512", 1, mosaicTerms, "units side by side")
	classify("treeMosaic2AVX512", 2, quadTerms, "every second unit, of Quad")
	classify("treeColor1AVX512", 1, colorTerms, "units side by side")
	classify("treeColor2AVX512", 2, colorTerms, "every second unit")
}

// terms writes the numerators and denominators of one box.
type terms struct {
	a, position reg.Register
	slots       reg.Register
	step        int
	even        reg.VecVirtual
	box, half   int
	one         reg.VecVirtual
}

func (t *terms) plane(i int) reg.VecVirtual {
	v, p := ZMM(), GP64()
	MOVQ(at(t.a, treeIn+8*(12*t.box+i)), p)
	VMOVDQU16(Mem{Base: p, Index: t.position, Scale: 1, Disp: 64 * t.step * t.half}, v)
	if t.step == 2 {
		VPERMT2W(Mem{Base: p, Index: t.position, Scale: 1, Disp: 64*t.step*t.half + 64}, t.even, v)
	}
	return v
}

func (t *terms) put(slot int, v reg.VecVirtual) {
	VMOVDQU16(v, at(t.slots, slotBytes*(boxSlots*t.box+slot)+64*t.half))
}

// over puts a denominator.
func (t *terms) over(slot int, v reg.VecVirtual) { t.put(slot, add16(v, t.one)) }

func least16(a, b reg.VecVirtual) reg.VecVirtual {
	r := ZMM()
	VPMINUW(b, a, r)
	return r
}

// The slots are those of mosaicTerms and colorTerms in demosaic/internal/bank.

func mosaicTerms(t *terms) {
	gh, gv, ah, av := t.plane(0), t.plane(1), t.plane(2), t.plane(3)
	a, g := add16(ah, av), add16(gh, gv)
	t.put(0, sub16(av, ah))
	t.over(1, a)
	t.put(2, sub16(gv, gh))
	t.over(3, g)
	t.put(6, g)
	t.put(7, a)
	t.put(8, least16(ah, av))
	s := least16(gh, gv)
	t.put(9, s)
	t.over(10, s)
	dd, du := t.plane(4), t.plane(5)
	t.put(4, sub16(dd, du))
	t.over(5, add16(dd, du))
	t.put(11, t.plane(6))
	t.put(12, t.plane(7))
}

func quadTerms(t *terms) {
	mosaicTerms(t)
	if t.box > 0 {
		h, v := t.plane(8), t.plane(9)
		f := add16(h, v)
		t.put(13, sub16(v, h))
		t.over(14, f)
		t.put(15, f)
		xd, xu := t.plane(10), t.plane(11)
		t.put(16, sub16(xd, xu))
		t.over(17, add16(xd, xu))
	}
}

func colorTerms(t *terms) {
	h, v := t.plane(0), t.plane(1)
	l := add16(h, v)
	t.put(0, sub16(v, h))
	t.over(1, l)
	t.put(6, l)
	dd, du := t.plane(2), t.plane(3)
	t.put(2, sub16(dd, du))
	t.over(3, add16(dd, du))
	ch, cv := t.plane(4), t.plane(5)
	c := add16(ch, cv)
	t.put(4, sub16(cv, ch))
	t.over(5, c)
	t.put(7, c)
	z := t.plane(6)
	t.put(8, z)
	t.over(10, z)
	t.put(9, t.plane(7))
	t.put(11, t.plane(8))
}

// classify evaluates every test of a tree for 64 units, without a branch that
// depends on them, and then lets the leaves' numbers rise from node to node to
// the root. A test is num ≤ ⌊Q·den / P⌋, which one multiplication of 16 bits
// decides since P is a power of two.
func classify(name string, step int, write func(*terms), which string) {
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(name + " finds the leaves of " + which + ", 64 at a time.")
	a := Load(Param("a"), GP64())
	position, class, n := GP64(), GP64(), GP64() // position in bytes of a row
	XORQ(position, position)
	MOVQ(at(a, treeClass), class)
	MOVQ(at(a, treeN), n)
	slots, bits := field(a, treeSlots), field(a, treeBits)

	Label("block")
	t := &terms{a: a, position: position, slots: slots, step: step}
	if step == 2 {
		var index []uint32
		for i := uint32(0); i < 64; i += 4 {
			index = append(index, i|(i+2)<<16)
		}
		t.even = ZMM()
		VMOVDQU16(word("evenwords", index...), t.even)
	}
	for t.box = range 3 {
		t.one = ZMM()
		VPBROADCASTD(at(a, treeLevels+4*t.box), t.one)
		for t.half = range 2 {
			write(t)
		}
	}
	deriveTerms(a, slots)

	tests := GP64()
	MOVQ(at(a, treeTests), tests)
	for kind, label := range []string{"signed", "unsigned", "constant"} {
		groups, count := GP64(), GP64()
		MOVQ(at(a, treeGroups+8*kind), groups)
		MOVQ(at(a, treeGroupN+8*kind), count)
		TESTQ(count, count)
		JZ(LabelRef(label + "done"))
		Label(label)
		num, den, more := GP64(), GP64(), GP64()
		MOVL(at(groups, 0), num.As32())
		MOVL(at(groups, 4), den.As32())
		MOVL(at(groups, 8), more.As32())
		x, y := zmms(2), zmms(2)
		for i := range x {
			VMOVDQU16(Mem{Base: slots, Index: num, Scale: 1, Disp: 64 * i}, x[i])
			if kind < 2 {
				VMOVDQU16(Mem{Base: slots, Index: den, Scale: 1, Disp: 64 * i}, y[i])
			}
		}
		Label(label + "test")
		q, bit := ZMM(), GP64()
		VPBROADCASTD(at(tests, 0), q)
		MOVL(at(tests, 4), bit.As32())
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
		ADDQ(U8(12), groups)
		DECQ(count)
		JNZ(LabelRef(label))
		Label(label + "done")
	}

	nodes, resolve, out, mask, results := GP64(), GP64(), GP64(), GP64(), field(a, treeResults)
	MOVQ(at(a, treeNodes), nodes)
	MOVQ(at(a, treeResolve), resolve)
	MOVQ(nodes, out)
	SHLQ(U8(6), out)
	LEAQ(Mem{Base: results, Index: out, Scale: 1, Disp: 64*leafSlots - 64}, out)
	LEAQ(Mem{Base: bits, Index: nodes, Scale: 8, Disp: -8}, mask)
	v := ZMM()
	Label("node")
	left, right, k := GP64(), GP64(), K()
	MOVL(at(resolve, 0), left.As32())
	MOVL(at(resolve, 4), right.As32())
	KMOVQ(at(mask, 0), k)
	VMOVDQU64(Mem{Base: results, Index: right, Scale: 1}, v)
	VMOVDQU8(Mem{Base: results, Index: left, Scale: 1}, k, v)
	VMOVDQU64(v, at(out, 0))
	ADDQ(U8(8), resolve)
	SUBQ(U8(8), mask)
	SUBQ(U8(64), out)
	DECQ(nodes)
	JNZ(LabelRef("node"))

	VMOVDQU64(v, at(class, 0))
	ADDQ(U8(64), class)
	ADDQ(U32(uint32(128*step)), position)
	SUBQ(U8(64), n)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// deriveTerms makes the terms that a tree's tests need besides: a term doubled
// some times, or the sum of two.
func deriveTerms(a, slots reg.Register) {
	derived, count := field(a, treeDerived), field(a, treeDerivedN)
	TESTQ(count, count)
	JZ(LabelRef("deriveddone"))
	Label("derived")
	from, other, double, to := GP64(), GP64(), GP64(), GP64()
	MOVL(at(derived, 0), from.As32())
	MOVL(at(derived, 4), other.As32())
	MOVL(at(derived, 8), double.As32())
	MOVL(at(derived, 12), to.As32())
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
	ADDQ(U8(16), derived)
	DECQ(count)
	JNZ(LabelRef("derived"))
	Label("deriveddone")
}
