package develop_test

import (
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// sameInTiles reads src in random tiles and compares with the whole.
func sameInTiles(t *testing.T, src raw.RGBSource) *raw.RGB {
	t.Helper()
	m, b := read(t, src), src.Header().Bounds()
	rng := rand.New(rand.NewPCG(8, 9))
	for range 8 {
		x, y := rng.IntN(b.Dx()), rng.IntN(b.Dy())
		p := raw.NewRGB(image.Rect(x, y, x+1+rng.IntN(b.Dx()-x), y+1+rng.IntN(b.Dy()-y)))
		if err := src.ReadTile(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y++ {
			for x := p.Rect.Min.X; x < p.Rect.Max.X; x++ {
				if p.RGBA64At(x, y) != m.RGBA64At(x, y) {
					t.Fatalf("pixel %d,%d of tile %v", x, y, p.Rect)
				}
			}
		}
	}
	return m
}

func TestResize(t *testing.T) {
	// A picture made smaller is the scene photographed with fewer pixels.
	big := simulate(t, sensor.Texture{Seed: 4}, &sensor.Options{Size: image.Pt(640, 480), Blur: 2.5})
	for _, size := range []image.Point{{200, 150}, {640, 480}, {333, 471}, {900, 500}, {1, 1}, {7, 600}} {
		src, err := develop.Resize(big.TruthSRGB(0), size)
		if err != nil {
			t.Fatal(err)
		}
		h := src.Header()
		if h.Size != size || h.ActiveArea != h.Bounds() || h.DefaultCrop != h.Bounds() {
			t.Errorf("%v: %+v", size, h)
		}
		sameInTiles(t, src)
	}
	down, err := develop.Resize(big.TruthSRGB(0), image.Pt(320, 240))
	if err != nil {
		t.Fatal(err)
	}
	up, err := develop.Resize(down, image.Pt(640, 480))
	if err != nil {
		t.Fatal(err)
	}
	r, err := quality.Compare(t.Context(), big.TruthSRGB(0), up, &quality.Options{Border: 8, NoSSIM: true})
	if err != nil || r.Total < 50 {
		t.Errorf("down and up again: %.1f dB, %v", r.Total, err)
	}
	flat := simulate(t, sensor.Flat{0.2, 0.5, 0.9}, &sensor.Options{Size: image.Pt(100, 80)})
	want := read(t, flat.TruthSRGB(0))
	src, _ := develop.Resize(flat.TruthSRGB(0), image.Pt(33, 151))
	for c, plane := range read(t, src).Pix {
		for _, v := range plane {
			if math.Abs(float64(v)-float64(want.Pix[c][0])) > 2 {
				t.Fatalf("flat %d became %d", want.Pix[c][0], v)
			}
		}
	}
	if _, err := develop.Resize(big.TruthSRGB(0), image.Pt(0, 5)); !errors.Is(err, raw.ErrOption) {
		t.Error(err)
	}
	if p := develop.FitInside(image.Pt(12032, 9024), 1024); p != image.Pt(1024, 768) {
		t.Error(p)
	}
}

func TestSharpen(t *testing.T) {
	edge := simulate(t, sensor.SlantedEdge{Dark: 0.1, Bright: 0.6}, &sensor.Options{Size: image.Pt(300, 200), Blur: 1.2})
	s, err := develop.Sharpen(edge.TruthSRGB(0), &develop.SharpenOptions{Amount: 1.2, Radius: 1.2})
	if err != nil {
		t.Fatal(err)
	}
	before, after := read(t, edge.TruthSRGB(0)), sameInTiles(t, s)
	slope := func(m *raw.RGB) (most int) {
		row := m.Row(raw.Green, 100)
		for x := 1; x < 300; x++ {
			most = max(most, int(row[x])-int(row[x-1]))
		}
		return most
	}
	if a, b := slope(before), slope(after); float64(b) < 1.15*float64(a) {
		t.Errorf("steepest step %d, before %d", b, a)
	}
	if a, b := before.RGBA64At(20, 20), after.RGBA64At(20, 20); a != b {
		t.Errorf("flat %v became %v", a, b)
	}
	if _, err := develop.Sharpen(edge.TruthSRGB(0), &develop.SharpenOptions{Radius: math.NaN()}); !errors.Is(err, raw.ErrOption) {
		t.Error(err)
	}
}

func TestPreview(t *testing.T) {
	for _, preset := range sensor.Presets() {
		s := simulate(t, sensor.Chart{}, &sensor.Options{Sensor: preset, Size: image.Pt(1203, 802), Kelvin: 4000})
		m, err := develop.Preview(t.Context(), s.Frame(0), 240, &develop.Options{Curve: develop.Linear})
		if err != nil {
			t.Fatal(err)
		}
		if m.Rect.Max != image.Pt(240, 160) {
			t.Errorf("preview of %v", m.Rect)
		}
		if all, mean := chartErrors(t, m); mean > 1.2 {
			t.Errorf("%s: mean ΔE2000 %.2f: %.2f", preset.Name, mean, all)
		}
	}
	mono := preset(t, "hmx")
	mono.CFA = raw.Mono
	s := simulate(t, sensor.Ramp{To: [3]float32{1, 1, 1}}, &sensor.Options{Sensor: mono, Size: image.Pt(60, 40)})
	m, err := develop.Preview(t.Context(), s.Frame(0), 1000, nil)
	if err != nil || m.Rect.Max != image.Pt(60, 40) {
		t.Errorf("%v, %v", m.Rect, err)
	}
	if _, err := develop.Preview(t.Context(), s.Frame(0), 0, nil); !errors.Is(err, raw.ErrOption) {
		t.Error(err)
	}
}

func preset(t *testing.T, name string) sensor.Sensor {
	t.Helper()
	s, err := sensor.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
