package demosaic

import (
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
)

// stagesOf is how many stages of the cascade a method runs.
func stagesOf(m Method) int {
	switch m {
	case Fast:
		return 1
	case Best:
		return 3
	}
	return 2
}

// filterBank is the table-driven engine: cascades of classified filters for one
// or more levels of noise.
type filterBank struct {
	cell   int
	levels []noiseLevel
	reach  int
}

type noiseLevel struct {
	sigma   float64
	cascade *bank.Cascade
}

// newFilterBank makes the engine for a method and an array ready, for
// demosaicing or, if remosaic is set, for making Bayer of a larger array. noisy
// says that the noise levels above the first will be of use.
func newFilterBank(cell int, opt *Options, noisy, remosaic bool) (*filterBank, error) {
	t := opt.Tables
	if t == nil {
		var err error
		if t, err = shippedTables(cell, noisy); err != nil {
			return nil, err
		}
	}
	if t.Cell() != cell {
		return nil, fmt.Errorf("%w: filter tables for cells of %d pixels, the mosaic's have %d", raw.ErrOption, t.Cell(), cell)
	}
	b := &filterBank{cell: cell}
	for i, m := range t.models {
		if i > 0 && !noisy {
			break
		}
		c, err := m.cascade(stagesOf(opt.Method), remosaic)
		if err != nil {
			return nil, err
		}
		b.levels = append(b.levels, noiseLevel{m.Sigma, c})
		b.reach = max(b.reach, c.Halo())
	}
	return b, nil
}

// bankState is a worker's scratch.
type bankState struct {
	scratch bank.Scratch
	wide    bank.RGB // the picture and what the guard looks at
	other   bank.RGB // the next level's picture
	guard   guardState
	// The same of a remosaic.
	mosaic, otherMosaic bank.Plane
	at                  []uint16 // of each unit: its place among the levels, in 1/256
	placed              image.Rectangle
}

func (b *filterBank) halo() int {
	// The guard looks at the picture around a unit, and at as many units of
	// the mosaic around as a cell has pixels in a row.
	return max(max(b.reach, noiseReach)+guardReach, 2*b.cell+guardReach)
}

// side makes the rows of the first stage, which are the longest, whole blocks
// of the kernels'. Tiles of one stage need no tall ones to make up for a halo.
func (b *filterBank) side() image.Point {
	lead, rows := 0, 128
	for _, l := range b.levels {
		lead = max(lead, l.cascade.Lead())
		if l.cascade.Stages() > 1 {
			rows = 256
		}
	}
	return image.Pt(2*bank.RowUnits-2*(guardReach+lead), rows)
}

func (b *filterBank) newState() any { return new(bankState) }

func (b *filterBank) run(state any, r image.Rectangle, in *bank.Plane, of *signal, to sink) {
	s := state.(*bankState)
	wide := r.Inset(-guardReach)
	lo, hi := b.place(s, wide, in, of.noise)
	s.wide.ResetLines(wide, guardSlack)
	b.levels[lo].cascade.Demosaic(&s.wide, in, &s.scratch)
	for l := lo + 1; l <= hi; l++ {
		s.other.Reset(wide)
		b.levels[l].cascade.Demosaic(&s.other, in, &s.scratch)
		for c := range s.wide.Pix {
			s.blend(s.wide.Pix[c], s.wide.Stride, s.other.Pix[c], wide, l)
		}
	}
	s.guard.guard(r, &s.wide, in, b.cell, &of.clip, to)
}

// remosaic is run for the cascades of a remosaic: the three planes of the rows
// are one.
func (b *filterBank) remosaic(s *bankState, r image.Rectangle, in *bank.Plane, of *signal, to sink) {
	wide := r.Inset(-guardReach)
	lo, hi := b.place(s, wide, in, of.noise)
	s.mosaic.ResetLines(wide)
	b.levels[lo].cascade.Remosaic(&s.mosaic, in, &s.scratch)
	for l := lo + 1; l <= hi; l++ {
		s.otherMosaic.Reset(wide)
		b.levels[l].cascade.Remosaic(&s.otherMosaic, in, &s.scratch)
		s.blend(s.mosaic.Pix, s.mosaic.Stride, s.otherMosaic.Pix, wide, l)
	}
	s.guard.guardMosaic(r, &s.mosaic, in, &of.clip, to)
}

// noiseReach is how far beyond a unit the signal is averaged that decides its
// noise.
const noiseReach = 2

// place finds where each unit of r stands among the noise levels, and returns
// the first and the last level that any of them needs. A unit between two
// levels gets the mean of both, weighted by its distance, so there is nowhere
// that a level begins.
func (b *filterBank) place(s *bankState, r image.Rectangle, in *bank.Plane, noise *noiseCurve) (lo, hi int) {
	s.placed = image.Rectangle{}
	if noise == nil || len(b.levels) == 1 {
		return 0, 0
	}
	s.placed = r
	w, h := r.Dx()/2, r.Dy()/2
	if len(s.at) < w*h+guardSlack {
		s.at = make([]uint16, w*h+guardSlack)
	}
	var places [noiseSteps + 1]int32
	for i, sigma := range noise {
		places[i] = b.placeOf(float64(sigma))
	}
	first, last := uint16(len(b.levels)<<8), uint16(0)
	for v := range h {
		o := (r.Min.Y+2*v-1-in.Rect.Min.Y)*in.Stride + r.Min.X - 1 - in.Rect.Min.X
		row := [4][]int16{in.Pix[o:], in.Pix[o+in.Stride:], in.Pix[o+2*in.Stride:], in.Pix[o+3*in.Stride:]}
		at := s.at[v*w:][:w]
		for u := range at {
			sum := int32(0)
			for _, p := range row {
				q := p[2*u:][:4]
				sum += int32(q[0]) + int32(q[1]) + int32(q[2]) + int32(q[3])
			}
			// 16·(v − Min) is below 2¹⁹, in noiseSteps steps of 2¹³.
			level := sum - 16*bank.Min
			k, f := level>>13, level&(1<<13-1)
			at[u] = uint16(places[k] + ((places[k+1]-places[k])*f+1<<12)>>13)
			first, last = min(first, at[u]), max(last, at[u])
		}
	}
	return int(first >> 8), min(int(last+255)>>8, len(b.levels)-1)
}

// placeOf is the place of a noise level, in 1/256 of the steps between levels.
// Between two tables for noise it is linear in 1/σ: the mean of a table for
// less noise and one for more leaves too much, and this is nearest to the best
// mixture on photographs.
func (b *filterBank) placeOf(sigma float64) int32 {
	for i, l := range b.levels[1:] {
		if below := b.levels[i].sigma; sigma < l.sigma {
			sigma = max(sigma, below)
			if below > 0 {
				return int32(i<<8) + int32((1/below-1/sigma)/(1/below-1/l.sigma)*256)
			}
			return int32(i<<8) + int32(sigma/l.sigma*256)
		}
	}
	return int32(len(b.levels)-1) << 8
}

// blend moves dst towards the picture of level l as far as each unit's place
// says.
func (s *bankState) blend(dst []int16, stride int, other []int16, r image.Rectangle, l int) {
	w := r.Dx()
	for y := range r.Dy() {
		a, b := dst[y*stride:][:w], other[y*w:][:w]
		at := s.at[y/2*(w/2):][:w/2]
		for u, p := range at {
			weight := max(0, min(int32(p)-int32(l-1)<<8, 256))
			x, y := a[2*u:][:2], b[2*u:][:2]
			x[0] += int16(((int32(y[0])-int32(x[0]))*weight + 128) >> 8)
			x[1] += int16(((int32(y[1])-int32(x[1]))*weight + 128) >> 8)
		}
	}
}

// measure returns what each level removes of the noise that it is used for.
func (b *filterBank) measure(sigma [3]float64) []*removed {
	var s bank.Scratch
	return b.measureWith(sigma, func(c *bank.Cascade, dst *bank.RGB, in *bank.Plane) { c.Demosaic(dst, in, &s) })
}

func (b *filterBank) measureWith(sigma [3]float64, run func(c *bank.Cascade, dst *bank.RGB, in *bank.Plane)) []*removed {
	var all []*removed
	field := newFlatField(b.cell, b.halo())
	mean := math.Sqrt((float64(sigma[0]*sigma[0]) + float64(2*sigma[1]*sigma[1]) + float64(sigma[2]*sigma[2])) / 4)
	for i, l := range b.levels {
		// A level is used near its own noise.
		scale := l.sigma / mean
		if i == 0 {
			scale = 1
			if len(b.levels) > 1 {
				scale = min(1, b.levels[1].sigma/mean)
			}
		}
		own := [3]float64{sigma[0] * scale, sigma[1] * scale, sigma[2] * scale}
		all = append(all, field.removed(own, func(dst *bank.RGB, in *bank.Plane) { run(l.cascade, dst, in) }))
	}
	return all
}

func (b *filterBank) places(state any, x, y int) []uint16 { return state.(*bankState).places(x, y) }

func (s *bankState) places(x, y int) []uint16 {
	if s.placed.Empty() {
		return nil
	}
	return s.at[(y-s.placed.Min.Y)/2*(s.placed.Dx()/2)+(x-s.placed.Min.X)/2:]
}
