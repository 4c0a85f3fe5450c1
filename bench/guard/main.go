// Command guard fails when a kernel has been lost: it builds quadraw with and
// without assembly, times the stages that have kernels with both in turn, and
// wants the assembly to be faster in each. It compares the two builds with one
// another and never with a clock of another day.
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
const stages = "^(bin/quad/(average|robust)|unpack.bin/mipi10|demosaic/bayer/(bilinear|malvar|fast)|align.merge/fourier)$"

// faster is how much faster than generic code assembly must be at least: far
// below what any kernel gains, far above what noise does.
const faster = 1.15

func main() {
	if err := guard(); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}

func guard() error {
	if !cpu.X86().AVX2 {
		fmt.Printf("guard: no kernels for this %s machine: nothing to compare\n", runtime.GOARCH)
		return nil
	}
	dir, err := os.MkdirTemp("", "quadraw-guard-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fast, err := measure(dir, "assembly")
	if err != nil {
		return err
	}
	plain, err := measure(dir, "generic", "-tags", "purego")
	if err != nil {
		return err
	}
	lost := 0
	for i := range fast.Stages {
		f := &fast.Stages[i]
		for j := range plain.Stages {
			g := &plain.Stages[j]
			if g.Name != f.Name || g.Workers != f.Workers {
				continue
			}
			ratio := f.MPs() / g.MPs()
			verdict := ""
			if ratio < faster {
				verdict, lost = "  LOST", lost+1
			}
			if f.Hash != g.Hash {
				verdict, lost = verdict+"  OUTPUT DIFFERS", lost+1
			}
			fmt.Printf("%-26s %d workers: assembly %.1f times generic%s\n", f.Name, f.Workers, ratio, verdict)
		}
	}
	if lost > 0 {
		return fmt.Errorf("%d kernels do not do their work", lost)
	}
	return nil
}

func measure(dir, name string, build ...string) (*bench.Report, error) {
	binary, report := filepath.Join(dir, name), filepath.Join(dir, name+".json")
	args := append([]string{"build", "-o", binary}, build...)
	for _, c := range [][]string{append([]string{"go"}, append(args, "./cmd/quadraw")...), {binary, "bench", "--quick", "--parts", "stages", "--stages", stages, "--quiet", "--json", report}} {
		cmd := exec.Command(c[0], c[1:]...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("%v: %w\n%s", c, err, out.Bytes())
		}
	}
	f, err := os.Open(report)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bench.Decode(f)
}
