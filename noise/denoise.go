package noise

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"math"
	"sync"

	"github.com/quadraw/quadraw/noise/internal/dft"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// DenoiseOptions say how a mosaic is denoised. Nil and the zero value are good
// defaults.
type DenoiseOptions struct {
	// Strength scales how much noise is taken for granted: 0 and 1 are
	// what the noise profile says, 2 smooths more, 0.5 less. Up to 8.
	Strength float64
	// Noise replaces the header's noise profile; without either the profile
	// is estimated from the frame.
	Noise raw.NoiseProfile
	// Log is told when the profile was estimated.
	Log *slog.Logger
}

// Denoise returns src with its noise shrunk: a mosaic of the same CFA with 16
// bits. It works on the mosaic's own spectrum, so luma and the bands of colour
// at the CFA's carriers are shrunk alike, in two passes over tiles of 32 pixels:
// the first shrinks every bin by the odds that it holds signal, judged by its
// own power and its surroundings'; the power of the pilot picture that this
// makes drives Wiener's gain in the second. Colours are white-balanced while at
// it (Color.AsShotNeutral), so that noise is weighed as it is seen.
//
// The result of [Merge] brings with it how much noise is left where: places
// where fewer frames agreed are shrunk more.
func Denoise(src raw.Source, o *DenoiseOptions) (raw.Source, error) {
	if o == nil {
		o = &DenoiseOptions{}
	}
	h := src.Header()
	if !(o.Strength >= 0 && o.Strength <= 8) {
		return nil, fmt.Errorf("%w: denoising strength %v, want 0 to 8", raw.ErrOption, o.Strength)
	}
	if c := h.CFA.Cell(); c > 2 {
		return nil, &raw.UnsupportedError{Feature: fmt.Sprintf("denoising %v mosaics (bin them first)", h.CFA)}
	}
	if s := h.Size; s.X < 2*mergeTile || s.Y < 2*mergeTile {
		return nil, fmt.Errorf("%w: denoising a frame of %v, want at least %d pixels a side", raw.ErrBounds, s, 2*mergeTile)
	}
	if !(h.White[1] > h.Black.Mean()) {
		return nil, fmt.Errorf("%w: white level %v at black level %v", raw.ErrOption, h.White[1], h.Black.Mean())
	}
	d := newDenoiser(src, o)
	if !d.profile.Known() {
		e, err := Estimate(context.Background(), []raw.Source{src}, nil)
		if err != nil {
			return nil, fmt.Errorf("denoising without a noise profile: %w", err)
		}
		d.profile = e.Profile
		if o.Log != nil {
			o.Log.Warn("no noise profile in the header: estimated", "scale", e.Profile[raw.Green].Scale, "offset", e.Profile[raw.Green].Offset)
		}
	}
	if err := d.probe(); err != nil {
		return nil, err
	}
	return tile.Cache(d, denoiseChunk, mergeCacheBytes)
}

const (
	// denoiseStep is the pitch of the tiles of both passes; of a chessboard
	// of such places every second one has a tile, eight over every pixel.
	denoiseStep   = 8
	varianceBlock = 8
)

// pilotOdds tell how likely a bin of the first pass is signal: the base-two
// logarithm of the odds is a polynomial of the logarithms a of its power and b
// of the mean power of the 3×3 bins around it (noise being 1), of the tile's
// activity t ([binPowerGeneric]) and of the distance r to the nearest carrier,
// half the distance between carriers being 1. Fitted by least squares of the
// shrunk spectra's error, noise being 1, to simulated frames and merged bursts
// of 168 photographs and drawn scenes: Bayer and Quad, sharp and soft, ISO 100
// to 6400, 1 to 12 frames.
var pilotOdds = struct{ one, a, b, t, aa, ab, at, bb, bt, tt, r float32 }{
	one: -6.663, a: .634, b: 1.502, t: 3.165, aa: .019, ab: .157, at: -.519, bb: -.175, bt: .224, tt: -.288, r: -1.416,
}

// denoiseChunk is the side of the squares that are denoised in one go: larger
// than those of merging, because the halo is wider.
const denoiseChunk = 768

// denoiser is the lazily denoised mosaic.
type denoiser struct {
	src     raw.Source
	m       *merger // of a merged source, or nil
	h       *raw.Header
	in      *raw.Header
	profile raw.NoiseProfile
	balance [3]float64
	gains   [16]perLane // normalised and balanced, per DN, by phase
	offset  [16]perLane
	undo    [16]float32 // DN of the output per balanced unit
	black   float32     // of the output
	win     [dft.N]float32
	full    [dft.N]perLane
	half    [dft.N]perLane
	strong  float32       // factor of the variance
	far     [bins]float32 // what a bin's distance from a carrier adds to the odds of the first pass
	// Mean of a window's square over the blocks of a tile.
	blockW [mergeTile / varianceBlock]float32
	pool   sync.Pool
}

func newDenoiser(src raw.Source, o *DenoiseOptions) *denoiser {
	d := &denoiser{src: levelled(src), profile: src.Header().Noise}
	if m, ok := src.(*merged); ok {
		d.m, d.profile = m.m, m.m.profile.Amplified(1/m.m.reach)
	}
	if o.Noise.Known() {
		d.profile, d.m = o.Noise, nil
	}
	d.in = d.src.Header()
	d.h = d.in
	if b, ok := d.in.Black.Constant(); !ok || b < 1024 || d.in.White != [3]float64{65535, 65535, 65535} {
		d.h = mergedHeader(d.in)
	} else {
		d.h = d.in.Clone()
	}
	white, level := d.in.White[1], d.in.Black.Mean()
	d.black = float32(d.h.Black.Mean())
	scale := float64(65535 - d.black)
	d.balance = [3]float64{1, 1, 1}
	if d.in.Color.HasNeutral() {
		for c, n := range d.in.Color.AsShotNeutral {
			d.balance[c] = min(max(d.in.Color.AsShotNeutral[raw.Green]/n, .25), 8)
		}
	}
	for y := range 4 {
		for x := range 4 {
			i := y*4 + x
			b := d.balance[d.in.CFA.ColorAt(x, y)]
			d.undo[i] = float32(scale / b)
			for l := range lanes {
				d.gains[i][l] = float32(b / (white - level))
				d.offset[i][l] = float32(-d.in.Black.At(x, y, 0) * b / (white - level))
			}
		}
	}
	// Hann's window: of a tile's mean nothing leaks beyond the next bin.
	for i := range d.win {
		sin := math.Sin(math.Pi * (float64(i) + .5) / dft.N)
		d.win[i] = float32(sin * sin)
		for l := range lanes {
			d.full[i][l], d.half[i][l] = d.win[i], d.win[i]/2
		}
		d.blockW[i/varianceBlock] += float32(d.win[i] * d.win[i])
	}
	strength := o.Strength
	if strength == 0 {
		strength = 1
	}
	d.strong = float32(strength)
	period := d.in.CFA.Period()
	for ky := range dft.N {
		for kx := range dft.Half {
			fy := math.Mod(float64(ky*period)/dft.N+.5, 1) - .5
			fx := math.Mod(float64(kx*period)/dft.N+.5, 1) - .5
			d.far[ky*dft.Half+kx] = pilotOdds.r * float32(2*math.Hypot(fy, fx))
		}
	}
	d.pool.New = func() any { return new(denoiseScratch) }
	return d
}

// probe denoises a few clusters of tiles to learn how much noise is left, which
// the header must tell.
func (d *denoiser) probe() error {
	const clusters, side = 4, 32
	s := d.pool.Get().(*denoiseScratch)
	defer d.pool.Put(s)
	tmp := raw.NewMosaic(image.Rect(0, 0, side, side), d.h.CFA)
	var sum, n float64
	for i := range clusters {
		for j := range clusters {
			x := (2*j + 1) * d.h.Size.X / (2 * clusters) / mergeStep * mergeStep
			y := (2*i + 1) * d.h.Size.Y / (2 * clusters) / mergeStep * mergeStep
			tmp.Reset(image.Rect(x, y, x+side, y+side).Intersect(d.h.Bounds()), d.h.CFA)
			if tmp.Rect.Empty() {
				continue
			}
			s.power, s.powerTiles = 0, 0
			if err := d.chunk(context.Background(), s, tmp); err != nil {
				return err
			}
			sum += s.power
			n += float64(s.powerTiles)
		}
	}
	ratio := 1.0
	if n > 0 {
		ratio = sum / n
	}
	before := d.in.Noise
	if !before.Known() {
		before = d.profile
	}
	for c := range d.h.Noise {
		d.h.Noise[c] = raw.NoiseModel{Scale: before[c].Scale * ratio, Offset: before[c].Offset * ratio}
	}
	return nil
}

func (d *denoiser) Header() *raw.Header { return d.h }

func (d *denoiser) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := d.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = d.h.CFA
	s := d.pool.Get().(*denoiseScratch)
	defer d.pool.Put(s)
	r := dst.Rect
	for y := r.Min.Y / denoiseChunk; y*denoiseChunk < r.Max.Y; y++ {
		for x := r.Min.X / denoiseChunk; x*denoiseChunk < r.Max.X; x++ {
			at := image.Pt(x*denoiseChunk, y*denoiseChunk)
			part := dst.Part(image.Rectangle{Min: at, Max: at.Add(image.Pt(denoiseChunk, denoiseChunk))})
			if err := d.chunk(ctx, s, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// denoiseScratch is a worker's memory.
type denoiseScratch struct {
	in         raw.Mosaic
	variance   []float32 // of every block of 8×8, balanced
	pilot, num []float32
	den        []float32
	t          dft.Tile
	tiles      [lanes]single
	f, g       dft.Spectrum
	p, h       [bins]perLane
	dft        dft.Scratch
	power      float64
	powerTiles int
}

// pass is one of the two.
type pass struct {
	tiles      image.Rectangle // in units of denoiseStep
	area       image.Rectangle // what they cover
	pilot      []float32       // nil: the tile's own spectrum
	pilotArea  image.Rectangle
	num, den   []float32
	countPower bool
}

// covering are the tiles that touch r.
func covering(r image.Rectangle) (tiles, area image.Rectangle) {
	const step = denoiseStep
	down := func(v int) int { return (v - mod(v, step)) / step }
	const back = mergeTile/step - 1
	tiles = image.Rect(down(r.Min.X)-back, down(r.Min.Y)-back, down(r.Max.X-1)+1, down(r.Max.Y-1)+1)
	area = image.Rect(tiles.Min.X*step, tiles.Min.Y*step, (tiles.Max.X-1)*step+mergeTile, (tiles.Max.Y-1)*step+mergeTile)
	return tiles, area
}

func mod(a, n int) int {
	if a %= n; a < 0 {
		a += n
	}
	return a
}

func (d *denoiser) chunk(ctx context.Context, s *denoiseScratch, dst *raw.Mosaic) error {
	second := pass{countPower: true}
	second.tiles, second.area = covering(dst.Rect)
	var first pass
	first.tiles, first.area = covering(second.area)

	s.in.Reset(first.area, d.in.CFA)
	if err := tile.ReadPadded(ctx, d.src, &s.in); err != nil {
		return err
	}
	n := first.area.Dx() * first.area.Dy()
	grow := func(b *[]float32) []float32 {
		if cap(*b) < n {
			*b = make([]float32, n)
		}
		*b = (*b)[:n]
		clear(*b)
		return *b
	}
	first.num, first.den = grow(&s.pilot), grow(&s.den)
	d.blocks(s, nil)
	if err := d.run(ctx, s, &first); err != nil {
		return err
	}
	divide(first.num, first.den)

	second.pilot, second.pilotArea = first.num, first.area
	n = second.area.Dx() * second.area.Dy()
	second.num, second.den = grow(&s.num), grow(&s.den)
	d.blocks(s, first.num)
	if err := d.run(ctx, s, &second); err != nil {
		return err
	}
	stride := second.area.Dx()
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		at := (y-second.area.Min.Y)*stride + dst.Rect.Min.X - second.area.Min.X
		row := dst.Row(y)
		num := second.num[at:][:len(row)]
		divide(num, second.den[at:][:len(row)])
		var undo [4]float32
		for x := range undo {
			undo[x] = d.undo[y&3*4+(x+dst.Rect.Min.X)&3]
		}
		quantise(row, num, &undo, d.black+.5)
	}
	return nil
}

// blocks finds the variance of the noise in every block of 8×8, balanced, from
// the signal of the mosaic or of the pilot.
func (d *denoiser) blocks(s *denoiseScratch, pilot []float32) {
	area := s.in.Rect
	w, h := area.Dx()/varianceBlock, area.Dy()/varianceBlock
	if cap(s.variance) < w*h {
		s.variance = make([]float32, w*h)
	}
	s.variance = s.variance[:w*h]
	var model [16][2]float32
	for y := range 4 {
		for x := range 4 {
			c := d.in.CFA.ColorAt(x, y)
			g := d.balance[c]
			// On balanced signals: g·Scale and g²·Offset; the 16
			// phases are averaged.
			model[y*4+x] = [2]float32{float32(d.profile[c].Scale * g / 16), float32(d.profile[c].Offset * g * g / 16)}
		}
	}
	for by := range h {
		for bx := range w {
			var sums [16]float32
			for y := range varianceBlock {
				at := (by*varianceBlock+y)*s.in.Stride + bx*varianceBlock
				q := sums[y&3*4 : y&3*4+4]
				if pilot != nil {
					row := pilot[at:][:varianceBlock]
					for x := range 4 {
						q[x] += row[x] + row[x+4]
					}
				} else {
					row := s.in.Pix[at:][:varianceBlock]
					for x := range 4 {
						q[x] += float32(uint32(row[x]) + uint32(row[x+4]))
					}
				}
			}
			v := float32(0)
			for i := range sums {
				x := sums[i] / 4
				if pilot == nil {
					x = float32(x*d.gains[i][0]) + d.offset[i][0]
				}
				v += float32(model[i][0]*max(x, 0)) + model[i][1]
			}
			if d.m != nil {
				v *= d.m.variance(area.Min.X/varianceBlock+bx, area.Min.Y/varianceBlock+by)
			}
			s.variance[by*w+bx] = v
		}
	}
}

// tileVariance is Σ w²·variance over the tile at p.
func (d *denoiser) tileVariance(s *denoiseScratch, p image.Point) float32 {
	w := s.in.Rect.Dx() / varianceBlock
	at := (p.Y-s.in.Rect.Min.Y)/varianceBlock*w + (p.X-s.in.Rect.Min.X)/varianceBlock
	v := float32(0)
	for y := range mergeTile / varianceBlock {
		r := float32(0)
		for x := range mergeTile / varianceBlock {
			r += float32(s.variance[at+y*w+x] * d.blockW[x])
		}
		v += float32(r * d.blockW[y])
	}
	return v
}

func (d *denoiser) run(ctx context.Context, s *denoiseScratch, p *pass) error {
	var b denoiseBatch
	for ty := p.tiles.Min.Y; ty < p.tiles.Max.Y; ty++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		for tx := p.tiles.Min.X + (p.tiles.Min.X+ty)&1; tx < p.tiles.Max.X; tx += 2 {
			b.at[b.n] = image.Pt(tx, ty).Mul(denoiseStep)
			if b.n++; b.n == lanes {
				d.batch(s, p, &b)
				b.n = 0
			}
		}
	}
	if b.n > 0 {
		d.batch(s, p, &b)
	}
	return nil
}

type denoiseBatch struct {
	n  int
	at [lanes]image.Point
}

func (d *denoiser) batch(s *denoiseScratch, p *pass, b *denoiseBatch) {
	for l := b.n; l < lanes; l++ {
		b.at[l] = b.at[b.n-1]
	}
	var at [lanes]int
	var v, power perLane
	for l := range lanes {
		q := b.at[l].Sub(s.in.Rect.Min)
		at[l] = q.Y*s.in.Stride + q.X
		v[l] = max(d.tileVariance(s, b.at[l])*d.strong, 1e-20)
	}
	gather(&s.t, s.in.Pix, &at, s.in.Stride, &d.gains, &d.offset, &d.full, &d.half)
	dft.Forward(&s.f, &s.t, &s.dft)
	var mean [2 * lanes]float32 // the tiles' means are kept
	copy(mean[:], s.f[:])
	if p.pilot == nil {
		d.judge(s, &v, &power)
	} else {
		stride := p.pilotArea.Dx()
		for l := range lanes {
			q := b.at[l].Sub(p.pilotArea.Min)
			at[l] = q.Y*stride + q.X
		}
		gatherFloat(&s.t, p.pilot, &at, stride, &d.win)
		dft.Forward(&s.g, &s.t, &s.dft)
		// The pilot's window is not halved: its power is four times.
		for l := range v {
			v[l] *= 4
		}
		shrink(&s.f, &s.g, &v, &power)
	}
	copy(s.f[:], mean[:])
	dft.Inverse(&s.t, &s.f, &s.dft)
	untangle(&s.tiles, &s.t)
	stride := p.area.Dx()
	for l := range b.n {
		q := b.at[l].Sub(p.area.Min)
		o := q.Y*stride + q.X
		a := 1 / (power[l] + 1e-3)
		overlapWeighted(p.num[o:], p.den[o:], stride, &s.tiles[l], &d.win, a/(dft.N*dft.N), a)
		if p.countPower {
			s.power += float64(power[l])
			s.powerTiles++
		}
	}
}

// judge shrinks the spectra of the first pass by the odds of each bin.
func (d *denoiser) judge(s *denoiseScratch, v, power *perLane) {
	var inverse, activity perLane
	for l := range lanes {
		inverse[l] = 1 / v[l]
	}
	binPower(&s.f, &s.p, &s.h, &inverse, &activity)
	var k odds
	c := &pilotOdds
	for l, t := range activity {
		k[0][l] = c.one + float32((c.t+float32(c.tt*t))*t)
		k[1][l] = c.a + float32(c.at*t)
		k[2][l] = c.b + float32(c.bt*t)
		k[3][l], k[4][l], k[5][l] = c.aa, c.ab, c.bb
	}
	judge(&s.f, &s.p, &s.h, &k, &d.far, power)
}
