package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/internal/demo"
)

func (a *app) demoCommand() *cobra.Command {
	var dir, size string
	var iso float64
	c := a.command(&cobra.Command{
		Use:   "demo",
		Short: "Simulate a 108 MP night frame, bin it, develop it, and show the difference",
		Long: `Simulate one 108 MP Quad Bayer frame of a street at night, bin it, develop it
binned and at full size, and write all of it, with crops side by side, into a new
folder here: quadraw-demo, or quadraw-demo-2 and so on.`,
		Example: `  quadraw demo
  quadraw demo --size 4000x3000 --iso 6400`,
		Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, _ []string) error {
		o := &demo.Options{ISO: iso, Run: a.options()}
		if size != "" {
			var err error
			if o.Size, err = parseSize(size); err != nil {
				return usagef("--size: %w", err)
			}
			if o.Size.X < 64 || o.Size.Y < 64 {
				return usagef("--size %s: too small for a picture", size)
			}
		}
		return a.demo(cmd.Context(), dir, o)
	})
	c.Flags().StringVarP(&dir, "dir", "d", "", "the folder to make (default: a new one here)")
	c.Flags().StringVar(&size, "size", "", "size of the frame (default: the sensor's 12032x9024)")
	c.Flags().Float64Var(&iso, "iso", 0, "sensitivity (default 1600)")
	return c
}

func (a *app) demo(ctx context.Context, dir string, o *demo.Options) error {
	dir, err := newFolder(dir)
	if err != nil {
		return &quadraw.OutputError{Name: dir, Err: err}
	}
	start := time.Now()
	o.Step = func(name, what string, pixels int64, work func(progress func(done, total int64)) error) error {
		return a.demoStep(filepath.Join(dir, name), what, pixels, work)
	}
	if err := demo.Run(ctx, dir, o); err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	if a.common.json {
		return a.printJSON(map[string]any{"folder": dir, "seconds": seconds, "peak_memory": peakMemory()})
	}
	if !a.common.quiet {
		fmt.Fprintf(a.stderr, "all of it in %.1f s, with %s of memory at the peak; look at %s\n", seconds, formatBytes(peakMemory()),
			filepath.Join(dir, "crops.png"))
	}
	return nil
}

// newFolder makes the folder, or the first quadraw-demo that is not there yet.
func newFolder(dir string) (string, error) {
	if dir != "" {
		return dir, os.Mkdir(dir, 0o777)
	}
	for i := 1; ; i++ {
		name := "quadraw-demo"
		if i > 1 {
			name = fmt.Sprintf("quadraw-demo-%d", i)
		}
		err := os.Mkdir(name, 0o777)
		if i == 10000 || !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
}

func (a *app) demoStep(name, what string, pixels int64, work func(progress func(done, total int64)) error) error {
	b := a.newBoard([]quadraw.Job{{Inputs: []string{name}, Outputs: []string{name}}})
	b.quiet = true
	b.started(0)
	start := time.Now()
	err := work(func(done, total int64) { b.progress(0, done, total) })
	b.ended(0, &quadraw.Result{}, err)
	b.close()
	seconds := time.Since(start).Seconds()
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return &quadraw.OutputError{Name: name, Err: err}
	}
	if a.common.json {
		return a.printJSON(map[string]any{"output": name, "what": what, "seconds": seconds, "pixels": pixels, "bytes": info.Size()})
	}
	if a.common.quiet {
		return nil
	}
	speed := ""
	if pixels > 0 {
		speed = fmt.Sprintf(", %.0f MP/s", float64(pixels)/1e6/seconds)
	}
	_, err = fmt.Fprintf(a.stderr, "%-32s %8s  %5.1f s%s  %s\n", name, formatBytes(info.Size()), seconds, speed, what)
	return err
}
