package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/internal/newfile"
	"github.com/quadraw/quadraw/internal/noiseplot"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

func (a *app) noiseCommand() *cobra.Command {
	var input inputFlags
	var method noise.ProfileMethod
	var plot string
	var overwrite bool
	c := a.command(&cobra.Command{
		Use:   "noise FRAME...",
		Short: "Estimate the noise profile of a sensor from a frame, a burst or flats",
		Long: `Estimate the noise profile behind raw files: the variance at white that is shot
noise, and the variance at black that is read noise, for each colour, normalised
(black 0, white 1) as DNG's NoiseProfile is, and by how much the variance may be
off. Burst looks at the aligned frames of a burst together, frames takes each by
itself, flats are pairs of frames of the same even light. With --json, the output is a file for --noise of the other commands.`,
		Example: `  quadraw noise night.dng
  quadraw noise --plot noise.png --json burst-*.dng > hmx-1600.json
  quadraw denoise --noise hmx-1600.json night.dng -o clean.dng`,
		Args: cobra.MinimumNArgs(1),
	}, func(cmd *cobra.Command, args []string) error {
		o := a.options()
		var err error
		if o.Input, err = input.options(cmd.Flags()); err != nil {
			return err
		}
		format := strings.TrimPrefix(strings.ToLower(filepath.Ext(plot)), ".")
		if plot != "" && format != "png" && format != "svg" {
			return usagef("--plot %s: want a name that ends in .png or .svg", plot)
		}
		if err := quadraw.CheckAside(plot, args, nil); plot != "" && err != nil {
			return err
		}
		if err := newfile.Refuse(plot, overwrite); plot != "" && err != nil {
			return &quadraw.OutputError{Name: plot, Err: err}
		}
		e, err := quadraw.EstimateNoise(cmd.Context(), args, method, &o)
		if err != nil {
			return err
		}
		if plot != "" {
			var b bytes.Buffer
			if err := noiseplot.Draw(&b, e, format); err != nil {
				return err
			}
			if err := newfile.Write(plot, b.Bytes(), overwrite); err != nil {
				return &quadraw.OutputError{Name: plot, Err: err}
			}
		}
		if a.common.json {
			return a.printJSON(e)
		}
		for i, m := range e.Profile {
			fmt.Fprintf(a.stdout, "%-6s shot %.5g  read %.5g\n", raw.Color(i), m.Scale, m.Offset)
		}
		fmt.Fprintf(a.stdout, "variance ± %.1f %%\n", 100*e.Error)
		return nil
	})
	c.Flags().Var(newText(&method, "burst|frames|flats"), "method", "what the files are to each other")
	c.Flags().StringVar(&plot, "plot", "", "draw variance over signal into this PNG or SVG file")
	c.Flags().BoolVar(&overwrite, "overwrite", false, "replace the plot if it is there already")
	input.add(c.Flags())
	return c
}

// noiseFlag reads a file that quadraw noise --json has written.
type noiseFlag struct {
	name    string
	profile *raw.NoiseProfile
}

func addNoiseFlag(fs *pflag.FlagSet, r *quadraw.Recipe) {
	fs.Var(&noiseFlag{profile: &r.Noise}, "noise", "a noise profile of 'quadraw noise --json' instead of the file's own")
}

func (f *noiseFlag) String() string { return f.name }

// Type names the flag's value in the help.
func (f *noiseFlag) Type() string { return "file" }

func (f *noiseFlag) Set(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var e noise.ProfileEstimate
	if err := json.Unmarshal(data, &e); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !e.Profile.Known() {
		return fmt.Errorf("%s holds no noise profile", name)
	}
	f.name, *f.profile = name, e.Profile
	return nil
}
