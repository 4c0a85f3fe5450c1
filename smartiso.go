package quadraw

import (
	"fmt"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// crossingSNR is the signal-to-noise ratio of a pixel at middle gray at which
// binning and full size come out even: above it, full-size pictures are nearer
// to the truth, below it binned ones. Measured on simulated scenes, see
// docs/smart-iso.md; fine detail has it lower, faint texture higher.
const crossingSNR = 8

// chooseMode decides how a frame is read when nobody has said so: by the noise
// at the signal that will be middle gray in the picture.
func chooseMode(h *raw.Header) (Mode, string) {
	if h.CFA.Cell() <= 1 {
		return Keep, fmt.Sprintf("%v has one pixel a cell", h.CFA)
	}
	if !h.Noise.Known() {
		return Bin, "its noise is not known"
	}
	snr := middleSNR(h)
	if snr >= crossingSNR {
		return Full, fmt.Sprintf("signal/noise %.1f at middle gray, %d or more", snr, crossingSNR)
	}
	return Bin, fmt.Sprintf("signal/noise %.1f at middle gray, below %d", snr, crossingSNR)
}

// middleSNR is the signal-to-noise ratio of a green pixel that will be shown as
// middle gray: 18 % of what BaselineExposure makes white.
func middleSNR(h *raw.Header) float64 {
	signal := 0.18 * math.Exp2(-h.BaselineExposure)
	return signal / math.Sqrt(h.Noise.Variance(raw.Green, signal))
}
