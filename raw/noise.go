package raw

import "math"

// NoiseModel is the noise of one colour plane at a signal x: its variance is
// Scale·x + Offset, all normalised (black 0, white 1). Scale is the shot noise
// (λS), Offset the read noise squared (λR). DNG 1.7.1, tag NoiseProfile.
type NoiseModel struct {
	Scale, Offset float64
}

// Variance returns the normalised variance at the normalised signal x; below
// black there is read noise only.
func (m NoiseModel) Variance(x float64) float64 { return m.Scale*max(x, 0) + m.Offset }

// NoiseProfile holds a model for Red, Green and Blue. The zero value means
// "not known".
type NoiseProfile [3]NoiseModel

// Known reports whether every plane has a usable model: finite, not negative
// and not all zero.
func (p NoiseProfile) Known() bool {
	for _, m := range p {
		if !(m.Scale >= 0 && m.Offset >= 0 && m.Scale+m.Offset > 0) || math.IsInf(m.Scale+m.Offset, 1) {
			return false
		}
	}
	return true
}

// Variance returns the normalised variance of colour c at the normalised
// signal x.
func (p NoiseProfile) Variance(c Color, x float64) float64 { return p[c].Variance(x) }

// Averaged returns the profile of a mean of n independent samples: both terms
// divided by n.
func (p NoiseProfile) Averaged(n float64) NoiseProfile {
	for i := range p {
		p[i].Scale /= n
		p[i].Offset /= n
	}
	return p
}

// Amplified returns the profile of samples multiplied by g on the normalised
// scale: g·Scale and g²·Offset.
func (p NoiseProfile) Amplified(g float64) NoiseProfile {
	for i := range p {
		p[i].Scale *= g
		p[i].Offset *= g * g
	}
	return p
}

// AtISO returns the profile, of frames taken at the ISO from, as it is at
// another: signal and noise are amplified alike. Where either is not known (0)
// it stays.
func (p NoiseProfile) AtISO(from, to float64) NoiseProfile {
	if !(from > 0) || !(to > 0) || from == to {
		return p
	}
	return p.Amplified(to / from)
}
