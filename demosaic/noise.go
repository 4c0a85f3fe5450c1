package demosaic

import (
	"image"
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

// midtones returns the deviations of the three planes, in 255ths of bank.One,
// at a quarter of white.
func (d *domain) midtones(noise *raw.NoiseProfile) (sigma [3]float64) {
	x, slope := d.curve.linear(bank.One / 2)
	for c := range sigma {
		g, n := float64(d.levels.gain[c]), noise[c]
		variance := float64(g*g) * (float64(n.Scale*max(x/g, 0)) + n.Offset)
		sigma[c] = math.Sqrt(variance) * slope * 255 / bank.One
	}
	return sigma
}

// biasCurve is what the curve of the working domain takes away from a mean: the
// root of a noisy signal is on average below the root of its mean, so a sample
// that has been averaged comes back too dark. The exact unbiased inverse (M.
// Mäkitalo and A. Foi, "Optimal inversion of the generalized Anscombe
// transformation for Poisson-Gaussian noise", IEEE Trans. Image Processing 22,
// 2013) adds it again; a sample that keeps part of its noise needs only the rest.
// About black, where noise is cut off at a stored 0 or at the least working
// sample, the mean is too bright instead, of colours with a large gain most, and
// the bias is negative: without it black turns blue in very little light.
//
// It is piecewise linear: value and slope, in balanced linear units, of the 32
// parts of the working range.
type biasCurve struct{ value, slope [biasParts]float32 }

const (
	biasParts = 32
	biasShift = 10 // a part is 1<<biasShift samples wide
)

// noiseOf is the noise that a frame of header h has as far as is known: its
// profile or, where the user has said how much to remove, the profile under
// which that deviation is the same at every signal. It is nil for none.
func (d *domain) noiseOf(h *raw.Header, denoise Denoise) *raw.NoiseProfile {
	if denoise > 0 {
		p := &raw.NoiseProfile{}
		v := float64(denoise) / 255 * bank.One / float64(d.curve.slope)
		for c := range p {
			g := float64(d.levels.gain[c])
			scale := 4 * float64(v*v)
			p[c] = raw.NoiseModel{Scale: scale / g, Offset: float64(scale*float64(d.curve.offset)) / float64(g*g)}
		}
		return p
	}
	if h.Noise.Known() {
		return &h.Noise
	}
	return nil
}

// newBias returns the biases of the three planes.
func newBias(noise *raw.NoiseProfile, d *domain) [3]biasCurve {
	var b [3]biasCurve
	for c := range b {
		g := float64(d.levels.gain[c])
		variance := func(x float64) float64 {
			return float64(g*g) * (float64(noise[c].Scale*max(x/g, 0)) + noise[c].Offset)
		}
		// Samples are cut off at a stored 0 and at the least working sample.
		lowest := -maxBlack(&d.levels.black) * float64(d.levels.scale[c]) * g
		if least, _ := d.curve.linear(bank.Min); lowest < least {
			lowest = least
		}
		var knots [biasParts + 1]float64
		for i := range knots {
			knots[i] = d.curve.bias(float64(bank.Min+i<<biasShift), lowest, variance)
		}
		for i := range biasParts {
			b[c].value[i] = float32(knots[i])
			b[c].slope[i] = float32((knots[i+1] - knots[i]) / (1 << biasShift))
		}
	}
	return b
}

// bias returns how far the linear value behind the mean working sample v is
// below the mean of the linear signal, whose samples are cut off at lowest.
func (c *curve) bias(v, lowest float64, variance func(float64) float64) float64 {
	below, _ := c.linear(v)
	lo, hi := below-0.25, below+4
	for range 50 {
		mid := (lo + hi) / 2
		if c.mean(mid, lowest, variance(mid)) < v {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo+hi)/2 - below
}

// hermite are the nodes and weights of nine-point Gauss-Hermite quadrature for a
// normal distribution of variance 1.
var hermite = [...][2]float64{
	{0, 0.40634920634920635},
	{1.0232556637891326, 0.24409750289493909}, {2.0768479786778302, 0.049916406765217898},
	{3.2054290028564703, 0.0027891413212317675}, {4.5127458633997826, 2.2345844007746583e-05},
}

// mean is the expected working sample of a signal x with normal noise, cut off
// at lowest.
func (c *curve) mean(x, lowest, variance float64) float64 {
	sigma := math.Sqrt(variance)
	sum := float64(hermite[0][1] * c.working(max(x, lowest)))
	for _, n := range hermite[1:] {
		s := float64(sigma * n[0])
		sum += float64(n[1] * (c.working(max(x-s, lowest)) + c.working(max(x+s, lowest))))
	}
	return sum
}

// working is the curve in float64.
func (c *curve) working(x float64) float64 {
	t := x + float64(c.offset)
	if t < float64(c.knee) {
		return float64(float64(c.tangent)*t) + float64(c.foot)
	}
	return float64(float64(c.slope)*math.Sqrt(t)) - float64(c.base)
}

// removed is the share of the noise's variance that a method takes away, at
// each pixel of a period and in each plane: [y&3][x&3][plane].
type removed [4][4][3]float32

// measureRemoved is what one method removes of the noise of a [flatField].
func measureRemoved(cell, halo int, sigma [3]float64, run func(dst *bank.RGB, in *bank.Plane)) *removed {
	return newFlatField(cell, halo).removed(sigma, run)
}

// flatField is a gray field to measure what methods remove of its noise. It is
// the same for all levels of noise.
type flatField struct {
	noise []int32 // of each sample, of variance 1 << 32
	color [4][4]uint8
	in    bank.Plane
	out   bank.RGB
}

// fieldSide is the side of the part that is measured.
const fieldSide = 96

// newFlatField returns the field of an array of the given cells, for methods
// that read halo pixels around.
func newFlatField(cell, halo int) *flatField {
	f := &flatField{}
	f.out.Reset(image.Rect(0, 0, fieldSide, fieldSide))
	f.in.Reset(f.out.Rect.Inset(-halo))
	for y := range f.color {
		for x := range f.color[y] {
			f.color[y][x] = bank.ColorAt(cell, x-halo, y-halo)
		}
	}
	f.noise = make([]int32, f.in.Stride*f.in.Rect.Dy())
	seed := uint32(1)
	for i := range f.noise {
		// Twelve uniform numbers of 16 bits make a nearly normal one.
		n := int32(-6 << 16)
		for range 12 {
			seed = seed*1664525 + 1013904223
			n += int32(seed >> 16)
		}
		f.noise[i] = n
	}
	return f
}

// removed runs a method on the field with noise of the given deviations of red,
// green and blue in 255ths of bank.One. What one colour's samples get of
// another's noise counts too.
func (f *flatField) removed(sigma [3]float64, run func(dst *bank.RGB, in *bank.Plane)) *removed {
	var amplitude [3]int64
	for c := range sigma {
		amplitude[c] = max(1, min(int64(math.Round(sigma[c]/255*bank.One)), 2048))
	}
	for y := range f.in.Rect.Dy() {
		row, noise := f.in.Pix[y*f.in.Stride:][:f.in.Stride], f.noise[y*f.in.Stride:][:f.in.Stride]
		var own [4]int64
		for x, c := range f.color[y&3] {
			own[x] = amplitude[c]
		}
		for x, n := range noise {
			row[x] = int16(bank.One/2 + (int64(n)*own[x&3])>>16)
		}
	}
	run(&f.out, &f.in)
	r := &removed{}
	for y := range 4 {
		for x := range 4 {
			for c := range 3 {
				var n, sum, squares int64
				for j := y; j < fieldSide; j += 4 {
					for i := x; i < fieldSide; i += 4 {
						v := int64(f.out.Pix[c][j*f.out.Stride+i])
						n, sum, squares = n+1, sum+v, squares+v*v
					}
				}
				a := amplitude[c]
				left := float64(n*squares-sum*sum) / float64(n*n*a*a)
				r[y][x][c] = float32(1 - left)
				if left > 0.9 && left < 1.1 {
					r[y][x][c] = 0 // the sample itself
				}
			}
		}
	}
	return r
}
