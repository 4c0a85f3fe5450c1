package main

import (
	"image"
	"math"
	"math/rand/v2"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// patchSize is the side of a patch in pixels: a multiple of every period, and
// of a border that the stages use up on the way.
const patchSize = 240

// patch is a piece of a picture, augmented, with what the stages made of its
// mosaic so far.
type patch struct {
	truth    bank.RGB
	detail   float64 // mean square of what is finer than neighbours tell
	keep     float64 // share of the units that are used
	mosaic   bank.Plane
	estimate *bank.RGB // nil before stage 1; its Rect shrinks from stage to stage
}

// recipe says how a patch is made from its picture.
type recipe struct {
	at                 image.Point
	flipX, flipY, swap bool // swap: transpose
	order              [3]int
	saturation, gamma  float64
	gain               [3]float64
	shift              float64 // of the root of linear light; 0: as sRGB is encoded
	exposure           float64
	noise              float64  // standard deviation of encoded samples, in levels of 255
	photons            *photons // of others; nil for none
	seed               uint64
}

// recipes cuts a picture of w×h pixels into patches. Half of them keep their
// colours; the others get the gains, saturations and curves of other cameras,
// scenes and lights.
func recipes(w, h int, sigma float64, copies int, rng *rand.Rand) []recipe {
	var out []recipe
	plain := recipe{order: [3]int{0, 1, 2}, saturation: 1, gamma: 1, gain: [3]float64{1, 1, 1}, exposure: 1}
	nx, ny := w/patchSize, h/patchSize
	for range copies {
		for j := range ny {
			for i := range nx {
				r := plain
				r.at = image.Pt(spread(i, nx, w, rng), spread(j, ny, h, rng))
				r.turn(rng)
				if rng.IntN(2) == 0 {
					r.recolor(rng)
				}
				if sigma > 0 {
					r.darken(sigma, rng)
				}
				out = append(out, r)
			}
		}
	}
	return out
}

// turn mirrors the patch or not, and chooses its domain and its noise.
func (r *recipe) turn(rng *rand.Rand) {
	r.flipX, r.flipY, r.swap = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0
	if rng.IntN(2) == 0 {
		r.shift = rootShift
	}
	r.seed = rng.Uint64()
}

// spread returns the position of patch i of n along an axis, moved at random
// within what is left over.
func spread(i, n, size int, rng *rand.Rand) int {
	return i*patchSize + rng.IntN(size-n*patchSize+1)
}

func (r *recipe) recolor(rng *rand.Rand) {
	uniform := func(a, b float64) float64 { return a + (b-a)*rng.Float64() }
	if rng.IntN(10) < 3 {
		r.order = [3]int{2, 1, 0}
	}
	r.saturation = uniform(0.9, 2)
	for c := range r.gain {
		r.gain[c] = uniform(0.75, 1.15)
	}
	if rng.IntN(2) == 0 {
		r.gamma = uniform(0.7, 1.6)
	}
}

// darken gives the patch noise of about sigma and, often, less light. Behind the
// root it is the noise of a sensor; encoded samples have the same noise
// everywhere.
func (r *recipe) darken(sigma float64, rng *rand.Rand) {
	uniform := func(a, b float64) float64 { return a + (b-a)*rng.Float64() }
	s := sigma * uniform(0.93, 1.07)
	if r.shift == 0 {
		r.noise = s
		if rng.IntN(3) == 0 {
			r.exposure = uniform(0.15, 1)
		}
		return
	}
	r.photons, r.shift = newPhotons(s, rng)
	if rng.IntN(2) == 0 {
		r.exposure = uniform(0.1, 1)
	}
}

// make cuts the patch out of p; light is lightOf's table.
func (r *recipe) make(p *picture, cell int, light []float64) *patch {
	q := &patch{}
	frame := image.Rect(0, 0, patchSize, patchSize)
	q.truth.Reset(frame)
	q.mosaic.Reset(frame)
	rng := rand.New(rand.NewPCG(r.seed, 2))
	// What the filters are to find of colour c where v is encoded, and a sample
	// of the mosaic.
	var want, sampled func(c int, v float64) float64
	if r.shift == 0 {
		want = func(_ int, v float64) float64 { return v * bank.One }
	} else {
		linear := func(v float64) float64 { return light[int(v*65535+0.5)] }
		root, _ := rootDomain(r.shift)
		want = func(_ int, v float64) float64 { return root(linear(v)) }
		if p := r.photons; p != nil {
			mean := p.means(root)
			want = func(c int, v float64) float64 { return mean(c, linear(v)) }
			sampled = func(c int, v float64) float64 {
				x := linear(v)
				return root(x + float64(rng.NormFloat64()*p.deviation(c, x)))
			}
		}
	}
	if r.noise > 0 {
		sampled = func(c int, v float64) float64 { return want(c, v) + float64(rng.NormFloat64()*r.noise*bank.One/255) }
	}
	for y := range patchSize {
		for x := range patchSize {
			i, own := y*patchSize+x, int(bank.ColorAt(cell, x, y))
			for c, v := range r.color(p, x, y) {
				q.truth.Pix[c][i] = sample(want(c, v))
				if c != own {
					continue
				}
				q.mosaic.Pix[i] = q.truth.Pix[c][i]
				if sampled != nil {
					q.mosaic.Pix[i] = sample(sampled(c, v))
				}
			}
		}
	}
	q.measure()
	return q
}

// measure finds the detail of the truth.
func (q *patch) measure() {
	for c := range 3 {
		for y := 1; y < patchSize-1; y++ {
			for x := 1; x < patchSize-1; x++ {
				at := func(o int) float64 { return float64(q.truth.Pix[c][y*patchSize+x+o]) }
				d := at(0) - (at(-1)+at(1)+at(-patchSize)+at(patchSize))/4
				q.detail += d * d
			}
		}
	}
}

// lightOf tabulates the linear light of 14 bits behind sRGB-encoded samples.
func lightOf() []float64 {
	t := make([]float64, 1<<16)
	for i := range t {
		t[i] = math.Round(toLinear(float64(i)/65535)*16383) / 16383
	}
	return t
}

// color returns the augmented pixel (x, y) of the patch, sRGB-encoded.
func (r *recipe) color(p *picture, x, y int) [3]float64 {
	if r.swap {
		x, y = y, x
	}
	if r.flipX {
		x = patchSize - 1 - x
	}
	if r.flipY {
		y = patchSize - 1 - y
	}
	var v [3]float64
	for c := range v {
		v[c] = r.exposure * p.at(r.at.X+x, r.at.Y+y, r.order[c])
	}
	if r.saturation == 1 && r.gain == [3]float64{1, 1, 1} {
		return v
	}
	l := 0.3*v[0] + 0.59*v[1] + 0.11*v[2]
	for c := range v {
		s := l + r.saturation*(v[c]-l)
		v[c] = max(0, min(s*r.gain[c], 1))
		if r.gamma != 1 {
			v[c] = math.Pow(v[c], r.gamma)
		}
	}
	return v
}
