package raw

import (
	"image"
	"image/color"
)

// RGB is a rectangle of three planes of 16-bit samples. What the samples mean
// is told by the header of the source they came from ([Header.ColorSpace]).
// It is an image.RGBA64Image, opaque everywhere.
type RGB struct {
	Pix    [3][]uint16 // red, green, blue; indexed as Mosaic.Pix is
	Stride int         // samples from one row to the next, in every plane
	Rect   image.Rectangle
}

// NewRGB allocates a picture of the rectangle r.
func NewRGB(r image.Rectangle) *RGB {
	m := &RGB{}
	m.Reset(r)
	return m
}

// Row returns plane c of row y; y is in the coordinates of Rect.
func (m *RGB) Row(c Color, y int) []uint16 {
	i := (y - m.Rect.Min.Y) * m.Stride
	return m.Pix[c][i : i+m.Rect.Dx() : i+m.Rect.Dx()]
}

// Part returns the picture of r∩Rect that shares m's samples.
func (m *RGB) Part(r image.Rectangle) *RGB {
	r = r.Intersect(m.Rect)
	if r.Empty() {
		return &RGB{}
	}
	i := (r.Min.Y-m.Rect.Min.Y)*m.Stride + r.Min.X - m.Rect.Min.X
	return &RGB{Pix: [3][]uint16{m.Pix[0][i:], m.Pix[1][i:], m.Pix[2][i:]}, Stride: m.Stride, Rect: r}
}

// Reset makes m a picture of the rectangle r, keeping its memory if that is
// large enough. The samples are not cleared.
func (m *RGB) Reset(r image.Rectangle) {
	n := r.Dx() * r.Dy()
	for c := range m.Pix {
		if cap(m.Pix[c]) < n {
			m.Pix[c] = make([]uint16, n)
		}
		m.Pix[c] = m.Pix[c][:n]
	}
	m.Stride, m.Rect = r.Dx(), r
}

// Check reports whether the fields fit one another, as [Mosaic.Check] does.
func (m *RGB) Check() error {
	return checkPlane(m.Rect, m.Stride, min(len(m.Pix[0]), len(m.Pix[1]), len(m.Pix[2])))
}

// ColorModel is color.RGBA64Model.
func (m *RGB) ColorModel() color.Model { return color.RGBA64Model }

// Bounds returns Rect.
func (m *RGB) Bounds() image.Rectangle { return m.Rect }

// At returns the pixel as color.RGBA64.
func (m *RGB) At(x, y int) color.Color { return m.RGBA64At(x, y) }

// RGBA64At returns the pixel (x, y), or transparent black outside Rect.
func (m *RGB) RGBA64At(x, y int) color.RGBA64 {
	if !image.Pt(x, y).In(m.Rect) {
		return color.RGBA64{}
	}
	i := (y-m.Rect.Min.Y)*m.Stride + x - m.Rect.Min.X
	return color.RGBA64{R: m.Pix[0][i], G: m.Pix[1][i], B: m.Pix[2][i], A: 0xffff}
}

// Opaque is true: there is no alpha. Encoders ask for it.
func (m *RGB) Opaque() bool { return true }

var _ image.RGBA64Image = (*RGB)(nil)
