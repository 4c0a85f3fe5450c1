package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// interleave returns f(a, b) with a's part first.
func interleave(f func(...Op), a, b reg.VecVirtual, vec func() reg.VecVirtual) reg.VecVirtual {
	v := vec()
	f(b, a, v)
	return v
}

// words transposes 8×8 words in every 128-bit half.
func words(r []reg.VecVirtual, vec func() reg.VecVirtual) []reg.VecVirtual {
	in := func(f func(...Op), a, b reg.VecVirtual) reg.VecVirtual { return interleave(f, a, b, vec) }
	var t, u, c [8]reg.VecVirtual
	for i := range 4 {
		t[2*i] = in(VPUNPCKLWD, r[2*i], r[2*i+1])
		t[2*i+1] = in(VPUNPCKHWD, r[2*i], r[2*i+1])
	}
	for i := range 2 {
		u[4*i], u[4*i+1] = in(VPUNPCKLDQ, t[i], t[i+2]), in(VPUNPCKHDQ, t[i], t[i+2])
		u[4*i+2], u[4*i+3] = in(VPUNPCKLDQ, t[i+4], t[i+6]), in(VPUNPCKHDQ, t[i+4], t[i+6])
	}
	for i := range 2 {
		for j := range 2 {
			c[4*i+2*j], c[4*i+2*j+1] = in(VPUNPCKLQDQ, u[4*i+j], u[4*i+j+2]), in(VPUNPCKHQDQ, u[4*i+j], u[4*i+j+2])
		}
	}
	return c[:]
}

// gather loads eight columns of a row of every tile, transposes them so that a
// vector holds one column of all tiles, and makes floats of them.
func gather(s isa) {
	TEXT("gather"+s.name, NOSPLIT, "func(t *float32, pix *uint16, at *int, stride int, gain *float32, add, wy, wx *float32)")
	Doc("gather" + s.name + " is gatherGeneric; gain holds each phase's gain in all lanes, stride is in bytes.")
	t, pix, at, stride := ptr("t"), ptr("pix"), ptr("at"), ptr("stride")
	gain, add, wy, wx := ptr("gain"), ptr("add"), ptr("wy"), ptr("wx")
	loop("block", side/4, func() {
		for y := range 4 {
			k := s.load(Mem{Base: wy, Disp: y * block})
			for b := range 4 {
				rows := make([]reg.VecVirtual, 8)
				for i := range rows {
					o := GP64()
					MOVQ(Mem{Base: at, Disp: 8 * i}, o)
					from := Mem{Base: pix, Index: o, Scale: 2, Disp: 16 * b}
					if s.bytes == 64 {
						v := YMM()
						VBROADCASTI128(from, v)
						p := GP64()
						MOVQ(Mem{Base: at, Disp: 8 * (i + 8)}, p)
						VINSERTI128(Imm(1), Mem{Base: pix, Index: p, Scale: 2, Disp: 16 * b}, v, v)
						rows[i] = v
					} else {
						v := XMM()
						VMOVDQU(from, v)
						rows[i] = v
					}
				}
				small := YMM
				if s.bytes == 32 {
					small = XMM
				}
				for i, c := range words(rows, small) {
					x := 8*b + i
					j := y*4 + x&3
					v := s.vec()
					VPMOVZXWD(c, v)
					VCVTDQ2PS(v, v)
					VMULPS(Mem{Base: gain, Disp: j * block}, v, v)
					VADDPS(Mem{Base: add, Disp: j * block}, v, v)
					VMULPS(Mem{Base: wx, Disp: x * block}, v, v)
					VMULPS(k, v, v)
					VMOVUPS(v, Mem{Base: t, Disp: x * block})
				}
			}
			ADDQ(stride, pix)
			advance(side*block, t)
		}
		advance(4*block, wy)
	})
	done()
}

// floats transposes 8×8 floats.
func floats(r []reg.VecVirtual) []reg.VecVirtual {
	in := func(f func(...Op), a, b reg.VecVirtual) reg.VecVirtual { return interleave(f, a, b, YMM) }
	var t, u [8]reg.VecVirtual
	for i := range 4 {
		t[2*i], t[2*i+1] = in(VUNPCKLPS, r[2*i], r[2*i+1]), in(VUNPCKHPS, r[2*i], r[2*i+1])
	}
	shuffle := func(k uint64, a, b reg.VecVirtual) reg.VecVirtual {
		v := YMM()
		VSHUFPS(Imm(k), b, a, v)
		return v
	}
	for i := range 2 {
		u[4*i], u[4*i+1] = shuffle(0x44, t[4*i], t[4*i+2]), shuffle(0xee, t[4*i], t[4*i+2])
		u[4*i+2], u[4*i+3] = shuffle(0x44, t[4*i+1], t[4*i+3]), shuffle(0xee, t[4*i+1], t[4*i+3])
	}
	out := make([]reg.VecVirtual, 8)
	for i := range 4 {
		a, b := YMM(), YMM()
		VPERM2F128(Imm(0x20), u[i+4], u[i], a)
		VPERM2F128(Imm(0x31), u[i+4], u[i], b)
		out[i], out[i+4] = a, b
	}
	return out
}

func gatherFloat() {
	TEXT("gatherFloatAVX2", NOSPLIT, "func(t, pix *float32, at *int, stride int, win *float32)")
	Doc("gatherFloatAVX2 is gatherFloatGeneric for eight lanes; stride is in bytes.")
	t, pix, at, stride, win := ptr("t"), ptr("pix"), ptr("at"), ptr("stride"), ptr("win")
	y := GP64()
	MOVQ(win, y)
	loop("line", side, func() {
		for b := range 4 {
			rows := make([]reg.VecVirtual, 8)
			for i := range rows {
				o := GP64()
				MOVQ(Mem{Base: at, Disp: 8 * i}, o)
				rows[i] = YMM()
				VMOVUPS(Mem{Base: pix, Index: o, Scale: 4, Disp: 32 * b}, rows[i])
			}
			for i, v := range floats(rows) {
				x := 8*b + i
				w := avx2.broadcast(Mem{Base: win, Disp: 4 * x})
				VMULPS(w, v, v)
				VBROADCASTSS(Mem{Base: y}, w)
				VMULPS(w, v, v)
				VMOVUPS(v, Mem{Base: t, Disp: x * block})
			}
		}
		ADDQ(stride, pix)
		advance(side*block, t)
		advance(4, y)
	})
	done()
}

func untangle() {
	TEXT("untangleAVX2", NOSPLIT, "func(dst, t *float32)")
	Doc("untangleAVX2 is untangleGeneric for eight lanes.")
	dst, t := ptr("dst"), ptr("t")
	loop("line", side*side/8, func() {
		rows := make([]reg.VecVirtual, 8)
		for i := range rows {
			rows[i] = avx2.load(Mem{Base: t, Disp: i * block})
		}
		for i, v := range floats(rows) {
			VMOVUPS(v, Mem{Base: dst, Disp: i * single * 4})
		}
		advance(8*block, t)
		advance(32, dst)
	})
	done()
}

// overlap adds a tile under its window to the output.
func (s isa) overlap() {
	TEXT("overlap"+s.name, NOSPLIT, "func(dst *float32, stride int, t, win, base *float32)")
	Doc("overlap" + s.name + " is overlapGeneric; stride is in bytes.")
	dst, stride, t, win, base := ptr("dst"), ptr("stride"), ptr("t"), ptr("win"), ptr("base")
	y := GP64()
	MOVQ(win, y)
	scale := s.broadcast(constant("perBin", 1.0/(side*side)))
	loop("block", side/4, func() {
		for r := range 4 {
			k := s.broadcast(Mem{Base: y, Disp: 4 * r})
			b := s.vec()
			if s.bytes == 64 {
				VBROADCASTF32X4(Mem{Base: base, Disp: 16 * r}, b)
			} else {
				VBROADCASTF128(Mem{Base: base, Disp: 16 * r}, b)
			}
			for o := 0; o < 4*side; o += s.bytes {
				w := s.op(VMULPS, k, Mem{Base: win, Disp: o})
				v := s.op(VMULPS, scale, Mem{Base: t, Disp: o})
				c := s.op(VMULPS, b, w)
				VADDPS(c, v, v)
				VMULPS(w, v, v)
				VADDPS(Mem{Base: dst, Disp: o}, v, v)
				VMOVUPS(v, Mem{Base: dst, Disp: o})
			}
			ADDQ(stride, dst)
			advance(4*side, t)
		}
		advance(16, y)
	})
	done()
}

func (s isa) overlapWeighted() {
	TEXT("overlapWeighted"+s.name, NOSPLIT, "func(num, den *float32, stride int, t, win *float32, a, b float32)")
	Doc("overlapWeighted" + s.name + " is overlapWeightedGeneric; stride is in bytes.")
	num, den, stride, t, win := ptr("num"), ptr("den"), ptr("stride"), ptr("t"), ptr("win")
	param := func(name string) reg.VecVirtual {
		p, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		return s.broadcast(p.Addr)
	}
	a, b := param("a"), param("b")
	y := GP64()
	MOVQ(win, y)
	loop("line", side, func() {
		w := s.broadcast(Mem{Base: y})
		k := s.op(VMULPS, w, a)
		k2 := s.op(VMULPS, w, w)
		VMULPS(b, k2, k2)
		for o := 0; o < 4*side; o += s.bytes {
			x := s.load(Mem{Base: win, Disp: o})
			v := s.op(VMULPS, x, Mem{Base: t, Disp: o})
			VMULPS(k, v, v)
			VADDPS(Mem{Base: num, Disp: o}, v, v)
			VMOVUPS(v, Mem{Base: num, Disp: o})
			VMULPS(x, x, x)
			VMULPS(k2, x, x)
			VADDPS(Mem{Base: den, Disp: o}, x, x)
			VMOVUPS(x, Mem{Base: den, Disp: o})
		}
		ADDQ(stride, num)
		ADDQ(stride, den)
		advance(4*side, t)
		advance(4, y)
	})
	done()
}
