package quadraw_test

import (
	"image"
	"testing"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// AutoMode takes full size where there is light, bins where there is none.
func TestAutoModeFollowsTheNoise(t *testing.T) {
	for iso, want := range map[float64]quadraw.Mode{50: quadraw.Full, 200: quadraw.Full, 1600: quadraw.Bin, 6400: quadraw.Bin} {
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

// Prints the table of docs/smart-iso.md.
func TestSmartISOTable(t *testing.T) {
	testutil.Long(t)
	size := image.Pt(1024, 768)
	for _, scene := range []struct {
		name  string
		scene sensor.Scene
	}{{"texture", sensor.Texture{Seed: 5}}, {"text", sensor.Text{}}, {"night", sensor.Night{Seed: 5}}} {
		for iso := 50.0; iso <= 6400; iso *= 2 {
			s, err := sensor.New(scene.scene, &sensor.Options{Size: size, ISO: iso, Seed: 5})
			if err != nil {
				t.Fatal(err)
			}
			full, bin := developed(t, s, quadraw.Full), developed(t, s, quadraw.Bin)
			truth := s.TruthSRGB(0)
			half := bin.Header().Size
			t.Logf("%-8s ISO %4.0f | full size: full %.1f, bin %.1f dB | binned size: full %.1f, bin %.1f dB", scene.name, iso,
				psnr(t, full, truth), psnr(t, resized(t, bin, size), truth),
				psnr(t, resized(t, full, half), resized(t, truth, half)), psnr(t, bin, resized(t, truth, half)))
		}
	}
}

func developed(t *testing.T, s *sensor.Simulator, m quadraw.Mode) raw.RGBSource {
	t.Helper()
	r := quadraw.Recipe{Mode: m, Look: quadraw.Look{Curve: develop.Linear}}
	p, err := r.Picture(t.Context(), nil, s.Frame(0))
	if err != nil {
		t.Fatal(err)
	}
	pix := raw.NewRGB(p.Header().Bounds())
	if err := p.ReadTile(t.Context(), pix); err != nil {
		t.Fatal(err)
	}
	mem, err := raw.NewMemoryRGB(p.Header(), pix)
	if err != nil {
		t.Fatal(err)
	}
	return mem
}

func resized(t *testing.T, src raw.RGBSource, size image.Point) raw.RGBSource {
	t.Helper()
	out, err := develop.Resize(src, size)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func psnr(t *testing.T, a, b raw.RGBSource) float64 {
	t.Helper()
	r, err := quality.Compare(t.Context(), a, b, &quality.Options{Border: 16, NoSSIM: true})
	if err != nil {
		t.Fatal(err)
	}
	return r.Total
}
