package quadraw

import (
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/raw"
)

// Look is the part of develop.Options that a recipe may choose.
type Look struct {
	// Exposure in EV, on top of what the file asks for.
	Exposure     float64              `json:"exposure,omitzero"`
	WhiteBalance develop.WhiteBalance `json:"wb,omitzero"`
	Highlights   develop.Highlights   `json:"highlights,omitzero"`
	Curve        develop.Curve        `json:"curve,omitzero"`
	// Gamut is that of the output; the zero value means sRGB.
	Gamut raw.ColorSpace `json:"gamut,omitzero"`
	// Resize is the longer side of the picture in pixels; 0 leaves it alone.
	Resize int `json:"resize,omitzero"`
	// Sharpen is the amount of sharpening, up to 10; 0 is none.
	Sharpen float64 `json:"sharpen,omitzero"`
}

func (l *Look) options() *develop.Options {
	return &develop.Options{Exposure: l.Exposure, WhiteBalance: l.WhiteBalance, Highlights: l.Highlights, Curve: l.Curve, Gamut: l.Gamut}
}
