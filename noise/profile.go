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
// signal, fitted by a line. Texture is kept out three times. Noise is measured
// at the finest scale that one colour has, where lenses leave least of a scene:
// by differences inside the cells of a Quad mosaic, by second differences
// (Immerkær 1996) along the diagonals of a Bayer mosaic's green. It is the
// median over small blocks of like signal and like structure, structure being
// measured in lower frequencies, so that blocks sorted by it are not sorted by
// their noise. And where every block has some structure, the line is fitted
// together with the part of it that leaks into the finest scale. Clipped blocks
// are left out.
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

// profileSide is the side of the squares that are looked at, in periods of the
// CFA; profilePixels bounds how many pixels of a frame are.
const (
	profileSide   = 64
	profilePixels = 6 << 20
	profileBlock  = 8
	profileBins   = 40
)

// profiler collects blocks.
type profiler struct {
	header  *raw.Header
	workers int
	// steady is by how much of a period frames may be off that are compared.
	steady float64

	mu     sync.Mutex
	blocks [3][profileBins][]profileSample
}

// profileSample is what a block tells: its mean, the variance of its structure
// in lower frequencies, and that of the finest scale; both are the noise's where
// there is nothing but noise.
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
	motions := make([]*motion, len(frames))
	for i, f := range frames[1:] {
		p, err := newPyramid(ctx, f, 1, e.workers)
		if err != nil {
			return err
		}
		m, err := a.align(ctx, p)
		if err != nil {
			return err
		}
		if m.residual < gateResidual {
			motions[i+1] = m
		}
	}
	// Squares that are a fraction of a pixel off show texture in their
	// difference: they are the second choice.
	for _, e.steady = range []float64{.1, .25, 1} {
		for i, m := range motions {
			if m == nil {
				continue
			}
			if err := e.pair(ctx, frames[0], frames[i], m); err != nil {
				return err
			}
		}
		if e.enough() {
			break
		}
	}
	return nil
}

// enough reports whether there are blocks of several signals, and many.
func (e *profiler) enough() bool {
	signals, blocks := 0, 0
	for c := range e.blocks {
		for _, b := range e.blocks[c] {
			if len(b) >= leastBlocks {
				signals++
				blocks += len(b)
			}
		}
	}
	return signals > 5 && blocks > 1000
}

type profileScratch struct {
	a, b     raw.Mosaic
	signal   []float32 // of every pixel, or the mean of the pair
	residual []float32 // signal, or the difference of the pair
	sites    []site
	found    [3][profileBins][]profileSample
}

// pair collects the blocks of frame a, or of the difference of a and b, which
// is displaced as m says.
func (e *profiler) pair(ctx context.Context, a, b raw.Source, m *motion) error {
	h := e.header
	period := max(h.CFA.Period(), 2)
	start := h.CFA.CellStart()
	side := profileSide * period
	area := h.ActiveArea
	grid := image.Pt((area.Dx()-start.X)/side, (area.Dy()-start.Y)/side)
	if grid.X == 0 || grid.Y == 0 {
		side = min(area.Dx(), area.Dy()) / period * period
		if side < (profileBlock+2)*period {
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
		// Squares start at a whole cell.
		at := image.Pt(i%grid.X*side, i/grid.X*side).Add(area.Min)
		at = at.Sub(image.Pt(mod(at.X-start.X, period), mod(at.Y-start.Y, period)))
		if at.X < 0 {
			at.X += period
		}
		if at.Y < 0 {
			at.Y += period
		}
		square := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}.Intersect(h.Bounds())
		return e.square(ctx, s, square, a, b, m)
	})
}

// square reads a square and looks at its blocks.
func (e *profiler) square(ctx context.Context, s *profileScratch, r image.Rectangle, a, b raw.Source, m *motion) error {
	period := max(e.header.CFA.Period(), 2)
	r.Max = r.Min.Add(image.Pt(r.Dx()/period*period, r.Dy()/period*period))
	s.a.Reset(r, e.header.CFA)
	if err := a.ReadTile(ctx, &s.a); err != nil {
		return err
	}
	s.signal = normalise(s.signal, &s.a, a.Header())
	s.residual = append(s.residual[:0], s.signal...)
	noise := float32(1) // variance of the residual against a sample's
	if b != nil {
		from := r
		if m != nil {
			c := r.Min.Add(r.Max).Div(2)
			v := m.at(float32(c.Y), float32(c.X), period)
			snap := func(d float32) int { return int(math.RoundToEven(float64(d)/float64(period))) * period }
			from = r.Add(image.Pt(snap(v.x), snap(v.y)))
			dy, dx := float64(v.y)-float64(from.Min.Y-r.Min.Y), float64(v.x)-float64(from.Min.X-r.Min.X)
			if !from.In(e.header.Bounds()) || math.Hypot(dy, dx) > e.steady*float64(period) {
				return nil
			}
		}
		s.b.Reset(from, e.header.CFA)
		if err := b.ReadTile(ctx, &s.b); err != nil {
			return err
		}
		s.residual = normalise(s.residual, &s.b, b.Header())
		for i, v := range s.residual {
			s.signal[i], s.residual[i] = (s.signal[i]+v)/2, s.signal[i]-v
		}
		noise = 2
	}
	for c := range s.found {
		for i := range s.found[c] {
			s.found[c][i] = s.found[c][i][:0]
		}
	}
	for _, k := range sitesOf(e.header.CFA, r.Min) {
		w, h := k.fill(s, r)
		for y := 0; y+profileBlock+2 <= h; y += profileBlock {
			for x := 0; x+profileBlock+2 <= w; x += profileBlock {
				if q, ok := k.block(s.sites[y*w+x:], w); ok {
					q.variance /= noise
					q.structure *= noise / k.share
					i := binOf(q.mean)
					s.found[k.color][i] = append(s.found[k.color][i], q)
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

// clippedSample marks a sample that is clipped at white.
const clippedSample = 1e9

// normalise takes a square to black 0 and white 1.
func normalise(dst []float32, m *raw.Mosaic, h *raw.Header) []float32 {
	black, white := h.Black.Mean(), h.White[1]
	k := 1 / (white - black)
	full := uint16(min(math.Floor(white-.02*(white-black)), 65535))
	dst = dst[:0]
	var level [16]float64
	for i := range level {
		level[i] = h.Black.At(m.Rect.Min.X+i%4, m.Rect.Min.Y+i/4, 0)
	}
	simple := repeatsInFour(h)
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		of := level[(y-m.Rect.Min.Y)&3*4:][:4]
		for x, v := range m.Row(y) {
			b := of[x&3]
			if !simple {
				b = h.Black.At(m.Rect.Min.X+x, y, 0)
			}
			q := float32((float64(v) - b) * k)
			if v >= full {
				q = clippedSample
			}
			dst = append(dst, q)
		}
	}
	return dst
}
