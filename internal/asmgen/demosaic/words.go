package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Vectors of 16-bit words.

func (v isa) load16(m Mem) reg.VecVirtual {
	r := v.vec()
	if v.wide {
		VMOVDQU16(m, r)
	} else {
		VMOVDQU(m, r)
	}
	return r
}

func (v isa) store16(r reg.VecVirtual, m Mem) {
	if v.wide {
		VMOVDQU16(r, m)
	} else {
		VMOVDQU(r, m)
	}
}

// bytes is the length of a vector.
func (v isa) bytes() int { return 4 * v.lanes() }

func (v isa) min16(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPMINSW(b, a, r)
	return r
}

func (v isa) max16(a, b reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	VPMAXSW(b, a, r)
	return r
}

// pairs takes pairs of words apart.
type pairs struct {
	isa
	order reg.VecVirtual
	k     reg.Register // AVX-512
}

func (v isa) pairs() *pairs {
	p := &pairs{isa: v}
	if !v.wide {
		// Words 0, 2, 4, 6 and then 1, 3, 5, 7 of each lane.
		p.order = v.load(word("lanes", 0x05040100, 0x0d0c0908, 0x07060302, 0x0f0e0b0a, 0x05040100, 0x0d0c0908, 0x07060302, 0x0f0e0b0a))
		return p
	}
	var order []uint32
	for i := range uint32(16) {
		first := 4 * i
		if i >= 8 {
			first = 4*(i-8) + 1
		}
		order = append(order, (first+2)<<16|first)
	}
	p.order = v.load(word("pairs", order...))
	odd := GP32()
	MOVL(U32(0xaaaaaaaa), odd)
	p.k = K()
	KMOVD(odd, p.k)
	return p
}

// apart returns the first and the second words of the pairs of a and b, those of
// a and of b taking turns.
func (p *pairs) apart(a, b reg.VecVirtual) (first, second reg.VecVirtual) {
	left, right := p.vec(), p.vec()
	first, second = p.vec(), p.vec()
	VPSLLD(U8(16), b, left)
	VPSRLD(U8(16), a, right)
	if p.wide {
		VPBLENDMW(left, a, p.k, first)
		VPBLENDMW(b, right, p.k, second)
	} else {
		VPBLENDW(U8(0xaa), left, a, first)
		VPBLENDW(U8(0xaa), b, right, second)
	}
	return first, second
}

// inOrder puts what is of a before what is of b.
func (p *pairs) inOrder(x reg.VecVirtual) reg.VecVirtual {
	r := p.vec()
	if p.wide {
		VPERMW(x, p.order, r)
		return r
	}
	VPSHUFB(p.order, x, r)
	VPERMQ(U8(0xd8), r, r)
	return r
}
