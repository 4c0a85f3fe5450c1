package main

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// TestGrayWaves: waves are gray, fine, the same again from the same seed, and
// noisy only if asked to be.
func TestGrayWaves(t *testing.T) {
	source := func() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
	q := grayWaves(0, source())
	if !slices.Equal(q.truth.Pix[0], q.truth.Pix[1]) || !slices.Equal(q.truth.Pix[0], q.truth.Pix[2]) {
		t.Error("waves have a colour")
	}
	if !slices.Equal(q.mosaic.Pix, q.truth.Pix[0]) {
		t.Error("the mosaic is not the picture")
	}
	if !slices.Equal(grayWaves(0, source()).mosaic.Pix, q.mosaic.Pix) {
		t.Error("different waves from the same seed")
	}
	if mean := q.detail / (3 * patchSize * patchSize); mean < (bank.One/40)*(bank.One/40) {
		t.Errorf("detail of %.0f a sample: no fine waves", mean)
	}
	if n := grayWaves(5, source()); slices.Equal(n.mosaic.Pix, n.truth.Pix[0]) {
		t.Error("no noise")
	}
}
