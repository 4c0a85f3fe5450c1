package bench

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/quadraw/quadraw/internal/roofline"
	"github.com/quadraw/quadraw/raw"
)

// Options choose what a run measures. Nil and the zero value measure
// everything that needs nothing but this machine.
type Options struct {
	// Quick measures fewer stages on smaller frames and ends within 90 s on
	// two cores.
	Quick bool
	// Parts names what is measured, of "stages", "peers", "quality",
	// "crossover" and "scaling"; none is all.
	Parts []string
	// Stages, if set, times only the stages whose names match.
	Stages *regexp.Regexp
	// Rounds is how many rounds the stages are timed in; 0 is as many as a
	// set time allows, 6 at least.
	Rounds int
	// Images is a folder of PNG pictures for the quality bench; empty
	// measures on simulated scenes only.
	Images string
	// Command is the path of the quadraw command, for figures that need a
	// process of their own; empty leaves these out.
	Command string
	// Progress is told what is being done. May be nil.
	Progress func(what string)
}

// Run measures this machine.
func Run(ctx context.Context, o *Options) (*Report, error) {
	if o == nil {
		o = &Options{}
	}
	say := o.Progress
	if say == nil {
		say = func(string) {}
	}
	r := &Report{Schema: schema, Date: time.Now().UTC().Truncate(time.Second), Commit: commit(), Quick: o.Quick, Machine: thisMachine()}
	if o.Images != "" {
		r.Images = filepath.Base(o.Images)
	}
	parts := []part{
		{"stages", r.measureStages}, {"peers", r.measureContests}, {"quality", r.measureQuality},
		{"crossover", r.measureCrossover}, {"scaling", r.measureScaling},
	}
	if o.Rounds < 0 {
		return nil, fmt.Errorf("%w: %d rounds", raw.ErrOption, o.Rounds)
	}
	for _, name := range o.Parts {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return nil, fmt.Errorf("%w: no part %q of the benchmarks", raw.ErrOption, name)
		}
	}
	for _, p := range parts {
		if len(o.Parts) > 0 && !slices.Contains(o.Parts, p.name) {
			continue
		}
		start := time.Now()
		if err := p.measure(ctx, o, say); err != nil {
			return nil, err
		}
		r.Took = append(r.Took, Took{p.name, time.Since(start).Seconds()})
	}
	return r, nil
}

// part is something that a run measures.
type part struct {
	name    string
	measure func(ctx context.Context, o *Options, say func(string)) error
}

// measureStages times the stages. A full run does it group by group, so that
// the inputs of one group only are in memory.
func (r *Report) measureStages(ctx context.Context, o *Options, say func(string)) error {
	pl := plan{min: 5, max: 15, span: 8 * time.Second, repeat: 40 * time.Millisecond}
	if o.Quick {
		pl = plan{min: 6, max: 25, span: 27 * time.Second, repeat: 15 * time.Millisecond}
	}
	if o.Rounds > 0 {
		pl.min, pl.max = o.Rounds, o.Rounds
	}
	rn := &runner{probe: roofline.NewProbe(roofline.DefaultBytes), progress: say}
	var ceilings [][]roofline.Figures
	for _, group := range groups(stages(), o) {
		f := &frames{}
		var cases []Case
		for _, s := range group {
			cases = append(cases, s.cases(f, o.Quick)...)
		}
		// Neighbours on as many threads share what is measured between them.
		order := make([]int, len(cases))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(cases[a].Workers, cases[b].Workers) })
		turns := make([]Case, len(cases))
		for i, at := range order {
			turns[i] = cases[at]
		}
		say(fmt.Sprintf("time %s and %d more", cases[0].Name, len(cases)-1))
		done, ceiling, err := rn.run(ctx, turns, pl)
		if err != nil {
			return err
		}
		inOrder := make([]Stage, len(done))
		for i, at := range order {
			inOrder[at] = done[i].stage
		}
		r.Stages = append(r.Stages, inOrder...)
		ceilings = append(ceilings, ceiling)
	}
	if len(ceilings) == 0 {
		return fmt.Errorf("%w: no stage matches %v", raw.ErrOption, o.Stages)
	}
	r.Rooflines = medianFigures(ceilings, len(ceilings[0]))
	return nil
}

// cases are the sizes and numbers of workers on which a run times the stage. A
// quick run times what is bound by memory on 12 MP and what computes for long
// on 1.6 MP; a full run takes 108 MP, with all workers only for what computes for
// long, and 12 MP to compare numbers of workers on.
func (s *stage) cases(f *frames, quick bool) []Case {
	type point struct {
		size    frameSize
		workers int
	}
	most := runtime.GOMAXPROCS(0)
	var at []point
	for _, w := range workerCounts() {
		switch {
		case quick && s.heavy:
			at = append(at, point{size2, w})
		case quick:
			at = append(at, point{size12, w})
		case s.heavy:
			at = append(at, point{size12, w})
		default:
			at = append(at, point{size108, w})
		}
	}
	if !quick && s.heavy {
		large := size108
		if s.largest > 0 && s.largest < large.pixels() {
			large = size27
		}
		at = append(at, point{large, most})
	}
	var out []Case
	for _, p := range at {
		out = append(out, s.make(f, p.size, p.workers))
	}
	return out
}

// groups splits the stages into runs that share inputs: those whose names
// begin with the same word. A quick run has the quick stages in one group.
func groups(all []stage, o *Options) [][]stage {
	var out [][]stage
	last := ""
	for _, s := range all {
		if o.Stages != nil && !o.Stages.MatchString(s.name) || o.Stages == nil && o.Quick && !s.quick {
			continue
		}
		if w := s.group(); len(out) == 0 || w != last && !o.Quick {
			out, last = append(out, nil), w
		}
		out[len(out)-1] = append(out[len(out)-1], s)
	}
	return out
}

// workerCounts are one and all processors.
func workerCounts() []int {
	if n := runtime.GOMAXPROCS(0); n > 1 {
		return []int{1, n}
	}
	return []int{1}
}
