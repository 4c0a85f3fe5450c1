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
	fresh   bank.RGB // the part of wide that is being filtered
	other   bank.RGB // the next level's picture
	chroma  chromaState
	guard   guardState
	// The same of a remosaic.
	mosaic, otherMosaic bank.Plane
	at                  []uint16 // of each unit: its place among the levels, in 1/256
	placed              image.Rectangle
	curve               placeCurve
	found               placeRange
}

func (b *filterBank) halo() int {
	// The guard looks at the picture around a unit, and at as many units of
	// the mosaic around as a cell has pixels in a row.
	around := guardReach
	if len(b.levels) > 1 {
		around = chromaReach
	}
	return max(max(b.reach, noiseReach)+around, 2*b.cell+guardReach)
}

// side makes the rows of the first stage, which are the longest, whole blocks
// of the kernels'. Tiles are the taller the more is computed around them.
func (b *filterBank) side(of *signal) image.Point {
	lead, rows, around := 0, 128, guardReach
	for _, l := range b.levels {
		lead = max(lead, l.cascade.Lead())
		if l.cascade.Stages() > 1 {
			rows = 256
		}
	}
	if b.smooths(of) {
		rows, around = 2048, chromaReach // band by band
	}
	return image.Pt(2*bank.RowUnits-2*(around+lead), rows)
}

// smooths reports whether the colours of a frame are smoothed.
func (b *filterBank) smooths(of *signal) bool { return of.chroma != nil && len(b.levels) > 1 }

func (b *filterBank) newState() any { return new(bankState) }

// chromaBand is how many rows at a time are made of a tile whose colours are
// smoothed: what is looked at around them, far more than their rows, is not
// made again for every few rows, and what is being made stays in the cache.
const chromaBand = 128

func (b *filterBank) band(of *signal) int {
	if b.smooths(of) {
		return chromaBand
	}
	return 0
}

func (b *filterBank) run(state any, r image.Rectangle, in *bank.Plane, of *signal, to sink, more bool) {
	s := state.(*bankState)
	near := r.Inset(-guardReach)
	if b.smooths(of) {
		s.roll(chromaArea(near), near.Min.Y, more)
		b.filter(s, in, of)
		s.chroma.smooth(&s.wide, near, of.chroma, more)
	} else {
		s.roll(near, near.Min.Y, false)
		b.filter(s, in, of)
	}
	s.guard.guard(r, &s.wide, in, b.cell, &of.clip, to)
}

// roll makes s.wide cover area, with the rows from keep on that the band before
// has made if there is more of the tile above, and s.fresh those yet to be made.
// Places are to be found of both.
func (s *bankState) roll(area image.Rectangle, keep int, more bool) {
	old := s.wide
	s.wide.ResetLines(area, guardSlack)
	stride, made := s.wide.Stride, area.Min.Y
	s.placed = area
	if more {
		made, s.placed.Min.Y = old.Rect.Max.Y, keep
	}
	s.fresh.Stride, s.fresh.Rect = stride, image.Rect(area.Min.X, made, area.Max.X, area.Max.Y)
	for c, pix := range s.wide.Pix {
		if more {
			copy(pix[(keep-area.Min.Y)*stride:][:(made-keep)*stride], old.Pix[c][(keep-old.Rect.Min.Y)*stride:])
		}
		s.fresh.Pix[c] = pix[(made-area.Min.Y)*stride:]
	}
}

// filter makes s.fresh by the filters of the levels of noise that units have.
func (b *filterBank) filter(s *bankState, in *bank.Plane, of *signal) {
	lo, hi := b.place(s, in, of.noise)
	dst := &s.fresh
	if dst.Rect.Empty() {
		return
	}
	b.levels[lo].cascade.Demosaic(dst, in, &s.scratch)
	for l := lo + 1; l <= hi; l++ {
		s.other.ResetLines(dst.Rect, 0)
		b.levels[l].cascade.Demosaic(&s.other, in, &s.scratch)
		for c := range dst.Pix {
			s.blend(dst.Pix[c], s.other.Pix[c], dst.Stride, dst.Rect, l)
		}
	}
}

// remosaic is run for the cascades of a remosaic: the three planes of the rows
// are one.
func (b *filterBank) remosaic(s *bankState, r image.Rectangle, in *bank.Plane, of *signal, to sink) {
	wide := r.Inset(-guardReach)
	s.placed = wide
	lo, hi := b.place(s, in, of.noise)
	s.mosaic.ResetLines(wide)
	b.levels[lo].cascade.Remosaic(&s.mosaic, in, &s.scratch)
	for l := lo + 1; l <= hi; l++ {
		s.otherMosaic.ResetLines(wide)
		b.levels[l].cascade.Remosaic(&s.otherMosaic, in, &s.scratch)
		s.blend(s.mosaic.Pix, s.otherMosaic.Pix, s.mosaic.Stride, wide, l)
	}
	s.guard.guardMosaic(r, &s.mosaic, in, &of.clip, to)
}

// noiseReach is how far beyond a unit the signal is averaged that decides its
// noise.
const noiseReach = 2

// place finds where each unit of s.placed stands among the noise levels, and
// returns the first and the last level that any of them needs. A unit between
// two levels gets the mean of both, weighted by its distance, so there is
// nowhere that a level begins.
func (b *filterBank) place(s *bankState, in *bank.Plane, noise *noiseCurve) (lo, hi int) {
	if noise == nil || len(b.levels) == 1 {
		s.placed = image.Rectangle{}
		return 0, 0
	}
	r := s.placed
	w, h := r.Dx()/2, r.Dy()/2
	if len(s.at) < w*h+guardSlack {
		s.at = make([]uint16, w*h+guardSlack)
	}
	for i := range s.curve.place {
		s.curve.place[i] = b.placeOf(float64(noise[i]))
		s.curve.rise[i] = b.placeOf(float64(noise[i+1])) - s.curve.place[i]
	}
	s.found.reset()
	for v := range h {
		o := (r.Min.Y+2*v-1-in.Rect.Min.Y)*in.Stride + r.Min.X - 1 - in.Rect.Min.X
		placeRow(s.at[v*w:][:w], in.Pix[o:], in.Stride, &s.curve, &s.found)
	}
	first, last := s.found.bounds()
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

// blend moves dst towards other, the picture of level l, as far as each unit's
// place says. Rows of both are stride apart; what is between them moves too.
func (s *bankState) blend(dst, other []int16, stride int, r image.Rectangle, l int) {
	at := s.places(r.Min.X, r.Min.Y)
	for y := range r.Dy() {
		blendRow(dst[y*stride:][:stride], other[y*stride:], at[y/2*(r.Dx()/2):], l)
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
