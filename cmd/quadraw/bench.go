package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw/bench"
	"github.com/quadraw/quadraw/raw"
)

func (a *app) benchCommand() *cobra.Command {
	var o bench.Options
	var report, plots, compare, stages string
	var quiet bool
	// Not one of a.command: here --json names a file, because the report is
	// one object that later runs are compared with.
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: speed as a share of its rooflines, quality, scaling, peers",
		Long: `Measure how fast each stage is as a share of what this machine could do at best
(its rooflines are measured first and again in every round), what other programs
do in the same run if they are installed, how good pictures are against known
truth, and how time and memory grow. Rounds are interleaved and medians are
printed with their spread; a figure whose rounds disagree is marked noisy.`,
		Example: `  quadraw bench --quick
  quadraw bench --json report.json --plot plots
  quadraw bench --parts stages --stages '^bin/' --compare report.json
  quadraw bench --parts crossover --plot plots
  quadraw bench --images ~/kodak`,
		Args: cobra.NoArgs,
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		a.started = true
		if stages != "" {
			re, err := regexp.Compile(stages)
			if err != nil {
				return usagef("--stages: %v", err)
			}
			o.Stages = re
		}
		var before *bench.Report
		if compare != "" {
			var err error
			if before, err = readBenchReport(compare); err != nil {
				return err
			}
		}
		if self, err := os.Executable(); err == nil {
			o.Command = self
		}
		if !quiet {
			o.Progress = func(what string) { fmt.Fprintln(a.stderr, what) }
		}
		r, err := bench.Run(cmd.Context(), &o)
		if errors.Is(err, raw.ErrOption) {
			return &usageError{err}
		}
		if err != nil {
			return err
		}
		if report != "" {
			if err := writeBenchReport(report, r); err != nil {
				return err
			}
		}
		if plots != "" {
			if _, err := r.Plot(plots); err != nil {
				return err
			}
		}
		if before != nil {
			return bench.WriteChanges(a.stdout, bench.Compare(before, r))
		}
		return r.WriteTable(a.stdout)
	}
	f := c.Flags()
	f.SortFlags = false
	f.BoolVar(&o.Quick, "quick", false, "fewer stages on smaller frames, in 90 s on two cores")
	f.StringSliceVar(&o.Parts, "parts", nil, "measure only these: stages, peers, quality, crossover (bin or full size), scaling (default all)")
	f.StringVar(&stages, "stages", "", "time only the stages whose names match this regular expression")
	f.IntVar(&o.Rounds, "rounds", 0, "time the stages in so many rounds (default: as many as fit a set time, 6 at least)")
	f.StringVar(&o.Images, "images", "", "folder of PNG pictures for the quality figures (default: simulated scenes)")
	f.StringVar(&plots, "plot", "", "draw the report into this folder, as SVG and PNG")
	f.StringVar(&compare, "compare", "", "compare with an earlier report and tell change from noise")
	f.StringVar(&report, "json", "", "write the report to this file")
	f.BoolVarP(&quiet, "quiet", "q", false, "do not tell what is being measured")
	return c
}

func readBenchReport(name string) (*bench.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bench.Decode(f)
}

func writeBenchReport(name string, r *bench.Report) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := r.Encode(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
