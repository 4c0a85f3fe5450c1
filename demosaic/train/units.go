package main

import (
	"image"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/demosaic/internal/gram"
)

// task is one stage of one phase: what is to be learned.
type task struct {
	cell, stage, phase int
	width, taps        int
	round              bool // the window lacks its corners
	reach              int  // of this and all earlier stages
	targets            []bank.Target
	sigma              float64 // of the noise, in levels
}

// rowShift reduces samples to the entries of a Gram matrix: an eighth of a
// level of 255.
const rowShift = 3

// worker is what one goroutine needs to look at units.
type worker struct {
	features bank.Features
	window   []int32
	row      []int16
}

// area is what of a patch the task can use.
func (t *task) area() image.Rectangle {
	return image.Rect(0, 0, patchSize, patchSize).Inset(t.reach)
}

// each calls visit for every unit of the task's phase in p: with the rows of
// features, the unit's index in them, and its row of taps and targets. visit
// may ask for the row only if it needs it.
func (t *task) each(w *worker, p *patch, visit func(features [][]uint32, i int, row func() []int16)) {
	r := t.area()
	if t.stage == 0 {
		w.features.Mosaic(t.cell, &p.mosaic, r)
	} else {
		w.features.Color(t.cell, p.estimate, r)
	}
	if len(w.window) != t.taps {
		w.window = make([]int32, t.taps)
		w.row = make([]int16, t.taps+len(t.targets))
	}
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		f := w.features.Row(y)
		for x := r.Min.X; x < r.Max.X; x += 2 {
			if bank.PhaseAt(t.cell, x, y) == t.phase {
				visit(f, (x-r.Min.X)/2, func() []int16 { return t.row(w, p, x, y) })
			}
		}
	}
}

// row returns the taps and the targets of a unit.
func (t *task) row(w *worker, p *patch, x, y int) []int16 {
	mu := int32(0)
	if t.stage == 0 {
		mu = bank.WindowMosaic(w.window, t.width, &p.mosaic, x, y)
	} else {
		bank.WindowColor(w.window, t.width, p.estimate, x, y)
	}
	for i, v := range w.window {
		w.row[i] = small(v)
	}
	for i, g := range t.targets {
		px, py := x+int(g.Pos&1), y+int(g.Pos>>1)
		base := mu
		if t.stage > 0 {
			e := p.estimate
			base = int32(e.Pix[g.Color][(py-e.Rect.Min.Y)*e.Stride+px-e.Rect.Min.X])
		}
		w.row[t.taps+i] = small(int32(p.truth.Pix[g.Color][py*patchSize+px]) - base)
	}
	return w.row
}

func small(v int32) int16 {
	return int16(max(-gram.Limit, min((v+1<<(rowShift-1))>>rowShift, gram.Limit)))
}

// growthTaps returns the taps near the unit: those that a tree is grown by.
func (t *task) growthTaps() []int {
	var out []int
	planes, side := 1, 6
	if t.stage > 0 {
		planes, side = 3, 4
	}
	side = min(side, t.width)
	margin := (t.width - side) / 2
	for c := range planes {
		for y := range side {
			for x := range side {
				// Green's corners only if there are no more than eight targets.
				corner := (x == 0 || x == side-1) && (y == 0 || y == side-1)
				if corner && planes == 3 && (c != 1 || len(t.targets) > 8) {
					continue
				}
				out = append(out, (c*t.width+y+margin)*t.width+x+margin)
			}
		}
	}
	return out
}
