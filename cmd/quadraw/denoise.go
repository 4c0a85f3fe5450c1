package main

import (
	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw"
)

func (a *app) denoiseCommand() *cobra.Command {
	var jobs jobFlags
	recipe := quadraw.Recipe{Product: quadraw.Mosaic, Mode: quadraw.Keep, Denoise: 1}
	c := a.command(&cobra.Command{
		Use:   "denoise INPUT... -o OUTPUT",
		Short: "Reduce the noise of a mosaic, by its noise profile",
		Long: `Reduce the noise of a mosaic before it is demosaiced, as much as its noise
profile says: the output is a raw frame (.dng, .pgm) of 16 bits, or a picture
developed with defaults (.tif, .png, .jpg, .ppm). The noise profile of a file that
has none is estimated, or given with --noise.`,
		Example: `  quadraw denoise night.dng -o clean.dng
  quadraw denoise --denoise 0.5 --mode bin night.dng -o clean.jpg`,
	}, func(cmd *cobra.Command, args []string) error {
		if recipe.Denoise <= 0 {
			return usagef("--denoise %v would do nothing: name a strength", recipe.Denoise)
		}
		if recipe.Mode == quadraw.Keep && jobs.output != "" && !holdsMosaic(jobs.output) {
			recipe.Mode = quadraw.AutoMode
		}
		return a.runJobs(cmd.Context(), args, &recipe, &jobs)
	})
	c.Flags().Var(newText(&recipe.Mode, "keep|bin|full"), "mode", "leave cells of several pixels as they are, bin them first, or remosaic them after")
	addDenoiseFlag(c.Flags(), &recipe)
	addDemosaicFlags(c, &recipe.Demosaic)
	jobs.add(c)
	return c
}
