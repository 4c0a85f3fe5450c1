package noise

import (
	"context"
	"fmt"
	"slices"

	"github.com/quadraw/quadraw/raw"
)

// estimate learns filters, measures with them and fits. From nothing known it
// does so three times: colours are made equally noisy by what was found before,
// and a part of the squares will do for a beginning.
func (e *profiler) estimate(ctx context.Context, method ProfileMethod, known *raw.NoiseModel) (*ProfileEstimate, error) {
	h := e.header
	step := 1 / (h.White[1] - h.Black.Mean())
	floor := -h.Black.Mean() * step
	var m *measurement
	var fit *profileFit
	rounds := 1
	if known == nil {
		rounds = 3
	}
	for round := range rounds {
		var err error
		if m, err = e.measureAll(ctx, known, rounds > 1 && round == 0); err != nil {
			return nil, err
		}
		if len(m.groups) == 0 {
			return nil, fmt.Errorf("%w: no unclipped area was found", ErrProfile)
		}
		fit = fitProfile(m.groups, m.kinds, floor, step)
		if !(fit.model.Scale+fit.model.Offset > 0) {
			return nil, fmt.Errorf("%w: the frames show no noise", ErrProfile)
		}
		known = &fit.model
	}
	// One amplifier reads all colours: before white balance they share
	// their noise, and the fit gains from all.
	out := &ProfileEstimate{Method: method, Profile: raw.NoiseProfile{fit.model, fit.model, fit.model}, Error: fit.off}
	for c := range raw.Color(3) {
		out.Points[c] = m.points(c, fit)
	}
	return out, nil
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

// measureAll measures with all layouts of patches.
func (e *profiler) measureAll(ctx context.Context, known *raw.NoiseModel, rough bool) (*measurement, error) {
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
			kind := profileGroup{kind: m.kinds, small: l.taps() < smallPatch, freedom: float64(f.kept), level: f.level, rise: f.rise}
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
