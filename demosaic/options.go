package demosaic

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Options choose the method. Nil and the zero value are good defaults.
type Options struct {
	Method Method
	// Pedestal is the DN of black in the output, so that noise below black is
	// kept; 0 clips it. At most 32767. [Remosaic] keeps the levels of its
	// source and ignores it.
	Pedestal uint16
	// Denoise says how much noise the filter-bank methods remove while they
	// interpolate. The others leave noise alone.
	Denoise Denoise
	// Tables, if set, replace the tables that come with this package.
	Tables *Tables
	// Tiles bound workers and memory of [Demosaic]; sources compute what they
	// are asked for on the caller's goroutine.
	Tiles tile.Options
}

func (o *Options) orDefault() (Options, error) {
	if o == nil {
		return Options{Method: Default}, nil
	}
	c := *o
	if c.Method == Auto {
		c.Method = Default
	}
	if int(c.Method) >= len(methodNames) {
		return c, fmt.Errorf("%w: %v", raw.ErrOption, c.Method)
	}
	if c.Pedestal > 32767 {
		return c, fmt.Errorf("%w: pedestal %d above 32767", raw.ErrOption, c.Pedestal)
	}
	if err := c.Denoise.check(); err != nil {
		return c, err
	}
	return c, nil
}

// Denoise is the strength of the noise reduction within the demosaic: a
// standard deviation in steps of 1/255 of white in the square-root domain,
// where the shot noise of every signal is nearly the same; or one of the two
// constants.
type Denoise float64

const (
	// DenoiseAuto follows the header's noise profile and the local signal;
	// without a profile nothing is removed. Of noise of four steps and more,
	// colours of pictures are smoothed over larger areas as well.
	DenoiseAuto Denoise = 0
	// DenoiseOff keeps every known sample as it is.
	DenoiseOff Denoise = -1
)

func (d Denoise) check() error {
	if v := float64(d); v == -1 || v >= 0 && v <= 255 {
		return nil
	}
	return fmt.Errorf("%w: denoise %v, want auto, off or 0 to 255", raw.ErrOption, float64(d))
}

// levels reports whether anything may have to be removed from a frame of
// header h.
func (d Denoise) levels(h *raw.Header) bool {
	return d > 0 || d == DenoiseAuto && h.Noise.Known()
}

// String returns "auto", "off" or the number.
func (d Denoise) String() string {
	switch d {
	case DenoiseAuto:
		return "auto"
	case DenoiseOff:
		return "off"
	}
	return strconv.FormatFloat(float64(d), 'g', -1, 64)
}

// MarshalText is [Denoise.String] for encoders.
func (d Denoise) MarshalText() ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return []byte(d.String()), nil
}

// UnmarshalText accepts "auto", "off" and numbers from 0 ("off") to 255.
func (d *Denoise) UnmarshalText(text []byte) error {
	switch s := strings.ToLower(string(text)); s {
	case "auto":
		*d = DenoiseAuto
	case "off", "0":
		*d = DenoiseOff
	default:
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(v) || v < 0 || v > 255 {
			return fmt.Errorf("%w: denoise %q, want auto, off or 0 to 255", raw.ErrOption, text)
		}
		*d = Denoise(v)
		if v == 0 {
			*d = DenoiseOff
		}
	}
	return nil
}
