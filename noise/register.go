package noise

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/quadraw/quadraw/raw"
)

// candidates is how many of the first frames are looked at for the reference.
const candidates = 3

// sharper is by how much a later frame must be sharper to be preferred.
const sharper = 1.02

// registration is the way to a reference and the others' motion against it.
// Frames are read one at a time: no more than the candidates' pyramids are in
// memory.
type registration struct {
	*burst
	pyramids []*pyramid
	seen     copies
}

// register chooses the reference and aligns the other frames to it. A reference
// that was not asked for and whose scene most others do not show gives way to
// the next candidate: the burst is not of what the odd frame shows.
func (b *burst) register(ctx context.Context) error {
	if err := b.expose(ctx); err != nil {
		return err
	}
	if b.lights != nil && b.o.Method == Fast {
		return fmt.Errorf("%w: the fast method does not merge frames of different exposure", raw.ErrOption)
	}
	if err := b.findNoise(ctx); err != nil {
		return err
	}
	r := &registration{burst: b, pyramids: make([]*pyramid, len(b.sources)), seen: make(copies)}
	choice, err := r.choose(ctx)
	if err != nil {
		return err
	}
	most, best := -1, 0
	for k, ref := range choice {
		n, all, err := r.alignTo(ctx, ref)
		if err != nil {
			return err
		}
		if n > most {
			most, best = n, k
		}
		if 2*n >= all {
			break
		}
	}
	if choice[best] != b.ref {
		if _, _, err := r.alignTo(ctx, choice[best]); err != nil {
			return err
		}
	}
	for i, m := range b.motion {
		if f := &b.report.Frames[i]; f.Used && m == nil && i != b.ref {
			b.leaveOut(i, fmt.Sprintf("does not show the reference's scene: residual %.2f, limit %.1f", f.Residual, gateResidual))
		}
	}
	return b.enough()
}

// read builds the pyramid of frame i, unless it is there or the frame is not
// used. Of what is brighter than the reference's white there is nothing to see
// in the reference.
func (r *registration) read(ctx context.Context, i int) error {
	if r.pyramids[i] != nil || !r.report.Frames[i].Used {
		return nil
	}
	gain := r.light(r.ref) / r.light(i)
	p, err := newPyramid(ctx, ceiling(r.sources[i], 1/gain), gain, r.workers())
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return r.drop(i, err)
	}
	if !r.copied(r.seen, i, p) {
		r.pyramids[i] = p
	}
	return nil
}

// choose lists the frames that may be the reference, the best first: the one
// that was asked for, the middle one of a bracket, or the sharpest of the first.
func (r *registration) choose(ctx context.Context) ([]int, error) {
	if r.o.Reference > 0 || r.lights != nil {
		for r.o.Reference == 0 && r.report.Frames[r.ref].Used {
			if err := r.read(ctx, r.ref); err != nil {
				return nil, err
			}
			if r.pyramids[r.ref] != nil {
				break
			}
			if err := r.enough(); err != nil {
				return nil, err
			}
			r.ref = r.middle()
		}
		if err := r.read(ctx, r.ref); err != nil {
			return nil, err
		}
		if r.pyramids[r.ref] == nil {
			return nil, fmt.Errorf("%w: the reference %s cannot be used: %s", ErrBurst, r.name(r.ref), r.report.Frames[r.ref].Reason)
		}
		return []int{r.ref}, nil
	}
	var list []int
	for i := range r.sources {
		if err := r.read(ctx, i); err != nil {
			return nil, err
		}
		if r.pyramids[i] == nil {
			continue
		}
		r.report.Frames[i].Sharpness = r.pyramids[i].sharpness(mixed(r.profileOf(i)))
		if list = append(list, i); len(list) == candidates {
			break
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: no frame can be read: %s", ErrBurst, r.report.Frames[0].Reason)
	}
	// The first is preferred to one that is hardly sharper.
	best := 0
	for k, i := range list {
		if s := r.report.Frames[i].Sharpness; s > r.report.Frames[list[best]].Sharpness*sharper {
			best = k
		}
	}
	first := list[best]
	list = slices.Delete(list, best, best+1)
	slices.SortStableFunc(list, func(i, j int) int {
		return cmp.Compare(r.report.Frames[j].Sharpness, r.report.Frames[i].Sharpness)
	})
	return slices.Insert(list, 0, first), nil
}

// alignTo makes frame ref the reference and aligns the others to it. It counts
// the frames that show its scene among all others that are used.
func (r *registration) alignTo(ctx context.Context, ref int) (agree, all int, err error) {
	b := r.burst
	b.report.Frames[b.ref].Reference = false
	b.ref, b.report.Reference = ref, ref
	if err := r.read(ctx, ref); err != nil {
		return 0, 0, err
	}
	b.profile = b.profileOf(ref)
	first := &b.report.Frames[ref]
	first.Reference, first.Residual, first.Accepted = true, 1, 1
	first.ShiftX, first.ShiftY, first.Roll, first.Gain = 0, 0, 0, 1
	b.motion = make([]*motion, len(b.sources))
	a := &aligner{model: mixed(b.profile), workers: b.workers(), win: newTileWindow()}
	if b.o.Method == Fast {
		a.finest = 1
	}
	for i := range b.sources {
		if i == ref {
			continue
		}
		if err := r.read(ctx, i); err != nil {
			return 0, 0, err
		}
		if r.pyramids[i] == nil {
			continue
		}
		f := &b.report.Frames[i]
		f.Gain = b.light(ref) / b.light(i)
		if a.ref, err = r.reference(ctx, f.Gain); err != nil {
			return 0, 0, err
		}
		a.other = mixed(b.profileOf(i).Amplified(f.Gain))
		m, err := a.align(ctx, r.pyramids[i])
		if err != nil {
			return 0, 0, err
		}
		r.pyramids[i] = nil
		f.ShiftX, f.ShiftY, f.Residual = m.shiftX, m.shiftY, m.residual
		f.Roll = (m.camera.x[1] - m.camera.y[2]) / 2 / float64(m.step)
		all++
		if m.residual >= gateResidual {
			continue
		}
		b.motion[i] = m
		agree++
		if err := b.correctLight(ctx, i, m); err != nil {
			return 0, 0, err
		}
		f.Gain = b.light(ref) / b.light(i)
	}
	return agree, all, nil
}

// reference is the pyramid to align a frame to whose white is the given part of
// the reference's.
func (r *registration) reference(ctx context.Context, white float64) (*pyramid, error) {
	if white > 1/alikeTold {
		return r.pyramids[r.ref], nil
	}
	return newPyramid(ctx, ceiling(r.sources[r.ref], white), 1, r.workers())
}

// mixed is the mean model of a mosaic's samples.
func mixed(p raw.NoiseProfile) raw.NoiseModel {
	return raw.NoiseModel{
		Scale:  (p[raw.Red].Scale + 2*p[raw.Green].Scale + p[raw.Blue].Scale) / 4,
		Offset: (p[raw.Red].Offset + 2*p[raw.Green].Offset + p[raw.Blue].Offset) / 4,
	}
}
