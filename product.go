package quadraw

import (
	"fmt"

	"github.com/quadraw/quadraw/raw"
)

// Product is what a recipe makes: how far a frame is taken.
type Product uint8

const (
	// Picture is developed for a display: white balance, colour, tone.
	Picture Product = iota
	// CameraRGB is linear camera RGB: demosaiced, levels normalised, no white
	// balance, no curve.
	CameraRGB
	// Mosaic is a mosaic of the active area, corrected and, as the recipe
	// says, binned, remosaiced, merged or denoised.
	Mosaic
	// Stored is every stored sample, masked borders included, untouched.
	Stored
)

var productNames = [...]string{"picture", "camera-rgb", "mosaic", "stored"}

// String returns "picture", "camera-rgb", "mosaic" or "stored".
func (p Product) String() string { return nameOf(productNames[:], int(p)) }

// MarshalText is [Product.String] for encoders.
func (p Product) MarshalText() ([]byte, error) {
	return marshalName(productNames[:], int(p), "product")
}

// UnmarshalText accepts what [Product.String] prints.
func (p *Product) UnmarshalText(text []byte) error {
	return unmarshalName(productNames[:], text, "product", p)
}

// Mode says how a mosaic with cells of several pixels (Quad, Nona, Hexadeca) is
// read. Bayer and mono mosaics have one way only, whatever the mode.
type Mode uint8

const (
	// AutoMode chooses between Bin and Full by the frame's noise, and says why.
	AutoMode Mode = iota
	// Bin averages each cell to one Bayer pixel: a quarter of the size and of
	// the noise variance for Quad.
	Bin
	// Full remosaics to a Bayer mosaic of the same size.
	Full
	// Keep leaves the mosaic as it is; a picture cannot be made of it.
	Keep
)

var modeNames = [...]string{"auto", "bin", "full", "keep"}

// String returns "auto", "bin", "full" or "keep".
func (m Mode) String() string { return nameOf(modeNames[:], int(m)) }

// MarshalText is [Mode.String] for encoders.
func (m Mode) MarshalText() ([]byte, error) { return marshalName(modeNames[:], int(m), "mode") }

// UnmarshalText accepts what [Mode.String] prints.
func (m *Mode) UnmarshalText(text []byte) error { return unmarshalName(modeNames[:], text, "mode", m) }

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}

func marshalName(names []string, i int, what string) ([]byte, error) {
	if i >= len(names) {
		return nil, fmt.Errorf("%w: %s %d", raw.ErrOption, what, i)
	}
	return []byte(names[i]), nil
}

func unmarshalName[E ~uint8](names []string, text []byte, what string, v *E) error {
	for i, n := range names {
		if n == string(text) {
			*v = E(i)
			return nil
		}
	}
	return fmt.Errorf("%w: %s %q, want one of %q", raw.ErrOption, what, text, names)
}
