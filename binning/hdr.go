package binning

import (
	"fmt"
	"math"
	"slices"

	"github.com/quadraw/quadraw/raw"
)

// rampLow and rampHigh are between which shares of the range a longer exposure
// is faded out: a hard limit would cut off the upper half of its noise and so
// darken what is left.
const (
	rampLow  = 0.85
	rampHigh = 0.98
)

// setExposures prepares the combination of members with different exposures.
// Ratios are to the longest. In the level that takes in the c+1 shortest
// exposures the members' weights are inverse to their variances at the signal
// where shot and read noise are equal, or at half the range of the longest if
// that is lower: within tenths of a decibel of the best weights for every
// signal, and linear.
func (b *Binner) setExposures(o *Options, h *raw.Header) error {
	switch {
	case b.g.n != 2:
		return fmt.Errorf("%w: exposures are combined in cells of 2×2, not %d×%d", raw.ErrOption, b.g.n, b.g.n)
	case len(o.Exposures) != 4:
		return fmt.Errorf("%w: %d exposures for a cell of 2×2", raw.ErrOption, len(o.Exposures))
	case o.Mode != Average || o.Weights != nil || o.Robust || o.ClipAware || o.PhaseCorrect:
		return fmt.Errorf("%w: exposures set the weights and the range themselves and leave out what is clipped", raw.ErrOption)
	case !h.Noise.Known():
		return fmt.Errorf("%w: combining exposures needs the frame's noise profile", raw.ErrOption)
	}
	longest := 0.0
	for _, e := range o.Exposures {
		if !(e > 0) || math.IsInf(e, 1) {
			return fmt.Errorf("%w: exposure %g", raw.ErrOption, e)
		}
		longest = max(longest, e)
	}
	ratio := make([]float64, 4)
	for k, e := range o.Exposures {
		ratio[k] = e / longest
	}
	levels := slices.Clone(ratio)
	slices.Sort(levels)
	levels = slices.Compact(levels)
	if len(levels) < 2 || len(levels) > hdrLevels {
		return fmt.Errorf("%w: %d different exposures in a cell, want 2 or 3", raw.ErrOption, len(levels))
	}
	if levels[0] < 1.0/4096 {
		return fmt.Errorf("%w: exposures that differ by more than 4096", raw.ErrOption)
	}
	b.kind = kindHDR
	b.exposure = ratio
	b.hdrRange = 1 / levels[0]
	b.rounding = 1.0 / 12
	j := &b.judged
	black := h.Black.Mean()
	j.base = black
	white := max(h.White[0], h.White[1], h.White[2])
	b.scale = 1
	for (white-black)*b.hdrRange*b.scale+j.base > 65535 {
		b.scale /= 2
	}
	for (white-black)*b.hdrRange*b.scale*2+j.base <= 65535 {
		b.scale *= 2
	}
	for y := range b.cellPeriod() {
		p := &j.hdr[y]
		p.levels = int64(len(levels))
		for x := range 16 {
			p.scale[x] = float32(b.scale)
			color := b.g.outCF.ColorAt(x, y)
			unit := h.White[color] - black
			p.off[x] = float32(j.base + 0.5)
			for level := range levels {
				for k, w := range exposureWeights(ratio, levels[level], h.Noise[color]) {
					p.coeff[level][k][x] = float32(w / ratio[k])
					if ratio[k] == levels[level] {
						p.in[level][k][x] = 1
					}
				}
				p.high[level][x] = float32(black + rampHigh*unit)
				p.slope[level][x] = float32(1 / ((rampHigh - rampLow) * unit))
			}
		}
	}
	return nil
}

// exposureWeights are the weights, which sum to one, of the radiances that
// members with exposures up to limit tell.
func exposureWeights(ratio []float64, limit float64, m raw.NoiseModel) []float64 {
	signal := 0.5
	if m.Scale > 0 {
		signal = min(signal, m.Offset/m.Scale)
	}
	w := make([]float64, len(ratio))
	sum := 0.0
	for k, r := range ratio {
		if r <= limit {
			w[k] = r * r / (m.Scale*r*signal + m.Offset)
			if m.Offset == 0 && signal == 0 {
				w[k] = r // shot noise alone
			}
			sum += w[k]
		}
	}
	for k := range w {
		w[k] /= sum
	}
	return w
}

// exposureNoise is the profile of the combination where nothing is clipped.
func (b *Binner) exposureNoise(p raw.NoiseProfile) raw.NoiseProfile {
	for c := range p {
		shot, read := 0.0, 0.0
		for k, w := range exposureWeights(b.exposure, 1, p[c]) {
			shot += w * w / b.exposure[k]
			read += w * w / (b.exposure[k] * b.exposure[k])
		}
		p[c].Scale *= shot / b.hdrRange
		p[c].Offset *= read / (b.hdrRange * b.hdrRange)
	}
	return p
}
