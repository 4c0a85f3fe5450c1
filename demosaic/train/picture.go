package main

import (
	"image"
	"image/color"
	_ "image/jpeg" // training pictures
	_ "image/png"  // training pictures
	"io"
	"math"
	"os"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// picture holds sRGB-encoded samples, 0 to 65535, interleaved.
type picture struct {
	w, h int
	pix  []uint16
}

func (p *picture) at(x, y, c int) float64 { return float64(p.pix[3*(y*p.w+x)+c]) / 65535 }

func readPicture(name string) (*picture, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return decodePicture(f)
}

func decodePicture(r io.Reader) (*picture, error) {
	im, _, err := image.Decode(r)
	if err != nil {
		return nil, err
	}
	b := im.Bounds()
	p := &picture{w: b.Dx(), h: b.Dy(), pix: make([]uint16, 3*b.Dx()*b.Dy())}
	i := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			var c color.RGBA64
			switch im := im.(type) {
			case *image.RGBA: // without the interface of a colour, for speed
				c = im.RGBA64At(x, y)
			case *image.NRGBA:
				c = im.RGBA64At(x, y)
			case *image.YCbCr:
				c = im.RGBA64At(x, y)
			default:
				r, g, bl, _ := im.At(x, y).RGBA()
				c = color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(bl)}
			}
			p.pix[i], p.pix[i+1], p.pix[i+2] = c.R, c.G, c.B
			i += 3
		}
	}
	return p, nil
}

// reduced averages blocks of n×n pixels.
func (p *picture) reduced(n int) *picture {
	if n == 1 {
		return p
	}
	q := &picture{w: p.w / n, h: p.h / n}
	q.pix = make([]uint16, 3*q.w*q.h)
	for y := range q.h {
		for x := range q.w {
			for c := range 3 {
				sum := 0
				for dy := range n {
					for dx := range n {
						sum += int(p.pix[3*((y*n+dy)*p.w+x*n+dx)+c])
					}
				}
				q.pix[3*(y*q.w+x)+c] = uint16((sum + n*n/2) / (n * n))
			}
		}
	}
	return q
}

// toLinear and toSRGB are IEC 61966-2-1's transfer function.
func toLinear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func toSRGB(l float64) float64 {
	l = max(0, min(l, 1))
	if l <= 0.0031308 {
		return 12.92 * l
	}
	return 1.055*math.Pow(l, 1/2.4) - 0.055
}

// domainOf returns how a domain turns an sRGB-encoded sample of 0 to 1 into the
// engine's and back: that of the root of linear light above a shift, as for a
// raw file of 14 bits; or, if the shift is 0, the encoded samples themselves.
func domainOf(shift float64) (encode, decode func(float64) float64) {
	if shift == 0 {
		return func(v float64) float64 { return v * bank.One }, func(v float64) float64 { return v / bank.One }
	}
	root, square := rootDomain(shift)
	return func(v float64) float64 { return root(math.Round(toLinear(v)*16383) / 16383) },
		func(v float64) float64 { return toSRGB(square(v)) }
}

// rootDomain returns the working domain of package demosaic, from linear light
// and back: a root that goes on as its tangent below black.
func rootDomain(shift float64) (root, square func(float64) float64) {
	a := math.Sqrt(shift)
	scale := math.Sqrt(1+shift) - a
	knee := a // the root of black, where the tangent begins
	root = func(x float64) float64 {
		r := math.Sqrt(max(x+shift, 0))
		if r < knee {
			r = knee + (x+shift-knee*knee)/(2*knee)
		}
		return bank.One * (r - a) / scale
	}
	square = func(v float64) float64 {
		r := v/bank.One*scale + a
		if r < knee {
			return knee*knee - shift + 2*knee*(r-knee)
		}
		return r*r - shift
	}
	return root, square
}

// rootShift is the shift of a raw file that tells nothing of its noise.
const rootShift = 1.0 / 1024
