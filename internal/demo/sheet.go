package demo

import (
	"image"
	"image/color"
	"image/draw"

	"github.com/quadraw/quadraw/raw"
)

// sheet lays pairs of crops out below one another, with a heading.
type sheet struct {
	w, h  int
	pairs [][2]*raw.RGB
}

const (
	gap     = 8
	heading = 36
)

func newSheet(w, h int) *sheet { return &sheet{w: w, h: h} }

// add takes a crop at half the scale, which is enlarged, and one at full scale.
func (s *sheet) add(left, right *raw.RGB) { s.pairs = append(s.pairs, [2]*raw.RGB{left, right}) }

// source returns the sheet as a picture in sRGB.
func (s *sheet) source() (raw.RGBSource, error) {
	size := image.Pt(2*s.w+3*gap, heading+len(s.pairs)*(s.h+gap))
	canvas := image.NewRGBA64(image.Rectangle{Max: size})
	draw.Draw(canvas, canvas.Rect, image.NewUniform(color.Gray{24}), image.Point{}, draw.Src)
	ink := color.Gray{220}
	letters(canvas, image.Pt(gap, 5), "binned, 2x", 2, ink)
	letters(canvas, image.Pt(2*gap+s.w, 5), "full size", 2, ink)
	for i, pair := range s.pairs {
		y := heading + i*(s.h+gap)
		for dy := range s.h {
			for dx := range s.w {
				canvas.SetRGBA64(gap+dx, y+dy, pair[0].RGBA64At(dx/2, dy/2))
				canvas.SetRGBA64(2*gap+s.w+dx, y+dy, pair[1].RGBA64At(dx, dy))
			}
		}
	}
	out := raw.NewRGB(canvas.Rect)
	for y := range size.Y {
		for x := range size.X {
			c := canvas.RGBA64At(x, y)
			i := y*out.Stride + x
			out.Pix[0][i], out.Pix[1][i], out.Pix[2][i] = c.R, c.G, c.B
		}
	}
	h := raw.NewHeader(size, raw.Mono, 16)
	h.ColorSpace = raw.SRGB
	return raw.NewMemoryRGB(h, out)
}
