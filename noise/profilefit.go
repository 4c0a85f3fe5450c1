package noise

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/quadraw/quadraw/raw"
)

// profileGroup is patches of one kind, of like signal and like structure: their
// number, mean signal and structure, and their median variance.
type profileGroup struct {
	signal, structure, variance float64
	patches                     int

	kind        int     // of layout
	small       bool    // patches of few samples
	alone       bool    // patches of one frame each
	freedom     float64 // how many squares a variance is the mean of
	level, rise float64 // of the filters
	doubt       float64 // by what part the kind may be off
	grain       float64 // by what part a picture's grain may lift all patches of one frame
}

// groupShares part the patches of a signal by their structure: all up to the
// first share, from there to the second, and so on.
var groupShares = [...]float64{.08, .2, .4, .65, 1}

// leastPatches is how many patches a group has at least.
const leastPatches = 24

// profileBins is into how many parts signals are sorted.
const profileBins = 40

// binOf sorts signals into bins that are even in the square root.
func binOf(x float32) int {
	return min(int(math.Sqrt(max(float64(x), 0))*profileBins), profileBins-1)
}

// plainShare is what part of the patches, those of least structure, is plain.
const plainShare = 0.4

func sortByStructure(b []profileSample) {
	slices.SortFunc(b, func(p, q profileSample) int {
		return cmp.Or(cmp.Compare(p.structure, q.structure), cmp.Compare(p.variance, q.variance), cmp.Compare(p.signal, q.signal))
	})
}

// sort sorts patches of a kind by their signal, then by their structure, and
// appends the groups.
func (kind *profileGroup) sort(groups []profileGroup, samples []profileSample) []profileGroup {
	var bins [profileBins][]profileSample
	for _, s := range samples {
		i := binOf(s.signal)
		bins[i] = append(bins[i], s)
	}
	var v []float64
	for _, b := range bins {
		sortByStructure(b)
		from := 0
		for _, share := range groupShares {
			to := int(float64(len(b)) * share)
			if to-from < leastPatches {
				continue
			}
			g := *kind
			g.patches = to - from
			v = v[:0]
			for _, s := range b[from:to] {
				g.signal += float64(s.signal) / float64(to-from)
				g.structure += float64(s.structure) / float64(to-from)
				v = append(v, float64(s.variance))
			}
			slices.Sort(v)
			g.variance = median(v) / medianOfSquares(g.freedom)
			groups = append(groups, g)
			from = to
		}
	}
	return groups
}

// median is the median of what is sorted.
func median(v []float64) float64 { return (v[(len(v)-1)/2] + v[len(v)/2]) / 2 }

// medianOfSquares is the median of the mean of n squares of normal deviates
// (Wilson and Hilferty 1931).
func medianOfSquares(n float64) float64 {
	q := 1 - 2/(9*n)
	return q * q * q
}

// profileFit is a fitted profile: what part of the structure beyond noise the
// filters of each kind pass, and by what part the variances may be off.
type profileFit struct {
	model raw.NoiseModel
	leaks []float64
	off   float64

	groups []profileGroup
	trust  []float64
	floor  float64
	usual  float64 // a first guess of Scale
	read   float64 // what Offset is of usual, beforehand
}

// grainErrors is by how many times the errors of both kinds of patches those of one
// frame must see more for it to be a picture's grain.
const grainErrors = 2

// fitBurst fits patches of single frames together with those through a burst.
// The former cannot tell the grain of a picture, as of film, from noise, the
// latter see that it moves with the picture: where the former see more than
// chance explains, they are doubted.
func fitBurst(groups []profileGroup, kinds int, floor, step float64) *profileFit {
	var alone, through []profileGroup
	for _, g := range groups {
		if g.alone {
			alone = append(alone, g)
		} else {
			through = append(through, g)
		}
	}
	if len(alone) > 0 && len(through) > 0 {
		a, t := fitProfile(alone, kinds, floor, step), fitProfile(through, kinds, floor, step)
		more := max(a.from(t.model), 0)
		chance := grainErrors * math.Hypot(a.off, t.off)
		grain := math.Sqrt(max(float64(more*more)-float64(chance*chance), 0))
		for i := range groups {
			if groups[i].alone {
				groups[i].grain = grain
			}
		}
	}
	return fitProfile(groups, kinds, floor, step)
}

// fitProfile is a weighted, robust least-squares fit of
//
//	variance = model(signal) + leak·(structure − model(signal))
//
// with a leak for each kind of patches. A median of n variances σ², each the
// mean of f squares, scatters by σ²·√(π/(f·n)); groups with much structure are
// trusted less, and so are those that stand above the fit. No coefficient is
// negative. Noise that is cut off at floor, the signal of a stored 0, is made up
// for; step is that of stored values.
func fitProfile(groups []profileGroup, kinds int, floor, step float64) *profileFit {
	p := &profileFit{groups: groups, floor: floor, leaks: make([]float64, kinds), trust: make([]float64, len(groups))}
	p.begin(step)
	unknowns := 2 + kinds
	rows := len(groups) + kinds + 1
	a, y := mat.NewDense(rows, unknowns, nil), mat.NewVecDense(rows, nil)
	const rounds = 30
	for range rounds {
		a.Zero()
		for i := range groups {
			g := &groups[i]
			noise, x, kept := p.noise(g)
			w := p.trust[i] / g.sigma(noise, p.leaks[g.kind])
			if kept < leastKept {
				w *= 1e-3
			}
			a.Set(i, 0, w*kept*max(x, 0))
			a.Set(i, 1, w*kept)
			a.Set(i, 2+g.kind, w*(g.structure-noise))
			y.SetVec(i, w*g.variance)
		}
		// Leaks are small unless something says otherwise, and so is
		// read noise.
		for k := range kinds {
			a.Set(len(groups)+k, 2+k, 1/leakSigma)
		}
		scale, offset, known := p.prior()
		a.Set(rows-1, 0, scale)
		a.Set(rows-1, 1, offset)
		y.SetVec(rows-1, known)
		q := solvePositive(a, y)
		p.model = raw.NoiseModel{Scale: q[0], Offset: q[1]}
		copy(p.leaks, q[2:])
		for i := range groups {
			g := &groups[i]
			noise, _, _ := p.noise(g)
			leak := p.leaks[g.kind]
			expected := noise + float64(leak*max(g.structure-noise, 0))
			d := max((g.variance-expected)/g.sigma(noise, leak)-1.5, 0) / 2
			p.trust[i] = 1 / (1 + d*d)
		}
	}
	p.off = p.uncertainty(a)
	return p
}

// begin guesses, and finds out which kinds are to be doubted: those whose
// filters pass more than others', of patches that have structure.
func (p *profileFit) begin(step float64) {
	count := make([]float64, len(p.leaks))
	least := math.Inf(1)
	var slopes []float64
	alone := 0.0
	for i := range p.groups {
		g := &p.groups[i]
		count[g.kind]++
		if g.alone {
			alone++
		}
		least = min(least, g.level)
		slopes = append(slopes, g.variance/max(g.signal, 1e-3))
		p.trust[i] = 1
	}
	for i := range p.groups {
		g := &p.groups[i]
		g.doubt = (g.level/least - 1) * min(max(g.structure*least/max(g.variance, 1e-14)-1, 0)/10, 1)
		if g.small {
			g.doubt += smallDoubt
		}
		// What a kind is off by does not average out.
		g.doubt *= math.Sqrt(count[g.kind]) / 2
		g.doubt += float64(g.grain * math.Sqrt(alone))
	}
	slices.Sort(slopes)
	p.usual = max(slopes[len(slopes)/10], 1e-12)
	// Scale is an electron, so that electrons² are in units of Scale².
	p.read = float64(readElectrons*p.usual) + float64(readSteps*step*step)/p.usual
	p.model = raw.NoiseModel{Scale: p.usual}
	for k := range p.leaks {
		p.leaks[k] = leakUsual
	}
}

// prior is the row of the fit that tells what is known of read noise beforehand:
// that the logarithm of Offset in units of Scale scatters about read's by
// readSigma, with tails as long as those of Student's t of four degrees of
// freedom. It is linear about the model found so far.
func (p *profileFit) prior() (scale, offset, known float64) {
	s := max(p.model.Scale, p.usual/10)
	ratio := max(p.model.Offset/s, p.read/4)
	far := math.Log(ratio/p.read) / readSigma
	weight := 1 / math.Sqrt(1+float64(far*far)/4)
	k := weight / (readSigma * ratio * s)
	return -k * ratio, k, -weight * far
}

// noise is the variance of a group that is noise, its signal, and what part of
// the variance is left of noise that is cut off below.
func (p *profileFit) noise(g *profileGroup) (noise, x, kept float64) {
	x, kept = uncut(g.signal, p.floor, p.model)
	return p.model.Variance(x) * kept, x, kept
}

// uncertainty is by what part the variances of the groups' signals may be off:
// what the weights of the fit say, and what the filters pass beyond what the
// first of them does, which is structure where it is not chance.
func (p *profileFit) uncertainty(a *mat.Dense) float64 {
	var n, c mat.Dense
	n.Mul(a.T(), a)
	if err := c.Inverse(&n); err != nil && c.IsEmpty() {
		return 1
	}
	sum, patches, rise, weights := 0.0, 0.0, 0.0, 0.0
	for i := range p.groups {
		g := &p.groups[i]
		noise, x, kept := p.noise(g)
		v := float64(x*x*c.At(0, 0)) + float64(2*x*c.At(0, 1)) + c.At(1, 1)
		k := float64(g.patches)
		sum += k * math.Sqrt(max(v, 0)) * kept / max(noise, 1e-14)
		patches += k
		w := noise / g.sigma(noise, p.leaks[g.kind])
		rise += w * w * g.rise
		weights += w * w
	}
	return min(math.Hypot(sum/patches, rise/weights)+leastOff, 1)
}

// from is by what part the fitted variances are above those of another model, at
// the groups' signals.
func (p *profileFit) from(other raw.NoiseModel) float64 {
	sum, patches := 0.0, 0.0
	for i := range p.groups {
		g := &p.groups[i]
		k := float64(g.patches)
		sum += float64(k * (p.model.Variance(max(g.signal, 0))/other.Variance(max(g.signal, 0)) - 1))
		patches += k
	}
	return sum / patches
}

// Constants of the fit, chosen on simulated scenes and on photographs that are
// used for nothing else: what part of its own leak a group's leak may be off by,
// what is known of leaks beforehand, and by how much patches of few samples, and
// all, may be off. Of read noise is known what sensors have: the variance of 1.7
// electrons before the gain and of 0.7 steps after it, which converters are made
// to resolve, twice or half as much in two of three.
const (
	profileDoubt  = 1
	leakUsual     = 0.005
	leakSigma     = 0.3
	readElectrons = 3
	readSteps     = 0.5
	readSigma     = 0.7
	smallPatch    = 32 // samples
	smallDoubt    = 0.03
	leastOff      = 0.005
)

// sigma is by how much a group's variance may be off: by chance, and by a
// structure that leaks more or less than others.
func (g *profileGroup) sigma(noise, leak float64) float64 {
	noise = max(noise, 1e-14)
	s := noise * (math.Sqrt(math.Pi/(g.freedom*float64(g.patches))) + .01 + g.doubt)
	return s + float64(profileDoubt*max(leak, leakUsual)*max(g.structure-noise, 0))
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
