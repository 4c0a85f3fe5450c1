// Command roofline writes the kernels that measure this machine: how fast it
// reads, writes past its caches, and multiplies.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!purego")
	readAVX2()
	writeAVX2()
	copyAVX2()
	intAVX2()
	floatAVX2()
	intVNNI()
	floatAVX512()
	Generate()
}

func ymm(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = YMM()
	}
	return v
}

func zmm(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = ZMM()
	}
	return v
}

// loop emits body while the counter, reduced by step, stays above zero.
func loop(label string, counter reg.Register, step int, body func()) {
	Label(label)
	body()
	SUBQ(U32(uint32(step)), counter)
	JNZ(LabelRef(label))
}

func readAVX2() {
	TEXT("readAVX2", NOSPLIT, "func(p *byte, n int)")
	Doc("readAVX2 loads n bytes, a multiple of 256.")
	p, n := Load(Param("p"), GP64()), Load(Param("n"), GP64())
	acc := ymm(4)
	for _, a := range acc {
		VPXOR(a, a, a)
	}
	loop("read", n, 256, func() {
		for i := range 8 {
			VPOR(Mem{Base: p, Disp: 32 * i}, acc[i%4], acc[i%4])
		}
		ADDQ(U32(256), p)
	})
	VZEROUPPER()
	RET()
}

func writeAVX2() {
	TEXT("writeAVX2", NOSPLIT, "func(p *byte, n int)")
	Doc("writeAVX2 clears n bytes, a multiple of 256, past the caches; p is 32-byte aligned.")
	p, n := Load(Param("p"), GP64()), Load(Param("n"), GP64())
	z := YMM()
	VPXOR(z, z, z)
	loop("write", n, 256, func() {
		for i := range 8 {
			VMOVNTDQ(z, Mem{Base: p, Disp: 32 * i})
		}
		ADDQ(U32(256), p)
	})
	SFENCE()
	VZEROUPPER()
	RET()
}

func copyAVX2() {
	TEXT("copyAVX2", NOSPLIT, "func(dst, src *byte, n int)")
	Doc("copyAVX2 copies n bytes, a multiple of 256, writing past the caches; dst is 32-byte aligned.")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64())
	v := ymm(8)
	loop("copy", n, 256, func() {
		for i := range v {
			VMOVDQU(Mem{Base: src, Disp: 32 * i}, v[i])
		}
		for i := range v {
			VMOVNTDQ(v[i], Mem{Base: dst, Disp: 32 * i})
		}
		ADDQ(U32(256), src)
		ADDQ(U32(256), dst)
	})
	SFENCE()
	VZEROUPPER()
	RET()
}

func intAVX2() {
	TEXT("intAVX2", NOSPLIT, "func(n int)")
	Doc("intAVX2 does n times ten 16-wide multiply-adds of int16 into int32.")
	n := Load(Param("n"), GP64())
	acc, a, t := ymm(10), YMM(), ymm(4)
	VPXOR(a, a, a)
	for _, v := range acc {
		VPXOR(v, v, v)
	}
	loop("int", n, 1, func() {
		for i, v := range acc {
			VPMADDWD(a, a, t[i%4])
			VPADDD(t[i%4], v, v)
		}
	})
	VZEROUPPER()
	RET()
}

func floatAVX2() {
	TEXT("floatAVX2", NOSPLIT, "func(n int)")
	Doc("floatAVX2 does n times ten 8-wide fused multiply-adds of float32.")
	n := Load(Param("n"), GP64())
	acc, a := ymm(10), YMM()
	VPXOR(a, a, a)
	for _, v := range acc {
		VPXOR(v, v, v)
	}
	loop("float", n, 1, func() {
		for _, v := range acc {
			VFMADD231PS(a, a, v)
		}
	})
	VZEROUPPER()
	RET()
}

func intVNNI() {
	TEXT("intVNNI", NOSPLIT, "func(n int)")
	Doc("intVNNI does n times ten 32-wide multiply-adds of int16 into int32.")
	n := Load(Param("n"), GP64())
	acc, a := zmm(10), ZMM()
	VPXORD(a, a, a)
	for _, v := range acc {
		VPXORD(v, v, v)
	}
	loop("vnni", n, 1, func() {
		for _, v := range acc {
			VPDPWSSD(a, a, v)
		}
	})
	VZEROUPPER()
	RET()
}

func floatAVX512() {
	TEXT("floatAVX512", NOSPLIT, "func(n int)")
	Doc("floatAVX512 does n times ten 16-wide fused multiply-adds of float32.")
	n := Load(Param("n"), GP64())
	acc, a := zmm(10), ZMM()
	VPXORD(a, a, a)
	for _, v := range acc {
		VPXORD(v, v, v)
	}
	loop("float512", n, 1, func() {
		for _, v := range acc {
			VFMADD231PS(a, a, v)
		}
	})
	VZEROUPPER()
	RET()
}
