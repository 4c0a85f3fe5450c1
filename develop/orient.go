package develop

import (
	"image"

	"github.com/quadraw/quadraw/raw"
)

// mirrors tells on which of its axes the stored frame is mirrored before it
// may be transposed (TIFF 6.0, Orientation).
func mirrors(o raw.Orientation) (x, y bool) {
	switch o {
	case raw.TopRight:
		return true, false
	case raw.BottomRight:
		return true, true
	case raw.BottomLeft:
		return false, true
	case raw.RightTop:
		return false, true
	case raw.RightBottom:
		return true, true
	case raw.LeftBottom:
		return true, false
	}
	return false, false
}

// storedRect returns which rectangle of a stored frame of the given size the
// rectangle r of the upright picture comes from.
func storedRect(o raw.Orientation, r image.Rectangle, size image.Point) image.Rectangle {
	if o.Transposes() {
		r = image.Rect(r.Min.Y, r.Min.X, r.Max.Y, r.Max.X)
	}
	mx, my := mirrors(o)
	if mx {
		r.Min.X, r.Max.X = size.X-r.Max.X, size.X-r.Min.X
	}
	if my {
		r.Min.Y, r.Max.Y = size.Y-r.Max.Y, size.Y-r.Min.Y
	}
	return r
}

// turn copies the stored rectangle src upright into dst.
func turn(o raw.Orientation, dst, src *raw.RGB) {
	mx, my := mirrors(o)
	// In src, where the first pixel of dst lies, and the steps for one pixel
	// to the right and one down.
	first, right, down := 0, 1, src.Stride
	if mx {
		first, right = src.Rect.Dx()-1, -right
	}
	if my {
		first, down = first+(src.Rect.Dy()-1)*src.Stride, -down
	}
	if o.Transposes() {
		right, down = down, right
	}
	for c := raw.Red; c <= raw.Blue; c++ {
		from := src.Pix[c]
		for y := range dst.Rect.Dy() {
			to := dst.Row(c, dst.Rect.Min.Y+y)
			i := first + y*down
			for x := range to {
				to[x] = from[i]
				i += right
			}
		}
	}
}
