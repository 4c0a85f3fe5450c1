package noise

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/quadraw/quadraw/raw"
)

// filters are what least of the structure passes: unit vectors in the space of
// patches, in the order of what passes, without those that pass a colour's mean.
type filters struct {
	v             [][]float32
	share         [][3]float32 // how much of its noise is that of each colour
	passes        []float64
	enough, valid bool // there was enough to learn from, and to try on
}

// filterSet is the filters that measure each half of the squares, or of each
// square: the first kept measure noise, and pass level on average.
type filterSet struct {
	of    [][halves]filters // one for all squares, or one for each
	rise  float64           // of what the kept pass, on average above the first
	kept  int
	level float64
}

// at returns the filters of a square.
func (f *filterSet) at(square int) *[halves]filters {
	if len(f.of) == 1 {
		return &f.of[0]
	}
	return &f.of[square]
}

// structureWeight says how little blocks count for filters that have more
// structure than most.
func structureWeight(energy, usual float32) float32 {
	r := 1 + energy/usual
	return 4 / float32(r*r)
}

// learn finds the filters for each half from the other.
func (e *profiler) learn(ctx context.Context, squares []square, l *patchLayout, known *raw.NoiseModel) (*filterSet, error) {
	n := l.taps()
	lists := make([][]patchBlock, len(squares))
	if err := e.each(ctx, len(squares), func(i int) { lists[i] = l.blocks(&squares[i], known) }); err != nil {
		return nil, err
	}
	var all []float32
	for _, b := range lists {
		for i := range b {
			all = append(all, b[i].energy)
		}
	}
	if len(all) < 4 {
		return nil, nil
	}
	slices.Sort(all)
	usual := max(all[len(all)/5], 1e-20)
	sums := make([][halves]*covariance, len(squares))
	if err := e.each(ctx, len(squares), func(i int) {
		for h := range halves {
			sums[i][h] = newCovariance(n)
		}
		for k := range lists[i] {
			b := &lists[i][k]
			sums[i][b.half].addBlock(l, &squares[i], b, structureWeight(b.energy, usual))
		}
	}); err != nil {
		return nil, err
	}
	out := &filterSet{of: make([][halves]filters, 1)}
	if l.planes > 1 {
		out.of = make([][halves]filters, len(squares))
		if err := e.each(ctx, len(squares), func(i int) { out.of[i] = l.filters(&sums[i]) }); err != nil {
			return nil, err
		}
	} else {
		var total [halves]*covariance
		for h := range halves {
			total[h] = newCovariance(n)
			for i := range sums {
				total[h].merge(sums[i][h])
			}
		}
		out.of[0] = l.filters(&total)
	}
	if !out.choose() {
		return nil, nil
	}
	return out, nil
}

// filters learns the filters of each half from the other.
func (l *patchLayout) filters(sums *[halves]*covariance) (f [halves]filters) {
	for h := range halves {
		f[h] = sums[1-h].filters(l)
		f[h].validate(sums[h])
	}
	return f
}

// covariance sums up products of the samples of patches.
type covariance struct {
	n      int
	few    []float32 // fewPatches patches
	some   []float32 // sums of a block; upper triangle
	sum    []float64
	weight float64
}

// fewPatches is how many patches are added at a time.
const fewPatches = 4

func newCovariance(n int) *covariance {
	return &covariance{n: n, few: make([]float32, fewPatches*n), some: make([]float32, n*n), sum: make([]float64, n*n)}
}

// addBlock adds all patches of a block.
func (c *covariance) addBlock(l *patchLayout, q *square, b *patchBlock, weight float32) {
	root := float32(math.Sqrt(float64(weight)))
	scale := b.scale
	for i := range scale {
		scale[i] *= root
	}
	w, h := l.block()
	count := 0
	for y := b.y; y+l.h <= b.y+h; y += l.step {
		for x := b.x; x+l.w <= b.x+w; x += l.step {
			l.gather(c.few[count%fewPatches*c.n:][:c.n], q, x, y, &b.mean, &scale)
			count++
			if count%fewPatches == 0 {
				c.addFew()
			}
		}
	}
	if rest := count % fewPatches; rest != 0 {
		clear(c.few[rest*c.n:])
		c.addFew()
	}
	c.weight += float64(count) * float64(weight)
	for i, v := range c.some {
		c.sum[i] += float64(v)
		c.some[i] = 0
	}
}

func (c *covariance) addFew() {
	n := c.n
	v0, v1, v2, v3 := c.few[:n], c.few[n:2*n], c.few[2*n:3*n], c.few[3*n:4*n]
	for i := range n {
		row := c.some[i*n+i:][:n-i]
		a0, a1, a2, a3 := v0[i], v1[i], v2[i], v3[i]
		w0, w1, w2, w3 := v0[i:][:len(row)], v1[i:][:len(row)], v2[i:][:len(row)], v3[i:][:len(row)]
		for j := range row {
			row[j] += (float32(a0*w0[j]) + float32(a1*w1[j])) + (float32(a2*w2[j]) + float32(a3*w3[j]))
		}
	}
}

func (c *covariance) merge(o *covariance) {
	for i, v := range o.sum {
		c.sum[i] += v
	}
	c.weight += o.weight
}

// filters returns the eigenvectors of the covariance, least eigenvalues first,
// in the space without the means of the colours.
func (c *covariance) filters(l *patchLayout) filters {
	n := c.n
	s := mat.NewSymDense(n, nil)
	trace := 0.0
	k := 1 / max(c.weight, 1e-30)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, float64(c.sum[i*n+j]*k))
		}
		trace += s.At(i, i)
	}
	// Means get eigenvalues that no structure has.
	means := 0
	for color := range raw.Color(3) {
		count := 0
		for _, t := range l.color {
			if t == color {
				count++
			}
		}
		if count == 0 {
			continue
		}
		means++
		for i := range n {
			for j := i; j < n; j++ {
				if l.color[i] == color && l.color[j] == color {
					s.SetSym(i, j, s.At(i, j)+float64(100*trace)/float64(count))
				}
			}
		}
	}
	var eig mat.EigenSym
	f := filters{enough: c.weight > float64(n)}
	if !eig.Factorize(s, true) {
		return f
	}
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	values := eig.Values(nil)
	for j := range n - means {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(vectors.At(i, j))
		}
		f.v = append(f.v, v)
		var share [3]float32
		for i, x := range v {
			share[l.color[i]] += float32(x * x)
		}
		f.share = append(f.share, share)
		f.passes = append(f.passes, values[j])
	}
	return f
}

// validate finds out what the filters pass of other patches than those they were
// learnt from, and which are fit to measure noise.
func (f *filters) validate(c *covariance) {
	n := c.n
	for i := range f.v[:len(f.v)/4+1] {
		v := f.v[i]
		sum := 0.0
		for a := range n {
			row := 0.0
			for b := a + 1; b < n; b++ {
				row += c.sum[a*n+b] * float64(v[b])
			}
			sum += float64(v[a]) * (2*row + c.sum[a*n+a]*float64(v[a]))
		}
		f.passes[i] = sum / max(c.weight, 1e-30)
	}
	f.valid = f.enough && c.weight > float64(n)
}

// plateau is by how much more than the mean of those before it a filter may pass.
const plateau = 0.006

// choose decides how many filters measure noise: those that pass hardly more
// than the first. It reports whether there are any.
func (f *filterSet) choose() bool {
	var passes []float64
	count := 0.0
	for i := range f.of {
		for h := range f.of[i] {
			p := f.of[i][h].passes
			if len(p) == 0 || !f.of[i][h].valid {
				continue
			}
			if passes == nil {
				passes = make([]float64, len(p))
			}
			for k := range p {
				passes[k] += p[k]
			}
			count++
		}
	}
	n := len(passes)
	if n == 0 {
		return false
	}
	least, most := n/16+1, n/4+1
	sum := 0.0
	for i, p := range passes[:most] {
		p /= count
		if i >= least && p*float64(i) > (1+plateau)*sum {
			break
		}
		sum += p
		f.kept = i + 1
	}
	f.level = sum / float64(f.kept)
	f.rise = max(f.level*count/passes[0]-1, 0)
	return true
}
