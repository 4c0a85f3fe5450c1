// Command demosaic writes the row kernels of package demosaic.
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	part := flag.String("part", "", "quad for the rows of Quad, nothing for the rest")
	flag.Parse()
	ConstraintExpr("amd64,!purego")
	if *part == "quad" {
		for _, v := range []isa{{wide: false}, {wide: true}} {
			quadAcross(v)
			quadBend(v)
			quadBilinear(v)
			quadMalvar(v)
			turns(v)
			quadDiffAlong(v)
			quadDiffDown(v)
			quadSmoothDown(v)
			quadSmoothAlong(v)
			quadRange(v)
			quadOther(v)
			quadWrite(v)
		}
		Generate()
		return
	}
	for _, v := range []isa{{wide: false}, {wide: true}} {
		levels(v)
		samples(v)
		into(v)
		outOf(v)
		plain(v)
		outRows(v)
		noisyRows(v)
		placeRow(v)
		blendRow(v)
		shareRow(v)
		pairs4(v)
		windowRow(v)
		apartRow(v)
		decideRow(v)
		spreadRow(v)
		tint(v)
		merge(v)
		lmmseDiff(v)
		lmmseSmooth(v)
		lmmseEstimate(v)
		lmmseFuse(v)
		lmmseOther(v)
		lmmseWrite(v)
		bilinear(v)
		malvar(v)
		diff(v)
		bayerKnown(v)
		quadKnown(v)
		across(v)
		down(v)
		bounds(v)
		mosaicDiff(v)
		clampMosaic(v)
	}
	fence()
	Generate()
}

// isa is AVX2, eight lanes of 32 bits, or AVX-512, sixteen.
type isa struct{ wide bool }

func (v isa) suffix() string {
	if v.wide {
		return "AVX512"
	}
	return "AVX2"
}

func (v isa) lanes() int {
	if v.wide {
		return 16
	}
	return 8
}

func (v isa) vec() reg.VecVirtual {
	if v.wide {
		return ZMM()
	}
	return YMM()
}

// half returns the register of half the width.
func (v isa) half() reg.VecVirtual {
	if v.wide {
		return YMM()
	}
	return XMM()
}

func (v isa) load(m Mem) reg.VecVirtual {
	r := v.vec()
	if v.wide {
		VMOVDQU32(m, r)
	} else {
		VMOVDQU(m, r)
	}
	return r
}

func (v isa) store(r reg.VecVirtual, m Mem) {
	if v.wide {
		VMOVDQU32(r, m)
	} else {
		VMOVDQU(r, m)
	}
}

func (v isa) zero() reg.VecVirtual {
	r := v.vec()
	if v.wide {
		VPXORD(r, r, r)
	} else {
		VPXOR(r, r, r)
	}
	return r
}

// float broadcasts a float32 argument or field.
func (v isa) float(m Op) reg.VecVirtual {
	r := v.vec()
	VBROADCASTSS(m, r)
	return r
}

// int broadcasts an int32.
func (v isa) int(m Op) reg.VecVirtual {
	r := v.vec()
	VPBROADCASTD(m, r)
	return r
}

// intArgument broadcasts an int32 argument.
func (v isa) intArgument(name string) reg.VecVirtual {
	x, r := XMM(), v.vec()
	VMOVD(Load(Param(name), GP32()), x)
	VPBROADCASTD(x, r)
	return r
}

// unsigned16 stores the lanes, bounded to 0…65535, as uint16; past the cache if
// stream is set.
func (v isa) unsigned16(r, zero reg.VecVirtual, m Mem, stream bool) {
	store := func(h reg.VecVirtual) {
		if stream {
			VMOVNTDQ(h, m)
		} else {
			VMOVDQU(h, m)
		}
	}
	if v.wide {
		VPMAXSD(zero, r, r)
		h := YMM()
		VPMOVUSDW(r, h)
		store(h)
		return
	}
	h := XMM()
	VEXTRACTI128(U8(1), r, h)
	VPACKUSDW(h, r.AsX(), h)
	store(h)
}

// signed16 stores the lanes as int16; they fit.
func (v isa) signed16(r reg.VecVirtual, m Mem) {
	if v.wide {
		h := YMM()
		VPMOVDW(r, h)
		VMOVDQU(h, m)
		return
	}
	h := XMM()
	VEXTRACTI128(U8(1), r, h)
	VPACKSSDW(h, r.AsX(), h)
	VMOVDQU(h, m)
}

// choose is a where x < y, else b; it may overwrite b.
func (v isa) choose(x, y, a, b reg.VecVirtual) reg.VecVirtual {
	if v.wide {
		k := K()
		VCMPPS(U8(1), y, x, k)
		VMOVAPS(a, k, b)
		return b
	}
	m := YMM()
	VCMPPS(U8(1), y, x, m)
	VBLENDVPS(m, a, b, b)
	return b
}

// start begins a kernel.
func start(name, signature, doc string) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " " + doc)
}

// loop emits body while the counter, reduced by step, stays above zero.
func loop(label string, counter reg.Register, step int, body func()) {
	Label(label)
	body()
	SUBQ(U32(uint32(step)), counter)
	JNZ(LabelRef(label))
	VZEROUPPER()
	RET()
}

func at(base reg.Register, disp int) Mem { return Mem{Base: base, Disp: disp} }

func pointer(name string) reg.Register { return Load(Param(name), GP64()) }

// argument is where a float32 argument lies.
func argument(name string) Op {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}
