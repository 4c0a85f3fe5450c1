package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bucketAVX2 writes a kernel without dot products that add up, and with half as
// many lanes: each vector of coefficients is two, which share the samples.
func bucketAVX2(outputs, width, planes int, round bool) {
	l := isa{}.startLeaves(outputs, width, planes, round, "AVX2")
	coef := l.leaf()
	var acc [bucketUnits][2]reg.VecVirtual
	l.units(func(u int, round Mem) {
		for i := range acc[u] {
			acc[u][i] = YMM()
			VPBROADCASTQ(round, acc[u][i])
		}
	})
	i := 0
	l.sums(func(load func(u int) reg.VecVirtual) {
		c := [2]reg.VecVirtual{l.load(at(coef, 64*i)), l.load(at(coef, 64*i+32))}
		for u := range acc {
			x := load(u)
			for j, v := range acc[u] {
				t := YMM()
				VPMADDWD(c[j], x, t)
				VPADDD(t, v, v)
			}
		}
		i++
	})

	// What belongs to an output stands side by side. The outputs of the two
	// vectors come to lie in turns, two by two or one by one.
	var sums [bucketUnits]reg.VecVirtual
	for u, v := range acc {
		sums[u] = YMM()
		VPHADDD(v[1], v[0], sums[u])
	}
	order, out := YMM(), GP64()
	VMOVDQU(word("turns", 0, 4, 1, 5, 2, 6, 3, 7), order)
	MOVQ(at(l.a, bucketOut), out)
	two := func(u int, v reg.VecVirtual) {
		VPERMD(v, order, v)
		VMOVDQU(v.AsX(), Mem{Base: out, Index: l.row[u], Scale: 4})
		VEXTRACTI128(U8(1), v, Mem{Base: out, Index: l.row[u+1], Scale: 4})
	}
	if outputs == 4 {
		VPHADDD(sums[1], sums[0], sums[0])
		VPHADDD(sums[3], sums[2], sums[1])
	}
	for _, v := range sums[:outputs/2] {
		VPSRAD(U8(12), v, v)
	}
	if outputs == 4 {
		words, second := sums[0], YMM()
		VPACKSSDW(sums[1], words, words)
		VPUNPCKHWD(words, words, second)
		VPUNPCKLWD(words, words, words)
		two(0, words)
		two(2, second)
	} else {
		for u := 0; u < bucketUnits; u += 2 {
			VPACKSSDW(sums[u+1], sums[u], sums[u])
			two(u, sums[u])
		}
	}
	l.goOn()
}
