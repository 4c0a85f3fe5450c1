package format_test

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// tagged is a source whose header lies about its array.
func tagged(t *testing.T, src raw.Source, cfa raw.CFA) raw.Source {
	t.Helper()
	h := src.Header().Clone()
	h.CFA = cfa
	s, err := raw.WithHeader(src, h)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDetectCFAOnSimulatedFrames(t *testing.T) {
	scenes := map[string]sensor.Scene{
		"texture": sensor.Texture{Seed: 1}, "foliage": sensor.Texture{Seed: 2, Contrast: 0.8}, "chart": sensor.Chart{},
		"night": sensor.Night{}, "star": sensor.SiemensStar{}, "plate": sensor.ZonePlate{}, "edge": sensor.SlantedEdge{},
		"text": sensor.Text{}, "gray": sensor.Flat{0.3, 0.3, 0.3},
	}
	isos := []float64{100, 1600, 6400}
	if os.Getenv("QUADRAW_LONG") == "" {
		isos = isos[1:2]
	}
	frames, wrong := 0, 0
	for name, scene := range scenes {
		for cell := 1; cell <= 4; cell++ {
			for i, iso := range isos {
				cfa, err := raw.NewCFA(cell, image.Pt(i*cell+i, (i+1)*cell))
				if err != nil {
					t.Fatal(err)
				}
				sim, err := sensor.New(scene, &sensor.Options{Size: image.Pt(768, 672), CFA: cfa, ISO: iso, Kelvin: []float64{0, 3000, 5000}[i], Seed: uint64(10*cell + i)})
				if err != nil {
					t.Fatal(err)
				}
				src := tagged(t, sim.Frame(0), raw.BayerRGGB)
				d, err := format.DetectCFA(t.Context(), src)
				if err != nil {
					t.Fatal(err)
				}
				frames++
				if !d.Agrees(cfa) || d.Cell == 0 {
					wrong++
					t.Logf("%s at ISO %.0f, %v: found %+v", name, iso, cfa, d)
				}
			}
		}
	}
	t.Logf("%d of %d frames wrong or not told", wrong, frames)
	if wrong*100 > frames {
		t.Errorf("%d of %d frames are wrong or not told: more than 1 %%", wrong, frames)
	}
}

// The demo's dark frame was once taken for a Hexadeca one. Not to tell is all
// right in the dark; to tell wrongly is not.
func TestDetectCFAInTheDark(t *testing.T) {
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB, raw.NonaRGGB, raw.HexadecaRGGB} {
		for _, iso := range []float64{1600, 12800} {
			for _, exposure := range []float64{0.7, 0.1} {
				sim, err := sensor.New(sensor.Night{}, &sensor.Options{CFA: cfa, ISO: iso, Exposure: exposure, Seed: 1})
				if err != nil {
					t.Fatal(err)
				}
				d, err := format.DetectCFA(t.Context(), sim.Frame(0))
				if err != nil {
					t.Fatal(err)
				}
				if !d.Agrees(cfa) {
					t.Errorf("%v at ISO %.0f, exposure %.1f: %+v", cfa, iso, exposure, d)
				}
			}
		}
	}
}

func TestDetectCFASaysNothingOfNothing(t *testing.T) {
	h := raw.NewHeader(image.Pt(960, 768), raw.BayerRGGB, 12)
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	state := uint32(1)
	for i := range m.Pix {
		state = state*1664525 + 1013904223
		m.Pix[i] = 256 + uint16(state>>26)
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	d, err := format.DetectCFA(t.Context(), src)
	if err != nil || d.Cell != 0 {
		t.Errorf("noise without colour: %+v, %v", d, err)
	}
}

func TestDetectCFAOnRealFrames(t *testing.T) {
	folder := filepath.Dir(testutil.Data(t, "raw/RAWHASH.tsv"))
	names, err := filepath.Glob(filepath.Join(folder, "*.dng"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range names {
		f, err := format.Open(name, nil)
		if err != nil {
			continue // damaged on purpose, or no mosaic: other tests say so
		}
		src, err := f.Mosaic()
		if err == nil {
			want := f.Header().CFA
			d, err := format.DetectCFA(t.Context(), src)
			if err == nil {
				seen++
				if !d.Agrees(want) {
					t.Errorf("%s: %v, found %+v", filepath.Base(name), want, d)
				}
				if strings.Contains(name, "SYNTH_quad") {
					if got := d.Apply(raw.BayerRGGB); got != raw.QuadRGGB {
						t.Errorf("%s tagged 2×2: corrected to %v (%+v)", filepath.Base(name), got, d)
					}
				}
				t.Logf("%-50s %v %+v", filepath.Base(name), want, d)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if seen < 5 {
		t.Errorf("only %d mosaics looked at", seen)
	}
}

func ExampleDetection_Apply() {
	// A Quad Bayer file that is tagged as Bayer.
	d := format.Detection{Cell: 2}
	fmt.Println(d.Agrees(raw.BayerGRBG), d.Apply(raw.BayerGRBG))
	// Output: false quad-grbg
}
