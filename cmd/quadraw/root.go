package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// rootCommand builds the whole tree anew, so that runs share nothing.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "quadraw",
		Short: "Raw frames of Quad Bayer and Bayer sensors, binned, merged and developed",
		Long: `quadraw is a camera core for sensors of the 108 MP class: it bins, remosaics,
merges, denoises, demosaics and develops raw frames tile by tile, in bounded
memory. It reads DNG, PGM and headerless raw files and writes DNG, TIFF, PNG,
JPEG, PGM and PPM; the extension of the output chooses the format. Outputs appear
whole or not at all, and an input is never written to.

` + exitHelp + `

Environment: QUADRAW_WORKERS, QUADRAW_MAX_MEMORY, QUADRAW_COMPRESSION,
QUADRAW_CFA, QUADRAW_OVERWRITE, QUADRAW_QUIET and QUADRAW_JSON set the flags of
those names wherever a command has them; the command line wins.`,
		Example: `  quadraw demo
  quadraw info night.dng
  quadraw convert night.dng -o night.jpg
  quadraw bin night.dng -o night-27mp.dng`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmd.Help(); err != nil {
				return err
			}
			return errors.New("no command given")
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(a.commands()...)
	return root
}

// command wires what every subcommand shares: the common flags, the
// environment, the memory limit, and the mark that its own code is reached.
func (a *app) command(c *cobra.Command, run func(cmd *cobra.Command, args []string) error) *cobra.Command {
	a.common.add(c.Flags())
	c.Flags().SortFlags = false
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.applyEnv(cmd); err != nil {
			return err
		}
		if a.common.workers < 0 {
			return usagef("--workers %d is below 0", a.common.workers)
		}
		a.started = true
		return run(cmd, args)
	}
	return c
}
