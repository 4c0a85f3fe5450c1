package binning_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/raw"
)

func allCFAs() []raw.CFA {
	out := []raw.CFA{raw.Mono}
	for cell := 1; cell <= 4; cell++ {
		for y := range 2 * cell {
			for x := range 2 * cell {
				c, _ := raw.NewCFA(cell, image.Pt(x, y))
				out = append(out, c)
			}
		}
	}
	return out
}

func randomMosaic(rng *rand.Rand, size image.Point, cfa raw.CFA, limit int) *raw.Mosaic {
	m := raw.NewMosaic(image.Rectangle{Max: size}, cfa)
	for i := range m.Pix {
		m.Pix[i] = uint16(rng.IntN(limit))
	}
	return m
}

// hidden keeps a source from being viewed, so that bands are read.
type hidden struct{ raw.Source }

func memory(t testing.TB, h *raw.Header, m *raw.Mosaic) raw.Source {
	t.Helper()
	s, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func readAll(t testing.TB, s raw.Source) *raw.Mosaic {
	t.Helper()
	m := raw.NewMosaic(s.Header().Bounds(), 0)
	if err := s.ReadTile(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

// members lists the pixels that output pixel p is made of, from the words of
// the documentation and not from the package's arithmetic.
func members(cfa raw.CFA, n int, p image.Point) []image.Point {
	var out []image.Point
	for k := range n * n {
		d := image.Pt(k%n, k/n)
		if cfa.Cell() == 1 {
			out = append(out, image.Pt(p.X/2*4+p.X%2+2*d.X, p.Y/2*4+p.Y%2+2*d.Y))
			continue
		}
		out = append(out, cfa.CellStart().Add(p.Mul(n)).Add(d))
	}
	return out
}

func factors(cfa raw.CFA) []int {
	switch cfa.Cell() {
	case 0:
		return []int{2, 3, 4}
	case 4:
		return []int{2, 4}
	case 1:
		return []int{2}
	}
	return []int{cfa.Cell()}
}

func TestAverageAndSumOfEveryArray(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, cfa := range allCFAs() {
		for _, n := range factors(cfa) {
			for _, size := range []image.Point{{24, 24}, {37, 31}, {50, 43}, {23, 29}} {
				for _, mode := range []binning.Mode{binning.Average, binning.Sum} {
					h := raw.NewHeader(size, cfa, 10)
					src := randomMosaic(rng, size, cfa, 1024)
					binned, err := binning.New(memory(t, h, src), &binning.Options{Factor: n, Mode: mode})
					if err != nil {
						t.Fatal(err)
					}
					got := readAll(t, binned)
					oh := binned.Header()
					for y := range oh.Size.Y {
						for x := range oh.Size.X {
							want := 0
							for _, p := range members(cfa, n, image.Pt(x, y)) {
								if c := cfa.ColorAt(p.X, p.Y); c != oh.CFA.ColorAt(x, y) && cfa != raw.Mono {
									t.Fatalf("%v by %d: pixel %d,%d is %v, its member %v is %v", cfa, n, x, y, oh.CFA.ColorAt(x, y), p, c)
								}
								want += int(src.Gray16At(p.X, p.Y).Y)
							}
							if mode == binning.Average {
								want = (want + n*n/2) / (n * n)
							}
							if g := int(got.Gray16At(x, y).Y); g != want {
								t.Fatalf("%v by %d, %v, %v: pixel %d,%d is %d, want %d", cfa, n, mode, size, x, y, g, want)
							}
						}
					}
				}
			}
		}
	}
}

func variants(rng *rand.Rand, h *raw.Header, n int) []binning.Options {
	cfa := h.CFA
	weights := make([]float64, n*n)
	for i := range weights {
		weights[i] = float64(1 + i)
	}
	out := []binning.Options{
		{Factor: n}, {Factor: n, Mode: binning.Sum}, {Factor: n, Weights: weights},
		{Factor: n, Robust: true, Sigma: 2}, {Factor: n, ClipAware: true, Robust: true, Sigma: 3, Mode: binning.Sum},
	}
	if cfa.Cell() == 1 {
		out = append(out, binning.Options{PhaseCorrect: true}, binning.Options{PhaseCorrect: true, Robust: true, Sigma: 2})
	}
	if n == 4 {
		out = append(out, binning.Options{TwoStep: true, Factor: 4, Robust: true})
	}
	if n == 2 {
		out = append(out, binning.Options{Factor: 2, Exposures: []float64{1, 0.25, 0.25, 0.0625}})
	}
	if cfa.Cell() > 1 {
		m := randomMap(rng, h, 3, 2)
		out = append(out, binning.Options{Factor: n, GainMap: m}, binning.Options{Factor: n, GainMap: m, Robust: true, Sigma: 2})
	}
	// Every mode with holes, one a cell.
	for _, o := range out[:len(out):len(out)] {
		if o.Exposures != nil || o.TwoStep {
			continue
		}
		for y := 0; y < h.Size.Y; y += 2 * n {
			o.Exclude = append(o.Exclude, image.Pt(rng.IntN(h.Size.X/(2*n))*2*n, y))
		}
		out = append(out, o)
	}
	return out
}

func randomMap(rng *rand.Rand, h *raw.Header, rows, cols int) *binning.GainMap {
	p := h.CFA.Period()
	m := &binning.GainMap{Width: h.Size.X, Height: h.Size.Y, CFA: h.CFA, Rows: rows, Cols: cols}
	for range rows * cols * p * p {
		m.Gains = append(m.Gains, 0.9+0.2*rng.Float32())
	}
	return m
}

func TestTiledIsUntiled(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for i, cfa := range allCFAs() {
		// Large cells have many phases; some of them will do.
		if c := cfa.Cell(); c > 2 && i%(4*c-5) != 0 {
			continue
		}
		for _, n := range factors(cfa) {
			size := image.Pt(50+rng.IntN(20), 50+rng.IntN(20))
			h := raw.NewHeader(size, cfa, 12)
			h.Noise = raw.NoiseProfile{{Scale: 1e-4, Offset: 1e-6}, {Scale: 1e-4, Offset: 1e-6}, {Scale: 1e-4, Offset: 1e-6}}
			src := memory(t, h, randomMosaic(rng, size, cfa, 4096))
			h.Black = raw.BlackLevel{Rows: 2, Cols: 2, Samples: 1, Values: []float64{60, 61.5, 66, 64}}
			for _, o := range variants(rng, h, n) {
				whole, err := binning.New(src, &o)
				if err != nil {
					t.Fatal(err)
				}
				want := readAll(t, whole)
				for _, from := range []raw.Source{src, hidden{src}} {
					tiled, err := binning.New(from, &o)
					if err != nil {
						t.Fatal(err)
					}
					for range 5 {
						b := want.Rect
						x, y := rng.IntN(b.Max.X), rng.IntN(b.Max.Y)
						r := image.Rect(x, y, x+1+rng.IntN(b.Max.X-x), y+1+rng.IntN(b.Max.Y-y))
						part := raw.NewMosaic(r, 0)
						if err := tiled.ReadTile(context.Background(), part); err != nil {
							t.Fatal(err)
						}
						if err := sameSamples(part, want); err != nil {
							t.Fatalf("%v, %+v, tile %v: %v", cfa, o, r, err)
						}
					}
				}
				var bin raw.Mosaic
				o.Header = h
				m := readAll(t, src)
				m.CFA = cfa
				for workers := 1; workers <= 3; workers++ {
					o.Workers = workers
					if err := binning.Bin(&bin, m, &o); err != nil {
						t.Fatal(err)
					}
					if err := sameSamples(&bin, want); err != nil {
						t.Fatalf("Bin, %v, %+v: %v", cfa, o, err)
					}
				}
			}
		}
	}
}

func sameSamples(got, want *raw.Mosaic) error {
	for y := got.Rect.Min.Y; y < got.Rect.Max.Y; y++ {
		for x := got.Rect.Min.X; x < got.Rect.Max.X; x++ {
			if g, w := got.Gray16At(x, y).Y, want.Gray16At(x, y).Y; g != w {
				return fmt.Errorf("pixel %d,%d is %d, want %d", x, y, g, w)
			}
		}
	}
	if got.CFA != want.CFA {
		return fmt.Errorf("CFA %v, want %v", got.CFA, want.CFA)
	}
	return nil
}

func TestBadOptions(t *testing.T) {
	quad := raw.NewHeader(image.Pt(64, 64), raw.QuadRGGB, 10)
	bayer := raw.NewHeader(image.Pt(64, 64), raw.BayerRGGB, 10)
	noisy := raw.NewHeader(image.Pt(64, 64), raw.QuadRGGB, 10)
	noisy.Noise = raw.NoiseProfile{{Offset: 1e-5}, {Offset: 1e-5}, {Offset: 1e-5}}
	inverted := raw.NewHeader(image.Pt(64, 64), raw.QuadRGGB, 10)
	inverted.Black = raw.ConstantBlack(2000)
	other := randomMap(rand.New(rand.NewPCG(1, 1)), raw.NewHeader(image.Pt(32, 32), raw.QuadRGGB, 10), 1, 1)
	for _, c := range []struct {
		name string
		h    *raw.Header
		o    binning.Options
		want error
	}{
		{"factor of another array", quad, binning.Options{Factor: 3}, raw.ErrCFA},
		{"factor 1", quad, binning.Options{Factor: 1}, raw.ErrOption},
		{"factor 5", quad, binning.Options{Factor: 5}, raw.ErrOption},
		{"Bayer by 3", bayer, binning.Options{Factor: 3}, raw.ErrCFA},
		{"unknown mode", quad, binning.Options{Mode: 9}, raw.ErrOption},
		{"phase correction on Quad", quad, binning.Options{PhaseCorrect: true}, raw.ErrOption},
		{"phase correction and weights", bayer, binning.Options{PhaseCorrect: true, Weights: []float64{1, 1, 1, 1}}, raw.ErrOption},
		{"too few weights", quad, binning.Options{Weights: []float64{1, 1}}, raw.ErrOption},
		{"negative weight", quad, binning.Options{Weights: []float64{1, 1, 1, -1}}, raw.ErrOption},
		{"no weight", quad, binning.Options{Weights: make([]float64, 4)}, raw.ErrOption},
		{"two steps of Bayer", bayer, binning.Options{TwoStep: true}, raw.ErrCFA},
		{"two steps by 2", quad, binning.Options{TwoStep: true, Factor: 2}, raw.ErrOption},
		{"robust without noise", quad, binning.Options{Robust: true}, raw.ErrOption},
		{"sigma without robust", quad, binning.Options{Sigma: 3}, raw.ErrOption},
		{"sigma of 0.1", noisy, binning.Options{Robust: true, Sigma: 0.1}, raw.ErrOption},
		{"exposures without noise", quad, binning.Options{Exposures: []float64{1, 1, .5, .5}}, raw.ErrOption},
		{"exposure of zero", noisy, binning.Options{Exposures: []float64{1, 1, 0, .5}}, raw.ErrOption},
		{"equal exposures", noisy, binning.Options{Exposures: []float64{1, 1, 1, 1}}, raw.ErrOption},
		{"three exposures", noisy, binning.Options{Exposures: []float64{1, 1, .5}}, raw.ErrOption},
		{"exposures and sum", noisy, binning.Options{Exposures: []float64{1, 1, .5, .5}, Mode: binning.Sum}, raw.ErrOption},
		{"gain map of another size", quad, binning.Options{GainMap: other}, raw.ErrOption},
		{"gain map without gains", quad, binning.Options{GainMap: &binning.GainMap{Width: 64, Height: 64, CFA: raw.QuadRGGB, Rows: 1, Cols: 1}}, raw.ErrOption},
		{"excluded pixel outside", quad, binning.Options{Exclude: []image.Point{{64, 0}}}, raw.ErrOption},
		{"whole cell excluded", quad, binning.Options{Exclude: []image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}}}, raw.ErrOption},
		{"unusable noise", quad, binning.Options{Noise: &raw.NoiseProfile{}}, raw.ErrOption},
		{"white below black", inverted, binning.Options{}, raw.ErrOption},
		{"frame below a cell", raw.NewHeader(image.Pt(1, 9), raw.QuadRGGB, 10), binning.Options{}, raw.ErrBounds},
	} {
		if _, err := binning.New(refusing{c.h}, &c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// refusing is a source that has a header only.
type refusing struct{ h *raw.Header }

func (r refusing) Header() *raw.Header { return r.h }

func (r refusing) ReadTile(context.Context, *raw.Mosaic) error {
	return errors.New("pixels were read before the options were checked")
}
