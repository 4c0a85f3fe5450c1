package demo

import (
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// letters draws text with pixels of scale×scale.
func letters(dst draw.Image, at image.Point, text string, scale int, ink color.Color) {
	face := basicfont.Face7x13
	mask := image.NewAlpha(image.Rect(0, 0, len(text)*face.Advance, face.Height))
	d := font.Drawer{Dst: mask, Src: image.Opaque, Face: face, Dot: fixed.P(0, face.Ascent)}
	d.DrawString(text)
	for y := range mask.Rect.Dy() {
		for x := range mask.Rect.Dx() {
			if mask.AlphaAt(x, y).A > 0 {
				r := image.Rect(0, 0, scale, scale).Add(at).Add(image.Pt(x, y).Mul(scale))
				draw.Draw(dst, r, image.NewUniform(ink), image.Point{}, draw.Src)
			}
		}
	}
}
