package raw

import (
	"fmt"
	"image"
	"image/color"
)

// Mosaic is a rectangle of samples, one a pixel, in DN. Its CFA is that of
// the whole frame (anchored at the frame's (0, 0), not at Rect.Min), so the
// colour of a pixel is CFA.ColorAt(x, y) in the coordinates of Rect, and a
// part of a mosaic is a mosaic without any arithmetic on phases.
//
// Mosaic is an image.Image of grays that scale nothing: a 10-bit sensor's
// white is a dark gray.
type Mosaic struct {
	Pix    []uint16 // sample (x, y) is Pix[(y−Rect.Min.Y)·Stride + x−Rect.Min.X]
	Stride int      // samples from one row to the next
	Rect   image.Rectangle
	CFA    CFA
}

// NewMosaic allocates a mosaic of the rectangle r.
func NewMosaic(r image.Rectangle, cfa CFA) *Mosaic {
	return &Mosaic{Pix: make([]uint16, r.Dx()*r.Dy()), Stride: r.Dx(), Rect: r, CFA: cfa}
}

// Row returns the samples of row y; y is in the coordinates of Rect.
func (m *Mosaic) Row(y int) []uint16 {
	i := (y - m.Rect.Min.Y) * m.Stride
	return m.Pix[i : i+m.Rect.Dx() : i+m.Rect.Dx()]
}

// Part returns the mosaic of r∩Rect that shares m's samples.
func (m *Mosaic) Part(r image.Rectangle) *Mosaic {
	r = r.Intersect(m.Rect)
	if r.Empty() {
		return &Mosaic{CFA: m.CFA}
	}
	i := (r.Min.Y-m.Rect.Min.Y)*m.Stride + r.Min.X - m.Rect.Min.X
	return &Mosaic{Pix: m.Pix[i:], Stride: m.Stride, Rect: r, CFA: m.CFA}
}

// Reset makes m a mosaic of the rectangle r, keeping its memory if that is
// large enough. The samples are not cleared.
func (m *Mosaic) Reset(r image.Rectangle, cfa CFA) {
	n := r.Dx() * r.Dy()
	if cap(m.Pix) < n {
		m.Pix = make([]uint16, n)
	}
	m.Pix, m.Stride, m.Rect, m.CFA = m.Pix[:n], r.Dx(), r, cfa
}

// Check reports whether the fields fit one another: a non-empty rectangle, a
// stride not below its width, and samples for every row.
func (m *Mosaic) Check() error {
	return checkPlane(m.Rect, m.Stride, len(m.Pix))
}

func checkPlane(r image.Rectangle, stride, n int) error {
	if r.Empty() {
		return fmt.Errorf("%w: empty rectangle %v", ErrBounds, r)
	}
	if stride < r.Dx() || n < (r.Dy()-1)*stride+r.Dx() {
		return fmt.Errorf("%w: %d samples at stride %d cannot hold %v", ErrBounds, n, stride, r)
	}
	return nil
}

// ColorModel is color.Gray16Model.
func (m *Mosaic) ColorModel() color.Model { return color.Gray16Model }

// Bounds returns Rect.
func (m *Mosaic) Bounds() image.Rectangle { return m.Rect }

// At returns the sample as color.Gray16.
func (m *Mosaic) At(x, y int) color.Color { return m.Gray16At(x, y) }

// Gray16At returns the sample (x, y), or 0 outside Rect.
func (m *Mosaic) Gray16At(x, y int) color.Gray16 {
	if !image.Pt(x, y).In(m.Rect) {
		return color.Gray16{}
	}
	return color.Gray16{Y: m.Pix[(y-m.Rect.Min.Y)*m.Stride+x-m.Rect.Min.X]}
}

// RGBA64At returns the sample as a gray; it makes m an image.RGBA64Image.
func (m *Mosaic) RGBA64At(x, y int) color.RGBA64 {
	v := m.Gray16At(x, y).Y
	return color.RGBA64{R: v, G: v, B: v, A: 0xffff}
}

var _ image.RGBA64Image = (*Mosaic)(nil)
