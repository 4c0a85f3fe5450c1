package develop_test

import (
	"image"
	"math"
	"testing"

	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// TestProfilesThatSayTheSame writes one camera's colours down in different
// ways, all of which DNG allows; the picture stays the same.
func TestProfilesThatSayTheSame(t *testing.T) {
	const kelvin = 3900
	s := simulate(t, sensor.Chart{}, &sensor.Options{Size: image.Pt(120, 80), Kelvin: kelvin})
	src := s.TruthCamera(0)
	o := &develop.Options{Curve: develop.Linear}
	withForward := read(t, develops(t, src, o))
	bare := src.Header().Clone()
	for i := range bare.Color.Calibrations {
		bare.Color.Calibrations[i].ForwardMatrix = raw.Matrix{}
	}
	plain := read(t, develops(t, reheaded{src, bare}, o))
	analog := [3]float64{1.2, 1, 0.8}
	body := raw.Matrix{1.05, 0.02, 0, -0.01, 0.97, 0.01, 0, 0.03, 1.1}
	for name, c := range map[string]struct {
		change func(h *raw.Header)
		want   *raw.RGB
		tol    float64
	}{
		// The reference camera sees what this one would without its own
		// matrices: camera = analog·body·reference.
		"analog balance and calibration": {func(h *raw.Header) {
			h.Color.AnalogBalance = analog
			both, _ := colorimetry.Invert(colorimetry.Mul(colorimetry.Diagonal(analog), body))
			for i := range h.Color.Calibrations {
				c := &h.Color.Calibrations[i]
				c.CameraCalibration = body
				c.ColorMatrix = colorimetry.Mul(both, c.ColorMatrix)
				c.ForwardMatrix = raw.Matrix{}
			}
		}, plain, 2},
		"white as chromaticity": {func(h *raw.Header) {
			h.Color.AsShotNeutral = [3]float64{}
			h.Color.AsShotWhiteXY = colorimetry.Temperature{Kelvin: kelvin}.XY()
		}, withForward, 60},
		"a neutral of another scale": {func(h *raw.Header) {
			for i := range h.Color.AsShotNeutral {
				h.Color.AsShotNeutral[i] *= 2.7
			}
		}, withForward, 1},
		"the other order": {func(h *raw.Header) {
			h.Color.Calibrations[0], h.Color.Calibrations[1] = h.Color.Calibrations[1], h.Color.Calibrations[0]
		}, withForward, 1},
		"a third light": {func(h *raw.Header) {
			third := h.Color.Calibrations[1]
			third.Illuminant = 22
			h.Color.Calibrations = append(h.Color.Calibrations, third)
		}, withForward, 1},
		"forward matrices of another scale": {func(h *raw.Header) {
			for i := range h.Color.Calibrations {
				for k := range h.Color.Calibrations[i].ForwardMatrix {
					h.Color.Calibrations[i].ForwardMatrix[k] *= 1.5
				}
			}
		}, withForward, 1},
	} {
		h := src.Header().Clone()
		c.change(h)
		got := read(t, develops(t, reheaded{src, h}, o))
		worst := 0.0
		for p := range c.want.Pix {
			for i := range c.want.Pix[p] {
				worst = max(worst, math.Abs(float64(got.Pix[p][i])-float64(c.want.Pix[p][i])))
			}
		}
		if worst > c.tol {
			t.Errorf("%s: off by up to %v of 65535", name, worst)
		}
	}
}

// TestPedestal develops one picture stored with different black levels, one
// of them a different one for each plane.
func TestPedestal(t *testing.T) {
	src := simulate(t, sensor.Chart{}, &sensor.Options{Size: image.Pt(120, 80)}).TruthCamera(0)
	h, plain := src.Header(), read(t, src)
	want := read(t, develops(t, src, nil))
	for name, black := range map[string][]float64{"one": {3000}, "three": {1000, 2000, 4000}} {
		head := h.Clone()
		head.Black = raw.BlackLevel{Rows: 1, Cols: 1, Samples: len(black), Values: black}
		m := raw.NewRGB(h.Bounds())
		for c := range m.Pix {
			b := head.Black.At(0, 0, c)
			for i, v := range plain.Pix[c] {
				m.Pix[c][i] = uint16(math.Round(b + float64(v)*(65535-b)/65535))
			}
		}
		mem, err := raw.NewMemoryRGB(head, m)
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, develops(t, mem, nil))
		for c := range want.Pix {
			for i := range want.Pix[c] {
				if math.Abs(float64(got.Pix[c][i])-float64(want.Pix[c][i])) > 60 {
					t.Fatalf("%s: sample %d of plane %d is %d, want %d", name, i, c, got.Pix[c][i], want.Pix[c][i])
				}
			}
		}
	}
}
