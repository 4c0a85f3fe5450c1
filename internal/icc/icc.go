// Package icc makes the colour profiles that quadraw embeds in pictures: RGB
// matrix profiles of ICC version 4 (ICC.1:2010), computed from the spaces'
// published primaries rather than copied from files.
package icc

import (
	"encoding/binary"
	"math"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

// nameOf is what a viewer shows.
func nameOf(c raw.ColorSpace) string {
	switch c {
	case raw.SRGB:
		return "sRGB"
	case raw.DisplayP3:
		return "Display P3"
	}
	return "Rec. 2020 with the sRGB curve"
}

// Profile returns the profile of c, or nil for [raw.LinearCamera], which no
// profile describes.
func Profile(c raw.ColorSpace) []byte {
	m, ok := toXYZD50(c)
	if !ok {
		return nil
	}
	curve := append([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), fixed(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)...)
	xyz := func(x, y, z float64) []byte { return append([]byte("XYZ \x00\x00\x00\x00"), fixed(x, y, z)...) }
	a := adaptation()
	tags := []struct {
		name string
		data []byte
	}{
		{"desc", text(nameOf(c))},
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

// d50 is the white of the profile connection space.
var d50 = colorimetry.Vector{0.9642, 1, 0.8249}

// adaptation is Bradford's from D65 (ICC.1:2010, annex E).
func adaptation() raw.Matrix {
	return colorimetry.Adapt(colorimetry.D65(), colorimetry.ChromaticityOf(d50))
}

// toXYZD50 returns the matrix from linear RGB to XYZ relative to D50.
func toXYZD50(c raw.ColorSpace) (m raw.Matrix, ok bool) {
	if m, ok = colorimetry.ToXYZ(c); !ok {
		return m, false
	}
	return colorimetry.Mul(adaptation(), m), true
}
