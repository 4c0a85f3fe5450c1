// Command guard fails when a stage's output has changed, when it allocates more
// than it did, or when a kernel has been lost. For the last it builds quadraw
// with and without assembly, times the stages that have kernels with both in
// turns, and wants the assembly to be faster in each and its output the same:
// it compares two builds with one another, never with a clock of another day.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/quadraw/quadraw/bench"
	"github.com/quadraw/quadraw/internal/cpu"
)

// stages have assembly that must pay.
const stages = "^(bin/quad/(average|robust)|unpack.bin/mipi10|demosaic/bayer/(bilinear|malvar|fast)|demosaic/quad/fast|remosaic/quad|denoise|align.merge/(fourier|fast))$"

// faster is how much faster than generic code assembly must be at least: far
// below what any kernel gains, far above what noise does.
const faster = 1.15

// turns that the two builds take.
const turns = 2

func main() {
	if err := guard(); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}

func guard() error {
	if err := run("go", "test", "-count=1", "-run", "^TestStagesAreAsRecorded$", "./bench"); err != nil {
		return err
	}
	fmt.Println("outputs and allocations are as recorded")
	if !cpu.X86().AVX2 {
		fmt.Printf("no kernels for this %s machine: nothing to compare\n", runtime.GOARCH)
		return nil
	}
	dir, err := os.MkdirTemp("", "quadraw-guard-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fast, plain := &build{dir: dir, name: "assembly"}, &build{dir: dir, name: "generic", flags: []string{"-tags", "purego"}}
	for range turns {
		for _, b := range []*build{fast, plain} {
			if err := b.measure(); err != nil {
				return err
			}
		}
	}
	lost := 0
	for _, k := range fast.order {
		f, g := fast.best[k], plain.best[k]
		if g == nil {
			return fmt.Errorf("%s was not measured without assembly", k.name)
		}
		ratio := f.MPs() / g.MPs()
		verdict := ""
		if ratio < faster {
			verdict, lost = "  LOST", lost+1
		}
		if f.Hash != g.Hash {
			verdict, lost = verdict+"  OUTPUT DIFFERS", lost+1
		}
		fmt.Printf("%-26s %d workers: assembly %.1f times generic%s\n", k.name, k.workers, ratio, verdict)
	}
	if lost > 0 {
		return fmt.Errorf("%d kernels do not do their work", lost)
	}
	return nil
}

// key names a figure of a build.
type key struct {
	name    string
	workers int
}

// build is the command built in one way, and the best that it has reached.
type build struct {
	dir, name string
	flags     []string
	best      map[key]*bench.Stage
	order     []key
}

// measure builds the command, the first time, and times the stages.
func (b *build) measure() error {
	binary, report := filepath.Join(b.dir, b.name), filepath.Join(b.dir, b.name+".json")
	if b.best == nil {
		b.best = map[key]*bench.Stage{}
		if err := run(append(append([]string{"go", "build", "-o", binary}, b.flags...), "./cmd/quadraw")...); err != nil {
			return err
		}
	}
	if err := run(binary, "bench", "--quick", "--parts", "stages", "--stages", stages, "--rounds", "1", "--quiet", "--json", report); err != nil {
		return err
	}
	f, err := os.Open(report)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := bench.Decode(f)
	if err != nil {
		return err
	}
	for i := range r.Stages {
		s := &r.Stages[i]
		k := key{s.Name, s.Workers}
		if b.best[k] == nil {
			b.order = append(b.order, k)
		}
		if b.best[k] == nil || s.MPs() > b.best[k].MPs() {
			b.best[k] = s
		}
	}
	return nil
}

func run(command ...string) error {
	cmd := exec.Command(command[0], command[1:]...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%v: %w\n%s", command, err, out.Bytes())
	}
	return nil
}
