package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/raw"
)

func (a *app) infoCommand() *cobra.Command {
	var input inputFlags
	c := a.command(&cobra.Command{
		Use:   "info FILE...",
		Short: "Tell what files hold: size, colour filter array, levels, noise, colour, capture",
		Example: `  quadraw info night.dng
  quadraw info --json *.dng | jq .size
  quadraw info dump.raw --raw-size 1920x1080 --raw-packing mipi10 --cfa bayer-rggb`,
		Args: cobra.MinimumNArgs(1),
	}, func(cmd *cobra.Command, args []string) error {
		o := a.options()
		var err error
		if o.Input, err = input.options(cmd.Flags()); err != nil {
			return err
		}
		return a.info(args, &o)
	})
	input.add(c.Flags())
	return c
}

// info goes on after a file that cannot be read, like every batch.
func (a *app) info(names []string, o *quadraw.Options) error {
	failed := &quadraw.BatchError{Total: len(names)}
	for _, name := range names {
		i, err := quadraw.Inspect(name, o)
		if err != nil {
			failed.Failures = append(failed.Failures, quadraw.Failure{Job: quadraw.Job{Inputs: []string{name}}, Err: err})
			if len(names) > 1 {
				fmt.Fprintln(a.stderr, "failed:", err)
			}
			continue
		}
		if a.common.json {
			err = a.printJSON(i)
		} else {
			err = printInfo(a.stdout, i)
		}
		if err != nil {
			return &quadraw.OutputError{Name: "standard output", Err: err}
		}
	}
	if len(failed.Failures) > 0 {
		return failed
	}
	return nil
}

// printInfo leaves out what the file does not say.
func printInfo(out io.Writer, i *quadraw.Info) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	put := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	fmt.Fprintln(w, i.Name)
	put("  format", "%s, %d bits", i.Format, i.Bits)
	put("  size", "%d×%d (%.1f MP)", i.Size.X, i.Size.Y, float64(i.Size.X)*float64(i.Size.Y)/1e6)
	if i.CFA != nil {
		put("  CFA", "%v", *i.CFA)
	}
	put("  active area", "%v", i.ActiveArea)
	put("  default crop", "%v", i.DefaultCrop)
	put("  levels", "black %.6g, white %.6g", i.Black, i.White[raw.Green])
	if i.Noise != nil {
		put("  noise", "shot %.4g, read %.4g (variance at white and at black, green)", i.Noise[raw.Green].Scale, i.Noise[raw.Green].Offset)
	}
	if n := i.Neutral; n != nil {
		put("  neutral", "%.4f %.4f %.4f", n[0], n[1], n[2])
	}
	if i.Camera != "" {
		put("  camera", "%s", i.Camera)
	}
	var shot []string
	add := func(v float64, format string) {
		if v > 0 {
			shot = append(shot, fmt.Sprintf(format, v))
		}
	}
	if i.ExposureTime > 0 && i.ExposureTime < 0.5 {
		shot = append(shot, fmt.Sprintf("1/%.0f s", 1/i.ExposureTime))
	} else {
		add(i.ExposureTime, "%g s")
	}
	add(i.FNumber, "f/%.3g")
	add(i.ISO, "ISO %g")
	add(i.FocalLength, "%.3g mm")
	if i.DateTime != "" {
		shot = append(shot, i.DateTime)
	}
	if len(shot) > 0 {
		put("  capture", "%s", strings.Join(shot, ", "))
	}
	if i.Frames > 1 {
		put("  frames", "%d merged", i.Frames)
	}
	put("  orientation", "%d", i.Orientation)
	if len(i.Opcodes) > 0 {
		put("  opcodes", "%s", strings.Join(i.Opcodes, ", "))
	}
	put("  convert", "mode %v: %s", i.Mode, i.Reason)
	return w.Flush()
}
