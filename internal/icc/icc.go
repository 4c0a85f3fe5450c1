// Package icc makes the colour profiles that quadraw embeds in pictures: RGB
// matrix profiles of ICC version 4 (ICC.1:2010), computed from the spaces'
// published primaries rather than copied from files.
package icc

import (
	"encoding/binary"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// space is an RGB space by the CIE xy of its primaries; all have D65 white and
// sRGB's transfer curve.
type space struct {
	name    string
	r, g, b [2]float64
}

func spaceOf(c raw.ColorSpace) (space, bool) {
	switch c {
	case raw.SRGB: // IEC 61966-2-1
		return space{"sRGB", [2]float64{.64, .33}, [2]float64{.30, .60}, [2]float64{.15, .06}}, true
	case raw.DisplayP3: // SMPTE RP 431-2 primaries
		return space{"Display P3", [2]float64{.680, .320}, [2]float64{.265, .690}, [2]float64{.150, .060}}, true
	case raw.Rec2020: // ITU-R BT.2020
		return space{"Rec. 2020 with the sRGB curve", [2]float64{.708, .292}, [2]float64{.170, .797}, [2]float64{.131, .046}}, true
	}
	return space{}, false
}

// Profile returns the profile of c, or nil for [raw.LinearCamera], which no
// profile describes.
func Profile(c raw.ColorSpace) []byte {
	s, ok := spaceOf(c)
	if !ok {
		return nil
	}
	m := s.toXYZD50()
	curve := append([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), fixed(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)...)
	xyz := func(x, y, z float64) []byte { return append([]byte("XYZ \x00\x00\x00\x00"), fixed(x, y, z)...) }
	a := bradfordD65toD50()
	tags := []struct {
		name string
		data []byte
	}{
		{"desc", text(s.name)},
		{"cprt", text("No copyright, use freely")},
		{"wtpt", xyz(d50[0], d50[1], d50[2])},
		{"chad", append([]byte("sf32\x00\x00\x00\x00"), fixed(a[:]...)...)},
		{"rXYZ", xyz(m[0], m[3], m[6])},
		{"gXYZ", xyz(m[1], m[4], m[7])},
		{"bXYZ", xyz(m[2], m[5], m[8])},
		{"rTRC", curve},
		{"gTRC", nil}, // the same curve
		{"bTRC", nil},
	}
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var body []byte
	start := 128 + 4 + 12*len(tags)
	at, size := 0, 0
	for _, t := range tags {
		if t.data != nil {
			at, size = start+len(body), len(t.data)
			body = append(body, t.data...)
			for len(body)%4 != 0 {
				body = append(body, 0)
			}
		}
		table = append(table, t.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(at))
		table = binary.BigEndian.AppendUint32(table, uint32(size))
	}
	out := make([]byte, 128, start+len(body))
	binary.BigEndian.PutUint32(out[0:], uint32(start+len(body)))
	copy(out[8:], "\x04\x30\x00\x00mntrRGB XYZ ")
	copy(out[24:], "\x07\xea\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00acsp")
	copy(out[68:], fixed(d50[0], d50[1], d50[2]))
	out = append(out, table...)
	return append(out, body...)
}

// text is a multiLocalizedUnicodeType with one English record.
func text(s string) []byte {
	b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	b = binary.BigEndian.AppendUint32(b, uint32(2*len(s)))
	b = binary.BigEndian.AppendUint32(b, 28)
	for _, r := range []byte(s) {
		b = append(b, 0, r)
	}
	return b
}

// fixed encodes s15Fixed16Numbers.
func fixed(v ...float64) []byte {
	var b []byte
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(x*65536))))
	}
	return b
}

var (
	d50 = [3]float64{0.9642, 1, 0.8249} // the profile connection space's white
	d65 = xyzOf([2]float64{0.3127, 0.3290})
)

func xyzOf(xy [2]float64) [3]float64 {
	return [3]float64{xy[0] / xy[1], 1, (1 - xy[0] - xy[1]) / xy[1]}
}

// toXYZD50 returns the matrix from linear RGB to XYZ relative to D50: the
// primaries scaled so that (1, 1, 1) is white, then Bradford.
func (s space) toXYZD50() raw.Matrix {
	r, g, b := xyzOf(s.r), xyzOf(s.g), xyzOf(s.b)
	p := raw.Matrix{r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]}
	k := apply(invert(p), d65)
	for i := range p {
		p[i] *= k[i%3]
	}
	return multiply(bradfordD65toD50(), p)
}

// bradfordD65toD50 is the chromatic adaptation of ICC.1:2010 annex E.
func bradfordD65toD50() raw.Matrix {
	cone := raw.Matrix{0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296}
	from, to := apply(cone, d65), apply(cone, d50)
	scale := raw.Matrix{0: to[0] / from[0], 4: to[1] / from[1], 8: to[2] / from[2]}
	return multiply(invert(cone), multiply(scale, cone))
}

func apply(m raw.Matrix, v [3]float64) (out [3]float64) {
	for i := range out {
		out[i] = m[3*i]*v[0] + m[3*i+1]*v[1] + m[3*i+2]*v[2]
	}
	return out
}

func multiply(a, b raw.Matrix) (out raw.Matrix) {
	for i := range 3 {
		for j := range 3 {
			out[3*i+j] = a[3*i]*b[j] + a[3*i+1]*b[3+j] + a[3*i+2]*b[6+j]
		}
	}
	return out
}

// invert returns the inverse by cofactors; ours are never singular.
func invert(m raw.Matrix) (out raw.Matrix) {
	det := 0.0
	for j := range 3 {
		det += m[j] * cofactor(m, 0, j)
	}
	for i := range 3 {
		for j := range 3 {
			out[3*j+i] = cofactor(m, i, j) / det
		}
	}
	return out
}

func cofactor(m raw.Matrix, i, j int) float64 {
	a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
	return m[3*a+c]*m[3*b+d] - m[3*a+d]*m[3*b+c]
}
