package demosaic

import (
	"image"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
)

// Filters see some ten pixels around. What is coarser of the noise they leave,
// and in flat areas in the dark it shows as green and purple mottle: the eye
// takes blotches of colour amiss that it forgives in luma. So, of frames with
// noise, the colour of blocks of 4×4 pixels is drawn towards its mean over 5×5
// blocks, as far as noise may be what sets it apart (a Wiener filter whose
// signal is estimated locally, as in J. S. Lee, "Digital image enhancement and
// noise filtering by use of local statistics", 1980).
//
// The colour is R − G and B − G in the working domain. With d the difference
// between a block's and the mean, n the variance of noise that a block of the
// mosaic has and e, l the means of d² over 3×3 blocks, of the colour and of
// luma, the block keeps the share s/(s+n) of d where
//
//	s = max(0, e − n) + max(0, l − 2n')
//
// is the signal: colours have their edges where luma has. n' is luma's noise.
// What is taken away is taken bilinearly from block to block, such that
// (R + 2G + B)/4 stays.
const (
	chromaSide   = 4
	chromaWindow = 2 // blocks on each side of one that the mean is of
	// chromaMargin is how many blocks around those with pixels are looked at:
	// from one to the next, for the mean of d², and for that of the colour.
	chromaMargin = 1 + 1 + chromaWindow
	// chromaReach is how far that is in pixels, from a tile that begins and
	// ends at any unit.
	chromaReach = guardReach + 2 + chromaMargin*chromaSide
	// chromaMost bounds what is taken away: 16 times it is a word.
	chromaMost = 2047
)

// Below a noise of chromaFrom, a deviation in 255ths of white behind the root,
// there is nothing to be seen, and such frames are spared the time; from
// chromaFull on all of it is done.
const chromaFrom, chromaFull = 4, 6

// chromaNoise is the noise of blocks, by their luma, in steps of noiseSteps.
type chromaNoise [noiseSteps]struct {
	color [2]float32 // variances n of R − G and B − G, in squares of working samples
	luma  float32    // 2n'
	share float32    // of what is found that is taken away
}

// newChromaNoise returns the noise of blocks under the profile, which is curve
// over all colours, or nil if there is too little to be seen.
func newChromaNoise(noise *raw.NoiseProfile, curve *noiseCurve, d *domain) *chromaNoise {
	n, seen := &chromaNoise{}, false
	for i := range n {
		x, slope := d.curve.linear(float64(bank.Min + 512*i + 256))
		var v [3]float64
		for c := range v {
			gain := float64(d.levels.gain[c])
			square := slope * slope * gain
			v[c] = float64(square*noise[c].Scale*max(x, 0)) + float64(square*gain*noise[c].Offset)
		}
		// A block has four red, eight green and four blue samples.
		n[i].color = [2]float32{float32(v[0]/4 + v[1]/8), float32(v[2]/4 + v[1]/8)}
		n[i].luma = float32(v[1] / 8)
		n[i].share = max(0, min(((curve[i]+curve[i+1])/2-chromaFrom)/(chromaFull-chromaFrom), 1))
		seen = seen || n[i].share > 0
	}
	if !seen {
		return nil
	}
	return n
}

// chromaState is a worker's scratch.
type chromaState struct {
	blocks image.Rectangle // in blocks
	stride int
	sums   [3][]int32   // of two columns of a row of blocks
	color  [3][]int32   // R − G, B − G and luma of each block, 16-fold
	down   [3][]int32   // sums of color over the window's rows
	apart  [3][]float32 // d of each block
	energy [3][]float32 // d²
	delta  [3][]int16   // what each block's planes change by
	units  [3][]int16   // of a row of units
}

// chromaArea is the pixels that colours are found of for those of r.
func chromaArea(r image.Rectangle) image.Rectangle {
	b := chromaBlocks(r).Inset(-chromaMargin)
	return image.Rectangle{Min: b.Min.Mul(chromaSide), Max: b.Max.Mul(chromaSide)}
}

// chromaBlocks are the blocks that r touches.
func chromaBlocks(r image.Rectangle) image.Rectangle {
	up := func(v int) int { return (v + chromaSide - 1) &^ (chromaSide - 1) / chromaSide }
	down := func(v int) int { return v &^ (chromaSide - 1) / chromaSide }
	return image.Rect(down(r.Min.X), down(r.Min.Y), up(r.Max.X), up(r.Max.Y))
}

// smooth takes noise out of the colours of the pixels r of p, which covers
// chromaArea(r).
func (s *chromaState) smooth(p *bank.RGB, r image.Rectangle, noise *chromaNoise) {
	s.reset(chromaBlocks(r).Inset(-chromaMargin))
	s.measure(p)
	s.compare()
	s.decide(noise)
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		s.tint(p, r, y)
	}
}

func (s *chromaState) reset(blocks image.Rectangle) {
	s.blocks, s.stride = blocks, blocks.Dx()
	n := s.stride * blocks.Dy()
	for i := range s.color {
		s.sums[i] = grown(s.sums[i], 2*s.stride+guardSlack)
		s.color[i] = grown(s.color[i], n)
		s.down[i] = grown(s.down[i], s.stride)
		s.apart[i] = grown(s.apart[i], n)
		s.energy[i] = grown(s.energy[i], n)
		s.delta[i] = grown(s.delta[i], n)
		s.units[i] = grown(s.units[i], 2*s.stride+guardSlack)
	}
}

func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// measure finds the colours of all blocks.
func (s *chromaState) measure(p *bank.RGB) {
	w := s.stride
	for y := range s.blocks.Dy() {
		from := ((s.blocks.Min.Y+y)*chromaSide-p.Rect.Min.Y)*p.Stride + s.blocks.Min.X*chromaSide - p.Rect.Min.X
		for c := range s.sums {
			pairsRow(s.sums[c][:2*w], p.Pix[c][from:], p.Stride)
		}
		red, green, blue := s.sums[0][:2*w], s.sums[1][:2*w], s.sums[2][:2*w]
		rg, bg, luma := s.color[0][y*w:][:w], s.color[1][y*w:][:w], s.color[2][y*w:][:w]
		for x := range rg {
			g := green[2*x] + green[2*x+1]
			u, v := red[2*x]+red[2*x+1]-g, blue[2*x]+blue[2*x+1]-g
			rg[x], bg[x], luma[x] = u, v, g+(u+v)>>2
		}
	}
}

// compare finds how far each block is from its surroundings, where these are
// known.
func (s *chromaState) compare() {
	const size = 2*chromaWindow + 1
	w, h := s.stride, s.blocks.Dy()
	for i := range s.color {
		color, down := s.color[i], s.down[i]
		clear(down)
		for y := range size - 1 {
			for x, v := range color[y*w:][:w] {
				down[x] += v
			}
		}
		for y := chromaWindow; y < h-chromaWindow; y++ {
			enter, own := color[(y+chromaWindow)*w:][:w], color[y*w:][:w]
			apart, energy := s.apart[i][y*w:][:w], s.energy[i][y*w:][:w]
			for x, v := range enter {
				down[x] += v
			}
			sum := int32(0) // over the window's columns
			for _, v := range down[:size-1] {
				sum += v
			}
			for x := chromaWindow; x < w-chromaWindow; x++ {
				sum += down[x+chromaWindow]
				d := float32(size*size*own[x]-sum) * (1.0 / (size * size * chromaSide * chromaSide))
				apart[x], energy[x] = d, float32(d*d)
				sum -= down[x-chromaWindow]
			}
			for x, v := range color[(y-chromaWindow)*w:][:w] {
				down[x] -= v
			}
		}
	}
}

// decide finds what is taken away of each block.
func (s *chromaState) decide(noise *chromaNoise) {
	const edge = chromaWindow + 1
	w, h := s.stride, s.blocks.Dy()
	for y := edge; y < h-edge; y++ {
		at := y * w
		// The sums over three rows, of three columns.
		var near [3][3]float32
		column := func(i, x int) float32 {
			e := s.energy[i]
			return (e[at-w+x] + e[at+x]) + e[at+w+x]
		}
		for i := range near {
			near[i][1], near[i][2] = column(i, edge-1), column(i, edge)
		}
		for x := edge; x < w-edge; x++ {
			var e [3]float32
			for i := range near {
				near[i][0], near[i][1], near[i][2] = near[i][1], near[i][2], column(i, x+1)
				e[i] = float32(((near[i][0] + near[i][1]) + near[i][2]) * (1.0 / 9))
			}
			n := &noise[max(0, min((s.color[2][at+x]>>4-bank.Min)>>9, noiseSteps-1))]
			luma := e[2] - n.luma
			if luma < 0 {
				luma = 0
			}
			var d [2]float32
			for i := range d {
				// The share n/(s+n) of −d, with s+n = max(n, e) + max(0, l − 2n').
				all := e[i]
				if all < n.color[i] {
					all = n.color[i]
				}
				d[i] = float32(-s.apart[i][at+x] * (n.share * n.color[i]) / (all + luma))
			}
			green := float32((d[0] + d[1]) * -0.25)
			s.delta[0][at+x] = chromaStep(green + d[0])
			s.delta[1][at+x] = chromaStep(green)
			s.delta[2][at+x] = chromaStep(green + d[1])
		}
	}
}

// chromaStep rounds v, which is above −65536, within ±chromaMost.
func chromaStep(v float32) int16 {
	return int16(max(-chromaMost, min(int32(v+65536.5)-65536, chromaMost)))
}

// tint changes the row of units at y of the pixels r.
func (s *chromaState) tint(p *bank.RGB, r image.Rectangle, y int) {
	row := y&^(chromaSide-1)/chromaSide - s.blocks.Min.Y
	other := row - 1
	if y&(chromaSide-1) != 0 {
		other = row + 1
	}
	x0, x1 := r.Min.X&^(chromaSide-1)/chromaSide-s.blocks.Min.X, (r.Max.X+chromaSide-1)&^(chromaSide-1)/chromaSide-s.blocks.Min.X
	at := (y-p.Rect.Min.Y)*p.Stride + r.Min.X - p.Rect.Min.X
	for c := range p.Pix {
		own, next := s.delta[c][row*s.stride:][:s.stride], s.delta[c][other*s.stride:][:s.stride]
		spreadRow(s.units[c][:2*(x1-x0)], own[x0-1:], next[x0-1:])
		units := s.units[c][r.Min.X&(chromaSide-1)/2:]
		for i := range 2 {
			tintRow(p.Pix[c][at+i*p.Stride:][:r.Dx()], units)
		}
	}
}

// pairsRow sums pairs of columns of four rows of pixels, stride apart.
func pairsRow(sums []int32, pix []int16, stride int) { pairsRowArch(sums, pix, stride) }

func pairsRowGeneric(sums []int32, pix []int16, stride int) {
	n := 2 * len(sums)
	a, b, c, d := pix[:n], pix[stride:][:n], pix[2*stride:][:n], pix[3*stride:][:n]
	for i := range sums {
		j := 2 * i
		sums[i] = int32(a[j]) + int32(a[j+1]) + int32(b[j]) + int32(b[j+1]) + int32(c[j]) + int32(c[j+1]) + int32(d[j]) + int32(d[j+1])
	}
}

// spreadRow interpolates the units of a row of blocks, two each, from own and
// next, the rows on both sides of them, which begin one block before.
func spreadRow(units, own, next []int16) {
	n := len(units) / 2
	own, next = own[:n+2], next[:n+2]
	left, here := 3*int32(own[0])+int32(next[0]), 3*int32(own[1])+int32(next[1])
	for i := range n {
		right := 3*int32(own[i+2]) + int32(next[i+2])
		units[2*i] = int16((3*here + left + 8) >> 4)
		units[2*i+1] = int16((3*here + right + 8) >> 4)
		left, here = here, right
	}
}

// tintRow adds to each pixel what its unit changes by.
func tintRow(pix, units []int16) { tintRowArch(pix, units) }

func tintRowGeneric(pix, units []int16) {
	for i, v := range pix {
		pix[i] = int16(max(bank.Min, min(int32(v)+int32(units[i/2]), bank.Max)))
	}
}
