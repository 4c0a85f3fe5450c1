// Command gram writes the kernel of the trainer's Gram matrices.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const rows, cols = 4, 3 // of a block; columns in vectors of 8

func main() {
	ConstraintExpr("amd64,!purego")
	TEXT("blockAVX2", NOSPLIT, "func(dst *int32, a, b *int16, stride, n int)")
	Doc("blockAVX2 fills dst, 4 rows of 24, with the sums over n pairs, stride bytes apart, of a's products with b.")
	dst, a, b := Load(Param("dst"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	stride, n := Load(Param("stride"), GP64()), Load(Param("n"), GP64())
	var acc [rows][cols]reg.VecVirtual
	for i := range acc {
		for j := range acc[i] {
			acc[i][j] = YMM()
			VPXOR(acc[i][j], acc[i][j], acc[i][j])
		}
	}
	product, left := YMM(), YMM()
	Label("pair")
	for i := range acc {
		VPBROADCASTD(Mem{Base: a, Disp: 4 * i}, left)
		for j := range acc[i] {
			VPMADDWD(Mem{Base: b, Disp: 32 * j}, left, product)
			VPADDD(product, acc[i][j], acc[i][j])
		}
	}
	ADDQ(stride, a)
	ADDQ(stride, b)
	DECQ(n)
	JNZ(LabelRef("pair"))
	for i := range acc {
		for j := range acc[i] {
			VMOVDQU(acc[i][j], Mem{Base: dst, Disp: 32 * (cols*i + j)})
		}
	}
	VZEROUPPER()
	RET()
	Generate()
}
