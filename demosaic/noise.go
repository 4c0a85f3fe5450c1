package demosaic

import (
	"math"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
)

// noiseSteps is how many equal parts of the working range a [noiseCurve] has.
const noiseSteps = 64

// noiseCurve is the standard deviation of the noise, in 255ths of bank.One, at
// the samples bank.Min + 512·i.
type noiseCurve [noiseSteps + 1]float32

// newNoiseCurve returns the noise in the working domain that the option asks
// for or, for [DenoiseAuto], that h's profile gives; nil for none. The mean
// over red, twice green and blue of a neutral signal stands for every sample:
// behind the curve it hardly depends on the signal.
func newNoiseCurve(h *raw.Header, denoise Denoise, d *domain) *noiseCurve {
	n := &noiseCurve{}
	switch {
	case denoise == DenoiseOff:
		return nil
	case denoise != DenoiseAuto:
		for i := range n {
			n[i] = float32(denoise)
		}
		return n
	case !h.Noise.Known():
		return nil
	}
	for i := range n {
		x, slope := d.curve.linear(float64(bank.Min + 512*i))
		sum := 0.0
		for _, c := range [4]raw.Color{raw.Red, raw.Green, raw.Green, raw.Blue} {
			g := float64(d.levels.gain[c])
			n := h.Noise[c]
			sum += float64(g * g * (float64(n.Scale*max(x/g, 0)) + n.Offset))
		}
		n[i] = float32(math.Sqrt(sum/4) * slope * 255 / bank.One)
	}
	return n
}

// linear is the balanced linear value x behind the working sample v, and the
// curve's slope dv/dx there.
func (c *curve) linear(v float64) (x, slope float64) {
	if v < float64(c.vKnee) {
		return (v-float64(c.foot))/float64(c.tangent) - float64(c.offset), float64(c.tangent)
	}
	r := v/float64(c.slope) + float64(c.root)
	return float64(r*r) - float64(c.offset), float64(c.slope) / (2 * r)
}
