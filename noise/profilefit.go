package noise

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/quadraw/quadraw/raw"
)

// profileGroup is the blocks of one colour, of like signal and like structure:
// their number, mean signal and structure, and their median variance.
type profileGroup struct {
	color                       raw.Color
	signal, structure, variance float64
	blocks                      int
	freedom                     float64
	leaky                       bool
	plainest                    bool // has least structure of its signal
}

// groupShares part the blocks of a signal by their structure: all up to the
// first share, from there to the second, and so on.
var groupShares = [...]float64{.08, .2, .4, .65, 1}

// leastBlocks is how many blocks a group has at least.
const leastBlocks = 12

// estimate fits the blocks that were collected.
func (e *profiler) estimate(method ProfileMethod) (*ProfileEstimate, error) {
	var groups []profileGroup
	for c := range raw.Color(len(e.blocks)) {
		for _, b := range e.blocks[c] {
			groups = e.group(groups, c, b)
		}
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("%w: no unclipped area was found", ErrProfile)
	}
	// One amplifier reads all colours: before white balance they share
	// their noise, and the fit gains from all points.
	h := e.header
	model, leaks := fitProfile(groups, -h.Black.Mean()/(h.White[1]-h.Black.Mean()))
	out := &ProfileEstimate{Method: method, Profile: raw.NoiseProfile{model, model, model}}
	if !out.Profile.Known() {
		return nil, fmt.Errorf("%w: the frames show no noise", ErrProfile)
	}
	for _, g := range groups {
		if !g.plainest {
			continue
		}
		// What is left when the structure's part is taken off.
		v := g.variance - float64(g.leak(leaks)*max(g.structure-model.Variance(g.signal), 0))
		out.Points[g.color] = append(out.Points[g.color], ProfilePoint{Signal: g.signal, Variance: max(v, 0), Blocks: g.blocks})
	}
	return out, nil
}

// group sorts blocks of one colour and like signal by their structure and
// appends their groups.
func (e *profiler) group(groups []profileGroup, c raw.Color, b []profileSample) []profileGroup {
	if len(b) < leastBlocks {
		return groups
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
	from := 0
	var v []float64
	for _, share := range groupShares {
		to := int(float64(len(b)) * share)
		if to-from < leastBlocks {
			continue
		}
		g := profileGroup{color: c, blocks: to - from, freedom: freedom(e.header.CFA, c), leaky: leaky(e.header.CFA, c), plainest: from == 0}
		v = v[:0]
		for _, s := range b[from:to] {
			g.signal += float64(s.mean) / float64(to-from)
			g.structure += float64(s.structure) / float64(to-from)
			v = append(v, float64(s.variance))
		}
		slices.Sort(v)
		// The median of a mean of squares, against their expectation
		// (Wilson and Hilferty 1931).
		q := 1 - 2/(9*g.freedom)
		g.variance = (v[(len(v)-1)/2] + v[len(v)/2]) / 2 / (q * q * q)
		groups = append(groups, g)
		from = to
	}
	return groups
}

// leak is how much of the structure's variance comes through to the finest
// scale, of the two kinds of colours.
func (g *profileGroup) leak(leaks [2]float64) float64 {
	if g.leaky {
		return leaks[1]
	}
	return leaks[0]
}

// fitProfile is a weighted, robust least-squares fit of
//
//	variance = model(signal) + leak·(structure − model(signal))
//
// with one leak for each kind of colour: how much of the structure beyond noise
// comes through to the finest scale. A median of n variances σ² with f degrees
// of freedom scatters by σ²·√(π/(f·n)); groups with much structure are trusted
// less, and so are those that stand above the fit. No coefficient is negative.
// Noise that is cut off at floor, the signal of a stored 0, is made up for.
func fitProfile(groups []profileGroup, floor float64) (raw.NoiseModel, [2]float64) {
	model := raw.NoiseModel{}
	for _, g := range groups {
		model.Offset = max(model.Offset, g.variance)
	}
	var leaks [2]float64
	const rounds = 30
	trust := make([]float64, len(groups))
	for i := range trust {
		trust[i] = 1
	}
	for range rounds {
		// Unknowns: scale, offset and the two leaks, of the structure
		// beyond the noise of the last round.
		const unknowns = 4
		rows := len(groups) + 2
		a, y := mat.NewDense(rows, unknowns, nil), mat.NewVecDense(rows, nil)
		for i, g := range groups {
			x, kept := uncut(g.signal, floor, model)
			noise := model.Variance(x) * kept
			w := trust[i] / g.sigma(noise, leaks, model)
			if kept < leastKept {
				w *= 1e-3
			}
			kind := 0
			if g.leaky {
				kind = 1
			}
			a.Set(i, 0, w*kept*max(x, 0))
			a.Set(i, 1, w*kept)
			a.Set(i, 2+kind, w*(g.structure-noise))
			y.SetVec(i, w*g.variance)
		}
		// Leaks are small unless something says otherwise.
		for k := range leaks {
			a.Set(len(groups)+k, 2+k, 1/leakSigma)
			y.SetVec(len(groups)+k, float64(leakUsual)/leakSigma)
		}
		p := solvePositive(a, y)
		model = raw.NoiseModel{Scale: p[0], Offset: p[1]}
		leaks = [2]float64{p[2], p[3]}
		for i, g := range groups {
			x, kept := uncut(g.signal, floor, model)
			noise := model.Variance(x) * kept
			expected := noise + float64(g.leak(leaks)*max(g.structure-noise, 0))
			d := max((g.variance-expected)/g.sigma(noise, leaks, model)-1.5, 0) / 2
			trust[i] = 1 / (1 + d*d)
		}
	}
	return model, leaks
}

// Constants of the fit, chosen on simulated scenes and on photographs that are
// used for nothing else: what part of its own leak a group's leak may be off by,
// and what is known of leaks beforehand.
const (
	profileDoubt = 0.5
	leakUsual    = 0.02
	leakSigma    = 0.3
)

// sigma is by how much a group's variance may be off: by chance, by a structure
// that leaks more or less than others, and by the blocks that noise has lifted
// out into the clipped ones.
func (g *profileGroup) sigma(noise float64, leaks [2]float64, model raw.NoiseModel) float64 {
	noise = max(noise, 1e-14)
	s := noise * (math.Sqrt(math.Pi/(g.freedom*float64(g.blocks))) + .01)
	s += float64(profileDoubt * g.leak(leaks) * max(g.structure-noise, 0))
	if reach := g.signal + 3*math.Sqrt(model.Variance(g.signal)); reach > .98 {
		s += noise
	}
	return s
}

// leastKept is the part of the variance that must be left of noise that is cut
// off below.
const leastKept = 0.4

// uncut takes a mean of samples whose noise is cut off at floor to the signal
// behind it, and tells what part of the variance is left: moments of a normal
// distribution censored from below (Tobin 1958).
func uncut(mean, floor float64, model raw.NoiseModel) (signal, kept float64) {
	sigma := math.Sqrt(max(model.Variance(max(mean, 0)), 1e-14))
	u := max((mean-floor)/sigma, 1e-3)
	if u > 4 {
		return mean, 1
	}
	z := u
	var below, density float64
	for range 8 {
		below = math.Erfc(-z/math.Sqrt2) / 2
		density = math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		z -= (float64(z*below) + density - u) / max(below, .01)
	}
	v := float64((z*z+1)*below) + float64(z*density) - u*u
	return floor + z*sigma, min(max(v, 1e-3), 1)
}

// solvePositive is the least-squares solution of a·p = y without negative
// coefficients: those that come out below 0 are set to 0, the worst first.
func solvePositive(a *mat.Dense, y *mat.VecDense) []float64 {
	rows, n := a.Dims()
	use := make([]int, n)
	for i := range use {
		use[i] = i
	}
	for len(use) > 0 {
		part := mat.NewDense(rows, len(use), nil)
		for j, k := range use {
			for i := range rows {
				part.Set(i, j, a.At(i, k))
			}
		}
		var s mat.VecDense
		// A badly conditioned fit is still the best there is.
		if err := s.SolveVec(part, y); err != nil && s.Len() == 0 {
			break
		}
		worst, least := -1, 0.0
		for j := range use {
			if v := s.AtVec(j); v < least {
				worst, least = j, v
			}
		}
		if worst < 0 {
			p := make([]float64, n)
			for j, k := range use {
				p[k] = s.AtVec(j)
			}
			return p
		}
		use = slices.Delete(use, worst, worst+1)
	}
	return make([]float64, n)
}
