package develop

import (
	"fmt"
	"log/slog"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// Options of [New]. Nil and the zero value develop as the camera saw it, with
// a standard tone curve, in sRGB.
type Options struct {
	// WhiteBalance says what is neutral.
	WhiteBalance WhiteBalance
	// Exposure in EV comes on top of the header's BaselineExposure.
	Exposure float64
	// Highlights says what becomes of light beyond saturation.
	Highlights Highlights
	Curve      Curve
	// Gamut is SRGB (also for the zero value), DisplayP3 or Rec2020.
	Gamut raw.ColorSpace
	// WholeFrame leaves DefaultCrop aside, KeepOrientation the Orientation,
	// which then stays in the header.
	WholeFrame, KeepOrientation bool
	// Log, if set, is told of decisions that nobody asked for: a white balance
	// guessed from the picture, colour without a matrix.
	Log *slog.Logger
}

func (o *Options) check() error {
	switch {
	case math.IsNaN(o.Exposure) || math.Abs(o.Exposure) > 20:
		return fmt.Errorf("%w: exposure of %v EV, want -20 to 20", raw.ErrOption, o.Exposure)
	case o.Highlights > Reconstruct:
		return fmt.Errorf("%w: highlights %v", raw.ErrOption, o.Highlights)
	case o.Curve > Filmic:
		return fmt.Errorf("%w: curve %v", raw.ErrOption, o.Curve)
	case o.Gamut > raw.Rec2020:
		return fmt.Errorf("%w: gamut %v", raw.ErrOption, o.Gamut)
	}
	return o.WhiteBalance.check()
}

func (o *Options) warn(msg string, args ...any) {
	if o.Log != nil {
		o.Log.Warn(msg, args...)
	}
}

// Highlights says what becomes of pixels in which a channel is saturated. None
// of the ways turns a clipped white magenta.
type Highlights uint8

const (
	// Blend is half-way between Clip and Reconstruct: some of what can be
	// saved, without making white much darker for it.
	Blend Highlights = iota
	// Clip cuts all channels off where the first of a neutral saturates.
	Clip
	// Reconstruct keeps what the other channels still tell: a saturated
	// channel is raised to the mean of those that are not, where that is
	// brighter, and a pixel with all channels saturated is neutral. The curve
	// compresses what is gained; Linear cuts it off.
	Reconstruct
)

// Curve is a tone curve: how scene light becomes light on a screen.
type Curve uint8

const (
	// Standard brightens the middle by 0.7 EV, adds contrast and eases into
	// white.
	Standard Curve = iota
	// Linear is none: proportional to the scene's light up to white.
	Linear
	// Filmic has a long shoulder, for scenes with bright lights.
	Filmic
)

var (
	highlightNames = []string{"blend", "clip", "reconstruct"}
	curveNames     = []string{"standard", "linear", "filmic"}
)

// String returns "blend", "clip" or "reconstruct".
func (h Highlights) String() string { return nameOf(highlightNames, int(h)) }

// MarshalText is [Highlights.String] for encoders.
func (h Highlights) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText accepts what [Highlights.String] prints.
func (h *Highlights) UnmarshalText(text []byte) error {
	i, err := indexOf("highlights", highlightNames, string(text))
	*h = Highlights(i)
	return err
}

// String returns "standard", "linear" or "filmic".
func (c Curve) String() string { return nameOf(curveNames, int(c)) }

// MarshalText is [Curve.String] for encoders.
func (c Curve) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts what [Curve.String] prints.
func (c *Curve) UnmarshalText(text []byte) error {
	i, err := indexOf("curve", curveNames, string(text))
	*c = Curve(i)
	return err
}

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("unknown(%d)", i)
}

func indexOf(what string, names []string, s string) (int, error) {
	for i, n := range names {
		if n == s {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%w: %s %q, want one of %v", raw.ErrOption, what, s, names)
}
