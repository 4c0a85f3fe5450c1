package bank

import (
	"iter"
	"math/bits"
)

// program is a tree for kernels that evaluate every test of 64 units: no branch
// is ever wrong. With P a power of two,
//
//	P·num ≤ Q·den  ⇔  num ≤ ⌊Q·den / P⌋
//
// and the right side is the upper half of a product of 16 bits, den·q with
// q = 2¹⁶·Q/P, as long as −½ ≤ Q/P < ½. Larger quotients are halved, and den
// doubled, until they are; where den then saturates, the test is true of every
// num there is. Below −½, num + den is tested against Q/P + 1.
type program struct {
	// Of units that are not side by side: the sums that the terms are made of.
	gather []gather
	// Differences, sums and lesser ones of two sums, in this order.
	terms   [3][]term
	derived []derived
	// Tests with den signed, with den unsigned, and with a constant.
	groups [3][]group
	tests  []test
	bushes []bush
	exits  []exit
	forks  []fork // of the nodes, last first

	needs planeSet // the sums that terms are made of
	slots uint32   // used so far, in bytes
}

// gather is where the sums of a plane and a box are read, as the offset of
// their address in treeArgs, and the slot that every second one goes to.
type gather struct{ from, to uint32 }

// term is made of two sums, given by the offsets of their addresses or by their
// slots, and a constant (twice), and goes to a slot. A slot has room for 64
// units.
type term struct{ a, b, plus, to uint32 }

// derived is a term, doubled some times if double is not 0, else the sum of two:
// slots.
type derived struct{ from, other, double, to uint32 }

// group is the tests of one pair of terms, given by their slots.
type group struct{ num, den, tests uint32 }

// test goes left if num ≤ q·den >> 16, or num ≤ q; q is there twice. bit is
// where the answers of 64 units go, in bytes.
type test struct{ q, bit uint32 }

const slotBytes = 128

// formula says what a term of a feature is made of: two planes of a box, with
// one level added or not.
type formula struct {
	op   uint8
	a, b uint8
	one  bool
}

const (
	minus = iota // a − b
	plus
	least
)

func over(op, a, b uint8) *formula { return &formula{op, a, b, true} }

// ratioOf is a feature's numerator and denominator, which is nil for a number of
// levels.
type ratioOf struct {
	num formula
	den *formula
}

// planes are the unit planes that a feature is made of; some come twice.
func (r *ratioOf) planes() iter.Seq[uint8] {
	return func(yield func(uint8) bool) {
		_ = yield(r.num.a) && yield(r.num.b) && r.den != nil && yield(r.den.a) && yield(r.den.b)
	}
}

// featureOf returns the box of a feature and what it is made of.
func featureOf(color bool, feature int) (box int, r ratioOf) {
	if feature >= boxes*perBox {
		box, inside := cellFeature(feature)
		return box, [perCell]ratioOf{
			{formula{op: minus, a: fV, b: fH}, over(plus, fH, fV)},
			{formula{op: plus, a: fH, b: fV}, over(plus, gH, gV)},
			{formula{op: plus, a: fH, b: fV}, nil},
			{formula{op: minus, a: xD, b: xU}, over(plus, xD, xU)},
		}[inside]
	}
	if color {
		l, c := formula{op: plus, a: lH, b: lV}, formula{op: plus, a: cH, b: cV}
		overL := over(plus, lH, lV)
		alone := func(p uint8) formula { return formula{op: least, a: p, b: p} }
		return feature / perBox, [perBox]ratioOf{
			{formula{op: minus, a: lV, b: lH}, overL},
			{formula{op: minus, a: lD, b: lU}, over(plus, lD, lU)},
			{formula{op: minus, a: cV, b: cH}, over(plus, cH, cV)},
			{l, nil}, {c, nil}, {c, overL},
			{alone(zZ), overL}, {alone(cC), over(least, zZ, zZ)},
			{alone(cC), nil}, {alone(zZ), nil},
			{alone(mM), overL}, {alone(mM), nil},
		}[feature%perBox]
	}
	a, g := formula{op: plus, a: aH, b: aV}, formula{op: plus, a: gH, b: gV}
	leastA, leastG := formula{op: least, a: aH, b: aV}, formula{op: least, a: gH, b: gV}
	e, n := formula{op: least, a: eE, b: eE}, formula{op: least, a: nN, b: nN}
	overG := over(plus, gH, gV)
	return feature / perBox, [perBox]ratioOf{
		{formula{op: minus, a: aV, b: aH}, over(plus, aH, aV)},
		{formula{op: minus, a: gV, b: gH}, overG},
		{formula{op: minus, a: dD, b: dU}, over(plus, dD, dU)},
		{g, nil}, {a, nil}, {a, overG},
		{leastA, over(least, gH, gV)}, {e, overG},
		{leastA, nil}, {leastG, nil},
		{n, overG}, {n, nil},
	}[feature%perBox]
}

// needs returns the sums that a tree's features are made of.
func (t Tree) needs(color bool) (s planeSet) {
	for _, n := range t {
		box, r := featureOf(color, int(n.Feature))
		for p := range r.planes() {
			s[box] |= 1 << p
		}
	}
	return s
}

// compile returns nil for trees that the kernels cannot run. step is from unit
// to unit, 1 or 2.
func compile(t Tree, color bool, step int) *program {
	p := &program{needs: t.needs(color)}
	at := p.grow(t)
	type pair struct{ num, den uint32 }
	var order [3][]pair
	tests := [3]map[pair][]test{{}, {}, {}}
	for i, n := range t {
		kind, num, den, q, ok := p.test(n, color, step)
		if !ok {
			return nil
		}
		terms := pair{num, den}
		if tests[kind][terms] == nil {
			order[kind] = append(order[kind], terms)
		}
		tests[kind][terms] = append(tests[kind][terms], test{uint32(uint16(q)) * 0x10001, at[i]})
	}
	for kind, pairs := range order {
		for _, terms := range pairs {
			all := tests[kind][terms]
			p.groups[kind] = append(p.groups[kind], group{terms.num, terms.den, uint32(len(all))})
			p.tests = append(p.tests, all...)
		}
	}
	return p
}

// slot returns a free slot.
func (p *program) slot() uint32 {
	p.slots += slotBytes
	return p.slots - slotBytes
}

// sum returns where the sums of a plane over a box are.
func (p *program) sum(box int, plane uint8, step int) uint32 {
	from := uint32(8 * (box*maxPlanes + int(plane)))
	if step == 1 {
		return from
	}
	for _, g := range p.gather {
		if g.from == from {
			return g.to
		}
	}
	p.gather = append(p.gather, gather{from, p.slot()})
	return p.gather[len(p.gather)-1].to
}

// term returns the slot of a term.
func (p *program) term(box int, f formula, step int) uint32 {
	t := term{a: p.sum(box, f.a, step), b: p.sum(box, f.b, step)}
	if f.one {
		t.plus = uint32(one[box]) * 0x10001
	}
	for _, e := range p.terms[f.op] {
		if e.a == t.a && e.b == t.b && e.plus == t.plus {
			return e.to
		}
	}
	t.to = p.slot()
	p.terms[f.op] = append(p.terms[f.op], t)
	return t.to
}

// test returns a node's test: its kind, the slots of its terms, and q.
func (p *program) test(n Node, color bool, step int) (kind int, num, den uint32, q int16, ok bool) {
	if n.P&(n.P-1) != 0 {
		return 0, 0, 0, 0, false
	}
	shift := bits.TrailingZeros16(uint16(n.P))
	box, r := featureOf(color, int(n.Feature))
	num = p.term(box, r.num, step)
	if r.den == nil {
		levels := int(n.Q) * 16 >> shift
		return 2, num, 0, int16(max(-1<<15, min(levels, 1<<15-1))), true
	}
	den = p.term(box, *r.den, step)
	quotient := int(n.Q) << (16 - shift) // 2¹⁶·Q/P
	switch {
	case quotient < -1<<15:
		num = p.derive(derived{from: num, other: den})
		quotient += 1 << 16
		return 0, num, den, int16(quotient), quotient >= -1<<15 && quotient < 1<<15
	case quotient < 1<<15:
		return 0, num, den, int16(quotient), true
	}
	double := uint32(0)
	for quotient>>double >= 1<<15 {
		double++
	}
	den = p.derive(derived{from: den, double: double})
	return 1, num, den, int16(quotient >> double), quotient>>double<<double == quotient
}

// derive returns the slot of a term made of others.
func (p *program) derive(d derived) uint32 {
	for _, e := range p.derived {
		if e.from == d.from && e.other == d.other && e.double == d.double {
			return e.to
		}
	}
	d.to = p.slot()
	p.derived = append(p.derived, d)
	return d.to
}

// treeScratch is what the tree kernel works in.
type treeScratch struct {
	args    treeArgs
	bits    []byte
	slots   []byte
	results []byte
}

// prepare makes room for a program and n units, and fills the leaves' results
// with their numbers. With AVX2 an answer is a byte, and there is room for those
// of 64 units.
func (t *treeScratch) prepare(p *program, n int, k kernelSet) {
	blocks := n / 64
	if k == setAVX2 {
		blocks = 8
	}
	t.bits = grow(t.bits, blocks*len(p.bushes)*bushBytes)
	t.slots = grow(t.slots, int(p.slots))
	if t.results != nil {
		return
	}
	t.results = make([]byte, 2*MaxLeaves*resultBytes)
	for i := range MaxLeaves * resultBytes {
		t.results[i] = byte(i / resultBytes)
	}
}

// treeArgs are the arguments of a kernel; internal/asmgen/bank knows the
// offsets.
type treeArgs struct {
	in       [boxes][maxPlanes]*uint16
	slots    *byte
	gather   *gather
	gatherN  int
	terms    [3]*term
	termN    [3]int
	derived  *derived
	derivedN int
	groups   [3]*group
	groupN   [3]int
	tests    *test
	bushes   *bush
	bushN    int
	exits    *exit
	forks    *fork
	nodes    int
	bits     *byte
	block    int // bytes of 64 units' bits
	results  *byte
	class    *uint8
	n        int // a multiple of 64
}
