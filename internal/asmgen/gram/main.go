// Command gram writes the kernels of the trainer's Gram matrices.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const rows, cols = 4, 3 // of a block; columns in vectors of 8

func main() {
	ConstraintExpr("amd64,!purego")
	block("blockAVX2", false)
	block("blockVNNI", true)
	interleave()
	Generate()
}

func block(name string, vnni bool) {
	TEXT(name, NOSPLIT, "func(dst *int32, a, b *int16, stride, n int)")
	Doc(name + " fills dst, 4 rows of 24, with the sums over n pairs, stride bytes apart, of a's products with b.")
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
			if vnni {
				VPDPWSSD(Mem{Base: b, Disp: 32 * j}, left, acc[i][j])
				continue
			}
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
}

func interleave() {
	TEXT("interleaveAVX2", NOSPLIT, "func(dst, a, b *int16, n int)")
	Doc("interleaveAVX2 fills dst with n times eight entries of a and b in turns.")
	dst, a, b := Load(Param("dst"), GP64()), Load(Param("a"), GP64()), Load(Param("b"), GP64())
	n := Load(Param("n"), GP64())
	x, y := YMM(), YMM()
	Label("eight")
	VPMOVZXWD(Mem{Base: a}, x)
	VPMOVZXWD(Mem{Base: b}, y)
	VPSLLD(Imm(16), y, y)
	VPOR(x, y, x)
	VMOVDQU(x, Mem{Base: dst})
	ADDQ(Imm(16), a)
	ADDQ(Imm(16), b)
	ADDQ(Imm(32), dst)
	DECQ(n)
	JNZ(LabelRef("eight"))
	VZEROUPPER()
	RET()
}
