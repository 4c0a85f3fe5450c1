package noise

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"sync/atomic"

	"github.com/quadraw/quadraw/raw"
)

// Constants of the measurement of exposures.
const (
	// alike frames differ by less: of those whose files tell the exposure,
	// and of those that were measured, whose scene may have changed a little.
	alikeTold, alikeMeasured = 1.01, 1.15
	// EXIF's round figures are off by less than this.
	roundFigures = 1.12
	// A measured exposure is believed if tiles agree on it so far, as the
	// median deviation of their logarithms, and it is within these limits.
	lightsAgree, leastTiles, farthest = 0.2, 4, 64.0
	// Means of tiles of lightTile pixels are compared, lightGrid each way.
	lightTile, lightGrid = 64, 16
)

// light is how much light frame i took, times its gain, on a scale that holds
// for the burst: 1 for all where they are alike.
func (b *burst) light(i int) float64 {
	if b.lights == nil {
		return 1
	}
	return b.lights[i]
}

// expose finds the frames' exposures against one another: as the options tell
// them, or EXIF, or, where EXIF does not, by measuring. The reference of a
// bracket is the frame of the middle exposure.
func (b *burst) expose(ctx context.Context) error {
	lights := b.o.Exposures
	if len(lights) == 0 {
		told := b.toldExposures()
		if told == nil || spread(told) >= alikeTold {
			measured, pivot, err := b.measuredExposures(ctx)
			if err != nil {
				return err
			}
			lights = reconcile(told, measured, pivot)
		}
	}
	var used []float64
	for i, l := range lights {
		if b.report.Frames[i].Used {
			used = append(used, l)
		}
	}
	if spread(used) < alikeTold {
		return nil
	}
	b.lights = lights
	if b.o.Reference == 0 {
		b.ref = b.middle()
	}
	relative := make([]float64, len(lights))
	for i, l := range lights {
		relative[i] = math.Round(1000*l/lights[b.ref]) / 1000
	}
	b.log().Info("frames of different exposure", "against the reference", relative)
	return nil
}

// spread is the largest of some figures against the smallest; 1 for none.
func spread(v []float64) float64 {
	if len(v) == 0 {
		return 1
	}
	return slices.Max(v) / slices.Min(v)
}

// toldExposures is what EXIF tells of the light that makes a sample of each
// frame: time, times gain, over the square of the f-number. It is nil if there
// is a frame in use that does not tell its time, or tells less than others do.
func (b *burst) toldExposures() []float64 {
	out := make([]float64, len(b.sources))
	ref := &b.sources[b.ref].Header().Capture
	for i, s := range b.sources {
		c := &s.Header().Capture
		out[i] = 1
		if !b.report.Frames[i].Used {
			continue
		}
		if !(c.ExposureTime > 0) || (c.ISO > 0) != (ref.ISO > 0) || (c.FNumber > 0) != (ref.FNumber > 0) {
			return nil
		}
		out[i] = c.ExposureTime
		if c.ISO > 0 {
			out[i] *= c.ISO
		}
		if c.FNumber > 0 {
			out[i] /= float64(c.FNumber * c.FNumber)
		}
	}
	return out
}

// measuredLight is a frame's exposure against another's, as measured: ratio is
// 0 where the frames do not tell it, off the standard error of its logarithm.
type measuredLight struct{ ratio, off float64 }

// reconcile joins what EXIF tells, or nil, with what was measured against the
// frame pivot. What EXIF tells is corrected where it is a round figure.
func reconcile(told []float64, measured []measuredLight, pivot int) []float64 {
	out := make([]float64, len(measured))
	for i, m := range measured {
		switch {
		case told == nil && m.ratio == 0, told == nil && max(m.ratio, 1/m.ratio) < alikeMeasured:
			out[i] = 1
		case told == nil:
			out[i] = m.ratio
		default:
			out[i] = told[i]
			if m.ratio == 0 {
				continue
			}
			want := m.ratio * told[pivot]
			if away := math.Abs(math.Log(want / told[i])); away > 3*m.off+.003 && away < math.Log(roundFigures) {
				out[i] = want
			}
		}
	}
	return out
}

// measuredExposures compares the means of tiles all over the frames, at the
// same places of all: a shaking hand moves little of a tile's light out of it.
// All are held against the frame that is neither the darkest nor the brightest,
// pivot.
func (b *burst) measuredExposures(ctx context.Context) (lights []measuredLight, pivot int, err error) {
	means := make([][]float64, len(b.sources))
	var order []int
	for i, s := range b.sources {
		if !b.report.Frames[i].Used {
			continue
		}
		m, err := tileMeans(ctx, s)
		if err != nil {
			if ctx.Err() != nil {
				return nil, 0, err
			}
			if err := b.drop(i, err); err != nil {
				return nil, 0, err
			}
			continue
		}
		means[i] = m
		order = append(order, i)
	}
	lights = make([]measuredLight, len(b.sources))
	if len(order) == 0 {
		return lights, 0, nil
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(middleOf(means[i]), middleOf(means[j])) })
	pivot = order[len(order)/2]
	for _, i := range order {
		lights[i] = compareLight(means[pivot], means[i])
	}
	lights[pivot] = measuredLight{ratio: 1}
	return lights, pivot, nil
}

// middleOf is the median of some means; clipped tiles count as brightest.
func middleOf(means []float64) float64 {
	s := slices.Clone(means)
	slices.Sort(s)
	return s[len(s)/2]
}

// tileMeans are the normalised means of tiles spread over a frame, infinite
// where a sample is clipped.
func tileMeans(ctx context.Context, src raw.Source) ([]float64, error) {
	src = levelled(src)
	h := src.Header()
	white := h.White[raw.Green]
	top := clipLevel(h)
	side := image.Pt(min(lightTile, h.Size.X), min(lightTile, h.Size.Y))
	n := image.Pt(min(lightGrid, h.Size.X/side.X), min(lightGrid, h.Size.Y/side.Y))
	m := raw.NewMosaic(image.Rectangle{Max: side}, h.CFA)
	var out []float64
	for j := range n.Y {
		for i := range n.X {
			// Multiples of 4 keep the mean of the black level's pattern.
			at := image.Pt(i*(h.Size.X-side.X)/max(n.X-1, 1)&^3, j*(h.Size.Y-side.Y)/max(n.Y-1, 1)&^3)
			m.Reset(image.Rectangle{Min: at, Max: at.Add(side)}, h.CFA)
			if err := src.ReadTile(ctx, m); err != nil {
				return nil, err
			}
			sum, clips := uint64(0), false
			for y := at.Y; y < at.Y+side.Y; y++ {
				for _, v := range m.Row(y) {
					sum += uint64(v)
					clips = clips || v >= top
				}
			}
			mean := math.Inf(1)
			if !clips {
				mean = (float64(sum)/float64(side.X*side.Y) - h.Black.Mean()) / (white - h.Black.Mean())
			}
			out = append(out, mean)
		}
	}
	return out, nil
}

// compareLight is the light of b against that of a: the median of the tiles'
// ratios, weighed by their light, where neither clips.
func compareLight(a, b []float64) measuredLight {
	type ratio struct{ v, weight float64 }
	var list []ratio
	total := 0.0
	for i := range a {
		if math.IsInf(a[i], 1) || math.IsInf(b[i], 1) || a[i] <= 0 || b[i] <= 0 {
			continue
		}
		r := ratio{math.Log(b[i] / a[i]), a[i] + b[i]}
		list = append(list, r)
		total += r.weight
	}
	if len(list) < max(leastTiles, len(a)/16) {
		return measuredLight{}
	}
	middle := func() float64 {
		slices.SortFunc(list, func(a, b ratio) int { return cmp.Compare(a.v, b.v) })
		sum := 0.0
		for _, r := range list {
			if sum += r.weight; sum >= total/2 {
				return r.v
			}
		}
		return list[len(list)-1].v
	}
	v := middle()
	for i := range list {
		list[i].v = math.Abs(list[i].v - v)
	}
	deviation := middle()
	if deviation > lightsAgree || math.Abs(v) > math.Log(farthest) {
		return measuredLight{}
	}
	// Of normal deviates the median of the absolute values is 0.67 σ, and
	// the median's own deviation 1.25 σ/√n.
	return measuredLight{ratio: math.Exp(v), off: 1.9 * deviation / math.Sqrt(float64(len(list)))}
}

// middle is the frame of a bracket whose exposure is in the middle.
func (b *burst) middle() int {
	var order []int
	for i := range b.sources {
		if b.report.Frames[i].Used {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(b.lights[i], b.lights[j]) })
	return order[len(order)/2]
}

// profileOf is the profile that holds for frame i at its own exposure. Frames
// of another ISO than the one that a given profile was made for are noisier by
// their gain.
func (b *burst) profileOf(i int) raw.NoiseProfile {
	h := b.sources[i].Header()
	switch {
	case b.o.Noise.Known():
		iso, ref := h.Capture.ISO, b.sources[b.ref].Header().Capture.ISO
		if iso > 0 && ref > 0 && iso != ref {
			return b.o.Noise.Amplified(iso / ref)
		}
		return b.o.Noise
	case h.Noise.Known():
		return h.Noise
	}
	return b.estimated[i]
}

// findNoise estimates the noise of frames whose headers do not tell it: of all
// together where they are alike, of those of one ISO in a bracket.
func (b *burst) findNoise(ctx context.Context) error {
	if b.o.Noise.Known() {
		return nil
	}
	b.estimated = make([]raw.NoiseProfile, len(b.sources))
	for i := range b.sources {
		for b.report.Frames[i].Used && !b.profileOf(i).Known() {
			group := b.sameNoise(i)
			bad, err := b.estimate(ctx, group)
			if err == nil {
				break
			}
			if bad < 0 || ctx.Err() != nil {
				return fmt.Errorf("%s has no noise profile: %w", b.name(i), err)
			}
			if err := b.drop(bad, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameNoise are the frames whose noise is that of frame i.
func (b *burst) sameNoise(i int) []int {
	iso := b.sources[i].Header().Capture.ISO
	var group []int
	for j, s := range b.sources {
		if b.report.Frames[j].Used && (b.lights == nil || j == i || iso > 0 && s.Header().Capture.ISO == iso) {
			group = append(group, j)
		}
	}
	return group
}

// estimate finds the noise profile of some frames. If it fails because one of
// them cannot be read, bad is that frame; else −1.
func (b *burst) estimate(ctx context.Context, group []int) (bad int, err error) {
	o := &ProfileOptions{Tiles: b.o.Tiles}
	if b.lights != nil {
		o.Method = FromFrames
	}
	var sources []raw.Source
	var watch []*watched
	for _, i := range group {
		w := &watched{Source: b.sources[i]}
		sources, watch = append(sources, w), append(watch, w)
	}
	e, err := Estimate(ctx, sources, o)
	if err != nil {
		for j, w := range watch {
			if failed := w.err.Load(); failed != nil {
				return group[j], *failed
			}
		}
		return -1, err
	}
	for _, i := range group {
		b.estimated[i] = e.Profile
	}
	b.log().Warn("no noise profile in the headers: estimated", "frame", b.name(group[0]), "scale", e.Profile[raw.Green].Scale, "offset", e.Profile[raw.Green].Offset)
	return -1, nil
}

// watched remembers why a source could not be read.
type watched struct {
	raw.Source
	err atomic.Pointer[error]
}

func (w *watched) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	err := w.Source.ReadTile(ctx, dst)
	// Others end because the first has failed.
	if err != nil && ctx.Err() == nil {
		w.err.CompareAndSwap(nil, &err)
	}
	return err
}

// clipLevel is the DN from which a sample counts as clipped.
func clipLevel(h *raw.Header) uint16 {
	white := h.White[raw.Green]
	return uint16(min(math.Ceil(white-.02*(white-h.Black.Mean())), 65535))
}
