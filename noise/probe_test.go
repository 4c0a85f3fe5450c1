package noise_test

import (
	"image"
	"math"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

// TestNoiseLeftIsTrue holds the noise that report and header tell to what is
// there: what differs between two bursts that show the same, but for their
// noise.
func TestNoiseLeftIsTrue(t *testing.T) {
	s := drawn(760, 600, 5)
	for _, c := range []struct {
		name   string
		cfa    raw.CFA
		method noise.MergeMethod
		poses  []pose
		model  raw.NoiseModel
		within float64 // of the variance
	}{
		{"Bayer", raw.BayerRGGB, noise.Fourier, static(8), iso1600, .03},
		{"Quad, two frames", raw.QuadRGGB, noise.Fourier, static(2), iso400, .03},
		{"Bayer by hand", raw.BayerRGGB, noise.Fourier, handheld(8, 3), iso1600, .05},
		{"Quad by hand", raw.QuadRGGB, noise.Fourier, handheld(6, 3), iso400, .08},
		{"Bayer, fast", raw.BayerRGGB, noise.Fast, static(8), iso1600, .03},
		{"Bayer, fast, by hand", raw.BayerRGGB, noise.Fast, handheld(8, 3), iso1600, .12},
	} {
		t.Run(c.name, func(t *testing.T) {
			var merged [2][]float64
			var truth []float32
			var report *noise.MergeReport
			var h, before *raw.Header
			size := image.Pt(576, 480)
			for i := range merged {
				b := take(t, s, &burstSpec{size: size, origin: image.Pt(90, 60), cfa: c.cfa, bits: 12, poses: c.poses, noise: c.model, seed: uint64(7 + i)})
				src, r := merge(t, b.frames, &noise.MergeOptions{Reference: 1, Method: c.method})
				m := raw.NewMosaic(image.Rectangle{Max: size}, 0)
				readAll(t, src, m)
				r.Update()
				report, truth, h, before = r, b.truth, src.Header(), b.frames[0].Header()
				for _, v := range m.Pix {
					merged[i] = append(merged[i], (float64(v)-h.Black.Mean())/(h.White[1]-h.Black.Mean()))
				}
			}
			found, told, one := 0.0, 0.0, 0.0
			for i, x := range truth {
				d := merged[0][i] - merged[1][i]
				found += d * d / 2
				told += h.Noise.Variance(raw.Green, float64(x))
				one += before.Noise.Variance(raw.Green, float64(x))
			}
			t.Logf("variance against one frame's: %.4f found, header %.4f, report %.4f", found/one, told/one, math.Pow(10, -report.GainDB/10))
			if off := told/found - 1; math.Abs(off) > c.within {
				t.Errorf("the header's variance is off by %.1f %%", 100*off)
			}
			if off := math.Pow(10, -report.GainDB/10) * one / found; math.Abs(off-1) > c.within {
				t.Errorf("the report's variance is off by %.1f %%", 100*(off-1))
			}
			if r := report.NoiseAfter / report.NoiseBefore; math.Abs(20*math.Log10(r)+report.GainDB) > 1e-6 {
				t.Errorf("noise %.5f before, %.5f after, but a gain of %.3f dB", report.NoiseBefore, report.NoiseAfter, report.GainDB)
			}
		})
	}
}
