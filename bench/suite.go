package bench

import (
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
		{"stages", r.measureStages}, {"peers", r.measurePeers}, {"quality", r.measureQuality},
		{"crossover", r.measureCrossover}, {"scaling", r.measureScaling},
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
		if err := p.measure(ctx, o, say); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// part is something that a run measures.
type part struct {
	name    string
	measure func(ctx context.Context, o *Options, say func(string)) error
}

// measureStages times the stages group by group, so that the inputs of one
// group only are in memory.
func (r *Report) measureStages(ctx context.Context, o *Options, say func(string)) error {
	size, rounds, groupTime := size108, 9, 60*time.Second
	if o.Quick {
		size, rounds, groupTime = size12, 5, 9*time.Second
	}
	var ceilings [][]roofline.Figures
	rn := &runner{probe: roofline.NewProbe(roofline.DefaultBytes), progress: say}
	for _, group := range groups(stages(), o) {
		f := &frames{}
		var cases []Case
		for _, s := range group {
			at := size
			if s.largest > 0 && at.pixels() > s.largest {
				at = size27
			}
			for _, workers := range workerCounts() {
				cases = append(cases, s.make(f, at, workers))
			}
		}
		say(fmt.Sprintf("time %s and %d more", cases[0].Name, len(cases)-1))
		stages, ceiling, err := rn.run(ctx, cases, 5, rounds, time.Now().Add(groupTime))
		if err != nil {
			return err
		}
		r.Stages = append(r.Stages, stages...)
		ceilings = append(ceilings, ceiling)
	}
	if len(ceilings) == 0 {
		return fmt.Errorf("%w: no stage matches %v", raw.ErrOption, o.Stages)
	}
	r.Rooflines = medianFigures(ceilings, len(ceilings[0]))
	return nil
}

// groups splits the stages into runs that share inputs: those whose names
// begin with the same word, and of a quick run the quick ones.
func groups(all []stage, o *Options) [][]stage {
	var out [][]stage
	last := ""
	for _, s := range all {
		if o.Stages != nil && !o.Stages.MatchString(s.name) || o.Stages == nil && o.Quick && !s.quick {
			continue
		}
		if w := s.group(); w != last {
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
