package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/raw"
)

// The exit codes; README.md and quadraw --help list them.
const (
	exitDone        = 0 // everything was done
	exitUsage       = 1 // the command line or a combination of options is wrong; nothing was done
	exitInput       = 2 // some inputs failed
	exitOutput      = 3 // an output could not be written: it exists, no permission, disk full
	exitInterrupted = 4 // by a signal
	exitUnsupported = 5 // the inputs that failed use only features that quadraw does not have
)

const exitHelp = `Exit codes:
  0  everything was done
  1  wrong usage: nothing was done
  2  some inputs failed
  3  an output could not be written (it exists, no permission, disk full)
  4  interrupted
  5  the inputs that failed are of a kind that quadraw does not support`

// usageError is a mistake in the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// exitCode tells what err, an error of a subcommand, means to the caller's
// shell.
func exitCode(err error) int {
	var usage *usageError
	var output *quadraw.OutputError
	var unsupported *raw.UnsupportedError
	var batch *quadraw.BatchError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &batch):
		return batchCode(batch)
	case errors.As(err, &usage), errors.Is(err, quadraw.ErrRecipe):
		return exitUsage
	case errors.As(err, &output):
		return exitOutput
	case errors.As(err, &unsupported):
		return exitUnsupported
	}
	return exitInput
}

// batchCode joins the codes of a batch's failures: a failed output outweighs a
// failed input, and "unsupported" needs all of them to be so.
func batchCode(b *quadraw.BatchError) int {
	if b.Total == 1 {
		return exitCode(b.Failures[0].Err)
	}
	code := exitUnsupported
	for _, f := range b.Failures {
		switch exitCode(f.Err) {
		case exitOutput:
			return exitOutput
		case exitUnsupported:
		default:
			code = exitInput
		}
	}
	return code
}

// explain prints err for people, once.
func (a *app) explain(err error) {
	if err == nil {
		return
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.stderr, "quadraw: interrupted; nothing is left half-written")
		return
	}
	fmt.Fprintln(a.stderr, "quadraw:", err)
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintln(a.stderr, "Run 'quadraw --help' or 'quadraw COMMAND --help' for usage.")
	}
}
