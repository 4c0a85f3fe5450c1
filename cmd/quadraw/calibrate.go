package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/internal/newfile"
)

func (a *app) calibrateCommand() *cobra.Command {
	var input inputFlags
	var output string
	var overwrite bool
	c := a.command(&cobra.Command{
		Use:   "calibrate FLAT -o MAP.json",
		Short: "Measure from a flat frame how the pixels of a sensor's cells differ, for bin --gain-map",
		Long: `Measure from a flat frame, an evenly lit one without detail, exposed to between a
tenth and nine tenths of the range, how the members of the cells of a Quad, Nona
or Hexadeca sensor differ in gain. 'quadraw bin --gain-map' evens them out.`,
		Example: `  quadraw calibrate flat.dng -o hmx.json
  quadraw bin --gain-map hmx.json night.dng -o night-27mp.dng`,
		Args: cobra.ExactArgs(1),
	}, func(cmd *cobra.Command, args []string) error {
		if output == "" {
			return usagef("no output: name a file with -o")
		}
		if err := quadraw.CheckAside(output, args, nil); err != nil {
			return err
		}
		if err := newfile.Refuse(output, overwrite); err != nil {
			return &quadraw.OutputError{Name: output, Err: err}
		}
		o := a.options()
		var err error
		if o.Input, err = input.options(cmd.Flags()); err != nil {
			return err
		}
		data, err := quadraw.Calibrate(cmd.Context(), args[0], &o)
		if err != nil {
			return err
		}
		if err := newfile.Write(output, data, overwrite); err != nil {
			return &quadraw.OutputError{Name: output, Err: err}
		}
		if !a.common.quiet && !a.common.json {
			fmt.Fprintf(a.stderr, "%s → %s\n", args[0], output)
		}
		return nil
	})
	c.Flags().StringVarP(&output, "output", "o", "", "the output file")
	c.Flags().BoolVar(&overwrite, "overwrite", false, "replace the output if it is there already")
	input.add(c.Flags())
	return c
}
