package noise_test

import (
	"errors"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

// TestOddFrameDoesNotLeadTheBurst puts frames that show something else first,
// where the reference is looked for; one of them is the sharpest.
func TestOddFrameDoesNotLeadTheBurst(t *testing.T) {
	b := small(t, raw.BayerRGGB, 5, iso400, handheld(5, 4))
	src, _ := merge(t, b.frames, &noise.MergeOptions{Reference: 1})
	without := psnr(t, src, b.truth, 16)
	for what, f := range bad(t, b, b.frames[4]) {
		if what == "far off" {
			continue // of the same scene
		}
		// Frame 0 of the burst is the first that fits.
		src, report := merge(t, slices.Insert(slices.Clone(b.frames), 0, f), &noise.MergeOptions{})
		if ref := report.Reference; ref == 0 || !report.Frames[ref].Reference || report.Frames[0].Used || report.Frames[0].Reason == "" {
			t.Errorf("%s: reference %d, %+v", what, ref, report.Frames[0])
			continue
		}
		n := 0
		for _, f := range report.Frames {
			if f.Reference {
				n++
			}
		}
		if n != 1 || src.Header().Capture.Frames != 5 {
			t.Errorf("%s: %d references, %d frames merged", what, n, src.Header().Capture.Frames)
		}
		if report.Reference == 1 {
			if with := psnr(t, src, b.truth, 16); with < without-.1 {
				t.Errorf("%s: %.2f dB, without it %.2f", what, with, without)
			}
		}
	}
}

// TestReferenceByNumber merges frames of one exposure to the second: they are
// no bracket, whatever the number.
func TestReferenceByNumber(t *testing.T) {
	b := small(t, raw.BayerRGGB, 4, iso1600, handheld(4, 3))
	for _, method := range []noise.MergeMethod{noise.Fourier, noise.Fast} {
		var said strings.Builder
		src, report := merge(t, b.frames, &noise.MergeOptions{Reference: 2, Method: method, Log: textLog(&said)})
		h := src.Header()
		if report.Reference != 1 || h.BaselineExposure != 0 || strings.Contains(said.String(), "exposure") {
			t.Errorf("%v: reference %d, baseline exposure %v, said %q", method, report.Reference, h.BaselineExposure, said.String())
		}
		for i, f := range report.Frames {
			if f.Gain != 1 || f.Reference != (i == 1) {
				t.Errorf("%v: frame %d: %+v", method, i, f)
			}
		}
	}
}

// TestSkippingKeepsWhatFits leaves out a first frame that does not fit the rest,
// and fails where nothing is left to merge.
func TestSkippingKeepsWhatFits(t *testing.T) {
	b := small(t, raw.BayerRGGB, 4, iso1600, handheld(4, 3))
	crop, err := raw.Crop(b.frames[3], image.Rect(0, 0, 256, 256))
	if err != nil {
		t.Fatal(err)
	}
	skip := &noise.MergeOptions{SkipBad: true}
	_, report := merge(t, append([]raw.Source{crop}, b.frames[:3]...), skip)
	if f := report.Frames[0]; f.Used || !f.Skipped || report.Reference == 0 || !report.Frames[3].Used {
		t.Errorf("%+v", report.Frames)
	}
	for what, frames := range map[string][]raw.Source{
		"one fits":     {b.frames[0], crop},
		"one is whole": {b.frames[0], broken{b.frames[1]}, broken{b.frames[2]}},
		"none":         {broken{b.frames[0]}, broken{b.frames[1]}, broken{b.frames[2]}},
	} {
		if _, _, err := noise.Merge(t.Context(), frames, skip); !errors.Is(err, noise.ErrBurst) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Without a profile the frames are read to estimate it, too.
	var plain []raw.Source
	for _, f := range []raw.Source{b.frames[0], broken{b.frames[1]}, b.frames[2], b.frames[3]} {
		h := f.Header().Clone()
		h.Noise = raw.NoiseProfile{}
		f, err := raw.WithHeader(f, h)
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, f)
	}
	if _, report = merge(t, plain, skip); !report.Frames[1].Skipped || !report.Frames[3].Used {
		t.Errorf("without a profile: %+v", report.Frames)
	}
}

// TestCopiesGainNothing names one frame twice.
func TestCopiesGainNothing(t *testing.T) {
	b := small(t, raw.BayerRGGB, 3, iso1600, handheld(3, 3))
	src, report := merge(t, []raw.Source{b.frames[0], b.frames[1], b.frames[0], b.frames[2], b.frames[1]}, &noise.MergeOptions{Reference: 1, Names: []string{"a", "b", "c", "d", "e"}})
	if src.Header().Capture.Frames != 3 || report.EffectiveFrames > 3.2 {
		t.Errorf("%d frames merged, %.2f effective", src.Header().Capture.Frames, report.EffectiveFrames)
	}
	for i, want := range map[int]string{2: "samples as a", 4: "samples as b"} {
		if f := report.Frames[i]; f.Used || f.Skipped || !strings.Contains(f.Reason, want) {
			t.Errorf("frame %d: %+v", i, f)
		}
	}
}

func TestExposuresAreChecked(t *testing.T) {
	b := small(t, raw.BayerRGGB, 2, iso1600, static(2))
	for _, e := range [][]float64{{1}, {1, 0}, {1, -2}, {1, math.NaN()}, {math.Inf(1), 1}} {
		if _, _, err := noise.Merge(t.Context(), b.frames, &noise.MergeOptions{Exposures: e}); !errors.Is(err, raw.ErrOption) {
			t.Errorf("exposures %v: %v", e, err)
		}
	}
}
