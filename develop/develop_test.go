package develop_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

func simulate(t testing.TB, scene sensor.Scene, o *sensor.Options) *sensor.Simulator {
	t.Helper()
	s, err := sensor.New(scene, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func develops(t testing.TB, src raw.RGBSource, o *develop.Options) raw.RGBSource {
	t.Helper()
	d, err := develop.New(src, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t testing.TB, src raw.RGBSource) *raw.RGB {
	t.Helper()
	m := raw.NewRGB(src.Header().Bounds())
	if err := src.ReadTile(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

// chartErrors returns ΔE2000 of each patch's mean against its truth.
func chartErrors(t *testing.T, m *raw.RGB) (all []float64, mean float64) {
	t.Helper()
	for i, p := range sensor.Patches() {
		r := sensor.Chart{}.PatchRect(m.Rect.Size(), i)
		var sum [3]float64
		for c := raw.Red; c <= raw.Blue; c++ {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for _, v := range m.Row(c, y)[r.Min.X:r.Max.X] {
					sum[c] += float64(v) / 65535
				}
			}
			sum[c] /= float64(r.Dx() * r.Dy())
		}
		light := p.Light()
		want := quality.LabFromXYZ(xyzOf(light), xyzOf([3]float64{1, 1, 1}))
		e := quality.DeltaE2000(quality.LabFromSRGB(sum), want)
		all = append(all, e)
		mean += e / 24
	}
	return all, mean
}

func xyzOf(l [3]float64) [3]float64 {
	return [3]float64{
		0.4123908*l[0] + 0.3575843*l[1] + 0.1804808*l[2],
		0.2126390*l[0] + 0.7151687*l[1] + 0.0721923*l[2],
		0.0193308*l[0] + 0.1191948*l[1] + 0.9505322*l[2],
	}
}

func TestChartWithoutMosaic(t *testing.T) {
	for _, kelvin := range []float64{0, 2856, 3400, 4500, 7500} {
		for _, preset := range sensor.Presets() {
			s := simulate(t, sensor.Chart{}, &sensor.Options{Sensor: preset, Size: image.Pt(240, 160), Kelvin: kelvin})
			m := read(t, develops(t, s.TruthCamera(0), &develop.Options{Curve: develop.Linear}))
			all, mean := chartErrors(t, m)
			// What is left: cyan lies outside sRGB, and forward matrices are
			// exact for the two calibrations only.
			if mean > 0.8 {
				t.Errorf("%s at %v K: mean ΔE2000 %.3f: %.2f", preset.Name, kelvin, mean, all)
			}
		}
	}
}

func TestWithoutForwardMatrix(t *testing.T) {
	s := simulate(t, sensor.Chart{}, &sensor.Options{Size: image.Pt(240, 160), Kelvin: 4000})
	src := s.TruthCamera(0)
	h := src.Header().Clone()
	for i := range h.Color.Calibrations {
		h.Color.Calibrations[i].ForwardMatrix = raw.Matrix{}
	}
	if _, mean := chartErrors(t, read(t, develops(t, reheaded{src, h}, &develop.Options{Curve: develop.Linear}))); mean > 1 {
		t.Errorf("mean ΔE2000 %.2f", mean)
	}
}

type reheaded struct {
	raw.RGBSource
	h *raw.Header
}

func (s reheaded) Header() *raw.Header { return s.h }

func TestTilesAreThePicture(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := simulate(t, sensor.Texture{}, &sensor.Options{Size: image.Pt(1301, 307)})
	for o := raw.TopLeft; o <= raw.LeftBottom; o++ {
		h := s.TruthCamera(0).Header().Clone()
		h.Orientation = o
		h.DefaultCrop = image.Rect(3, 7, 1290, 300)
		d := develops(t, reheaded{s.TruthCamera(0), h}, &develop.Options{Highlights: develop.Reconstruct})
		b := d.Header().Bounds()
		whole := read(t, d)
		for range 4 {
			x, y := rng.IntN(b.Dx()-1), rng.IntN(b.Dy()-1)
			m := raw.NewRGB(image.Rect(x, y, x+1+rng.IntN(b.Dx()-x), y+1+rng.IntN(b.Dy()-y)))
			if err := d.ReadTile(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
				for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
					if m.RGBA64At(x, y) != whole.RGBA64At(x, y) {
						t.Fatalf("orientation %d: pixel %d,%d of tile %v", o, x, y, m.Rect)
					}
				}
			}
		}
	}
}

// TestOrientations uses TIFF's wording: where the stored frame's first row and
// first column are in the upright picture.
func TestOrientations(t *testing.T) {
	const w, h = 5, 3
	stored := raw.NewRGB(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			stored.Pix[1][y*w+x] = uint16(10000 + 1000*(10*y+x))
		}
	}
	for o, at := range map[raw.Orientation]func(x, y int) (int, int){
		raw.TopLeft:     func(x, y int) (int, int) { return x, y },
		raw.TopRight:    func(x, y int) (int, int) { return w - 1 - x, y },
		raw.BottomRight: func(x, y int) (int, int) { return w - 1 - x, h - 1 - y },
		raw.BottomLeft:  func(x, y int) (int, int) { return x, h - 1 - y },
		raw.LeftTop:     func(x, y int) (int, int) { return y, x },
		raw.RightTop:    func(x, y int) (int, int) { return h - 1 - y, x },
		raw.RightBottom: func(x, y int) (int, int) { return h - 1 - y, w - 1 - x },
		raw.LeftBottom:  func(x, y int) (int, int) { return y, w - 1 - x },
	} {
		head := raw.NewHeader(image.Pt(w, h), raw.Mono, 16)
		head.Orientation = o
		head.Color.AsShotNeutral = [3]float64{1, 1, 1}
		src, _ := raw.NewMemoryRGB(head, stored)
		d := develops(t, src, nil)
		got := read(t, d)
		if d.Header().Orientation != raw.TopLeft || got.Rect.Dx() != map[bool]int{false: w, true: h}[o.Transposes()] {
			t.Errorf("%d: header says %v, %v", o, d.Header().Orientation, got.Rect)
		}
		flat := read(t, develops(t, src, &develop.Options{KeepOrientation: true}))
		for y := range h {
			for x := range w {
				u, v := at(x, y)
				if got.RGBA64At(u, v) != flat.RGBA64At(x, y) {
					t.Errorf("orientation %d: stored %d,%d is not at %d,%d", o, x, y, u, v)
				}
			}
		}
	}
}

func TestGrayWorld(t *testing.T) {
	s := simulate(t, sensor.Flat{0.3, 0.3, 0.3}, &sensor.Options{Size: image.Pt(200, 100), Kelvin: 3200})
	src := s.TruthCamera(0)
	asShot := read(t, develops(t, src, &develop.Options{Curve: develop.Linear}))
	h := src.Header().Clone()
	h.Color.AsShotNeutral = [3]float64{}
	for name, o := range map[string]*develop.Options{"asked": {Curve: develop.Linear, WhiteBalance: develop.WhiteBalance{Mode: develop.Auto}}, "missing": {Curve: develop.Linear}} {
		m := read(t, develops(t, reheaded{src, h}, o))
		for c := range m.Pix {
			if d := float64(m.Pix[c][55]) - float64(asShot.Pix[c][55]); math.Abs(d) > 30 {
				t.Errorf("%s: plane %d is %v, as shot %v", name, c, m.Pix[c][55], asShot.Pix[c][55])
			}
		}
	}
}

// TestWhiteBalanceOfTheLight: asking for the light that was there is as shot.
func TestWhiteBalanceOfTheLight(t *testing.T) {
	s := simulate(t, sensor.Chart{}, &sensor.Options{Size: image.Pt(60, 40), Kelvin: 3200})
	want := read(t, develops(t, s.TruthCamera(0), nil))
	got := read(t, develops(t, s.TruthCamera(0), &develop.Options{WhiteBalance: develop.WhiteBalance{Mode: develop.Temperature, Kelvin: 3200}}))
	for c := range want.Pix {
		for i := range want.Pix[c] {
			if math.Abs(float64(got.Pix[c][i])-float64(want.Pix[c][i])) > 200 {
				t.Fatalf("sample %d of plane %d: %d, want %d", i, c, got.Pix[c][i], want.Pix[c][i])
			}
		}
	}
	cold := read(t, develops(t, s.TruthCamera(0), &develop.Options{WhiteBalance: develop.WhiteBalance{Mode: develop.Temperature, Kelvin: 6500}}))
	if i := 30*60 + 5; !(cold.Pix[0][i] > want.Pix[0][i] && cold.Pix[2][i] < want.Pix[2][i]) {
		t.Error("a tungsten scene under a daylight balance is not warm")
	}
}

// TestHighlightsStayNeutral raises a gray through saturation: whatever clips
// first, it stays gray and never gets darker.
func TestHighlightsStayNeutral(t *testing.T) {
	for _, kelvin := range []float64{0, 2856, 9000} {
		for _, exposure := range []float64{0.7, 2, 8} {
			s := simulate(t, sensor.Ramp{To: [3]float32{1, 1, 1}}, &sensor.Options{Size: image.Pt(2000, 4), Kelvin: kelvin, Exposure: exposure, Blur: -1})
			src := s.TruthCamera(0)
			for _, hl := range []develop.Highlights{develop.Clip, develop.Blend, develop.Reconstruct} {
				for _, curve := range []develop.Curve{develop.Standard, develop.Linear, develop.Filmic} {
					m := read(t, develops(t, src, &develop.Options{Highlights: hl, Curve: curve, Exposure: 0.5}))
					last := 0
					for x := range 2000 {
						r, g, b := int(m.Pix[0][x]), int(m.Pix[1][x]), int(m.Pix[2][x])
						lo, hi := min(r, g, b), max(r, g, b)
						if hi-lo > 500+hi/40 {
							t.Errorf("%v K ×%v %v %v: gray %d is %d, %d, %d", kelvin, exposure, hl, curve, x, r, g, b)
							break
						}
						if g < last-400 {
							t.Errorf("%v K ×%v %v %v: gray %d is darker than before: %d < %d", kelvin, exposure, hl, curve, x, g, last)
							break
						}
						last = max(last, g)
					}
				}
			}
		}
	}
}

func TestCurves(t *testing.T) {
	src := simulate(t, sensor.Ramp{To: [3]float32{1.02, 1.02, 1.02}}, &sensor.Options{Size: image.Pt(4000, 1), Exposure: 1, Blur: -1}).TruthCamera(0)
	for _, curve := range []develop.Curve{develop.Standard, develop.Linear, develop.Filmic} {
		m := read(t, develops(t, src, &develop.Options{Curve: curve, Highlights: develop.Clip}))
		for x := 1; x < 4000; x++ {
			if m.Pix[1][x] < m.Pix[1][x-1] {
				t.Fatalf("%v falls at %d", curve, x)
			}
		}
		if m.Pix[1][0] > 200 || m.Pix[1][3999] < 65500 {
			t.Errorf("%v goes from %d to %d", curve, m.Pix[1][0], m.Pix[1][3999])
		}
		if curve == develop.Linear {
			for x := 0; x < 4000; x += 7 {
				l := (float64(x) + 0.5) / 4000 * 1.02
				want := 12.92 * l
				if l > 0.0031308 {
					want = 1.055*math.Pow(min(l, 1), 1/2.4) - 0.055
				}
				// The source itself is rounded to 1/65535 of light.
				if tol := 2 + 13.0; math.Abs(float64(m.Pix[1][x])-65535*want) > tol {
					t.Errorf("light %v is %d, want %v", l, m.Pix[1][x], 65535*want)
				}
			}
		}
	}
}

func TestWideGamuts(t *testing.T) {
	// A P3 red in sRGB is out of gamut; in P3 it is pure red.
	s := simulate(t, sensor.Flat{1.2249 * 0.5, -0.0420 * 0.5, -0.0197 * 0.5}, &sensor.Options{Size: image.Pt(4, 4)})
	m := read(t, develops(t, s.TruthCamera(0), &develop.Options{Curve: develop.Linear, Gamut: raw.DisplayP3}))
	if m.Pix[0][0] < 47000 || m.Pix[0][0] > 49000 || m.Pix[1][0] > 1500 || m.Pix[2][0] > 1500 {
		t.Errorf("red of P3 is %d, %d, %d", m.Pix[0][0], m.Pix[1][0], m.Pix[2][0])
	}
}

func TestHostileHeaders(t *testing.T) {
	s := simulate(t, sensor.Chart{}, &sensor.Options{Size: image.Pt(60, 40)})
	src := s.TruthCamera(0)
	nan := math.NaN()
	for name, change := range map[string]func(*raw.Header){
		"nan matrix":       func(h *raw.Header) { h.Color.Calibrations[0].ColorMatrix[4] = nan },
		"singular":         func(h *raw.Header) { h.Color.Calibrations[1].ColorMatrix = raw.Matrix{1, 1, 1, 1, 1, 1, 1, 1, 1} },
		"odd forward":      func(h *raw.Header) { h.Color.Calibrations[0].ForwardMatrix = raw.Matrix{-1, 0, 0, 0, 1, 0, 0, 0, 1} },
		"odd neutral":      func(h *raw.Header) { h.Color.AsShotNeutral = [3]float64{1e-9, 1, 1e9} },
		"infinite neutral": func(h *raw.Header) { h.Color.AsShotNeutral = [3]float64{1, math.Inf(1), 1} },
		"odd white":        func(h *raw.Header) { h.Color.AsShotNeutral = [3]float64{}; h.Color.AsShotWhiteXY = [2]float64{-3, nan} },
		"odd body": func(h *raw.Header) {
			h.Color.Calibrations[0].CameraCalibration = raw.Matrix{}
			h.Color.AnalogBalance = [3]float64{0, nan, 1}
		},
		"no illuminant": func(h *raw.Header) { h.Color.Calibrations[0].Illuminant = 999 },
		"exposure":      func(h *raw.Header) { h.BaselineExposure = nan },
		"crop":          func(h *raw.Header) { h.DefaultCrop = image.Rect(1000, 1000, 2000, 2000) },
		"orientation":   func(h *raw.Header) { h.Orientation = 77 },
		"no colour":     func(h *raw.Header) { h.Color = raw.ColorProfile{} },
	} {
		h := src.Header().Clone()
		change(h)
		d, err := develop.New(reheaded{src, h}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m := read(t, d)
		if r := m.Rect; r.Empty() {
			t.Errorf("%s: %v", name, r)
		}
		// The gray patch is not black, whatever the colours are.
		if v := m.RGBA64At(35, 35); v.G < 5000 {
			t.Errorf("%s: gray is %v", name, v)
		}
	}
	h := src.Header().Clone()
	h.White = [3]float64{}
	if _, err := develop.New(reheaded{src, h}, nil); !errors.Is(err, raw.ErrOption) {
		t.Errorf("no range: %v", err)
	}
}

func TestTexts(t *testing.T) {
	for _, s := range []string{"as-shot", "auto", "5000K", "3200K,-12", "0.3127,0.329"} {
		var w develop.WhiteBalance
		if err := w.UnmarshalText([]byte(s)); err != nil || w.String() != s {
			t.Errorf("%q is %q, %v", s, w, err)
		}
	}
	for _, s := range []string{"100K", "x", "5000K,900", "0.9,0.9", "nan", "5000,nan"} {
		var w develop.WhiteBalance
		if err := w.UnmarshalText([]byte(s)); !errors.Is(err, raw.ErrOption) {
			t.Errorf("%q: %v", s, err)
		}
	}
	var c develop.Curve
	var h develop.Highlights
	if c.UnmarshalText([]byte("filmic")) != nil || c != develop.Filmic || h.UnmarshalText([]byte("blend")) != nil || h != develop.Blend || c.UnmarshalText([]byte("x")) == nil {
		t.Error("names")
	}
}

func BenchmarkDevelop(b *testing.B) {
	h := raw.NewHeader(image.Pt(1024, 1024), raw.Mono, 16)
	s := simulate(b, sensor.Texture{}, &sensor.Options{Size: h.Size})
	m := raw.NewRGB(h.Bounds())
	if err := s.TruthCamera(0).ReadTile(b.Context(), m); err != nil {
		b.Fatal(err)
	}
	src, _ := raw.NewMemoryRGB(s.TruthCamera(0).Header(), m)
	for _, hl := range []develop.Highlights{develop.Clip, develop.Blend, develop.Reconstruct} {
		b.Run(hl.String(), func(b *testing.B) {
			d, _ := develop.New(src, &develop.Options{Highlights: hl})
			out := raw.NewRGB(image.Rect(0, 0, 1024, 256))
			b.SetBytes(1024 * 256)
			for b.Loop() {
				if err := d.ReadTile(context.Background(), out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleNew() {
	sim, err := sensor.New(sensor.Flat{0.5, 0.5, 0.5}, &sensor.Options{Size: image.Pt(64, 48)})
	if err != nil {
		fmt.Println(err)
		return
	}
	picture, err := develop.New(sim.TruthCamera(0), &develop.Options{Curve: develop.Linear})
	if err != nil {
		fmt.Println(err)
		return
	}
	tile := raw.NewRGB(image.Rect(0, 0, 1, 1))
	err = picture.ReadTile(context.Background(), tile)
	c := tile.RGBA64At(0, 0)
	fmt.Println(picture.Header().ColorSpace, c.R>>8, c.G>>8, c.B>>8, err)
	// Output: srgb 188 188 188 <nil>
}

// A frame without colour filters is gray under every white balance, keeps its
// noise below black, and is the same in any tiles.
func TestGrayFramesDevelop(t *testing.T) {
	h := raw.NewHeader(image.Pt(70, 50), raw.Mono, 12)
	h.Black = raw.BlackLevel{Rows: 2, Cols: 1, Samples: 1, Values: []float64{256, 260}}
	h.Orientation = raw.RightTop
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range m.Pix {
		m.Pix[i] = uint16(200 + rng.IntN(3896))
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	const pedestal = 1024
	g, err := develop.Gray(src, pedestal)
	if err != nil {
		t.Fatal(err)
	}
	camera := read(t, g)
	for y := range 50 {
		for x := range 70 {
			signal := (float64(m.Row(y)[x]) - h.Black.At(x, y, 0)) / (4095 - 258)
			if math.Abs(float64(camera.Row(raw.Green, y)[x])-(pedestal+signal*(65535-pedestal))) > 80 {
				t.Fatalf("(%d,%d): %d of signal %.4f", x, y, camera.Row(raw.Green, y)[x], signal)
			}
		}
	}
	for _, wb := range []develop.WhiteBalance{{}, {Mode: develop.Auto}} {
		p := develops(t, g, &develop.Options{WhiteBalance: wb, Highlights: develop.Reconstruct})
		picture := read(t, p)
		if picture.Rect.Size() != image.Pt(50, 70) {
			t.Fatalf("upright: %v", picture.Rect)
		}
		part := raw.NewRGB(image.Rect(13, 7, 40, 61))
		if err := p.ReadTile(t.Context(), part); err != nil {
			t.Fatal(err)
		}
		for y := part.Rect.Min.Y; y < part.Rect.Max.Y; y++ {
			for x := part.Rect.Min.X; x < part.Rect.Max.X; x++ {
				c := picture.RGBA64At(x, y)
				if c.R != c.G || c.G != c.B || c != part.RGBA64At(x, y) {
					t.Fatalf("(%d,%d): %v of the whole, %v of a part", x, y, c, part.RGBA64At(x, y))
				}
			}
		}
	}
	h2 := h.Clone()
	h2.CFA = raw.BayerRGGB
	color, err := raw.WithHeader(src, h2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := develop.Gray(color, 0); !errors.Is(err, raw.ErrCFA) {
		t.Errorf("of a Bayer frame: %v", err)
	}
}
