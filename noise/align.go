package noise

import (
	"context"
	"image"
	"math"
	"slices"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Constants of the alignment. They were chosen on vector error and on the
// picture after spatial denoising, never on the merged picture alone: noisy
// vectors in flat areas average other pixels and look like a gain there.
const (
	vectorPenalty = 6 * alignTile // nats that a tile pays for leaving the prediction
	priorSigma    = 0.3           // samples: how far a tile strays from its prior
	steadySigma   = 0.02          // the least, where all tiles keep to the camera's motion
	gateResidual  = 3.0           // median residual above which a frame is dropped
	fitSamples    = 1024
	// Tiles of level 0 lie fineStep samples apart. Every second one down and
	// across is searched; those between are searched only where their
	// neighbours' displacements spread by more than agreeing samples.
	fineStep = alignTile / 2
	agreeing = 0.4
	// A tile takes over a neighbour's displacement that is more than distinct
	// samples away and takes better from its squared differences, in units of
	// what noise gives one sample; chosenSigma is how far it strays from there.
	distinct    = 0.3
	better      = 4.0
	chosenSigma = 0.6
)

// aligner finds where the tiles of a reference are seen in another frame.
type aligner struct {
	ref     *pyramid
	model   raw.NoiseModel // of the reference, mean of the colours
	other   raw.NoiseModel // of the frame at the reference's exposure
	workers int
	win     *tileWindow
	// finest is the level at which the search ends: 0, or 1 where half the
	// precision will do.
	finest int
}

// motion is what alignment found for one frame.
type motion struct {
	field            // displacements in raw pixels, tiles at level 0
	level    int     // of the field's tiles
	residual float64 // median over the tiles, 1 where only noise is left
	camera   affine  // in raw pixels
	shiftY   float64 // displacement of the middle of the frame, raw pixels
	shiftX   float64
}

// variance returns the variance of a sample of level lv, in gray units, as a
// function of the mean; rounding to integers counts too.
func (a *aligner) variance(lv int) func(float64) float64 {
	f := a.ref.variance * math.Pow(levelVariance, float64(lv))
	return func(mean float64) float64 {
		x := max(mean/grayWhite, 0)
		v := (a.model.Variance(x) + a.other.Variance(x)) / 2
		return float64(v*f)*(grayWhite*grayWhite) + 0.1
	}
}

type alignScratch struct {
	lk         lucasKanade
	bufA, bufB [alignTile * alignTile]int16
}

// align searches coarse to fine.
func (a *aligner) align(ctx context.Context, b *pyramid) (*motion, error) {
	levels := len(a.ref.levels)
	gy, gx, _ := globalShift(a.ref, b)
	var coarse *field
	var residual []float64
	var camera affine
	for lv := levels - 1; lv >= a.finest; lv-- {
		f := newField(&a.ref.levels[lv], lv)
		k := float64(int(1) << lv)
		s := &levelSearch{
			aligner: a, ref: &a.ref.levels[lv], alt: &b.levels[lv], lv: lv, coarse: coarse, out: f, s2: a.variance(lv),
			global: vec{float32(math.Round(gy / k)), float32(math.Round(gx / k))},
		}
		s.camera = s.fit(s.predict)
		if err := s.run(ctx, s.searchTile); err != nil {
			return nil, err
		}
		if lv == a.finest {
			var err error
			if residual, err = s.refine(ctx); err != nil {
				return nil, err
			}
			camera = s.camera
		}
		coarse = s.out
	}
	m := &motion{field: *coarse, camera: camera, level: a.finest}
	scale := float32(a.ref.period << a.finest)
	for i := range m.v {
		m.v[i].y *= scale
		m.v[i].x *= scale
	}
	slices.Sort(residual)
	m.residual = residual[len(residual)/2]
	mid := camera.at(m.ny/2, m.nx/2)
	m.shiftY, m.shiftX = float64(mid.y*scale), float64(mid.x*scale)
	return m, nil
}

// at returns the displacement at a place of the frame in raw pixels.
func (m *motion) at(y, x float32, period int) vec {
	pitch := float32(m.step * period << m.level)
	first := float32((m.off + alignTile/2) * period << m.level)
	return m.interpolate((y-first)/pitch, (x-first)/pitch)
}

// newField lays tiles over a level: half overlapped and beginning half a tile
// outside at level 0, side by side above.
func newField(p *plane, lv int) *field {
	f := &field{step: alignTile}
	if lv == 0 {
		f.step, f.off = fineStep, -alignTile/2
	}
	f.ny, f.nx = (p.h+f.step-1)/f.step, (p.w+f.step-1)/f.step
	if lv == 0 {
		f.ny++
		f.nx++
	}
	f.v = make([]vec, f.nx*f.ny)
	return f
}

// levelSearch is the work on one level.
type levelSearch struct {
	*aligner
	ref, alt *plane
	lv       int
	coarse   *field // of the level above, or nil
	global   vec    // in samples of this level
	camera   affine
	s2       func(float64) float64
	found    *field // what the passes of refine start from
	out      *field
	residual []float64
}

// every is the distance of the tiles that are searched.
func (s *levelSearch) every() int {
	if s.lv == 0 {
		return 2
	}
	return 1
}

// refine takes the last step at the finest level and fills in the tiles between. It
// returns the residuals of the searched tiles.
func (s *levelSearch) refine(ctx context.Context) ([]float64, error) {
	f := s.out
	s.camera = s.fit(func(ty, tx int) vec { return f.v[ty*f.nx+tx] })
	n := s.every()
	s.residual = make([]float64, ((f.nx+n-1)/n)*((f.ny+n-1)/n))
	passes := []func(*alignScratch, int, int){s.refineTile, s.medianTile}
	if n > 1 {
		passes = append(passes, s.fillTile, s.chooseTile, s.chooseTile)
	}
	for _, pass := range passes {
		s.found, s.out = s.out, newField(s.ref, s.lv)
		if err := s.run(ctx, pass); err != nil {
			return nil, err
		}
	}
	return s.residual, nil
}

func (s *levelSearch) run(ctx context.Context, work func(sc *alignScratch, ty, tx int)) error {
	plan := &tile.Plan{Bounds: image.Rect(0, 0, s.out.nx, s.out.ny), Size: image.Pt(s.out.nx, 4), Workers: max(s.workers, 1)}
	return tile.Each(ctx, plan, func() *alignScratch {
		sc := &alignScratch{}
		sc.lk.win = s.win
		return sc
	}, func(_ context.Context, sc *alignScratch, r image.Rectangle) error {
		for ty := r.Min.Y; ty < r.Max.Y; ty++ {
			for tx := r.Min.X; tx < r.Max.X; tx++ {
				work(sc, ty, tx)
			}
		}
		return nil
	})
}

// coarseAt returns where tile (ty, tx) lies in the coarse field.
func (s *levelSearch) coarseAt(ty, tx int) (y, x float32) {
	at := func(t int) float32 {
		return float32(t*s.out.step+s.out.off+alignTile/2)/(2*alignTile) - .5
	}
	return at(ty), at(tx)
}

func (s *levelSearch) predict(ty, tx int) vec {
	if s.coarse == nil {
		return s.global
	}
	y, x := s.coarseAt(ty, tx)
	v := s.coarse.interpolate(y, x)
	return vec{2 * v.y, 2 * v.x}
}

// fit finds the camera's motion from a sample of the tiles, each weighted by
// how well its texture fixes a displacement.
func (s *levelSearch) fit(v func(ty, tx int) vec) affine {
	f := s.out
	skip := s.every()
	for (f.nx/skip)*(f.ny/skip) > fitSamples {
		skip += s.every()
	}
	var lk lucasKanade
	lk.win = s.win
	var list []sample
	for ty := skip / 2 &^ 1; ty < f.ny; ty += skip {
		for tx := skip / 2 &^ 1; tx < f.nx; tx += skip {
			s2 := lk.prepare(s.ref, tx*f.step+f.off, ty*f.step+f.off, s.s2)
			list = append(list, sample{ty, tx, v(ty, tx), min(lk.hyy, lk.hxx) / s2})
		}
	}
	return fitAffine(list)
}

// searchTile finds a tile's displacement by [levelSearch.search]; at level 0
// only every second tile down and across.
func (s *levelSearch) searchTile(sc *alignScratch, ty, tx int) {
	if n := s.every(); ty%n == 0 && tx%n == 0 {
		s.out.v[ty*s.out.nx+tx] = s.search(sc, ty, tx)
	}
}

// search finds a tile's displacement to a sample by least squares, with a
// price on leaving the prediction, and then to a fraction.
func (s *levelSearch) search(sc *alignScratch, ty, tx int) vec {
	f := s.out
	y, x := ty*f.step+f.off, tx*f.step+f.off
	s2 := sc.lk.prepare(s.ref, x, y, s.s2)
	pred := s.predict(ty, tx)
	ref, stride := s.ref.window(x, y, alignTile, sc.bufA[:])
	m := matcher{s: s, ref: ref, stride: stride, buf: sc.bufB[:], x: x, y: y, pred: pred, scale: 1 / (4 * s2), best: math.Inf(1)}
	m.try(rounded(pred))
	radius, rounds := 1, 1
	if s.coarse == nil {
		radius, rounds = 3, 2
		m.try([2]int{})
	} else {
		cy, cx := s.coarseAt(ty, tx)
		y0, x0 := int(math.Floor(float64(cy))), int(math.Floor(float64(cx)))
		for dy := range 2 {
			for dx := range 2 {
				v := s.coarse.at(y0+dy, x0+dx)
				m.try(rounded(vec{2 * v.y, 2 * v.x}))
			}
		}
		m.try(rounded(s.global))
		m.try([2]int{})
		if s.lv > 0 {
			radius = 2
		}
	}
	for range rounds {
		base := m.at
		for dy := -radius; dy <= radius; dy++ {
			for dx := -radius; dx <= radius; dx++ {
				m.try([2]int{base[0] + dy, base[1] + dx})
			}
		}
	}
	v := vec{float32(m.at[0]), float32(m.at[1])}
	prior := s.camera.at(ty, tx)
	if s.camera.far(pred, prior) {
		prior = pred
	}
	v, _ = sc.lk.step(s.alt, x, y, v, prior, 2*s2/(priorSigma*priorSigma))
	return v
}

// refineTile is a last step of a searched tile towards the camera's motion as
// the whole level tells it; tiles that move on their own follow their
// neighbours instead.
func (s *levelSearch) refineTile(sc *alignScratch, ty, tx int) {
	n := s.every()
	if ty%n != 0 || tx%n != 0 {
		return
	}
	f := s.out
	s2 := sc.lk.prepare(s.ref, tx*f.step+f.off, ty*f.step+f.off, s.s2)
	v, res := s.last(sc, ty, tx, s.found.v[ty*f.nx+tx], s2)
	// What noise explains, and a fifth of the tile's own power for
	// aliasing and interpolation.
	expected := float64(2*s2) + float64(.2*max(sc.lk.power-s2, 0))
	s.residual[ty/n*((f.nx+n-1)/n)+tx/n] = res / (expected * s.win.sum)
	f.v[ty*f.nx+tx] = v
}

// last is the last step of a tile that is prepared and was found at v.
func (s *levelSearch) last(sc *alignScratch, ty, tx int, v vec, s2 float64) (vec, float64) {
	f := s.out
	prior := s.camera.at(ty, tx)
	sigma := min(max(s.camera.scale, steadySigma), priorSigma)
	if s.camera.far(v, prior) {
		if near := s.found.median(ty-ty%s.every(), tx-tx%s.every(), 2, s.every()); s.camera.far(near, prior) {
			prior, sigma = near, priorSigma
		}
	}
	return sc.lk.step(s.alt, tx*f.step+f.off, ty*f.step+f.off, v, prior, 2*s2/(sigma*sigma))
}

// fillTile gives a tile between searched ones their mean, or searches it too
// where they disagree: at the rims of what moves on its own.
func (s *levelSearch) fillTile(sc *alignScratch, ty, tx int) {
	f, from := s.out, s.found
	at := ty*f.nx + tx
	y0, x0 := ty&^1, tx&^1
	y1, x1 := y0, x0
	if ty&1 == 1 && ty+1 < f.ny {
		y1 = ty + 1
	}
	if tx&1 == 1 && tx+1 < f.nx {
		x1 = tx + 1
	}
	a, b, c, d := from.at(y0, x0), from.at(y0, x1), from.at(y1, x0), from.at(y1, x1)
	high := vec{max(a.y, b.y, c.y, d.y), max(a.x, b.x, c.x, d.x)}
	low := vec{min(a.y, b.y, c.y, d.y), min(a.x, b.x, c.x, d.x)}
	if high.y-low.y <= agreeing && high.x-low.x <= agreeing {
		f.v[at] = vec{((a.y + b.y) + (c.y + d.y)) / 4, ((a.x + b.x) + (c.x + d.x)) / 4}
		return
	}
	v := s.search(sc, ty, tx)
	s2 := s.s2(sc.lk.mean)
	f.v[at], _ = s.last(sc, ty, tx, v, s2)
}

// chooseTile lets a tile take over the displacement of a neighbour or of the
// camera where that fits better: at the rims of what moves on its own, where
// the median has rounded corners off and means belong to neither side.
func (s *levelSearch) chooseTile(sc *alignScratch, ty, tx int) {
	f, from := s.out, s.found
	at := ty*f.nx + tx
	own := from.v[at]
	f.v[at] = own
	var others [10]vec
	n := 0
	offer := func(v vec) {
		for _, o := range others[:n] {
			if o.near(v, distinct) {
				return
			}
		}
		others[n] = v
		n++
	}
	for y := max(ty-1, 0); y <= min(ty+1, f.ny-1); y++ {
		for _, v := range from.v[y*f.nx+max(tx-1, 0) : y*f.nx+min(tx+2, f.nx)] {
			if !v.near(own, distinct) {
				offer(v)
			}
		}
	}
	if v := s.camera.at(ty, tx); !v.near(own, distinct) {
		offer(v)
	}
	if n == 0 {
		return
	}
	x, y := tx*f.step+f.off, ty*f.step+f.off
	s2 := sc.lk.prepare(s.ref, x, y, s.s2)
	precision := 2 * s2 / (chosenSigma * chosenSigma)
	_, least := sc.lk.step(s.alt, x, y, own, own, precision)
	least -= better * 2 * s2
	for _, o := range others[:n] {
		if v, res := sc.lk.step(s.alt, x, y, o, o, precision); res < least {
			f.v[at], least = v, res
		}
	}
}

// medianTile takes the median of nine searched tiles.
func (s *levelSearch) medianTile(_ *alignScratch, ty, tx int) {
	if n := s.every(); ty%n == 0 && tx%n == 0 {
		s.out.v[ty*s.out.nx+tx] = s.found.median(ty, tx, 1, n)
	}
}

func rounded(v vec) [2]int {
	return [2]int{int(math.RoundToEven(float64(v.y))), int(math.RoundToEven(float64(v.x)))}
}

// matcher compares a reference tile with displaced tiles and keeps the best.
type matcher struct {
	s      *levelSearch
	ref    []int16
	stride int
	buf    []int16
	x, y   int
	pred   vec
	scale  float64
	best   float64
	at     [2]int
	seen   [64][2]int
	n      int
}

func (m *matcher) try(d [2]int) {
	for _, o := range m.seen[:m.n] {
		if o == d {
			return
		}
	}
	if m.n < len(m.seen) {
		m.seen[m.n] = d
		m.n++
	}
	dy, dx := float64(float32(d[0])-m.pred.y), float64(float32(d[1])-m.pred.x)
	r2 := float64(dy*dy) + float64(dx*dx)
	prior := vectorPenalty * r2 / (r2 + 2)
	if prior >= m.best {
		return
	}
	pix, stride := m.s.alt.window(m.x+d[1], m.y+d[0], alignTile, m.buf)
	q := float64(float64(ssd16(m.ref, m.stride, pix, stride))*m.scale) + prior
	if q < m.best {
		m.best, m.at = q, d
	}
}
