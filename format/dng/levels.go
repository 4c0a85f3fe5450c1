package dng

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// levels is what maps stored samples to light (DNG 1.7.1, chapter 5): the
// table, then black and white on its output.
type levels struct {
	table  []uint16 // LinearizationTable, or nil
	black  raw.BlackLevel
	given  bool // there is a BlackLevel
	white  [3]float64
	masked []image.Rectangle
	// scale is what samples are multiplied with to fit 16 bits, 1 for those
	// that do; black and white are scaled already.
	scale float64
	bits  int // of the samples delivered
}

func (d *decoder) levels(g *geometry) (*levels, error) {
	lv := &levels{scale: 1, bits: min(g.bits, 16)}
	if g.floating {
		lv.bits = 16
	}
	for _, step := range []func(*geometry, *levels) error{d.linearization, d.whiteLevel, d.blackLevel, d.maskedAreas} {
		if err := step(g, lv); err != nil {
			return nil, err
		}
	}
	for c := range 3 {
		if lv.black.Mean() >= lv.white[c] {
			return nil, d.corrupt(ifd.BlackLevel, "(mean %g) is not below WhiteLevel (%g)", lv.black.Mean(), lv.white[c])
		}
	}
	return lv, nil
}

func (d *decoder) linearization(g *geometry, lv *levels) error {
	e := d.raw.Find(ifd.LinearizationTable)
	if e == nil {
		return nil
	}
	if g.floating || g.bits > 16 {
		return d.corrupt(ifd.LinearizationTable, "with samples of %d bits", g.bits)
	}
	v, err := d.tiff.Uints(e, 65536)
	if err != nil {
		return err
	}
	if len(v) < 2 {
		return d.corrupt(ifd.LinearizationTable, "has %d values", len(v))
	}
	// One entry for every sample value: the last one serves all beyond.
	lv.table = make([]uint16, 1<<16)
	for i := range lv.table {
		w := v[min(i, len(v)-1)]
		if w > 65535 {
			return d.corrupt(ifd.LinearizationTable, "holds %d", w)
		}
		lv.table[i] = uint16(w)
	}
	lv.bits = 16
	return nil
}

func (d *decoder) whiteLevel(g *geometry, lv *levels) error {
	def := float64(uint64(1)<<g.bits - 1)
	switch {
	case g.floating:
		def = 1
	case lv.table != nil:
		def = 65535
	}
	v := []float64{def}
	if e := d.raw.Find(ifd.WhiteLevel); e != nil {
		var err error
		if v, err = d.tiff.Floats(e, 64); err != nil {
			return err
		}
	}
	most := 0.0
	for c := range 3 {
		if len(v) == 0 {
			return d.corrupt(ifd.WhiteLevel, "has no value")
		}
		w := v[min(c, len(v)-1)]
		if g.samples == 1 {
			w = v[0]
		}
		if math.IsNaN(w) {
			w = def
		}
		if w <= 0 || w > 1<<32 {
			return d.corrupt(ifd.WhiteLevel, "is %g", w)
		}
		lv.white[c] = w
		most = max(most, w)
	}
	switch {
	case g.floating || g.bits > 16 && most > 65535:
		lv.scale = 65535 / most
	case g.bits <= 16:
		for lv.bits < 16 && most > float64(uint32(1)<<lv.bits-1) {
			lv.bits++
		}
	}
	for c := range lv.white {
		lv.white[c] = min(lv.white[c]*lv.scale, 65535)
	}
	return nil
}

// blackLevel turns the pattern and the deltas from ActiveArea's corner, where
// DNG anchors them, to the frame's.
func (d *decoder) blackLevel(g *geometry, lv *levels) error {
	b := raw.BlackLevel{Rows: 1, Cols: 1, Samples: 1, Values: []float64{0}}
	if e := d.raw.Find(ifd.BlackLevelRepeatDim); e != nil {
		v, err := d.tiff.Uints(e, 2)
		if err != nil {
			return err
		}
		if len(v) != 2 || v[0] == 0 || v[1] == 0 || v[0] > 64 || v[1] > 64 {
			return d.corrupt(ifd.BlackLevelRepeatDim, "is %v", v)
		}
		b.Rows, b.Cols = int(v[0]), int(v[1])
	}
	if e := d.raw.Find(ifd.BlackLevel); e != nil {
		v, err := d.tiff.Floats(e, 64*64*64)
		if err != nil {
			return err
		}
		if b, err = d.blackPattern(b, v, g.samples); err != nil {
			return err
		}
		lv.given = true
	} else if b.Rows*b.Cols > 1 {
		b = raw.ConstantBlack(0)
	}
	for i := range b.Values {
		b.Values[i] *= lv.scale
	}
	var err error
	if b.DeltaH, err = d.delta(ifd.BlackLevelDeltaH, g.active.Dx(), lv.scale); err != nil {
		return err
	}
	if b.DeltaV, err = d.delta(ifd.BlackLevelDeltaV, g.active.Dy(), lv.scale); err != nil {
		return err
	}
	lv.black = b.Shift(-g.active.Min.X, -g.active.Min.Y, g.size.X, g.size.Y)
	return nil
}

// blackPattern fits the values to the pattern: a value for each position and
// sample, or one for all. Values for more samples than there are do no harm if
// a position's are all the same.
func (d *decoder) blackPattern(b raw.BlackLevel, v []float64, samples int) (raw.BlackLevel, error) {
	for i, x := range v {
		if math.IsNaN(x) { // 0/0: absent
			v[i] = 0
		}
		if v[i] < 0 || v[i] > 1<<32 {
			return b, d.corrupt(ifd.BlackLevel, "is %g", v[i])
		}
	}
	n := b.Rows * b.Cols
	switch {
	case len(v) == 1:
		return raw.ConstantBlack(v[0]), nil
	case len(v) == 0 || len(v)%n != 0:
		return b, d.corrupt(ifd.BlackLevel, "has %d values for %d×%d positions", len(v), b.Rows, b.Cols)
	}
	b.Samples, b.Values = len(v)/n, v
	for i := range v {
		if b.Samples != samples && v[i] != v[i-i%b.Samples] {
			return b, d.corrupt(ifd.BlackLevel, "has %d different values a position for %d samples", b.Samples, samples)
		}
	}
	return b, nil
}

func (d *decoder) delta(t ifd.Tag, n int, scale float64) ([]float64, error) {
	e := d.raw.Find(t)
	if e == nil {
		return nil, nil
	}
	v, err := d.tiff.Floats(e, uint64(n))
	if err != nil {
		return nil, err
	}
	if len(v) != n {
		return nil, d.corrupt(t, "has %d values, ActiveArea asks for %d", len(v), n)
	}
	zero := true
	for i := range v {
		if math.IsNaN(v[i]) {
			v[i] = 0
		}
		v[i] *= scale
		if math.Abs(v[i]) > 65535 {
			return nil, d.corrupt(t, "holds %g", v[i]/scale)
		}
		zero = zero && v[i] == 0
	}
	if zero {
		return nil, nil
	}
	return v, nil
}

func (d *decoder) maskedAreas(g *geometry, lv *levels) error {
	e := d.raw.Find(ifd.MaskedAreas)
	if e == nil {
		return nil
	}
	areas, err := d.rectangles(e, 16)
	if err != nil {
		return err
	}
	for _, r := range areas {
		if r.Empty() || !r.In(image.Rectangle{Max: g.size}) || r.Overlaps(g.active) {
			return d.corrupt(ifd.MaskedAreas, "holds %v in a frame of %v with ActiveArea %v", r, g.size, g.active)
		}
	}
	lv.masked = areas
	return nil
}

// blackSamples is about how many masked samples tell a missing black level: a
// mean of so many is known far better than to a DN.
const blackSamples = 1 << 17

// measureBlack sets the header's black level from the masked areas if the file
// does not give it: the mean at each position of the CFA, without what is far
// from the median (hot pixels).
func (d *decoder) measureBlack(f *File, lv *levels) error {
	if lv.given || len(lv.masked) == 0 || f.image.samples != 1 {
		return nil
	}
	h := f.header
	p := h.CFA.Period()
	rows := (blackSamples/len(lv.masked))/max(lv.masked[0].Dx(), 1) + 1
	var seen []maskedSample
	for _, area := range lv.masked {
		area.Max.Y = min(area.Max.Y, area.Min.Y+max(rows, 2*p))
		area.Max.X = min(area.Max.X, area.Min.X+blackSamples)
		m := raw.NewMosaic(area, h.CFA)
		if err := f.image.readMosaic(context.Background(), m); err != nil {
			return fmt.Errorf("measure black in the masked area %v: %w", area, err)
		}
		for y := area.Min.Y; y < area.Max.Y; y++ {
			for x, v := range m.Row(y) {
				seen = append(seen, maskedSample{(y%p)*p + (x+area.Min.X)%p, v})
			}
		}
	}
	h.Black = meanBlack(seen, p)
	for c := range 3 {
		if h.Black.Mean() >= h.White[c] {
			return d.corrupt(ifd.MaskedAreas, "hold a mean of %g, which is not below WhiteLevel (%g)", h.Black.Mean(), h.White[c])
		}
	}
	d.log.Info("DNG: black level measured from the masked areas", "mean", h.Black.Mean())
	return nil
}

type maskedSample struct {
	position int
	value    uint16
}

func meanBlack(seen []maskedSample, period int) raw.BlackLevel {
	values := make([]uint16, len(seen))
	for i, s := range seen {
		values[i] = s.value
	}
	slices.Sort(values)
	median := values[len(values)/2]
	// The spread of the middle half is 1.35σ of a normal distribution.
	spread := 4*int(values[len(values)*3/4]-values[len(values)/4]) + 16
	b := raw.BlackLevel{Rows: period, Cols: period, Samples: 1, Values: make([]float64, period*period)}
	sum := make([]float64, period*period)
	count := make([]float64, period*period)
	for _, s := range seen {
		if v := int(s.value); v >= int(median)-spread && v <= int(median)+spread {
			sum[s.position] += float64(v)
			count[s.position]++
		}
	}
	for i := range b.Values {
		b.Values[i] = float64(median)
		if count[i] > 0 {
			b.Values[i] = sum[i] / count[i]
		}
	}
	return b
}

// blackSample is what unreadable samples are replaced with.
func blackSample(h *raw.Header) uint16 {
	return uint16(max(0, min(math.Round(h.Black.Mean()), 65535)))
}
