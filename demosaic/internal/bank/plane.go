package bank

import "image"

// Plane is a rectangle of samples; Pix and Stride work as in raw.Mosaic. Its
// coordinates are those of a frame in which a period of the colour filter
// array begins at (0, 0).
type Plane struct {
	Pix    []int16
	Stride int
	Rect   image.Rectangle
}

// Reset makes p a plane of the rectangle r, keeping its memory if that is
// large enough. The samples are not cleared.
func (p *Plane) Reset(r image.Rectangle) {
	p.Pix = grow(p.Pix, r.Dx()*r.Dy())
	p.Stride, p.Rect = r.Dx(), r
}

// ResetLines is Reset with rows that begin at cache lines, if memory does.
func (p *Plane) ResetLines(r image.Rectangle) {
	p.Stride, p.Rect = lines(r.Dx()), r
	p.Pix = grow(p.Pix, p.Stride*r.Dy())
}

// lines rounds a number of samples up to whole cache lines.
func lines(n int) int { return (n + 31) &^ 31 }

// at returns the index of (x, y) in Pix.
func (p *Plane) at(x, y int) int { return (y-p.Rect.Min.Y)*p.Stride + x - p.Rect.Min.X }

// RGB is three planes of samples of one rectangle.
type RGB struct {
	Pix    [3][]int16
	Stride int
	Rect   image.Rectangle
}

// Reset makes p planes of the rectangle r, keeping its memory if that is
// large enough. The samples are not cleared.
func (p *RGB) Reset(r image.Rectangle) {
	for c := range p.Pix {
		p.Pix[c] = grow(p.Pix[c], r.Dx()*r.Dy())
	}
	p.Stride, p.Rect = r.Dx(), r
}

// ResetLines is Reset with rows that begin at cache lines, if memory does, and
// slack samples behind the last one: what kernels write fastest.
func (p *RGB) ResetLines(r image.Rectangle, slack int) {
	p.Stride, p.Rect = lines(r.Dx()), r
	for c := range p.Pix {
		p.Pix[c] = grow(p.Pix[c], p.Stride*r.Dy()+slack)
	}
}

func (p *RGB) at(x, y int) int { return (y-p.Rect.Min.Y)*p.Stride + x - p.Rect.Min.X }

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
