package colorimetry

import (
	"math"

	"github.com/quadraw/quadraw/raw"
)

// Vector is XYZ, or RGB.
type Vector [3]float64

// Identity is the unit matrix.
func Identity() raw.Matrix { return raw.Matrix{1, 0, 0, 0, 1, 0, 0, 0, 1} }

// Diagonal is the matrix that scales by v.
func Diagonal(v Vector) raw.Matrix { return raw.Matrix{v[0], 0, 0, 0, v[1], 0, 0, 0, v[2]} }

// Mul returns the product a·b·…, leftmost applied last.
func Mul(ms ...raw.Matrix) raw.Matrix {
	out := ms[0]
	for _, b := range ms[1:] {
		var p raw.Matrix
		for r := range 3 {
			for c := range 3 {
				p[3*r+c] = float64(out[3*r]*b[c]) + float64(out[3*r+1]*b[3+c]) + float64(out[3*r+2]*b[6+c])
			}
		}
		out = p
	}
	return out
}

// Apply returns m·v.
func Apply(m raw.Matrix, v Vector) (out Vector) {
	for r := range out {
		out[r] = float64(m[3*r]*v[0]) + float64(m[3*r+1]*v[1]) + float64(m[3*r+2]*v[2])
	}
	return out
}

// Mix returns a·(1−t) + b·t.
func Mix(a, b raw.Matrix, t float64) (out raw.Matrix) {
	for i := range out {
		out[i] = float64(a[i]*(1-t)) + float64(b[i]*t)
	}
	return out
}

// Invert returns the inverse of m; ok is false when m is singular or not
// finite.
func Invert(m raw.Matrix) (inv raw.Matrix, ok bool) {
	minor := func(a, b, c, d int) float64 { return float64(m[a]*m[d]) - float64(m[b]*m[c]) }
	inv = raw.Matrix{
		minor(4, 5, 7, 8), minor(2, 1, 8, 7), minor(1, 2, 4, 5),
		minor(5, 3, 8, 6), minor(0, 2, 6, 8), minor(2, 0, 5, 3),
		minor(3, 4, 6, 7), minor(1, 0, 7, 6), minor(0, 1, 3, 4),
	}
	det := float64(m[0]*inv[0]) + float64(m[1]*inv[3]) + float64(m[2]*inv[6])
	if !(math.Abs(det) > 1e-12) || math.IsInf(det, 0) {
		return raw.Matrix{}, false
	}
	for i := range inv {
		inv[i] /= det
	}
	return inv, true
}
