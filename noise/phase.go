package noise

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// correlationSide is the longest side on which the global shift is found.
const correlationSide = 192

// minPeak is how many standard deviations the correlation's peak must stand
// out for the shift to be believed.
const minPeak = 12

// globalShift finds the displacement of b against a by phase correlation
// (Kuglin and Hines 1975) on a reduced level, in samples of level 0; ok is
// false when there is no clear peak. Any shift up to half the frame is found.
func globalShift(a, b *pyramid) (dy, dx float64, ok bool) {
	lv := 0
	for lv < len(a.levels)-1 && max(a.levels[lv].w, a.levels[lv].h) > correlationSide {
		lv++
	}
	p, q := &a.levels[lv], &b.levels[lv]
	w, h := smooth(p.w), smooth(p.h)
	ox, oy := (p.w-w)/2, (p.h-h)/2
	z := make([]complex128, w*h)
	var meanP, meanQ float64
	for y := range h {
		for x := range w {
			at := (y+oy)*p.w + x + ox
			meanP += float64(p.pix[at])
			meanQ += float64(q.pix[at])
		}
	}
	meanP /= float64(w * h)
	meanQ /= float64(w * h)
	hx, hy := hann(w), hann(h)
	for y := range h {
		for x := range w {
			at := (y+oy)*p.w + x + ox
			k := hy[y] * hx[x]
			z[y*w+x] = complex((float64(p.pix[at])-meanP)*k, (float64(q.pix[at])-meanQ)*k)
		}
	}
	// Two real pictures in one complex transform.
	t := newFourier(w, h)
	t.run(z, true)
	cross := make([]complex128, w*h)
	sum := 0.0
	for y := range h {
		for x := range w {
			u, v := z[y*w+x], z[(h-y)%h*w+(w-x)%w]
			fa := complex(real(u)+real(v), imag(u)-imag(v))
			fb := complex(imag(u)+imag(v), real(v)-real(u))
			c := complex(real(fa), -imag(fa)) * fb
			cross[y*w+x] = c
			sum += magnitude(c)
		}
	}
	floor := 1e-3*sum/float64(w*h) + 1e-30
	gx, gy := gaussian(w), gaussian(h)
	for y := range h {
		for x := range w {
			c := cross[y*w+x]
			k := gy[y] * gx[x] / (magnitude(c) + floor)
			cross[y*w+x] = complex(real(c)*k, imag(c)*k)
		}
	}
	t.run(cross, false)
	best, at, sq := math.Inf(-1), 0, 0.0
	for i, c := range cross {
		v := real(c)
		sq += v * v
		if v > best {
			best, at = v, i
		}
	}
	if !(best > minPeak*math.Sqrt(sq/float64(w*h))) {
		return 0, 0, false
	}
	y, x := at/w, at%w
	if y > h/2 {
		y -= h
	}
	if x > w/2 {
		x -= w
	}
	k := float64(int(1) << lv)
	return float64(y) * k, float64(x) * k, true
}

// smooth is the largest even number up to n without prime factors above 5,
// for which the transform is fast.
func smooth(n int) int {
	for m := n &^ 1; m > 2; m -= 2 {
		k := m
		for _, p := range [...]int{2, 3, 5} {
			for k%p == 0 {
				k /= p
			}
		}
		if k == 1 {
			return m
		}
	}
	return n
}

func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = .5 - .5*math.Cos(2*math.Pi*float64(i)/float64(n-1))
	}
	return w
}

// gaussian is the spectrum of a Gaussian of one sample.
func gaussian(n int) []float64 {
	g := make([]float64, n)
	for i := range g {
		f := float64(min(i, n-i)) / float64(n)
		g[i] = math.Exp(-2 * math.Pi * math.Pi * f * f)
	}
	return g
}

// magnitude is for figures that do not overflow when squared.
func magnitude(c complex128) float64 {
	return math.Sqrt(float64(real(c)*real(c)) + float64(imag(c)*imag(c)))
}

// fourier2 is a two-dimensional complex transform made of gonum's.
type fourier2 struct {
	w, h       int
	rows, cols *fourier.CmplxFFT
	col        []complex128
}

func newFourier(w, h int) *fourier2 {
	return &fourier2{w: w, h: h, rows: fourier.NewCmplxFFT(w), cols: fourier.NewCmplxFFT(h), col: make([]complex128, h)}
}

func (t *fourier2) run(z []complex128, forward bool) {
	do := func(f *fourier.CmplxFFT, v []complex128) {
		if forward {
			f.Coefficients(v, v)
		} else {
			f.Sequence(v, v)
		}
	}
	for y := range t.h {
		do(t.rows, z[y*t.w:(y+1)*t.w])
	}
	for x := range t.w {
		for y := range t.h {
			t.col[y] = z[y*t.w+x]
		}
		do(t.cols, t.col)
		for y := range t.h {
			z[y*t.w+x] = t.col[y]
		}
	}
}
