package quadraw_test

import (
	"image"
	_ "image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// TestCrossingOnPhotographs prints what full size gains over binning on the PNG
// photographs of the folder QUADRAW_PHOTOGRAPHS, taken anew by a Quad sensor.
func TestCrossingOnPhotographs(t *testing.T) {
	folder := os.Getenv("QUADRAW_PHOTOGRAPHS")
	if folder == "" {
		t.Skip("QUADRAW_PHOTOGRAPHS is not set: no photographs")
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no PNG in %s: %v", folder, err)
	}
	for _, iso := range []float64{200, 400, 800, 1600, 2400, 3200, 6400, 12800} {
		var full, small float64
		var better int
		var ratio string
		for _, name := range names {
			sim, err := sensor.New(sensor.Picture{Image: decoded(t, name)}, &sensor.Options{Size: image.Pt(512, 512), CFA: raw.QuadRGGB, ISO: iso, Seed: 9})
			if err != nil {
				t.Fatal(err)
			}
			_, ratio, err = quadraw.Recipe{}.Resolve(sim.Frame(0).Header())
			if err != nil {
				t.Fatal(err)
			}
			atFull, atSmall := crossing(t, sim)
			if full, small = full+atFull, small+atSmall; atFull > 0 {
				better++
			}
		}
		n := float64(len(names))
		t.Logf("ISO %5.0f, %s: full size gains %+.2f dB at its size and %+.2f dB at the binned size; it is better on %d of %d", iso, ratio, full/n, small/n, better, len(names))
	}
}

func decoded(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// crossing is by how many dB the full-size picture is nearer to the truth than
// the binned one, at the full size and at the binned one.
func crossing(t *testing.T, sim *sensor.Simulator) (atFull, atSmall float64) {
	t.Helper()
	truth := sim.TruthSRGB(0)
	picture := func(m quadraw.Mode) raw.RGBSource {
		p, err := (&quadraw.Recipe{Mode: m, Look: quadraw.Look{Curve: develop.Linear}}).Picture(t.Context(), nil, sim.Frame(0))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	full, binned := picture(quadraw.Full), picture(quadraw.Bin)
	gain := func(size image.Point) float64 {
		var psnr [2]float64
		for i, p := range []raw.RGBSource{full, binned} {
			sized, err := develop.Resize(p, size)
			if err != nil {
				t.Fatal(err)
			}
			want, err := develop.Resize(truth, size)
			if err != nil {
				t.Fatal(err)
			}
			q, err := quality.Compare(t.Context(), sized, want, &quality.Options{Border: 16, NoSSIM: true})
			if err != nil {
				t.Fatal(err)
			}
			psnr[i] = q.Total
		}
		return psnr[0] - psnr[1]
	}
	return gain(full.Header().Size), gain(binned.Header().Size)
}
