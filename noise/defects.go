package noise

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"runtime"
	"slices"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Defect is a pixel that does not measure light.
type Defect struct {
	X int `json:"x"`
	Y int `json:"y"`
	// Excess is the mean difference from the neighbours' range, normalised:
	// above 0 for a hot pixel, below for a dead one.
	Excess float64 `json:"excess"`
}

// DefectOptions say how defects are found. Nil and the zero value are good
// defaults.
type DefectOptions struct {
	// Sigma is how many standard deviations of the noise a pixel must stand
	// out from all its neighbours of one colour; 0 is 6, and 7 for a single
	// frame, in which a star or a glint looks like a defect.
	Sigma float64
	// Noise replaces the headers' noise profiles, at the first frame's ISO.
	Noise raw.NoiseProfile
	// Names are the frames' names for errors.
	Names []string
	Tiles tile.Options
}

// FindDefects finds hot and dead pixels, in rows from the top. In a burst that
// was not aligned they stay where they are while the scene moves: a pixel must
// stand out from the range of its eight neighbours of the same place in the
// colour filter array in every frame, and by far in their mean. A single frame
// has only its noise profile to go by, so the limit is higher. Small lights
// that neighbouring colours see too, in every frame, are spared.
func FindDefects(ctx context.Context, frames []raw.Source, o *DefectOptions) ([]Defect, error) {
	if o == nil {
		o = &DefectOptions{}
	}
	if len(frames) == 0 {
		return nil, fmt.Errorf("%w: no frames to find defects in", raw.ErrOption)
	}
	h := frames[0].Header()
	for i, f := range frames {
		if err := fits(h, f.Header()); err != nil {
			name := fmt.Sprintf("frame %d", i+1)
			if i < len(o.Names) {
				name = o.Names[i]
			}
			return nil, fmt.Errorf("%s: %w: %w", name, ErrBurst, err)
		}
	}
	d := &defectSearch{h: h, sigma: o.Sigma, reach: h.CFA.Period()}
	if h.CFA == raw.Mono {
		d.reach = 1
	}
	given := o.Noise
	if !given.Known() && !h.Noise.Known() {
		e, err := Estimate(ctx, frames[:1], &ProfileOptions{Tiles: o.Tiles})
		if err != nil {
			return nil, fmt.Errorf("finding defects without a noise profile: %w", err)
		}
		given = e.Profile
	}
	for _, f := range frames {
		d.frames = append(d.frames, newDefectFrame(f, h, given))
	}
	if d.sigma == 0 {
		d.sigma = 6
		if len(frames) == 1 {
			d.sigma = 7
		}
	}
	workers := o.Tiles.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	plan := &tile.Plan{Bounds: h.ActiveArea, Size: image.Pt(256, 256), Workers: workers}
	var found []Defect
	err := tile.Ordered(ctx, plan, func() *defectScratch { return &defectScratch{} }, d.search, func(s *defectScratch, _ image.Rectangle) error {
		found = append(found, s.found...)
		return nil
	})
	slices.SortFunc(found, func(a, b Defect) int { return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X)) })
	return found, err
}

type defectSearch struct {
	frames []defectFrame
	h      *raw.Header // of the first
	sigma  float64
	reach  int // to the next pixel of the same place in the period
}

// defectFrame is a frame with what makes light of its samples.
type defectFrame struct {
	raw.Source
	black, perDN float64
	profile      raw.NoiseProfile
}

// newDefectFrame prepares a frame; given is the profile of the first frame that
// holds where headers tell none, or, if the first tells one, for all.
func newDefectFrame(src raw.Source, first *raw.Header, given raw.NoiseProfile) defectFrame {
	h := src.Header()
	f := defectFrame{Source: src, black: h.Black.Mean(), profile: h.Noise}
	f.perDN = 1 / (h.White[raw.Green] - f.black)
	switch {
	case given.Known():
		f.profile = given.AtISO(first.Capture.ISO, h.Capture.ISO)
	case !h.Noise.Known():
		f.profile = first.Noise.AtISO(first.Capture.ISO, h.Capture.ISO)
	}
	return f
}

type defectScratch struct {
	windows   []raw.Mosaic // of every frame
	hot, dead []uint16     // the least that a pixel stood out by so far, by pixel
	found     []Defect
}

func (d *defectSearch) search(ctx context.Context, s *defectScratch, r image.Rectangle) error {
	n := r.Dx() * r.Dy()
	if cap(s.hot) < n {
		s.hot, s.dead = make([]uint16, n), make([]uint16, n)
	}
	if s.windows == nil {
		s.windows = make([]raw.Mosaic, len(d.frames))
	}
	s.hot, s.dead, s.found = s.hot[:n], s.dead[:n], s.found[:0]
	for i := range s.hot {
		s.hot[i], s.dead[i] = math.MaxUint16, math.MaxUint16
	}
	for z, f := range d.frames {
		m := &s.windows[z]
		m.Reset(r.Inset(-d.reach), d.h.CFA)
		if err := tile.ReadPadded(ctx, f, m); err != nil {
			return err
		}
		for y := range r.Dy() {
			row := s.hot[y*r.Dx() : (y+1)*r.Dx()]
			standOut(row, s.dead[y*r.Dx():(y+1)*r.Dx()], m.Pix[y*m.Stride:], m.Pix[(y+d.reach)*m.Stride:], m.Pix[(y+2*d.reach)*m.Stride:], d.reach)
		}
	}
	for i, hot := range s.hot {
		if hot|s.dead[i] != 0 {
			d.judge(s, r.Min.X+i%r.Dx(), r.Min.Y+i/r.Dx(), hot != 0)
		}
	}
	return nil
}

// judge looks at a pixel that stands out in every frame. Frames may differ in
// their levels, their exposure and their noise.
func (d *defectSearch) judge(s *defectScratch, x, y int, hot bool) {
	sum, variance := 0.0, 0.0
	color := d.h.CFA.ColorAt(x, y)
	for z := range s.windows {
		m, f := &s.windows[z], &d.frames[z]
		high, low := 0, math.MaxUint16
		for j := -d.reach; j <= d.reach; j += d.reach {
			row := m.Row(y + j)[x-m.Rect.Min.X-d.reach:]
			for i := 0; i <= 2*d.reach; i += d.reach {
				if i != d.reach || j != 0 {
					high, low = max(high, int(row[i])), min(low, int(row[i]))
				}
			}
		}
		v := int(m.Row(y)[x-m.Rect.Min.X])
		if hot {
			sum += float64(v-high) * f.perDN
		} else {
			sum += float64(v-low) * f.perDN
		}
		variance += f.profile.Variance(color, f.signal(m, x, y, d.reach))
	}
	n := float64(len(s.windows))
	mean, limit := sum/n, d.sigma*math.Sqrt(variance)/n
	if math.Abs(mean) <= limit {
		return
	}
	// A camera that stands still sees a star where it was, and so do the
	// pixels beside it; of a scene that moves, the frame that shows least.
	light := math.Inf(1)
	for z := range s.windows {
		light = min(light, d.light(&s.windows[z], &d.frames[z], x, y))
	}
	if math.Abs(mean) > limit+light {
		s.found = append(s.found, Defect{X: x, Y: y, Excess: mean})
	}
}

// signal is the mean of the eight neighbours reach away, normalised.
func (f *defectFrame) signal(m *raw.Mosaic, x, y, reach int) float64 {
	sum := 0.0
	for j := -reach; j <= reach; j += reach {
		row := m.Row(y + j)
		for i := -reach; i <= reach; i += reach {
			if i != 0 || j != 0 {
				sum += float64(row[x+i-m.Rect.Min.X])
			}
		}
	}
	return (sum/8 - f.black) * f.perDN
}

// light is what the adjoining pixels show of a small light: how far the
// brightest of them stands out from its own neighbours' mean, beyond noise.
func (d *defectSearch) light(m *raw.Mosaic, f *defectFrame, x, y int) float64 {
	most := 0.0
	for _, o := range [...]image.Point{{X: -1}, {X: 1}, {Y: -1}, {Y: 1}} {
		q := image.Pt(x, y).Add(o)
		if !image.Rect(q.X-d.reach, q.Y-d.reach, q.X+d.reach+1, q.Y+d.reach+1).In(m.Rect) {
			continue
		}
		v := (float64(m.Row(q.Y)[q.X-m.Rect.Min.X]) - f.black) * f.perDN
		near := f.signal(m, q.X, q.Y, d.reach)
		sigma := math.Sqrt(f.profile.Variance(d.h.CFA.ColorAt(q.X, q.Y), near))
		most = max(most, math.Abs(v-near)-3.5*sigma)
	}
	return 4 * most
}

// MarkDefects returns src with the defects added to its list of bad pixels (DNG
// OpcodeList1, FixBadPixelsList), by which they are repaired wherever that list
// is honoured: before merging and before demosaicing.
func MarkDefects(src raw.Source, defects []Defect) (raw.Source, error) {
	if len(defects) == 0 {
		return src, nil
	}
	h := src.Header().Clone()
	list := &raw.FixBadPixelsList{}
	data := make([]byte, 0, 12+8*len(defects))
	list.BayerPhase = bayerPhase(h.CFA)
	data = binary.BigEndian.AppendUint32(data, list.BayerPhase)
	data = binary.BigEndian.AppendUint32(data, uint32(len(defects)))
	data = binary.BigEndian.AppendUint32(data, 0)
	for _, d := range defects {
		p := image.Pt(d.X, d.Y)
		if !p.In(h.Bounds()) {
			return nil, fmt.Errorf("%w: defect at %v of %v", raw.ErrBounds, p, h.Bounds())
		}
		list.Points = append(list.Points, p)
		data = binary.BigEndian.AppendUint32(data, uint32(d.Y))
		data = binary.BigEndian.AppendUint32(data, uint32(d.X))
	}
	h.Opcodes[0] = append(h.Opcodes[0], raw.Opcode{ID: raw.OpcodeFixBadPixelsList, Version: 1<<24 | 3<<16, Flags: 1, Data: data, Params: list})
	return raw.WithHeader(src, h)
}

// bayerPhase tells where the first red cell is: top left, top right, bottom
// left or bottom right.
func bayerPhase(c raw.CFA) uint32 {
	k := max(c.Cell(), 1)
	for i := range 4 {
		if c.ColorAt(i%2*k, i/2*k) == raw.Red {
			return uint32(i)
		}
	}
	return 0
}
