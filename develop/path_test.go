package develop_test

import (
	"image"
	"testing"

	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/sensor"
)

// TestChartThroughThePath photographs the colour chart, noise and all, and
// takes it the whole way. The bound of the project is 3.
func TestChartThroughThePath(t *testing.T) {
	for _, preset := range sensor.Presets() {
		for _, kelvin := range []float64{0, 2856, 4500} {
			s := simulate(t, sensor.Chart{}, &sensor.Options{Sensor: preset, Size: image.Pt(480, 320), Kelvin: kelvin, Seed: 5})
			rgb, err := demosaic.New(s.Frame(0), &demosaic.Options{Method: demosaic.Bilinear, Pedestal: 1024})
			if err != nil {
				t.Fatal(err)
			}
			m := read(t, develops(t, rgb, &develop.Options{Curve: develop.Linear}))
			all, mean := chartErrors(t, m)
			t.Logf("%s at %v K: mean ΔE2000 %.2f, largest %.2f", preset.Name, kelvin, mean, maxOf(all))
			if mean > 1 {
				t.Errorf("%s at %v K: mean ΔE2000 %.2f: %.2f", preset.Name, kelvin, mean, all)
			}
		}
	}
}

func maxOf(v []float64) (m float64) {
	for _, x := range v {
		m = max(m, x)
	}
	return m
}
