package colorimetry

import (
	"math"

	"github.com/quadraw/quadraw/raw"
)

// XY is a chromaticity of CIE 1931.
type XY [2]float64

// White points: CIE 15:2004, table T.3.
func D50() XY { return XY{0.34567, 0.35850} }
func D65() XY { return XY{0.31270, 0.32900} }
func A() XY   { return XY{0.44758, 0.40745} }

// XYZ returns the colour of chromaticity w with Y = 1.
func (w XY) XYZ() Vector { return Vector{w[0] / w[1], 1, (1 - w[0] - w[1]) / w[1]} }

// ChromaticityOf returns the chromaticity of v; black has D50's.
func ChromaticityOf(v Vector) XY {
	sum := v[0] + v[1] + v[2]
	if !(sum > 0) {
		return D50()
	}
	return XY{v[0] / sum, v[1] / sum}
}

// Adapt returns the linear Bradford adaptation that takes XYZ under the white
// from to XYZ under the white to (Lam 1985; DNG 1.7.1, chapter 6).
func Adapt(from, to XY) raw.Matrix {
	bradford := raw.Matrix{0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296}
	a, b := Apply(bradford, from.XYZ()), Apply(bradford, to.XYZ())
	var gain Vector
	for i := range gain {
		// As DNG does: unusual whites must not blow up.
		gain[i] = max(0.1, min(b[i]/max(a[i], 1e-9), 10))
	}
	inv, _ := Invert(bradford)
	return Mul(inv, Diagonal(gain), bradford)
}

// Primaries of an output space with white D65, as chromaticities of red, green
// and blue.
func Primaries(space raw.ColorSpace) (rgb [3]XY, ok bool) {
	switch space {
	case raw.SRGB:
		return [3]XY{{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}}, true
	case raw.DisplayP3:
		return [3]XY{{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}}, true
	case raw.Rec2020:
		return [3]XY{{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}}, true
	}
	return rgb, false
}

// ToXYZ returns the matrix from linear RGB of the space to XYZ with D65 at
// Y = 1 (SMPTE RP 177); ok is false for a space without primaries.
func ToXYZ(space raw.ColorSpace) (m raw.Matrix, ok bool) {
	p, ok := Primaries(space)
	if !ok {
		return m, false
	}
	for c, w := range p {
		v := w.XYZ()
		m[c], m[3+c], m[6+c] = v[0], v[1], v[2]
	}
	inv, _ := Invert(m)
	return Mul(m, Diagonal(Apply(inv, D65().XYZ()))), true
}

// Encode is the sRGB transfer curve (IEC 61966-2-1) for light of 0 to 1.
func Encode(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return float64(1.055*math.Pow(v, 1/2.4)) - 0.055
}

// Decode undoes [Encode].
func Decode(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}
