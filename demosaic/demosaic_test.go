package demosaic_test

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// noisy is a frame of random DN with a pattern of black levels.
func noisy(t testing.TB, size image.Point, cfa raw.CFA, seed uint64) (raw.Source, *raw.Mosaic) {
	t.Helper()
	h := raw.NewHeader(size, cfa, 12)
	h.Black = raw.BlackLevel{Rows: 2, Cols: 2, Samples: 1, Values: []float64{60, 64.5, 66, 70}}
	h.Color.AsShotNeutral = [3]float64{0.5, 1, 0.7}
	m := raw.NewMosaic(h.Bounds(), cfa)
	rng := rand.New(rand.NewPCG(seed, 2))
	for i := range m.Pix {
		m.Pix[i] = uint16(rng.IntN(4096))
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	return src, m
}

func phases(cell int) []raw.CFA {
	var all []raw.CFA
	for y := range 2 * cell {
		for x := range 2 * cell {
			c, err := raw.NewCFA(cell, image.Pt(x, y))
			if err != nil {
				panic(err)
			}
			all = append(all, c)
		}
	}
	return all
}

// TestTiledIsUntiled asks for a frame at once and in random tiles.
func TestTiledIsUntiled(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, m := range testMethods {
		for _, cell := range []int{1, 2, 3} {
			for i, cfa := range phases(cell) {
				if cell > 1 && i%5 != 0 {
					continue
				}
				size := image.Pt(30+rng.IntN(70), 30+rng.IntN(50))
				src, mosaic := noisy(t, size, cfa, uint64(i))
				o := &demosaic.Options{Method: m, Pedestal: 512}
				pic, err := demosaic.New(src, o)
				if err != nil {
					t.Fatal(err)
				}
				whole := raw.NewRGB(pic.Header().Bounds())
				if err := pic.ReadTile(t.Context(), whole); err != nil {
					t.Fatal(err)
				}
				tiled := raw.NewRGB(pic.Header().Bounds())
				o.Tiles = tile.Options{Workers: 1 + rng.IntN(8), Size: image.Pt(1+rng.IntN(60), 1+rng.IntN(60))}
				if err := demosaic.Demosaic(t.Context(), tiled, mosaic, src.Header(), o); err != nil {
					t.Fatal(err)
				}
				if d := firstDifference(whole, tiled); d != "" {
					t.Fatalf("%v %v %v tiles %v: %s", m, cfa, size, o.Tiles.Size, d)
				}
				part := raw.NewRGB(randomPart(rng, size))
				if err := pic.ReadTile(t.Context(), part); err != nil {
					t.Fatal(err)
				}
				if d := firstDifference(whole.Part(part.Rect), part); d != "" {
					t.Fatalf("%v %v part %v of %v: %s", m, cfa, part.Rect, size, d)
				}
			}
		}
	}
}

// TestCropKeepsItsPhase demosaics an odd crop: far from its borders it is the
// crop of the demosaiced frame.
func TestCropKeepsItsPhase(t *testing.T) {
	for _, m := range testMethods {
		for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadGBRG} {
			src, _ := noisy(t, image.Pt(150, 140), cfa, 9)
			o := &demosaic.Options{Method: m}
			r := image.Rect(1, 3, 144, 138)
			cropped, err := raw.Crop(src, r)
			if err != nil {
				t.Fatal(err)
			}
			a, err := demosaic.New(src, o)
			if err != nil {
				t.Fatal(err)
			}
			b, err := demosaic.New(cropped, o)
			if err != nil {
				t.Fatal(err)
			}
			const border = 48
			want, got := raw.NewRGB(r.Inset(border)), raw.NewRGB(r.Sub(r.Min).Inset(border))
			if err := a.ReadTile(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			if err := b.ReadTile(t.Context(), got); err != nil {
				t.Fatal(err)
			}
			got.Rect = want.Rect
			if d := firstDifference(want, got); d != "" {
				t.Errorf("%v %v: %s", m, cfa, d)
			}
		}
	}
}

func randomPart(rng *rand.Rand, size image.Point) image.Rectangle {
	x, y := rng.IntN(size.X), rng.IntN(size.Y)
	return image.Rect(x, y, x+1+rng.IntN(size.X-x), y+1+rng.IntN(size.Y-y))
}

func firstDifference(want, got *raw.RGB) string {
	for y := want.Rect.Min.Y; y < want.Rect.Max.Y; y++ {
		for c := raw.Red; c <= raw.Blue; c++ {
			a, b := want.Row(c, y), got.Row(c, y)
			for i := range a {
				if a[i] != b[i] {
					return fmt.Sprintf("%v at (%d,%d): %d, want %d", c, want.Rect.Min.X+i, y, b[i], a[i])
				}
			}
		}
	}
	return ""
}

// TestConstantAndRampSurvive: every method must leave a flat field flat and,
// away from the border, a gray ramp a ramp, for every phase, levels respected.
func TestConstantAndRampSurvive(t *testing.T) {
	for _, m := range testMethods {
		for _, cell := range []int{1, 2, 3, 4} {
			for _, cfa := range phases(cell) {
				h := raw.NewHeader(image.Pt(120, 100), cfa, 12)
				h.Black = raw.ConstantBlack(64)
				h.White = [3]float64{4095, 4095, 4095}
				mosaic := raw.NewMosaic(h.Bounds(), cfa)
				for y := range 100 {
					for x := range 120 {
						mosaic.Pix[y*120+x] = uint16(64 + 400 + 8*x + 4*y)
					}
				}
				out := raw.NewRGB(h.Bounds())
				if err := demosaic.Demosaic(t.Context(), out, mosaic, h, &demosaic.Options{Method: m, Pedestal: 1000}); err != nil {
					t.Fatal(err)
				}
				for y := 40; y < 60; y++ {
					for x := 40; x < 80; x++ {
						want := float64(400+8*x+4*y)*64535/4031 + 1000
						for c := raw.Red; c <= raw.Blue; c++ {
							if got := float64(out.Row(c, y)[x]); got < want-rampTolerance(m) || got > want+rampTolerance(m) {
								t.Fatalf("%v %v: %v at (%d,%d) is %v, want %v", m, cfa, c, x, y, got, want)
							}
						}
					}
				}
			}
		}
	}
}

// TestHeader checks what New tells of its picture.
func TestHeader(t *testing.T) {
	src, _ := noisy(t, image.Pt(40, 30), raw.BayerGBRG, 1)
	pic, err := demosaic.New(src, &demosaic.Options{Method: demosaic.Malvar, Pedestal: 256})
	if err != nil {
		t.Fatal(err)
	}
	h := pic.Header()
	if black, ok := h.Black.Constant(); !ok || black != 256 || h.CFA != raw.Mono || h.White != [3]float64{65535, 65535, 65535} || h.BitsPerSample != 16 || h.ColorSpace != raw.LinearCamera {
		t.Errorf("header %+v", h)
	}
	if d := cmp.Diff(src.Header().Color, h.Color); d != "" {
		t.Error(d)
	}
}

// TestRemosaic: the phase is right, known samples stay and the rest follows a
// ramp.
func TestRemosaic(t *testing.T) {
	for _, cell := range []int{2, 3, 4} {
		for _, cfa := range phases(cell) {
			h := raw.NewHeader(image.Pt(70, 60), cfa, 12)
			h.Black = raw.ConstantBlack(64)
			m := raw.NewMosaic(h.Bounds(), cfa)
			for y := range 60 {
				for x := range 70 {
					m.Pix[y*70+x] = uint16(300 + 9*x + 5*y)
				}
			}
			src, err := raw.NewMemory(h, m)
			if err != nil {
				t.Fatal(err)
			}
			out, err := demosaic.Remosaic(src, nil)
			if err != nil {
				t.Fatal(err)
			}
			if out.Header().CFA.Cell() != 1 {
				t.Fatalf("%v became %v", cfa, out.Header().CFA)
			}
			got := raw.NewMosaic(h.Bounds(), raw.Mono)
			if err := out.ReadTile(t.Context(), got); err != nil {
				t.Fatal(err)
			}
			for y := range 60 {
				for x := range 70 {
					a, b := m.Pix[y*70+x], got.Pix[y*70+x]
					known := cfa.ColorAt(x, y) == got.CFA.ColorAt(x, y)
					// Trained filters know a ramp from experience only.
					tolerance := uint16(2)
					if cell == 2 {
						tolerance = 8
					}
					inside := x >= 24 && y >= 24 && x < 46 && y < 36
					if (known && a != b) || (inside && max(a, b)-min(a, b) > tolerance) {
						t.Fatalf("%v at (%d,%d): %d, want %d", cfa, x, y, b, a)
					}
				}
			}
		}
	}
}

// TestClippedStaysWhite demosaics a light far above white on a dark ground: its
// inside is white in every channel, and round it nothing rings.
func TestClippedStaysWhite(t *testing.T) {
	const side = 96
	for _, m := range testMethods {
		for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB} {
			h := raw.NewHeader(image.Pt(side, side), cfa, 12)
			h.Black = raw.ConstantBlack(64)
			h.Color.AsShotNeutral = [3]float64{0.5, 1, 0.65}
			mosaic := raw.NewMosaic(h.Bounds(), cfa)
			light := func(x, y int, c raw.Color) float64 {
				d := math.Hypot(float64(x)-side/2, float64(y)-side/2)
				return h.Color.AsShotNeutral[c] * 3 / (1 + math.Exp(d-24))
			}
			for y := range side {
				for x := range side {
					mosaic.Pix[y*side+x] = uint16(64 + min(4031*(0.05+light(x, y, cfa.ColorAt(x, y))), 4031))
				}
			}
			out := raw.NewRGB(h.Bounds())
			if err := demosaic.Demosaic(t.Context(), out, mosaic, h, &demosaic.Options{Method: m, Pedestal: 1024}); err != nil {
				t.Fatal(err)
			}
			for y := 8; y < side-8; y++ {
				for x := 8; x < side-8; x++ {
					d := math.Hypot(float64(x)-side/2, float64(y)-side/2)
					for c := raw.Red; c <= raw.Blue; c++ {
						v := out.Row(c, y)[x]
						if d < 18 && v < 65200 {
							t.Fatalf("%v %v: %v at (%d,%d) inside the light is %d", m, cfa, c, x, y, v)
						}
						// The ground is at 5 % and a pedestal of 1024.
						if banked := m >= demosaic.Fast; banked && d > 32 && (v < 3600 || v > 5000) {
							t.Fatalf("%v %v: %v at (%d,%d) outside the light is %d", m, cfa, c, x, y, v)
						}
					}
				}
			}
		}
	}
}

// TestBadOptions: what cannot be done is an error.
func TestBadOptions(t *testing.T) {
	src, _ := noisy(t, image.Pt(20, 20), raw.BayerRGGB, 1)
	for _, o := range []demosaic.Options{{Method: 99}, {Pedestal: 40000}, {Denoise: -2}, {Denoise: 300}} {
		if _, err := demosaic.New(src, &o); err == nil {
			t.Errorf("%+v accepted", o)
		}
	}
	h := raw.NewHeader(image.Pt(4, 4), raw.Mono, 12)
	mono, err := raw.NewMemory(h, raw.NewMosaic(h.Bounds(), raw.Mono))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := demosaic.New(mono, nil); err == nil {
		t.Error("mono accepted")
	}
	h = raw.NewHeader(image.Pt(4, 4), raw.BayerRGGB, 12)
	h.Black = raw.ConstantBlack(5000)
	dark, err := raw.NewMemory(h, raw.NewMosaic(h.Bounds(), raw.Mono))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := demosaic.New(dark, nil); err == nil {
		t.Error("black above white accepted")
	}
}

// TestTinyFrames: the smallest frames have borders only.
func TestTinyFrames(t *testing.T) {
	for _, m := range testMethods {
		for _, cfa := range []raw.CFA{raw.BayerBGGR, raw.QuadRGGB} {
			for _, size := range []image.Point{{1, 1}, {2, 1}, {1, 7}, {3, 3}, {5, 4}} {
				src, mosaic := noisy(t, size, cfa, 4)
				out := raw.NewRGB(src.Header().Bounds())
				if err := demosaic.Demosaic(t.Context(), out, mosaic, src.Header(), &demosaic.Options{Method: m}); err != nil {
					t.Errorf("%v %v %v: %v", m, cfa, size, err)
				}
			}
		}
	}
}

func ExampleNew() {
	// A flat gray frame of a 10-bit Bayer sensor whose black is at 64.
	h := raw.NewHeader(image.Pt(16, 16), raw.BayerRGGB, 10)
	h.Black = raw.ConstantBlack(64)
	mosaic := raw.NewMosaic(h.Bounds(), h.CFA)
	for i := range mosaic.Pix {
		mosaic.Pix[i] = 64 + 100
	}
	src, err := raw.NewMemory(h, mosaic)
	if err != nil {
		panic(err)
	}
	picture, err := demosaic.New(src, &demosaic.Options{Method: demosaic.Malvar})
	if err != nil {
		panic(err)
	}
	out := raw.NewRGB(image.Rect(4, 4, 6, 6)) // any rectangle of the frame
	if err := picture.ReadTile(context.Background(), out); err != nil {
		panic(err)
	}
	fmt.Println(out.Pix[raw.Red][0], out.Pix[raw.Green][0], out.Pix[raw.Blue][0])
	// Output: 6834 6834 6834
}

var testMethods = []demosaic.Method{demosaic.Bilinear, demosaic.Malvar, demosaic.LMMSE, demosaic.Fast, demosaic.Default, demosaic.Best}

// rampTolerance is how far, in steps of 65535, a ramp may be off. Trained
// filters know ramps from experience only.
func rampTolerance(m demosaic.Method) float64 {
	if m <= demosaic.Malvar {
		return 40
	}
	return 150
}
