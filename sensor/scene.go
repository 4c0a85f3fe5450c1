package sensor

import "image"

// Light is a run of linear light in three planes: red, green and blue of
// BT.709 (linear sRGB, white D65), 1 being a white surface. Values may be
// negative (colours outside sRGB) and above 1 (lamps).
type Light [3][]float32

// Span is a run of pixels of one row of the sensor, and where they look:
// pixel i lies at (X + (First+i)·DX, Y + (First+i)·DY) of the scene, which has
// the frame's pixels as its unit and the frame's upper left corner as (0, 0).
type Span struct {
	First        int
	X, Y, DX, DY float64
}

// At returns where pixel i looks. It depends on the pixel only, not on where
// the span begins.
func (s *Span) At(i int) (x, y float64) {
	k := float64(s.First + i)
	return s.X + float64(k*s.DX), s.Y + float64(k*s.DY)
}

// View is how a scene is looked at.
type View struct {
	Size image.Point // the frame in pixels
	// Blur is the standard deviation in pixels of everything that blurs: lens,
	// diffraction and the pixel's own area. A scene blurs itself, by formula
	// where it can, so that no halo is needed; 0 asks for point samples.
	Blur float64
}

// Scene is something to photograph.
type Scene interface {
	// Prepare makes ready to be seen under v.
	Prepare(v View) (Painter, error)
}

// Painter draws a prepared scene.
type Painter interface {
	// Paint fills dst, whose planes are of one length, with what the pixels
	// of s see. It is safe for concurrent use.
	Paint(dst *Light, s Span)
}

// painter lets a function be a Painter.
type painter func(dst *Light, s Span)

func (p painter) Paint(dst *Light, s Span) { p(dst, s) }

// set writes the same value to all three planes.
func (l *Light) set(i int, v float32) { l[0][i], l[1][i], l[2][i] = v, v, v }

// over lays colour c with the given coverage over pixel i.
func (l *Light) over(i int, c *[3]float32, cover float32) {
	l[0][i] += float32(cover * (c[0] - l[0][i]))
	l[1][i] += float32(cover * (c[1] - l[1][i]))
	l[2][i] += float32(cover * (c[2] - l[2][i]))
}
