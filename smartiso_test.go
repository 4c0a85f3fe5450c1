package quadraw_test

import (
	"encoding/json"
	"image"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// AutoMode takes full size where there is light, bins where there is none.
func TestAutoModeFollowsTheNoise(t *testing.T) {
	for iso, want := range map[float64]quadraw.Mode{50: quadraw.Full, 200: quadraw.Full, 1600: quadraw.Full, 3200: quadraw.Bin, 6400: quadraw.Bin} {
		s, err := sensor.New(sensor.Texture{}, &sensor.Options{Size: image.Pt(64, 64), ISO: iso})
		if err != nil {
			t.Fatal(err)
		}
		r, reason, err := quadraw.Recipe{}.Resolve(s.Frame(0).Header())
		if err != nil || r.Mode != want {
			t.Errorf("ISO %v: %v (%s), %v; want %v", iso, r.Mode, reason, err, want)
		}
	}
}

// The exposure that a recipe adds makes the shown middle gray a darker, noisier
// place of the frame.
func TestAutoModeSeesTheExposure(t *testing.T) {
	s, err := sensor.New(sensor.Texture{}, &sensor.Options{Size: image.Pt(64, 64), ISO: 200})
	if err != nil {
		t.Fatal(err)
	}
	for ev, want := range map[float64]quadraw.Mode{0: quadraw.Full, 4: quadraw.Bin} {
		r, reason, err := quadraw.Recipe{Look: quadraw.Look{Exposure: ev}}.Resolve(s.Frame(0).Header())
		if err != nil || r.Mode != want {
			t.Errorf("%+v EV: %v (%s), %v; want %v", ev, r.Mode, reason, err, want)
		}
	}
}

func TestStrengthReadsWhatItPrints(t *testing.T) {
	for text, want := range map[string]quadraw.Strength{`"auto"`: 0, `"none"`: quadraw.NoDenoise, `0`: quadraw.NoDenoise, `0.5`: 0.5, `"2"`: 2, `8`: 8} {
		var s, again quadraw.Strength
		if err := json.Unmarshal([]byte(text), &s); err != nil || s != want {
			t.Errorf("%s: %v, %v", text, s, err)
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &again); err != nil || again != s {
			t.Errorf("%s: printed %s, read %v, %v", text, data, again, err)
		}
	}
	for _, text := range []string{`"much"`, `-1`, `9`, `"NaN"`, `{}`} {
		var s quadraw.Strength
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("%s: read as %v", text, s)
		}
	}
}

// burstPSNR is the PSNR of the picture of a simulated burst.
func burstPSNR(t *testing.T, sim *sensor.Simulator, frames int, r quadraw.Recipe) float64 {
	t.Helper()
	r.Look.Curve = develop.Linear
	p, err := r.Picture(t.Context(), nil, sim.Burst(frames)...)
	if err != nil {
		t.Fatal(err)
	}
	truth := sim.TruthSRGB(0)
	if r.Mode == quadraw.Bin {
		half, err := binning.New(sim.Truth(0), nil)
		if err != nil {
			t.Fatal(err)
		}
		clean := quadraw.Recipe{Mode: quadraw.Keep, Look: r.Look, Denoise: quadraw.NoDenoise}
		h := half.Header().Clone()
		h.Noise = raw.NoiseProfile{}
		if half, err = raw.WithHeader(half, h); err != nil {
			t.Fatal(err)
		}
		if truth, err = clean.Picture(t.Context(), nil, half); err != nil {
			t.Fatal(err)
		}
	}
	q, err := quality.Compare(t.Context(), p, truth, &quality.Options{Border: 16, NoSSIM: true})
	if err != nil {
		t.Fatal(err)
	}
	return q.Total
}

// On scenes that the rule was not made by, it is nearly as good as the best
// strength there is, and much better than none where there is something to gain.
func TestAutoStrengthIsNearTheBest(t *testing.T) {
	scenes := map[string]sensor.Scene{"texture": sensor.Texture{Seed: 77}}
	isos, counts, side := []float64{1600}, []int{3}, 256
	strengths := []quadraw.Strength{0.5, 1}
	if os.Getenv("QUADRAW_LONG") != "" {
		scenes["chart"], scenes["edge"], scenes["zoneplate"] = sensor.Chart{}, sensor.SlantedEdge{}, sensor.ZonePlate{}
		strengths = []quadraw.Strength{0.25, 0.5, 0.75, 1, 1.5, 2}
		isos, counts, side = []float64{200, 800, 3200, 12800}, []int{3, 6}, 512
	}
	var regrets, gains float64
	n := 0
	type setting struct {
		iso    float64
		frames int
		mode   quadraw.Mode
	}
	mean := make(map[setting]float64)
	for name, scene := range scenes {
		for _, iso := range isos {
			sim, err := sensor.New(scene, &sensor.Options{Size: image.Pt(side, side), CFA: raw.QuadRGGB, ISO: iso, Seed: 21, Shake: sensor.Shake{Step: 2}})
			if err != nil {
				t.Fatal(err)
			}
			for _, frames := range counts {
				for _, mode := range []quadraw.Mode{quadraw.Bin, quadraw.Full} {
					none := burstPSNR(t, sim, frames, quadraw.Recipe{Mode: mode, Denoise: quadraw.NoDenoise})
					auto := burstPSNR(t, sim, frames, quadraw.Recipe{Mode: mode})
					best, at := none, quadraw.NoDenoise
					for _, s := range strengths {
						if v := burstPSNR(t, sim, frames, quadraw.Recipe{Mode: mode, Denoise: s}); v > best {
							best, at = v, s
						}
					}
					t.Logf("%-9s ISO %5.0f, %d frames, %-4v: none %.2f dB, auto %+.2f, the best (%v) %+.2f", name, iso, frames, mode, none, auto-none, at, best-none)
					mean[setting{iso, frames, mode}] += (auto - none) / float64(len(scenes))
					regrets += best - auto
					gains += auto - none
					n++
				}
			}
		}
	}
	t.Logf("auto gains %.2f dB on average and is %.2f dB below the best of all strengths", gains/float64(n), regrets/float64(n))
	for at, gain := range mean {
		if gain < 0 {
			t.Errorf("auto loses %.2f dB at %+v", -gain, at)
		}
	}
	if gains <= 0 || regrets > gains {
		t.Errorf("mean gain %.2f dB, mean regret %.2f dB", gains/float64(n), regrets/float64(n))
	}
}

func TestBurstsSayHowStronglyTheyAreDenoised(t *testing.T) {
	sim, err := sensor.New(sensor.Chart{}, &sensor.Options{Size: image.Pt(256, 192), ISO: 3200, Shake: sensor.Shake{Step: 1}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	job := quadraw.Job{Outputs: []string{dir + "/a.png"}}
	for i, src := range sim.Burst(4) {
		name := dir + "/" + string(rune('a'+i)) + ".dng"
		if err := quadraw.SaveMosaic(t.Context(), name, src, nil); err != nil {
			t.Fatal(err)
		}
		job.Inputs = append(job.Inputs, name)
	}
	e, err := quadraw.NewEstimator(nil).Estimate(t.Context(), job)
	if err != nil || !strings.Contains(e.Reason, "denoised by") {
		t.Errorf("plan: %q, %v", e.Reason, err)
	}
	res, err := quadraw.Run(t.Context(), job, nil)
	if err != nil || res.Reason != e.Reason || res.Merge == nil || math.IsNaN(res.Merge.GainDB) {
		t.Errorf("run: %q, planned %q, %v", res.Reason, e.Reason, err)
	}
}
