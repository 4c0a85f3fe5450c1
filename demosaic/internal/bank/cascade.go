package bank

import (
	"fmt"
	"image"
)

// Cascade is a model made ready to run: some of its stages, and all of their
// outputs or only those of a Bayer mosaic. It does not change, and any number
// of goroutines may use it.
type Cascade struct {
	cell, halo int
	remosaic   bool
	stages     []stage
	set        kernelSet

	kept, keptBayer keepMasks
}

type stage struct {
	width, taps, reach int
	known              bool     // the mosaic's own samples are kept
	unused             planeSet // what no tree asks for
	phases             []phase
}

type phase struct {
	tree    Tree
	targets []Target
	coef    []int16 // [leaf][target][tap]
	// For the kernels; nil if they cannot take it.
	buckets *buckets
	program *program
}

// New returns the cascade of the first n stages of m, or of all if n is 0.
func New(m *Model, n int) (*Cascade, error) { return newCascade(m, n, false) }

// NewRemosaic is [New] with the last stage reduced to the outputs that a Bayer
// mosaic anchored at (0, 0) takes: it is for [Cascade.Remosaic].
func NewRemosaic(m *Model, n int) (*Cascade, error) { return newCascade(m, n, true) }

func newCascade(m *Model, n int, remosaic bool) (*Cascade, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if n == 0 {
		n = len(m.Stages)
	}
	if n < 0 || n > len(m.Stages) {
		return nil, fmt.Errorf("%w: %d stages of %d", ErrModel, n, len(m.Stages))
	}
	c := &Cascade{cell: m.Cell, halo: m.Halo(n), remosaic: remosaic, set: bestSet(), kept: newKeepMasks(m.Cell, false), keptBayer: newKeepMasks(m.Cell, true)}
	for i, st := range m.Stages[:n] {
		s := stage{width: st.Width, taps: m.Taps(i), reach: m.Reach(i), known: !m.Full}
		for b := range s.unused {
			s.unused[b] = ^uint16(0)
		}
		for j, p := range st.Phases {
			for b, planes := range p.Tree.needs(i > 0) {
				s.unused[b] &^= planes
			}
			s.phases = append(s.phases, phase{tree: p.Tree, targets: Targets(m.Cell, j, m.Full), coef: p.Coef})
		}
		c.stages = append(c.stages, s)
	}
	if remosaic {
		last := &c.stages[n-1]
		for j := range last.phases {
			last.phases[j] = last.phases[j].bayer(last.taps)
		}
	}
	c.pack()
	return c, nil
}

// pack lays the filters out for the kernels.
func (c *Cascade) pack() {
	for i := range c.stages {
		st := &c.stages[i]
		for j := range st.phases {
			p, mosaic := &st.phases[j], c.remosaic && i == len(c.stages)-1
			p.program, p.buckets = nil, nil
			if c.set != setGeneric {
				p.program = compile(p.tree, i > 0, c.cell)
				p.buckets = packBuckets(p, st, i > 0, c.cell, j, mosaic)
			}
		}
	}
}

// bayer keeps the targets of a Bayer mosaic. Units begin at even coordinates,
// so every unit has the same.
func (p phase) bayer(taps int) phase {
	q := phase{tree: p.tree}
	var keep []int
	for i, t := range p.targets {
		if t.Color == ColorAt(1, int(t.Pos&1), int(t.Pos>>1)) {
			keep = append(keep, i)
			q.targets = append(q.targets, t)
		}
	}
	for leaf := range p.tree.Leaves() {
		for _, i := range keep {
			o := (leaf*len(p.targets) + i) * taps
			q.coef = append(q.coef, p.coef[o:o+taps]...)
		}
	}
	return q
}

// Halo returns how many pixels beyond its output the cascade reads on every
// side; it is even.
func (c *Cascade) Halo() int { return c.halo }

// RowUnits is how many units in a row of the first stage suit the kernels: a
// tile may be this wide less what the stage computes beyond it on both sides.
const RowUnits = 512

// Lead returns how many pixels beyond its output the cascade's first stage
// computes on every side.
func (c *Cascade) Lead() int { return c.halo - c.stages[0].reach }

// Stages returns the number of stages.
func (c *Cascade) Stages() int { return len(c.stages) }

// Scratch is the memory that a run needs besides its input and output; a
// goroutine uses the same one again and again. The zero value is ready.
type Scratch struct {
	rgb      [2]RGB
	features Features
	class    []uint8
	mu       []int32
	window   []int32
	band     bandScratch
	trees    treeScratch
}

// Demosaic fills dst from the mosaic src. dst.Rect has even coordinates, and
// src.Rect reaches at least Halo beyond it.
func (c *Cascade) Demosaic(dst *RGB, src *Plane, s *Scratch) {
	c.must(!c.remosaic, dst.Rect, src)
	prev := c.lead(dst.Rect, src, s)
	c.run(len(c.stages)-1, dst, prev, src, dst.Rect, s)
}

// Remosaic fills dst with a Bayer mosaic (red at even coordinates) from the
// mosaic src, under the rules of [Cascade.Demosaic].
func (c *Cascade) Remosaic(dst *Plane, src *Plane, s *Scratch) {
	c.must(c.remosaic, dst.Rect, src)
	prev := c.lead(dst.Rect, src, s)
	// The three planes share dst's memory: a unit writes each of its four
	// pixels in one plane only.
	all := &RGB{Pix: [3][]int16{dst.Pix, dst.Pix, dst.Pix}, Stride: dst.Stride, Rect: dst.Rect}
	c.run(len(c.stages)-1, all, prev, src, dst.Rect, s)
}

// must stops calls that would read outside src: a mistake in the caller.
func (c *Cascade) must(kind bool, r image.Rectangle, src *Plane) {
	if !kind {
		panic("bank: a cascade for the other operation")
	}
	if (r.Min.X|r.Min.Y|r.Max.X|r.Max.Y)&1 != 0 || !r.Inset(-c.halo).In(src.Rect) {
		panic(fmt.Sprintf("bank: %v from %v with a halo of %d", r, src.Rect, c.halo))
	}
}

// lead runs all stages but the last, each on what the next ones need of it,
// and returns its output.
func (c *Cascade) lead(r image.Rectangle, src *Plane, s *Scratch) *RGB {
	var prev *RGB
	halo := c.halo
	for i := range len(c.stages) - 1 {
		halo -= c.stages[i].reach
		next := &s.rgb[i&1]
		next.ResetLines(r.Inset(-halo), 0)
		c.run(i, next, prev, src, next.Rect, s)
		prev = next
	}
	return prev
}

// Stage computes stage i (from 0) alone for the pixels dst.Rect, from the
// mosaic src and, for a later stage, the output prev of the one before: what a
// trainer needs to go from stage to stage.
func (c *Cascade) Stage(i int, dst, prev *RGB, src *Plane, s *Scratch) {
	c.run(i, dst, prev, src, dst.Rect, s)
}

// run computes stage i for the pixels r of dst.
func (c *Cascade) run(i int, dst, prev *RGB, src *Plane, r image.Rectangle, s *Scratch) {
	st := &c.stages[i]
	s.features.set, s.features.fixed = c.set, true
	if c.set != setGeneric && st.bucketed() {
		c.runBands(i, dst, prev, src, r, s)
		return
	}
	if i == 0 {
		s.features.Mosaic(c.cell, src, r)
	} else {
		s.features.Color(c.cell, prev, r)
	}
	s.class = grow(s.class, r.Dx()/2+slack)
	s.mu = grow(s.mu, r.Dx()/2)
	s.window = grow(s.window, st.taps)
	step := min(c.cell, r.Dx()/2)
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		f := s.features.Row(y)
		if i == 0 {
			c.set.muMosaic(s.mu, src, r.Min.X, y)
		} else {
			c.set.muColor(s.mu, prev, r.Min.X, y)
		}
		for first := range step {
			x := r.Min.X + 2*first
			p := &st.phases[PhaseAt(c.cell, x, y)]
			u := units{x: x, y: y, first: first, step: c.cell, n: (r.Dx()/2 - first + c.cell - 1) / c.cell}
			p.tree.classify(s.class[:u.n], f, first, c.cell)
			p.filter(st, dst, prev, src, u, s)
		}
		if st.known {
			c.keep(dst, src, r, y)
		}
	}
}

// units are those of one phase in a row: n of them, of which the first begins
// at pixel (x, y) and is number first in its row, and the next ones follow
// step units apart.
type units struct{ x, y, first, step, n int }
