package noise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/quadraw/quadraw/raw"
)

// estimate finds the profile: one line for all colours, which one amplifier
// reads before white balance, so that the fit gains from all, unless they do not
// keep to it.
func (e *profiler) estimate(ctx context.Context, method ProfileMethod, known *raw.NoiseProfile) (*ProfileEstimate, error) {
	var model *raw.NoiseModel
	if known != nil {
		if *known != alike(known[raw.Green]) {
			return e.estimateEach(ctx, method, known, *known)
		}
		model = &known[raw.Green]
	}
	m, fit, err := e.rounds(ctx, noColor, model)
	if err != nil {
		return nil, err
	}
	if known == nil && e.header.CFA.Cell() != 0 {
		apart, err := e.apart(ctx, fit)
		if err != nil {
			return nil, err
		}
		if apart {
			return e.estimateEach(ctx, method, nil, alike(fit.model))
		}
	}
	out := &ProfileEstimate{Method: method, Profile: alike(fit.model), Error: fit.off}
	for c := range raw.Color(3) {
		out.Points[c] = m.points(c, fit)
	}
	return out, nil
}

// estimateEach finds a line for each colour by itself; one that shows too little
// for that has other's.
func (e *profiler) estimateEach(ctx context.Context, method ProfileMethod, known *raw.NoiseProfile, other raw.NoiseProfile) (*ProfileEstimate, error) {
	out := &ProfileEstimate{Method: method, Profile: other}
	for c := range raw.Color(3) {
		var model *raw.NoiseModel
		if known != nil {
			model = &known[c]
		}
		m, fit, err := e.rounds(ctx, c, model)
		if errors.Is(err, ErrProfile) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out.Profile[c], out.Points[c], out.Error = fit.model, m.points(c, fit), max(out.Error, fit.off)
	}
	return out, nil
}

// alike is the same model for all colours.
func alike(m raw.NoiseModel) raw.NoiseProfile { return raw.NoiseProfile{m, m, m} }

// Colours are apart where the noise of one is more than that of another, of the
// same signal, by more than leastApart in logarithms and than apartErrors times
// what that may be off.
const (
	leastApart  = .1
	apartErrors = 6
)

// apart reports whether colours have lines of their own, as where samples were
// balanced after they were read. What all colours are off the line
// by is no matter: each by itself tells noise from structure less well.
func (e *profiler) apart(ctx context.Context, all *profileFit) (bool, error) {
	type part struct{ off, error float64 }
	var parts []part
	for c := range raw.Color(3) {
		_, fit, err := e.round(ctx, c, &all.model, true)
		if errors.Is(err, ErrProfile) {
			continue // it shows too little
		}
		if err != nil {
			return false, err
		}
		parts = append(parts, part{math.Log1p(max(fit.from(all.model), -.99)), fit.off})
	}
	if len(parts) < 2 {
		return false, nil
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.off, b.off) })
	low, high := parts[0], parts[len(parts)-1]
	return high.off-low.off > max(leastApart, apartErrors*math.Hypot(low.error, high.error)), nil
}

// rounds estimates three times from nothing known: colours are made equally
// noisy by what was found before, and a part of the squares will do for a
// beginning.
func (e *profiler) rounds(ctx context.Context, only raw.Color, known *raw.NoiseModel) (m *measurement, fit *profileFit, err error) {
	rounds := 1
	if known == nil {
		rounds = 3
	}
	for i := range rounds {
		if m, fit, err = e.round(ctx, only, known, rounds > 1 && i == 0); err != nil {
			return nil, nil, err
		}
		known = &fit.model
	}
	return m, fit, nil
}

// round learns filters, measures with them and fits: all colours, or only one.
func (e *profiler) round(ctx context.Context, only raw.Color, known *raw.NoiseModel, rough bool) (*measurement, *profileFit, error) {
	h := e.header
	step := 1 / (h.White[1] - h.Black.Mean())
	floor := -h.Black.Mean() * step
	m, err := e.measureAll(ctx, only, known, rough)
	if err != nil {
		return nil, nil, err
	}
	if len(m.groups) == 0 {
		return nil, nil, fmt.Errorf("%w: no unclipped area was found", ErrProfile)
	}
	fit := fitBurst(m.groups, m.kinds, floor, step)
	if !(fit.model.Scale+fit.model.Offset > 0) {
		return nil, nil, fmt.Errorf("%w: the frames show no noise", ErrProfile)
	}
	return m, fit, nil
}

// measurement is what all kinds of patches have told.
type measurement struct {
	groups  []profileGroup
	kinds   int
	samples []profileSample // of the first kind
	kept    int             // filters of these
}

// roughShare is what part of the squares is looked at first.
const roughShare = 4

// fewestSamples is how many a patch has at least, of one colour.
const fewestSamples = 12

// measureAll measures with all layouts of patches.
func (e *profiler) measureAll(ctx context.Context, only raw.Color, known *raw.NoiseModel, rough bool) (*measurement, error) {
	m := &measurement{}
	for _, set := range e.sets {
		squares := set.squares
		if rough && len(squares) >= 8*roughShare {
			squares = nil
			for i := 0; i < len(set.squares); i += roughShare {
				squares = append(squares, set.squares[i])
			}
		}
		for _, l := range set.layouts {
			if only < noColor {
				if l = l.only(only); l.taps() < fewestSamples {
					continue
				}
			}
			f, err := e.learn(ctx, squares, l, known)
			if err != nil {
				return nil, err
			}
			if f == nil {
				continue
			}
			samples, err := e.measure(ctx, squares, l, known, f)
			if err != nil {
				return nil, err
			}
			kind := profileGroup{kind: m.kinds, small: l.taps() < smallPatch, alone: l.planes == 1, freedom: float64(f.kept), level: f.level, rise: f.rise}
			m.groups = kind.sort(m.groups, samples)
			if m.kinds == 0 {
				m.samples, m.kept = samples, f.kept
			}
			m.kinds++
		}
	}
	return m, nil
}

// points are the variances of a colour's signals: by what part those of the
// plainer patches are off the fit. A patch holds all colours, and its noise is
// of all.
func (m *measurement) points(c raw.Color, fit *profileFit) []ProfilePoint {
	var bins [profileBins][]profileSample
	for _, s := range m.samples {
		if s.of[c] {
			i := binOf(s.mean[c])
			bins[i] = append(bins[i], s)
		}
	}
	var out []ProfilePoint
	var ratios []float64
	for _, b := range bins {
		sortByStructure(b)
		b = b[:int(float64(len(b))*plainShare)]
		if len(b) < leastPatches {
			continue
		}
		signal := 0.0
		ratios = ratios[:0]
		for _, s := range b {
			v := fit.model.Variance(float64(s.signal))
			signal += float64(s.mean[c])
			ratios = append(ratios, (float64(s.variance)-float64(fit.leaks[0]*max(float64(s.structure)-v, 0)))/v)
		}
		signal /= float64(len(b))
		slices.Sort(ratios)
		ratio := median(ratios) / medianOfSquares(float64(m.kept))
		out = append(out, ProfilePoint{Signal: signal, Variance: max(ratio*fit.model.Variance(signal), 0), Blocks: len(b)})
	}
	return out
}
