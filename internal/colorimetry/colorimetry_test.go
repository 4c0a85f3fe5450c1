package colorimetry_test

import (
	"math"
	"testing"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

func near(a, b raw.Matrix, tol float64) bool {
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= tol) {
			return false
		}
	}
	return true
}

func TestInvert(t *testing.T) {
	m := raw.Matrix{2, 1, 0, -1, 3, 0.5, 0.2, 0, 1}
	inv, ok := colorimetry.Invert(m)
	if !ok || !near(colorimetry.Mul(m, inv), colorimetry.Identity(), 1e-12) {
		t.Errorf("%v %v", inv, ok)
	}
	if _, ok := colorimetry.Invert(raw.Matrix{1, 2, 3, 2, 4, 6, 0, 0, 1}); ok {
		t.Error("inverted a singular matrix")
	}
	if _, ok := colorimetry.Invert(raw.Matrix{math.NaN()}); ok {
		t.Error("inverted NaN")
	}
}

func TestSpaces(t *testing.T) {
	// IEC 61966-2-1 and the published Bradford D65 → D50 matrix.
	got, _ := colorimetry.ToXYZ(raw.SRGB)
	if want := (raw.Matrix{0.4124, 0.3576, 0.1805, 0.2126, 0.7152, 0.0722, 0.0193, 0.1192, 0.9505}); !near(got, want, 5.1e-4) {
		t.Errorf("sRGB: %v", got)
	}
	if _, ok := colorimetry.ToXYZ(raw.LinearCamera); ok {
		t.Error("a camera has no primaries")
	}
	got = colorimetry.Adapt(colorimetry.D65(), colorimetry.D50())
	if want := (raw.Matrix{1.0478, 0.0229, -0.0501, 0.0295, 0.9905, -0.0171, -0.0092, 0.0151, 0.7521}); !near(got, want, 5e-4) {
		t.Errorf("Bradford: %v", got)
	}
	for v := 0.0; v <= 1; v += 1.0 / 64 {
		if d := colorimetry.Decode(colorimetry.Encode(v)) - v; math.Abs(d) > 1e-7 {
			t.Errorf("transfer of %v is off by %v", v, d)
		}
	}
}

func TestTemperature(t *testing.T) {
	for _, c := range []struct {
		w    colorimetry.XY
		want float64
	}{{colorimetry.A(), 2856}, {colorimetry.D50(), 5003}, {colorimetry.D65(), 6504}, {colorimetry.XY{0.29902, 0.31485}, 7504}} {
		if got := colorimetry.TemperatureOf(c.w); math.Abs(got.Kelvin-c.want) > c.want*0.003 {
			t.Errorf("%v: %v K, want %v", c.w, got.Kelvin, c.want)
		}
	}
	for k := 1800.0; k < 20000; k *= 1.1 {
		for tint := -40.0; tint <= 40; tint += 20 {
			in := colorimetry.Temperature{Kelvin: k, Tint: tint}
			got := colorimetry.TemperatureOf(in.XY())
			if math.Abs(1e6/got.Kelvin-1e6/k) > 0.6 || math.Abs(got.Tint-tint) > 0.5 {
				t.Errorf("%v came back as %v", in, got)
			}
		}
	}
}
