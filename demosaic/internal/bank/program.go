package bank

import "math/bits"

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
	derived []derived
	// Tests with den signed, with den unsigned, and with a constant.
	groups  [3][]group
	tests   []test
	resolve []fork // of the nodes, last first
}

// derived is a term, doubled some times if double is not 0, else the sum of two:
// offsets among the terms.
type derived struct{ from, other, double, to uint32 }

// group is the tests of one pair of terms, given by their offsets.
type group struct{ num, den, tests uint32 }

// test goes left if num ≤ q·den >> 16, or num ≤ q; q is there twice. bit is
// where the answers of 64 units go, in bytes.
type test struct{ q, bit uint32 }

// fork is where a node's children are among the results, in bytes: first one
// of 64 bytes for every leaf number, then one for each node's result.
type fork struct{ left, right uint32 }

const (
	resultBytes = 64
	slotBytes   = 128 // of a term
	boxSlots    = 18  // terms of one box
	maxDerived  = 2 * MaxLeaves
)

// The terms of a box are numbered as the kernels write them: for each feature
// that of its numerator and of its denominator, −1 for a number of levels.
var (
	mosaicTerms = [perBox][2]int{{0, 1}, {2, 3}, {4, 5}, {6, -1}, {7, -1}, {7, 3}, {8, 10}, {11, 3}, {8, -1}, {9, -1}, {12, 3}, {12, -1}}
	cellTerms   = [perCell][2]int{{13, 14}, {15, 3}, {15, -1}, {16, 17}}
	colorTerms  = [perBox][2]int{{0, 1}, {2, 3}, {4, 5}, {6, -1}, {7, -1}, {7, 1}, {8, 1}, {9, 10}, {9, -1}, {8, -1}, {11, 1}, {11, -1}}
)

// termsOf returns the slots of a feature's terms; den is −1 for none.
func termsOf(color bool, feature int) (num, den int) {
	box, t := feature/perBox, [2]int{}
	switch {
	case feature >= boxes*perBox:
		inside := 0
		box, inside = cellFeature(feature)
		t = cellTerms[inside]
	case color:
		t = colorTerms[feature%perBox]
	default:
		t = mosaicTerms[feature%perBox]
	}
	num, den = box*boxSlots+t[0], -1
	if t[1] >= 0 {
		den = box*boxSlots + t[1]
	}
	return num, den
}

// The unit planes that the features of a box are made of, bit by bit.
const (
	gPlanes = 1<<gH | 1<<gV
	aPlanes = 1<<aH | 1<<aV
	lPlanes = 1<<lH | 1<<lV
	cPlanes = 1<<cH | 1<<cV
)

var (
	mosaicNeeds = [perBox]uint16{aPlanes, gPlanes, 1<<dD | 1<<dU, gPlanes, aPlanes, aPlanes | gPlanes, aPlanes | gPlanes, 1<<eE | gPlanes, aPlanes, gPlanes, 1<<nN | gPlanes, 1 << nN}
	cellNeeds   = [perCell]uint16{1<<fH | 1<<fV, 1<<fH | 1<<fV | gPlanes, 1<<fH | 1<<fV, 1<<xD | 1<<xU}
	colorNeeds  = [perBox]uint16{lPlanes, 1<<lD | 1<<lU, cPlanes, lPlanes, cPlanes, cPlanes | lPlanes, 1<<zZ | lPlanes, 1<<cC | 1<<zZ, 1 << cC, 1 << zZ, 1<<mM | lPlanes, 1 << mM}
)

// needs returns the unit planes that a tree's features are made of.
func (t Tree) needs(color bool) uint16 {
	var planes uint16
	for _, n := range t {
		switch f := int(n.Feature); {
		case f >= boxes*perBox:
			_, inside := cellFeature(f)
			planes |= cellNeeds[inside]
		case color:
			planes |= colorNeeds[f%perBox]
		default:
			planes |= mosaicNeeds[f%perBox]
		}
	}
	return planes
}

// compile returns nil for trees that the kernels cannot run.
func compile(t Tree, color bool) *program {
	p := &program{}
	slot := func(next int16) uint32 {
		if next < 0 {
			return uint32(^next) * resultBytes
		}
		return (MaxLeaves + uint32(next)) * resultBytes
	}
	for i := len(t) - 1; i >= 0; i-- {
		p.resolve = append(p.resolve, fork{slot(t[i].Left), slot(t[i].Right)})
	}
	type pair struct{ num, den uint32 }
	var order [3][]pair
	tests := [3]map[pair][]test{{}, {}, {}}
	for i, n := range t {
		kind, num, den, q, ok := p.test(n, color)
		if !ok {
			return nil
		}
		at := pair{num, den}
		if tests[kind][at] == nil {
			order[kind] = append(order[kind], at)
		}
		tests[kind][at] = append(tests[kind][at], test{uint32(uint16(q)) * 0x10001, uint32(i) * 8})
	}
	for kind, pairs := range order {
		for _, at := range pairs {
			all := tests[kind][at]
			p.groups[kind] = append(p.groups[kind], group{at.num, at.den, uint32(len(all))})
			p.tests = append(p.tests, all...)
		}
	}
	return p
}

// test returns a node's test: its kind, the offsets of its terms, and q.
func (p *program) test(n Node, color bool) (kind int, num, den uint32, q int16, ok bool) {
	if n.P&(n.P-1) != 0 {
		return 0, 0, 0, 0, false
	}
	shift := bits.TrailingZeros16(uint16(n.P))
	a, b := termsOf(color, int(n.Feature))
	num = uint32(a) * slotBytes
	if b < 0 {
		levels := int(n.Q) * 16 >> shift
		return 2, num, 0, int16(max(-1<<15, min(levels, 1<<15-1))), true
	}
	den = uint32(b) * slotBytes
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

// derive returns the offset of a term made of others.
func (p *program) derive(d derived) uint32 {
	for _, e := range p.derived {
		if e.from == d.from && e.other == d.other && e.double == d.double {
			return e.to
		}
	}
	d.to = uint32(boxes*boxSlots+len(p.derived)) * slotBytes
	p.derived = append(p.derived, d)
	return d.to
}

// treeScratch is what the tree kernel works in.
type treeScratch struct {
	args    treeArgs
	bits    [MaxLeaves]uint64
	slots   []byte
	results []byte
}

// prepare fills the leaves' results with their numbers.
func (t *treeScratch) prepare() {
	if t.results != nil {
		return
	}
	t.slots = make([]byte, (boxes*boxSlots+maxDerived)*slotBytes)
	t.results = make([]byte, 2*MaxLeaves*resultBytes)
	for i := range MaxLeaves * resultBytes {
		t.results[i] = byte(i / resultBytes)
	}
}

// treeArgs are the arguments of a kernel; internal/asmgen/bank knows the
// offsets.
type treeArgs struct {
	in       [boxes][maxPlanes]*uint16
	levels   [boxes]uint32 // one of each box, twice
	_        uint32
	slots    *byte
	derived  *derived
	derivedN int
	groups   [3]*group
	groupN   [3]int
	tests    *test
	resolve  *fork
	nodes    int
	bits     *uint64
	results  *byte
	class    *uint8
	n        int // a multiple of 64
}
