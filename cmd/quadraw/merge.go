package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/internal/newfile"
	"github.com/quadraw/quadraw/noise"
)

func (a *app) mergeCommand() *cobra.Command {
	var jobs jobFlags
	var bin bool
	var confidence string
	recipe := quadraw.Recipe{Product: quadraw.Mosaic, Mode: quadraw.Keep}
	c := a.command(&cobra.Command{
		Use:   "merge FRAME FRAME... -o OUTPUT",
		Short: "Align the frames of a burst and merge them into one raw frame with less noise",
		Long: `Align the frames of a burst to one of them and merge them: a raw frame (.dng,
.pgm) of 16 bits with less noise, that shows the moment of one frame. Where
something moved, fewer frames are taken. Frames of another exposure or ISO are
brought to the reference's, weighed by their noise and left out where they clip:
range is gained at both ends. EXIF tells their exposures; where it does not, they
are measured. Hot and dead pixels, which stay where they are while the scene moves,
are filled first. Quad Bayer frames are merged as they
are, or with --bin binned last or first, as --order says; a .tif, .png, .jpg or
.ppm output is developed with defaults. A frame that cannot be read ends the merge
or, with --skip-bad, is left out, which the exit code tells.`,
		Example: `  quadraw merge burst-*.dng -o merged.dng
  quadraw merge burst-*.dng -o night.jpg --bin --denoise 1
  quadraw merge --bin --order merge-bin --confidence agreed.png burst-*.dng -o night.dng
  quadraw merge -r burst -o merged.dng --reference 2`,
	}, func(cmd *cobra.Command, args []string) error {
		switch out := jobs.output; {
		case bin && cmd.Flags().Changed("mode") && recipe.Mode != quadraw.Bin:
			return usagef("--bin and --mode %v: only one of them", recipe.Mode)
		case bin:
			recipe.Mode = quadraw.Bin
		case recipe.Mode == quadraw.Keep && out != "" && !holdsMosaic(out):
			recipe.Mode = quadraw.AutoMode
		}
		if confidence != "" {
			if !strings.EqualFold(filepath.Ext(confidence), ".png") {
				return usagef("--confidence %s: want a name that ends in .png", confidence)
			}
			jobs.aside = confidence
			if err := newfile.Refuse(confidence, jobs.overwrite); err != nil {
				return &quadraw.OutputError{Name: confidence, Err: err}
			}
			jobs.ended = func(res *quadraw.Result) error { return saveConfidence(confidence, res.Merge, jobs.overwrite) }
		}
		return a.runBurst(cmd.Context(), args, &recipe, &jobs)
	})
	flags := c.Flags()
	flags.Var(newText(&recipe.Mode, "keep|bin|full"), "mode", "merge cells of several pixels as they are, binned, or remosaiced after the merge")
	flags.BoolVar(&bin, "bin", false, "short for --mode bin")
	flags.StringVar(&confidence, "confidence", "", "write a PNG map of how many frames agreed where, a pixel for each tile of 16, white for all")
	flags.Var(newText(&recipe.Merge.Method, "fourier|fast"), "method", mergeMethodHelp)
	flags.Var(newText(&recipe.Demosaic.Method, strings.Join(demosaic.Methods(), "|")), "demosaic", "how missing colours are found for a picture")
	addMergeFlags(flags, &recipe)
	addDenoiseFlag(flags, &recipe)
	addDemosaicSettings(flags, &recipe.Demosaic)
	jobs.addBurst(c)
	return c
}

// saveConfidence writes the map of the frames that agreed.
func saveConfidence(name string, r *noise.MergeReport, overwrite bool) error {
	var b bytes.Buffer
	err := png.Encode(&b, r.Confidence())
	if err == nil {
		err = newfile.Write(name, b.Bytes(), overwrite)
	}
	if err != nil {
		return &quadraw.OutputError{Name: name, Err: err}
	}
	return nil
}

const mergeMethodHelp = "how aligned frames are merged: fast takes a third of the work, gains less in texture, and merges no brackets"

func addMergeFlags(fs *pflag.FlagSet, r *quadraw.Recipe) {
	fs.Var(newText(&r.Merge.Order, "bin-merge|merge-bin"), "order", "in mode bin: bin every frame and merge, or merge and bin, which is better and takes longer (default merge-bin; cells larger than 2×2 are binned first)")
	fs.BoolVar(&r.Merge.KeepDefects, "keep-defects", false, "do not look for hot and dead pixels in the burst and fill them before merging")
	fs.Float64SliceVar(&r.Merge.Exposures, "frame-exposures", nil, "exposures of the frames against one another (default: as EXIF tells, or else measured)")
	fs.IntVar(&r.Merge.Reference, "reference", 0, "number of the frame whose moment to show, from 1 (default: the sharpest of the first three; of a bracket the middle exposure)")
	fs.BoolVar(&r.Merge.SkipBad, "skip-bad", false, "go on without frames that cannot be read or do not fit")
}

func addDenoiseFlag(fs *pflag.FlagSet, r *quadraw.Recipe) {
	addNoiseFlag(fs, r)
	addDefectsFlag(fs, r)
	fs.Var(newText(&r.Denoise, "auto|none|STRENGTH"), "denoise", "strength of noise reduction on the mosaic: 1 is what the noise profile says, 8 the most; auto reduces what merging leaves in the pictures of bursts")
}

// printMerge says what became of each frame.
func (a *app) printMerge(out io.Writer, r *quadraw.Result) {
	m := r.Merge
	if m == nil || a.common.quiet || a.common.json {
		return
	}
	for i, f := range m.Frames {
		name := filepath.Base(cmp.Or(f.Name, r.Inputs[i]))
		switch {
		case f.Reference:
			fmt.Fprintf(out, "  %s: the reference\n", name)
		case f.Used:
			fmt.Fprintf(out, "  %s: moved by %.2f, %.2f pixels, turned by %.2f°, weight %.2f\n", name, f.ShiftX, f.ShiftY, f.Roll*180/math.Pi, f.Accepted)
		default:
			fmt.Fprintf(out, "  %s: not used: %s\n", name, f.Reason)
		}
	}
	if r.Defects > 0 {
		fmt.Fprintf(out, "  %d hot or dead pixels filled\n", r.Defects)
	}
	fmt.Fprintf(out, "  noise at middle gray %.2f dB lower, as of %.1f frames\n", m.GainDB, m.EffectiveFrames)
}
