package quality_test

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// sharma is a part of the supplementary test data of Sharma, Wu, Dalal 2005:
// the pairs that catch wrong hue means and rotations, and real ones.
var sharma = []struct {
	a, b quality.Lab
	want float64
}{
	{quality.Lab{50, 2.6772, -79.7751}, quality.Lab{50, 0, -82.7485}, 2.0425},
	{quality.Lab{50, 3.1571, -77.2803}, quality.Lab{50, 0, -82.7485}, 2.8615},
	{quality.Lab{50, 2.8361, -74.0200}, quality.Lab{50, 0, -82.7485}, 3.4412},
	{quality.Lab{50, -1.3802, -84.2814}, quality.Lab{50, 0, -82.7485}, 1.0000},
	{quality.Lab{50, -1.1848, -84.8006}, quality.Lab{50, 0, -82.7485}, 1.0000},
	{quality.Lab{50, -0.9009, -85.5211}, quality.Lab{50, 0, -82.7485}, 1.0000},
	{quality.Lab{50, 0, 0}, quality.Lab{50, -1, 2}, 2.3669},
	{quality.Lab{50, -1, 2}, quality.Lab{50, 0, 0}, 2.3669},
	{quality.Lab{50, 2.4900, -0.0010}, quality.Lab{50, -2.4900, 0.0009}, 7.1792},
	{quality.Lab{50, 2.4900, -0.0010}, quality.Lab{50, -2.4900, 0.0010}, 7.1792},
	{quality.Lab{50, 2.4900, -0.0010}, quality.Lab{50, -2.4900, 0.0011}, 7.2195},
	{quality.Lab{50, 2.4900, -0.0010}, quality.Lab{50, -2.4900, 0.0012}, 7.2195},
	{quality.Lab{50, -0.0010, 2.4900}, quality.Lab{50, 0.0009, -2.4900}, 4.8045},
	{quality.Lab{50, -0.0010, 2.4900}, quality.Lab{50, 0.0011, -2.4900}, 4.7461},
	{quality.Lab{50, 2.5, 0}, quality.Lab{50, 0, -2.5}, 4.3065},
	{quality.Lab{50, 2.5, 0}, quality.Lab{73, 25, -18}, 27.1492},
	{quality.Lab{50, 2.5, 0}, quality.Lab{61, -5, 29}, 22.8977},
	{quality.Lab{50, 2.5, 0}, quality.Lab{56, -27, -3}, 31.9030},
	{quality.Lab{50, 2.5, 0}, quality.Lab{58, 24, 15}, 19.4535},
	{quality.Lab{50, 2.5, 0}, quality.Lab{50, 3.1736, 0.5854}, 1.0000},
	{quality.Lab{60.2574, -34.0099, 36.2677}, quality.Lab{60.4626, -34.1751, 39.4387}, 1.2644},
	{quality.Lab{63.0109, -31.0961, -5.8663}, quality.Lab{62.8187, -29.7946, -4.0864}, 1.2630},
	{quality.Lab{22.7233, 20.0904, -46.6940}, quality.Lab{23.0331, 14.9730, -42.5619}, 2.0373},
	{quality.Lab{90.9257, -0.5406, -0.9208}, quality.Lab{88.6381, -0.8985, -0.7239}, 1.5381},
	{quality.Lab{2.0776, 0.0795, -1.1350}, quality.Lab{0.9033, -0.0636, -0.5514}, 0.9082},
}

func TestDeltaE2000(t *testing.T) {
	for _, p := range sharma {
		if got := quality.DeltaE2000(p.a, p.b); math.Abs(got-p.want) > 5.1e-5 {
			t.Errorf("%v %v: %.4f, want %.4f", p.a, p.b, got, p.want)
		}
	}
}

func TestLab(t *testing.T) {
	if l := quality.LabFromSRGB([3]float64{1, 1, 1}); math.Abs(l.L-100) > 1e-4 || math.Hypot(l.A, l.B) > 1e-3 {
		t.Errorf("white is %v", l)
	}
	// sRGB red in D65 L*a*b*.
	if l := quality.LabFromSRGB([3]float64{1, 0, 0}); quality.DeltaE2000(l, quality.Lab{53.2408, 80.0925, 67.2032}) > 0.02 {
		t.Errorf("red is %v", l)
	}
}

func noisy(size image.Point, seed uint64, amount float64) (*raw.RGB, raw.RGBSource) {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := raw.NewRGB(image.Rectangle{Max: size})
	for c := range m.Pix {
		for i := range m.Pix[c] {
			x, y := i%size.X, i/size.X
			v := 30000 + 20000*math.Sin(float64(x)/9)*math.Cos(float64(y)/(7+float64(c)))
			m.Pix[c][i] = uint16(v + amount*rng.NormFloat64())
		}
	}
	src, err := raw.NewMemoryRGB(raw.NewHeader(size, raw.Mono, 16), m)
	if err != nil {
		panic(err)
	}
	return m, src
}

func TestCompareAgainstDefinition(t *testing.T) {
	size := image.Pt(61, 47)
	a, sa := noisy(size, 1, 0)
	b, sb := noisy(size, 2, 900)
	const border = 3
	var first *quality.Report
	for _, rows := range []int{0, 1, 5, 16} {
		got, err := quality.Compare(t.Context(), sa, sb, &quality.Options{Border: border, Tiles: tile.Options{Size: image.Pt(0, rows), Workers: 3}})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if *got != *first {
			t.Errorf("bands of %d rows: %+v, want %+v", rows, got, first)
		}
	}
	in := a.Rect.Inset(border)
	gray := func(m *raw.RGB, x, y int) float64 {
		c := m.RGBA64At(x, y)
		return (0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)) / 65535
	}
	for c := raw.Red; c <= raw.Blue; c++ {
		sum := 0.0
		for y := in.Min.Y; y < in.Max.Y; y++ {
			for x := in.Min.X; x < in.Max.X; x++ {
				d := (float64(a.Row(c, y)[x]) - float64(b.Row(c, y)[x])) / 65535
				sum += d * d
			}
		}
		if want := -10 * math.Log10(sum/float64(in.Dx()*in.Dy())); math.Abs(want-first.PSNR[c]) > 1e-9 {
			t.Errorf("%v: %v dB, want %v", c, first.PSNR[c], want)
		}
	}
	if want := slowSSIM(in, func(x, y int) float64 { return gray(a, x, y) }, func(x, y int) float64 { return gray(b, x, y) }); math.Abs(want-first.SSIM) > 1e-5 {
		t.Errorf("SSIM %v, want %v", first.SSIM, want)
	}
}

// slowSSIM is the definition, written down.
func slowSSIM(in image.Rectangle, a, b func(x, y int) float64) float64 {
	var k [11][11]float64
	norm := 0.0
	for y := range k {
		for x := range k {
			k[y][x] = math.Exp(-float64((x-5)*(x-5)+(y-5)*(y-5)) / 4.5)
			norm += k[y][x]
		}
	}
	total, n := 0.0, 0
	for y := in.Min.Y; y <= in.Max.Y-11; y++ {
		for x := in.Min.X; x <= in.Max.X-11; x++ {
			var ma, mb, aa, bb, ab float64
			for j := range k {
				for i := range k {
					w, u, v := k[j][i]/norm, a(x+i, y+j), b(x+i, y+j)
					ma, mb, aa, bb, ab = ma+w*u, mb+w*v, aa+w*u*u, bb+w*v*v, ab+w*u*v
				}
			}
			total += (2*ma*mb + 1e-4) * (2*(ab-ma*mb) + 9e-4) / ((ma*ma + mb*mb + 1e-4) * (aa - ma*ma + bb - mb*mb + 9e-4))
			n++
		}
	}
	return total / float64(n)
}

func TestEqualFrames(t *testing.T) {
	_, a := noisy(image.Pt(40, 30), 1, 500)
	r, err := quality.Compare(t.Context(), a, a, nil)
	if err != nil || !math.IsInf(r.Total, 1) || math.Abs(r.SSIM-1) > 1e-12 || r.Different != 0 || r.Samples != 3600 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestMosaicsNormalise(t *testing.T) {
	size := image.Pt(32, 24)
	ten := raw.NewHeader(size, raw.QuadRGGB, 10)
	ten.Black = raw.ConstantBlack(64)
	sixteen := raw.NewHeader(size, raw.QuadRGGB, 16)
	sixteen.Black = raw.ConstantBlack(64 * 64)
	sixteen.White = [3]float64{1023 * 64, 1023 * 64, 1023 * 64}
	a, b := raw.NewMosaic(ten.Bounds(), ten.CFA), raw.NewMosaic(ten.Bounds(), ten.CFA)
	for i := range a.Pix {
		a.Pix[i] = uint16(i % 1024)
		b.Pix[i] = a.Pix[i] * 64
	}
	sa, _ := raw.NewMemory(ten, a)
	sb, _ := raw.NewMemory(sixteen, b)
	r, err := quality.CompareMosaics(t.Context(), sa, sb, nil)
	if err != nil || r.Total < 200 || math.Abs(r.SSIM-1) > 1e-6 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := quality.CompareMosaics(t.Context(), sa, sb, &quality.Options{Border: 12}); err == nil {
		t.Error("a border that leaves nothing was taken")
	}
}

func TestCPSNR(t *testing.T) {
	a, b := raw.NewRGB(image.Rect(0, 0, 40, 40)), raw.NewRGB(image.Rect(0, 0, 40, 40))
	for c := range a.Pix {
		for i := range a.Pix[c] {
			a.Pix[c][i], b.Pix[c][i] = 100*257, 102*257+90
		}
	}
	b.Pix[0][0] = 0 // in the border
	got, err := quality.CPSNRPictures(a, b)
	if want := 20 * math.Log10(255.0/2); err != nil || math.Abs(got-want) > 1e-9 {
		t.Errorf("%v dB, want %v (%v)", got, want, err)
	}
}
