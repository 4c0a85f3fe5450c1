package develop

import (
	"fmt"
	"math"
	"slices"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

// cameraColor is a header's colour profile made ready: DNG 1.7.1, chapter 6.
type cameraColor struct {
	lights []calibrated // by rising colour temperature; empty: nothing is known
}

// calibrated is a calibration with its checked matrices.
type calibrated struct {
	kelvin   float64
	toCamera raw.Matrix // XYZ → camera: AnalogBalance·CameraCalibration·ColorMatrix
	body     raw.Matrix // AnalogBalance·CameraCalibration
	forward  raw.Matrix // zero when there is none
}

func newCameraColor(p *raw.ColorProfile) *cameraColor {
	c := &cameraColor{}
	analog := colorimetry.Vector(p.AnalogBalance)
	if !usable(analog) {
		analog = colorimetry.Vector{1, 1, 1}
	}
	for _, cal := range p.Calibrations {
		if _, ok := colorimetry.Invert(cal.ColorMatrix); !ok {
			continue
		}
		l := calibrated{body: colorimetry.Diagonal(analog)}
		if _, ok := colorimetry.Invert(cal.CameraCalibration); ok {
			l.body = colorimetry.Mul(l.body, cal.CameraCalibration)
		}
		l.toCamera = colorimetry.Mul(l.body, cal.ColorMatrix)
		l.forward = normalisedForward(cal.ForwardMatrix)
		if l.kelvin, _ = colorimetry.IlluminantKelvin(cal.Illuminant); l.kelvin == 0 {
			if len(p.Calibrations) > 1 {
				continue // nobody knows where to put it
			}
			l.kelvin = 5003
		}
		c.lights = append(c.lights, l)
	}
	slices.SortStableFunc(c.lights, func(a, b calibrated) int { return int(math.Copysign(1, a.kelvin-b.kelvin)) })
	return c
}

// normalisedForward scales the rows of a forward matrix so that white becomes
// D50's white, as it should; a matrix that cannot be used becomes zero.
func normalisedForward(m raw.Matrix) raw.Matrix {
	if _, ok := colorimetry.Invert(m); !ok {
		return raw.Matrix{}
	}
	got, want := colorimetry.Apply(m, colorimetry.Vector{1, 1, 1}), colorimetry.D50().XYZ()
	for r := range got {
		if got[r] < 0.1 {
			return raw.Matrix{}
		}
		got[r] = want[r] / got[r]
	}
	return colorimetry.Mul(colorimetry.Diagonal(got), m)
}

func (c *cameraColor) known() bool { return len(c.lights) > 0 }

// under interpolates the matrices for light of chromaticity w: linearly in
// the inverse of the colour temperature between the two calibrations around
// it, of the nearest one outside. Three calibrations are taken in pairs.
func (c *cameraColor) under(w colorimetry.XY) calibrated {
	kelvin := colorimetry.TemperatureOf(w).Kelvin
	if kelvin <= c.lights[0].kelvin {
		return c.lights[0]
	}
	for i := 1; i < len(c.lights); i++ {
		a, b := &c.lights[i-1], &c.lights[i]
		if kelvin > b.kelvin {
			continue
		}
		t := (1/kelvin - 1/a.kelvin) / (1/b.kelvin - 1/a.kelvin)
		if a.kelvin == b.kelvin {
			t = 0
		}
		out := calibrated{kelvin: kelvin, toCamera: colorimetry.Mix(a.toCamera, b.toCamera, t), body: colorimetry.Mix(a.body, b.body, t)}
		switch {
		case a.forward.IsZero():
			out.forward = b.forward
		case b.forward.IsZero():
			out.forward = a.forward
		default:
			out.forward = colorimetry.Mix(a.forward, b.forward, t)
		}
		return out
	}
	return c.lights[len(c.lights)-1]
}

// whiteOf returns the white for light of chromaticity w.
func (c *cameraColor) whiteOf(w colorimetry.XY) (white, error) {
	if !c.known() {
		return white{}, fmt.Errorf("%w: a white balance in kelvin or x, y needs the camera's colour matrix, and the file has none", raw.ErrOption)
	}
	n := colorimetry.Apply(c.under(w).toCamera, w.XYZ())
	if !usable(n) {
		return white{}, fmt.Errorf("%w: the camera's colour matrix makes the white at x = %.4f, y = %.4f %v", raw.ErrOption, w[0], w[1], n)
	}
	return white{scaledToOne(n), w}, nil
}

// whiteFrom returns the white of a camera neutral. Its chromaticity depends on
// the matrix, which depends on the chromaticity: iterate.
func (c *cameraColor) whiteFrom(neutral [3]float64) white {
	out := white{scaledToOne(neutral), colorimetry.D50()}
	if !c.known() {
		return out
	}
	xy := out.xy
	for i := range 30 {
		inverse, ok := colorimetry.Invert(c.under(xy).toCamera)
		if !ok {
			break
		}
		v := colorimetry.Apply(inverse, out.neutral)
		if !(v[1] > 0) || v[0] <= 0 || v[2] <= 0 {
			break // not the neutral of a light that exists
		}
		next := colorimetry.ChromaticityOf(v)
		if math.Abs(next[0]-xy[0])+math.Abs(next[1]-xy[1]) < 1e-9 {
			xy = next
			break
		}
		if i == 29 { // it swings between two
			next[0], next[1] = (next[0]+xy[0])/2, (next[1]+xy[1])/2
		}
		xy = next
	}
	out.xy = xy
	return out
}

func scaledToOne(v [3]float64) colorimetry.Vector {
	peak := max(v[0], v[1], v[2])
	return colorimetry.Vector{v[0] / peak, v[1] / peak, v[2] / peak}
}

// toOutput returns the matrix from white-balanced camera RGB, white being
// (1, 1, 1), to linear RGB of the output space.
func (c *cameraColor) toOutput(w white, space raw.ColorSpace) raw.Matrix {
	if !c.known() {
		return colorimetry.Identity()
	}
	cal := c.under(w.xy)
	toXYZ, _ := colorimetry.ToXYZ(space)
	fromXYZ, _ := colorimetry.Invert(toXYZ)
	fromD50 := colorimetry.Mul(fromXYZ, colorimetry.Adapt(colorimetry.D50(), colorimetry.D65()))
	var m raw.Matrix
	if body, ok := colorimetry.Invert(cal.body); ok && !cal.forward.IsZero() {
		reference := colorimetry.Apply(body, w.neutral)
		if usable(reference) {
			m = colorimetry.Mul(fromD50, cal.forward, colorimetry.Diagonal(colorimetry.Vector{1 / reference[0], 1 / reference[1], 1 / reference[2]}), body)
		}
	}
	if m.IsZero() {
		inverse, ok := colorimetry.Invert(cal.toCamera)
		if !ok {
			return colorimetry.Identity()
		}
		m = colorimetry.Mul(fromD50, colorimetry.Adapt(w.xy, colorimetry.D50()), inverse)
	}
	m = colorimetry.Mul(m, colorimetry.Diagonal(w.neutral))
	// White is exactly white, whatever rounding and odd neutrals did.
	got := colorimetry.Apply(m, colorimetry.Vector{1, 1, 1})
	for r, v := range got {
		if !(v > 1e-6) {
			return colorimetry.Identity()
		}
		for k := range 3 {
			m[3*r+k] /= v
		}
	}
	return m
}
