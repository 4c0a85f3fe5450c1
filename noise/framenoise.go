package noise

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/quadraw/quadraw/raw"
)

// profileOf is the profile that holds for frame i at its own exposure.
func (b *burst) profileOf(i int) raw.NoiseProfile {
	h := b.sources[i].Header()
	switch {
	case b.o.Noise.Known():
		return b.o.Noise.AtISO(b.sources[b.ref].Header().Capture.ISO, h.Capture.ISO)
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
