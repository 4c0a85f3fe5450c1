package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Predicates of VCMPPS.
const (
	equal        = 0x00
	less         = 0x11
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
var lowWord, zeroes, halves, ones, threes Mem

// counts are numbers of members as floats.
var counts = map[int]Mem{}

func cellTables() {
	fill := func(name string, bits uint32) Mem {
		m := GLOBL(name, RODATA|NOPTR)
		for i := range 16 {
			DATA(4*i, U32(bits))
		}
		return m
	}
	lowWord, zeroes, halves = fill("lowWord", 0xffff), fill("zeroes", 0), fill("halves", 0x3f000000)
	ones, threes = fill("ones", 0x3f800000), fill("threes", 0x40400000)
	for _, n := range []int{7, 9, 12, 16} {
		counts[n] = fill(fmt.Sprintf("count%d", n), math.Float32bits(float32(n)))
	}
	expandWords, expandBytes = expandTables()
}

// planes addresses four planes of constants.
type planes struct{ p, s, t reg.Register }

func loadPlanes(args reg.Register, base, stride int) planes {
	a := planes{p: GP64(), s: GP64(), t: GP64()}
	MOVQ(Mem{Base: args, Disp: base}, a.p)
	MOVQ(Mem{Base: args, Disp: stride}, a.s)
	LEAQ(Mem{Base: a.s, Index: a.s, Scale: 2}, a.t)
	return a
}

func (a planes) at(i, disp int) Mem {
	switch i {
	case 1:
		return Mem{Base: a.p, Index: a.s, Scale: 1, Disp: disp}
	case 2:
		return Mem{Base: a.p, Index: a.s, Scale: 2, Disp: disp}
	case 3:
		return Mem{Base: a.p, Index: a.t, Scale: 1, Disp: disp}
	}
	return Mem{Base: a.p, Disp: disp}
}

// rowConstants are the black levels and gains of a row; see rowArgs of package
// binning.
type rowConstants struct {
	args        reg.Register
	black, gain planes
}

func loadRows() rowConstants {
	args := Load(Param("rows"), GP64())
	return rowConstants{args, loadPlanes(args, 0, 16), loadPlanes(args, 8, 24)}
}

func (r rowConstants) move() {
	ADDQ(Mem{Base: r.args, Disp: 32}, r.black.p)
	ADDQ(Mem{Base: r.args, Disp: 40}, r.gain.p)
}

// members loads one vector of 2×2 cells: each dword of a row is two members,
// once swap, if it is not nil, has put Bayer's in pairs. brightest is the
// brighter row of each column, still as words.
func members(l vectors, p map[string]reg.Register, half int, swap reg.Register) (v [4]reg.VecVirtual, brightest reg.VecVirtual) {
	brightest = l.reg()
	for y, r := range []string{"r0", "r1"} {
		t := l.reg()
		load(l.lanes, Mem{Base: p[r], Disp: half * l.bytes}, t)
		if swap != nil {
			VPSHUFB(swap, t, t)
		}
		if y == 0 {
			VMOVAPS(t, brightest)
		} else {
			VPMAXUW(t, brightest, brightest)
		}
		v[2*y], v[2*y+1] = l.reg(), l.reg()
		and(l.lanes, lowWord, t, v[2*y])
		VPSRLD(U8(16), t, v[2*y+1])
	}
	return v, brightest
}

// toX writes (v − black)·gain to x, v being a float already.
func toX(l vectors, a rowConstants, v, x reg.VecVirtual, k, half int) {
	VSUBPS(a.black.at(k, half*l.bytes), v, x)
	VMULPS(a.gain.at(k, half*l.bytes), x, x)
}

// finish turns means into dwords, which the pack that follows cuts to 0–65535.
func finish(l vectors, mean reg.VecVirtual, scale, off Mem) {
	VMULPS(scale, mean, mean)
	VADDPS(off, mean, mean)
	VCVTTPS2DQ(mean, mean)
}

// cellText begins a kernel of 2×2 cells.
func cellText(l vectors, name, is string, bayer bool) (p map[string]reg.Register, k reg.Register, a rowConstants) {
	if bayer {
		is += ", of Bayer rows"
	}
	TEXT(name+l.name, NOSPLIT, "func(dst, r0, r1 *uint16, rows, p *byte, steps, ahead, stream int)")
	Pragma("noescape")
	Doc(name + l.name + " is " + is + " for steps of " + map[int]string{32: "16", 64: "32"}[l.bytes] + " output samples.")
	p = params("dst", "r0", "r1", "steps")
	return p, Load(Param("p"), GP64()), loadRows()
}

// cellFrame is frame for kernels with constants of rows.
func cellFrame(l vectors, kernel string, p map[string]reg.Register, a rowConstants, order reg.Register, body func(half int) reg.VecVirtual) {
	frame(l.lanes, kernel, p, []string{"r0", "r1"}, map[string]int{"r0": 2 * l.bytes, "r1": 2 * l.bytes}, func(output func(reg.Register)) {
		first := body(0)
		second := body(1)
		VPACKUSDW(second, first, first)
		inOrder(l.lanes, order, first)
		output(first)
		a.move()
	})
}

// bayerName is the name of a kernel, or of its variant for Bayer rows.
func bayerName(name string, bayer bool) string {
	if bayer {
		return name + "Bayer"
	}
	return name
}

// lane addresses field number field of the constants at k.
func (l vectors) lane(k reg.Register, field, half int) Mem {
	d := 64 * field
	if l.bytes == 32 {
		d += 32 * half
	}
	return Mem{Base: k, Disp: d}
}

func cell2(l vectors, bayer bool) {
	name := bayerName("cell2", bayer)
	calls := 0
	p, k, a := cellText(l, name, "cellGeneric with n = 2", bayer)
	order := loadOrder(l.lanes)
	swap := pairing(l.lanes, bayer)
	cellFrame(l, name, p, a, order, func(half int) reg.VecVirtual {
		lane := func(field int) Mem { return l.lane(k, field, half) }
		x, _ := members(l, p, half, swap)
		peak := l.reg()
		VPMAXSD(x[1], x[0], peak)
		VPMAXSD(x[2], peak, peak)
		VPMAXSD(x[3], peak, peak)
		clipped := l.atLeast(peak, lane(2))
		for m := range x {
			VCVTDQ2PS(x[m], x[m])
			toX(l, a, x[m], x[m], m, half)
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
		done := fmt.Sprintf("%s%s%d", name, l.name, calls)
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

// even2 has no branches: what is left out follows from sorting.
func even2(l vectors, bayer bool) {
	name := bayerName("even2", bayer)
	p, k, a := cellText(l, name, "evenGeneric", bayer)
	order := loadOrder(l.lanes)
	swap := pairing(l.lanes, bayer)
	const (
		shot = iota
		read
		four
		three
		knee
		top
		off
		clip
	)
	cellFrame(l, name, p, a, order, func(half int) reg.VecVirtual {
		lane := func(field int) Mem { return l.lane(k, field, half) }
		x, brightest := members(l, p, half, swap)
		VPSUBUSW(lane(clip), brightest, brightest)
		clipped := l.nonZero(brightest)
		for m := range x {
			VCVTDQ2PS(x[m], x[m])
			toX(l, a, x[m], x[m], m, half)
		}
		high, low, t := l.reg(), l.reg(), l.reg()
		VMAXPS(x[1], x[0], high)
		VMINPS(x[1], x[0], low)
		VMAXPS(x[3], x[2], x[0])
		VMINPS(x[3], x[2], x[1])
		far, least, twice := l.reg(), x[2], x[3]
		VMAXPS(x[0], high, far)
		VMINPS(x[0], high, high)
		VMINPS(x[1], low, least)
		VMAXPS(x[1], low, low)
		VADDPS(low, high, twice)
		limit := high
		VMAXPS(zeroes, twice, limit)
		VMULPS(lane(shot), limit, limit)
		VADDPS(lane(read), limit, limit)
		VADDPS(far, far, t)
		VSUBPS(twice, t, t)
		VMULPS(t, t, t)
		isFar := l.compare(greater, t, limit)
		VADDPS(least, least, t)
		VSUBPS(t, twice, t)
		VMULPS(t, t, t)
		isLow := l.compare(greater, t, limit)
		v := t
		VADDPS(least, far, v)
		VADDPS(v, twice, v)
		VMULPS(lane(four), v, v)
		l.choose(isFar, least, far)
		VADDPS(far, twice, far)
		VMULPS(lane(three), far, far)
		l.choose(l.differ(isFar, isLow), far, v)
		beyond := l.both(clipped, l.compare(greaterEqual, v, lane(knee)))
		l.choose(beyond, l.fload(lane(top)), v)
		VADDPS(lane(off), v, v)
		VCVTTPS2DQ(v, v)
		return v
	})
}

// nonZero returns the mask of dwords that are not zero.
func (l vectors) nonZero(v reg.Register) reg.Register {
	if l.bytes == 64 {
		k := K()
		VPTESTMD(v, v, k)
		return k
	}
	r, ones := YMM(), YMM()
	VPXOR(r, r, r)
	VPCMPEQD(r, v, r)
	VPCMPEQD(ones, ones, ones)
	VPXOR(ones, r, r)
	return r
}

// differ returns the mask of lanes that are in just one of a and b.
func (l vectors) differ(a, b reg.Register) reg.Register {
	if l.bytes == 64 {
		k := K()
		KXORW(a, b, k)
		return k
	}
	r := YMM()
	VXORPS(a, b, r)
	return r
}

// hdrLevels is how many exposures the kernel knows; see package binning.
const hdrLevels = 3

func hdr2(l vectors, bayer bool) {
	name := bayerName("hdr2", bayer)
	p, k, a := cellText(l, name, "hdrGeneric", bayer)
	order := loadOrder(l.lanes)
	swap := pairing(l.lanes, bayer)
	const (
		coeff = 0
		high  = 4 * hdrLevels
		slope = high + hdrLevels
		in    = slope + hdrLevels
		off   = in + 4*hdrLevels
		scale = off + 1
	)
	calls := 0
	cellFrame(l, name, p, a, order, func(half int) reg.VecVirtual {
		lane := func(field int) Mem { return l.lane(k, field, half) }
		v, _ := members(l, p, half, swap)
		var x [4]reg.VecVirtual
		for m := range v {
			VCVTDQ2PS(v[m], v[m])
			x[m] = l.reg()
			toX(l, a, v[m], x[m], m, half)
		}
		estimate, t, s, peak := l.reg(), l.reg(), l.reg(), l.reg()
		calls++
		done := fmt.Sprintf("%s%s%d", name, l.name, calls)
		for level := range hdrLevels {
			if level == 2 {
				CMPQ(Mem{Base: k, Disp: 64 * (scale + 1)}, Imm(2))
				JE(LabelRef(done))
			}
			to := s
			if level == 0 {
				to = estimate
			}
			VMULPS(lane(coeff+4*level), x[0], to)
			for m := 1; m < 4; m++ {
				VMULPS(lane(coeff+4*level+m), x[m], t)
				VADDPS(t, to, to)
			}
			if level == 0 {
				continue
			}
			VMULPS(lane(in+4*level), v[0], peak)
			for m := 1; m < 4; m++ {
				VMULPS(lane(in+4*level+m), v[m], t)
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
		Label(done)
		finish(l, estimate, lane(scale), lane(off))
		return estimate
	})
}
