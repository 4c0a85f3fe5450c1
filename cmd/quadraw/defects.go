package main

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/internal/newfile"
	"github.com/quadraw/quadraw/noise"
)

func (a *app) defectsCommand() *cobra.Command {
	var input inputFlags
	var file string
	var sigma float64
	var overwrite bool
	c := a.command(&cobra.Command{
		Use:   "defects FRAME...",
		Short: "Find hot and dead pixels of a sensor",
		Long: `Find the hot and dead pixels of a sensor in a frame or, more surely, in several
of a hand-held burst: pixels that stand out in every frame while the scene moves.
The map that --map writes is for --defects of the other commands, which fill those
pixels from their neighbours.`,
		Example: `  quadraw defects --map hmx-defects.json burst-*.dng
  quadraw convert --defects hmx-defects.json night.dng -o night.jpg`,
		Args: cobra.MinimumNArgs(1),
	}, func(cmd *cobra.Command, args []string) error {
		if !(sigma >= 0) || math.IsInf(sigma, 1) {
			return usagef("--sigma %v, want a number above 0", sigma)
		}
		if err := quadraw.CheckAside(file, args, nil); file != "" && err != nil {
			return err
		}
		if err := newfile.Refuse(file, overwrite); file != "" && err != nil {
			return &quadraw.OutputError{Name: file, Err: err}
		}
		o := a.options()
		var err error
		if o.Input, err = input.options(cmd.Flags()); err != nil {
			return err
		}
		found, err := quadraw.FindDefects(cmd.Context(), args, sigma, &o)
		if err != nil {
			return err
		}
		if found == nil {
			found = []noise.Defect{}
		}
		if file != "" {
			data, err := json.Marshal(found)
			if err == nil {
				err = newfile.Write(file, append(data, '\n'), overwrite)
			}
			if err != nil {
				return &quadraw.OutputError{Name: file, Err: err}
			}
		}
		if a.common.json {
			return a.printJSON(found)
		}
		if !a.common.quiet {
			fmt.Fprintf(a.stdout, "%d defects\n", len(found))
		}
		return nil
	})
	c.Flags().StringVar(&file, "map", "", "write the defects to this JSON file")
	c.Flags().Float64Var(&sigma, "sigma", 0, "standard deviations that a pixel must stand out by (default 6, of a single frame 7)")
	c.Flags().BoolVar(&overwrite, "overwrite", false, "replace the map if it is there already")
	input.add(c.Flags())
	return c
}

func addDefectsFlag(fs *pflag.FlagSet, r *quadraw.Recipe) {
	fs.StringVar(&r.Defects, "defects", "", "fill the pixels of this map of 'quadraw defects --map' from their neighbours")
}
