package quadraw

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/quadraw/quadraw/raw"
)

// Strength is how strongly noise is reduced on the mosaic: 1 takes for granted
// as much noise as the profile says, 8 is the most. Its text and JSON are
// "auto", "none" or a number, 0 being "none".
type Strength float64

const (
	// AutoStrength reduces the noise of pictures made of bursts by what is
	// left of it ([Recipe.Resolve] leaves it, merging decides), and that of
	// nothing else: demosaicing knows the noise of single frames.
	AutoStrength Strength = 0
	// NoDenoise leaves the mosaic as it is.
	NoDenoise Strength = -1
)

const maxStrength = 8

// String returns the text form.
func (s Strength) String() string {
	switch {
	case s == AutoStrength:
		return "auto"
	case s < 0:
		return "none"
	}
	return strconv.FormatFloat(float64(s), 'g', -1, 64)
}

// MarshalText is [Strength.String] for encoders.
func (s Strength) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText accepts what [Strength.String] prints, and 0 for "none".
func (s *Strength) UnmarshalText(text []byte) error {
	switch string(text) {
	case "auto":
		*s = AutoStrength
		return nil
	case "none":
		*s = NoDenoise
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v >= 0 && v <= maxStrength) {
		return fmt.Errorf("%w: denoising strength %q, want auto, none or 0 to %d", raw.ErrOption, text, maxStrength)
	}
	if *s = Strength(v); v == 0 {
		*s = NoDenoise
	}
	return nil
}

// MarshalJSON returns a number where there is one.
func (s Strength) MarshalJSON() ([]byte, error) {
	if s > 0 {
		return json.Marshal(float64(s))
	}
	return json.Marshal(s.String())
}

// UnmarshalJSON accepts numbers and the text form.
func (s *Strength) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		return s.UnmarshalText([]byte(text))
	}
	return s.UnmarshalText(data)
}
