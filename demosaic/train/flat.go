package main

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// A flat field of any colour should stay exactly what it is: where the sensor is
// clipped, and on coloured surfaces, an error of a few thousandths of the
// difference between the colours would show. So flat fields are part of what
// every leaf is fitted to: little beside the detail of textures, nearly all
// that the leaves of smooth areas have to say. Where the sums on which flat
// fields depend come out nearly right, coefficients are rounded so that they
// are exact.
//
// With S_c the sum of the coefficients over the taps of colour c, S their sum
// over all taps, and μ = (R + 2G + B)/4, an output of stage 1 is
// μ + Σ S_c·(v_c − μ) on a flat field: it is v_k if S_c = [c = k] − w_c·(1 − S)
// with w = (¼, ½, ¼). An output of a later stage changes nothing if
// S_c = w_c·S. S is free.

// flatShare is w, in quarters.
var flatShare = [3]int{1, 2, 1}

// flatWeight is how much the three flat fields of one colour count for each
// unit of a leaf, in squares of an eighth of a level. Filters for noise are left
// free: most colours of dark places are noise, and to keep them all would cost
// half a decibel.
const flatWeight = 1 << 12

// nearlyFlat is how far, in units of a coefficient, the sum over the taps of a
// colour may be from what keeps flat fields, to be made exact.
const nearlyFlat = 16

// tapColor returns the colour that tap i sees.
func (t *task) tapColor(i int) int {
	if t.stage > 0 {
		return i / (t.width * t.width)
	}
	margin := (t.width - 2) / 2
	x, y := t.phase%t.cell*2, t.phase/t.cell*2
	return int(bank.ColorAt(t.cell, x+i%t.width-margin, y+i/t.width-margin))
}

// addFlats adds the normal equations of flat fields to a and b.
func (t *task) addFlats(a *mat.SymDense, b *mat.Dense, units int) {
	if t.sigma > 0 {
		return
	}
	weight := flatWeight * float64(max(1, units))
	row := make([]float64, t.taps)
	for c := range 3 {
		mu := float64(flatShare[c]) / 4
		for i := range row {
			row[i] = -mu
			if t.tapColor(i) == c {
				row[i]++
			}
		}
		for i, v := range row {
			for j := i; j < t.taps; j++ {
				a.SetSym(i, j, a.At(i, j)+weight*v*row[j])
			}
			if t.stage > 0 {
				continue // the old value is right
			}
			for j, g := range t.targets {
				want := -mu
				if int(g.Color) == c {
					want++
				}
				b.Set(i, j, b.At(i, j)+weight*v*want)
			}
		}
	}
}

// roundFilter rounds the coefficients exact of an output of the given colour, a
// few of them the other way if that makes it keep flat fields.
func (t *task) roundFilter(dst []int16, exact []float64, color uint8) {
	total := 0.0
	var taps [3][]int
	for i, v := range exact {
		total += v
		dst[i] = int16(math.Round(v))
		if t.used(i) {
			c := t.tapColor(i)
			taps[c] = append(taps[c], i)
		}
	}
	s := 4 * int(math.Round(total/4))
	var missing [3]int
	for c, list := range taps {
		want := flatShare[c] * s / 4
		if t.stage == 0 {
			want -= flatShare[c] << (bank.CoefBits - 2)
			if c == int(color) {
				want += 1 << bank.CoefBits
			}
		}
		for _, i := range list {
			want -= int(dst[i])
		}
		if max(want, -want) > nearlyFlat {
			return
		}
		missing[c] = want
	}
	for c, list := range taps {
		step := int16(1)
		if missing[c] < 0 {
			step, missing[c] = -1, -missing[c]
		}
		// Those go first that rounding has moved the other way.
		slices.SortStableFunc(list, func(i, j int) int {
			a, b := exact[i]-float64(dst[i]), exact[j]-float64(dst[j])
			return cmp.Compare(b*float64(step), a*float64(step))
		})
		for n := range missing[c] {
			dst[list[n%len(list)]] += step
		}
	}
}
