package main

import (
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quadraw/quadraw"
)

func (a *app) mergeCommand() *cobra.Command {
	var jobs jobFlags
	recipe := quadraw.Recipe{Product: quadraw.Mosaic, Mode: quadraw.Keep}
	c := a.command(&cobra.Command{
		Use:   "merge FRAME FRAME... -o OUTPUT",
		Short: "Align the frames of a burst and merge them into one raw frame with less noise",
		Long: `Align the frames of a burst to one of them and merge them: a raw frame (.dng,
.pgm) of 16 bits with less noise, that shows the moment of one frame. Where
something moved, fewer frames are taken. Quad Bayer frames are merged as they are,
or binned first with --mode bin; a .tif, .png, .jpg or .ppm output is developed
with defaults.`,
		Example: `  quadraw merge burst-*.dng -o merged.dng
  quadraw merge --mode bin --denoise 1 burst-*.dng -o merged.jpg
  quadraw merge -r burst -o merged.dng --reference 2`,
	}, func(cmd *cobra.Command, args []string) error {
		out := jobs.output
		if recipe.Mode == quadraw.Keep && out != "" && !holdsMosaic(out) {
			recipe.Mode = quadraw.AutoMode
		}
		return a.runBurst(cmd.Context(), args, &recipe, &jobs)
	})
	fs := c.Flags()
	fs.Var(newText(&recipe.Mode, "keep|bin|full"), "mode", "merge cells of several pixels as they are, binned, or remosaiced after the merge")
	addMergeFlags(fs, &recipe)
	addDenoiseFlag(fs, &recipe)
	addDemosaicFlags(c, &recipe.Demosaic)
	jobs.addBurst(c)
	return c
}

func addMergeFlags(fs *pflag.FlagSet, r *quadraw.Recipe) {
	fs.Var(newText(&r.Merge.Method, "fourier|fast"), "merge-method", "how aligned frames are merged: fast takes less than a third of the work and gains less in texture")
	fs.Float64SliceVar(&r.Merge.Exposures, "frame-exposures", nil, "exposures of the frames against one another, for brackets whose files do not tell")
	fs.IntVar(&r.Merge.Reference, "reference", 0, "number of the frame whose moment to show, from 1 (default: the sharpest of the first three)")
	fs.BoolVar(&r.Merge.SkipBad, "skip-bad", false, "go on without frames that cannot be read or do not fit")
}

func addDenoiseFlag(fs *pflag.FlagSet, r *quadraw.Recipe) {
	addNoiseFlag(fs, r)
	addDefectsFlag(fs, r)
	fs.Float64Var(&r.Denoise, "denoise", r.Denoise, "strength of noise reduction on the mosaic: 0 none, 1 what the noise profile says, 8 the most")
}

// printMerge says what became of each frame.
func (a *app) printMerge(out io.Writer, r *quadraw.Result) {
	m := r.Merge
	if m == nil || a.common.quiet || a.common.json {
		return
	}
	for i, f := range m.Frames {
		name := f.Name
		if name == "" {
			name = r.Inputs[i]
		}
		name = filepath.Base(name)
		switch {
		case f.Reference:
			fmt.Fprintf(out, "  %s: the reference\n", name)
		case f.Used:
			fmt.Fprintf(out, "  %s: moved by %.2f, %.2f pixels, turned by %.2f°, weight %.2f\n", name, f.ShiftX, f.ShiftY, f.Roll*180/math.Pi, f.Accepted)
		default:
			fmt.Fprintf(out, "  %s: not used: %s\n", name, f.Reason)
		}
	}
	fmt.Fprintf(out, "  noise at middle gray %.2f dB lower, as of %.1f frames\n", m.GainDB, m.EffectiveFrames)
}
