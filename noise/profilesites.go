package noise

import (
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// site is a sample of the signal with the mean square of the finest residual
// there.
type site struct{ level, energy float32 }

// sites says how the samples of one colour become sites.
type sites struct {
	color raw.Color
	at    image.Point // of the first site in a period
	cell  int         // pixels on a cell's side; 0: mono
	green bool        // both greens of a Bayer period make a site
	share float32     // variance of a level against that of a sample
}

// sitesOf are the kinds of sites in squares of a mosaic that begin at a whole
// cell.
func sitesOf(c raw.CFA, first image.Point) []sites {
	switch c.Cell() {
	case 0:
		return []sites{{color: raw.Green, share: .25}}
	case 1:
		out := []sites{{color: raw.Green, cell: 1, green: true, share: .5}}
		for i := range 4 {
			at := image.Pt(i%2, i/2)
			if k := c.ColorAt(first.X+at.X, first.Y+at.Y); k != raw.Green {
				out = append(out, sites{color: k, at: at, cell: 1, share: 1})
			} else if at.Y == 0 {
				out[0].at = at
			}
		}
		return out
	}
	var out []sites
	for i := range 4 {
		n := c.Cell()
		at := image.Pt(i%2*n, i/2*n)
		out = append(out, sites{color: c.ColorAt(first.X+at.X, first.Y+at.Y), at: at, cell: n, share: 1 / float32(n*n)})
	}
	return out
}

// leaky reports whether the finest scale of a colour is so coarse that it
// shows more of the scene than that of others: red and blue of Bayer mosaics.
func leaky(c raw.CFA, k raw.Color) bool { return c.Cell() == 1 && k != raw.Green }

// freedom is how many independent squares the energy of a block is the mean of:
// a block of cells has one a cell; of the overlapping second differences,
// whose squared autocorrelation adds up to 3.78, there are two or four a site.
func freedom(c raw.CFA, k raw.Color) float64 {
	const n, overlap = profileBlock * profileBlock, 3.78
	switch {
	case c.Cell() > 1:
		return n
	case c.Cell() == 0:
		return 4 * n / overlap
	case leaky(c, k):
		return n / overlap
	}
	return 2 * n / overlap
}

// fill makes the sites of a square, whose outermost have no energy.
func (k *sites) fill(s *profileScratch, r image.Rectangle) (w, h int) {
	stride := r.Dx()
	period := max(2*k.cell, 2)
	w, h = stride/period, r.Dy()/period
	if cap(s.sites) < w*h {
		s.sites = make([]site, w*h)
	}
	s.sites = s.sites[:w*h]
	for y := range h {
		for x := range w {
			at := (y*period+k.at.Y)*stride + x*period + k.at.X
			inside := x > 0 && y > 0 && x < w-1 && y < h-1
			q := &s.sites[y*w+x]
			switch {
			case k.cell > 1:
				*q = k.cellSite(s, at, stride)
			case k.green:
				// The other green is diagonally below.
				other := at + stride + 1 - 2*k.at.X
				q.level = (s.signal[at] + s.signal[other]) / 2
				if inside {
					q.energy = (diagonal(s.residual, at, stride) + diagonal(s.residual, other, stride)) / 2
				}
			case k.cell == 1:
				q.level = s.signal[at]
				if inside {
					q.energy = second(s.residual, at, 2, 2*stride)
				}
			default:
				q.level = (s.signal[at] + s.signal[at+1] + s.signal[at+stride] + s.signal[at+stride+1]) / 4
				if inside {
					q.energy = (second(s.residual, at, 1, stride) + second(s.residual, at+1, 1, stride) +
						second(s.residual, at+stride, 1, stride) + second(s.residual, at+stride+1, 1, stride)) / 4
				}
			}
		}
	}
	return w, h
}

// cellSite is a cell: its mean, and the square of the mixed difference of its
// first four pixels.
func (k *sites) cellSite(s *profileScratch, at, stride int) site {
	sum := float32(0)
	for y := range k.cell {
		for _, v := range s.signal[at+y*stride:][:k.cell] {
			sum += v
		}
	}
	p := s.residual[at:]
	d := (p[0] - p[1]) - (p[stride] - p[stride+1])
	return site{sum * k.share, float32(d*d) / 4}
}

// second is the square of Immerkær's mask [1 −2 1]⊗[1 −2 1], for noise of
// variance 1, over samples dx and dy apart.
func second(p []float32, at, dx, dy int) float32 {
	d := p[at-dy-dx] + p[at-dy+dx] + p[at+dy-dx] + p[at+dy+dx] - 2*(p[at-dy]+p[at-dx]+p[at+dx]+p[at+dy]) + 4*p[at]
	return float32(d*d) / 36
}

// diagonal is the same on the grid of a Bayer mosaic's greens, which is turned
// by 45°.
func diagonal(p []float32, at, stride int) float32 {
	d := p[at-2] + p[at+2] + p[at-2*stride] + p[at+2*stride] -
		2*(p[at-stride-1]+p[at-stride+1]+p[at+stride-1]+p[at+stride+1]) + 4*p[at]
	return float32(d*d) / 36
}

// block measures the 8×8 sites in the middle of 10×10.
func (k *sites) block(s []site, stride int) (profileSample, bool) {
	for y := range profileBlock + 2 {
		for _, v := range s[y*stride:][:profileBlock+2] {
			if v.level > clippedSample/100 {
				return profileSample{}, false
			}
		}
	}
	var level [profileBlock * profileBlock]float32
	energy, mean := 0.0, 0.0
	for y := range profileBlock {
		for x, v := range s[(y+1)*stride+1:][:profileBlock] {
			energy += float64(v.energy)
			mean += float64(v.level)
			level[y*profileBlock+x] = v.level
		}
	}
	const n = profileBlock * profileBlock
	structure := 0.0
	if k.green || k.cell != 1 {
		structure = roughness(level[:], profileBlock)
	} else {
		// Neighbouring sites have their noise in common with the finest
		// residual; means of four have not.
		var sub [n / 4]float32
		for i := range sub {
			at := i/4*2*profileBlock + i%4*2
			sub[i] = (level[at] + level[at+1] + level[at+profileBlock] + level[at+profileBlock+1]) / 4
		}
		structure = 4 * roughness(sub[:], profileBlock/2)
	}
	return profileSample{float32(mean / n), float32(structure), float32(energy / n)}, true
}

// roughness is half the mean square of the differences of neighbours in an n×n
// square: the variance of white noise.
func roughness(v []float32, n int) float64 {
	sum := 0.0
	for i, q := range v {
		if i%n < n-1 {
			d := float64(v[i+1] - q)
			sum += float64(d * d)
		}
		if i < n*(n-1) {
			d := float64(v[i+n] - q)
			sum += float64(d * d)
		}
	}
	return sum / float64(4*n*(n-1))
}

// binOf sorts signals into bins that are even in the square root.
func binOf(x float32) int {
	return min(int(math.Sqrt(max(float64(x), 0))*profileBins), profileBins-1)
}
