package main

import (
	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw"
)

func (a *app) remosaicCommand() *cobra.Command {
	var jobs jobFlags
	recipe := quadraw.Recipe{Product: quadraw.Mosaic, Mode: quadraw.Full}
	c := a.command(&cobra.Command{
		Use:   "remosaic INPUT... -o OUTPUT",
		Short: "Turn a Quad, Nona or Hexadeca mosaic into a Bayer mosaic of the same size",
		Long: `Turn the mosaic of a Quad, Nona or Hexadeca sensor into a Bayer mosaic of the
same size, which every raw converter can open. A .tif, .png, .jpg or .ppm output
is a full-size picture developed with defaults.`,
		Example: `  quadraw remosaic night.dng -o night-bayer.dng
  quadraw remosaic -r shots -d bayer`,
	}, func(cmd *cobra.Command, args []string) error {
		return a.runJobs(cmd.Context(), args, &recipe, &jobs)
	})
	addDemosaicFlags(c, &recipe.Demosaic)
	jobs.add(c)
	return c
}
