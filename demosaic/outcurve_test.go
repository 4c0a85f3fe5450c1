package demosaic

import (
	"fmt"
	"math"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// TestOutCurve compares the way back in integers with the curve for every
// working sample: white is white, nothing is as far off as a step of 14 bits,
// and nothing brighter comes back darker.
func TestOutCurve(t *testing.T) {
	for _, offset := range []float64{1.0 / 1024, 1.0 / 200, 0.03, 0.3, 1} {
		c := newCurve(offset)
		for _, gain := range []float64{1 / maxGain, 0.5, 1, 1.37, 2, maxGain} {
			for _, pedestal := range []uint16{0, 1024, 32767} {
				white := uint16(math.Round(c.working(gain)))
				o := newOutCurve(&c, white, pedestal)
				name := fmt.Sprintf("offset %v, gain %v, pedestal %d", offset, gain, pedestal)
				if got := o.outOf(int16(min(white, bank.Max))); white <= bank.Max && got != math.MaxUint16 {
					t.Errorf("%s: white is %d", name, got)
				}
				x, _ := c.linear(float64(white))
				scale := float64(math.MaxUint16-int(pedestal)) / x
				worst, sum := 0.0, 0.0
				for v := bank.Min; v <= bank.Max; v++ {
					want := max(0, min(float64(c.outOf(int16(v)))*scale+float64(pedestal), math.MaxUint16))
					got := o.outOf(int16(v))
					sum += float64(got) - want
					worst = max(worst, math.Abs(float64(got)-want))
					if v > 0 && got < o.outOf(int16(v-1)) {
						t.Errorf("%s: %d is darker than %d", name, v, v-1)
					}
				}
				if mean := sum / (bank.Max - bank.Min + 1); worst > 3.5 || math.Abs(mean) > 0.5 {
					t.Errorf("%s: %.2f steps off, %.2f in the mean", name, worst, mean)
				}
			}
		}
	}
}

// TestOutCurveOfNoWhite must come to an end.
func TestOutCurveOfNoWhite(t *testing.T) {
	c := newCurve(smallestOffset)
	for _, white := range []uint16{0, 1, math.MaxUint16} {
		o := newOutCurve(&c, white, 0)
		if got := o.outOf(0); got != 0 {
			t.Errorf("white %d: black is %d", white, got)
		}
	}
}
