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
			window, intact := guarded[int32](n)
			rows := make([]int32, 4*stride+n)
			for i := range rows {
				rows[i] = int32(rng.IntN(1<<21) - 1<<20)
			}
			k.windowRow(window, rows, stride)
			windowRowGeneric(want, rows, stride)
			if !slices.Equal(window, want) || !intact() {
				t.Fatalf("sums of %d windows differ", n)
			}
			apart, energy := make([]float32, n), make([]float32, n)
			apart2, energy2 := make([]float32, n), make([]float32, n)
			k.apartRow(apart, energy, rows, rows[stride:][:n])
			apartRowGeneric(apart2, energy2, rows, rows[stride:][:n])
			if !slices.Equal(apart, apart2) || !slices.Equal(energy, energy2) {
				t.Fatalf("%d blocks are apart differently", n)
			}
			agreeOnDecisions(t, k, rng, n)
			spread, intactSpread := guarded[int16](2 * n)
			own, next := make([]int16, n+2), make([]int16, n+2)
			for i := range own {
				own[i], next[i] = int16(rng.IntN(2*chromaMost+1)-chromaMost), int16(rng.IntN(2*chromaMost+1)-chromaMost)
			}
			wantUnits := make([]int16, 2*n)
			k.spreadRow(spread, own, next)
			spreadRowGeneric(wantUnits, own, next)
			if !slices.Equal(spread, wantUnits) || !intactSpread() {
				t.Fatalf("units of %d blocks differ", n)
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

// agreeOnDecisions compares what n blocks change by.
func agreeOnDecisions(t *testing.T, k kernelSet, rng *rand.Rand, n int) {
	stride := n + 2 + rng.IntN(5)
	var noise chromaNoise
	for i := range noise {
		noise[i].color = [2]float32{rng.Float32() * 900, rng.Float32()*900 + chromaLeast}
		noise[i].luma, noise[i].share = rng.Float32()*900, rng.Float32()
	}
	var energy [3][]float32
	var apart [2][]float32
	luma := make([]int32, n)
	for i := range luma {
		luma[i] = int32(rng.IntN(1<<20)) - 1<<18
	}
	for i := range energy {
		energy[i] = make([]float32, 3*stride)
		for j := range energy[i] {
			energy[i][j] = rng.Float32() * 800
		}
	}
	for i := range apart {
		apart[i] = make([]float32, n)
		for j := range apart[i] {
			apart[i][j] = (rng.Float32() - 0.5) * []float32{9, 900, 30000, 0}[rng.IntN(4)]
		}
	}
	var got, want [3][]int16
	var intact [3]func() bool
	for i := range got {
		got[i], intact[i] = guarded[int16](n)
		want[i] = make([]int16, n)
	}
	k.decideRow(&got, &energy, stride, &apart, luma, &noise)
	decideRowGeneric(&want, &energy, stride, &apart, luma, &noise)
	for i := range got {
		if !slices.Equal(got[i], want[i]) || !intact[i]() {
			t.Fatalf("decisions on %d blocks differ", n)
		}
	}
}
