// Command quadraw turns raw frames of Quad Bayer and Bayer sensors into binned,
// remosaiced, merged, demosaiced and developed files, tile by tile. Run
// quadraw --help for what it does; the work itself is in package quadraw.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"syscall"

	"golang.org/x/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work cleanly; with the handler gone, a
	// second one ends the process.
	context.AfterFunc(ctx, stop)
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, lookupEnv: os.LookupEnv}
	a.terminal = term.IsTerminal(int(os.Stderr.Fd()))
	a.limitMemory = func(bytes int64) { debug.SetMemoryLimit(bytes) }
	os.Exit(a.run(ctx, os.Args[1:]))
}

// app is what the command knows of the world around it; tests give it another
// one.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	terminal       bool // stderr is one: progress bars make sense
	lookupEnv      func(string) (string, bool)
	limitMemory    func(bytes int64) // the runtime's soft limit

	board   atomic.Pointer[board] // of the batch that runs
	common  commonFlags
	started bool // a subcommand's own code has been reached
}

// run executes one command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		err = &usageError{err}
	}
	a.explain(err)
	return exitCode(err)
}
