package noise_test

import (
	"context"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
	"github.com/quadraw/quadraw/tile"
)

// dualGain are two exposures of one scene and of one time, the second at four
// times the ISO: what it clips begins at a quarter of the first's white. A hand
// that shakes moves one against the other. The truth is at the first's exposure,
// where frame ref saw it.
func dualGain(t *testing.T, scene sensor.Scene, cfa raw.CFA, shake float64, ref int) (frames []raw.Source, truth *raw.Mosaic, h *raw.Header) {
	t.Helper()
	for i, iso := range []float64{200, 800} {
		sim, err := sensor.New(scene, &sensor.Options{
			Size: image.Pt(384, 288), CFA: cfa, ISO: iso, Exposure: iso / 200 * .9, Seed: uint64(i + 1), Shake: sensor.Shake{Step: shake},
		})
		if err != nil {
			t.Fatal(err)
		}
		// Frame 0 is straight, whatever the seed.
		frames = append(frames, sim.Frame(1-i))
		if i == 0 {
			src := sim.Truth(1 - ref)
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

// rangeError is the RMS error of a frame in the shadows (below 7 %) and in
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
			case want < .07:
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
	texture := sensor.Texture{Seed: 5}
	for _, c := range []struct {
		name            string
		scene           sensor.Scene
		cfa             raw.CFA
		reference       int
		shake           float64
		told, sixteen   bool
		shadows, lights float64 // error against the best frame's alone
	}{
		{"Bayer", texture, raw.BayerRGGB, 0, 0, true, false, .73, 1.02},
		{"Quad, measured", texture, raw.QuadRGGB, 0, 0, false, false, .73, 1.02},
		{"Bayer by hand, measured", texture, raw.BayerRGGB, 0, 4, false, false, .8, 1.02},
		{"Quad star by hand", sensor.SiemensStar{}, raw.QuadRGGB, 0, 4, true, false, 1.1, 1.02},
		{"Bayer to the high gain", texture, raw.BayerRGGB, 2, 0, true, false, .73, 1.02},
		{"Bayer of 16 bits to the high gain", texture, raw.BayerRGGB, 2, 0, true, true, .73, 1.02},
		{"Quad to the high gain, measured", texture, raw.QuadRGGB, 2, 0, false, false, .73, 1.02},
		{"Bayer by hand to the high gain", texture, raw.BayerRGGB, 2, 4, true, false, .85, 1.3},
		// What clips is not to be had where the other frame saw half a
		// pixel of it, but what does not clip is.
		{"Quad star by hand to the high gain", sensor.SiemensStar{}, raw.QuadRGGB, 2, 4, true, false, 1.2, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			ref := max(c.reference-1, 0)
			frames, truth, th := dualGain(t, c.scene, c.cfa, c.shake, ref)
			still, stillTruth := frames, truth
			if c.shake > 0 {
				still, stillTruth, _ = dualGain(t, c.scene, c.cfa, 0, ref)
			}
			lowShadows, lowLights, _ := rangeError(t, still[0], stillTruth, th, 1)
			highShadows, highLights, _ := rangeError(t, still[1], stillTruth, th, .25)
			frames = slices.Clone(frames)
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
			src, report := merge(t, frames, &noise.MergeOptions{Reference: c.reference, Log: textLog(&said)})
			if report.Reference != ref {
				t.Errorf("reference %d, want %d", report.Reference, ref)
			}
			gain, want, white := report.Frames[1-ref].Gain, .25, 1.0
			if ref == 1 {
				want, white = 4, gain/4
			}
			if math.Abs(gain/want-1) > .01 {
				t.Errorf("the other frame's gain is %.3f, want %.2f", gain, want)
			}
			h := src.Header()
			if want := frames[ref].Header().BaselineExposure + math.Log2(max(gain, 1)); math.Abs(h.BaselineExposure-want) > 1e-6 {
				t.Errorf("baseline exposure %.3f, want %.3f", h.BaselineExposure, want)
			}
			if !strings.Contains(said.String(), "exposure") {
				t.Errorf("nothing is said: %q", said.String())
			}
			shadows, lights, bias := rangeError(t, src, truth, th, white)
			t.Logf("shadows %.5f, alone %.5f and %.5f; lights %.5f (bias %.5f), alone %.5f and %.5f", shadows, lowShadows, highShadows, lights, bias, lowLights, highLights)
			// In the shadows there are two frames of the same light, in the
			// lights one.
			if shadows > c.shadows*min(lowShadows, highShadows) {
				t.Errorf("error in the shadows %.5f, of the frames alone %.5f and %.5f", shadows, lowShadows, highShadows)
			}
			if lights > c.lights*lowLights || math.Abs(bias) > .1*c.lights*lowLights && c.lights < 2 {
				t.Errorf("error in the lights %.5f (bias %.5f), of the low gain alone %.5f", lights, bias, lowLights)
			}
		})
	}
}

// TestDualGainInTiles reads a merge whose clipped samples were filled in one
// piece and in tiles.
func TestDualGainInTiles(t *testing.T) {
	frames, _, _ := dualGain(t, sensor.Texture{Seed: 5}, raw.QuadRGGB, 4, 1)
	var pix [2][]uint16
	for i, side := range []int{1000, 84} {
		src, _ := merge(t, frames, &noise.MergeOptions{Reference: 2, Tiles: tile.Options{Workers: 1 + 3*i}})
		b := src.Header().Bounds()
		m := raw.NewMosaic(b, src.Header().CFA)
		plan := &tile.Plan{Bounds: b, Size: image.Pt(side, side), Workers: 1 + 3*i}
		err := tile.Each(t.Context(), plan, func() int { return 0 }, func(ctx context.Context, _ int, r image.Rectangle) error {
			return src.ReadTile(ctx, m.Part(r))
		})
		if err != nil {
			t.Fatal(err)
		}
		pix[i] = m.Pix
	}
	if !slices.Equal(pix[0], pix[1]) {
		t.Error("tiles show")
	}
}
