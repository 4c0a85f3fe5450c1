package sensor_test

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/internal/colorimetry"
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

func read(t testing.TB, src raw.Source) *raw.Mosaic {
	t.Helper()
	m := raw.NewMosaic(src.Header().Bounds(), 0)
	if err := src.ReadTile(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func readRGB(t testing.TB, src raw.RGBSource) *raw.RGB {
	t.Helper()
	m := raw.NewRGB(src.Header().Bounds())
	if err := src.ReadTile(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func scenes() map[string]sensor.Scene {
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 37)
	}
	return map[string]sensor.Scene{
		"flat": sensor.Flat{0.2, 0.4, 0.1}, "ramp": sensor.Ramp{To: [3]float32{1, 1, 1}, Steps: 8},
		"star": sensor.SiemensStar{}, "zone": sensor.ZonePlate{}, "edge": sensor.SlantedEdge{},
		"chart": sensor.Chart{}, "texture": sensor.Texture{}, "picture": sensor.Picture{Image: img},
		"text": sensor.Text{}, "night": sensor.Night{},
	}
}

func TestTilesAreTheFrame(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, scene := range scenes() {
		cell := 1 + rng.IntN(4)
		cfa, _ := raw.NewCFA(cell, image.Pt(rng.IntN(8), rng.IntN(8)))
		o := &sensor.Options{
			Size: image.Pt(701, 53), CFA: cfa, ISO: 800, Seed: 7, HotPixels: 0.01,
			Shake:   sensor.Shake{Step: 2, Angle: 0.01},
			Objects: []sensor.Object{{X: 100, Y: 20, VX: 9, Radius: 15, Color: [3]float32{0.8, 0.1, 0.1}, Stripes: 4}},
		}
		s := simulate(t, scene, o)
		src, truth := s.Frame(2), s.TruthSRGB(2)
		whole, whole3 := read(t, src), readRGB(t, truth)
		again := read(t, simulate(t, scene, o).Frame(2))
		for range 20 {
			x, y := rng.IntN(700), rng.IntN(52)
			r := image.Rect(x, y, x+1+rng.IntN(701-x), y+1+rng.IntN(53-y))
			m, m3 := raw.NewMosaic(r, 0), raw.NewRGB(r)
			if err := errors.Join(src.ReadTile(t.Context(), m), truth.ReadTile(t.Context(), m3)); err != nil {
				t.Fatal(err)
			}
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					if m.Gray16At(x, y) != whole.Gray16At(x, y) || m.Gray16At(x, y) != again.Gray16At(x, y) || m3.RGBA64At(x, y) != whole3.RGBA64At(x, y) {
						t.Fatalf("%s: pixel %d,%d of tile %v differs", name, x, y, r)
					}
				}
			}
		}
	}
}

// TestNoiseIsAsDeclared measures mean and variance of flat frames against the
// header's profile.
func TestNoiseIsAsDeclared(t *testing.T) {
	for _, preset := range sensor.Presets() {
		for _, iso := range []float64{preset.BaseISO, 400, 3200} {
			for _, light := range []float32{0, 0.05, 0.3} {
				o := &sensor.Options{Sensor: preset, Size: image.Pt(400, 400), ISO: iso, Seed: uint64(iso), Exposure: 1}
				s := simulate(t, sensor.Flat{light, light, light}, o)
				frame, truth := s.Frame(1), s.TruthCamera(1)
				h, m, want := frame.Header(), read(t, frame), readRGB(t, truth)
				black, white := preset.Black, preset.White
				var sum, square, n [3]float64
				for y := range 400 {
					for x := range 400 {
						c := h.CFA.ColorAt(x, y)
						v := (float64(m.Pix[y*400+x]) - black) / (white - black)
						sum[c] += v
						square[c] += v * v
						n[c]++
					}
				}
				for c := range sum {
					mean := sum[c] / n[c]
					variance := square[c]/n[c] - mean*mean
					signal := float64(want.Pix[c][0]) / 65535
					model := h.Noise.Variance(raw.Color(c), signal)
					if tol := 5*math.Sqrt(model/n[c]) + 1e-5; math.Abs(mean-signal) > tol {
						t.Errorf("%s ISO %v light %v %v: mean %v, want %v ± %v", preset.Name, iso, light, raw.Color(c), mean, signal, tol)
					}
					if math.Abs(variance/model-1) > 5*math.Sqrt(2/n[c])+0.01 {
						t.Errorf("%s ISO %v light %v %v: variance %v, want %v", preset.Name, iso, light, raw.Color(c), variance, model)
					}
				}
			}
		}
	}
}

func TestNoiseIsWhite(t *testing.T) {
	s := simulate(t, sensor.Flat{0.3, 0.3, 0.3}, &sensor.Options{Size: image.Pt(512, 512), ISO: 1600, Seed: 3})
	truth := read(t, s.Truth(0))
	a, b := read(t, s.Frame(0)), read(t, s.Frame(1))
	diff := func(m *raw.Mosaic, i int) float64 { return float64(m.Pix[i]) - float64(truth.Pix[i])/64 }
	for name, f := range map[string]func(i int) float64{
		"right":    func(i int) float64 { return diff(a, i) * diff(a, i+1) },
		"below":    func(i int) float64 { return diff(a, i) * diff(a, i+512) },
		"diagonal": func(i int) float64 { return diff(a, i) * diff(a, i+513) },
		"next":     func(i int) float64 { return diff(a, i) * diff(b, i) },
	} {
		var cross, square float64
		n := 512 * 511
		for i := range n - 1 {
			cross += f(i)
			square += diff(a, i) * diff(a, i)
		}
		if r := cross / square; math.Abs(r) > 5/math.Sqrt(float64(n)) {
			t.Errorf("%s: correlation %v", name, r)
		}
	}
}

func TestNeutralIsNeutral(t *testing.T) {
	for _, kelvin := range []float64{0, 2856, 4000, 9000} {
		s := simulate(t, sensor.Flat{0.5, 0.5, 0.5}, &sensor.Options{Size: image.Pt(8, 8), Kelvin: kelvin})
		n := s.Frame(0).Header().Color.AsShotNeutral
		m := readRGB(t, s.TruthCamera(0))
		for c := range n {
			if got := float64(m.Pix[c][0]) / 65535; math.Abs(got-0.35*n[c]) > 1e-4 {
				t.Errorf("%v K: gray is %v in channel %d, neutral %v", kelvin, got, c, n)
			}
		}
		for _, cal := range s.Frame(0).Header().Color.Calibrations {
			white := colorimetry.Apply(cal.ForwardMatrix, colorimetry.Vector{1, 1, 1})
			for i, v := range colorimetry.D50().XYZ() {
				if math.Abs(white[i]-v) > 1e-9 {
					t.Errorf("forward matrix takes white to %v", white)
				}
			}
		}
	}
}

// TestPose photographs a shaken picture and looks where its one bright dot is.
func TestPose(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 200, 160))
	img.SetGray(150, 40, color.Gray{255})
	s := simulate(t, sensor.Picture{Image: img, Scale: 1}, &sensor.Options{
		Size: image.Pt(200, 160), Noiseless: true, Blur: 1.5, Exposure: 1, Seed: 11, Shake: sensor.Shake{Step: 5, Angle: 0.03},
	})
	for i := range 4 {
		p := s.Pose(i)
		if i == 0 && p != (sensor.Pose{}) {
			t.Errorf("frame 0 is at %+v", p)
		}
		m := readRGB(t, s.TruthCamera(i))
		var sx, sy, sum float64
		for y := range 160 {
			for x := range 200 {
				v := float64(m.Row(raw.Green, y)[x])
				sx, sy, sum = sx+v*(float64(x)+0.5), sy+v*(float64(y)+0.5), sum+v
			}
		}
		dx, dy := 150.5-100, 40.5-80
		wantX := 100 + p.X + math.Cos(p.Angle)*dx - math.Sin(p.Angle)*dy
		wantY := 80 + p.Y + math.Sin(p.Angle)*dx + math.Cos(p.Angle)*dy
		if math.Hypot(sx/sum-wantX, sy/sum-wantY) > 0.03 {
			t.Errorf("frame %d: dot at %.3f,%.3f, want %.3f,%.3f", i, sx/sum, sy/sum, wantX, wantY)
		}
	}
}

func TestHotPixels(t *testing.T) {
	o := &sensor.Options{Size: image.Pt(512, 512), Noiseless: true, HotPixels: 0.002}
	s := simulate(t, sensor.Flat{}, o)
	a, b := read(t, s.Frame(0)), read(t, s.Frame(5))
	n := 0
	for i, v := range a.Pix {
		if v != b.Pix[i] {
			t.Fatal("hot pixels move")
		}
		if v > 64 {
			n++
		}
	}
	if want := 0.002 * 512 * 512; math.Abs(float64(n)-want) > 5*math.Sqrt(want) {
		t.Errorf("%d hot pixels, want %v", n, want)
	}
}

func TestPixelExactPicture(t *testing.T) {
	img := image.NewNRGBA64(image.Rect(3, 4, 35, 28))
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32())
	}
	for i := 6; i < len(img.Pix); i += 8 {
		img.Pix[i], img.Pix[i+1] = 255, 255
	}
	s := simulate(t, sensor.Picture{Image: img, Scale: 1}, &sensor.Options{Size: image.Pt(32, 24), Blur: -1})
	got := readRGB(t, s.TruthSRGB(0))
	for y := range 24 {
		for x := range 32 {
			a, b := got.RGBA64At(x, y), img.NRGBA64At(x+3, y+4)
			if math.Abs(float64(a.R)-float64(b.R)) > 3 || math.Abs(float64(a.G)-float64(b.G)) > 3 || math.Abs(float64(a.B)-float64(b.B)) > 3 {
				t.Fatalf("pixel %d,%d: %v, want %v", x, y, a, b)
			}
		}
	}
}

func TestBadOptions(t *testing.T) {
	for i, o := range []sensor.Options{
		{Size: image.Pt(-1, 5)}, {ISO: -1}, {ISO: math.NaN()}, {Exposure: math.Inf(1)}, {Kelvin: 12}, {HotPixels: 0.5}, {CFA: 0x999}, {Blur: math.NaN()},
	} {
		if _, err := sensor.New(sensor.Flat{}, &o); !errors.Is(err, raw.ErrOption) && !errors.Is(err, raw.ErrCFA) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, err := sensor.Lookup("nope"); !errors.Is(err, raw.ErrOption) {
		t.Error(err)
	}
	if _, err := sensor.New(sensor.Picture{}, nil); !errors.Is(err, raw.ErrOption) {
		t.Error(err)
	}
}

func BenchmarkFrame(b *testing.B) {
	for name, scene := range scenes() {
		b.Run(name, func(b *testing.B) {
			src := simulate(b, scene, &sensor.Options{ISO: 1600}).Frame(0)
			m := raw.NewMosaic(image.Rect(4000, 3000, 4512, 3512), 0)
			b.SetBytes(int64(len(m.Pix)))
			for b.Loop() {
				if err := src.ReadTile(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleNew() {
	sim, err := sensor.New(sensor.Chart{}, &sensor.Options{Size: image.Pt(600, 400), ISO: 800, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	h := sim.Frame(0).Header()
	fmt.Println(h.Capture.Model, h.CFA, h.Size, h.Black.Values, h.White[0])
	// Output: ISOCELL Bright HMX (simulated) quad-grbg (600,400) [64] 1023
}
