package noise_test

import (
	"image"
	"math"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

// TestBracketReachesFarther merges three exposures of a scene whose lights clip
// in the middle one, from a tripod and by hand.
func TestBracketReachesFarther(t *testing.T) {
	t.Run("tripod", func(t *testing.T) { bracket(t, static(3)) })
	t.Run("hand", func(t *testing.T) { bracket(t, handheld(3, 5)) })
}

func bracket(t *testing.T, poses []pose) {
	s := drawnAs(700, 600, 5, 2000)
	for c := range s.pix {
		for y := 200; y < 300; y++ {
			for x := 300; x < 420; x++ {
				s.pix[c][y*700+x] = float32(.9 + .08*math.Sin(float64(x)/9)*math.Cos(float64(y)/7))
			}
		}
	}
	b := take(t, s, &burstSpec{size: image.Pt(512, 384), origin: image.Pt(90, 100), cfa: raw.BayerRGGB, bits: 12,
		poses: poses, gains: []float64{1.6, .4, 3}, noise: iso400, seed: 9})
	src, report := merge(t, b.frames, nil)
	if report.Reference != 0 {
		t.Errorf("reference %d, want the middle exposure", report.Reference)
	}
	h := src.Header()
	if math.Abs(h.BaselineExposure-2) > .01 {
		t.Errorf("baseline exposure %v, want 2", h.BaselineExposure)
	}
	m := raw.NewMosaic(h.Bounds(), 0)
	readAll(t, src, m)
	// In units of the scene: the reference took 1.6 times as much, white is
	// at four times the reference's.
	value := func(x, y int) float64 {
		return (float64(m.Row(y)[x]) - h.Black.Mean()) / (h.White[0] - h.Black.Mean()) * 4 / 1.6
	}
	ref := raw.NewMosaic(h.Bounds(), 0)
	readAll(t, b.frames[0], ref)
	rh := b.frames[0].Header()
	var lights, darks, single, n, k float64
	for y := 16; y < 368; y++ {
		for x := 16; x < 496; x++ {
			d := value(x, y) - float64(b.truth[y*512+x])
			switch v := b.truth[y*512+x]; {
			case x > 225 && x < 315 && y > 115 && y < 185:
				lights += d * d
				n++
			case v < .12:
				darks += d * d
				d := (float64(ref.Row(y)[x])-rh.Black.Mean())/(rh.White[0]-rh.Black.Mean())/1.6 - float64(v)
				single += d * d
				k++
			}
		}
	}
	lights, darks, single = math.Sqrt(lights/n), math.Sqrt(darks/k), math.Sqrt(single/k)
	// Alone, the short exposure has a σ of 0.06 in the lights. The long one
	// helps in the darks, but clips in parts of two tiles of five, which are
	// filled.
	t.Logf("error in the lights %.4f, in the darks %.4f, of the reference %.4f", lights, darks, single)
	if lights > .05 {
		t.Errorf("error in the lights %.4f", lights)
	}
	if darks > .7*single {
		t.Errorf("error in the darks %.4f, the reference alone %.4f", darks, single)
	}
}

func TestMissingProfileIsEstimatedAndSaid(t *testing.T) {
	b := small(t, raw.BayerRGGB, 3, iso1600, handheld(3, 3))
	for i, f := range b.frames {
		h := f.Header().Clone()
		h.Noise = raw.NoiseProfile{}
		b.frames[i], _ = raw.WithHeader(f, h)
	}
	var said strings.Builder
	src, _ := merge(t, b.frames, &noise.MergeOptions{Log: textLog(&said)})
	if !strings.Contains(said.String(), "estimated") {
		t.Errorf("nothing was said: %q", said.String())
	}
	if gain := psnr(t, src, b.truth, 16) - psnr(t, b.frames[0], b.truth, 16); gain < 3.5 {
		t.Errorf("gain %.2f dB", gain)
	}
}
