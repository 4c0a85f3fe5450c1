package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// guard: the span of the colour differences over 5×5 pixels, down the columns
// first and then across. It works on 32 or 16 pixels at a time and may write
// that many less one behind the ends of its rows.
func guard(v isa) {
	start("spanRow"+v.suffix(), "func(span, red, green, blue *int16, stride int, columns *int16, second int, n int) int16",
		"is spanRowGeneric; stride and second, from one row of columns to the next, are in bytes.")
	span, red, green, blue := pointer("span"), pointer("red"), pointer("green"), pointer("blue")
	stride, columns, second := pointer("stride"), pointer("columns"), pointer("second")
	n := pointer("n")
	most := v.zero()
	third, rows := GP64(), GP64()
	LEAQ(Mem{Base: second, Index: second, Scale: 2}, third)
	lanes := 2 * v.lanes()
	row := func(i int) Mem {
		m := Mem{Base: rows}
		switch i {
		case 1:
			m.Index, m.Scale = second, 1
		case 2:
			m.Index, m.Scale = second, 2
		case 3:
			m.Index, m.Scale = third, 1
		}
		return m
	}
	load := func(m Mem) reg.VecVirtual {
		r := v.vec()
		if v.wide {
			VMOVDQU16(m, r)
		} else {
			VMOVDQU(m, r)
		}
		return r
	}
	save := func(r reg.VecVirtual, m Mem) {
		if v.wide {
			VMOVDQU16(r, m)
		} else {
			VMOVDQU(r, m)
		}
	}

	left := GP64()
	MOVQ(columns, rows)
	MOVQ(n, left)
	ADDQ(U8(4), left)
	offset := GP64()
	XORQ(offset, offset)
	Label("columns")
	p := GP64()
	MOVQ(offset, p)
	var acc [4]reg.VecVirtual
	for y := range 5 {
		g := load(Mem{Base: green, Index: p, Scale: 1})
		for i, base := range []reg.Register{red, blue} {
			d := load(Mem{Base: base, Index: p, Scale: 1})
			VPSUBW(g, d, d)
			if y == 0 {
				acc[2*i], acc[2*i+1] = d, v.vec()
				if v.wide {
					VMOVDQA32(d, acc[2*i+1])
				} else {
					VMOVDQA(d, acc[2*i+1])
				}
				continue
			}
			VPMINSW(d, acc[2*i], acc[2*i])
			VPMAXSW(d, acc[2*i+1], acc[2*i+1])
		}
		if y < 4 {
			ADDQ(stride, p)
		}
	}
	for i, r := range acc {
		save(r, row(i))
	}
	ADDQ(I32(int32(2*lanes)), rows)
	ADDQ(I32(int32(2*lanes)), offset)
	SUBQ(I32(int32(lanes)), left)
	JG(LabelRef("columns"))

	MOVQ(columns, rows)
	Label("across")
	for i := range acc {
		m := row(i)
		acc[i] = load(m)
		for dx := 1; dx < 5; dx++ {
			m.Disp = 2 * dx
			if i&1 == 0 {
				VPMINSW(m, acc[i], acc[i])
			} else {
				VPMAXSW(m, acc[i], acc[i])
			}
		}
	}
	VPSUBSW(acc[0], acc[1], acc[1])
	VPSUBSW(acc[2], acc[3], acc[3])
	VPMAXSW(acc[1], acc[3], acc[3])
	save(acc[3], at(span, 0))
	ADDQ(I32(int32(2*lanes)), span)
	ADDQ(I32(int32(2*lanes)), rows)
	SUBQ(I32(int32(lanes)), n)
	JLE(LabelRef("last"))
	VPMAXSW(acc[3], most, most)
	JMP(LabelRef("across"))

	// Of the last vector some lanes may lie behind the end: they can only
	// make the answer larger, which costs time, not bits.
	Label("last")
	VPMAXSW(acc[3], most, most)
	if v.wide {
		h := YMM()
		VEXTRACTI64X4(U8(1), most, h)
		VPMAXSW(h, most.AsY(), h)
		most = h
	}
	x, y := XMM(), XMM()
	VEXTRACTI128(U8(1), most, x)
	VPMAXSW(most.AsX(), x, x)
	for _, s := range []uint8{8, 4, 2} {
		VPSRLDQ(U8(s), x, y)
		VPMAXSW(y, x, x)
	}
	r := GP32()
	VMOVD(x, r)
	Store(r.As16(), ReturnIndex(0))
	VZEROUPPER()
	RET()
}
