package main

import "github.com/spf13/cobra"

// commands lists the subcommands in the order of the help.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.convertCommand(),
		a.binCommand(),
		a.remosaicCommand(),
		a.mergeCommand(),
		a.denoiseCommand(),
		a.demosaicCommand(),
		a.rawCommand(),
		a.infoCommand(),
		a.noiseCommand(),
		a.defectsCommand(),
		a.calibrateCommand(),
		a.compareCommand(),
		a.synthCommand(),
		a.demoCommand(),
		a.benchCommand(),
		a.versionCommand(),
		a.manCommand(),
	}
}
