package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predicates of VCMPPS.
const (
	equal        = 0x00
	lessEqual    = 0x12
	greaterEqual = 0x1d
	greater      = 0x1e
)

// vectors are the operations on float lanes and masks in one width. Masks are
// K registers in AVX-512 and vectors of ones in AVX2.
type vectors struct{ lanes }

func (l vectors) at(p reg.Register, disp int) Mem { return Mem{Base: p, Disp: disp} }

func (l vectors) fload(m Mem) reg.VecVirtual {
	r := l.reg()
	VMOVUPS(m, r)
	return r
}

// compare returns the mask of a (predicate) b.
func (l vectors) compare(predicate uint8, a reg.Register, b Op) reg.Register {
	if l.bytes == 64 {
		k := K()
		VCMPPS(U8(predicate), b, a, k)
		return k
	}
	r := YMM()
	VCMPPS(U8(predicate), b, a, r)
	return r
}

// jumpIfNone jumps if mask is empty.
func (l vectors) jumpIfNone(mask reg.Register, label string) {
	if l.bytes == 64 {
		KORTESTW(mask, mask)
	} else {
		VTESTPS(mask, mask)
	}
	JZ(LabelRef(label))
}

// keep returns v where mask is set and 0 elsewhere.
func (l vectors) keep(mask reg.Register, v Op) reg.VecVirtual {
	r := l.reg()
	if l.bytes == 64 {
		VMOVUPS_Z(v, mask, r)
		return r
	}
	VANDPS(v, mask, r)
	return r
}

// choose moves v to r where mask is set.
func (l vectors) choose(mask reg.Register, v, r reg.Register) {
	if l.bytes == 64 {
		VMOVAPS(v, mask, r)
		return
	}
	VBLENDVPS(mask, v, r, r)
}

func (l vectors) both(a, b reg.Register) reg.Register {
	if l.bytes == 64 {
		k := K()
		KANDW(a, b, k)
		return k
	}
	r := YMM()
	VANDPS(a, b, r)
	return r
}

// atLeast returns the mask of integer lanes v ≥ limit, which is not negative.
func (l vectors) atLeast(v reg.Register, limit Mem) reg.Register {
	if l.bytes == 64 {
		k := K()
		VPCMPD(U8(5), limit, v, k)
		return k
	}
	r := YMM()
	VPMAXSD(limit, v, r)
	VPCMPEQD(r, v, r)
	return r
}

// Constants in memory: AVX2 has no registers to spare here.
var lowWord, zeroes, halves, ones, threes, largest Mem

func cellTables() {
	fill := func(name string, bits uint32) Mem {
		m := GLOBL(name, RODATA|NOPTR)
		for i := range 16 {
			DATA(4*i, U32(bits))
		}
		return m
	}
	lowWord, zeroes, halves = fill("lowWord", 0xffff), fill("zeroes", 0), fill("halves", 0x3f000000)
	ones, threes, largest = fill("ones", 0x3f800000), fill("threes", 0x40400000), fill("largest", 0x477fff00)
}

// planes addresses the eight planes of gains and biases.
type planes struct{ p, q, s, t reg.Register }

func loadPlanes() planes {
	a := planes{p: Load(Param("c"), GP64()), q: GP64(), s: Load(Param("stride"), GP64()), t: GP64()}
	LEAQ(Mem{Base: a.s, Index: a.s, Scale: 2}, a.t)
	LEAQ(Mem{Base: a.p, Index: a.s, Scale: 4}, a.q)
	return a
}

func (a planes) at(i, disp int) Mem {
	base := a.p
	if i >= 4 {
		base = a.q
	}
	switch i % 4 {
	case 1:
		return Mem{Base: base, Index: a.s, Scale: 1, Disp: disp}
	case 2:
		return Mem{Base: base, Index: a.s, Scale: 2, Disp: disp}
	case 3:
		return Mem{Base: base, Index: a.t, Scale: 1, Disp: disp}
	}
	return Mem{Base: base, Disp: disp}
}

// members loads one vector of 2×2 cells: each dword of a row is two members.
func members(l vectors, p map[string]reg.Register, half int) (v [4]reg.VecVirtual) {
	for y, r := range []string{"r0", "r1"} {
		t := l.reg()
		load(l.lanes, Mem{Base: p[r], Disp: half * l.bytes}, t)
		v[2*y], v[2*y+1] = l.reg(), l.reg()
		and(l.lanes, lowWord, t, v[2*y])
		VPSRLD(U8(16), t, v[2*y+1])
	}
	return v
}

// toX replaces samples by x = v·gain + bias.
func toX(l vectors, a planes, v reg.VecVirtual, k, half int) {
	VCVTDQ2PS(v, v)
	VMULPS(a.at(2*k, half*l.bytes), v, v)
	VADDPS(a.at(2*k+1, half*l.bytes), v, v)
}

// finish turns means into dwords of 0–65535.
func finish(l vectors, mean reg.VecVirtual, scale, off Mem) {
	VMULPS(scale, mean, mean)
	VADDPS(off, mean, mean)
	VMAXPS(zeroes, mean, mean)
	VMINPS(largest, mean, mean)
	VCVTTPS2DQ(mean, mean)
}

// cellFrame is frame for kernels with planes, which move only if they are not
// fixed.
func cellFrame(l vectors, kernel string, p map[string]reg.Register, a planes, order reg.Register, body func(half int) reg.VecVirtual) {
	move := Load(Param("move"), GP64())
	frame(l.lanes, kernel, p, []string{"r0", "r1"}, map[string]int{"r0": 2 * l.bytes, "r1": 2 * l.bytes}, func(output func(reg.Register)) {
		first := body(0)
		second := body(1)
		VPACKUSDW(second, first, first)
		inOrder(l.lanes, order, first)
		output(first)
		ADDQ(move, a.p)
		ADDQ(move, a.q)
	})
}

func cell2(l vectors) {
	calls := 0
	TEXT("cell2"+l.name, NOSPLIT, "func(dst, r0, r1 *uint16, c *float32, stride, move uintptr, p *byte, steps, ahead, stream int)")
	Pragma("noescape")
	Doc("cell2" + l.name + " is cellGeneric with n = 2 for steps of " + map[int]string{32: "16", 64: "32"}[l.bytes] + " output samples; stride and move are bytes.")
	p := params("dst", "r0", "r1", "steps")
	k := Load(Param("p"), GP64())
	a := loadPlanes()
	order := loadOrder(l.lanes)
	cellFrame(l, "cell2", p, a, order, func(half int) reg.VecVirtual {
		lane := func(field int) Mem {
			d := 64 * field
			if l.bytes == 32 {
				d += 32 * half
			}
			return Mem{Base: k, Disp: d}
		}
		x := members(l, p, half)
		peak := l.reg()
		VPMAXSD(x[1], x[0], peak)
		VPMAXSD(x[2], peak, peak)
		VPMAXSD(x[3], peak, peak)
		clipped := l.atLeast(peak, lane(2))
		for m := range x {
			toX(l, a, x[m], m, half)
		}
		// The mean of the middle two, and the furthest from it.
		hi, lo, t, far := l.reg(), l.reg(), l.reg(), l.reg()
		VMAXPS(x[1], x[0], hi)
		VMAXPS(x[3], x[2], t)
		VMAXPS(t, hi, far)
		VMINPS(t, hi, hi)
		VMINPS(x[1], x[0], lo)
		VMINPS(x[3], x[2], t)
		low := l.reg()
		VMINPS(t, lo, low)
		VMAXPS(t, lo, lo)
		centre := hi
		VADDPS(lo, hi, centre)
		VMULPS(halves, centre, centre)
		VSUBPS(centre, far, far)
		VSUBPS(low, centre, low)
		VMAXPS(low, far, far)
		VMULPS(far, far, far)
		limit := lo
		VMAXPS(zeroes, centre, limit)
		VMULPS(lane(0), limit, limit)
		VADDPS(lane(1), limit, limit)
		outliers := l.compare(greater, far, limit)
		// All members: Σ w·x, row by row.
		mean := l.reg()
		l.weightedSum(x, mean, t, func(m int) Op { return lane(7 + m) })
		calls++
		done := fmt.Sprintf("cell2%s%d", l.name, calls)
		l.jumpIfNone(outliers, done)
		// Weights of those within the limit, and how many they are.
		var w [4]reg.VecVirtual
		count := l.reg()
		for m := range x {
			VSUBPS(centre, x[m], t)
			VMULPS(t, t, t)
			good := l.compare(lessEqual, t, limit)
			w[m] = l.keep(good, lane(7+m))
			if m == 0 {
				count = l.keep(good, ones)
			} else {
				VADDPS(l.keep(good, ones), count, count)
			}
		}
		one := l.compare(equal, count, threes)
		rest := l.reg()
		l.weightedSum(x, rest, t, func(m int) Op { return w[m] })
		VADDPS(w[1], w[0], w[0])
		VADDPS(w[3], w[2], w[2])
		VADDPS(w[2], w[0], w[0])
		VDIVPS(w[0], rest, rest)
		l.choose(one, rest, mean)
		Label(done)
		beyond := l.both(clipped, l.compare(greaterEqual, mean, lane(3)))
		l.choose(beyond, l.fload(lane(4)), mean)
		finish(l, mean, lane(6), lane(5))
		return mean
	})
}

// weightedSum writes (w0·x0 + w1·x1) + (w2·x2 + w3·x3) to r.
func (l vectors) weightedSum(x [4]reg.VecVirtual, r, t reg.VecVirtual, w func(m int) Op) {
	VMULPS(w(0), x[0], r)
	VMULPS(w(1), x[1], t)
	VADDPS(t, r, r)
	VMULPS(w(2), x[2], t)
	u := l.reg()
	VMULPS(w(3), x[3], u)
	VADDPS(u, t, t)
	VADDPS(t, r, r)
}

// hdrLevels is how many exposures the kernel knows; see package binning.
const hdrLevels = 3

func hdr2(l vectors) {
	TEXT("hdr2"+l.name, NOSPLIT, "func(dst, r0, r1 *uint16, c *float32, stride, move uintptr, p *byte, steps, ahead, stream int)")
	Pragma("noescape")
	Doc("hdr2" + l.name + " is hdrGeneric for steps of " + map[int]string{32: "16", 64: "32"}[l.bytes] + " output samples; stride and move are bytes.")
	p := params("dst", "r0", "r1", "steps")
	k := Load(Param("p"), GP64())
	a := loadPlanes()
	order := loadOrder(l.lanes)
	const (
		coeff = 0
		high  = 4 * hdrLevels
		slope = high + hdrLevels
		in    = slope + hdrLevels
		off   = in + 4*hdrLevels
		scale = off + 1
	)
	cellFrame(l, "hdr2", p, a, order, func(half int) reg.VecVirtual {
		lane := func(field int) Mem {
			d := 64 * field
			if l.bytes == 32 {
				d += 32 * half
			}
			return Mem{Base: k, Disp: d}
		}
		x := members(l, p, half)
		var v [4]reg.VecVirtual
		for m := range x {
			VCVTDQ2PS(x[m], x[m])
			v[m] = l.reg()
			VMULPS(a.at(2*m, half*l.bytes), x[m], v[m])
			VADDPS(a.at(2*m+1, half*l.bytes), v[m], v[m])
		}
		estimate, t, s, peak := l.reg(), l.reg(), l.reg(), l.reg()
		for level := range hdrLevels {
			to := s
			if level == 0 {
				to = estimate
			}
			VMULPS(lane(coeff+4*level), v[0], to)
			for m := 1; m < 4; m++ {
				VMULPS(lane(coeff+4*level+m), v[m], t)
				VADDPS(t, to, to)
			}
			if level == 0 {
				continue
			}
			VMULPS(lane(in+4*level), x[0], peak)
			for m := 1; m < 4; m++ {
				VMULPS(lane(in+4*level+m), x[m], t)
				VMAXPS(t, peak, peak)
			}
			part := l.fload(lane(high + level))
			VSUBPS(peak, part, part)
			VMULPS(lane(slope+level), part, part)
			VMAXPS(zeroes, part, part)
			VMINPS(ones, part, part)
			VSUBPS(estimate, s, s)
			VMULPS(part, s, s)
			VADDPS(s, estimate, estimate)
		}
		finish(l, estimate, lane(scale), lane(off))
		return estimate
	})
}
