package main

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/demosaic/internal/gram"
)

// sampleSet holds the units by which a tree is grown.
type sampleSet struct {
	taps, targets int
	rows          []int16  // taps and targets of each unit
	features      []uint32 // of each unit
	count         int      // features of a unit
	growth        growth
}

func (s *sampleSet) len() int { return len(s.features) / max(s.count, 1) }

func (s *sampleSet) row(i int32) []int16 {
	w := s.taps + s.targets
	return s.rows[int(i)*w:][:w]
}

// growth is how much work goes into a tree.
type growth struct {
	units, most int // units of the sample for each leaf, and at most
	split       int // units of the sample by which a split is chosen, at most
	leaf        int // units of the sample in a leaf, at least
	thresholds  int // that are tried for each feature
}

// growthOf is for efforts of 1 and more; with more thresholds, and leaves that
// may be smaller parts of the sample, it takes more units to choose well.
func growthOf(effort int) growth {
	root := math.Sqrt(float64(effort))
	return growth{
		units: 4_000 * effort, most: 400_000 * effort, split: 16_000 * effort,
		leaf: int(700 * root), thresholds: int(6 * root),
	}
}

// sprout is a leaf of a growing tree.
type sprout struct {
	units       []int32
	gain        float64
	split       bank.Node // Left and Right not yet set
	left, right *sprout   // of a leaf that was split
}

// grow splits, again and again, the leaf whose best split lowers the
// regularised squared error of least squares most, until there are leaves
// leaves. It looks at the given features only.
func (s *sampleSet) grow(leaves int, features []int, workers int) bank.Tree {
	root := &sprout{units: make([]int32, s.len())}
	for i := range root.units {
		root.units[i] = int32(i)
	}
	s.best(root, features, workers)
	open := []*sprout{root}
	for len(open) < leaves {
		at := 0
		for i, o := range open {
			if o.gain > open[at].gain {
				at = i
			}
		}
		n := open[at]
		if n.gain <= 0 {
			break
		}
		n.left, n.right = &sprout{}, &sprout{}
		for _, u := range n.units {
			side := n.right
			if n.split.Test(s.features[int(u)*s.count+int(n.split.Feature)]) {
				side = n.left
			}
			side.units = append(side.units, u)
		}
		n.units = nil
		s.best(n.left, features, workers)
		s.best(n.right, features, workers)
		open[at] = n.left
		open = append(open, n.right)
	}
	var tree bank.Tree
	leaf := 0
	var number func(n *sprout) int16
	number = func(n *sprout) int16 {
		if n.left == nil {
			leaf++
			return ^int16(leaf - 1)
		}
		i := len(tree)
		tree = append(tree, n.split)
		l := number(n.left)
		r := number(n.right)
		tree[i].Left, tree[i].Right = l, r
		return int16(i)
	}
	number(root)
	return tree
}

// candidate is the best split by one feature.
type candidate struct {
	gain  float64
	split bank.Node
}

func (s *sampleSet) best(n *sprout, features []int, workers int) {
	units := n.units
	if len(units) > s.growth.split {
		units = make([]int32, s.growth.split)
		for i := range units {
			units[i] = n.units[i*len(n.units)/s.growth.split]
		}
	}
	if len(units) < 2*s.growth.leaf {
		return
	}
	found := make([]candidate, len(features))
	rows := make([]int16, 0, len(units)*(s.taps+s.targets))
	for _, u := range units {
		rows = append(rows, s.row(u)...)
	}
	parallel(workers, len(features), func() *splitter { return &splitter{s: s} }, func(w *splitter, i int) {
		found[i] = w.try(units, rows, features[i])
	})
	scale := float64(len(n.units)) / float64(len(units))
	for _, c := range found {
		if c.gain*scale > n.gain {
			n.gain, n.split = c.gain*scale, c.split
		}
	}
}

// splitter is the memory of one goroutine that looks for splits.
type splitter struct {
	s      *sampleSet
	values []float64    // of a feature, for each unit
	sorted []float64    // of some of the units
	pairs  []gram.Pairs // of the units between two thresholds
	bins   [][]int64
	a, b   []float64
}

// quantileSample is how many units the thresholds are chosen by.
const quantileSample = 1000

// cuts returns thresholds at quantiles of w.values, each different from the
// one before.
func (w *splitter) cuts() []float64 {
	w.sorted = w.sorted[:0]
	step := max(1, len(w.values)/quantileSample)
	for i := 0; i < len(w.values); i += step {
		w.sorted = append(w.sorted, w.values[i])
	}
	slices.Sort(w.sorted)
	var out []float64
	n := w.s.growth.thresholds
	for k := 1; k <= n; k++ {
		v := w.sorted[len(w.sorted)*k/(n+1)]
		if len(out) == 0 || v > out[len(out)-1] {
			out = append(out, v)
		}
	}
	return out
}

// try looks for the best threshold of feature f, at quantiles of its values;
// rows are those of units.
func (w *splitter) try(units []int32, rows []int16, f int) candidate {
	s := w.s
	width := s.taps + s.targets
	w.values = w.values[:0]
	for _, u := range units {
		num, den := bank.Ratio(s.features[int(u)*s.count+f])
		w.values = append(w.values, float64(num)/float64(den))
	}
	cuts := w.cuts()
	cols := (s.taps + s.targets + gram.Align - 1) / gram.Align * gram.Align
	for len(w.pairs) <= len(cuts) {
		w.pairs = append(w.pairs, gram.Pairs{})
		w.bins = append(w.bins, nil)
	}
	for k := range len(cuts) + 1 {
		w.pairs[k].Reset(cols)
	}
	for i, v := range w.values {
		k := 0
		for _, t := range cuts {
			if v > t {
				k++
			}
		}
		w.pairs[k].Append(rows[i*width:][:width])
	}
	for k := range len(cuts) + 1 {
		if len(w.bins[k]) != cols*cols {
			w.bins[k] = make([]int64, cols*cols)
		}
		clear(w.bins[k])
		w.pairs[k].AddTo(w.bins[k])
		if k > 0 {
			for i, v := range w.bins[k-1] {
				w.bins[k][i] += v
			}
		}
	}
	total := w.bins[len(cuts)]
	whole := w.objective(total, nil, cols, len(units))
	var best candidate
	left := 0
	for k, t := range cuts {
		left += w.pairs[k].Len()
		if left < s.growth.leaf || len(units)-left < s.growth.leaf {
			continue
		}
		gain := whole - w.objective(w.bins[k], nil, cols, left) - w.objective(total, w.bins[k], cols, len(units)-left)
		if gain > best.gain {
			p, q := fraction(t)
			best = candidate{gain, bank.Node{Feature: uint8(f), P: p, Q: q}}
		}
	}
	return best
}

// fraction returns q/p close to t.
func fraction(t float64) (p, q int16) {
	for s := 14; ; s-- {
		v := math.Round(t * float64(int(1)<<s))
		if math.Abs(v) <= math.MaxInt16 || s == 0 {
			return int16(1) << s, int16(max(-math.MaxInt16, min(v, math.MaxInt16)))
		}
	}
}

// objective returns the least regularised squared error of predicting the
// targets from the taps, from the Gram matrix g, less the matrix minus if that
// is not nil: Σy² − ‖L⁻¹B‖² with A + λI = LLᵀ.
func (w *splitter) objective(g, minus []int64, cols, n int) float64 {
	d, m := w.s.taps, w.s.targets
	if len(w.a) != d*d {
		w.a, w.b = make([]float64, d*d), make([]float64, d*m)
	}
	at := func(i, j int) float64 {
		v := g[i*cols+j]
		if minus != nil {
			v -= minus[i*cols+j]
		}
		return float64(v)
	}
	for i := range d {
		for j := i; j < d; j++ {
			w.a[i*d+j] = at(i, j)
		}
		w.a[i*d+i] += growthRidge * (25 + math.Sqrt(float64(n)))
		for j := range m {
			w.b[i*m+j] = at(i, d+j)
		}
	}
	yy := 0.0
	for j := range m {
		yy += at(d+j, d+j)
	}
	t, ok := lapack64.Potrf(blas64.Symmetric{N: d, Stride: d, Data: w.a, Uplo: blas.Upper})
	if !ok {
		return yy
	}
	b := blas64.General{Rows: d, Cols: m, Stride: m, Data: w.b}
	blas64.Trsm(blas.Left, blas.Trans, 1, t, b)
	for _, v := range w.b {
		yy -= v * v
	}
	return yy
}

// growthRidge is in squares of an eighth of a level.
const growthRidge = 128
