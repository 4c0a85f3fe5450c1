package develop

import (
	"math"

	"github.com/quadraw/quadraw/internal/colorimetry"
)

// tone returns light on the screen for scene light x, both 0 to 1 and above;
// white is the scene light of saturation, which becomes 1.
func (c Curve) tone(x, white float64) float64 {
	switch c {
	case Linear:
		return min(x, 1)
	case Filmic:
		return min(filmic(x)/filmic(white), 1)
	}
	// Reinhard's operator with a white point (Reinhard et al. 2002, eq. 4)
	// after a gain of 1.6, then an S of contrast on the encoded value.
	const gain, contrast = 1.6, 0.45
	x, white = float64(min(x, white)*gain), float64(white*gain)
	y := x * (1 + x/(white*white)) / (1 + x)
	e := colorimetry.Encode(min(y, 1))
	e += float64(contrast * e * (1 - e) * (float64(2*e) - 1))
	return colorimetry.Decode(e)
}

// filmic is Narkowicz's fit to the ACES reference transform (2015).
func filmic(x float64) float64 {
	return x * (float64(2.51*x) + 0.03) / (float64(x*(float64(2.43*x)+0.59)) + 0.14)
}

// The encoder covers light from 2⁻²⁴ to 2⁸ in pieces of 1/128 octave: the
// upper 16 bits of a float32 are the index, the lower ones the place between.
const (
	encoderLow     = 103 << 7 // of 2⁻²⁴
	encoderEntries = 4096
	encoderShift   = 8 // fraction bits of an entry's value
)

// encoder maps linear light, a float32, to an encoded 16-bit sample: tone
// curve and transfer curve in one table of straight pieces. The error against
// the functions is below one unit of 16 bits.
type encoder [encoderEntries]struct{ value, step uint32 }

func newEncoder(c Curve, white float64) *encoder {
	at := func(i int) uint32 {
		x := float64(math.Float32frombits(uint32(i+encoderLow) << 16))
		v := colorimetry.Encode(min(max(c.tone(x, white), 0), 1))
		return uint32(math.Round(v * 65535 * (1 << encoderShift)))
	}
	e := new(encoder)
	for i := range e {
		e[i].value = at(i)
		if next := at(min(i+1, encoderEntries-1)); next > e[i].value {
			e[i].step = next - e[i].value
		}
	}
	return e
}

// at returns the sample of light x; whatever is below 2⁻²⁴, negative or NaN is
// as dark as that.
func (e *encoder) at(x float32) uint16 {
	const low, high = encoderLow << 16, (encoderLow+encoderEntries)<<16 - 1
	bits := int32(math.Float32bits(x))
	bits = max(bits, low)
	bits = min(bits, high)
	p := &e[(uint32(bits)>>16-encoderLow)%encoderEntries]
	return uint16((p.value + p.step*(uint32(bits)>>4&0xfff)>>12 + 1<<(encoderShift-1)) >> encoderShift)
}
