package noise

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"

	"github.com/quadraw/quadraw/raw"
)

// Constants of the measurement of exposures.
const (
	// alike frames differ by less: of those whose files tell the exposure,
	// and of those that were measured, whose scene may have changed a little.
	alikeTold, alikeMeasured = 1.01, 1.15
	// EXIF's round figures are off by less than roundFigures, what was
	// measured before the frames were aligned by less than unaligned.
	roundFigures, unaligned = 1.12, 1.4
	// A measured exposure is believed if tiles agree on it so far, as the
	// median deviation of their logarithms, and it is within these limits.
	lightsAgree, leastTiles, farthest = 0.2, 16, 64.0
	// Light is measured in blocks of lightBlock pixels, at most lightGrid each
	// way, as the means of their tiles of lightTile.
	lightBlock, lightTile, lightGrid = 64, 16, 16
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
// them, or EXIF, or, where EXIF does not, by measuring; once they are aligned,
// [burst.correctLight] looks again. The reference of a bracket is the frame of
// the middle exposure.
func (b *burst) expose(ctx context.Context) error {
	lights := b.o.Exposures
	if len(lights) == 0 {
		lights = b.toldExposures()
	}
	if lights == nil {
		var err error
		if lights, err = b.measuredExposures(ctx); err != nil {
			return err
		}
		b.measured = true
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
	b.lights = slices.Clone(lights)
	if b.o.Reference == 0 {
		b.ref = b.middle()
	}
	relative := make([]float64, len(lights))
	for i, l := range lights {
		relative[i] = math.Round(1000*l/lights[b.ref]) / 1000
	}
	b.log().Info("frames of different exposure", "against the reference", relative, "measured", b.measured)
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

// measuredExposures compares the light of blocks all over the frames, tile by
// tile in the order of their light: a hand that shakes moves them, but hardly
// changes how many there are of which light. All are held against the frame that
// is neither the darkest nor the brightest. Frames that do not tell count as of
// its exposure, as do those that are nearly.
func (b *burst) measuredExposures(ctx context.Context) ([]float64, error) {
	lights := make([]float64, len(b.sources))
	means := make([][]float64, len(b.sources))
	var order []int
	for i, s := range b.sources {
		lights[i] = 1
		if !b.report.Frames[i].Used {
			continue
		}
		m, err := lightOf(ctx, s, lightBlocks(s.Header(), lightBlock), lightBlock)
		if err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			if err := b.drop(i, err); err != nil {
				return nil, err
			}
			continue
		}
		means[i] = m
		order = append(order, i)
	}
	if len(order) == 0 {
		return lights, nil
	}
	middle := func(i int) float64 {
		s := slices.Clone(means[i])
		slices.Sort(s)
		return s[len(s)/2]
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(middle(i), middle(j)) })
	pivot := means[order[len(order)/2]]
	for _, i := range order {
		// Sorted apart, but of the same places.
		var p, q []float64
		for j, v := range means[i] {
			if !math.IsInf(v, 1) && !math.IsInf(pivot[j], 1) {
				p, q = append(p, pivot[j]), append(q, v)
			}
		}
		slices.Sort(p)
		slices.Sort(q)
		if ratio, _ := compareLight(p, q); max(ratio, 1/ratio) >= alikeMeasured && ratio > 0 {
			lights[i] = ratio
		}
	}
	return lights, nil
}

// correctLight looks again at the exposure of frame i of a bracket, where its
// motion shows what it shows of the reference: EXIF's figures are round, and
// frames that were compared before they were aligned are only nearly alike.
func (b *burst) correctLight(ctx context.Context, i int, m *motion) error {
	if b.lights == nil || len(b.o.Exposures) > 0 {
		return nil
	}
	h := b.sources[b.ref].Header()
	period := h.CFA.Period()
	const side = 2 * lightTile
	first := lightBlocks(h, side)
	var here, there []image.Point
	for _, p := range first {
		v := m.at(float32(p.Y+side/2), float32(p.X+side/2), period)
		q := p.Add(image.Pt(int(math.Round(float64(v.x)/float64(period)))*period, int(math.Round(float64(v.y)/float64(period)))*period))
		if (image.Rectangle{Min: q, Max: q.Add(image.Pt(side, side))}).In(h.Bounds()) {
			here, there = append(here, p), append(there, q)
		}
	}
	ref, err := lightOf(ctx, b.sources[b.ref], here, side)
	if err != nil {
		return err
	}
	other, err := lightOf(ctx, b.sources[i], there, side)
	if err != nil {
		return err
	}
	ratio, off := compareLight(ref, other)
	limit := roundFigures
	if b.measured {
		limit = unaligned
	}
	if away := math.Abs(math.Log(ratio * b.lights[b.ref] / b.lights[i])); away > 3*off && away < math.Log(limit) {
		b.lights[i] = ratio * b.lights[b.ref]
	}
	return nil
}

// lightBlocks are the upper left corners of blocks spread over a frame, at
// multiples of a CFA's and a black level's period.
func lightBlocks(h *raw.Header, side int) []image.Point {
	n := image.Pt(min(lightGrid, h.Size.X/side), min(lightGrid, h.Size.Y/side))
	var out []image.Point
	for j := range n.Y {
		for i := range n.X {
			out = append(out, image.Pt(i*(h.Size.X-side)/max(n.X-1, 1)&^7, j*(h.Size.Y-side)/max(n.Y-1, 1)&^7))
		}
	}
	return out
}

// lightOf is the normalised light of the tiles of some blocks, infinite where a
// sample is clipped.
func lightOf(ctx context.Context, src raw.Source, blocks []image.Point, side int) ([]float64, error) {
	src = levelled(src)
	h := src.Header()
	black, top := h.Black.Mean(), clipLevel(h)
	m := raw.NewMosaic(image.Rect(0, 0, side, side), h.CFA)
	var out []float64
	for _, at := range blocks {
		m.Reset(image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}, h.CFA)
		if err := src.ReadTile(ctx, m); err != nil {
			return nil, err
		}
		for y := 0; y < side; y += lightTile {
			for x := 0; x < side; x += lightTile {
				sum, clips := uint64(0), false
				for j := range lightTile {
					for _, v := range m.Row(at.Y + y + j)[x : x+lightTile] {
						sum += uint64(v)
						clips = clips || v >= top
					}
				}
				mean := math.Inf(1)
				if !clips {
					mean = (float64(sum)/(lightTile*lightTile) - black) / (h.White[raw.Green] - black)
				}
				out = append(out, mean)
			}
		}
	}
	return out, nil
}

// compareLight is the light of b against that of a, tile by tile: the median of
// their ratios, weighed by their light, where neither clips, and by how much its
// logarithm may be off. It is 0 where the tiles do not agree on one.
func compareLight(a, b []float64) (light, off float64) {
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
	if len(list) < leastTiles {
		return 0, 0
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
		return 0, 0
	}
	// Of normal deviates the median of the absolute values is 0.67 σ, and
	// the median's own deviation 1.25 σ/√n.
	return math.Exp(v), 1.9 * deviation / math.Sqrt(float64(len(list)))
}

// middle is the frame of a bracket whose exposure is in the middle, of two the
// one that clips less: what clips in the reference is seen where others moved.
func (b *burst) middle() int {
	var order []int
	for i := range b.sources {
		if b.report.Frames[i].Used {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(b.lights[i], b.lights[j]) })
	return order[(len(order)-1)/2]
}
