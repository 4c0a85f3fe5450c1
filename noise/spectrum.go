package noise

import (
	"math"

	"github.com/quadraw/quadraw/noise/internal/dft"
)

// Merging works on tiles of mergeTile pixels, half overlapped, under a sine
// window before and after the transform: the squares of the four windows over
// a pixel add up to one.
const (
	mergeTile = dft.N
	mergeStep = mergeTile / 2
)

// subPixel is the unit of fractional shifts: 1/128 pixel.
const subPixel = 128

// circle holds cosine and sine of 2πi/8192: everything that windows and shifts
// of whole sub-pixels ask for.
type circle [8192][2]float32

func newCircle() *circle {
	c := new(circle)
	for i := range c {
		s, k := math.Sincos(2 * math.Pi * float64(i) / float64(len(c)))
		c[i] = [2]float32{float32(k), float32(s)}
	}
	return c
}

// window is the sine window at tile sample i for content that is shifted by f
// sub-pixels, 0 outside.
func (c *circle) window(i, f int) float32 {
	return max(c[(i*subPixel+subPixel/2-f)&(len(c)-1)][1], 0)
}

// shift returns exp(2πi·e·f/N) for the frequency e/N and f sub-pixels.
func (c *circle) shift(e, f int) (re, im float32) {
	p := &c[(2*e*f)&(len(c)-1)]
	return p[0], p[1]
}

// carriers are the frequencies, in units of 1/N, on which a CFA of the given
// period modulates colour: harmonics of the period, without those that vanish
// for cells of two pixels.
func carriers(period int) []int {
	switch period {
	case 2:
		return []int{0, dft.N / 2}
	case 4:
		return []int{0, dft.N / 4, 3 * dft.N / 4}
	}
	return []int{0}
}

// binShift tells, for every bin of a spectrum of the mosaic, the frequency by
// which a shift turns it, in units of 1/N.
type binShift [dft.N * dft.Half][2]int8

// newBinShift gives each bin to a carrier: a band of colour moves with its
// envelope, so its bins turn by their distance from the carrier, not by their
// own frequency. rho is how many times farther luma (carrier 0) reaches.
func newBinShift(period int, rho float64) *binShift {
	cs := carriers(period)
	wrap := func(d int) int { return (d+3*dft.N/2)%dft.N - dft.N/2 }
	owner := func(ky, kx int) (int, int) {
		best, ey, ex := math.Inf(1), 0, 0
		for _, cy := range cs {
			for _, cx := range cs {
				dy, dx := wrap(ky-cy), wrap(kx-cx)
				d := math.Hypot(float64(dy), float64(dx))
				if cy == 0 && cx == 0 {
					d /= rho
				}
				if d < best-1e-9 {
					best, ey, ex = d, dy, dx
				}
			}
		}
		return ey, ex
	}
	b := new(binShift)
	for ky := range dft.N {
		for kx := range dft.Half {
			ey, ex := owner(ky, kx)
			if kx == 0 || kx == dft.N/2 {
				// The picture is real only if e(−u) = −e(u).
				my, mx := owner((dft.N-ky)%dft.N, kx)
				ey, ex = (ey-my)/2, (ex-mx)/2
			}
			b[ky*dft.Half+kx] = [2]int8{int8(ey), int8(ex)}
		}
	}
	return b
}
