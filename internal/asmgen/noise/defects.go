package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// standout writes the kernel that looks for pixels outside the range of their
// neighbours, sixteen at a time.
func standout() {
	TEXT("standOutAVX2", NOSPLIT, "func(hot, dead, up, mid, low *uint16, reach, n int)")
	Doc("standOutAVX2 is standOutGeneric for n pixels, a multiple of 16; reach is in bytes.")
	hot, dead := ptr("hot"), ptr("dead")
	up, mid, low, reach, n := ptr("up"), ptr("mid"), ptr("low"), ptr("reach"), ptr("n")
	Label("sixteen")
	most, least := YMM(), YMM()
	first := true
	for _, row := range []reg.GPVirtual{up, mid, low} {
		for i := range 3 {
			if row == mid && i == 1 {
				continue
			}
			m := Mem{Base: row}
			if i > 0 {
				m.Index, m.Scale = reach, uint8(i)
			}
			v := YMM()
			VMOVDQU(m, v)
			if first {
				VMOVDQU(v, most)
				VMOVDQU(v, least)
				first = false
				continue
			}
			VPMAXUW(v, most, most)
			VPMINUW(v, least, least)
		}
	}
	v := YMM()
	VMOVDQU(Mem{Base: mid, Index: reach, Scale: 1}, v)
	VPSUBUSW(most, v, most)
	VPMINUW(Mem{Base: hot}, most, most)
	VMOVDQU(most, Mem{Base: hot})
	VPSUBUSW(v, least, least)
	VPMINUW(Mem{Base: dead}, least, least)
	VMOVDQU(least, Mem{Base: dead})
	advance(32, hot, dead, up, mid, low)
	SUBQ(Imm(16), n)
	JNZ(LabelRef("sixteen"))
	done()
}
