package dng

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

// Previews are added up by quarters of blocks where those are of one colour,
// which gives what adding up sample by sample gives, for tiles of any place.
func TestPreviewByQuartersIsThatBySamples(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	quarters := map[quarter]int{}
	for _, size := range []image.Point{{2100, 130}, {5003, 61}} {
		cfas := []raw.CFA{raw.Mono}
		for cell := 1; cell <= 4; cell++ {
			for y := range 2 * cell {
				c, _ := raw.NewCFA(cell, image.Pt(y*3%(2*cell), y))
				cfas = append(cfas, c)
			}
		}
		for _, cfa := range cfas {
			h := raw.NewHeader(size, cfa, 16)
			h.ActiveArea = image.Rect(3, 2, size.X-1, size.Y-5)
			b := &block{stride: size.X, pix: make([]uint16, size.X*size.Y)}
			for i := range b.pix {
				b.pix[i] = uint16(rng.Uint32())
			}
			var means [2][3][]float32
			for i := range means {
				s := &store{pix: &mosaicPixels{raw.Source(nil)}}
				l, err := newLook(h, s, &WriteOptions{})
				if err != nil {
					t.Fatal(err)
				}
				quarters[l.quarter]++
				if i == 1 {
					l.quarter = mixed
				}
				// In bands, as they pass.
				for y := 0; y < size.Y; y += 48 {
					r := image.Rect(0, y, size.X, min(y+48, size.Y))
					l.add(&block{stride: b.stride, pix: b.pix[y*b.stride:]}, r)
				}
				means[i] = l.mean
			}
			for c := range means[0] {
				if !slices.Equal(means[0][c], means[1][c]) {
					t.Errorf("%v %v: colour %d differs", size, cfa, c)
				}
			}
		}
	}
	if quarters[lattice] == 0 || quarters[corner] == 0 || quarters[mixed] == 0 {
		t.Errorf("not every way was taken: %v", quarters)
	}
}
