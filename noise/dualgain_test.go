package noise_test

import (
	"image"
	"math"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// dualGain are two exposures of one scene and of one time, the second at four
// times the ISO: what it clips begins at a quarter of the first's white. The
// truth is the second's, at the first's exposure. A hand that shakes moves the
// first against it.
func dualGain(t *testing.T, cfa raw.CFA, shake float64) (frames []raw.Source, truth *raw.Mosaic, h *raw.Header) {
	t.Helper()
	for i, iso := range []float64{200, 800} {
		sim, err := sensor.New(sensor.Texture{Seed: 5}, &sensor.Options{
			Size: image.Pt(384, 288), CFA: cfa, ISO: iso, Exposure: iso / 200 * .9, Seed: uint64(i + 1), Shake: sensor.Shake{Step: shake},
		})
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, sim.Frame(1-i))
		if i == 0 {
			src := sim.Truth(0)
			h = src.Header()
			truth = raw.NewMosaic(h.Bounds(), 0)
			readAll(t, src, truth)
		}
	}
	return frames, truth, h
}

// sixteenBits returns a frame with its samples in the upper bits of 16.
func sixteenBits(t *testing.T, src raw.Source) raw.Source {
	t.Helper()
	h := src.Header().Clone()
	m := raw.NewMosaic(h.Bounds(), 0)
	readAll(t, src, m)
	shift := 16 - h.BitsPerSample
	for i, v := range m.Pix {
		m.Pix[i] = v << shift
	}
	k := float64(int(1) << shift)
	h.BitsPerSample, h.Black = 16, raw.ConstantBlack(h.Black.Mean()*k)
	for c := range h.White {
		h.White[c] *= k
	}
	out, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// rangeError is the RMS error of a frame in the shadows (below 1/20) and in
// the lights (which the frame of the higher gain clips), in units of the truth,
// of which the frame's white is the given part.
func rangeError(t *testing.T, src raw.Source, truth *raw.Mosaic, th *raw.Header, white float64) (shadows, lights, bias float64) {
	t.Helper()
	h := src.Header()
	m := raw.NewMosaic(h.Bounds(), 0)
	readAll(t, src, m)
	var n, k float64
	for y := 16; y < h.Size.Y-16; y++ {
		for x := 16; x < h.Size.X-16; x++ {
			want := (float64(truth.Row(y)[x]) - th.Black.Mean()) / (th.White[1] - th.Black.Mean())
			d := (float64(m.Row(y)[x])-h.Black.Mean())/(h.White[1]-h.Black.Mean())*white - want
			switch {
			case want < .05:
				shadows += d * d
				n++
			case want > .3 && want < .95:
				lights += d * d
				bias += d
				k++
			}
		}
	}
	if n < 1000 || k < 1000 {
		t.Fatalf("a scene of %v shadows and %v lights", n, k)
	}
	return math.Sqrt(shadows / n), math.Sqrt(lights / k), bias / k
}

// TestDualGainGainsAtBothEnds merges frames that differ by their ISO only: EXIF
// tells the ratio, or it is measured.
func TestDualGainGainsAtBothEnds(t *testing.T) {
	for _, c := range []struct {
		name            string
		cfa             raw.CFA
		shake           float64
		told, sixteen   bool
		shadows, lights float64 // error against the best frame's alone
	}{
		{"Bayer", raw.BayerRGGB, 0, true, false, .73, 1.02},
		{"Bayer, measured", raw.BayerRGGB, 0, false, false, .73, 1.02},
		{"Bayer of 16 bits", raw.BayerRGGB, 0, true, true, .73, 1.02},
		{"Quad", raw.QuadRGGB, 0, true, false, .73, 1.02},
		{"Quad, measured", raw.QuadRGGB, 0, false, false, .73, 1.02},
		{"Bayer by hand", raw.BayerRGGB, 4, true, false, .85, 1.3},
		{"Bayer by hand, measured", raw.BayerRGGB, 4, false, false, .85, 1.3},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames, truth, th := dualGain(t, c.cfa, c.shake)
			still := frames
			if c.shake > 0 {
				still, _, _ = dualGain(t, c.cfa, 0)
			}
			lowShadows, lowLights, _ := rangeError(t, still[0], truth, th, 1)
			highShadows, highLights, _ := rangeError(t, still[1], truth, th, .25)
			for i, f := range frames {
				if !c.told {
					h := f.Header().Clone()
					h.Capture = raw.Capture{}
					f, _ = raw.WithHeader(f, h)
				}
				if c.sixteen {
					f = sixteenBits(t, f)
				}
				frames[i] = f
			}
			var said strings.Builder
			src, report := merge(t, frames, &noise.MergeOptions{Log: textLog(&said)})
			if report.Reference != 1 {
				t.Errorf("reference %d, want the one of the higher gain", report.Reference)
			}
			gain := report.Frames[0].Gain
			if math.Abs(gain/4-1) > .005 {
				t.Errorf("the low gain counts as 1/%.3f, want 1/4", gain)
			}
			h := src.Header()
			if want := frames[1].Header().BaselineExposure + math.Log2(gain); math.Abs(h.BaselineExposure-want) > 1e-6 {
				t.Errorf("baseline exposure %.3f, want %.3f", h.BaselineExposure, want)
			}
			if !strings.Contains(said.String(), "exposure") {
				t.Errorf("nothing is said: %q", said.String())
			}
			shadows, lights, bias := rangeError(t, src, truth, th, gain/4)
			t.Logf("shadows %.5f, alone %.5f and %.5f; lights %.5f (bias %.5f), alone %.5f and %.5f", shadows, lowShadows, highShadows, lights, bias, lowLights, highLights)
			// In the shadows there are two frames of the same light, in the
			// lights one.
			if shadows > c.shadows*min(lowShadows, highShadows) {
				t.Errorf("error in the shadows %.5f, of the frames alone %.5f and %.5f", shadows, lowShadows, highShadows)
			}
			if lights > c.lights*lowLights || math.Abs(bias) > .1*lowLights {
				t.Errorf("error in the lights %.5f (bias %.5f), of the low gain alone %.5f", lights, bias, lowLights)
			}
		})
	}
}
