package noise_test

import (
	"errors"
	"image"
	"math"
	"os"
	"testing"

	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

// deviation is the mean relative error of the estimated variance over the
// signals that the scene holds.
func deviation(p raw.NoiseProfile, truth raw.NoiseModel, signals []float32) float64 {
	sum := 0.0
	for _, x := range signals {
		sum += math.Abs(p.Variance(raw.Green, float64(x))/truth.Variance(float64(x)) - 1)
	}
	return sum / float64(len(signals))
}

func TestEstimateFromBurstAndFrame(t *testing.T) {
	sharp := drawnAs(1100, 900, 5, 1500)
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadGBRG} {
		s := sharp
		if cfa.Cell() == 2 {
			s = drawnAs(600, 500, 5, 800).up2() // pixels this small do not see sharper
		}
		for name, model := range map[string]raw.NoiseModel{"ISO 1600": iso1600, "ISO 400": iso400} {
			if (cfa.Cell() == 2) != (name == "ISO 1600") && os.Getenv("QUADRAW_LONG") == "" {
				continue // either noise with one kind of mosaic
			}
			b := take(t, s, &burstSpec{size: image.Pt(1024, 768), origin: image.Pt(40, 50), cfa: cfa, bits: 12, poses: handheld(5, 3), noise: model, seed: 7})
			one, err := noise.Estimate(t.Context(), b.frames[:1], nil)
			if err != nil {
				t.Fatal(err)
			}
			all, err := noise.Estimate(t.Context(), b.frames, nil)
			if err != nil {
				t.Fatal(err)
			}
			d1, dn := deviation(one.Profile, model, b.truth), deviation(all.Profile, model, b.truth)
			t.Logf("%v, %s: one frame %.1f %%, burst %.1f %%", cfa, name, 100*d1, 100*dn)
			if d1 > .08 {
				t.Errorf("%v, %s: one frame is off by %.1f %%: %v", cfa, name, 100*d1, one.Profile)
			}
			if dn > .03 {
				t.Errorf("%v, %s: the burst is off by %.1f %%: %v", cfa, name, 100*dn, all.Profile)
			}
		}
	}
}

func TestEstimateFromFlats(t *testing.T) {
	spec := &burstSpec{size: image.Pt(640, 512), cfa: raw.BayerGRBG, bits: 12, noise: iso400, seed: 2}
	var frames []raw.Source
	for i, level := range []float64{0, .05, .15, .35, .7} {
		clean := make([]float32, spec.size.X*spec.size.Y)
		for j := range clean {
			// Lens shading does not matter to pairs.
			clean[j] = float32(level * (1 - .2*float64(j%spec.size.X)/float64(spec.size.X)))
		}
		rng := newRand(uint64(i))
		frames = append(frames, expose(t, clean, spec, 1, rng), expose(t, clean, spec, 1, rng))
	}
	e, err := noise.Estimate(t.Context(), frames, &noise.ProfileOptions{Method: noise.FromFlats})
	if err != nil {
		t.Fatal(err)
	}
	if d := deviation(e.Profile, iso400, []float32{.02, .05, .1, .2, .4, .7}); d > .03 {
		t.Errorf("off by %.1f %%", 100*d)
	}
	t.Logf("%v", e.Profile[0])
	if len(e.Points[raw.Green]) < 3 {
		t.Errorf("%d points to plot", len(e.Points[raw.Green]))
	}
}

func TestEstimateRefuses(t *testing.T) {
	if _, err := noise.Estimate(t.Context(), nil, nil); !errors.Is(err, noise.ErrProfile) {
		t.Errorf("no frames: %v", err)
	}
	h := raw.NewHeader(image.Pt(256, 256), raw.BayerRGGB, 10)
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	for i := range m.Pix {
		m.Pix[i] = 1023
	}
	src, _ := raw.NewMemory(h, m)
	if _, err := noise.Estimate(t.Context(), []raw.Source{src}, nil); !errors.Is(err, noise.ErrProfile) {
		t.Errorf("all clipped: %v", err)
	}
}

// TestEstimateFromPhotographs is the same on Kodak's scenes.
func TestEstimateFromPhotographs(t *testing.T) {
	testutil.Long(t)
	for first := range 6 {
		s := kodak(t, first*3, 1, 1).up2()
		for name, model := range map[string]raw.NoiseModel{"ISO 1600": iso1600, "ISO 400": iso400} {
			b := take(t, s, &burstSpec{size: image.Pt(1500, 1000), origin: image.Pt(18, 12), cfa: raw.BayerRGGB, bits: 12, poses: handheld(5, 3), noise: model, seed: 7})
			one, err := noise.Estimate(t.Context(), b.frames[:1], nil)
			if err != nil {
				t.Fatal(err)
			}
			all, err := noise.Estimate(t.Context(), b.frames, nil)
			if err != nil {
				t.Fatal(err)
			}
			d1, dn := deviation(one.Profile, model, b.truth), deviation(all.Profile, model, b.truth)
			t.Logf("%d, %s: one frame %.1f %%, burst %.1f %%", first, name, 100*d1, 100*dn)
			// The scenes have grain of their own, which counts at low
			// noise and is no error of the estimate.
			if d1 > .08 || dn > .03 {
				t.Errorf("%d, %s: %v, %v", first, name, one.Profile, all.Profile)
			}
		}
	}
}

// TestEstimateIsUnbiased wants the truth of plain fields, where choosing blocks
// must not favour quiet ones.
func TestEstimateIsUnbiased(t *testing.T) {
	spec := &burstSpec{size: image.Pt(1024, 1024), cfa: raw.BayerGRBG, bits: 14, noise: iso1600, seed: 2}
	clean := make([]float32, spec.size.X*spec.size.Y)
	for j := range clean {
		clean[j] = float32(j%spec.size.X) / float32(spec.size.X) * .8
	}
	src := expose(t, clean, spec, 1, newRand(4))
	e, err := noise.Estimate(t.Context(), []raw.Source{src}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ratio := 0.0
	for _, x := range []float64{.05, .1, .2, .4} {
		for c := range raw.Color(3) {
			ratio += e.Profile.Variance(c, x) / iso1600.Variance(x) / 12
		}
	}
	t.Logf("ratio %.4f, %v", ratio, e.Profile)
	if math.Abs(ratio-1) > .02 {
		t.Errorf("estimated variance is %.3f of the truth", ratio)
	}
}
