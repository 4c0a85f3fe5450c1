package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// average writes the kernels of the fast method, on blocks of 16×16.
func average() {
	wide := func(m Mem) reg.VecVirtual {
		v := YMM()
		VPMOVZXWD(m, v)
		return v
	}
	TEXT("blockErrorAVX2", NOSPLIT, "func(a *uint16, as int, b *uint16, bs int, col *float32)")
	Doc("blockErrorAVX2 does the columns of blockErrorGeneric; strides are in bytes.")
	a, as, b, bs := ptr("a"), ptr("as"), ptr("b"), ptr("bs")
	cols := [2]reg.VecVirtual{avx2.zero(), avx2.zero()}
	loop("line", tile, func() {
		for i, c := range cols {
			v, w := wide(Mem{Base: a, Disp: 16 * i}), wide(Mem{Base: b, Disp: 16 * i})
			VPSUBD(w, v, v)
			VCVTDQ2PS(v, v)
			VMULPS(v, v, v)
			VADDPS(v, c, c)
		}
		ADDQ(as, a)
		ADDQ(bs, b)
	})
	col := ptr("col")
	VMOVUPS(cols[0], Mem{Base: col})
	VMOVUPS(cols[1], Mem{Base: col, Disp: 32})
	done()

	TEXT("blockAddAVX2", NOSPLIT, "func(sum, weight *float32, ref *uint16, rs int, other *uint16, os int, k, trust float32)")
	Doc("blockAddAVX2 is blockAddGeneric with k over the range; strides are in bytes.")
	sum, weight, ref, rs, other, os := ptr("sum"), ptr("weight"), ptr("ref"), ptr("rs"), ptr("other"), ptr("os")
	param := func(name string) reg.VecVirtual {
		p, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		return avx2.broadcast(p.Addr)
	}
	k, trust := param("k"), param("trust")
	top, one := avx2.broadcast(constant("pixelTop", 2)), avx2.broadcast(constant("one", 1))
	zero := avx2.zero()
	loop("line", tile, func() {
		for i := range 2 {
			v := wide(Mem{Base: other, Disp: 16 * i})
			VCVTDQ2PS(v, v)
			d := wide(Mem{Base: ref, Disp: 16 * i})
			VCVTDQ2PS(d, d)
			VSUBPS(v, d, d)
			VMULPS(d, d, d)
			VMULPS(k, d, d)
			w := avx2.op(VSUBPS, top, d)
			VMAXPS(zero, w, w)
			VMINPS(one, w, w)
			VMULPS(trust, w, w)
			VMULPS(w, v, v)
			VADDPS(Mem{Base: sum, Disp: 32 * i}, v, v)
			VMOVUPS(v, Mem{Base: sum, Disp: 32 * i})
			VADDPS(Mem{Base: weight, Disp: 32 * i}, w, w)
			VMOVUPS(w, Mem{Base: weight, Disp: 32 * i})
		}
		ADDQ(rs, ref)
		ADDQ(os, other)
		advance(4*tile, sum, weight)
	})
	done()
}
