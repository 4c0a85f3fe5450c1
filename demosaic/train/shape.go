package main

import "gonum.org/v1/gonum/mat"

// corner returns the side of the squares that a round window lacks at its
// corners: two taps of eight, one of six. Far from the unit along both axes,
// they say little, and with them go whole vectors of products.
func corner(width int) int { return width / 4 }

// used reports whether tap i may have a coefficient.
func (t *task) used(i int) bool {
	if !t.round {
		return true
	}
	x, y := i%t.width, i/t.width%t.width
	inside := func(a int) bool { return min(a, t.width-1-a) >= corner(t.width) }
	return inside(x) || inside(y)
}

// leaveOut makes the normal equations give the taps that are not used
// coefficients of 0.
func (t *task) leaveOut(a *mat.SymDense, b *mat.Dense) {
	for i := range t.taps {
		if t.used(i) {
			continue
		}
		for j := range t.taps {
			a.SetSym(i, j, 0)
		}
		a.SetSym(i, i, 1)
		for j := range t.targets {
			b.Set(i, j, 0)
		}
	}
}
