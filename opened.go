package quadraw

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/noise"
)

// opened are the inputs of a job that could be opened.
type opened struct {
	frames
	// recipe is the job's, for these frames: its numbers of frames count them.
	recipe Recipe
	// places are the frames' among the job's inputs.
	places []int
	// bad tells of the others.
	bad []noise.FrameReport
}

// openJob opens the inputs of a job. If the recipe says so, frames of a burst
// that cannot be opened are left out, which is reported.
func openJob(ctx context.Context, job *Job, o *format.OpenOptions) (*opened, error) {
	if !job.Recipe.Merge.SkipBad || len(job.Inputs) < 2 {
		fs, err := openFrames(ctx, job.Inputs, o)
		if err != nil {
			return nil, err
		}
		in := &opened{frames: fs, recipe: job.Recipe}
		for i := range fs {
			in.places = append(in.places, i)
		}
		return in, nil
	}
	in := &opened{recipe: job.Recipe}
	if err := in.openReadable(ctx, job, o); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

func (in *opened) openReadable(ctx context.Context, job *Job, o *format.OpenOptions) error {
	var first error
	for i, name := range job.Inputs {
		f, err := openFrame(ctx, name, o)
		if err == nil && f.rgb != nil {
			f.Close()
			err = &InputError{Name: name, Err: errors.New("holds three colours a pixel: a burst is of mosaics")}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			first = cmp.Or(first, err)
			var why *InputError
			if errors.As(err, &why) && why.Name == name {
				err = why.Err
			}
			if o.Log != nil {
				o.Log.Warn("frame skipped", "frame", name, "reason", err)
			}
			in.bad = append(in.bad, noise.FrameReport{Name: name, Index: i, Gain: 1, Skipped: true, Reason: err.Error()})
		default:
			in.frames = append(in.frames, f)
			in.places = append(in.places, i)
		}
	}
	if len(in.frames) < 2 {
		return fmt.Errorf("%d of %d frames can be read, too few to merge: %w", len(in.frames), len(job.Inputs), first)
	}
	if err := in.distinct(); err != nil {
		return err
	}
	return in.renumber()
}

// renumber makes the recipe's numbers of frames those of the frames that are
// left.
func (in *opened) renumber() error {
	m := &in.recipe.Merge
	n := len(in.places) + len(in.bad)
	if m.Reference < 0 || m.Reference > n {
		return recipeError("reference %d of %d frames", m.Reference, n)
	}
	if m.Reference > 0 {
		at := slices.Index(in.places, m.Reference-1)
		if at < 0 {
			i := slices.IndexFunc(in.bad, func(f noise.FrameReport) bool { return f.Index == m.Reference-1 })
			return &InputError{Name: in.bad[i].Name, Err: fmt.Errorf("the reference cannot be used: %s", in.bad[i].Reason)}
		}
		m.Reference = at + 1
	}
	if len(m.Exposures) == 0 {
		return nil
	}
	if len(m.Exposures) != n {
		return recipeError("%d exposures for %d frames", len(m.Exposures), n)
	}
	left := make([]float64, len(in.places))
	for i, at := range in.places {
		left[i] = m.Exposures[at]
	}
	m.Exposures = left
	return nil
}

// complete makes a merge's report one of all the job's inputs, in their order.
func (in *opened) complete(r *noise.MergeReport) {
	for i := range r.Frames {
		r.Frames[i].Index = in.places[i]
	}
	r.Reference = in.places[r.Reference]
	r.Frames = append(r.Frames, in.bad...)
	slices.SortFunc(r.Frames, func(a, b noise.FrameReport) int { return cmp.Compare(a.Index, b.Index) })
}
