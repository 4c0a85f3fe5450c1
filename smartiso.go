package quadraw

import (
	"fmt"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// crossingSNR is the signal-to-noise ratio of a pixel at middle gray at which
// binning and full size come out even: above it, full-size pictures are nearer
// to the truth, below it binned ones. Measured on drawn scenes and photographs, see
// docs/smart-iso.md; fine detail has it lower, faint texture higher.
const crossingSNR = 4

// chooseMode decides how a frame is read when nobody has said so: by the noise
// at the signal that will be middle gray in a picture ev brighter than the file
// asks for.
func chooseMode(h *raw.Header, ev float64) (Mode, string) {
	if h.CFA.Cell() <= 1 {
		return Keep, fmt.Sprintf("%v has one pixel a cell", h.CFA)
	}
	if !h.Noise.Known() {
		return Bin, "its noise is not known"
	}
	snr := middleSNR(h, ev)
	if snr >= crossingSNR {
		return Full, fmt.Sprintf("signal/noise %.1f at middle gray, %d or more", snr, crossingSNR)
	}
	return Bin, fmt.Sprintf("signal/noise %.1f at middle gray, below %d", snr, crossingSNR)
}

// What is best against the noise that a merge leaves: a strength for mosaics
// with one pixel a cell and one for larger cells, whose colours lie further
// apart, and more of it the worse the signal-to-noise ratio is. Measured on
// simulated bursts, see docs/smart-iso.md.
const (
	bayerStrength = 0.35
	quadStrength  = 0.5
	noisyStrength = 1.1 // divided by the ratio
	mostStrength  = 0.8
)

// chooseStrength decides how strongly a merged burst is denoised, by the noise
// profile that its header has now.
func chooseStrength(h *raw.Header, ev float64) (Strength, string) {
	strength := bayerStrength
	if h.CFA.Cell() > 1 {
		strength = quadStrength
	}
	if !h.Noise.Known() {
		return Strength(strength), fmt.Sprintf("their noise is not known: denoised by %.2f", strength)
	}
	snr := middleSNR(h, ev)
	strength = min(strength+noisyStrength/snr, mostStrength)
	// Two digits are all that is meant, and what a log can repeat.
	strength = math.Round(strength*100) / 100
	return Strength(strength), fmt.Sprintf("signal/noise %.1f: denoised by %.2f", snr, strength)
}

// middleSNR is the signal-to-noise ratio of a green pixel that will be shown as
// middle gray: 18 % of what BaselineExposure, and ev on top of it, make white.
func middleSNR(h *raw.Header, ev float64) float64 {
	signal := 0.18 * math.Exp2(-h.BaselineExposure-ev)
	return signal / math.Sqrt(h.Noise.Variance(raw.Green, signal))
}
