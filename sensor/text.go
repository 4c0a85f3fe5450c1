package sensor

import (
	"fmt"
	"image"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/quadraw/quadraw/raw"
)

// stencil is a blurred mask of text, one cell a pixel of the frame.
type stencil struct {
	w, h int
	a    []float32
	pad  int // cells of margin around the text on each side
}

// maxStencil bounds the memory of a mask: 4 bytes a cell.
const maxStencil = 16 << 20

// newStencil renders lines of text with the Go fonts, size pixels high, blurred
// by sigma pixels; rows are 1.25·size apart.
func newStencil(lines []string, size float64, bold bool, sigma float64) (*stencil, error) {
	ttf := goregular.TTF
	if bold {
		ttf = gobold.TTF
	}
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	defer face.Close()
	width := 0
	for _, l := range lines {
		width = max(width, font.MeasureString(face, l).Ceil())
	}
	s := &stencil{pad: int(math.Ceil(3.5*sigma)) + 2}
	pitch := 1.25 * size
	s.w = width + 2*s.pad
	s.h = int(math.Ceil(pitch*float64(len(lines)))) + 2*s.pad
	if s.w*s.h > maxStencil {
		return nil, fmt.Errorf("%w: text of %d×%d pixels", raw.ErrLimit, s.w, s.h)
	}
	mask := image.NewAlpha(image.Rect(0, 0, s.w, s.h))
	d := font.Drawer{Dst: mask, Src: image.Opaque, Face: face}
	for i, l := range lines {
		d.Dot = fixed.P(s.pad, s.pad+int(float64(pitch*float64(i))+size))
		d.DrawString(l)
	}
	s.a = make([]float32, s.w*s.h)
	for i, v := range mask.Pix {
		s.a[i] = float32(v) / 255
	}
	if sigma > 0.3 {
		s.a = gaussianBlur(s.a, s.w, s.h, sigma)
	}
	return s, nil
}

// at returns how much ink lies at (x, y), counted from the text's corner.
func (s *stencil) at(x, y float64) float32 {
	x += float64(s.pad) - 0.5
	y += float64(s.pad) - 0.5
	x0, y0 := math.Floor(x), math.Floor(y)
	i, j := int(x0), int(y0)
	if i < 0 || j < 0 || i+1 >= s.w || j+1 >= s.h {
		return 0
	}
	fx, fy := float32(x-x0), float32(y-y0)
	p := s.a[j*s.w+i:]
	q := s.a[(j+1)*s.w+i:]
	a := p[0] + float32(fx*(p[1]-p[0]))
	b := q[0] + float32(fx*(q[1]-q[0]))
	return a + float32(fy*(b-a))
}

// width and height of the text without its margin.
func (s *stencil) width() float64  { return float64(s.w - 2*s.pad) }
func (s *stencil) height() float64 { return float64(s.h - 2*s.pad) }

// Text is black print on white paper, from large to very small, the block
// repeated over the frame. Size is the height of the largest line in pixels; 0
// is a twentieth of the frame's height.
type Text struct{ Size float64 }

// Prepare implements [Scene].
func (t Text) Prepare(v View) (Painter, error) {
	size := t.Size
	if size == 0 {
		size = max(12, min(float64(v.Size.Y)/20, 200))
	}
	if !(size >= 4 && size <= 400) {
		return nil, fmt.Errorf("%w: text of %v pixels, want 4 to 400", raw.ErrOption, t.Size)
	}
	type block struct {
		s *stencil
		y float64
	}
	var blocks []block
	y, width := 0.25*size, 0.0
	lines := []string{
		"Quad Bayer", "The quick brown fox jumps over the lazy dog.",
		"Sphinx of black quartz, judge my vow: 0123456789.", "How razorback-jumping frogs can level six piqued gymnasts! (108 MP)",
	}
	for s, i := size, 0; s >= 4 && i < 12; s, i = s*0.8, i+1 {
		st, err := newStencil([]string{lines[min(i, 1)*(1+i%3)]}, s, i == 0, v.Blur)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, block{st, y})
		y += float64(1.25 * s)
		width = max(width, st.width())
	}
	cellW, cellH := width+size, y+float64(0.5*size)
	return painter(func(dst *Light, s Span) {
		for i := range dst[0] {
			x, y := s.At(i)
			x -= float64(math.Floor(x/cellW) * cellW)
			y -= float64(math.Floor(y/cellH) * cellH)
			var ink float32
			for k := range blocks {
				b := &blocks[k]
				if d := y - b.y; d > float64(-b.s.pad) && d < b.s.height()+float64(b.s.pad) {
					ink += b.s.at(x-float64(0.5*size), d)
				}
			}
			dst.set(i, 0.85-float32(0.82*min(ink, 1)))
		}
	}), nil
}
