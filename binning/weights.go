package binning

import (
	"fmt"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// phaseWeights are the weights of the two members of an axis, at even and odd
// output pixels, that make the lattice of a binned Bayer mosaic uniform:
// members at 0 and 2 give 0.5, members at 1 and 3 give 2.5.
var phaseWeights = [2][2]float64{{0.75, 0.25}, {0.25, 0.75}}

// weights returns the normalised weights of the members of output pixel
// (x, y); only the parities of x and y matter.
func (b *Binner) weights(x, y int) []float64 { return b.member[y&1][x&1] }

// setWeights fills member for all four parities.
func (b *Binner) setWeights(o *Options) error {
	n := b.g.n
	if o.PhaseCorrect && !b.g.bayer {
		return fmt.Errorf("%w: phase correction is for Bayer mosaics; binning %v by %d keeps the lattice uniform", raw.ErrOption, b.g.cfa, n)
	}
	if o.PhaseCorrect && o.Weights != nil {
		return fmt.Errorf("%w: phase correction sets the weights itself", raw.ErrOption)
	}
	w := o.Weights
	if w == nil {
		w = make([]float64, n*n)
		for i := range w {
			w[i] = 1
		}
	}
	if len(w) != n*n {
		return fmt.Errorf("%w: %d weights for a cell of %d×%d", raw.ErrOption, len(w), n, n)
	}
	sum := 0.0
	for _, v := range w {
		if !(v >= 0) || math.IsInf(v, 1) {
			return fmt.Errorf("%w: weight %g", raw.ErrOption, v)
		}
		sum += v
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return fmt.Errorf("%w: weights that sum to %g", raw.ErrOption, sum)
	}
	for py := range 2 {
		for px := range 2 {
			m := make([]float64, n*n)
			for k := range m {
				m[k] = w[k] / sum
				if o.PhaseCorrect {
					m[k] = phaseWeights[py][k/2] * phaseWeights[px][k%2]
				}
			}
			b.member[py][px] = m
		}
	}
	return nil
}

// equalWeights reports whether all members count alike.
func (b *Binner) equalWeights() bool {
	for _, m := range b.member {
		for _, v := range m {
			for _, w := range v {
				if w != v[0] {
					return false
				}
			}
		}
	}
	return true
}

// quantise turns factors into integers at scale 2^shift whose sum is the
// rounded sum of the factors, so that flat fields keep their level: what
// rounding leaves over goes to the largest.
func quantise(factors []float64, shift uint) []int16 {
	q := make([]int16, len(factors))
	exact, got, at := 0.0, 0, 0
	for i, f := range factors {
		f = math.Ldexp(f, int(shift))
		q[i] = int16(math.Round(f))
		exact += f
		got += int(q[i])
		if f > math.Ldexp(factors[at], int(shift)) {
			at = i
		}
	}
	q[at] += int16(int(math.Round(exact)) - got)
	return q
}

// coefficientShift returns the finest scale at which factors of the given sum
// fit the linear kernel: 2^14 for a sum of one.
func coefficientShift(sum float64) uint {
	shift := uint(14)
	for shift > 0 && math.Ldexp(sum, int(shift)) > 1.9*(1<<14) {
		shift--
	}
	return shift
}
