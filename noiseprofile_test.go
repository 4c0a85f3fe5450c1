package quadraw_test

import (
	"errors"
	"image"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// Who gives twenty frames wants to hear which of them is of another kind.
func TestFramesThatDoNotFitAreNamed(t *testing.T) {
	dir := t.TempDir()
	save := func(name string, size image.Point, cfa raw.CFA) string {
		sim, err := sensor.New(sensor.Texture{}, &sensor.Options{Size: size, CFA: cfa, ISO: 800})
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.Join(dir, name)
		if err := quadraw.SaveMosaic(t.Context(), name, sim.Frame(0), nil); err != nil {
			t.Fatal(err)
		}
		return name
	}
	size := image.Pt(128, 96)
	first, second := save("first.dng", size, raw.BayerRGGB), save("second.dng", size, raw.BayerRGGB)
	for name, odd := range map[string]string{
		"narrow.dng": save("narrow.dng", image.Pt(64, 96), raw.BayerRGGB),
		"quad.dng":   save("quad.dng", size, raw.QuadRGGB),
	} {
		for _, m := range []noise.ProfileMethod{noise.FromBurst, noise.FromFrames} {
			_, err := quadraw.EstimateNoise(t.Context(), []string{first, second, odd}, m, nil)
			if !errors.Is(err, noise.ErrProfile) || !strings.Contains(err.Error(), name+": does not fit "+first) || strings.Contains(err.Error(), "frame ") {
				t.Errorf("%s, %v: %v", name, m, err)
			}
		}
	}
}
