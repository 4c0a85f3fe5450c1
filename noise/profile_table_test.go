package noise_test

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// profileScene is something to estimate noise from.
type profileScene struct {
	name  string
	scene sensor.Scene
	blur  float64
}

// profileScenes are scenes of the simulator and, where there is test data,
// photographs: sharp to the pixel, and as a lens draws very small pixels.
func profileScenes(t testing.TB) []profileScene {
	list := []profileScene{
		{"texture", sensor.Texture{Seed: 4}, 0}, {"fine texture", sensor.Texture{Seed: 9, Contrast: .2}, 1.2},
		{"chart", sensor.Chart{}, 0}, {"night", sensor.Night{Seed: 4}, 0}, {"text", sensor.Text{}, 0}, {"zone plate", sensor.ZonePlate{}, 0},
	}
	if root := os.Getenv("QUADRAW_TESTDATA"); root != "" {
		list = append(list,
			profileScene{"photographs, sharp", sensor.Picture{Image: pictureWall(t, root, 4, 2), Scale: 1}, -1},
			profileScene{"photograph, soft", sensor.Picture{Image: pictureWall(t, root, 6, 1), Scale: 2}, -1})
	}
	return list
}

// pictureWall puts n×n landscape Kodak pictures together.
func pictureWall(t testing.TB, root string, first, n int) image.Image {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "kodak", "kodim*.png"))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(image.Rect(0, 0, n*768, n*512))
	i := 0
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if m.Bounds().Dx() != 768 {
			continue
		}
		if k := i - first; k >= 0 && k < n*n {
			draw.Draw(out, image.Rect(k%n*768, k/n*512, k%n*768+768, k/n*512+512), m, m.Bounds().Min, draw.Src)
		}
		i++
	}
	return out
}

// shoot takes n frames by hand into memory, with the truth of the first.
func shoot(t testing.TB, s profileScene, name string, iso float64, size image.Point, n int) (frames []raw.Source, truth *raw.Mosaic, h *raw.Header) {
	t.Helper()
	which, err := sensor.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	sim, err := sensor.New(s.scene, &sensor.Options{
		Sensor: which, Size: size, ISO: iso, Blur: s.blur, Seed: 11, Shake: sensor.Shake{Step: 2.2, Angle: 1.2e-4},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range sim.Burst(n) {
		m := raw.NewMosaic(f.Header().Bounds(), f.Header().CFA)
		readAll(t, f, m)
		mem, err := raw.NewMemory(f.Header(), m)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, mem)
	}
	clean := sim.Truth(0)
	truth = raw.NewMosaic(clean.Header().Bounds(), clean.Header().CFA)
	readAll(t, clean, truth)
	return frames, truth, clean.Header()
}

// profileErrors is the mean relative error of each colour's variance over the
// signals of a scene.
func profileErrors(got, want raw.NoiseProfile, truth *raw.Mosaic, h *raw.Header) (off [3]float64) {
	var n [3]float64
	black := h.Black.Mean()
	for y := 0; y < truth.Rect.Dy(); y += 3 {
		for x, v := range truth.Row(y) {
			c := h.CFA.ColorAt(x, y)
			s := (float64(v) - black) / (h.White[c] - black)
			off[c] += math.Abs(got.Variance(c, s)/want.Variance(c, s) - 1)
			n[c]++
		}
	}
	for c := range off {
		off[c] /= n[c]
	}
	return off
}

// TestProfileTable prints how far estimates are off, for each sensor, scene and
// sensitivity, from one frame and from bursts, and holds them to what is
// promised: 8 % from one frame, 3 % from a burst. Cases known to miss it are
// held to a limit of their own.
func TestProfileTable(t *testing.T) {
	testutil.Long(t)
	counts := []int{1, 4, 8}
	var all [3][]float64
	within := 0
	for _, name := range []string{"hmx", "imx586", "imx477"} {
		for _, s := range profileScenes(t) {
			for _, iso := range []float64{100, 400, 1600, 6400} {
				if name == "hmx" && iso == 100 {
					iso = 50
				}
				frames, truth, h := shoot(t, s, name, iso, image.Pt(1536, 1024), slices.Max(counts))
				line := fmt.Sprintf("%-7s%-19s ISO %4.0f", name, s.name, iso)
				for i, n := range counts {
					e, err := noise.Estimate(t.Context(), frames[:n], nil)
					if err != nil {
						t.Errorf("%s, %d frames: %v", line, n, err)
						continue
					}
					off := profileErrors(e.Profile, frames[0].Header().Noise, truth, h)
					worst := slices.Max(off[:])
					line += fmt.Sprintf("  %d: %4.1f %4.1f %4.1f (±%.1f)", n, 100*off[0], 100*off[1], 100*off[2], 100*e.Error)
					all[i] = append(all[i], worst)
					if worst <= 2*e.Error {
						within++
					}
					limit := .03
					if n == 1 {
						limit = .08
					}
					if l, ok := profileMisses[fmt.Sprintf("%s %s %.0f %d", name, s.name, iso, n)]; ok {
						limit = l
					}
					if worst > limit {
						t.Errorf("%s %s, ISO %.0f, %d frames: a colour is off by %.1f %%, want %.1f", name, s.name, iso, n, 100*worst, 100*limit)
					}
				}
				t.Log(line)
			}
		}
	}
	total := 0
	for i, n := range counts {
		slices.Sort(all[i])
		k := len(all[i])
		total += k
		t.Logf("%d frames: the worst colour is off by %.1f %% in the median, %.1f in nine of ten, %.1f at most", n, 100*all[i][k/2], 100*all[i][k*9/10], 100*all[i][k-1])
	}
	t.Logf("within two of its own standard deviations: %d of %d", within, total)
	if within < total*85/100 {
		t.Errorf("the estimate's own error holds in %d of %d cases only", within, total)
	}
}

// profileMisses are the cases that do not keep the promise, with their limits:
// photographs at low sensitivity as sharp as their pixels, whose own grain is
// more than the noise and is taken for it, and one zone plate, of which only the
// middle is without structure.
var profileMisses = map[string]float64{
	"hmx photographs, sharp 50 1": .18, "hmx photographs, sharp 50 4": .045, "hmx photographs, sharp 50 8": .035,
	"imx586 photographs, sharp 100 1": .17, "imx586 photographs, sharp 100 4": .045, "imx586 photographs, sharp 100 8": .035,
	"imx586 zone plate 100 4":         .035,
	"imx477 photographs, sharp 100 1": .26, "imx477 photographs, sharp 100 4": .035,
	"imx477 photographs, sharp 400 1": .09, "imx477 photographs, sharp 400 4": .035,
	"imx477 photograph, soft 100 8": .035,
}

// TestEstimateOfTexture wants the promise kept where everything is texture, and
// noise is least, by both kinds of mosaics; and the same for any number of
// workers.
func TestEstimateOfTexture(t *testing.T) {
	for _, name := range []string{"imx477", "hmx"} {
		frames, truth, h := shoot(t, profileScene{scene: sensor.Texture{Seed: 3}}, name, 100, image.Pt(768, 640), 4)
		for _, n := range []int{1, 4} {
			e, err := noise.Estimate(t.Context(), frames[:n], nil)
			if err != nil {
				t.Fatal(err)
			}
			off := profileErrors(e.Profile, frames[0].Header().Noise, truth, h)
			t.Logf("%s, %d frames: off by %.1f %% (± %.1f)", name, n, 100*slices.Max(off[:]), 100*e.Error)
			limit := .08
			if n > 1 {
				limit = .03
			}
			if slices.Max(off[:]) > limit {
				t.Errorf("%s, %d frames: %v, want %v", name, n, e.Profile[raw.Green], frames[0].Header().Noise[raw.Green])
			}
			if n == 1 || name == "hmx" {
				continue
			}
			o := &noise.ProfileOptions{}
			o.Tiles.Workers = 5
			again, err := noise.Estimate(t.Context(), frames[:n], o)
			if err != nil {
				t.Fatal(err)
			}
			if again.Profile != e.Profile || again.Error != e.Error {
				t.Errorf("%s, %d frames: other workers, other profile: %v, %v", name, n, e.Profile, again.Profile)
			}
		}
	}
}

// TestEstimateOfBalancedColours wants the noise of each colour where colours were
// scaled after they were read, and the same line for all where they were not.
func TestEstimateOfBalancedColours(t *testing.T) {
	for _, name := range []string{"imx477", "hmx"} {
		frames, truth, h := shoot(t, profileScene{scene: sensor.Texture{Seed: 9, Contrast: .2}, blur: 1.2}, name, 1600, image.Pt(1024, 896), 3)
		e, err := noise.Estimate(t.Context(), frames[:1], nil)
		if err != nil {
			t.Fatal(err)
		}
		if e.Profile[raw.Red] != e.Profile[raw.Green] || e.Profile[raw.Blue] != e.Profile[raw.Green] {
			t.Errorf("%s: as read, colours have several lines: %v", name, e.Profile)
		}
		gains := [3]float64{1.9, 1, 1.6}
		for i, f := range frames {
			frames[i] = balanced(t, f, gains)
		}
		for _, n := range []int{1, 3} {
			e, err := noise.Estimate(t.Context(), frames[:n], nil)
			if err != nil {
				t.Fatal(err)
			}
			want := frames[0].Header().Noise
			for c := range raw.Color(3) {
				sum, count := 0.0, 0.0
				for y := range truth.Rect.Dy() {
					for x, v := range truth.Row(y) {
						if h.CFA.ColorAt(x, y) == c {
							s := (float64(v) - h.Black.Mean()) / (h.White[c] - h.Black.Mean()) * gains[c] / 2
							sum += math.Abs(e.Profile.Variance(c, s)/want.Variance(c, s) - 1)
							count++
						}
					}
				}
				t.Logf("%s, %d frames, %v: off by %.1f %% (± %.1f)", name, n, c, 100*sum/count, 100*e.Error)
				if sum/count > .08 {
					t.Errorf("%s, %d frames: %v is off by %.1f %%: %v, want %v", name, n, c, 100*sum/count, e.Profile[c], want[c])
				}
			}
		}
	}
}

// balanced is a frame whose colours were scaled after they were read, at four times
// the precision; half of that is room for gains.
func balanced(t *testing.T, src raw.Source, gains [3]float64) raw.Source {
	t.Helper()
	h := src.Header().Clone()
	black, white := h.Black.Mean(), h.White[raw.Green]
	h.Black = raw.ConstantBlack(black * 4)
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	readAll(t, src, m)
	for y := range m.Rect.Dy() {
		row := m.Row(y)
		for x, v := range row {
			row[x] = uint16(max(math.Round(4*(black+(float64(v)-black)*gains[h.CFA.ColorAt(x, y)])), 0))
		}
	}
	for c, g := range gains {
		h.White[c] = 4 * (black + 2*(white-black))
		h.Noise[c] = raw.NoiseModel{Scale: h.Noise[c].Scale * g / 2, Offset: h.Noise[c].Offset * g * g / 4}
	}
	out, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// BenchmarkEstimate estimates from frames of 12 MP in memory.
func BenchmarkEstimate(b *testing.B) {
	for _, name := range []string{"imx477", "hmx"} {
		frames, _, _ := shoot(b, profileScene{scene: sensor.Texture{Seed: 3}}, name, 400, image.Pt(4096, 3072), 4)
		for _, n := range []int{1, 4} {
			b.Run(fmt.Sprintf("%s/frames=%d", name, n), func(b *testing.B) {
				o := &noise.ProfileOptions{}
				o.Tiles.Workers = 1
				for b.Loop() {
					if _, err := noise.Estimate(context.Background(), frames[:n], o); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
