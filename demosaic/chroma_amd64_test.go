//go:build amd64 && !purego

package demosaic

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// TestChromaRowsAgree compares the kernels of the colours of blocks with their
// definitions, on rows of every length up to 200.
func TestChromaRowsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(3, uint64(k)))
		for n := 1; n <= 200; n++ {
			stride := 2*n + rng.IntN(9)
			in := make([]int16, 3*stride+2*n)
			for i := range in {
				in[i] = int16(bank.Min + rng.IntN(bank.Max-bank.Min+1))
			}
			sums, intact := guarded[int32](n)
			want := make([]int32, n)
			k.pairsRow(sums, in, stride)
			pairsRowGeneric(want, in, stride)
			if !slices.Equal(sums, want) || !intact() {
				t.Fatalf("%d sums of pairs differ", n)
			}
			units := make([]int16, n/2+1+guardSlack)
			for i := range units {
				units[i] = int16(rng.IntN(2*chromaMost+1) - chromaMost)
			}
			pix, intact := guarded[int16](n)
			copy(pix, in)
			other := slices.Clone(pix)
			k.tintRow(pix, units)
			tintRowGeneric(other, units)
			if !slices.Equal(pix, other) || !intact() {
				t.Fatalf("%d tinted pixels differ", n)
			}
		}
	})
}
