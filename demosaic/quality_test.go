package demosaic

import (
	"fmt"
	"image"
	_ "image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// The figures here are CPSNR: output rounded and clipped to 8 bits, ten pixels
// of border left out, 10·log10(255² / mean square over all samples), averaged
// over the 24 images of Kodak, on which nothing was trained or tuned.

// scene is an image as 8-bit samples.
type scene struct {
	name string
	w, h int
	pix  []uint8
}

func (s *scene) at(x, y int) [3]uint8 {
	i := 3 * (y*s.w + x)
	return [3]uint8(s.pix[i : i+3])
}

// kodak reads n of the images, all 24 if n is 0, cropped to a multiple of a
// Quad period.
func kodak(t testing.TB, n int) []*scene {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testutil.Data(t, "kodak"), "*.png"))
	if err != nil || len(files) != 24 {
		t.Fatalf("%d images: %v", len(files), err)
	}
	if n > 0 {
		files = files[:n]
	}
	var out []*scene
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := image.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		b := img.Bounds()
		s := &scene{name: filepath.Base(name), w: b.Dx() &^ 3, h: b.Dy() &^ 3}
		for y := range s.h {
			for x := range s.w {
				r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
				s.pix = append(s.pix, uint8(r>>8), uint8(g>>8), uint8(bl>>8))
			}
		}
		out = append(out, s)
	}
	return out
}

// working returns s as a mosaic of working samples, mirrored by halo pixels
// under the same colours, with noise of sigma 255ths added.
func (s *scene) working(cell, halo int, sigma float64, seed uint64) *bank.Plane {
	frame := image.Rect(0, 0, s.w, s.h)
	p := &bank.Plane{}
	p.Reset(frame.Inset(-halo))
	cfa, _ := raw.NewCFA(cell, image.Point{})
	rng := rand.New(rand.NewPCG(seed, 9))
	noise := make([]float64, s.w*s.h)
	for i := range noise {
		noise[i] = sigma * rng.NormFloat64()
	}
	for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y++ {
		for x := p.Rect.Min.X; x < p.Rect.Max.X; x++ {
			sx, sy := cfa.Reflect(x, s.w, 0), cfa.Reflect(y, s.h, 1)
			v := (float64(s.at(sx, sy)[bank.ColorAt(cell, sx, sy)]) + noise[sy*s.w+sx]) * bank.One / 255
			p.Pix[(y-p.Rect.Min.Y)*p.Stride+x-p.Rect.Min.X] = int16(max(bank.Min, min(math.Round(v), bank.Max)))
		}
	}
	return p
}

// cpsnr compares got, samples of 0 to 255, with s; where only is not nil, just
// the samples that it says.
func (s *scene) cpsnr(got func(x, y, c int) float64, only func(x, y, c int) bool) float64 {
	const border = 10
	sum, n := 0.0, 0
	for y := border; y < s.h-border; y++ {
		for x := border; x < s.w-border; x++ {
			want := s.at(x, y)
			for c := range want {
				if only != nil && !only(x, y, c) {
					continue
				}
				d := max(0, min(math.Round(got(x, y, c)), 255)) - float64(want[c])
				sum += d * d
				n++
			}
		}
	}
	return 10 * math.Log10(255*255*float64(n)/sum)
}

// demosaiced is the CPSNR of a method on working samples as they are.
func (s *scene) demosaiced(m Method, cell int, sigma float64, seed uint64) (float64, error) {
	b, err := newFilterBank(cell, &Options{Method: m}, sigma > 0, false)
	if err != nil {
		return 0, err
	}
	of := unknown
	if sigma > 0 {
		of.noise = &noiseCurve{}
		for i := range of.noise {
			of.noise[i] = float32(sigma)
		}
	}
	var out bank.RGB
	out.Reset(image.Rect(0, 0, s.w, s.h))
	b.run(b.newState(), out.Rect, s.working(cell, b.halo(), sigma, seed), &of, planes{&out}, false)
	return s.cpsnr(func(x, y, c int) float64 { return float64(out.Pix[c][y*out.Stride+x]) * 255 / bank.One }, nil), nil
}

// long reports whether tests may take their time; else they take the first
// three images.
func long() bool { return os.Getenv("QUADRAW_LONG") != "" }

// TestQuality holds the engine to the figures that it was built for.
func TestQuality(t *testing.T) {
	n := 3
	if long() {
		n = 0
	}
	scenes := kodak(t, n)
	for _, c := range []struct {
		method Method
		cell   int
		sigma  float64
		want   float64 // over all images
		short  float64 // over the first three
	}{
		{Fast, 1, 0, 39.3, 40.1}, {Default, 1, 0, 40.3, 41.1}, {Best, 1, 0, 40.5, 41.4},
		{Fast, 2, 0, 35.0, 35.4}, {Default, 2, 0, 36.2, 36.6}, {Best, 2, 0, 36.6, 37.0},
		{Default, 1, 5, 35.4, 35.8}, {Default, 1, 15, 30.4, 30.7},
		{Default, 2, 5, 33.2, 33.6}, {Default, 2, 15, 29.7, 29.9},
	} {
		want := c.want
		if n > 0 {
			want = c.short
		}
		t.Run(fmt.Sprintf("%v cell %d sigma %g", c.method, c.cell, c.sigma), func(t *testing.T) {
			sum := 0.0
			for i, s := range scenes {
				v, err := s.demosaiced(c.method, c.cell, c.sigma, uint64(i))
				if err != nil {
					t.Fatal(err)
				}
				sum += v
			}
			got := sum / float64(len(scenes))
			t.Logf("CPSNR %.2f dB", got)
			if math.Round(100*got) < math.Round(100*want) {
				t.Errorf("CPSNR %.3f dB, want %.2f", got, want)
			}
		})
	}
}

// TestRemosaicQuality compares the Bayer mosaic made of a Quad one with the
// scene's.
func TestRemosaicQuality(t *testing.T) {
	testutil.Long(t)
	sum := 0.0
	scenes := kodak(t, 0)
	b, err := newFilterBank(2, &Options{Method: Best}, false, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenes {
		var out bank.RGB
		out.Reset(image.Rect(0, 0, s.w, s.h))
		b.remosaic(b.newState().(*bankState), out.Rect, s.working(2, b.halo(), 0, 0), &unknown, planes{&out})
		sum += s.cpsnr(func(x, y, c int) float64 { return float64(out.Pix[0][y*out.Stride+x]) * 255 / bank.One },
			func(x, y, c int) bool { return c == int(bank.ColorAt(1, x, y)) })
	}
	got := sum / float64(len(scenes))
	t.Logf("PSNR of the mosaic: %.2f dB", got)
	if math.Round(100*got) < 3700 {
		t.Errorf("PSNR %.3f dB, want 37.00", got)
	}
}

// linear is the CPSNR of the public function from linear 14-bit samples, the
// result sRGB-encoded, under any offset of the array.
func (s *scene) linear(t *testing.T, cfa raw.CFA, m Method, only func(x, y, c int) bool) float64 {
	h := raw.NewHeader(image.Pt(s.w, s.h), cfa, 14)
	h.White = [3]float64{16383, 16383, 16383}
	h.Color.AsShotNeutral = [3]float64{1, 1, 1}
	src, dst := raw.NewMosaic(h.Bounds(), cfa), raw.NewRGB(h.Bounds())
	for y := range s.h {
		for x := range s.w {
			src.Pix[y*s.w+x] = uint16(math.Round(16383 * fromSRGB(float64(s.at(x, y)[cfa.ColorAt(x, y)])/255)))
		}
	}
	if err := Demosaic(t.Context(), dst, src, h, &Options{Method: m}); err != nil {
		t.Fatal(err)
	}
	return s.cpsnr(func(x, y, c int) float64 { return 255 * toSRGB(float64(dst.Pix[c][y*dst.Stride+x])/65535) }, only)
}

func fromSRGB(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func toSRGB(l float64) float64 {
	if l <= 0.0031308 {
		return 12.92 * l
	}
	return 1.055*math.Pow(l, 1/2.4) - 0.055
}

// TestLinearQuality allows linear input 0.2 dB less.
func TestLinearQuality(t *testing.T) {
	testutil.Long(t)
	scenes := kodak(t, 0)
	for _, c := range []struct {
		method Method
		cfa    raw.CFA
		want   float64
	}{
		{Fast, raw.BayerRGGB, 39.1}, {Default, raw.BayerRGGB, 40.1}, {Best, raw.BayerRGGB, 40.3},
		{Fast, raw.QuadRGGB, 34.8}, {Default, raw.QuadRGGB, 36.0}, {Best, raw.QuadRGGB, 36.4},
	} {
		sum := 0.0
		for _, s := range scenes {
			sum += s.linear(t, c.cfa, c.method, nil)
		}
		got := sum / float64(len(scenes))
		t.Logf("%v %v: CPSNR %.2f dB", c.method, c.cfa, got)
		if math.Round(100*got) < math.Round(100*c.want) {
			t.Errorf("%v %v: CPSNR %.3f dB, want %.2f", c.method, c.cfa, got, c.want)
		}
	}
}

// shifted is a part of s that begins at the given pixel.
func (s *scene) shifted(by image.Point) *scene {
	c := &scene{name: s.name, w: 256, h: 256}
	for y := range c.h {
		i := 3 * ((y+by.Y)*s.w + by.X)
		c.pix = append(c.pix, s.pix[i:i+3*c.w]...)
	}
	return c
}

// TestEveryPhaseIsEqual: the offsets of an array are the same tables shifted,
// so a frame that begins at another pixel of the same mosaic is as good.
func TestEveryPhaseIsEqual(t *testing.T) {
	s := kodak(t, 8)[7]
	for cell := 1; cell <= 2; cell++ {
		lo, hi := math.Inf(1), math.Inf(-1)
		for o := range 4 * cell * cell {
			by := image.Pt(o%(2*cell), o/(2*cell))
			cfa, err := raw.NewCFA(cell, by)
			if err != nil {
				t.Fatal(err)
			}
			part := s.shifted(by)
			v := part.linear(t, cfa, Default, func(x, y, _ int) bool {
				// The same part of the scene every time.
				return image.Pt(x, y).Add(by).In(image.Rect(20, 20, part.w-20, part.h-20))
			})
			lo, hi = min(lo, v), max(hi, v)
		}
		t.Logf("cell %d: %.3f to %.3f dB", cell, lo, hi)
		if hi-lo > 0.05 {
			t.Errorf("cell %d: from %.3f to %.3f dB", cell, lo, hi)
		}
	}
}
