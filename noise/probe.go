package noise

import (
	"context"
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Constants of the probe: clusters of tiles across and down, of the frames as
// they are and with noise added, and how much of it in units of their own.
const (
	probes         = 6
	jitteredProbes = 3
	jitterPower    = 3.0
)

// probe merges a few clusters of tiles spread over the frame to learn how much
// noise will be left, which the header must tell before the pixels.
//
// The sums of the weights tell most of it, but not that weights follow the
// noise themselves, which makes it more, nor what interpolation smooths away.
// By how much they err is found by merging some clusters twice with noise added
// to the frames, and expected: what differs is what becomes of noise.
func (m *merger) probe(ctx context.Context, b *burst) error {
	m.noisier = 1
	if len(m.frames) > 1 {
		if err := m.tryNoise(ctx, b.workers()); err != nil {
			return err
		}
	}
	if _, err := m.clusters(ctx, probes, b.workers(), 0, 0); err != nil {
		return err
	}
	ratio := m.update(b.report)
	for c := range m.h.Noise {
		n := b.profile[c]
		m.h.Noise[c] = raw.NoiseModel{Scale: n.Scale * ratio, Offset: n.Offset * ratio}
	}
	if m.reach != 1 {
		m.h.Noise = m.h.Noise.Amplified(1 / m.reach)
	}
	return nil
}

// tryNoise finds m.noisier, and leaves nothing else behind.
func (m *merger) tryNoise(ctx context.Context, workers int) error {
	m.expectNoise(1 + jitterPower)
	var trials [2][]cluster
	for i := range trials {
		var err error
		if trials[i], err = m.clusters(ctx, jitteredProbes, workers, math.Sqrt(jitterPower/(1+jitterPower)), i); err != nil {
			return err
		}
	}
	told := m.ratio(true)
	if r := transmitted(trials[0], trials[1], float64(m.frames[0].gain*m.scale)); r > 0 {
		m.noisier = r / told
	}
	m.expectNoise(1 / (1 + jitterPower))
	for i := range m.stats {
		m.stats[i].set(0, 0, false)
	}
	for _, f := range m.frames {
		f.accepted.Store(0)
		f.tiles.Store(0)
	}
	return nil
}

// expectNoise multiplies the variances that frames are judged by.
func (m *merger) expectNoise(k float64) {
	m.profile = m.profile.Averaged(1 / k)
	m.mixed.Scale *= k
	m.mixed.Offset *= k
	for _, f := range m.frames {
		f.noise = f.noise.Averaged(1 / k)
	}
}

// cluster is a part of the merged frame, and the reference's samples there.
type cluster struct{ out, ref *raw.Mosaic }

// clusters merges n×n clusters of tiles, with noise of a seed added.
func (m *merger) clusters(ctx context.Context, n, workers int, jitter float64, seed int) ([]cluster, error) {
	const side = 3 * mergeStep // one batch each
	list := make([]cluster, n*n)
	plan := &tile.Plan{Bounds: image.Rect(0, 0, n, n), Size: image.Pt(1, 1), Workers: workers}
	err := tile.Each(ctx, plan, func() struct{} { return struct{}{} }, func(ctx context.Context, _ struct{}, at image.Rectangle) error {
		s := m.pool.Get().(*mergeScratch)
		defer m.pool.Put(s)
		s.jitter, s.seed = jitter, seed
		defer func() { s.jitter = 0 }()
		x := (2*at.Min.X + 1) * m.h.Size.X / (2 * n) / mergeStep * mergeStep
		y := (2*at.Min.Y + 1) * m.h.Size.Y / (2 * n) / mergeStep * mergeStep
		r := image.Rect(x, y, x+side, y+side).Intersect(m.h.Bounds())
		c := cluster{raw.NewMosaic(r, m.h.CFA), raw.NewMosaic(r, m.h.CFA)}
		if err := m.chunk(ctx, s, c.out); err != nil {
			return err
		}
		win := &s.windows[0]
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(c.ref.Row(y), win.Row(y)[r.Min.X-win.Rect.Min.X:])
		}
		list[at.Min.Y*n+at.Min.X] = c
		return nil
	})
	return list, err
}

// transmitted is the power of what differs in the merged frame against that of
// what differs in the reference; unit is the reference's DN in the output's, by
// their normalised values. It is 0 where there is nothing to see.
func transmitted(one, other []cluster, unit float64) float64 {
	in, out := 0.0, 0.0
	for k, c := range one {
		for y := c.out.Rect.Min.Y; y < c.out.Rect.Max.Y; y++ {
			a, b := c.out.Row(y), other[k].out.Row(y)
			p, q := c.ref.Row(y), other[k].ref.Row(y)
			for x, v := range a {
				// What is clipped is not moved by noise.
				if p[x] == q[x] && v == b[x] {
					continue
				}
				d, e := float64(int(v)-int(b[x])), float64(int(p[x])-int(q[x]))
				out += float64(d*d) - 1.0/6 // both are rounded
				in += float64(e * e)
			}
		}
	}
	if !(in > 0) || !(out > 0) {
		return 0
	}
	return out / (in * unit * unit)
}

// jitter adds noise to a frame's samples, part of their expected deviation, and
// for one seed the same at one place.
func (f *mergeFrame) jitter(win *raw.Mosaic, part float64, seed int) {
	// Variance in DN² as a function of DN, by phase.
	var slope, least [16]float32
	inverse := 1 / f.gain
	for i := range slope {
		n := f.noise[win.CFA.ColorAt(i%4, i/4)]
		g := float64(f.gain)
		slope[i] = float32(part * part * n.Scale / g)
		least[i] = float32(part * part * n.Offset / (g * g))
	}
	key := uint64(2*f.index+seed) << 48
	for y := win.Rect.Min.Y; y < win.Rect.Max.Y; y++ {
		row := win.Row(y)
		rise, base, black := slope[y&3*4:][:4], least[y&3*4:][:4], f.black[y&3*4:][:4]
		line := key | uint64(y+maxOutside)<<24
		for i, v := range row {
			if v >= f.white {
				continue
			}
			x := win.Rect.Min.X + i
			light := max(float32(v)+float32(black[x&3]*inverse), 0)
			sigma := float32(math.Sqrt(float64(float32(rise[x&3]*light) + base[x&3])))
			d := float32(sigma * deviate(line|uint64(x+maxOutside)))
			row[i] = uint16(min(max(float32(v)+d+.5, 0), 65535))
		}
	}
}

// deviate is a nearly normal deviate made of a key: the sum of the four
// quarters of a random number.
func deviate(key uint64) float32 {
	// SplitMix64 (Steele, Lea and Flood 2014).
	key += 0x9e3779b97f4a7c15
	key = (key ^ key>>30) * 0xbf58476d1ce4e5b9
	key = (key ^ key>>27) * 0x94d049bb133111eb
	key ^= key >> 31
	// Two and two side by side.
	key = key&0x0000ffff0000ffff + key>>16&0x0000ffff0000ffff
	const unit = 1.7320508 / 0x10000
	return float32(int32(key>>32+key&0xffffffff)-2*0xffff) * unit
}

// ratio is the mean variance of the tiles merged so far against the
// reference's, as the weights tell it; 1 for none. Tiles that were filled from a
// shorter exposure count if all is true, or where there are no others.
func (m *merger) ratio(all bool) float64 {
	var sum, n [2]float64
	for i := range m.stats {
		if v := m.stats[i].ratio(); v > 0 {
			k := 0
			if m.stats[i].filled() && !all {
				k = 1
			}
			sum[k] += float64(v)
			n[k]++
		}
	}
	for k := range n {
		if n[k] > 0 {
			return sum[k] / n[k]
		}
	}
	return 1
}

// update fills the report from the tiles merged so far and returns what part
// of the reference's variance is left.
func (m *merger) update(r *MergeReport) float64 {
	ratio := m.ratio(false) * m.noisier
	for i := range m.frames {
		f := m.frames[i]
		if f.index != m.refIndex {
			r.Frames[f.index].Accepted = float64(f.accepted.Load()) / acceptedUnit / math.Max(float64(f.tiles.Load()), 1)
		}
	}
	at := m.profile.Variance(raw.Green, 0.18)
	r.NoiseBefore, r.NoiseAfter = math.Sqrt(at), math.Sqrt(at*ratio)
	r.GainDB = 10 * math.Log10(1/ratio)
	r.EffectiveFrames = 1 / ratio
	return ratio
}
