//go:build amd64 && !purego

package demosaic

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestQuadRowsAgree compares every kernel of Quad rows with its definition, at
// every length, phase and with samples from black to white.
func TestQuadRowsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(11, uint64(k)))
		for n := 1; n <= 300; n++ {
			quadRowsAgree(t, k, n, rng)
		}
	})
}

func quadRowsAgree(t *testing.T, k kernelSet, n int, rng *rand.Rand) {
	t.Helper()
	row := func() []uint16 {
		p := make([]uint16, n+8)
		for i := range p {
			if p[i] = uint16(rng.Uint32()); rng.IntN(4) == 0 {
				p[i] = uint16(rng.IntN(2)) * math.MaxUint16
			}
		}
		return p
	}
	for phase := range 4 {
		src := row()
		across, intact := guarded[uint16](n)
		want := make([]uint16, n)
		k.quadAcrossRow(across, src, phase&1)
		quadAcrossRowGeneric(want, src, phase&1)
		if !slices.Equal(across, want) || !intact() {
			t.Fatalf("across %d, phase %d: differs", n, phase)
		}
		bend, intact := guarded[int16](n)
		wantBend := make([]int16, n)
		k.quadBendRow(bend, src, phase&1)
		quadBendRowGeneric(wantBend, src, phase&1)
		if !slices.Equal(bend, wantBend) || !intact() {
			t.Fatalf("bend %d, phase %d: differs", n, phase)
		}
		r := quadRows{
			mid: src, near: row(), far: row(), midAcross: across, nearAcross: row(), farAcross: row(),
			before: row(), pair: row(), behind: row(), bend: bend,
		}
		turns, intact := guarded[uint16](n)
		k.turnsRow(turns, src, across, 60000)
		turnsRowGeneric(want, src, across, 60000)
		if !slices.Equal(turns, want) || !intact() {
			t.Fatalf("turns of %d: differs", n)
		}
		for _, stream := range []bool{false, true} {
			for name, run := range map[string][2]func(own, green, other []uint16){
				"bilinear": {
					func(own, green, other []uint16) { k.quadBilinearRow(own, green, other, &r, phase, stream) },
					func(own, green, other []uint16) { quadBilinearRowGeneric(own, green, other, &r, phase) },
				},
				"malvar": {
					func(own, green, other []uint16) { k.quadMalvarRow(own, green, other, &r, phase, stream) },
					func(own, green, other []uint16) { quadMalvarRowGeneric(own, green, other, &r, phase) },
				},
			} {
				var got, want [3][]uint16
				var intact [3]func() bool
				for c := range got {
					got[c], intact[c] = guarded[uint16](n)
					want[c] = make([]uint16, n)
				}
				run[0](got[0], got[1], got[2])
				run[1](want[0], want[1], want[2])
				for c := range got {
					if !slices.Equal(got[c], want[c]) || !intact[c]() {
						t.Fatalf("%s of %d, phase %d, plane %d: differs", name, n, phase, c)
					}
				}
			}
		}
	}
}

// TestQuadLMMSERowsAgree does the same for the rows of LMMSE.
func TestQuadLMMSERowsAgree(t *testing.T) {
	forEachSet(t, func(t *testing.T, k kernelSet) {
		rng := rand.New(rand.NewPCG(12, uint64(k)))
		for n := 1; n <= 150; n++ {
			stride := n + 9 + rng.IntN(40)
			pix := make([]int16, 9*stride)
			for i := range pix {
				pix[i] = int16(rng.IntN(32768) - 4096)
			}
			floats := func() []float32 {
				p := make([]float32, 9*stride+64)
				for i := range p {
					p[i] = rng.Float32()*4000 - 1000
				}
				return p
			}
			for place := range 4 {
				down := stride * (1 - 2*rng.IntN(2))
				a, b := make([]float32, n+32), make([]float32, n+32)
				check := func(name string) {
					t.Helper()
					if !slices.Equal(a[:n], b[:n]) {
						t.Fatalf("%s: %d samples differ, place %d", name, n, place)
					}
				}
				k.quadDiffAlongRow(a[:n], pix, place)
				quadDiffAlongRowGeneric(b[:n], pix, place)
				check("differences along")
				k.quadDiffDownRow(a[:n], pix, 4*stride+3, down, place)
				quadDiffDownRowGeneric(b[:n], pix, 4*stride+3, down, place)
				check("differences down")
				if a[n] != 0 {
					t.Fatal("differences are written behind the end")
				}
				d, o := floats(), floats()
				smooth, errA, errB := make([]float32, n+32), make([]float32, n+32), make([]float32, n+32)
				if n&1 == 0 {
					k.quadSmoothDownRow(a, errA, d, stride, n)
					quadSmoothDownRowGeneric(b, errB, d, stride, n)
					check("smooth down")
					if !slices.Equal(errA[:n], errB[:n]) {
						t.Fatalf("%d errors down differ", n)
					}
				}
				k.quadSmoothAlongRow(a, errA, errB, d, o, n)
				wantA, wantB := make([]float32, n), make([]float32, n)
				quadSmoothAlongRowGeneric(smooth, wantA, wantB, d, o, n)
				copy(b, smooth[:n])
				check("smooth along")
				if !slices.Equal(errA[:n], wantA) || !slices.Equal(errB[:n], wantB) {
					t.Fatalf("%d errors along differ", n)
				}
				for _, step := range []int{1, stride} {
					copy(a, o)
					copy(b, o)
					k.quadRangeRow(a, d, step, n)
					quadRangeRowGeneric(b, d, step, n)
					check("range")
				}
				k.quadOtherRow(a, d, place, n)
				quadOtherRowGeneric(b, d, place, n)
				check("other")
				var got, want [3][]int16
				var intact [3]func() bool
				for i := range got {
					got[i], intact[i] = guarded[int16](n)
					want[i] = make([]int16, n)
				}
				k.quadWriteRow(got[0], got[1], got[2], pix, d, o, 3*stride+5, down, place)
				quadWriteRowGeneric(want[0], want[1], want[2], pix, d, o, 3*stride+5, down, place)
				for i := range got {
					if !slices.Equal(got[i], want[i]) || !intact[i]() {
						t.Fatalf("plane %d of %d pixels differs", i, n)
					}
				}
			}
		}
	})
}
