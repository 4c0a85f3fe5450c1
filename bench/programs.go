package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// contestFiles are the inputs of the contests from file to file.
type contestFiles struct {
	dir      string
	dng, pgm string
}

// program is a command line that takes part in a contest. args gets the inputs
// and a folder for its output.
type program struct {
	name     string
	ours     bool
	commands []string // the first that is installed is used
	args     func(in contestFiles, out string) []string
	workers  int
	slow     bool // takes half a minute for 108 MP
}

type programWork struct {
	name     string
	programs []program
}

// programWorks are the contests from file to file. A quick run leaves out who
// takes long.
func programWorks(quick bool) []programWork {
	all := runtime.GOMAXPROCS(0)
	libraw := []string{"dcraw_emu", "/usr/lib/libraw/dcraw_emu"}
	emu := func(name string, args ...string) program {
		return program{name: name, commands: libraw, workers: 1, args: func(in contestFiles, out string) []string {
			return append(args, "-Z", filepath.Join(out, "emu.tif"), in.dng)
		}}
	}
	ours := func(name, out string, args ...string) program {
		return program{name: name, ours: true, workers: all, args: func(in contestFiles, dir string) []string {
			return append(args, in.dng, "-o", filepath.Join(dir, out), "--quiet", "--overwrite")
		}}
	}
	full := []program{
		ours("quadraw convert --method bilinear", "out.tif", "convert", "--method", "bilinear"),
		ours("quadraw convert --method fast", "out.tif", "convert", "--method", "fast"),
		ours("quadraw convert --method default", "out.tif", "convert", "--method", "default"),
		ours("quadraw convert --method best", "out.tif", "convert", "--method", "best"),
		emu("dcraw_emu bilinear", "-6", "-T", "-q", "0"),
		emu("dcraw_emu PPG", "-6", "-T", "-q", "2"),
		emu("dcraw_emu AHD", "-6", "-T", "-q", "3"),
		{name: "dcraw AHD", commands: []string{"dcraw"}, workers: 1, args: func(in contestFiles, _ string) []string {
			return []string{"-6", "-T", "-q", "3", "-c", in.dng}
		}},
		{name: "rawtherapee-cli", commands: []string{"rawtherapee-cli"}, workers: all, slow: true, args: func(in contestFiles, out string) []string {
			return []string{"-Y", "-b16", "-t", "-o", filepath.Join(out, "rt.tif"), "-c", in.dng}
		}},
		{name: "darktable-cli", commands: []string{"darktable-cli"}, workers: all, slow: true, args: func(in contestFiles, out string) []string {
			return []string{in.dng, filepath.Join(out, "dt.tif"), "--core", "--configdir", filepath.Join(out, "dt"), "--library", ":memory:",
				"--conf", "plugins/imageio/format/tiff/bpp=16"}
		}},
	}
	if quick {
		full = []program{full[1], full[4], full[6]}
	}
	return []programWork{
		{"mean of 2×2 pixels, PGM file to file", []program{
			{name: "quadraw bin", ours: true, workers: all, args: func(in contestFiles, out string) []string {
				return []string{"bin", in.pgm, "--cfa", "quad-rggb", "-o", filepath.Join(out, "bin.pgm"), "--quiet", "--overwrite"}
			}},
			{name: "vips shrink", commands: []string{"vips"}, workers: all, args: func(in contestFiles, out string) []string {
				return []string{"shrink", in.pgm, filepath.Join(out, "vips.ppm"), "2", "2"}
			}},
		}},
		{"Bayer DNG to half-size picture", []program{
			ours("quadraw convert --mode bin", "out.ppm", "convert", "--mode", "bin"),
			ours("quadraw convert --mode bin --method bilinear", "out.ppm", "convert", "--mode", "bin", "--method", "bilinear"),
			{name: "dcraw -h", commands: []string{"dcraw"}, workers: 1, args: func(in contestFiles, _ string) []string {
				return []string{"-h", "-6", "-c", in.dng}
			}},
			{name: "dcraw_emu -h", commands: libraw, workers: 1, args: func(in contestFiles, out string) []string {
				return []string{"-h", "-6", "-Z", filepath.Join(out, "emu.ppm"), in.dng}
			}},
		}},
		{"Bayer DNG to 16-bit TIFF", full},
	}
}

// mostRounds is more than any contest has; a case that has a limit is not run
// to warm up.
const mostRounds = 100

// programCase times a program in a process of its own.
func programCase(p program, in contestFiles, size frameSize, o *Options) Case {
	c := Case{Name: p.name, Pixels: size.pixels(), Workers: p.workers, Rounds: mostRounds}
	if p.slow {
		// With a round more than one, two minutes would go into these two.
		c.Rounds = 1
	}
	c.Prepare = func(context.Context) (*Prepared, string, error) {
		path := o.Command
		if !p.ours {
			path = installed(p.commands)
		}
		if path == "" {
			return nil, "not installed", nil
		}
		out := filepath.Join(in.dir, "out")
		var most int64
		return &Prepared{
			Run: func(ctx context.Context) error {
				if err := os.MkdirAll(out, 0o755); err != nil {
					return err
				}
				rss, err := runMeasured(exec.CommandContext(ctx, path, p.args(in, out)...))
				most = max(most, rss)
				if err != nil && !p.ours {
					return fmt.Errorf("%w: %w", errPeer, err)
				}
				return err
			},
			PeakRSS: func() int64 { return most },
			Close:   func() error { return os.RemoveAll(out) },
		}, "", nil
	}
	return c
}

// installed returns the path of the first command that is there, or nothing.
func installed(commands []string) string {
	for _, name := range commands {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// errPeer is the sentinel of a peer that is installed and fails: its figure is
// left out, the run goes on.
var errPeer = errors.New("peer failed")
