package binning

import (
	"fmt"
	"image"

	"github.com/quadraw/quadraw/raw"
)

// geometry says which input pixels an output pixel is made of: n in each
// axis, side by side, or every other one on a Bayer mosaic.
type geometry struct {
	n     int
	bayer bool        // members are two pixels apart
	start image.Point // first pixel of output pixel (0, 0)
	in    image.Point // size of the input frame
	out   image.Point // size of the output frame
	cfa   raw.CFA     // of the input
	outCF raw.CFA     // of the output
}

// newGeometry checks that a frame can be binned by n; 0 is the CFA's own cell.
func newGeometry(size image.Point, cfa raw.CFA, n int) (geometry, error) {
	if !cfa.Valid() {
		return geometry{}, fmt.Errorf("%w: %v", raw.ErrCFA, cfa)
	}
	if n == 0 {
		n = max(cfa.Cell(), 2)
	}
	if n < 2 || n > 4 {
		return geometry{}, fmt.Errorf("%w: binning factor %d, want 2, 3 or 4", raw.ErrOption, n)
	}
	g := geometry{n: n, bayer: cfa.Cell() == 1, in: size, cfa: cfa}
	if g.bayer && n != 2 {
		return geometry{}, fmt.Errorf("%w: %v can be binned by 2 only, not by %d", raw.ErrCFA, cfa, n)
	}
	var err error
	if g.outCF, err = cfa.Binned(n); err != nil {
		return geometry{}, err
	}
	if !g.bayer {
		g.start = cfa.CellStart()
	}
	g.out = image.Pt(g.count(size.X-g.start.X), g.count(size.Y-g.start.Y))
	if g.out.X <= 0 || g.out.Y <= 0 {
		return geometry{}, fmt.Errorf("%w: a frame of %v has no whole %d×%d cell of %v", raw.ErrBounds, size, n, n, cfa)
	}
	return g, nil
}

// count returns how many output pixels an axis of length input pixels gives.
func (g *geometry) count(length int) int {
	if !g.bayer {
		return max(length, 0) / g.n
	}
	c := length / 4 * 2
	if length%4 == 3 {
		c++
	}
	return c
}

// step is the distance between members.
func (g *geometry) step() int {
	if g.bayer {
		return 2
	}
	return 1
}

// first returns the first member of output coordinate i ≥ 0 of an axis that
// starts at input coordinate start.
func (g *geometry) first(i, start int) int {
	if g.bayer {
		return i/2*4 + i%2
	}
	return start + i*g.n
}

func (g *geometry) last(i, start int) int { return g.first(i, start) + (g.n-1)*g.step() }

// member returns the input coordinate of member k of the cell of (x, y); the
// members are numbered row by row.
func (g *geometry) member(x, y, k int) image.Point {
	return image.Pt(g.first(x, g.start.X)+k%g.n*g.step(), g.first(y, g.start.Y)+k/g.n*g.step())
}

// block returns the rectangle of input pixels that the output rectangle r
// needs. On Bayer it begins with a whole block of 4×4.
func (g *geometry) block(r image.Rectangle) image.Rectangle {
	if g.bayer {
		b := image.Rect(r.Min.X/2*4, r.Min.Y/2*4, (r.Max.X+1)/2*4, (r.Max.Y+1)/2*4)
		return b.Intersect(image.Rectangle{Max: g.in})
	}
	return image.Rect(g.first(r.Min.X, g.start.X), g.first(r.Min.Y, g.start.Y),
		g.first(r.Max.X, g.start.X), g.first(r.Max.Y, g.start.Y))
}

// area returns the output pixels all of whose members lie in r.
func (g *geometry) area(r image.Rectangle) image.Rectangle {
	x0, x1 := g.span(r.Min.X, r.Max.X, g.start.X, g.out.X)
	y0, y1 := g.span(r.Min.Y, r.Max.Y, g.start.Y, g.out.Y)
	if x1 <= x0 || y1 <= y0 {
		return image.Rectangle{}
	}
	return image.Rect(x0, y0, x1, y1)
}

func (g *geometry) span(lo, hi, start, n int) (int, int) {
	guess := func(i int) int { return max(0, min((i-start)/g.n-2, n)) }
	a := guess(lo)
	for a < n && g.first(a, start) < lo {
		a++
	}
	b := guess(hi)
	for b < n && g.last(b, start) < hi {
		b++
	}
	return a, b
}
