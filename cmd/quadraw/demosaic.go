package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/demosaic"
)

func (a *app) demosaicCommand() *cobra.Command {
	var jobs jobFlags
	recipe := quadraw.Recipe{Product: quadraw.CameraRGB, Mode: quadraw.Full}
	c := a.command(&cobra.Command{
		Use:   "demosaic INPUT... -o OUTPUT",
		Short: "Interpolate all colours: linear camera RGB, not white-balanced, no curve",
		Long: `Interpolate the missing colours of a mosaic: linear camera RGB with levels
normalised to 0 and 65535, no white balance and no curve, as .tif, .png, .ppm or
LinearRaw .dng. Only the .dng tells where black is and keeps noise below it,
without which the dark of noisy frames is too bright. 'quadraw convert' makes
developed pictures.`,
		Example: `  quadraw demosaic day.dng -o day-linear.tif
  quadraw demosaic --method malvar day.dng -o day-linear.dng`,
	}, func(cmd *cobra.Command, args []string) error {
		return a.runJobs(cmd.Context(), args, &recipe, &jobs)
	})
	c.Flags().Var(newText(&recipe.Mode, "bin|full"), "mode", "read cells of several pixels binned or at full size")
	addDemosaicFlags(c, &recipe.Demosaic)
	jobs.add(c)
	return c
}

// addDemosaicFlags adds the choice of the method and what goes with it.
func addDemosaicFlags(c *cobra.Command, d *quadraw.DemosaicRecipe) {
	c.Flags().Var(newText(&d.Method, strings.Join(demosaic.Methods(), "|")), "method", "how missing colours are found")
	addDemosaicSettings(c.Flags(), d)
}

// addDemosaicSettings adds the flags beside that of the method.
func addDemosaicSettings(fs *pflag.FlagSet, d *quadraw.DemosaicRecipe) {
	fs.Var(newText(&d.Denoise, "auto|off|0-255"), "denoise-with-demosaic",
		"noise to remove while colours are found: by the noise profile, none, or a standard deviation in steps of 1/255")
	fs.StringSliceVar(&d.Tables, "tables", nil, "files of trained filters instead of those built in")
}
