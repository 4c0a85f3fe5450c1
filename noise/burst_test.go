package noise_test

import (
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// scene is linear light in three planes.
type scene struct {
	w, h int
	pix  [3][]float32
}

func newScene(w, h int) *scene {
	s := &scene{w: w, h: h}
	for c := range s.pix {
		s.pix[c] = make([]float32, w*h)
	}
	return s
}

// at samples plane c by Keys's cubic interpolation.
func (s *scene) at(c raw.Color, x, y float64) float64 {
	x0, y0 := math.Floor(x), math.Floor(y)
	wx, wy := keys(x-x0), keys(y-y0)
	sum := 0.0
	for j := range 4 {
		row := min(max(int(y0)-1+j, 0), s.h-1) * s.w
		acc := 0.0
		for i := range 4 {
			acc += wx[i] * float64(s.pix[c][row+min(max(int(x0)-1+i, 0), s.w-1)])
		}
		sum += wy[j] * acc
	}
	return min(max(sum, 0), 1)
}

func keys(f float64) [4]float64 {
	return [4]float64{
		((-.5*f+1)*f - .5) * f,
		(1.5*f-2.5)*f*f + 1,
		((-1.5*f+2)*f + .5) * f,
		(.5*f - .5) * f * f,
	}
}

// up2 is the scene at twice the size: what a lens gives a very small pixel.
func (s *scene) up2() *scene {
	o := newScene(2*s.w, 2*s.h)
	for c := range raw.Color(3) {
		for y := range o.h {
			for x := range o.w {
				o.pix[c][y*o.w+x] = float32(s.at(c, (float64(x)-.5)/2, (float64(y)-.5)/2))
			}
		}
	}
	return o
}

// headroom keeps the scenes below white, so that noise is not clipped: the
// prototype's single frames gain exactly 10·log10(N) from a plain mean, and
// with 0.8 single frames have its table's PSNR.
const headroom = 0.8

// kodak puts landscape Kodak pictures side by side, across×down of them,
// beginning with the one of the given index.
func kodak(t testing.TB, first, across, down int) *scene {
	t.Helper()
	names := []string{"01", "02", "03", "05", "06", "07", "08", "11", "12", "13", "14", "15", "16", "20", "21", "22", "23", "24"}
	s := newScene(768*across, 512*down)
	for i := range across * down {
		f, err := os.Open(testutil.Data(t, "kodak/kodim"+names[(first+i)%len(names)]+".png"))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for y := range 512 {
			for x := range 768 {
				r, g, b, _ := img.At(x, y).RGBA()
				at := (i/across*512+y)*s.w + i%across*768 + x
				for c, v := range [3]uint32{r, g, b} {
					s.pix[c][at] = float32(headroom * linear(float64(v)/65535))
				}
			}
		}
	}
	return s
}

func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// drawn is a scene of discs, bars and gratings that needs no data.
func drawn(w, h int, seed uint64) *scene { return drawnAs(w, h, seed, 400) }

// drawnAs draws a shape for each so many pixels.
func drawnAs(w, h int, seed uint64, pixels int) *scene {
	s := newScene(w, h)
	rng := rand.New(rand.NewPCG(seed, 9))
	for c := range s.pix {
		for i := range s.pix[c] {
			x, y := float64(i%w), float64(i/w)
			s.pix[c][i] = float32(.2 + .1*math.Sin(x/37+float64(c))*math.Cos(y/53))
		}
	}
	for range w * h / pixels {
		cx, cy, rad := rng.Float64()*float64(w), rng.Float64()*float64(h), 3+rng.Float64()*14
		lum, kind := rng.Float64()*.6, rng.IntN(3)
		tint := [3]float64{.5 + rng.Float64(), 1, .5 + rng.Float64()}
		for y := max(0, int(cy-rad)-1); y < min(h, int(cy+rad)+2); y++ {
			for x := max(0, int(cx-rad)-1); x < min(w, int(cx+rad)+2); x++ {
				dx, dy := float64(x)-cx, float64(y)-cy
				d := math.Hypot(dx, dy)
				if kind == 1 {
					d = max(math.Abs(dx), math.Abs(dy)*3)
				}
				k := min(max((rad-d)/1.5+.5, 0), 1)
				v := lum
				if kind == 2 {
					v *= .5 + .5*math.Sin(dx*1.3+dy*.4)
				}
				for c := range s.pix {
					p := &s.pix[c][y*w+x]
					*p = float32(float64(*p)*(1-k) + k*v*tint[c]*.8)
				}
			}
		}
	}
	return s
}

// pose is where a frame's camera looked: a reference pixel p is seen at
// R(turn)·(p − c − shift) + c, c being the middle of the frame.
type pose struct{ dx, dy, turn float64 }

// burstSpec says how a burst is taken.
type burstSpec struct {
	size    image.Point
	origin  image.Point // of the reference in the scene
	cfa     raw.CFA
	bits    int
	poses   []pose
	noise   raw.NoiseModel
	gains   []float64 // exposure of each frame against the reference; nil: 1
	seed    uint64
	movers  *scene // texture of moving patches; nil: none
	patches int
}

// The figures of the burst prototype's table.
var (
	iso1600 = raw.NoiseModel{Scale: 5.2e-3, Offset: 1.1e-3}
	iso400  = raw.NoiseModel{Scale: 1.3e-3, Offset: 6.9e-5}
	neutral = [3]float64{0.5, 1, 0.6}
)

// handheld is a random walk of about three pixels a frame with a little roll.
func handheld(n int, seed uint64) []pose {
	rng := rand.New(rand.NewPCG(seed, 5))
	out := make([]pose, n)
	for i := 1; i < n; i++ {
		out[i] = pose{out[i-1].dx + rng.NormFloat64()*2.2, out[i-1].dy + rng.NormFloat64()*2.2, out[i-1].turn + rng.NormFloat64()*1.2e-4}
	}
	return out
}

func static(n int) []pose { return make([]pose, n) }

// patch is an object that moves over the scene by itself.
type patch struct {
	x, y, vx, vy float64
	side         int
	tx, ty       int
}

// burst is a simulated burst with its truth.
type burst struct {
	frames []raw.Source
	truth  []float32 // the reference without noise, normalised, not clipped below white
	spec   *burstSpec
}

// take renders the burst. The truth is normalised; frames are in DN with
// black at a sixteenth of white.
func take(t testing.TB, s *scene, spec *burstSpec) *burst {
	t.Helper()
	b := &burst{spec: spec}
	rng := rand.New(rand.NewPCG(spec.seed, 77))
	var patches []patch
	for range spec.patches {
		p := patch{x: rng.Float64() * float64(spec.size.X), y: rng.Float64() * float64(spec.size.Y), side: 60 + rng.IntN(120)}
		a, v := rng.Float64()*2*math.Pi, 2+rng.Float64()*8
		p.vx, p.vy = v*math.Cos(a), v*math.Sin(a)
		p.tx, p.ty = rng.IntN(spec.movers.w-200), rng.IntN(spec.movers.h-200)
		patches = append(patches, p)
	}
	for z := range spec.poses {
		clean := render(s, spec, z, patches)
		if z == 0 {
			b.truth = clean
		}
		gain := 1.0
		if spec.gains != nil {
			gain = spec.gains[z]
		}
		b.frames = append(b.frames, expose(t, clean, spec, gain, rng))
	}
	return b
}

func render(s *scene, spec *burstSpec, z int, patches []patch) []float32 {
	w, h := spec.size.X, spec.size.Y
	out := make([]float32, w*h)
	p := spec.poses[z]
	sin, cos := math.Sincos(p.turn)
	cx, cy := float64(w)/2, float64(h)/2
	for y := range h {
		for x := range w {
			qx, qy := float64(x)-cx, float64(y)-cy
			// The inverse rotation of the pose.
			px := cos*qx - sin*qy + cx + p.dx
			py := sin*qx + cos*qy + cy + p.dy
			c := spec.cfa.ColorAt(x, y)
			from, sx, sy := s, px+float64(spec.origin.X), py+float64(spec.origin.Y)
			for i := range patches {
				m := &patches[i]
				ux, uy := px-(m.x+m.vx*float64(z)), py-(m.y+m.vy*float64(z))
				if ux >= 0 && uy >= 0 && ux < float64(m.side) && uy < float64(m.side) {
					from, sx, sy = spec.movers, ux+float64(m.tx), uy+float64(m.ty)
				}
			}
			out[y*w+x] = float32(from.at(c, sx, sy) * neutral[c])
		}
	}
	return out
}

// expose adds noise and quantises.
func expose(t testing.TB, clean []float32, spec *burstSpec, gain float64, rng *rand.Rand) raw.Source {
	t.Helper()
	h := raw.NewHeader(spec.size, spec.cfa, spec.bits)
	black := math.Round(h.White[0] / 16)
	h.Black = raw.ConstantBlack(black)
	h.Noise = raw.NoiseProfile{spec.noise, spec.noise, spec.noise}
	h.Color.AsShotNeutral = neutral
	h.Capture.ExposureTime = gain / 60
	h.Capture.ISO = 100
	m := raw.NewMosaic(h.Bounds(), spec.cfa)
	for i, x := range clean {
		v := float64(x) * gain
		v += rng.NormFloat64() * math.Sqrt(spec.noise.Variance(v))
		m.Pix[i] = uint16(min(max(math.Round(black+v*(h.White[0]-black)), 0), h.White[0]))
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// psnr compares a source with the truth on the normalised scale, leaving out a
// border.
func psnr(t testing.TB, src raw.Source, truth []float32, border int) float64 {
	t.Helper()
	h := src.Header()
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	readAll(t, src, m)
	sum, n := 0.0, 0
	for y := border; y < h.Size.Y-border; y++ {
		row := m.Row(y)
		for x := border; x < h.Size.X-border; x++ {
			b := h.Black.At(x, y, 0)
			d := (float64(row[x])-b)/(h.White[0]-b) - float64(truth[y*h.Size.X+x])
			sum += d * d
			n++
		}
	}
	return -10 * math.Log10(sum/float64(n))
}
