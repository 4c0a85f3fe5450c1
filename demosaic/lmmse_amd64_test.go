//go:build amd64 && !purego

package demosaic

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLMMSEKernelsAgree compares the rows of LMMSE with their definitions, along
// rows and down columns.
func TestLMMSEKernelsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(11, uint64(k)))
		for n := 1; n <= 150; n++ {
			stride := n + 3 + rng.IntN(40)
			floats := func() []float32 {
				p := make([]float32, 9*stride+n+64)
				for i := range p {
					p[i] = rng.Float32()*4000 - 1000
				}
				return p
			}
			pix := make([]int16, 9*stride+n)
			for i := range pix {
				pix[i] = int16(rng.IntN(32768) - 4096)
			}
			row := func() []float32 { return make([]float32, n+32) }
			check := func(name string, a, b []float32) {
				t.Helper()
				if !slices.Equal(a[:n], b[:n]) {
					t.Fatalf("%s: %d samples differ", name, n)
				}
			}
			for _, step := range []int{1, stride} {
				green := rng.IntN(2)
				a, b, c, d := row(), row(), row(), row()
				k.lmmseDiffRow(a[:n], pix, step, green)
				lmmseDiffRowGeneric(b[:n], pix, step, green)
				check("differences", a, b)
				if a[n] != 0 {
					t.Fatal("differences are written behind the end")
				}
				p, q, r := floats(), floats(), floats()
				k.lmmseSmoothRow(a, c, p, step, n)
				lmmseSmoothRowGeneric(b, d, p, step, n)
				check("smooth", a, b)
				check("error", c, d)
				for i := range q {
					q[i] *= q[i]
				}
				k.lmmseEstimateRow(a, c, p, q, r, step, n)
				lmmseEstimateRowGeneric(b, d, p, q, r, step, n)
				check("estimate", a, b)
				check("variance", c, d)
				k.lmmseFuseRow(a, p, q, r, q[n:], n)
				lmmseFuseRowGeneric(b, p, q, r, q[n:], n)
				check("fused", a, b)
				k.lmmseOtherRow(a, p, r, n)
				lmmseOtherRowGeneric(b, p, r, n)
				check("other", a, b)
				at := 2*stride + 5
				var got, want [3][]int16
				var intact [3]func() bool
				for i := range got {
					got[i], intact[i] = guarded[int16](n)
					want[i] = make([]int16, n)
				}
				k.lmmseWriteRow(got[0], got[1], got[2], pix, p, r, at, stride, green)
				lmmseWriteRowGeneric(want[0], want[1], want[2], pix, p, r, at, stride, green)
				for i := range got {
					if !slices.Equal(got[i], want[i]) || !intact[i]() {
						t.Fatalf("plane %d of %d pixels differs", i, n)
					}
				}
			}
		}
	})
}
