package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// TestPhotons: behind the root, midtones have the noise that was asked for, and
// noisy samples of any light have the mean that filters are to find.
func TestPhotons(t *testing.T) {
	for _, sigma := range []float64{5, 15, 60} {
		rng := rand.New(rand.NewPCG(3, 4))
		p, shift := newPhotons(sigma, rng)
		root, square := rootDomain(shift)
		mean := p.means(root)
		for _, x := range []float64{0, 0.002, 0.05, 0.3, 0.9} {
			variances := 0.0
			for c := range 3 {
				const n = 20000
				sum, squares := 0.0, 0.0
				for range n {
					v := root(x + rng.NormFloat64()*p.deviation(c, x))
					sum += v
					squares += v * v
				}
				m := sum / n
				variance := squares/n - m*m
				if c == 1 {
					variance *= 2
				}
				variances += variance / 4
				if off := math.Abs(m - mean(c, x)); off > 5*math.Sqrt(squares/n-m*m)/math.Sqrt(n)+1 {
					t.Errorf("σ %g, colour %d of %g: the mean is %.1f, want %.1f", sigma, c, x, mean(c, x), m)
				}
			}
			if got := math.Sqrt(variances) * 255 / bank.One; x == 0.3 && sigma < 60 && math.Abs(got-sigma) > 0.15*sigma {
				t.Errorf("σ %.2f in midtones, want %g", got, sigma)
			}
		}
		for _, v := range []float64{-2000, 0, 500, bank.One} {
			if got := root(square(v)); math.Abs(got-v) > 1e-6 {
				t.Errorf("the root of the square of %g is %g", v, got)
			}
		}
	}
}
