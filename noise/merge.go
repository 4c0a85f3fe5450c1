package noise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"math"
	"runtime"
	"slices"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// MergeMethod says how aligned frames are merged.
type MergeMethod uint8

const (
	// Fourier is the best: every frequency of every tile is weighed by
	// itself, and fractions of a pixel are made up for.
	Fourier MergeMethod = iota
	// Fast is a robust average of pixels in blocks moved by whole CFA
	// periods: less than a third of the work, less gain in texture.
	Fast
)

var mergeMethods = [...]string{"fourier", "fast"}

// String returns "fourier" or "fast".
func (m MergeMethod) String() string {
	if int(m) < len(mergeMethods) {
		return mergeMethods[m]
	}
	return fmt.Sprintf("method(%d)", m)
}

// MarshalText is [MergeMethod.String] for encoders.
func (m MergeMethod) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText accepts what [MergeMethod.String] prints.
func (m *MergeMethod) UnmarshalText(text []byte) error {
	for i, s := range mergeMethods {
		if s == string(text) {
			*m = MergeMethod(i)
			return nil
		}
	}
	return fmt.Errorf("%w: merge method %q, want fourier or fast", raw.ErrOption, text)
}

// MergeOptions say how a burst is merged. Nil and the zero value are good
// defaults.
type MergeOptions struct {
	Method MergeMethod
	// Reference is the number, counted from 1, of the frame that the others
	// are aligned to and whose moment the picture shows; 0 takes the
	// sharpest of the first three.
	Reference int
	// Noise replaces the headers' noise profiles (at the reference's gain).
	Noise raw.NoiseProfile
	// Exposures are the frames' light times gain against one another, for
	// brackets whose EXIF data does not tell them. Frames of different
	// exposure are brought to the reference's, weighed by their noise, and
	// left out where they clip.
	Exposures []float64
	// SkipBad goes on without frames that cannot be read or do not fit,
	// instead of failing; the report says which.
	SkipBad bool
	// Names are the frames' names for errors and reports.
	Names []string
	// Tiles give the number of workers for the alignment; merging runs on
	// whoever pulls the result.
	Tiles tile.Options
	// Log is told what was estimated or dropped.
	Log *slog.Logger
}

// ErrBurst is the sentinel of frames that do not make a burst.
var ErrBurst = errors.New("not a burst")

// mergedBlack is the merged mosaic's black level, left room for below so that
// negative noise survives; its white is 65535.
const mergedBlack = 4096

// Merge aligns the frames of a burst to one of them and returns their merged
// mosaic, computed when and where it is read: a mosaic of the same CFA with 16
// bits, whose header tells the levels, the noise that is left, and how many
// frames went in. Alignment is done before Merge returns and reads every frame
// once; frames must stay readable while the result is in use.
//
// The method is windowed Fourier merging on the mosaic itself: tiles of 32
// pixels, each bin of each frame weighed by how much it differs from the
// reference beyond what noise explains (in the line of HDR+, Hasinoff et al.
// 2016, and its Wiener merge), with bands of colour shifted relative to the
// CFA carrier that they sit on.
func Merge(ctx context.Context, frames []raw.Source, o *MergeOptions) (raw.Source, *MergeReport, error) {
	if o == nil {
		o = &MergeOptions{}
	}
	b := &burst{o: o, sources: frames, report: &MergeReport{}}
	if err := b.check(); err != nil {
		return nil, nil, err
	}
	if err := b.register(ctx); err != nil {
		return nil, nil, err
	}
	m, err := newMerger(b)
	if err != nil {
		return nil, nil, err
	}
	b.report.merger = m
	if err := m.probe(ctx, b); err != nil {
		return nil, nil, err
	}
	src, err := tile.Cache(m, mergeChunk, mergeCacheBytes)
	if err != nil {
		return nil, nil, err
	}
	return &merged{src, m}, b.report, nil
}

// merged is a merger behind its cache; [Denoise] asks it what noise is left
// where.
type merged struct {
	raw.Source
	m *merger
}

// burst is the state of a Merge on its way to a merger.
type burst struct {
	o       *MergeOptions
	sources []raw.Source
	report  *MergeReport
	ref     int
	motion  []*motion // nil: the reference, or not used
	profile raw.NoiseProfile
	lights  []float64 // of frames of different exposure; nil: all alike
	// estimated holds where no header tells the noise.
	estimated raw.NoiseProfile
}

func (b *burst) name(i int) string {
	if i < len(b.o.Names) {
		return b.o.Names[i]
	}
	return fmt.Sprintf("frame %d", i+1)
}

func (b *burst) log() *slog.Logger {
	if b.o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return b.o.Log
}

func (b *burst) workers() int {
	if b.o.Tiles.Workers > 0 {
		return b.o.Tiles.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// drop takes frame i out of the burst, or fails unless bad frames are to be
// skipped.
func (b *burst) drop(i int, err error) error {
	if !b.o.SkipBad {
		return fmt.Errorf("%s: %w", b.name(i), err)
	}
	b.log().Warn("frame skipped", "frame", b.name(i), "reason", err)
	b.report.Frames[i].Used, b.report.Frames[i].Skipped = false, true
	b.report.Frames[i].Reason = err.Error()
	return nil
}

// check looks at the headers only.
func (b *burst) check() error {
	n := len(b.sources)
	if n < 2 {
		return fmt.Errorf("%w: %d frames, want at least 2", ErrBurst, n)
	}
	if b.o.Method > Fast {
		return fmt.Errorf("%w: merge method %v", raw.ErrOption, b.o.Method)
	}
	if b.o.Reference < 0 || b.o.Reference > n {
		return fmt.Errorf("%w: reference %d of %d frames", raw.ErrOption, b.o.Reference, n)
	}
	if k := len(b.o.Exposures); k != 0 && k != n {
		return fmt.Errorf("%w: %d exposures for %d frames", raw.ErrOption, k, n)
	}
	for i := range n {
		b.report.Frames = append(b.report.Frames, FrameReport{Name: b.name(i), Index: i, Used: true, Gain: 1})
	}
	b.ref = max(b.o.Reference-1, 0)
	first := b.sources[b.ref].Header()
	if c := first.CFA.Cell(); c > 2 {
		return fmt.Errorf("%s: %w", b.name(b.ref), &raw.UnsupportedError{Feature: fmt.Sprintf("merging %v mosaics (bin them first)", first.CFA)})
	}
	if s := first.Size; s.X < 2*mergeTile || s.Y < 2*mergeTile {
		return fmt.Errorf("%w: frames of %v, want at least %d pixels a side", ErrBurst, s, 2*mergeTile)
	}
	for i, s := range b.sources {
		if err := fits(first, s.Header()); err != nil {
			if i == b.ref {
				return fmt.Errorf("%s: %w", b.name(i), err)
			}
			if err := b.drop(i, fmt.Errorf("%w with %s: %w", ErrBurst, b.name(b.ref), err)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fits tells in what a frame differs from the reference that it must not.
func fits(ref, h *raw.Header) error {
	switch {
	case h.Size != ref.Size:
		return fmt.Errorf("size %v, want %v", h.Size, ref.Size)
	case h.CFA != ref.CFA:
		return fmt.Errorf("colour filter array %v, want %v", h.CFA, ref.CFA)
	case h.ActiveArea != ref.ActiveArea:
		return fmt.Errorf("active area %v, want %v", h.ActiveArea, ref.ActiveArea)
	case h.DefaultCrop != ref.DefaultCrop:
		return fmt.Errorf("crop %v, want %v", h.DefaultCrop, ref.DefaultCrop)
	}
	for c := range h.White {
		if !(h.White[c] > h.Black.Mean()) {
			return fmt.Errorf("white level %v at black level %v", h.White[c], h.Black.Mean())
		}
	}
	return nil
}

// candidates is how many of the first frames are looked at for the reference.
const candidates = 3

// sharper is by how much a later frame must be sharper to be preferred.
const sharper = 1.02

// register reads the frames, chooses the reference and aligns the others to
// it, one at a time: no more than the candidates' pyramids are in memory.
func (b *burst) register(ctx context.Context) error {
	pyramids := make([]*pyramid, len(b.sources))
	read := func(i int) error {
		p, err := newPyramid(ctx, b.sources[i], b.light(b.ref)/b.light(i), b.workers())
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			return b.drop(i, err)
		}
		pyramids[i] = p
		return nil
	}
	if err := b.expose(ctx); err != nil {
		return err
	}
	look := candidates
	if b.o.Reference > 0 || b.lights != nil {
		look = 0
		if b.o.Reference == 0 {
			b.ref = b.middle()
		}
		if err := read(b.ref); err != nil {
			return err
		}
	}
	best := math.Inf(-1)
	for i := range b.sources {
		if look == 0 || !b.report.Frames[i].Used {
			continue
		}
		look--
		if err := read(i); err != nil {
			return err
		}
		if pyramids[i] == nil {
			continue
		}
		s := pyramids[i].sharpness(mixed(b.profileOf(i)))
		b.report.Frames[i].Sharpness = s
		if s > best*sharper || math.IsInf(best, -1) {
			best, b.ref = s, i
		}
	}
	if pyramids[b.ref] == nil {
		return fmt.Errorf("%w: the reference %s cannot be used: %s", ErrBurst, b.name(b.ref), b.report.Frames[b.ref].Reason)
	}
	b.report.Reference = b.ref
	b.report.Frames[b.ref].Reference = true
	b.report.Frames[b.ref].Residual = 1
	b.report.Frames[b.ref].Accepted = 1
	b.profile = b.profileOf(b.ref)

	b.motion = make([]*motion, len(b.sources))
	a := &aligner{ref: pyramids[b.ref], model: mixed(b.profile), workers: b.workers(), win: newTileWindow()}
	if b.o.Method == Fast {
		if b.lights != nil {
			return fmt.Errorf("%w: the fast method does not merge frames of different exposure", raw.ErrOption)
		}
		a.finest = 1
	}
	left := 1
	for i := range b.sources {
		if i == b.ref || !b.report.Frames[i].Used {
			continue
		}
		if pyramids[i] == nil {
			if err := read(i); err != nil {
				return err
			}
			if pyramids[i] == nil {
				continue
			}
		}
		b.report.Frames[i].Gain = b.light(b.ref) / b.light(i)
		a.other = mixed(b.profileOf(i).Amplified(b.report.Frames[i].Gain))
		m, err := a.align(ctx, pyramids[i])
		if err != nil {
			return err
		}
		pyramids[i] = nil
		f := &b.report.Frames[i]
		f.ShiftX, f.ShiftY, f.Residual = m.shiftX, m.shiftY, m.residual
		f.Roll = (m.camera.x[1] - m.camera.y[2]) / 2 / float64(m.step)
		if m.residual >= gateResidual {
			f.Used = false
			f.Reason = fmt.Sprintf("does not show the reference's scene: residual %.2f, limit %.1f", m.residual, gateResidual)
			b.log().Warn("frame left out", "frame", b.name(i), "reason", f.Reason)
			continue
		}
		b.motion[i] = m
		left++
	}
	return nil
}

// profileOf is the profile that holds for frame i at its own exposure.
func (b *burst) profileOf(i int) raw.NoiseProfile {
	switch {
	case b.o.Noise.Known():
		return b.o.Noise
	case b.estimated.Known():
		return b.estimated
	}
	return b.sources[i].Header().Noise
}

// light is how much light frame i took, times its gain, on a scale that holds
// for the burst: 1 for all where that is not known.
func (b *burst) light(i int) float64 {
	if b.lights == nil {
		return 1
	}
	return b.lights[i]
}

// expose finds the frames' exposures against one another and, where no header
// tells it, their noise.
func (b *burst) expose(ctx context.Context) error {
	var used []raw.Source
	same := true
	lights := make([]float64, len(b.sources))
	for i, s := range b.sources {
		if !b.report.Frames[i].Used {
			lights[i] = 1
			continue
		}
		used = append(used, s)
		lights[i] = exposure(s.Header())
		if len(b.o.Exposures) > 0 {
			lights[i] = b.o.Exposures[i]
		}
		same = same && math.Abs(lights[i]/lights[b.ref]-1) < .01
	}
	known := true
	for _, l := range lights {
		known = known && l > 0 && !math.IsInf(l, 1)
	}
	if known && !same {
		b.lights = lights
		b.log().Info("frames of different exposure", "exposures", lights)
	}
	for i := range b.sources {
		if !b.report.Frames[i].Used || b.profileOf(i).Known() {
			continue
		}
		// Alike frames tell more together than one by one.
		o := &ProfileOptions{Tiles: b.o.Tiles}
		if b.lights != nil {
			o.Method = FromFrames
		}
		e, err := Estimate(ctx, used, o)
		if err != nil {
			return fmt.Errorf("%s has no noise profile: %w", b.name(i), err)
		}
		b.estimated = e.Profile
		b.log().Warn("no noise profile in the headers: estimated", "frame", b.name(i), "scale", e.Profile[raw.Green].Scale, "offset", e.Profile[raw.Green].Offset)
		break
	}
	return nil
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

// exposure is what EXIF tells of the light that makes a sample: time, gain and
// aperture; 0 if it does not.
func exposure(h *raw.Header) float64 {
	c := &h.Capture
	v := c.ExposureTime
	if c.ISO > 0 {
		v *= c.ISO
	}
	if c.FNumber > 0 {
		v /= c.FNumber * c.FNumber
	}
	return v
}

// mixed is the mean model of a mosaic's samples.
func mixed(p raw.NoiseProfile) raw.NoiseModel {
	return raw.NoiseModel{
		Scale:  (p[raw.Red].Scale + 2*p[raw.Green].Scale + p[raw.Blue].Scale) / 4,
		Offset: (p[raw.Red].Offset + 2*p[raw.Green].Offset + p[raw.Blue].Offset) / 4,
	}
}

// probe merges a few clusters of tiles spread over the frame to learn how much
// noise will be left, which the header must tell before the pixels.
func (m *merger) probe(ctx context.Context, b *burst) error {
	const clusters, side = 6, 3 * mergeStep // one batch each
	tmp := raw.NewMosaic(image.Rect(0, 0, side, side), m.h.CFA)
	for i := range clusters {
		for j := range clusters {
			x := (2*j + 1) * m.h.Size.X / (2 * clusters) / mergeStep * mergeStep
			y := (2*i + 1) * m.h.Size.Y / (2 * clusters) / mergeStep * mergeStep
			tmp.Reset(image.Rect(x, y, x+side, y+side).Intersect(m.h.Bounds()), m.h.CFA)
			if tmp.Rect.Empty() {
				continue
			}
			if err := m.ReadTile(ctx, tmp); err != nil {
				return err
			}
		}
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

// update fills the report from the tiles merged so far and returns their mean
// variance against the reference's.
func (m *merger) update(r *MergeReport) float64 {
	ratio, n := 0.0, 0
	for i := range m.stats {
		if v := m.stats[i].ratio(); v > 0 {
			ratio += float64(v)
			n++
		}
	}
	if n == 0 {
		return 1
	}
	ratio /= float64(n)
	for i := range m.frames {
		f := m.frames[i]
		if f.index != m.refIndex {
			r.Frames[f.index].Accepted = float64(f.accepted.Load()) / acceptedUnit / math.Max(float64(f.tiles.Load()), 1)
		}
	}
	at := m.profile.Variance(raw.Green, 0.18)
	r.NoiseBefore, r.NoiseAfter = math.Sqrt(at), math.Sqrt(at*ratio)
	r.GainDB = -10 * math.Log10(ratio)
	r.EffectiveFrames = 1 / ratio
	return ratio
}
