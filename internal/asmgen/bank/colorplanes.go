package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func colorRow() {
	a, n := startRow("colorRowAVX512", "is colorRow, 32 units at a time.")
	l := newNear(a, -1, 4)
	// The planes of differences are behind that of luma.
	red, blue := *l, *l
	red.x, blue.x = field(a, planeSecond), GP64()
	LEAQ(Mem{Base: red.x, Index: red.x, Scale: 1}, blue.x)
	o := newOutputs(a)
	Label("row")
	for o.half = range 2 {
		for _, d := range []*near{l, &red, &blue} {
			d.disp = 64 * o.half
		}
		lumaSteps(o, l)
		chromaSteps(o, &red, &blue)
	}
	for _, d := range []*near{l, &red, &blue} {
		d.advance(128)
	}
	ADDQ(U8(64), o.offset)
	until("row", n, 32)
}

// lumaSteps makes planes lH, lV, lD, lU and zZ.
func lumaSteps(o *outputs, l *near) {
	var s [2][5]reg.VecVirtual
	for y := range s {
		left, right := load16(l.at(y, -1)), load16(l.at(y, 1))
		around := add16(add16(left, right), pair(l.at(y-1, 0), l.at(y+1, 0)))
		s[y] = [5]reg.VecVirtual{
			absolute(sub16(right, left)), absolute(diff(l.at(y+1, 0), l.at(y-1, 0))),
			absolute(diff(l.at(y-1, -1), l.at(y+1, 1))), absolute(diff(l.at(y-1, 1), l.at(y+1, -1))),
			absolute(sub16(twice(twice(load16(l.at(y, 0)))), around)),
		}
	}
	for i, plane := range []int{0, 1, 2, 3, 6} {
		o.unit(plane, add16(s[0][i], s[1][i]), []int{1, 1, 1, 1, 3}[i], false)
	}
}

// chromaSteps makes planes cH, cV, cC and mM, the two differences one after the
// other.
func chromaSteps(o *outputs, planes ...*near) {
	var ch, cv, m reg.VecVirtual
	var c [2]reg.VecVirtual
	sum := func(acc *reg.VecVirtual, v reg.VecVirtual) {
		if *acc == nil {
			*acc = v
		} else {
			VPADDW(v, *acc, *acc)
		}
	}
	for _, d := range planes {
		var three, half [4]reg.VecVirtual // of halved samples: three side by side, and that in the middle
		for y := range three {
			three[y], half[y] = ZMM(), ZMM()
			VPSRAW(U8(1), d.at(y-1, -1), three[y])
			VPSRAW(U8(1), d.at(y-1, 0), half[y])
			VPADDW(half[y], three[y], three[y])
			t := ZMM()
			VPSRAW(U8(1), d.at(y-1, 1), t)
			VPADDW(t, three[y], three[y])
		}
		both := add16(three[1], three[2])
		for y := range 2 {
			nine := add16(both, three[3*y])
			own := half[1+y]
			t := twice(twice(twice(own)))
			sum(&c[y], absolute(sub16(add16(t, own), nine)))
		}
		for y := range 2 {
			sum(&ch, absolute(diff(d.at(y, 1), d.at(y, -1))))
			sum(&cv, absolute(diff(d.at(y+1, 0), d.at(y-1, 0))))
			own := ZMM()
			VPABSW(d.at(y, 0), own)
			sum(&m, own)
		}
	}
	for _, v := range c {
		VPSRLW(U8(2), v, v)
	}
	o.unit(4, ch, 1, true)
	o.unit(5, cv, 1, true)
	o.unit(7, add16(c[0], c[1]), 1, true)
	o.unit(8, m, 1, true)
}
