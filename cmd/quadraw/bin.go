package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/binning"
)

func (a *app) binCommand() *cobra.Command {
	var jobs jobFlags
	recipe := quadraw.Recipe{Product: quadraw.Mosaic, Mode: quadraw.Bin}
	var mode binning.Mode
	c := a.command(&cobra.Command{
		Use:   "bin INPUT... -o OUTPUT",
		Short: "Join the pixels of each colour cell into one: 4-in-1 for Quad Bayer",
		Long: `Join the pixels of each colour cell into one: 2×2 on Quad Bayer, 3×3 on Nona,
4×4 on Hexadeca sensors, which leaves a Bayer mosaic; on Bayer and monochrome
frames, 2×2 pixels of one colour. The output is a raw file again (.dng or .pgm)
whose header is true to it; a .tif, .png, .jpg or .ppm output is a picture
developed with defaults.`,
		Example: `  quadraw bin night.dng -o night-27mp.dng
  quadraw bin --mode sum night.dng -o night-12bit.dng
  quadraw bin --robust --gain-map hmx.json night.dng -o night-27mp.dng
  quadraw bin --exposures 1,1,0.25,0.25 hdr.dng -o hdr-16bit.dng
  quadraw bin -r shots -d binned`,
	}, func(cmd *cobra.Command, args []string) error {
		recipe.Bin.Sum = mode == binning.Sum
		return a.runJobs(cmd.Context(), args, &recipe, &jobs)
	})
	fs := c.Flags()
	fs.IntVar(&recipe.Bin.Factor, "factor", 0, "side of the cell that becomes one pixel: 2, 3 or 4 (default: the sensor's own)")
	fs.Var(newText(&mode, "average|sum"), "mode", "average keeps range and levels, sum rounds nothing and widens both")
	addBinFlags(fs, &recipe.Bin)
	addNoiseFlag(fs, &recipe)
	addDefectsFlag(fs, &recipe)
	jobs.add(c)
	return c
}

// addBinFlags adds what binning offers beyond factor and mode.
func addBinFlags(fs *pflag.FlagSet, b *quadraw.BinRecipe) {
	fs.BoolVar(&b.TwoStep, "two-step", false, "bin by 2 twice instead of by 4 once")
	fs.BoolVar(&b.PhaseCorrect, "phase-correct", false, "on Bayer frames, weigh pixels so that the result's lattice is uniform")
	fs.BoolVar(&b.Robust, "robust", false, "leave hot, dead and struck pixels out; needs a noise profile")
	fs.Float64Var(&b.Sigma, "sigma", 0, "with --robust, how many standard deviations are too far (default 5)")
	fs.BoolVar(&b.ClipAware, "clip-aware", false, "make bright cells with a clipped member white, so that highlights keep their colour")
	fs.Float64SliceVar(&b.Exposures, "exposures", nil, "relative exposures of a cell's members, row by row, of sensors that expose them differently")
	fs.StringVar(&b.GainMap, "gain-map", "", "even out the members of the cells by this file of 'quadraw calibrate'")
}
