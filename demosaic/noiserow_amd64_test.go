//go:build amd64 && !purego

package demosaic

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// TestNoiseRowsAgree compares the kernels of the places and of the mean of two
// levels with their definitions, on rows of every length up to 200 units.
func TestNoiseRowsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(9, uint64(k)))
		var curve placeCurve
		for i := range curve.place {
			curve.place[i] = int32(rng.IntN(maxLevels << 8))
			curve.rise[i] = int32(rng.IntN(maxLevels<<8)) - curve.place[i]
		}
		for n := 1; n <= 200; n++ {
			pixels := 2*n + 2 + rng.IntN(9)
			in := make([]int16, 3*pixels+2*n+2)
			for i := range in {
				in[i] = int16(bank.Min + rng.IntN(bank.Max-bank.Min+1))
			}
			a, intact := guarded[uint16](n)
			b := make([]uint16, n+guardSlack)
			var ra, rb placeRange
			ra.reset()
			rb.reset()
			for range 2 {
				k.placeRow(a, in, pixels, &curve, &ra)
				placeRowGeneric(b[:n], in, pixels, &curve, &rb)
			}
			least, largest := ra.bounds()
			wantLeast, wantLargest := rb.bounds()
			if !slices.Equal(a, b[:n]) || !intact() || least != wantLeast || largest != wantLargest {
				t.Fatalf("places of %d units differ", n)
			}
			var table shareTable
			for i := range table {
				table[i] = rng.Float32()*2 - 1
			}
			for x := range 4 {
				row := make([]float32, 2*n)
				want := slices.Clone(row)
				k.shareRow(row[:2*n-1], b, &table, x)
				shareRowGeneric(want[:2*n-1], b, &table, x)
				if !slices.Equal(row, want) {
					t.Fatalf("shares of %d units differ", n)
				}
			}
			for level := 1; level < maxLevels; level++ {
				x, intact := guarded[int16](2 * n)
				copy(x, in)
				y := slices.Clone(x)
				k.blendRow(x, in[pixels:], b, level)
				blendRowGeneric(y, in[pixels:], b, level)
				if !slices.Equal(x, y) || !intact() {
					t.Fatalf("means of %d units differ", n)
				}
			}
		}
	})
}
