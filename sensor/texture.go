package sensor

import "math"

// Texture is what foliage, stone and skin have in common: its contrast is the
// same at every scale, which means an amplitude spectrum of 1/f. Brightness
// varies more than colour does.
type Texture struct {
	Seed uint64
	// Contrast is the standard deviation of light over its mean; 0 is 0.35.
	Contrast float64
}

// Prepare implements [Scene].
func (t Texture) Prepare(v View) (Painter, error) {
	contrast := t.Contrast
	if contrast == 0 {
		contrast = 0.35
	}
	g := newGrain(t.Seed, v.Blur)
	k := float32(contrast)
	return painter(func(dst *Light, s Span) {
		for i := range dst[0] {
			x, y := s.At(i)
			luma := float32(k * g.at(x, y))
			// Other parts of the same grain serve as two colour differences.
			warm := float32(0.35 * float32(k*g.at(x+3000.5, y+777.25)))
			green := float32(0.25 * float32(k*g.at(x+555.75, y+4000.5)))
			base := max(0, 1+luma)
			base = float32(0.28 * float32(base*base))
			dst[0][i] = float32(base * max(0, 1+warm))
			dst[1][i] = float32(base * max(0, 1+green))
			dst[2][i] = float32(base * max(0, 1-warm))
		}
	}), nil
}

const (
	grainSide   = 512
	coarseScale = 64
)

// grain is 1/f noise with mean 0 and variance about 1: two periodic tables,
// the coarse one 64 times as wide, that share the octaves.
type grain struct{ fine, coarse []float32 }

func newGrain(seed uint64, blur float64) *grain {
	return &grain{
		fine:   octaves(key(seed, 1), []int{2, 4, 8, 16, 32, 64}, blur),
		coarse: octaves(key(seed, 2), []int{2, 4, 8, 16, 32, 64}, blur/coarseScale),
	}
}

// at samples both tables with Catmull–Rom's cubic for the fine one, so that
// shifts by parts of a pixel are true, and straight lines for the coarse one.
func (g *grain) at(x, y float64) float32 {
	const half = 0.70710678
	return float32(half*cubic(g.fine, x, y)) + float32(half*linear(g.coarse, x/coarseScale, y/coarseScale))
}

// octaves adds up lattices of random numbers, one for each spacing, joined by
// cubic B-splines, all of one variance, with a total variance of 1 without
// blur. Blur of sigma pixels lowers the contrast of each octave.
func octaves(k uint64, spacings []int, sigma float64) []float32 {
	normal := newGaussian()
	sum := make([]float64, grainSide*grainSide)
	// The B-spline of unit-variance lattice values has the variance
	// (Σ w²)² averaged over positions, close to 0.23.
	amplitude := math.Sqrt(1 / (0.23 * float64(len(spacings))))
	for o, spacing := range spacings {
		n := grainSide / spacing
		lattice := make([]float64, n*n)
		f := 0.35 / float64(spacing) // mean frequency of the octave
		fade := math.Exp(-2 * math.Pi * math.Pi * sigma * sigma * f * f)
		for i := range lattice {
			lattice[i] = amplitude * fade * float64(normal.draw(at(k, o<<20|i)))
		}
		// Along x, then along y.
		wide := make([]float64, n*grainSide)
		for y := range n {
			for x := range grainSide {
				w := spline(float64(x%spacing) / float64(spacing))
				for j, wj := range w {
					wide[y*grainSide+x] += float64(wj * lattice[y*n+(x/spacing+j+n-1)%n])
				}
			}
		}
		for y := range grainSide {
			w := spline(float64(y%spacing) / float64(spacing))
			for j, wj := range w {
				from := wide[(y/spacing+j+n-1)%n*grainSide:]
				for x := range grainSide {
					sum[y*grainSide+x] += float64(wj * from[x])
				}
			}
		}
	}
	out := make([]float32, len(sum))
	for i, v := range sum {
		out[i] = float32(math.Round(v*(1<<16)) / (1 << 16))
	}
	return out
}

// spline is the uniform cubic B-spline's weights of four neighbours.
func spline(t float64) [4]float64 {
	u := 1 - t
	return [4]float64{
		u * u * u / 6,
		(float64(3*t*t*t) - float64(6*t*t) + 4) / 6,
		(float64(3*u*u*u) - float64(6*u*u) + 4) / 6,
		t * t * t / 6,
	}
}

// linear samples a periodic table between its points.
func linear(t []float32, x, y float64) float32 {
	x0, y0 := math.Floor(x), math.Floor(y)
	fx, fy := float32(x-x0), float32(y-y0)
	i, j := int(x0)&(grainSide-1), int(y0)&(grainSide-1)
	i1, j1 := (i+1)&(grainSide-1), (j+1)&(grainSide-1)
	a, b := t[j*grainSide+i], t[j*grainSide+i1]
	c, d := t[j1*grainSide+i], t[j1*grainSide+i1]
	a += float32(fx * (b - a))
	c += float32(fx * (d - c))
	return a + float32(fy*(c-a))
}

// cubic samples a periodic table with Catmull–Rom's cubic.
func cubic(t []float32, x, y float64) float32 {
	x0, y0 := math.Floor(x), math.Floor(y)
	i, j := int(x0), int(y0)
	wx, wy := catmullRom(float32(x-x0)), catmullRom(float32(y-y0))
	var out float32
	for b, wb := range wy {
		row := t[(j+b-1)&(grainSide-1)*grainSide:][:grainSide]
		v := float32(wx[0] * row[(i-1)&(grainSide-1)])
		v += float32(wx[1] * row[i&(grainSide-1)])
		v += float32(wx[2] * row[(i+1)&(grainSide-1)])
		v += float32(wx[3] * row[(i+2)&(grainSide-1)])
		out += float32(wb * v)
	}
	return out
}

// catmullRom returns the weights of four neighbours.
func catmullRom(f float32) [4]float32 {
	g := 1 - f
	ff, gg := float32(f*f), float32(g*g)
	return [4]float32{
		-0.5 * float32(f*gg),
		float32(g * (1 + f - float32(1.5*ff))),
		float32(f * (1 + g - float32(1.5*gg))),
		-0.5 * float32(g*ff),
	}
}
