package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const tile = 16

func ssd() {
	TEXT("ssd16AVX2", NOSPLIT, "func(a *int16, as int, b *int16, bs int) uint64")
	Doc("ssd16AVX2 is ssd16Generic; strides are in bytes.")
	a, as, b, bs := ptr("a"), ptr("as"), ptr("b"), ptr("bs")
	sums := [2]reg.VecVirtual{avx2.zero(), avx2.zero()}
	for y := range tile {
		v := YMM()
		VMOVDQU(Mem{Base: a}, v)
		VPSUBW(Mem{Base: b}, v, v)
		VPMADDWD(v, v, v)
		VPADDD(v, sums[y%2], sums[y%2])
		if y < tile-1 {
			ADDQ(as, a)
			ADDQ(bs, b)
		}
	}
	// The sums are unsigned: widen each before adding up.
	total, low, high := YMM(), YMM(), XMM()
	for i, s := range sums {
		VPMOVZXDQ(s.AsX(), low)
		VEXTRACTI128(Imm(1), s, high)
		wide := YMM()
		VPMOVZXDQ(high, wide)
		VPADDQ(low, wide, wide)
		if i == 0 {
			VMOVDQU(wide, total)
		} else {
			VPADDQ(wide, total, total)
		}
	}
	VEXTRACTI128(Imm(1), total, high)
	VPADDQ(high, total.AsX(), high)
	shuffled := XMM()
	VPSHUFD(Imm(0xee), high, shuffled)
	VPADDQ(shuffled, high, high)
	r := GP64()
	VMOVQ(high, r)
	Store(r, ReturnIndex(0))
	done()
}

// samples loads gray samples as integers.
func (s isa) samples(m Mem) reg.VecVirtual {
	v := s.vec()
	VPMOVSXWD(m, v)
	return v
}

func (s isa) gradient() {
	TEXT("gradient"+s.name, NOSPLIT, "func(pix *int16, stride int, win, a, wy, wx, sums *float32, ints *int32)")
	Doc("gradient" + s.name + " does the columns of gradientGeneric; stride is in bytes.")
	pix, stride, win := ptr("pix"), ptr("stride"), ptr("win")
	a, wy, wx := ptr("a"), ptr("wy"), ptr("wx")
	yy, xx, xy := s.zero(), s.zero(), s.zero()
	sum, sq := s.zero(), s.zero()
	loop("line", tile, func() {
		gy := s.vec()
		up := s.samples(Mem{Base: pix, Disp: 2})
		low := s.samples(Mem{Base: pix, Index: stride, Scale: 2, Disp: 2})
		VPSUBD(up, low, gy)
		VCVTDQ2PS(gy, gy)
		gx := s.samples(Mem{Base: pix, Index: stride, Scale: 1, Disp: 4})
		left := s.samples(Mem{Base: pix, Index: stride, Scale: 1})
		VPSUBD(left, gx, gx)
		VCVTDQ2PS(gx, gx)
		mid := s.samples(Mem{Base: pix, Index: stride, Scale: 1, Disp: 2})
		VPADDD(mid, sum, sum)
		q := s.vec()
		VPMULLD(mid, mid, q)
		VPADDD(q, sq, sq)
		VCVTDQ2PS(mid, mid)
		VMOVUPS(mid, Mem{Base: a})
		w := s.load(Mem{Base: win})
		hy, hx := s.op(VMULPS, w, gy), s.op(VMULPS, w, gx)
		VMOVUPS(hy, Mem{Base: wy})
		VMOVUPS(hx, Mem{Base: wx})
		VMULPS(gy, hy, gy)
		VADDPS(gy, yy, yy)
		VMULPS(gx, hy, hy)
		VADDPS(hy, xy, xy)
		VMULPS(gx, hx, hx)
		VADDPS(hx, xx, xx)
		ADDQ(stride, pix)
		advance(4*tile, win, a, wy, wx)
	})
	sums, ints := ptr("sums"), ptr("ints")
	for i, v := range []reg.VecVirtual{yy, xx, xy} {
		VMOVUPS(v, Mem{Base: sums, Disp: i * 4 * tile})
	}
	VMOVUPS(sum, Mem{Base: ints})
	VMOVUPS(sq, Mem{Base: ints, Disp: 4 * tile})
	done()
}

func (s isa) residual() {
	TEXT("residual"+s.name, NOSPLIT, "func(pix *int16, stride int, weightsY, weightsX, win, a, wy, wx, sums *float32)")
	Doc("residual" + s.name + " does the columns of residualGeneric; stride is in bytes.")
	pix, stride := ptr("pix"), ptr("stride")
	cy, cx := ptr("weightsY"), ptr("weightsX")
	var kx [4]reg.VecVirtual
	for i := range 4 {
		kx[i] = s.broadcast(Mem{Base: cx, Disp: 4 * i})
	}
	across := func() reg.VecVirtual {
		var sum reg.VecVirtual
		for i := range 4 {
			v := s.samples(Mem{Base: pix, Disp: 2 * i})
			VCVTDQ2PS(v, v)
			VMULPS(kx[i], v, v)
			if i == 0 {
				sum = v
			} else {
				VADDPS(v, sum, sum)
			}
		}
		ADDQ(stride, pix)
		return sum
	}
	win, a, wy, wx := ptr("win"), ptr("a"), ptr("wy"), ptr("wx")
	sy, sx, sr := s.zero(), s.zero(), s.zero()
	window := []reg.VecVirtual{across(), across(), across()}
	for y := range tile {
		window = append(window, across())
		var v reg.VecVirtual
		for i := range 4 {
			k := s.broadcast(Mem{Base: cy, Disp: 4 * i})
			p := s.op(VMULPS, k, window[y+i])
			if i == 0 {
				v = p
			} else {
				VADDPS(p, v, v)
			}
		}
		o := y * 4 * tile
		e := s.load(Mem{Base: a, Disp: o})
		VSUBPS(v, e, e)
		p := s.op(VMULPS, e, Mem{Base: wy, Disp: o})
		VADDPS(p, sy, sy)
		p = s.op(VMULPS, e, Mem{Base: wx, Disp: o})
		VADDPS(p, sx, sx)
		p = s.op(VMULPS, e, Mem{Base: win, Disp: o})
		VMULPS(e, p, p)
		VADDPS(p, sr, sr)
	}
	sums := ptr("sums")
	for i, v := range []reg.VecVirtual{sy, sx, sr} {
		VMOVUPS(v, Mem{Base: sums, Disp: i * 4 * tile})
	}
	done()
}
