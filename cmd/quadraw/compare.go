package main

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/raw"
)

func (a *app) compareCommand() *cobra.Command {
	return a.command(&cobra.Command{
		Use:   "compare A B",
		Short: "Measure how far two files are apart: PSNR a channel and SSIM",
		Long: `Measure how far two files of one size are apart: PSNR for each channel, and
SSIM. Both hold mosaics or both hold pictures; levels are normalised first. Equal
files have a PSNR of +Inf, written as null in JSON.`,
		Example: `  quadraw compare binned.dng truth.dng
  quadraw compare --json a.png b.png`,
		Args: cobra.ExactArgs(2),
	}, func(cmd *cobra.Command, args []string) error {
		o := a.options()
		c, err := quadraw.Compare(cmd.Context(), args[0], args[1], &o)
		if err != nil {
			return err
		}
		if a.common.json {
			return a.printJSON(c)
		}
		for i, v := range c.PSNR {
			if !math.IsNaN(float64(v)) {
				fmt.Fprintf(a.stdout, "%-6s PSNR %s\n", raw.Color(i), decibels(float64(v)))
			}
		}
		fmt.Fprintf(a.stdout, "%-6s PSNR %s, SSIM %.5f, %d of %d samples differ, by %.5f at most\n", "all",
			decibels(float64(c.Total)), float64(c.SSIM), c.Different, c.Samples, c.MaxDifference)
		return nil
	})
}

func decibels(v float64) string {
	if math.IsInf(v, 1) {
		return "   +Inf dB"
	}
	return fmt.Sprintf("%7.3f dB", v)
}
