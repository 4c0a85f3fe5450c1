package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/quadraw/quadraw"
)

// manCommand is for those who package the command.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages into a folder",
		Example: `  quadraw man /usr/local/share/man/man1`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.started = true
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return &quadraw.OutputError{Name: args[0], Err: err}
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			header := &doc.GenManHeader{Section: "1", Source: "quadraw", Manual: "quadraw manual"}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return &quadraw.OutputError{Name: args[0], Err: err}
			}
			return nil
		},
	}
}
