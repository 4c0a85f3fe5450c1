package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bucketAVX2 is bucket without dot products that add up and with half as many
// lanes: each vector of coefficients is two, which share the samples, and none
// stays in a register from unit to unit; four units share each load.
func bucketAVX2(outputs, width, planes int, round bool) {
	name, shape := fmt.Sprintf("bucket%dx%d_%d", width, planes, outputs), ""
	if round {
		name, shape = name+"Round", " but for the corners"
	}
	name += "AVX2"
	TEXT(name, NOSPLIT, "func(a *byte)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s runs banks of %d filters on windows of %d×%d samples%s in %d planes, leaf by leaf.", name, outputs, width, width, shape, planes))
	a := Load(Param("a"), GP64())
	list, s1 := field(a, bucketList), field(a, bucketStride)
	s3, s5, s7 := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: s1, Index: s1, Scale: 2}, s3)
	LEAQ(Mem{Base: s1, Index: s1, Scale: 4}, s5)
	LEAQ(Mem{Base: s3, Index: s1, Scale: 4}, s7)

	plan := steps(outputs, width, round)
	count := planes*len(plan) + 1 // the last one is for μ

	Label("leaf")
	next, end, coef, leaf := GP64(), GP64(), GP64(), GP64()
	MOVQ(at(a, bucketStarts), coef)
	MOVQ(at(a, bucketLeaf), leaf)
	MOVL(Mem{Base: coef, Index: leaf, Scale: 4}, next.As32())
	MOVL(Mem{Base: coef, Index: leaf, Scale: 4, Disp: 4}, end.As32())
	CMPQ(next, end)
	JE(LabelRef("next"))
	MOVQ(at(a, bucketCoef), coef)
	ADDQ(at(a, bucketAt), coef)
	DECQ(end) // the last unit
	Label("unit")
	var row [bucketUnits]reg.GPVirtual
	var acc [bucketUnits][2]reg.VecVirtual
	offset := func(u int, to reg.GPVirtual) {
		i := GP64()
		LEAQ(at(next, u), i)
		CMPQ(i, end)
		CMOVQGT(end, i)
		MOVL(Mem{Base: list, Index: i, Scale: 4}, to.As32())
	}
	for u := range row {
		row[u] = GP64()
		offset(u, row[u])
		ADDQ(at(a, bucketSrc), row[u])
		for i := range acc[u] {
			acc[u][i] = YMM()
			if outputs == 8 {
				VPBROADCASTQ(word("halfquad", 1<<11, 0), acc[u][i])
			} else {
				VPBROADCASTQ(word("quarterquad", 1<<10, 0), acc[u][i]) // twice an output
			}
		}
	}
	i := 0
	dot := func(load func(u int) reg.VecVirtual) {
		c := [2]reg.VecVirtual{YMM(), YMM()}
		for j, v := range c {
			VMOVDQU(at(coef, 64*i+32*j), v)
		}
		for u := range row {
			x := load(u)
			for j, v := range acc[u] {
				t := YMM()
				VPMADDWD(c[j], x, t)
				VPADDD(t, v, v)
			}
		}
		i++
	}
	for plane := range planes {
		if plane > 0 {
			step := GP64()
			MOVQ(at(a, bucketSrc+8*plane), step)
			SUBQ(at(a, bucketSrc+8*plane-8), step)
			for u := range row {
				ADDQ(step, row[u])
			}
		}
		for _, s := range plan {
			dot(func(u int) reg.VecVirtual {
				sample := func(y, x int) Mem {
					m := Mem{Base: row[u], Disp: 2 * x}
					switch y {
					case 1, 2, 4:
						m.Index, m.Scale = s1, uint8(y)
					case 3, 6:
						m.Index, m.Scale = s3, uint8(y/3)
					case 5:
						m.Index, m.Scale = s5, 1
					case 7:
						m.Index, m.Scale = s7, 1
					}
					return m
				}
				x := YMM()
				switch {
				case outputs == 4:
					VBROADCASTI128(sample(s.row, s.col), x)
				case s.rest > 0:
					y := YMM()
					VPBROADCASTD(sample(s.row, s.col), x)
					VPBROADCASTD(sample(s.rest, s.col), y)
					VPBLENDD(U8(0xaa), y, x, x)
				default:
					VPBROADCASTQ(sample(s.row, s.col), x)
				}
				return x
			})
		}
	}
	for u := range row {
		offset(u, row[u])
	}
	dot(func(u int) reg.VecVirtual {
		x, mu := YMM(), GP64()
		MOVQ(at(a, bucketMu), mu)
		VPBROADCASTD(Mem{Base: mu, Index: row[u], Scale: 1}, x)
		return x
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
	MOVQ(at(a, bucketOut), out)
	two := func(u int, v reg.VecVirtual) {
		VPERMD(v, order, v)
		VMOVDQU(v.AsX(), Mem{Base: out, Index: row[u], Scale: 4})
		VEXTRACTI128(U8(1), v, Mem{Base: out, Index: row[u+1], Scale: 4})
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
	ADDQ(U8(bucketUnits), next)
	CMPQ(next, end)
	JLE(LabelRef("unit"))

	Label("next")
	ADDQ(U32(uint32(64*count)), at(a, bucketAt))
	done := GP64()
	MOVQ(at(a, bucketLeaf), done)
	INCQ(done)
	MOVQ(done, at(a, bucketLeaf))
	CMPQ(done, at(a, bucketLeaves))
	JNE(LabelRef("leaf"))
	VZEROUPPER()
	RET()
}
