package demosaic

import (
	"image"
	"math"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// chart renders a picture of side² working samples; f gives each pixel's share
// of the second of two colours (0…1, levels of 255).
func chart(side int, a, b [3]float64, f func(x, y float64) float64) *bank.RGB {
	p := &bank.RGB{}
	p.Reset(image.Rect(0, 0, side, side))
	const sub = 4
	for y := range side {
		for x := range side {
			s := 0.0
			for j := range sub {
				for i := range sub {
					s += f(float64(x)+(float64(i)+0.5)/sub, float64(y)+(float64(j)+0.5)/sub)
				}
			}
			s /= sub * sub
			for c := range p.Pix {
				p.Pix[c][y*side+x] = int16(math.Round((a[c] + s*(b[c]-a[c])) * bank.One / 255))
			}
		}
	}
	return p
}

// through mosaics p for cells of the given size, runs m and returns what is
// left inside a border.
func through(m method, cell int, p *bank.RGB) *bank.RGB {
	out := &bank.RGB{}
	out.Reset(p.Rect)
	in := &bank.Plane{}
	in.Reset(p.Rect.Inset(-m.halo()))
	side := p.Rect.Dx()
	for y := in.Rect.Min.Y; y < in.Rect.Max.Y; y++ {
		for x := in.Rect.Min.X; x < in.Rect.Max.X; x++ {
			sx, sy := max(0, min(x, side-1)), max(0, min(y, side-1))
			in.Pix[(y-in.Rect.Min.Y)*in.Stride+x-in.Rect.Min.X] = p.Pix[bank.ColorAt(cell, x+4*side, y+4*side)][sy*side+sx]
		}
	}
	m.run(m.newState(), out.Rect, in, &unknown, planes{out}, false)
	return out
}

// overshoot is, in levels of 255, how far samples lie outside the range of the
// truth in the 5×5 pixels around; the given quantile over all samples.
func overshoot(truth, got *bank.RGB, quantile float64) float64 {
	side := truth.Rect.Dx()
	const border = 24
	var all []float64
	for c := range truth.Pix {
		for y := border; y < side-border; y++ {
			for x := border; x < side-border; x++ {
				lo, hi := int16(math.MaxInt16), int16(math.MinInt16)
				for dy := -2; dy <= 2; dy++ {
					for dx := -2; dx <= 2; dx++ {
						v := truth.Pix[c][(y+dy)*side+x+dx]
						lo, hi = min(lo, v), max(hi, v)
					}
				}
				v := got.Pix[c][y*side+x]
				all = append(all, max(0, float64(v)-float64(hi), float64(lo)-float64(v))*255/bank.One)
			}
		}
	}
	slices.Sort(all)
	return all[int(quantile*float64(len(all)-1))]
}

func star(side int) func(x, y float64) float64 {
	c := float64(side) / 2
	return func(x, y float64) float64 {
		return math.Round(0.5 + 0.5*math.Sin(36*math.Atan2(y-c, x-c)))
	}
}

func psnr(truth, got *bank.RGB, border int) float64 {
	side := truth.Rect.Dx()
	sum, n := 0.0, 0.0
	for c := range truth.Pix {
		for y := border; y < side-border; y++ {
			for x := border; x < side-border; x++ {
				d := float64(truth.Pix[c][y*side+x]) - float64(got.Pix[c][y*side+x])
				d *= 255.0 / bank.One
				sum += d * d
				n++
			}
		}
	}
	return 10 * math.Log10(255*255*n/sum)
}

// TestCharts: coloured edges hardly overshoot, and a gray zone plate stays gray.
func TestCharts(t *testing.T) {
	const side = 320
	stars := map[string][2][3]float64{
		"red/green":   {{200, 40, 40}, {40, 200, 40}},
		"blue/yellow": {{40, 40, 200}, {210, 200, 40}},
	}
	plate := func(x, y float64) float64 {
		const nyquist = 0.8
		dx, dy := x-side/2, y-side/2
		return 0.5 + 0.4*math.Cos(nyquist*math.Pi*(dx*dx+dy*dy)/side)
	}
	for _, cell := range []int{1, 2} {
		methods := map[string]method{}
		for _, k := range []Method{Fast, Default, Best} {
			b, err := newFilterBank(cell, &Options{Method: k}, false, false)
			if err != nil {
				t.Fatal(err)
			}
			methods[k.String()] = b
		}
		if cell == 1 {
			methods["lmmse"] = lmmse{}
		}
		for name, m := range methods {
			for colours, ab := range stars {
				truth := chart(side, ab[0], ab[1], star(side))
				got := through(m, cell, truth)
				over := overshoot(truth, got, 0.999)
				t.Logf("cell %d %s %s: overshoot p99.9 %.1f, PSNR %.2f", cell, name, colours, over, psnr(truth, got, 24))
				if _, banked := m.(*filterBank); banked && over > 30 {
					t.Errorf("cell %d %s %s: overshoot p99.9 %.1f, want at most 30", cell, name, colours, over)
				}
			}
			truth := chart(side, [3]float64{}, [3]float64{255, 255, 255}, plate)
			db := psnr(truth, through(m, cell, truth), 24)
			t.Logf("cell %d %s gray zone plate to 0.8 Nyquist: %.2f dB", cell, name, db)
			if db < 30 {
				t.Errorf("cell %d %s: gray zone plate %.2f dB, want 30", cell, name, db)
			}
		}
	}
}
