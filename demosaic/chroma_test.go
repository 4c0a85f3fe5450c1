package demosaic

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
	"github.com/quadraw/quadraw/tile"
)

// plain returns the picture of frame, with its colours smoothed or not.
func plain(t *testing.T, frame raw.Source, o *Options, smooth bool) *raw.RGB {
	t.Helper()
	src, err := New(frame, o)
	if err != nil {
		t.Fatal(err)
	}
	d := src.(*source).run.(*engine).domain.Load()
	if d.chroma == nil {
		t.Fatal("no noise to be seen")
	}
	if !smooth {
		d.chroma = nil
	}
	out := raw.NewRGB(frame.Header().Bounds())
	if err := src.ReadTile(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	return out
}

// rooted is the square error of the part r of a picture of the given black,
// balanced and behind a root, against the truth, whose black is 0.
func rooted(out, truth *raw.RGB, r image.Rectangle, black float64, neutral [3]float64) float64 {
	sum := 0.0
	for c := raw.Red; c <= raw.Blue; c++ {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			want := truth.Row(c, y)[r.Min.X:r.Max.X]
			for i, v := range out.Row(c, y)[r.Min.X:r.Max.X] {
				a := max(0, float64(v)-black) / (math.MaxUint16 - black) / neutral[c]
				b := float64(want[i]) / math.MaxUint16 / neutral[c]
				d := math.Sqrt(a+0.01) - math.Sqrt(b+0.01)
				sum += d * d
			}
		}
	}
	return sum
}

// TestSmoothColoursAreTruer demosaics simulated scenes in little light: with
// their colours smoothed they are nearer to the truth, the fields of a chart most
// of all.
func TestSmoothColoursAreTruer(t *testing.T) {
	for _, cfa := range []raw.CFA{raw.BayerGRBG, raw.QuadRGGB} {
		for _, c := range []struct {
			name  string
			scene sensor.Scene
			gain  float64 // dB at ISO 3200
		}{{"chart", sensor.Chart{}, 1}, {"text", sensor.Text{}, 0.15}, {"texture", sensor.Texture{Seed: 2}, 0.15}} {
			for _, iso := range []float64{400, 3200} {
				sim, err := sensor.New(c.scene, &sensor.Options{Size: image.Pt(288, 192), CFA: cfa, ISO: iso, Exposure: 0.4, Kelvin: 4200, Seed: 3})
				if err != nil {
					t.Fatal(err)
				}
				frame := sim.Frame(0)
				h := frame.Header()
				truth := raw.NewRGB(h.Bounds())
				if err := sim.TruthCamera(0).ReadTile(t.Context(), truth); err != nil {
					t.Fatal(err)
				}
				o := &Options{Method: Default, Pedestal: 8192}
				parts := []image.Rectangle{h.Bounds()}
				if chart, ok := c.scene.(sensor.Chart); ok {
					parts = nil
					for i := range sensor.Patches() {
						parts = append(parts, chart.PatchRect(h.Size, i).Inset(3))
					}
				}
				var with, without float64
				smooth, rough := plain(t, frame, o, true), plain(t, frame, o, false)
				for _, r := range parts {
					with += rooted(smooth, truth, r, 8192, h.Color.AsShotNeutral)
					without += rooted(rough, truth, r, 8192, h.Color.AsShotNeutral)
				}
				gain, want := 10*math.Log10(without/with), 0.0
				if iso > 400 {
					want = c.gain
				}
				t.Logf("%v %s ISO %.0f: %+.2f dB", cfa, c.name, iso, gain)
				if gain < want {
					t.Errorf("%v %s ISO %.0f: %+.2f dB, want %+.1f", cfa, c.name, iso, gain, want)
				}
			}
		}
	}
}

// TestDarkField demosaics a dark gray field: it stays gray within 7 %, the
// mottle in its blocks of 8×8 pixels is a fifth less than without smoothing or
// even less, and hardly any pixel is black.
func TestDarkField(t *testing.T) {
	const black, level = 8192, 0.02
	neutral := [3]float64{0.6, 1, 0.45}
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB} {
		size := image.Pt(256, 256)
		h := raw.NewHeader(size, cfa, 14)
		h.Black, h.Color.AsShotNeutral = raw.ConstantBlack(1024), neutral
		hmx := sensor.Presets()[0]
		h.Noise = hmx.NoiseProfile(1600)
		m, rng := raw.NewMosaic(h.Bounds(), cfa), rand.New(rand.NewPCG(4, 4))
		for y := range size.Y {
			for x := range size.X {
				c := cfa.ColorAt(x, y)
				v := level * neutral[c]
				v += rng.NormFloat64() * math.Sqrt(h.Noise[c].Scale*v+h.Noise[c].Offset)
				m.Pix[y*size.X+x] = uint16(math.Round(1024 + 15359*v))
			}
		}
		frame, err := raw.NewMemory(h, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []Method{Fast, Default} {
			var mottle [2]float64
			for i, smooth := range []bool{false, true} {
				out := plain(t, frame, &Options{Method: method, Pedestal: black}, smooth)
				value := func(c, i int) float64 {
					return (float64(out.Pix[c][i]) - black) / (math.MaxUint16 - black) / neutral[c]
				}
				dark := 0
				for p := range out.Pix[1] {
					if 0.3*value(0, p)+0.6*value(1, p)+0.1*value(2, p) < 0.1*level {
						dark++
					}
				}
				var sum [3]float64
				blocks := 0.0
				for y := 0; y < size.Y; y += 8 {
					for x := 0; x < size.X; x += 8 {
						var mean [3]float64
						for c := range mean {
							for j := range 64 {
								mean[c] += value(c, (y+j/8)*out.Stride+x+j%8) / 64
							}
							sum[c] += mean[c]
						}
						mottle[i] += (mean[0]-mean[1])*(mean[0]-mean[1]) + (mean[2]-mean[1])*(mean[2]-mean[1])
						blocks++
					}
				}
				mottle[i] = math.Sqrt(mottle[i] / blocks)
				name := fmt.Sprintf("%v %v smoothed %t", cfa, method, smooth)
				t.Logf("%s: mottle %.5f, %d of %d pixels dark, mean %.5f", name, mottle[i], dark, len(out.Pix[1]), [3]float64{sum[0] / blocks, sum[1] / blocks, sum[2] / blocks})
				for c := range sum {
					if got := sum[c] / blocks; math.Abs(got/level-1) > 0.07 {
						t.Errorf("%s: plane %d is %.5f, want %.3f", name, c, got, level)
					}
				}
				if dark > 4 {
					t.Errorf("%s: %d pixels are black", name, dark)
				}
			}
			if mottle[1] > 0.8*mottle[0] {
				t.Errorf("%v %v: mottle %.5f, without smoothing %.5f", cfa, method, mottle[1], mottle[0])
			}
		}
	}
}

// TestNoisyTiledIsUntiled asks for frames with noise at once and in random
// tiles.
func TestNoisyTiledIsUntiled(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, cfa := range []raw.CFA{raw.BayerGBRG, raw.QuadRGGB.Shift(1, 3)} {
		for _, iso := range []float64{50, 400, 6400} {
			sim, err := sensor.New(sensor.Texture{Seed: 5}, &sensor.Options{Size: image.Pt(110, 2*chromaBand+70), CFA: cfa, ISO: iso, Exposure: 0.3})
			if err != nil {
				t.Fatal(err)
			}
			frame := sim.Frame(0)
			h := frame.Header()
			mosaic := raw.NewMosaic(h.Bounds(), cfa)
			if err := frame.ReadTile(t.Context(), mosaic); err != nil {
				t.Fatal(err)
			}
			o := &Options{Method: Fast, Pedestal: 1024}
			whole := picture(t, frame, o)
			tiled := raw.NewRGB(h.Bounds())
			o.Tiles = tile.Options{Workers: 1 + rng.IntN(4), Size: image.Pt(10+rng.IntN(60), 10+rng.IntN(2*chromaBand))}
			if err := Demosaic(t.Context(), tiled, mosaic, h, o); err != nil {
				t.Fatal(err)
			}
			for c := range whole.Pix {
				for i, v := range whole.Pix[c] {
					if tiled.Pix[c][i] != v {
						t.Fatalf("%v ISO %.0f tiles %v: sample %d of plane %d is %d, untiled %d", cfa, iso, o.Tiles.Size, i, c, tiled.Pix[c][i], v)
					}
				}
			}
		}
	}
}
