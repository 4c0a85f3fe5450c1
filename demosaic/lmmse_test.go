package demosaic

import (
	"image"
	_ "image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/internal/testutil"
)

// TestLMMSEOnKodak holds the method against the figure that its paper and
// others' implementations reach: CPSNR of 8-bit RGGB mosaics taken as they are.
func TestLMMSEOnKodak(t *testing.T) {
	got := kodakMean(t, lmmse{}, nil)
	t.Logf("LMMSE: CPSNR %.2f dB over Kodak-24", got)
	if got < 40 {
		t.Errorf("CPSNR %.2f dB, want 40.0", got)
	}
}

// kodakMean is the mean CPSNR of m on the 24 images, without curve or levels:
// their samples are working samples. done, if not nil, is told each result.
func kodakMean(t *testing.T, m method, done func(name string, cpsnr float64)) float64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testutil.Data(t, "kodak"), "*.png"))
	if err != nil || len(files) != 24 {
		t.Fatalf("%d images: %v", len(files), err)
	}
	sum := 0.0
	state := m.newState()
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
		v := workingCPSNR(m, state, img)
		if done != nil {
			done(filepath.Base(name), v)
		}
		sum += v
	}
	return sum / float64(len(files))
}

// workingCPSNR mosaics img, runs m on it as one tile and compares.
func workingCPSNR(m method, state any, img image.Image) float64 {
	b := img.Bounds()
	var in bank.Plane
	var out bank.RGB
	in.Reset(image.Rectangle{Max: b.Size()}.Inset(-m.halo()))
	out.Reset(image.Rectangle{Max: b.Size()})
	mirror := func(i, n int) int {
		if i < 0 {
			i = -i
		}
		if i >= n {
			i = 2*(n-1) - i
		}
		return i
	}
	truth := func(x, y int) [3]int {
		r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
		return [3]int{int(r >> 8), int(g >> 8), int(bl >> 8)}
	}
	for y := in.Rect.Min.Y; y < in.Rect.Max.Y; y++ {
		for x := in.Rect.Min.X; x < in.Rect.Max.X; x++ {
			sx, sy := mirror(x, b.Dx()), mirror(y, b.Dy())
			v := truth(sx, sy)[sx&1+sy&1]
			in.Pix[(y-in.Rect.Min.Y)*in.Stride+x-in.Rect.Min.X] = int16(math.Round(float64(v) * bank.One / 255))
		}
	}
	m.run(state, out.Rect, &in, &unknown, planes{&out}, false)
	const border = 10
	sum, n := 0, 0
	for y := border; y < b.Dy()-border; y++ {
		for x := border; x < b.Dx()-border; x++ {
			want := truth(x, y)
			for c := range want {
				v := math.Round(float64(out.Pix[c][y*out.Stride+x]) * 255 / bank.One)
				d := int(max(0, min(v, 255))) - want[c]
				sum += d * d
				n++
			}
		}
	}
	return 10 * math.Log10(255*255*float64(n)/float64(sum))
}

// TestLMMSEOnGrayPlate: stripes of no colour, up to half of the Nyquist
// frequency, stay without colour. It is what LMMSE is for, so the filter banks
// must not be better.
func TestLMMSEOnGrayPlate(t *testing.T) {
	const side = 256
	plate := func(x, y float64) float64 {
		dx, dy := x-side/2, y-side/2
		return 0.5 + 0.4*math.Cos(0.5*math.Pi*(dx*dx+dy*dy)/side)
	}
	truth := chart(side, [3]float64{}, [3]float64{255, 255, 255}, plate)
	banks, err := newFilterBank(2, &Options{Method: Default}, false, false)
	if err != nil {
		t.Fatal(err)
	}
	quad, byBanks := psnr(truth, through(lmmse{quad: true}, 2, truth), 24), psnr(truth, through(banks, 2, truth), 24)
	t.Logf("Quad: %.2f dB, Default %.2f dB; Bayer: %.2f dB", quad, byBanks, psnr(truth, through(lmmse{}, 1, truth), 24))
	if quad < 45 || quad < byBanks {
		t.Errorf("%.2f dB, want 45 and what Default gives, %.2f", quad, byBanks)
	}
}
