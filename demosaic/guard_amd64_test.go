//go:build amd64 && !purego

package demosaic

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// TestGuardKernelsAgree compares the guard's kernels with their definitions on
// rows of every length from 1 to 200 units.
func TestGuardKernelsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(8, uint64(k)))
		for n := 1; n <= 200; n++ {
			stride := (n + 4 + 31) &^ 31
			pixels := 2*n + rng.IntN(9)
			samples := func(n int) []int16 {
				p := make([]int16, n+guardSlack)
				lowest := bank.Min + rng.IntN(16000)
				for i := range p {
					p[i] = int16(lowest + rng.IntN(1<<(4+n%11)))
				}
				return p
			}
			same := func(name string, rows int, a, b []int16) {
				t.Helper()
				for r := range rows {
					if !slices.Equal(a[r*stride:][:n], b[r*stride:][:n]) {
						t.Fatalf("%s: %d units differ in row %d", name, n, r)
					}
				}
			}
			var rgb [3][]int16
			for c := range rgb {
				rgb[c] = samples(2*pixels + 64)
			}
			a, b := samples(16*stride), samples(16*stride)
			k.diffRow(a, stride, rgb[0], rgb[1], rgb[2], pixels, n)
			diffRowGeneric(b, stride, rgb[0], rgb[1], rgb[2], pixels, n)
			same("differences", 4, a, b)
			k.bayerKnownRow(a, stride, rgb[0], pixels, n)
			bayerKnownRowGeneric(b, stride, rgb[0], pixels, n)
			same("bayer", 6, a, b)
			known := slices.Clone(a)
			k.mosaicDiffRow(a, known, stride, n)
			mosaicDiffRowGeneric(b, known, stride, n)
			same("differences of a mosaic", 4, a, b)
			for phase := range 4 {
				k.quadKnownRow(a, stride, rgb[0], pixels, n, phase&1, phase>>1)
				quadKnownRowGeneric(b, stride, rgb[0], pixels, n, phase&1, phase>>1)
				same("quad", 6, a, b)
			}
			if n > 2 {
				x := samples(18 * stride)
				n -= 2
				k.across(a, x, stride, 6, n)
				acrossGeneric(b, x, stride, 6, n)
				same("across", 6, a, b)
				k.down(a, x, stride, n)
				downGeneric(b, x, stride, n)
				same("down", 6, a, b)
				n += 2
			}
			diffs, known := samples(12*stride), samples(18*stride)
			for _, ring := range [][]int16{diffs, known} { // the largest are not below the least
				half := len(ring) / stride / 6
				for r := range 3 * half {
					for u := range n {
						lo, hi := &ring[(r/half*2*half+r%half)*stride+u], &ring[(r/half*2*half+half+r%half)*stride+u]
						*lo, *hi = min(*lo, *hi), max(*lo, *hi)
					}
				}
			}
			a, b = samples(6*stride), samples(6*stride)
			for _, near := range [][]int16{nil, samples(3 * stride)} {
				clip := [3]int16{known[0], known[stride+n/2], 32767}
				k.boundsRow(a, diffs, known, near, stride, &clip, n)
				boundsRowGeneric(b, diffs, known, near, stride, &clip, n)
				same("bounds", 6, a, b)
			}
		}
	})
}
