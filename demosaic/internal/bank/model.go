package bank

import (
	"errors"
	"fmt"
)

// The working domain.
const (
	One = 1 << 14 // white
	Min = -1 << 12
	Max = Min + 1<<15 - 1

	// CoefBits are the fractional bits of a coefficient.
	CoefBits = 12
)

// What a model may hold at most; Check enforces it.
const (
	MaxStages = 4
	MaxLeaves = 256
	MaxDepth  = 32
	MaxGain   = 1<<17 - 1 // of Σ|K| + |ΣK| of one output, in units of 2^-CoefBits
)

// ErrModel is the error of a model that breaks a rule of this package.
var ErrModel = errors.New("filter bank")

// Model is a trained cascade.
type Model struct {
	// Cell is the side of the colour filter array's cell: 1 Bayer, 2 Quad.
	Cell int
	// Full says that the samples of the mosaic are estimated too, not kept.
	Full bool
	// Sigma is the standard deviation of the noise that the model was
	// trained for, in 255ths of One; 0 is noise-free.
	Sigma float64
	// Note says where the model comes from.
	Note   string
	Stages []Stage
}

// Stage is one step of the cascade.
type Stage struct {
	Width  int     // side of the window: even, 4 to 10
	Phases []Phase // in the order of PhaseAt
}

// Phase is the classifier and the bank of the units of one phase.
type Phase struct {
	Tree Tree
	// Coef holds the filters: [leaf][output][tap], taps in row order, plane
	// by plane.
	Coef []int16
}

// Tree is a binary decision tree. Node 0 is the root; a tree of one leaf has
// no nodes.
type Tree []Node

// Node sends a unit left if P·num ≤ Q·den, where num and den are the two
// halves of its feature number Feature.
type Node struct {
	Feature     uint8
	P, Q        int16 // P > 0
	Left, Right int16 // the next node, which comes later in the tree, or ^leaf
}

// Leaves returns the number of leaves.
func (t Tree) Leaves() int { return len(t) + 1 }

// Phases returns the number of unit phases of a cell of n×n pixels.
func Phases(n int) int { return n * n }

// PhaseAt returns the phase of the unit whose first pixel is (x, y), which may
// be negative.
func PhaseAt(n, x, y int) int { return floorMod(y>>1, n)*n + floorMod(x>>1, n) }

// Target is an output of a unit: the plane Color at the position Pos, which
// counts the unit's pixels row by row.
type Target struct{ Pos, Color uint8 }

// ColorAt returns the plane that the mosaic samples at pixel (x, y), which may
// be negative.
func ColorAt(n, x, y int) uint8 { return uint8(floorMod(y, 2*n)/n + floorMod(x, 2*n)/n) }

func floorMod(a, n int) int {
	if a %= n; a < 0 {
		a += n
	}
	return a
}

// Targets returns what the filters of a phase write, in their order.
func Targets(n, phase int, full bool) []Target {
	x, y := phase%n*2, phase/n*2
	var out []Target
	for p := range 4 {
		own := ColorAt(n, x+p%2, y+p/2)
		for c := range uint8(3) {
			if full || c != own {
				out = append(out, Target{uint8(p), c})
			}
		}
	}
	return out
}

// Taps returns the number of samples in a window of stage i.
func (m *Model) Taps(i int) int {
	w := m.Stages[i].Width
	if i == 0 {
		return w * w
	}
	return 3 * w * w
}

// Outputs returns the number of filters in a class.
func (m *Model) Outputs() int {
	if m.Full {
		return 12
	}
	return 8
}

// Reach returns how many pixels beyond a unit stage i reads on every side.
func (m *Model) Reach(i int) int {
	window := (m.Stages[i].Width - 2) / 2
	r := max(window, featureReach(m.Cell, i))
	return (r + 1) &^ 1
}

// Halo returns how many pixels beyond its output the first n stages read on
// every side; it is even.
func (m *Model) Halo(n int) int {
	h := 0
	for i := range min(n, len(m.Stages)) {
		h += m.Reach(i)
	}
	return h
}

// Check reports the first rule that m breaks.
func (m *Model) Check() error {
	if m.Cell != 1 && m.Cell != 2 {
		return fmt.Errorf("%w: cells of %d pixels", ErrModel, m.Cell)
	}
	if n := len(m.Stages); n < 1 || n > MaxStages {
		return fmt.Errorf("%w: %d stages, want 1 to %d", ErrModel, n, MaxStages)
	}
	if !(m.Sigma >= 0 && m.Sigma <= 255) {
		return fmt.Errorf("%w: noise of %v", ErrModel, m.Sigma)
	}
	for i := range m.Stages {
		st := &m.Stages[i]
		if st.Width < 4 || st.Width > 10 || st.Width%2 != 0 {
			return fmt.Errorf("%w: stage %d: window of %d", ErrModel, i+1, st.Width)
		}
		if len(st.Phases) != Phases(m.Cell) {
			return fmt.Errorf("%w: stage %d: %d phases, want %d", ErrModel, i+1, len(st.Phases), Phases(m.Cell))
		}
		for j := range st.Phases {
			if err := st.Phases[j].check(m.Outputs(), m.Taps(i), FeatureCount(m.Cell, i)); err != nil {
				return fmt.Errorf("%w: stage %d, phase %d: %w", ErrModel, i+1, j, err)
			}
		}
	}
	return nil
}

func (p *Phase) check(outputs, taps, features int) error {
	if err := p.Tree.check(features); err != nil {
		return err
	}
	if want := p.Tree.Leaves() * outputs * taps; len(p.Coef) != want {
		return fmt.Errorf("%d coefficients, want %d", len(p.Coef), want)
	}
	for o := 0; o < len(p.Coef); o += taps {
		if g := Gain(p.Coef[o : o+taps]); g > MaxGain {
			return fmt.Errorf("filter %d could overflow: its gain is %d, want at most %d", o/taps, g, MaxGain)
		}
	}
	return nil
}

// Gain returns Σ|K| + |ΣK| of a filter, which bounds its sums.
func Gain(k []int16) int {
	abs, sum := 0, 0
	for _, v := range k {
		abs += max(int(v), -int(v))
		sum += int(v)
	}
	return abs + max(sum, -sum)
}

// check makes sure that every path ends, that every leaf and every node is
// reached exactly once, and that every feature exists.
func (t Tree) check(features int) error {
	if t.Leaves() > MaxLeaves {
		return fmt.Errorf("tree of %d leaves, want at most %d", t.Leaves(), MaxLeaves)
	}
	depth := make([]int, len(t))
	seen := make([]bool, t.Leaves())
	for i, n := range t {
		if int(n.Feature) >= features || n.P <= 0 {
			return fmt.Errorf("node %d: feature %d of %d at %d/%d", i, n.Feature, features, n.Q, n.P)
		}
		if i > 0 && depth[i] == 0 {
			return fmt.Errorf("node %d has no parent", i)
		}
		if depth[i] >= MaxDepth {
			return fmt.Errorf("node %d is more than %d deep", i, MaxDepth)
		}
		for _, next := range [2]int16{n.Left, n.Right} {
			switch {
			case next < 0:
				leaf := int(^next)
				if leaf >= len(seen) || seen[leaf] {
					return fmt.Errorf("node %d: leaf %d of %d is missing or used twice", i, leaf, len(seen))
				}
				seen[leaf] = true
			case int(next) <= i || int(next) >= len(t) || depth[next] != 0:
				return fmt.Errorf("node %d leads to node %d of %d", i, next, len(t))
			default:
				depth[next] = depth[i] + 1
			}
		}
	}
	return nil
}
