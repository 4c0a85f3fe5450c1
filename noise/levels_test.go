package noise_test

import (
	"image"
	"math"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// relevel returns a frame in other units: samples times gain, with black moved.
func relevel(t *testing.T, src raw.Source, gain, black float64) raw.Source {
	t.Helper()
	h := src.Header().Clone()
	m := raw.NewMosaic(h.Bounds(), 0)
	readAll(t, src, m)
	old := h.Black.Mean()
	for i, v := range m.Pix {
		m.Pix[i] = uint16(max(math.Round((float64(v)-old)*gain+black), 0))
	}
	h.Black = raw.ConstantBlack(black)
	for c := range h.White {
		h.White[c] = (h.White[c]-old)*gain + black
	}
	h.BitsPerSample = 16
	out, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFramesOfOtherLevels merges frames whose files differ in bits and black
// level: the same light, so the same gain.
func TestFramesOfOtherLevels(t *testing.T) {
	b := small(t, raw.QuadRGGB, 4, iso1600, static(4))
	mixed := slices.Clone(b.frames)
	mixed[1] = relevel(t, mixed[1], 4, 1000)
	mixed[2] = relevel(t, mixed[2], 1, 200)
	for _, method := range []noise.MergeMethod{noise.Fourier, noise.Fast} {
		for ref := 1; ref <= 3; ref++ {
			o := &noise.MergeOptions{Reference: ref, Method: method}
			alike, _ := merge(t, b.frames, o)
			other, report := merge(t, mixed, o)
			want, got := psnr(t, alike, b.truth, 16), psnr(t, other, b.truth, 16)
			if math.Abs(got-want) > .03 {
				t.Errorf("%v, reference %d: %.2f dB, of frames of the same levels %.2f", method, ref, got, want)
			}
			for i, f := range report.Frames {
				if f.Accepted < .9 {
					t.Errorf("%v, reference %d: frame %d counts for %.2f", method, ref, i, f.Accepted)
				}
			}
		}
	}
}

// TestDefectsInFramesThatDiffer looks for the same hot pixels in frames of
// other levels, exposure and noise.
func TestDefectsInFramesThatDiffer(t *testing.T) {
	spec := &burstSpec{size: image.Pt(512, 384), cfa: raw.QuadRGGB, bits: 12, noise: iso400, seed: 4}
	rng := newRand(6)
	clean := make([]float32, spec.size.X*spec.size.Y)
	for i := range clean {
		clean[i] = .1 + .05*float32(math.Sin(float64(i%512)/40))
	}
	hot := map[image.Point]bool{}
	for range 40 {
		hot[image.Pt(rng.IntN(512), rng.IntN(384))] = true
	}
	frame := func(gain float64, model raw.NoiseModel) raw.Source {
		s := *spec
		s.noise = model
		light := slices.Clone(clean)
		for p := range hot {
			light[p.Y*512+p.X] += .5
		}
		return expose(t, light, &s, gain, rng)
	}
	for name, frames := range map[string][]raw.Source{
		"levels":    {frame(1, iso400), relevel(t, frame(1, iso400), 4, 900), relevel(t, frame(1, iso400), .25, 16)},
		"exposures": {frame(.5, iso400), frame(1, iso400), frame(1.9, iso400)},
		"ISO":       {frame(.5, iso400), frame(1, iso1600), frame(1, iso1600)},
		"ISO, back": {frame(1, iso1600), frame(1, iso1600), frame(.5, iso400)},
	} {
		found, err := noise.FindDefects(t.Context(), frames, nil)
		if err != nil {
			t.Fatal(err)
		}
		hits := 0
		for _, d := range found {
			if hot[image.Pt(d.X, d.Y)] {
				hits++
			}
		}
		if hits < len(hot)*8/10 || len(found) > hits+2 {
			t.Errorf("%s: %d of %d found, %d more", name, hits, len(hot), len(found)-hits)
		}
	}
}

// TestGivenNoiseIsThatOfTheReferencesISO gives the profile of the reference
// instead of the headers', in a burst of two ISO.
func TestGivenNoiseIsThatOfTheReferencesISO(t *testing.T) {
	frames, _, _ := dualGain(t, sensor.Texture{Seed: 5}, raw.BayerRGGB, 0, 1)
	profile := frames[1].Header().Noise
	told, untold := slices.Clone(frames), slices.Clone(frames)
	for i, f := range frames {
		h := f.Header().Clone()
		h.Noise = profile.AtISO(800, h.Capture.ISO)
		told[i], _ = raw.WithHeader(f, h)
		h = h.Clone()
		h.Noise = raw.NoiseProfile{}
		untold[i], _ = raw.WithHeader(f, h)
	}
	want, _ := merge(t, told, &noise.MergeOptions{Reference: 2})
	got, _ := merge(t, untold, &noise.MergeOptions{Reference: 2, Noise: profile})
	a, b := raw.NewMosaic(want.Header().Bounds(), 0), raw.NewMosaic(want.Header().Bounds(), 0)
	readAll(t, want, a)
	readAll(t, got, b)
	if !slices.Equal(a.Pix, b.Pix) || want.Header().Noise != got.Header().Noise {
		t.Error("a given profile does not hold for the other ISO")
	}
}
