// Command noise writes the kernels of package noise: those of merging and
// denoising, whose vectors hold the same sample of eight or sixteen tiles, and
// those of alignment.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	side = 32
	half = side/2 + 1
	bins = side * half
	// single is the distance of untangled tiles: not a power of two, lest
	// they fight for the same lines of the cache.
	single = side*side + 16
	block  = 64 // bytes of sixteen lanes
)

// isa is a vector width. AVX2 kernels on lanes do eight of the sixteen and are
// called twice.
type isa struct {
	name  string
	bytes int
	vec   func() reg.VecVirtual
}

var (
	avx2   = isa{"AVX2", 32, YMM}
	avx512 = isa{"AVX512", 64, ZMM}
)

func main() {
	ConstraintExpr("amd64,!purego")
	ssd()
	pyramid()
	average()
	standout()
	endings()
	gather(avx2)
	gather(avx512)
	gatherFloat()
	untangle()
	for _, s := range []isa{avx2, avx512} {
		s.compare()
		s.add()
		s.finish()
		s.shrink()
		s.binPower()
		s.judge()
		s.overlap()
		s.overlapWeighted()
		s.gradient()
		s.residual()
	}
	Generate()
}

func ptr(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// done ends a function, none of which keeps what it is given.
func done() {
	Pragma("noescape")
	VZEROUPPER()
	RET()
}

func (s isa) load(m Mem) reg.VecVirtual {
	v := s.vec()
	VMOVUPS(m, v)
	return v
}

func (s isa) zero() reg.VecVirtual {
	v := s.vec()
	VXORPS(v, v, v)
	return v
}

// broadcast fills a vector with the float at m.
func (s isa) broadcast(m Mem) reg.VecVirtual {
	v := s.vec()
	VBROADCASTSS(m, v)
	return v
}

// op returns f(a, b) in a register of its own, a and b in the order of the
// generic code.
func (s isa) op(f func(...Op), a, b Op) reg.VecVirtual {
	v := s.vec()
	f(b, a, v)
	return v
}

// loop emits body n times at run time.
func loop(label string, n int, body func()) {
	c := GP64()
	MOVQ(U32(uint32(n)), c)
	Label(label)
	body()
	DECQ(c)
	JNZ(LabelRef(label))
}

func advance(by int, ps ...reg.GPVirtual) {
	for _, p := range ps {
		ADDQ(U32(uint32(by)), p)
	}
}
