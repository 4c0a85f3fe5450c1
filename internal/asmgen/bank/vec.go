package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is what a kernel is written for: AVX2, or AVX-512 with VNNI. With AVX2
// there are half as many registers, of half the width, and nothing behind the
// sixteenth may be used.
type isa struct{ wide bool }

func (v isa) suffix() string {
	if v.wide {
		return "AVX512"
	}
	return "AVX2"
}

// bytes is the width of a vector.
func (v isa) bytes() int {
	if v.wide {
		return 64
	}
	return 32
}

// words is how many samples or sums go at once.
func (v isa) words() int { return v.bytes() / 2 }

func (v isa) vec() reg.VecVirtual {
	if v.wide {
		return ZMM()
	}
	return YMM()
}

// load reads a vector from anywhere.
func (v isa) load(m Mem) reg.VecVirtual {
	r := v.vec()
	if v.wide {
		VMOVDQU16(m, r)
	} else {
		VMOVDQU(m, r)
	}
	return r
}

// store writes a vector anywhere.
func (v isa) store(r reg.VecVirtual, m Mem) {
	if v.wide {
		VMOVDQU16(r, m)
	} else {
		VMOVDQU(r, m)
	}
}

func (v isa) move(from, to reg.VecVirtual) {
	if v.wide {
		VMOVDQA64(from, to)
	} else {
		VMOVDQA(from, to)
	}
}

// words16 broadcasts a constant of the file that stands in both words.
func (v isa) words16(name string, x uint32) reg.VecVirtual {
	r := v.vec()
	VPBROADCASTW(word(name, x|x<<16), r)
	return r
}

// dwords broadcasts a constant of the file.
func (v isa) dwords(name string, x uint32) reg.VecVirtual {
	r := v.vec()
	VPBROADCASTD(word(name, x), r)
	return r
}

// reduced is a vector of samples, less the bits that differences do not see.
func (v isa) reduced(m Mem, shift uint8) reg.VecVirtual {
	if v.wide {
		r := ZMM()
		VPSRAW(U8(shift), m, r)
		return r
	}
	r := v.load(m)
	VPSRAW(U8(shift), r, r)
	return r
}

// pairs adds the sums of pairs of words, times k, to sum.
func (v isa) pairs(m Mem, k, sum reg.VecVirtual) {
	if v.wide {
		VPDPWSSD(m, k, sum)
		return
	}
	t := v.vec()
	VPMADDWD(m, k, t)
	VPADDD(t, sum, sum)
}

// narrow stores the low words of a vector of 32-bit numbers that fit them.
func (v isa) narrow(r reg.VecVirtual, m Mem) {
	if v.wide {
		h := YMM()
		VPMOVDW(r, h)
		VMOVDQU(h, m)
		return
	}
	h := XMM()
	VEXTRACTI128(U8(1), r, h)
	VPACKSSDW(h, r.AsX(), h)
	VMOVDQU(h, m)
}

// like returns a register of the same width.
func like(r reg.VecVirtual) reg.VecVirtual {
	if r.Size() == 64 {
		return ZMM()
	}
	return YMM()
}
