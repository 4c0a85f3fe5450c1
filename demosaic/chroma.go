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
	// chromaLeast is the least variance of noise that is told from none.
	chromaLeast = 1e-6
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
		// Without noise nothing may be taken away, and be it 0 of 0.
		n[i].color = [2]float32{float32(max(v[0]/4+v[1]/8, chromaLeast)), float32(max(v[2]/4+v[1]/8, chromaLeast))}
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
	done   int             // the row of pixels below the last one that was smoothed
	stride int
	sums   [3][]int32   // of two columns of a row of blocks
	color  [3][]int32   // R − G, B − G and luma of each block, 16-fold
	down   []int32      // sums of a color over the window's rows
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
// chromaArea(r). If there is more of a picture, r goes on below what was smoothed
// before: what of r was part of that is not smoothed again, and above it there
// need not be pixels.
func (s *chromaState) smooth(p *bank.RGB, r image.Rectangle, noise *chromaNoise, more bool) {
	if !more {
		s.blocks, s.done = image.Rectangle{}, r.Min.Y
	}
	known := s.reset(chromaBlocks(r).Inset(-chromaMargin))
	s.measure(p, known)
	s.compare()
	s.decide(noise)
	for ; s.done < r.Max.Y; s.done += 2 {
		s.tint(p, r, s.done)
	}
}

// reset makes room for blocks and returns how many rows of them have colours
// already: those that there were before, if any.
func (s *chromaState) reset(blocks image.Rectangle) (known int) {
	old, color := s.blocks, s.color
	s.blocks, s.stride = blocks, blocks.Dx()
	n := s.stride * blocks.Dy()
	s.down = grown(s.down, s.stride)
	for i := range s.color {
		s.sums[i] = grown(s.sums[i], 2*s.stride+guardSlack)
		s.color[i] = grown(s.color[i], n)
		s.apart[i] = grown(s.apart[i], n)
		s.energy[i] = grown(s.energy[i], n)
		s.delta[i] = grown(s.delta[i], n)
		s.units[i] = grown(s.units[i], 2*s.stride+guardSlack)
	}
	if old.Empty() {
		return 0
	}
	for i := range s.color {
		copy(s.color[i], color[i][(blocks.Min.Y-old.Min.Y)*s.stride:])
	}
	return old.Max.Y - blocks.Min.Y
}

func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// measure finds the colours of blocks from a row of them on.
func (s *chromaState) measure(p *bank.RGB, from int) {
	w := s.stride
	for y := from; y < s.blocks.Dy(); y++ {
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
	w, h := s.stride, s.blocks.Dy()
	const edge = chromaWindow
	for y := edge; y < h-edge; y++ {
		at := y*w + edge
		for i, color := range s.color {
			windowRow(s.down, color[(y-edge)*w:], w)
			apartRow(s.apart[i][at:][:w-2*edge], s.energy[i][at:], s.down, color[at:])
		}
	}
}

// decide finds what is taken away of each block.
func (s *chromaState) decide(noise *chromaNoise) {
	const edge = chromaWindow + 1
	w, h := s.stride, s.blocks.Dy()
	for y := edge; y < h-edge; y++ {
		at, above := y*w+edge, (y-1)*w+edge-1
		decideRow(
			&[3][]int16{s.delta[0][at:][:w-2*edge], s.delta[1][at:], s.delta[2][at:]},
			&[3][]float32{s.energy[0][above:], s.energy[1][above:], s.energy[2][above:]}, w,
			&[2][]float32{s.apart[0][at:], s.apart[1][at:]}, s.color[2][at:], noise)
	}
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
