package sensor

import (
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

// Picture is a photograph of a picture: its pixels are taken as sRGB and made
// linear. What lies outside it repeats its border.
type Picture struct {
	Image image.Image
	// Scale is how many pixels of the frame one of the picture's becomes; 0
	// makes the picture cover the frame. At 1 without blur and motion, pixels
	// are taken as they are.
	Scale float64
}

// Prepare implements [Scene]. It holds the picture as linear light, 12 bytes a
// pixel.
func (p Picture) Prepare(v View) (Painter, error) {
	if p.Image == nil || p.Image.Bounds().Empty() {
		return nil, fmt.Errorf("%w: a scene without a picture", raw.ErrOption)
	}
	b := p.Image.Bounds()
	scale := p.Scale
	if scale == 0 {
		scale = max(float64(v.Size.X)/float64(b.Dx()), float64(v.Size.Y)/float64(b.Dy()))
	}
	if !(scale > 0) || math.IsInf(scale, 0) {
		return nil, fmt.Errorf("%w: picture at a scale of %v", raw.ErrOption, p.Scale)
	}
	l := &pictureLight{w: b.Dx(), h: b.Dy(), step: 1 / scale}
	var decode [65536]float32
	for i := range decode {
		decode[i] = float32(math.Round(colorimetry.Decode(float64(i)/65535)*(1<<22)) / (1 << 22))
	}
	for c := range l.plane {
		l.plane[c] = make([]float32, l.w*l.h)
	}
	for y := range l.h {
		for x := range l.w {
			r, g, bl, _ := p.Image.At(b.Min.X+x, b.Min.Y+y).RGBA()
			i := y*l.w + x
			l.plane[0][i], l.plane[1][i], l.plane[2][i] = decode[r], decode[g], decode[bl]
		}
	}
	if sigma := v.Blur / scale; sigma > 0.05 {
		for c := range l.plane {
			l.plane[c] = gaussianBlur(l.plane[c], l.w, l.h, sigma)
		}
	}
	// The picture's middle lies on the frame's when it is made to cover it,
	// its corner on the frame's corner otherwise.
	if p.Scale == 0 {
		l.x0 = (float64(b.Dx()) - float64(v.Size.X)/scale) / 2
		l.y0 = (float64(b.Dy()) - float64(v.Size.Y)/scale) / 2
	}
	return l, nil
}

type pictureLight struct {
	plane  [3][]float32
	w, h   int
	step   float64 // picture pixels per frame pixel
	x0, y0 float64
}

// Paint implements [Painter].
func (l *pictureLight) Paint(dst *Light, s Span) {
	for i := range dst[0] {
		x, y := s.At(i)
		x = l.x0 + float64(x*l.step) - 0.5
		y = l.y0 + float64(y*l.step) - 0.5
		x0, y0 := math.Floor(x), math.Floor(y)
		fx, fy := float32(x-x0), float32(y-y0)
		ix, iy := int(x0), int(y0)
		if fx == 0 && fy == 0 {
			at := l.index(ix, iy)
			for c := range dst {
				dst[c][i] = l.plane[c][at]
			}
			continue
		}
		wx, wy := catmullRom(fx), catmullRom(fy)
		var sum [3]float32
		for b, wb := range wy {
			for a, wa := range wx {
				at := l.index(ix+a-1, iy+b-1)
				w := float32(wa * wb)
				for c := range sum {
					sum[c] += float32(w * l.plane[c][at])
				}
			}
		}
		for c := range dst {
			dst[c][i] = max(sum[c], 0)
		}
	}
}

func (l *pictureLight) index(x, y int) int {
	return max(0, min(y, l.h-1))*l.w + max(0, min(x, l.w-1))
}

// gaussianBlur filters a plane, its border repeated.
func gaussianBlur(src []float32, w, h int, sigma float64) []float32 {
	n := int(math.Ceil(3.5 * sigma))
	kernel := make([]float32, 2*n+1)
	total := 0.0
	for i := range kernel {
		total += gauss(float64(i-n), sigma)
	}
	for i := range kernel {
		kernel[i] = float32(math.Round(gauss(float64(i-n), sigma)/total*(1<<20)) / (1 << 20))
	}
	mid, out := make([]float32, len(src)), make([]float32, len(src))
	for y := range h {
		row := src[y*w : (y+1)*w]
		for x := range w {
			var sum float32
			for i, k := range kernel {
				sum += float32(k * row[max(0, min(x+i-n, w-1))])
			}
			mid[y*w+x] = sum
		}
	}
	for y := range h {
		to := out[y*w : (y+1)*w]
		for i, k := range kernel {
			from := mid[max(0, min(y+i-n, h-1))*w:][:w]
			for x := range to {
				to[x] += float32(k * from[x])
			}
		}
	}
	return out
}

func gauss(x, sigma float64) float64 { return math.Exp(-x * x / (2 * sigma * sigma)) }
