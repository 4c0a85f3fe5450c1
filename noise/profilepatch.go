package noise

import (
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// patchLayout says which samples make a patch: a rectangle of w×h pixels, whole
// periods of the CFA, in each plane of a square, or those of one colour in it.
type patchLayout struct {
	w, h, planes int
	step         int         // the CFA's period
	pixel        []raw.Color // of the rectangle; noColor where there is no sample
	color        []raw.Color // of the samples
}

// noColor is a pixel's that is not looked at.
const noColor = raw.Color(3)

// newPatchLayout lays out patches of about w×h pixels in squares that begin at
// first.
func newPatchLayout(c raw.CFA, first image.Point, planes, w, h int) *patchLayout {
	l := &patchLayout{planes: planes, step: max(c.Period(), 2)}
	fit := func(n int) int { return max(n/l.step, 1) * l.step }
	l.w, l.h = fit(w), fit(h)
	for y := range l.h {
		for x := range l.w {
			k := c.ColorAt(first.X+x, first.Y+y)
			if c.Cell() == 0 {
				k = raw.Green
			}
			l.pixel = append(l.pixel, k)
		}
	}
	for range planes {
		l.color = append(l.color, l.pixel...)
	}
	return l
}

// only is the layout with nothing but the samples of one colour.
func (l *patchLayout) only(c raw.Color) *patchLayout {
	one := *l
	one.pixel, one.color = make([]raw.Color, len(l.pixel)), nil
	for i, k := range l.pixel {
		one.pixel[i] = noColor
		if k == c {
			one.pixel[i] = c
		}
	}
	for _, k := range l.color {
		if k == c {
			one.color = append(one.color, c)
		}
	}
	return &one
}

// taps is how many samples a patch has.
func (l *patchLayout) taps() int { return len(l.color) }

// gather copies the patch at (x, y) of a square, each colour scaled, to v.
func (l *patchLayout) gather(v []float32, q *square, x, y int, mean, scale *[3]float32) {
	i := 0
	for p := range l.planes {
		for j := range l.h {
			row := q.data[p*q.w*q.h+(y+j)*q.w+x:][:l.w]
			for k, c := range l.pixel[j*l.w:][:len(row)] {
				if c < noColor {
					v[i] = float32((row[k] - mean[c]) * scale[c])
					i++
				}
			}
		}
	}
}

// patchBlock is a few patches' worth of a square, of about one light: the means
// of its colours, by what they are scaled for their noise to be 1, and the mean
// square of its samples then.
type patchBlock struct {
	x, y        int
	half        int
	mean, scale [3]float32
	energy      float32
}

// halves is into how many parts squares are divided: filters learnt in one
// measure the other, so that no noise is measured by filters that fit it.
const halves = 2

// block is the size of a block: at least two patches, and 16 pixels.
func (l *patchLayout) block() (w, h int) {
	return max(16/l.w, 2) * l.w, max(16/l.h, 2) * l.h
}

// half tells which half the block with (x, y) belongs to, as on a chessboard.
func (l *patchLayout) half(x, y int) int {
	w, h := l.block()
	return (x/w + y/h) & 1
}

// blocks lists the unclipped blocks of a square, for a noise like model's.
func (l *patchLayout) blocks(q *square, known *raw.NoiseModel) []patchBlock {
	w, h := l.block()
	var out []patchBlock
	var t tones
	for y := 0; y+h <= q.h; y += h {
		for x := 0; x+w <= q.w; x += w {
			b := patchBlock{x: x, y: y, half: l.half(x, y)}
			if !t.add(l, q, x, y, w, h) || !t.tone(nil, known, &b.mean, &b.scale) {
				continue
			}
			sum := 0.0
			for p := range l.planes {
				for j := range h {
					row := q.data[p*q.w*q.h+(y+j)*q.w+x:][:w]
					for i, s := range row {
						if c := l.pixel[j%l.h*l.w+i%l.w]; c < noColor {
							d := float64((s - b.mean[c]) * b.scale[c])
							sum += float64(d * d)
						}
					}
				}
			}
			b.energy = float32(sum / float64(l.taps()*w*h/(l.w*l.h)))
			out = append(out, b)
		}
	}
	return out
}

// tones are the sums over part of a square by colour.
type tones struct {
	sum [4]float64 // the last is noColor's
	n   [3]int
}

// add adds up a part of a square, whole patches, and reports whether all of it
// is below white.
func (t *tones) add(l *patchLayout, q *square, x, y, w, h int) bool {
	*t = tones{}
	for j := range h {
		row := q.level[(y+j)*q.w+x:][:w]
		colors := l.pixel[j%l.h*l.w:][:l.w]
		for ; len(row) >= len(colors); row = row[len(colors):] {
			for i, c := range colors {
				s := row[i]
				if s > clippedSample/100 {
					return false
				}
				t.sum[c&3] += float64(s)
			}
		}
	}
	for _, c := range l.pixel {
		if c < noColor {
			t.n[c] += w * h / (l.w * l.h)
		}
	}
	return true
}

// guessedNoise has the shape that noise usually has, before anything is known.
var guessedNoise = raw.NoiseModel{Scale: 1, Offset: .01}

// tone finds the means of the colours of a part of a square in its surroundings,
// unless these are nil, and by what the colours are scaled; it reports whether
// noise does not reach white.
func (t *tones) tone(wide *tones, known *raw.NoiseModel, mean, scale *[3]float32) bool {
	model := guessedNoise
	if known != nil {
		model = *known
	}
	// Means of little are noisy, and signals must not go with noise: they
	// keep to those of their surroundings unless they stand out from them.
	surrounded := known != nil && wide != nil
	keep := 1.0
	if surrounded {
		// Means of three colours shrink as James and Stein's do (1961),
		// a little more.
		far := 0.0
		for c, n := range t.n {
			if n > 0 {
				s := wide.sum[c] / float64(wide.n[c])
				d := t.sum[c]/float64(n) - s
				far += d * d * float64(n) / max(model.Variance(s), 1e-12)
			}
		}
		keep = max(1-2/max(far, 1e-9), 0)
	}
	for c := range t.n {
		if t.n[c] == 0 {
			continue
		}
		m := t.sum[c] / float64(t.n[c])
		if surrounded {
			s := wide.sum[c] / float64(wide.n[c])
			m = s + float64((m-s)*keep)
		}
		sigma := math.Sqrt(max(model.Variance(m), 1e-12))
		// Noise must not lift patches out into the clipped ones.
		if known != nil && m+4*sigma > .98 {
			return false
		}
		mean[c], scale[c] = float32(m), float32(1/sigma)
	}
	return true
}
