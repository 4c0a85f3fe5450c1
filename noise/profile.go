package noise

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"runtime"
	"sync"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// ProfileMethod says what a noise profile is estimated from.
type ProfileMethod uint8

const (
	// FromBurst compares the frames of a burst with the first, aligned;
	// one frame is taken by itself. It is the default.
	FromBurst ProfileMethod = iota
	// FromFrames takes every frame by itself and pools them.
	FromFrames
	// FromFlats is the photon transfer method (Janesick 2007): frames one
	// after the other are pairs of the same even light, and of the dark.
	FromFlats
)

var profileMethods = [...]string{"burst", "frames", "flats"}

// String returns "burst", "frames" or "flats".
func (m ProfileMethod) String() string {
	if int(m) < len(profileMethods) {
		return profileMethods[m]
	}
	return fmt.Sprintf("method(%d)", m)
}

// MarshalText is [ProfileMethod.String] for encoders.
func (m ProfileMethod) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText accepts what [ProfileMethod.String] prints.
func (m *ProfileMethod) UnmarshalText(text []byte) error {
	for i, s := range profileMethods {
		if s == string(text) {
			*m = ProfileMethod(i)
			return nil
		}
	}
	return fmt.Errorf("%w: profile method %q, want burst, frames or flats", raw.ErrOption, text)
}

// ProfileOptions say how a noise profile is estimated. Nil and the zero value
// are good defaults.
type ProfileOptions struct {
	Method ProfileMethod
	Tiles  tile.Options
}

// ProfilePoint is the variance that was found around one signal, both
// normalised; Blocks is how many blocks of 8×8 samples it is the mean of.
type ProfilePoint struct {
	Signal   float64 `json:"signal"`
	Variance float64 `json:"variance"`
	Blocks   int     `json:"blocks"`
}

// ProfileEstimate is an estimated noise profile with what it was fitted to,
// fit for a plot of variance over signal.
type ProfileEstimate struct {
	Profile raw.NoiseProfile `json:"profile"`
	// Points by colour: red, green, blue.
	Points [3][]ProfilePoint `json:"points"`
	Method ProfileMethod     `json:"method"`
}

// ErrProfile is the sentinel of frames that do not tell their noise.
var ErrProfile = errors.New("noise profile cannot be estimated")

// Estimate finds the noise profile of one or more frames: variance against
// signal for each colour, fitted by a line. Texture is kept out twice: noise
// is measured by second differences along and across (Immerkær 1996), which
// smooth edges do not enter, and only in the least structured blocks of a
// brightness; structure is measured in lower frequencies, so that choosing by
// it does not favour quiet noise. Clipped blocks are left out.
func Estimate(ctx context.Context, frames []raw.Source, o *ProfileOptions) (*ProfileEstimate, error) {
	if o == nil {
		o = &ProfileOptions{}
	}
	if len(frames) == 0 {
		return nil, fmt.Errorf("%w: no frames", ErrProfile)
	}
	if o.Method == FromFlats && len(frames)%2 != 0 {
		return nil, fmt.Errorf("%w: %d flats, want pairs", ErrProfile, len(frames))
	}
	ref := frames[0].Header()
	for i, f := range frames {
		if err := fits(ref, f.Header()); err != nil {
			return nil, fmt.Errorf("%w: frame %d: %w", ErrProfile, i+1, err)
		}
	}
	e := &profiler{header: ref, workers: o.Tiles.Workers}
	if e.workers <= 0 {
		e.workers = runtime.GOMAXPROCS(0)
	}
	var err error
	switch {
	case o.Method == FromFlats:
		for i := 0; i < len(frames) && err == nil; i += 2 {
			err = e.pair(ctx, frames[i], frames[i+1], nil)
		}
	case o.Method == FromFrames || len(frames) == 1:
		for i := 0; i < len(frames) && err == nil; i++ {
			err = e.pair(ctx, frames[i], nil, nil)
		}
	default:
		err = e.burst(ctx, frames)
	}
	if err != nil {
		return nil, err
	}
	return e.estimate(o.Method)
}

// profileSide is the side of the squares that are looked at, in cells of one
// colour; profilePixels bounds how many pixels of a frame are.
const (
	profileSide   = 128
	profilePixels = 6 << 20
	profileBlock  = 8
	profileBins   = 40
	// The part of the blocks of a brightness that is believed to be plain.
	plainest = 0.1
)

// profiler collects blocks.
type profiler struct {
	header  *raw.Header
	workers int
	bias    float64

	mu     sync.Mutex
	blocks [3][profileBins][]profileSample
}

// profileSample is what a block tells.
type profileSample struct{ mean, structure, variance float32 }

// burst compares all frames with the first, along the displacements that a
// first estimate of the noise leads to.
func (e *profiler) burst(ctx context.Context, frames []raw.Source) error {
	if err := e.pair(ctx, frames[0], nil, nil); err != nil {
		return err
	}
	first, err := e.estimate(FromFrames)
	if err != nil {
		return err
	}
	e.blocks = [3][profileBins][]profileSample{}
	ref, err := newPyramid(ctx, frames[0], 1, e.workers)
	if err != nil {
		return err
	}
	a := &aligner{ref: ref, model: mixed(first.Profile), other: mixed(first.Profile), workers: e.workers, win: newTileWindow()}
	for _, f := range frames[1:] {
		p, err := newPyramid(ctx, f, 1, e.workers)
		if err != nil {
			return err
		}
		m, err := a.align(ctx, p)
		if err != nil {
			return err
		}
		if m.residual >= gateResidual {
			continue
		}
		if err := e.pair(ctx, frames[0], f, m); err != nil {
			return err
		}
	}
	return nil
}

type profileScratch struct {
	a, b   raw.Mosaic
	planes [4][]float32 // signal, or mean of the pair
	diff   [4][]float32
	found  [3][profileBins][]profileSample
}

// pair collects the blocks of frame a, or of the difference of a and b, which
// is displaced as m says.
func (e *profiler) pair(ctx context.Context, a, b raw.Source, m *motion) error {
	h := e.header
	e.bias = singleBias
	if b != nil {
		e.bias = pairBias
	}
	cell := max(h.CFA.Cell(), 1)
	start := h.CFA.CellStart()
	side := profileSide * cell
	area := h.ActiveArea
	grid := image.Pt((area.Dx()-start.X)/side, (area.Dy()-start.Y)/side)
	if grid.X == 0 || grid.Y == 0 {
		side = min(area.Dx(), area.Dy()) / (2 * cell) * 2 * cell
		if side < 24*cell {
			return fmt.Errorf("%w: frame of %v is too small", ErrProfile, h.Size)
		}
		grid = image.Pt(1, 1)
	}
	// Squares are picked evenly when there are more than enough.
	total := grid.X * grid.Y
	count := min(total, max(profilePixels/(side*side), 1))
	plan := &tile.Plan{Bounds: image.Rect(0, 0, count, 1), Size: image.Pt(1, 1), Workers: e.workers}
	return tile.Each(ctx, plan, func() *profileScratch { return &profileScratch{} }, func(ctx context.Context, s *profileScratch, r image.Rectangle) error {
		i := r.Min.X * total / count
		// Squares start at a whole period.
		at := image.Pt(i%grid.X*side, i/grid.X*side).Add(area.Min)
		at = at.Sub(image.Pt(mod(at.X-start.X, 2*cell), mod(at.Y-start.Y, 2*cell)))
		if at.X < 0 {
			at.X += 2 * cell
		}
		if at.Y < 0 {
			at.Y += 2 * cell
		}
		square := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}.Intersect(h.Bounds())
		return e.square(ctx, s, square, a, b, m)
	})
}

// square reads a square and looks at its blocks.
func (e *profiler) square(ctx context.Context, s *profileScratch, r image.Rectangle, a, b raw.Source, m *motion) error {
	cell := max(e.header.CFA.Cell(), 1)
	s.a.Reset(r, e.header.CFA)
	if err := a.ReadTile(ctx, &s.a); err != nil {
		return err
	}
	w, h := r.Dx()/(2*cell), r.Dy()/(2*cell)
	if w < profileBlock+2 || h < profileBlock+2 {
		return nil
	}
	e.load(&s.planes, &s.a, a.Header(), w, h)
	if b != nil {
		from := r
		if m != nil {
			period := e.header.CFA.Period()
			c := r.Min.Add(r.Max).Div(2)
			v := m.at(float32(c.Y), float32(c.X), max(period, 2))
			snap := func(d float32) int { return int(math.RoundToEven(float64(d)/float64(period))) * period }
			from = r.Add(image.Pt(snap(v.x), snap(v.y)))
			if !from.In(e.header.Bounds()) {
				return nil
			}
		}
		s.b.Reset(from, e.header.CFA)
		if err := b.ReadTile(ctx, &s.b); err != nil {
			return err
		}
		e.load(&s.diff, &s.b, b.Header(), w, h)
		for p := range s.diff {
			x, y := s.planes[p], s.diff[p]
			for i := range y {
				x[i], y[i] = (x[i]+y[i])/2, x[i]-y[i]
			}
		}
	}
	for c := range s.found {
		for i := range s.found[c] {
			s.found[c][i] = s.found[c][i][:0]
		}
	}
	for p := range 4 {
		c := e.header.CFA.ColorAt(r.Min.X+p%2*cell, r.Min.Y+p/2*cell)
		residual := s.planes[p]
		// Means over a cell have cell² less variance, differences twice.
		k := float32(cell * cell)
		if b != nil {
			residual = s.diff[p]
			k /= 2
		}
		for y := 0; y+profileBlock+2 <= h; y += profileBlock {
			for x := 0; x+profileBlock+2 <= w; x += profileBlock {
				if q, ok := block(s.planes[p][y*w+x:], residual[y*w+x:], w); ok {
					q.variance *= k
					i := binOf(q.mean)
					s.found[c][i] = append(s.found[c][i], q)
				}
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range s.found {
		for i := range s.found[c] {
			e.blocks[c][i] = append(e.blocks[c][i], s.found[c][i]...)
		}
	}
	return nil
}

// clippedSample marks a sample that is clipped at either end.
const clippedSample = 1e6

// load makes the four colour planes of a square, normalised: means over cells.
func (e *profiler) load(planes *[4][]float32, m *raw.Mosaic, head *raw.Header, w, h int) {
	cell := max(head.CFA.Cell(), 1)
	black, white := head.Black.Mean(), head.White[1]
	constant := len(head.Black.DeltaH) == 0 && len(head.Black.DeltaV) == 0
	k := 1 / (white - black)
	full := uint16(min(math.Floor(white-.02*(white-black)), 65535))
	for p := range planes {
		if cap(planes[p]) < w*h {
			planes[p] = make([]float32, w*h)
		}
		planes[p] = planes[p][:w*h]
		x0, y0 := m.Rect.Min.X+p%2*cell, m.Rect.Min.Y+p/2*cell
		for y := range h {
			for x := range w {
				sum, clipped := 0.0, false
				for j := range cell {
					for i := range cell {
						px, py := x0+x*2*cell+i, y0+y*2*cell+j
						v := m.Row(py)[px-m.Rect.Min.X]
						clipped = clipped || v >= full || v == 0 && black > 0
						if constant {
							sum += float64(v) - head.Black.At(px, py, 0)
						} else {
							sum += float64(v) - black
						}
					}
				}
				q := float32(sum * k / float64(cell*cell))
				if clipped {
					q = clippedSample
				}
				planes[p][y*w+x] = q
			}
		}
	}
}

// block measures the 8×8 samples in the middle of 10×10: their mean, their
// structure, and the noise of the residual.
func block(signal, residual []float32, stride int) (profileSample, bool) {
	var sub [16]float64 // means of 2×2
	noise := 0.0
	for y := range profileBlock + 2 {
		for _, v := range signal[y*stride:][:profileBlock+2] {
			if v > clippedSample/4 {
				return profileSample{}, false
			}
		}
	}
	for y := 1; y <= profileBlock; y++ {
		up, mid, low := residual[(y-1)*stride:], residual[y*stride:], residual[(y+1)*stride:]
		row := signal[y*stride:]
		for x := 1; x <= profileBlock; x++ {
			d := float64(up[x-1]) + float64(up[x+1]) + float64(low[x-1]) + float64(low[x+1]) -
				2*(float64(up[x])+float64(mid[x-1])+float64(mid[x+1])+float64(low[x])) + 4*float64(mid[x])
			noise += d * d
			sub[(y-1)/2*4+(x-1)/2] += float64(row[x]) / 4
		}
	}
	mean, structure := 0.0, 0.0
	for i, q := range sub {
		mean += q / 16
		if i%4 < 3 {
			structure += (sub[i+1] - q) * (sub[i+1] - q)
		}
		if i < 12 {
			structure += (sub[i+4] - q) * (sub[i+4] - q)
		}
	}
	return profileSample{float32(mean), float32(structure), float32(noise / (36 * profileBlock * profileBlock))}, true
}

// binOf sorts signals into bins that are even in the square root.
func binOf(x float32) int {
	return min(int(math.Sqrt(max(float64(x), 0))*profileBins), profileBins-1)
}
