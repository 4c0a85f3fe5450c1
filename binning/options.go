package binning

import (
	"fmt"
	"image"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// Options say how to bin. Nil and the zero value give the rounded mean of each
// of the sensor's own cells. Everything is checked before any pixel is read;
// errors are [raw.ErrOption], [raw.ErrCFA] or [raw.ErrBounds].
type Options struct {
	// Factor is the side of the cell that becomes one pixel: 2, 3 or 4; 0 is
	// the CFA's own cell (Quad 2, Nona 3, Hexadeca 4) and 2 on Bayer and
	// monochrome frames. It must divide the CFA's cell; Bayer takes 2 only.
	Factor int
	// Mode is Average or Sum.
	Mode Mode
	// TwoStep bins by 2 twice instead of by 4 once, for Factor 4 (or 0 where
	// that means 4) and for Quad sensors, whose Bayer result is binned again.
	// It rounds twice, and Robust judges twice, among four samples each time.
	TwoStep bool
	// PhaseCorrect weighs same-colour neighbours of a Bayer mosaic so that
	// the result's sampling lattice is uniform; see the package comment. It
	// is an error on other arrays, whose lattice is uniform anyway.
	PhaseCorrect bool
	// Weights are the relative weights of the members of a cell, row by row;
	// nil is equal weights. None may be negative, and one must be positive.
	Weights []float64
	// Robust leaves out members that lie further than Sigma standard
	// deviations of the noise profile from the centre of their cell: hot,
	// dead and struck pixels. If more than a quarter of a cell's members do,
	// it is an edge and all of them count. The profile must be known. The
	// centre is the mean of the middle two of 2×2, the median of the rows'
	// medians of 3×3, and the middle mean of the rows' middle means of 4×4.
	Robust bool
	// Sigma is the threshold of Robust; 0 is 5.
	Sigma float64
	// ClipAware makes a cell white that has a clipped member and whose mean
	// reaches three quarters of the range: its true mean lies beyond, and
	// taken as it stands it would come out dark and, since colours clip one
	// after the other, tinted. Cells below keep their mean.
	ClipAware bool
	// Exposures are the relative exposures of the members of a 2×2 cell, row
	// by row, of sensors that expose them differently (Quad HDR): two or three
	// different ones, such as 1, 1, 0.25, 0.25. They are combined to one
	// linear 16-bit sample in units of the longest; clipped members fade out.
	// The range grows by longest over shortest, and so do white and
	// BaselineExposure. The result's noise profile is that of signals at which
	// nothing is clipped. The frame's profile must be known.
	Exposures []float64
	// GainMap evens out the members of a cell; it must be the sensor's own.
	// The result has one black level.
	GainMap *GainMap
	// Exclude lists pixels of the source that do not count, such as those for
	// phase detection: the rest of the cell, of the same exposure, takes their
	// place. A cell of which nothing is left is an error.
	Exclude []image.Point
	// Noise, if set, replaces the noise profile of the source's header.
	Noise *raw.NoiseProfile

	// Header describes the frame for Bin, which has no source to ask; nil is
	// black at 0, white at 65535 and unknown noise. New ignores it: a source
	// brings its own.
	Header *raw.Header
	// Workers is how many goroutines Bin uses; 0 is GOMAXPROCS. Tiles of a
	// source are computed by the goroutine that asks.
	Workers int
}

// Mode says what the cells' samples become.
type Mode uint8

const (
	// Average is the mean, rounded half up: range and levels stay.
	Average Mode = iota
	// Sum adds, so nothing is lost to rounding: levels and range grow by the
	// number of members (10 bits become 12). Where white would pass 65535 the
	// sum is divided by the smallest power of two that avoids it; samples
	// beyond white saturate and never wrap.
	Sum
)

var modeNames = [...]string{"average", "sum"}

// String returns "average" or "sum".
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("mode(%d)", uint8(m))
}

// MarshalText is String for encoders and flags.
func (m Mode) MarshalText() ([]byte, error) {
	if int(m) >= len(modeNames) {
		return nil, fmt.Errorf("%w: %v", raw.ErrOption, m)
	}
	return []byte(m.String()), nil
}

// UnmarshalText accepts what String returns.
func (m *Mode) UnmarshalText(text []byte) error {
	for i, name := range modeNames {
		if strings.EqualFold(string(text), name) {
			*m = Mode(i)
			return nil
		}
	}
	return fmt.Errorf("%w: binning mode %q, want %s", raw.ErrOption, text, strings.Join(modeNames[:], " or "))
}

func (o *Options) orDefault() Options {
	if o == nil {
		return Options{}
	}
	return *o
}

// check finds what is wrong without regard to geometry.
func (o *Options) check(h *raw.Header) error {
	if o.TwoStep {
		return fmt.Errorf("%w: a Binner makes one step", raw.ErrOption)
	}
	if int(o.Mode) >= len(modeNames) {
		return fmt.Errorf("%w: %v", raw.ErrOption, o.Mode)
	}
	if o.Sigma != 0 && !o.Robust {
		return fmt.Errorf("%w: a threshold of %g without Robust", raw.ErrOption, o.Sigma)
	}
	for c, w := range h.White {
		if !(w > h.Black.Mean()) || w > 65535 {
			return fmt.Errorf("%w: %v white level of %g above a black level of %g", raw.ErrOption, raw.Color(c), w, h.Black.Mean())
		}
	}
	if o.Noise != nil && !o.Noise.Known() {
		return fmt.Errorf("%w: a noise profile of %v", raw.ErrOption, *o.Noise)
	}
	if o.GainMap != nil {
		return o.GainMap.Check(h)
	}
	return nil
}

// steps returns the options of one or two passes over a frame with this
// header.
func (o *Options) steps(cfa raw.CFA) ([]Options, error) {
	if !o.TwoStep {
		return []Options{*o}, nil
	}
	if o.Weights != nil {
		return nil, fmt.Errorf("%w: weights of two steps", raw.ErrOption)
	}
	if o.Factor != 0 && o.Factor != 4 {
		return nil, fmt.Errorf("%w: two steps make a factor of 4, not %d", raw.ErrOption, o.Factor)
	}
	if c := cfa.Cell(); c != 4 && c != 2 && c != 0 {
		return nil, fmt.Errorf("%w: %v cannot be binned in two steps", raw.ErrCFA, cfa)
	}
	first, second := *o, *o
	first.TwoStep, second.TwoStep = false, false
	first.Factor, second.Factor = 2, 2
	// The first step's result has Bayer's staircase only if it is Bayer.
	first.PhaseCorrect = false
	// These speak of the sensor's pixels, which the second step has not.
	second.Exclude, second.GainMap, second.Exposures, second.Noise = nil, nil, nil, nil
	return []Options{first, second}, nil
}
