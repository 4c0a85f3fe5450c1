package dft_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/quadraw/quadraw/noise/internal/dft"
)

// oracle is gonum's transform of one tile in float64.
func oracle(t *dft.Tile, lane int) [dft.N][dft.N]complex128 {
	var f [dft.N][dft.N]complex128
	fft := fourier.NewCmplxFFT(dft.N)
	for y := range dft.N {
		for x := range dft.N {
			f[y][x] = complex(float64(t[(y*dft.N+x)*dft.Lanes+lane]), 0)
		}
		copy(f[y][:], fft.Coefficients(nil, f[y][:]))
	}
	col := make([]complex128, dft.N)
	for x := range dft.N {
		for y := range dft.N {
			col[y] = f[y][x]
		}
		for y, v := range fft.Coefficients(nil, col) {
			f[y][x] = v
		}
	}
	return f
}

func randomTile(seed uint64) *dft.Tile {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := new(dft.Tile)
	for i := range t {
		t[i] = rng.Float32() - .5
	}
	return t
}

func TestForwardAgainstGonum(t *testing.T) {
	in := randomTile(1)
	s := new(dft.Spectrum)
	dft.Forward(s, in, new(dft.Scratch))
	for _, lane := range []int{0, 7, 15} {
		want := oracle(in, lane)
		for ky := range dft.N {
			for kx := range dft.Half {
				at := (ky*dft.Half+kx)*2*dft.Lanes + lane
				d := complex(float64(s[at])/2, float64(s[at+dft.Lanes])/2) - want[ky][kx]
				if e := math.Hypot(real(d), imag(d)); e > 1e-5*dft.N {
					t.Fatalf("lane %d, bin %d,%d: off by %g", lane, kx, ky, e)
				}
			}
		}
	}
}

func TestInverseUndoesForward(t *testing.T) {
	in := randomTile(2)
	s, out, w := new(dft.Spectrum), new(dft.Tile), new(dft.Scratch)
	dft.Forward(s, in, w)
	dft.Inverse(out, s, w)
	for i := range in {
		if e := math.Abs(float64(out[i])/(2*dft.N*dft.N) - float64(in[i])); e > 1e-6 {
			t.Fatalf("sample %d: off by %g", i, e)
		}
	}
}

func BenchmarkForward(b *testing.B) {
	in := randomTile(3)
	s, w := new(dft.Spectrum), new(dft.Scratch)
	b.SetBytes(4 * dft.N * dft.N * dft.Lanes)
	for b.Loop() {
		dft.Forward(s, in, w)
	}
}
