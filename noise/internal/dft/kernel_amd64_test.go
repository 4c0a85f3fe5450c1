//go:build amd64 && !purego

package dft

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/internal/cpu"
)

// TestAssemblyHasGenericBits runs both transforms on every implementation and
// wants the generic code's bits, signs of zero included.
func TestAssemblyHasGenericBits(t *testing.T) {
	in := new(Tile)
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range in {
		if rng.IntN(10) > 0 {
			in[i] = float32(rng.NormFloat64())
		}
	}
	run := func(k kind) (*Spectrum, *Tile) {
		defer func(old kind) { implementation = old }(implementation)
		implementation = k
		s, spec, out, w := new(Spectrum), new(Spectrum), new(Tile), new(Scratch)
		Forward(s, in, w)
		*spec = *s
		Inverse(out, s, w)
		return spec, out
	}
	spec, out := run(generic)
	f := cpu.X86()
	for k, ok := range map[kind]bool{avx2: f.AVX2, avx512: f.AVX512} {
		if !ok {
			t.Logf("implementation %d: this machine lacks it", k)
			continue
		}
		s, o := run(k)
		for i := range s {
			if math.Float32bits(s[i]) != math.Float32bits(spec[i]) {
				t.Fatalf("implementation %d: spectrum %d: %v, want %v", k, i, s[i], spec[i])
			}
		}
		for i := range o {
			if math.Float32bits(o[i]) != math.Float32bits(out[i]) {
				t.Fatalf("implementation %d: sample %d: %v, want %v", k, i, o[i], out[i])
			}
		}
	}
}
