package demosaic

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

// TestQuadLinearIsAsDescribed compares the pictures and mosaics of Quad with
// what the doc comment says in one expression a pixel, under every offset.
func TestQuadLinearIsAsDescribed(t *testing.T) {
	size := image.Pt(90, 70) // wider than a vector
	for o := range 16 {
		cfa, err := raw.NewCFA(2, image.Pt(o&3, o>>2))
		if err != nil {
			t.Fatal(err)
		}
		h := raw.NewHeader(size, cfa, 16)
		m := raw.NewMosaic(h.Bounds(), cfa)
		rng := rand.New(rand.NewPCG(uint64(o), 12))
		for i := range m.Pix {
			m.Pix[i] = uint16(rng.IntN(1 << 16))
		}
		src, err := raw.NewMemory(h, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []Method{Bilinear, Malvar} {
			out := raw.NewRGB(h.Bounds())
			if err := Demosaic(t.Context(), out, m, h, &Options{Method: method}); err != nil {
				t.Fatal(err)
			}
			bayer, err := Remosaic(src, &Options{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			mosaic := raw.NewMosaic(h.Bounds(), bayer.Header().CFA)
			if err := bayer.ReadTile(t.Context(), mosaic); err != nil {
				t.Fatal(err)
			}
			for y := 8; y < size.Y-8; y++ {
				for x := 8; x < size.X-8; x++ {
					for c := raw.Red; c <= raw.Blue; c++ {
						want := linearQuad(m, c, x, y)
						if method == Malvar {
							// A correction is at most half of white.
							g := max(math.MinInt16, min(gradientQuad(m, c, x, y), math.MaxInt16))
							want = max(0, min(want+g, math.MaxUint16))
						}
						if got := float64(out.Row(c, y)[x]); math.Abs(got-want) > 8 {
							t.Fatalf("%v %v: %v at (%d,%d) is %v, want %.1f", method, cfa, c, x, y, got, want)
						}
					}
					c := mosaic.CFA.ColorAt(x, y)
					if got, want := mosaic.Row(y)[x], out.Row(c, y)[x]; got != want {
						t.Fatalf("%v %v: the mosaic has %d at (%d,%d), the picture %d", method, cfa, got, x, y, want)
					}
				}
			}
		}
	}
}

// linearQuad is colour c at (x, y) of the linear interpolation.
func linearQuad(m *raw.Mosaic, c raw.Color, x, y int) float64 {
	sum := 0.0
	for _, t := range linearTaps(m.CFA, c, x, y) {
		sum += float64(t.weight) / (1 << 14) * float64(m.Row(y + t.dy)[x+t.dx])
	}
	return sum
}

// gradientQuad is what Malvar adds.
func gradientQuad(m *raw.Mosaic, c raw.Color, x, y int) float64 {
	own := m.CFA.ColorAt(x, y)
	bend := func(dx, dy int) float64 {
		at := func(i int) float64 { return float64(m.Row(y + i*dy)[x+i*dx]) }
		to := 1 // the other sample of the cell
		if m.CFA.ColorAt(x+dx, y+dy) != own {
			to = -1
		}
		return (21*at(0) - 9*at(-3*to) - 7*at(to) - 5*at(4*to)) / 21 * 63 / 64
	}
	along, down := bend(1, 0), bend(0, 1)
	switch {
	case c == own:
		return 0
	case c == raw.Green:
		return (4*along + 4*down) / 16
	case own != raw.Green:
		return (6*along + 6*down) / 16
	case m.CFA.ColorAt(x-2, y) == c:
		return (7*along + 1*down) / 16
	}
	return (1*along + 7*down) / 16
}
