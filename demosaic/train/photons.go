package main

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/integrate/quad"
)

// photons is the noise of a sensor in linear, white-balanced light: with g the
// gain of a colour and electrons a white in green, a sample of mean x has the
// variance g·x/electrons + (g·read/electrons)².
type photons struct {
	electrons float64
	read      float64 // deviation of the readout, in electrons
	gain      [3]float64
}

// mostRead is the most read noise, in electrons, that tables are trained for:
// sensors of phones have one or two.
const mostRead = 2.2

// newPhotons returns a sensor whose noise has about the deviation sigma, in
// levels of 255, in midtones behind the root, and the shift of that root: the
// one of package demosaic, ⅜ of the shot noise and what the read noise adds.
func newPhotons(sigma float64, rng *rand.Rand) (p *photons, shift float64) {
	uniform := func(a, b float64) float64 { return a + float64((b-a)*rng.Float64()) }
	p = &photons{read: math.Sqrt(uniform(0, mostRead*mostRead)), gain: [3]float64{uniform(1, 2.5), 1, uniform(1, 2.5)}}
	mean := (p.gain[0] + 2*p.gain[1] + p.gain[2]) / 4
	s := sigma / 255
	// Shot noise of variance k·x has the deviation √k/2 behind the root
	// of a white of 1, which the shift makes smaller.
	for range 8 {
		span := math.Sqrt(1+shift) - math.Sqrt(shift)
		p.electrons = mean / (4 * s * s * span * span)
		shift = max(rootShift, min((0.375+float64(p.read*p.read))/p.electrons, 1))
	}
	return p, shift
}

// deviation is that of samples of colour c and mean x.
func (p *photons) deviation(c int, x float64) float64 {
	g := p.gain[c]
	dark := g * p.read / p.electrons
	return math.Sqrt(g*x/p.electrons + float64(dark*dark))
}

// meanSteps is how many steps the roots of linear light have in a table of
// means.
const meanSteps = 512

// means returns, for each colour, the mean of noisy samples behind the root:
// what is left when their noise is averaged away, and a little below the root
// of their mean. Package demosaic makes up for the difference after the filters.
func (p *photons) means(root func(float64) float64) func(c int, x float64) float64 {
	var at, weight [9]float64
	quad.Hermite{}.FixedLocations(at[:], weight[:], math.Inf(-1), math.Inf(1))
	var table [3][meanSteps + 2]float64
	for c := range table {
		for i := range table[c] {
			x := float64(i) / meanSteps
			x *= x
			d := math.Sqrt2 * p.deviation(c, x)
			for j, t := range at {
				table[c][i] += float64(weight[j] / math.SqrtPi * root(x+float64(d*t)))
			}
		}
	}
	return func(c int, x float64) float64 {
		k := math.Sqrt(x) * meanSteps
		i := int(k)
		return table[c][i] + float64((k-float64(i))*(table[c][i+1]-table[c][i]))
	}
}
