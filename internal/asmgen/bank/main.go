// Command bank writes the kernels of demosaic/internal/bank.
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	narrow := flag.Bool("avx2", false, "write the kernels for AVX2, not those for AVX-512")
	flag.Parse()
	ConstraintExpr("amd64,!purego")
	v := isa{wide: !*narrow}
	rows(v)
	boxes(v)
	planes(v)
	tree(v)
	buckets(v)
	merges(v)
	features(v)
	Generate()
}

// loop emits body while the counter, reduced by step, stays above zero.
func loop(label string, counter reg.Register, step int, body func()) {
	Label(label)
	body()
	SUBQ(U32(uint32(step)), counter)
	JNZ(LabelRef(label))
}

func zmms(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = ZMM()
	}
	return v
}

// at is the memory disp bytes behind base.
func at(base reg.Register, disp int) Mem { return Mem{Base: base, Disp: disp} }

var words = map[string]Mem{}

// word is a constant of the file, made once.
func word(name string, v ...uint32) Mem {
	if m, ok := words[name]; ok {
		return m
	}
	m := GLOBL(name, RODATA|NOPTR)
	words[name] = m
	for i, x := range v {
		DATA(4*i, U32(x))
	}
	return m
}
