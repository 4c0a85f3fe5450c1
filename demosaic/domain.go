package demosaic

import (
	"math"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
)

// domain is the working domain of LMMSE and of the filter banks and the way
// there and back. Linear samples are balanced, so that a neutral has three
// equal values, and go through the curve
//
//	v = bank.One · (√(x+a) − √a) / (√(1+a) − √a)
//
// in which noise is nearly the same at every signal: with a = 3/8 of
// the shot noise + read variance / shot noise it is the generalised Anscombe
// transform, and never is a so small
// that noise about black would be torn apart by the root's endless slope. Below
// black the curve goes on as its tangent there: read noise is the same on both
// sides of black, and a steeper curve would make dark specks of its lower half.
//
// The curve is computed in float32, whose operations and square root are exact
// everywhere, so every machine gives the same bits.
type domain struct {
	levels  *levels // with the balance as its gain: green has 1
	curve   curve
	unscale [3]float64 // of the way back to normalised samples: 1 / gain
	out     [3]outCurve
	signal
	// Of noisy frames: what averaging loses, and how much of the noise the
	// method averages away.
	noisy    bool
	bias     [3]biasCurve
	measured []*removed
	outNoise [3]*outNoise
}

// curve is the square root with an offset; t stands for x + a.
type curve struct {
	offset float32 // a
	slope  float32 // of v over √t
	base   float32 // slope·√a
	knee   float32 // t below which the tangent is taken: that of black
	// On the tangent v = tangent·t + foot.
	tangent, foot float32
	// The way back: vKnee is v at the knee.
	vKnee, unslope, root, untangent float32
}

// smallestOffset is a for sensors that tell nothing of their noise: the curve's
// slope at black is then near that of sRGB.
const smallestOffset = 1.0 / 1024

func newCurve(a float64) curve {
	c := curve{offset: float32(a)}
	slope := bank.One / (math.Sqrt(1+a) - math.Sqrt(a))
	tangent := slope / (2 * math.Sqrt(a))
	c.slope = float32(slope)
	c.base = float32(slope * math.Sqrt(a))
	c.knee = float32(a)
	c.tangent = float32(tangent)
	c.foot = float32(-tangent * a)
	c.unslope = float32(1 / slope)
	c.root = float32(math.Sqrt(a))
	c.untangent = float32(1 / tangent)
	return c
}

// newDomain returns the domain of h's mosaic under the given balance for m,
// which may be nil.
func newDomain(h *raw.Header, opt *Options, gain [3]float64, m method) (*domain, error) {
	l, err := newLevels(h, 1)
	if err != nil {
		return nil, err
	}
	a := smallestOffset
	if h.Noise.Known() {
		if g := h.Noise[raw.Green]; g.Scale > 0 {
			a = max(a, min(float64(0.375*g.Scale)+g.Offset/g.Scale, 1))
		}
	}
	d := &domain{levels: l, curve: newCurve(a)}
	for c := range gain {
		l.gain[c] = float32(gain[c])
		d.unscale[c] = 1 / gain[c]
	}
	l.setPeriod()
	d.noise = newNoiseCurve(h, opt.Denoise, d)
	for c := range d.clip {
		intoRowGeneric(d.clip[c:c+1], []uint16{1}, []float32{0}, []float32{1}, l.gain[c:c+1], &d.curve)
		white := uint16(d.clip[c])
		if white == bank.Max {
			white = uint16(math.Round(d.curve.working(gain[c])))
		}
		d.out[c] = newOutCurve(&d.curve, white, opt.Pedestal)
	}
	if noise := d.noiseOf(h, opt.Denoise); noise != nil {
		d.noisy = true
		if _, ok := m.(*filterBank); ok && d.noise != nil {
			d.chroma = newChromaNoise(noise, d.noise, d)
		}
		d.bias = newBias(noise, d)
		if m != nil {
			d.measured = m.measure(d.midtones(noise))
			for c := range d.outNoise {
				steps := d.unscale[c] * float64(white-int(opt.Pedestal))
				d.outNoise[c] = newOutNoise(d.out[c], &d.bias[c], steps, d.measured, raw.Color(c))
			}
		}
	}
	return d, nil
}

// intoRow takes a row of samples into the working domain. The samples ahead of
// them will be wanted soon.
func (d *domain) intoRow(dst []int16, src []uint16, r levelRow, ahead int) {
	n := len(dst)
	intoRowArch(dst, src[:n], r.black[:n], r.scale[:n], r.gain[:n], &d.curve, ahead)
}

func intoRowGeneric(dst []int16, src []uint16, black, scale, gain []float32, c *curve) {
	n := len(dst)
	src, black, scale, gain = src[:n], black[:n], scale[:n], gain[:n]
	for i, v := range src {
		u := min(float32((float32(v)-black[i])*scale[i]), 1)
		t := float32(u*gain[i]) + c.offset
		var f float32
		if t < c.knee {
			f = max(float32(c.tangent*t)+c.foot, bank.Min)
		} else {
			f = min(float32(c.slope*sqrt32(t))-c.base, bank.Max)
		}
		dst[i] = int16(int32(math.Float32bits(f+roundMagic)) - roundBits)
	}
}

// outOfRow takes a row back to linear samples of the given scale and black, and
// bounds them to 0…top. removed is the share of bias that is added.
func outOfRow(dst []uint16, src []int16, scale, removed []float32, black, top float32, bias *biasCurve, c *curve) {
	n := len(dst)
	outOfRowArch(dst, src[:n], scale[:n], removed[:n], black, top, bias, c)
}

// plainRow is outOfRow without bias. With stream set it may write to memory
// past the cache.
func plainRow(dst []uint16, src []int16, scale []float32, black, top float32, c *curve, stream bool) {
	n := len(dst)
	plainRowArch(dst, src[:n], scale[:n], black, top, c, stream)
}

// outOf takes a working sample back to white = 1.
func (c *curve) outOf(v int16) float32 {
	f := float32(v)
	if f < c.vKnee {
		return float32((f-c.foot)*c.untangent) - c.offset
	}
	r := float32(f*c.unslope) + c.root
	return float32(r*r) - c.offset
}

func plainRowGeneric(dst []uint16, src []int16, scale []float32, black, top float32, c *curve) {
	src, scale = src[:len(dst)], scale[:len(dst)]
	for i, v := range src {
		x := float32(c.outOf(v)*scale[i]) + black
		x = max(0, min(x, top))
		dst[i] = uint16(int32(math.Float32bits(x+roundMagic)) - roundBits)
	}
}

func outOfRowGeneric(dst []uint16, src []int16, scale, removed []float32, black, top float32, bias *biasCurve, c *curve) {
	src, scale, removed = src[:len(dst)], scale[:len(dst)], removed[:len(dst)]
	for i, v := range src {
		at := int32(v) - bank.Min
		part := at >> biasShift & (biasParts - 1)
		b := float32(bias.slope[part]*float32(at&(1<<biasShift-1))) + bias.value[part]
		x := float32(b*removed[i]) + c.outOf(v)
		x = float32(x*scale[i]) + black
		x = max(0, min(x, top))
		dst[i] = uint16(int32(math.Float32bits(x+roundMagic)) - roundBits)
	}
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }
