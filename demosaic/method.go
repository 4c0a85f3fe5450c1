package demosaic

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// Method is a way to find the missing colours.
type Method uint8

const (
	// Auto is [Default].
	Auto Method = iota
	// Bilinear interpolates linearly between the nearest samples of each
	// colour: the fastest, with zippers on every edge.
	Bilinear
	// Malvar is the gradient-corrected linear filter of Malvar, He and Cutler
	// (2004), and the same idea for Quad.
	Malvar
	// LMMSE is the directional linear minimum mean square error estimation of
	// Zhang and Wu (2005): best on finely striped neutral detail, of Quad most
	// of all. Colourful photographs are Fast's.
	LMMSE
	// Fast is the first stage of the filter-bank engine.
	Fast
	// Default is two stages of the filter-bank engine.
	Default
	// Best is three stages of the filter-bank engine.
	Best
)

var methodNames = [...]string{"auto", "bilinear", "malvar", "lmmse", "fast", "default", "best"}

// Methods returns the names that [Method.UnmarshalText] accepts.
func Methods() []string { return append([]string(nil), methodNames[:]...) }

// String returns the method's name in lower case.
func (m Method) String() string {
	if int(m) < len(methodNames) {
		return methodNames[m]
	}
	return "method(" + strconv.Itoa(int(m)) + ")"
}

// banked reports whether the method is the filter-bank engine.
func (m Method) banked() bool { return m == Fast || m == Default || m == Best }

// MarshalText is [Method.String] for encoders.
func (m Method) MarshalText() ([]byte, error) {
	if int(m) >= len(methodNames) {
		return nil, fmt.Errorf("%w: %v", raw.ErrOption, m)
	}
	return []byte(m.String()), nil
}

// UnmarshalText accepts what [Method.String] prints, in any case.
func (m *Method) UnmarshalText(text []byte) error {
	s := strings.ToLower(string(text))
	for i, name := range methodNames {
		if s == name {
			*m = Method(i)
			return nil
		}
	}
	return fmt.Errorf("%w: demosaic method %q, want %s", raw.ErrOption, text, strings.Join(methodNames[:], ", "))
}
