package main

import (
	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw"
)

func (a *app) rawCommand() *cobra.Command {
	var jobs jobFlags
	c := a.command(&cobra.Command{
		Use:   "raw INPUT... -o OUTPUT",
		Short: "Copy every stored sample, masked borders included, untouched",
		Long: `Copy every stored sample of a raw file into a DNG or PGM, masked borders
included, untouched: a DNG of another compression, or samples for other programs.
A .tif, .png, .jpg or .ppm output is a picture developed with defaults.`,
		Example: `  quadraw raw night.dng -o samples.pgm
  quadraw raw night.dng -o smaller.dng --compression ljpeg`,
	}, func(cmd *cobra.Command, args []string) error {
		return a.runJobs(cmd.Context(), args, &quadraw.Recipe{Product: quadraw.Stored}, &jobs)
	})
	jobs.add(c)
	return c
}
