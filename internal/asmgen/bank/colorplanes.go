package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func colorRow(v isa) {
	a, n := v.startRow("colorRow", "is colorRow, %d units at a time.", v.units())
	l := v.newNear(a, -1, 4)
	// The planes of differences are behind that of luma.
	red, blue := *l, *l
	red.x, blue.x = field(a, planeSecond), GP64()
	LEAQ(Mem{Base: red.x, Index: red.x, Scale: 1}, blue.x)
	o := v.newOutputs(a)
	Label("row")
	for o.half = range v.halves() {
		for _, d := range []*near{l, &red, &blue} {
			d.disp = v.bytes() * o.half
		}
		lumaSteps(o, l)
		chromaSteps(o, &red, &blue)
	}
	for _, d := range []*near{l, &red, &blue} {
		d.advance(v.halves() * v.bytes())
	}
	o.end()
	until("row", n, v.units())
}

// lumaSteps makes planes lH, lV, lD, lU and zZ.
func lumaSteps(o *outputs, l *near) {
	around := func(left, right reg.VecVirtual, y int) reg.VecVirtual {
		return add16(add16(left, right), l.pair(l.at(y-1, 0), l.at(y+1, 0)))
	}
	laplacian := func(y int, around reg.VecVirtual) reg.VecVirtual {
		return absolute(sub16(twice(twice(l.load(l.at(y, 0)))), around))
	}
	var h, z [2]reg.VecVirtual
	for y := range 2 {
		left, right := l.load(l.at(y, -1)), l.load(l.at(y, 1))
		h[y], z[y] = absolute(sub16(right, left)), laplacian(y, around(left, right, y))
	}
	both := func(d func(y int) reg.VecVirtual) reg.VecVirtual { return add16(absolute(d(0)), absolute(d(1))) }
	o.unit(0, add16(h[0], h[1]), 1, false)
	o.unit(1, both(func(y int) reg.VecVirtual { return l.diff(l.at(y+1, 0), l.at(y-1, 0)) }), 1, false)
	o.unit(2, both(func(y int) reg.VecVirtual { return l.diff(l.at(y-1, -1), l.at(y+1, 1)) }), 1, false)
	o.unit(3, both(func(y int) reg.VecVirtual { return l.diff(l.at(y-1, 1), l.at(y+1, -1)) }), 1, false)
	o.unit(6, add16(z[0], z[1]), 3, false)
}

// chromaSteps makes planes cH, cV, cC and mM, the two differences one after the
// other.
func chromaSteps(o *outputs, planes ...*near) {
	// sum adds what d makes of the two planes in rows 0 and 1.
	sum := func(d func(n *near, y int) reg.VecVirtual) reg.VecVirtual {
		var acc reg.VecVirtual
		for _, n := range planes {
			for y := range 2 {
				v := d(n, y)
				if acc == nil {
					acc = v
				} else {
					VPADDW(v, acc, acc)
				}
			}
		}
		return acc
	}
	o.unit(4, sum(func(d *near, y int) reg.VecVirtual { return absolute(d.diff(d.at(y, 1), d.at(y, -1))) }), 1, true)
	o.unit(5, sum(func(d *near, y int) reg.VecVirtual { return absolute(d.diff(d.at(y+1, 0), d.at(y-1, 0))) }), 1, true)
	o.unit(7, detail(planes), 1, true)
	o.unit(8, sum(func(d *near, y int) reg.VecVirtual {
		own := d.vec()
		VPABSW(d.at(y, 0), own)
		return own
	}), 1, true)
}

// detail is what beside.detail makes of two planes, of both rows.
func detail(planes []*near) reg.VecVirtual {
	var c [2]reg.VecVirtual
	for _, d := range planes {
		var three, half [4]reg.VecVirtual // of halved samples: three side by side, and that in the middle
		for y := range three {
			three[y], half[y] = d.reduced(d.at(y-1, -1), 1), d.reduced(d.at(y-1, 0), 1)
			VPADDW(half[y], three[y], three[y])
			VPADDW(d.reduced(d.at(y-1, 1), 1), three[y], three[y])
		}
		both := add16(three[1], three[2])
		for y := range 2 {
			nine := add16(both, three[3*y])
			own := half[1+y]
			t := absolute(sub16(add16(twice(twice(twice(own))), own), nine))
			if c[y] == nil {
				c[y] = t
			} else {
				VPADDW(t, c[y], c[y])
			}
		}
	}
	for _, v := range c {
		VPSRLW(U8(2), v, v)
	}
	return add16(c[0], c[1])
}
