package noise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"

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
	// periods: less than a third of the work, less gain in texture. It
	// merges no frames of different exposure.
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
	// sharpest of the first three, of a bracket the middle exposure.
	Reference int
	// Noise replaces the headers' noise profiles, at the reference's ISO.
	Noise raw.NoiseProfile
	// Exposures are the frames' light times gain against one another. Without
	// them EXIF tells them, and where it does not, they are measured. Frames of
	// different exposure are brought to the reference's, weighed by their
	// noise, and left out where they clip.
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
// CFA carrier that they sit on. How much noise is left is measured by merging
// parts of the frames with noise added to them: the profile in the header is
// that of the merged frame.
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
	// measured tells that lights are not told by any file.
	measured bool
	// estimated holds for frames whose headers do not tell their noise.
	estimated []raw.NoiseProfile
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
	for _, e := range b.o.Exposures {
		if !(e > 0) || math.IsInf(e, 1) {
			return fmt.Errorf("%w: exposure %v", raw.ErrOption, e)
		}
	}
	for i := range n {
		b.report.Frames = append(b.report.Frames, FrameReport{Name: b.name(i), Index: i, Used: true, Gain: 1})
	}
	b.ref = b.o.Reference - 1
	if b.ref < 0 {
		b.ref = b.usual()
	}
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
	return b.enough()
}

// usual is the first of the frames that fit most others: the first of all,
// unless bad frames are to be skipped.
func (b *burst) usual() int {
	best, most := 0, 0
	for i, s := range b.sources {
		n := 0
		for _, other := range b.sources {
			if fits(s.Header(), other.Header()) == nil {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
		if !b.o.SkipBad {
			break
		}
	}
	return best
}

// enough fails where skipping has left nothing to merge.
func (b *burst) enough() error {
	left, why := 0, ""
	for i := range b.report.Frames {
		if f := &b.report.Frames[i]; !f.Skipped {
			left++
		} else if why == "" {
			why = f.Reason
		}
	}
	if left < 2 {
		return fmt.Errorf("%w: %d of %d frames are left: %s", ErrBurst, left, len(b.report.Frames), why)
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
