package develop

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

// TestFewAndManyBadPixels wants the same repair whether listed pixels are taken
// one by one or with all that is around them, however the frame is read.
func TestFewAndManyBadPixels(t *testing.T) {
	for _, cfa := range []raw.CFA{raw.BayerGRBG, raw.QuadRGGB, raw.Mono} {
		rng := rand.New(rand.NewPCG(1, 2))
		h := raw.NewHeader(image.Pt(96, 64), cfa, 12)
		m := raw.NewMosaic(h.Bounds(), cfa)
		for i := range m.Pix {
			m.Pix[i] = uint16(rng.IntN(4096))
		}
		src, err := raw.NewMemory(h, m)
		if err != nil {
			t.Fatal(err)
		}
		list := &raw.FixBadPixelsList{Points: []image.Point{{0, 0}, {95, 63}, {40, 30}, {41, 30}, {40, 34}, {32, 32}}}
		many := &raw.FixBadPixelsList{Points: list.Points, Rects: []image.Rectangle{image.Rect(500, 500, 501, 501)}}
		a, b := newRepair(src, newBadList(list, image.Point{})), newRepair(src, newBadList(many, image.Point{}))
		want := raw.NewMosaic(h.Bounds(), 0)
		if err := b.ReadTile(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if slices.Equal(want.Pix, m.Pix) {
			t.Fatal("nothing was repaired")
		}
		for _, size := range []image.Point{{96, 64}, {32, 16}} {
			got := raw.NewMosaic(h.Bounds(), 0)
			for y := 0; y < 64; y += size.Y {
				for x := 0; x < 96; x += size.X {
					if err := a.ReadTile(t.Context(), got.Part(image.Rect(x, y, x+size.X, y+size.Y))); err != nil {
						t.Fatal(err)
					}
				}
			}
			if !slices.Equal(got.Pix, want.Pix) {
				t.Errorf("%v in tiles of %v: one by one differs", cfa, size)
			}
		}
	}
}
