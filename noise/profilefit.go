package noise

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/quadraw/quadraw/raw"
)

// estimate fits the blocks that were collected.
func (e *profiler) estimate(method ProfileMethod) (*ProfileEstimate, error) {
	out := &ProfileEstimate{Method: method}
	var all []ProfilePoint
	for c := range e.blocks {
		for _, b := range e.blocks[c] {
			if p, ok := plain(b, e.bias); ok {
				out.Points[c] = append(out.Points[c], p)
			}
		}
		all = append(all, out.Points[c]...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: no plain, unclipped area was found", ErrProfile)
	}
	// One amplifier reads all colours: before white balance they share
	// their noise, and the fit gains from all points.
	model := fitProfile(all)
	out.Profile = raw.NoiseProfile{model, model, model}
	if !out.Profile.Known() {
		return nil, fmt.Errorf("%w: the frames show no noise", ErrProfile)
	}
	return out, nil
}

// What the choice of blocks and the mean of their middle half make of white
// noise of variance 1; measured. The structure of a pair's mean knows nothing
// of its difference, so there only the skew of the distribution counts.
const (
	singleBias = 0.924
	pairBias   = 0.956
)

// plain averages the least structured blocks of a brightness.
func plain(b []profileSample, bias float64) (ProfilePoint, bool) {
	const least = 12
	if len(b) < least {
		return ProfilePoint{}, false
	}
	// Ties are broken by the other figures, so that the order in which
	// workers came by does not matter.
	slices.SortFunc(b, func(p, q profileSample) int {
		for _, d := range [...]float32{p.structure - q.structure, p.variance - q.variance, p.mean - q.mean} {
			if d != 0 {
				return int(math.Copysign(1, float64(d)))
			}
		}
		return 0
	})
	b = b[:max(least, int(float64(len(b))*plainest))]
	v := make([]float64, len(b))
	var p ProfilePoint
	for i := range b {
		v[i] = float64(b[i].variance)
		p.Signal += float64(b[i].mean) / float64(len(b))
	}
	slices.Sort(v)
	// The middle half: texture that slipped in is in the upper quarter.
	v = v[len(v)/4 : len(v)-len(v)/4]
	for _, x := range v {
		p.Variance += x / float64(len(v))
	}
	p.Variance /= bias
	p.Blocks = len(b)
	return p, true
}

// fitProfile is a weighted, robust least-squares line through the points: a
// mean of n variances σ² scatters by σ²/√n, and points that texture lifts are
// trusted less. Neither slope nor intercept becomes negative.
func fitProfile(points []ProfilePoint) raw.NoiseModel {
	model := raw.NoiseModel{}
	for _, p := range points {
		model.Offset = max(model.Offset, p.Variance)
	}
	const rounds = 12
	trust := make([]float64, len(points))
	for i := range trust {
		trust[i] = 1
	}
	for range rounds {
		a, y := mat.NewDense(len(points), 2, nil), mat.NewVecDense(len(points), nil)
		var n, sx, sy, sxx, sxy float64
		for i, p := range points {
			x := max(p.Signal, 0)
			w := trust[i] * math.Sqrt(float64(p.Blocks)) / max(model.Variance(x), 1e-12)
			a.Set(i, 0, w*x)
			a.Set(i, 1, w)
			y.SetVec(i, w*p.Variance)
			n, sx, sy, sxx, sxy = n+w*w, sx+w*w*x, sy+w*w*p.Variance, sxx+w*w*x*x, sxy+w*w*x*p.Variance
		}
		var s mat.VecDense
		next := raw.NoiseModel{Offset: sy / n}
		if err := s.SolveVec(a, y); err == nil {
			next = raw.NoiseModel{Scale: s.AtVec(0), Offset: s.AtVec(1)}
		}
		if next.Scale < 0 {
			next = raw.NoiseModel{Offset: sy / n}
		}
		if next.Offset < 0 {
			next = raw.NoiseModel{Scale: sxy / sxx}
		}
		model = next
		for i, p := range points {
			// Relative deviation against its own scatter, with a
			// floor; only excess counts against a point.
			sigma := math.Sqrt(2/(17*float64(p.Blocks))) + .02
			d := max(p.Variance/max(model.Variance(p.Signal), 1e-12)-1, 0) / (2 * sigma)
			trust[i] = 1 / (1 + d*d)
		}
	}
	return model
}
