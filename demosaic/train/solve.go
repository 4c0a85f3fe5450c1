package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// leafSum is what least squares needs to know of the units of a node: the Gram
// matrix of their rows and how many they are.
type leafSum struct {
	gram []int64
	n    int
}

func (a *leafSum) add(b *leafSum) {
	for i, v := range b.gram {
		a.gram[i] += v
	}
	a.n += b.n
}

// solve returns the coefficients of a phase: those of each leaf fit its units,
// drawn towards those of its parent in the tree, which were drawn towards
// its own.
func (t *task) solve(tree bank.Tree, leaves []leafSum, cols int, ridge float64) ([]int16, error) {
	sums := make([]*leafSum, len(tree))
	var total func(next int16) *leafSum
	total = func(next int16) *leafSum {
		if next < 0 {
			return &leaves[^next]
		}
		s := &leafSum{gram: make([]int64, cols*cols)}
		s.add(total(tree[next].Left))
		s.add(total(tree[next].Right))
		sums[next] = s
		return s
	}
	coef := make([]int16, len(leaves)*len(t.targets)*t.taps)
	start := mat.NewDense(t.taps, len(t.targets), nil)
	if len(tree) == 0 {
		return coef, t.leaf(coef, &leaves[0], start, cols, ridge)
	}
	total(0)
	var descend func(next int16, prior *mat.Dense) error
	descend = func(next int16, prior *mat.Dense) error {
		if next < 0 {
			size := len(t.targets) * t.taps
			return t.leaf(coef[int(^next)*size:][:size], &leaves[^next], prior, cols, ridge)
		}
		k, err := t.fit(sums[next], prior, cols, ridge)
		if err != nil {
			return err
		}
		if err := descend(tree[next].Left, k); err != nil {
			return err
		}
		return descend(tree[next].Right, k)
	}
	return coef, descend(0, start)
}

// floorNoise is added to the variance of every tap: what rounding to 8 bits
// leaves uncertain, roughly, in squares of an eighth of a level. Without it,
// flat areas would teach filters that amplify it.
const floorNoise = 0.5

// fit solves (A + λI)·K = B + λ·prior with λ = ridge·√n, and the noise of
// flat areas added to A.
func (t *task) fit(s *leafSum, prior *mat.Dense, cols int, ridge float64) (*mat.Dense, error) {
	lambda := ridge * max(1, math.Sqrt(float64(s.n)))
	a := mat.NewSymDense(t.taps, nil)
	b := mat.NewDense(t.taps, len(t.targets), nil)
	for i := range t.taps {
		for j := i; j < t.taps; j++ {
			a.SetSym(i, j, float64(s.gram[i*cols+j]))
		}
		a.SetSym(i, i, a.At(i, i)+lambda+floorNoise*float64(s.n))
		for j := range t.targets {
			b.Set(i, j, float64(s.gram[i*cols+t.taps+j])+lambda*prior.At(i, j))
		}
	}
	t.addFlats(a, b, s.n)
	t.leaveOut(a, b)
	var c mat.Cholesky
	if !c.Factorize(a) {
		return nil, fmt.Errorf("normal equations of %d units are not positive definite", s.n)
	}
	k := mat.NewDense(t.taps, len(t.targets), nil)
	return k, c.SolveTo(k, b)
}

// leaf fits the filters of one leaf and rounds them. Filters too strong for
// the engine's integers are fitted again with a stronger pull towards a weaker
// prior.
func (t *task) leaf(dst []int16, s *leafSum, prior *mat.Dense, cols int, ridge float64) error {
	for range 12 {
		k, err := t.fit(s, prior, cols, ridge)
		if err != nil {
			return err
		}
		if t.quantise(dst, k) {
			return nil
		}
		ridge *= 4
		weaker := mat.NewDense(t.taps, len(t.targets), nil)
		weaker.Scale(0.75, prior)
		prior = weaker
	}
	return fmt.Errorf("filters of %d units are too strong", s.n)
}

// strongest is the gain that a filter may have. It leaves room for a kernel to
// add the old value of the sample as a tap of weight 1, which changes both
// terms of the gain.
const strongest = bank.MaxGain - 2<<bank.CoefBits

func (t *task) quantise(dst []int16, k *mat.Dense) bool {
	for o := range t.targets {
		filter := dst[o*t.taps:][:t.taps]
		exact := make([]float64, t.taps)
		for i := range exact {
			exact[i] = k.At(i, o) * (1 << bank.CoefBits)
			if math.Abs(exact[i]) > math.MaxInt16-1<<bank.CoefBits-1 {
				return false
			}
		}
		t.roundFilter(filter, exact, t.targets[o].Color)
		if bank.Gain(filter) > strongest {
			return false
		}
	}
	return true
}
