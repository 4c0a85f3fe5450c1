//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quadraw/quadraw/internal/testutil"
)

// cost runs the command as a process and returns what it took.
func cost(t *testing.T, args ...string) (cpu time.Duration, peak int64) {
	t.Helper()
	cmd := process(t, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("quadraw %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	u := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), u.Maxrss << 10
}

// A batch of frames of 12 and 108 megapixels stays within its budget.
func TestMemoryBudgetHolds(t *testing.T) {
	testutil.Long(t)
	c := newCLI(t)
	c.ok("synth", "--size", "4000x3000", "--scene", "chart", "--iso", "200", "-q", "-o", "a.dng")
	c.ok("synth", "--size", "4000x3000", "--scene", "night", "--sensor", "imx477", "-q", "-o", "b.dng")
	c.ok("synth", "--iso", "100", "-q", "-o", "c.dng")
	for _, args := range [][]string{
		{"convert", "--format", "tif,jpg"},
		{"convert", "--mode", "full", "-j", "8"},
		{"convert", "--mode", "full", "--denoise", "1", "--sheet", "sheet.jpg"},
		{"bin"},
	} {
		const budget = 256_000_000
		_, peak := cost(t, append(args, "a.dng", "b.dng", "c.dng", "-d", "out", "--overwrite", "--max-memory", "256MB", "-q")...)
		t.Logf("%s: peak %.0f MB of 256", strings.Join(args, " "), float64(peak)/1e6)
		if peak > budget*11/10 {
			t.Errorf("%s: peak of %d bytes, allowed were %d", strings.Join(args, " "), peak, int64(budget))
		}
	}
}

// A crop of 1024×1024 costs a crop's share of a frame of 108 megapixels.
func TestCropsCostTheirPart(t *testing.T) {
	testutil.Long(t)
	c := newCLI(t)
	c.ok("synth", "--iso", "100", "-q", "-o", "a.dng")
	for _, ext := range []string{".tif", ".jpg"} {
		whole, most := cost(t, "convert", "--mode", "full", "a.dng", "-o", "whole"+ext, "-q")
		part, peak := cost(t, "convert", "--mode", "full", "--crop", "5000,4000,1024,1024", "a.dng", "-o", "part"+ext, "-q")
		t.Logf("%s: %v of %v: %.1f %%; %d of %d MB", ext, part, whole, 100*part.Seconds()/whole.Seconds(), peak>>20, most>>20)
		if part > whole*3/100 {
			t.Errorf("%s: the crop took %v, the whole %v", ext, part, whole)
		}
	}
}

// A file system that is full: a clear error, and nothing half-written.
func TestFullFileSystem(t *testing.T) {
	c := newCLI(t)
	c.ok("synth", "--size", "1200x900", "-q", "-o", "a.dng")
	if err := os.Mkdir("small", 0o777); err != nil {
		t.Fatal(err)
	}
	switch err := syscall.Mount("tmpfs", "small", "tmpfs", 0, "size=2m"); {
	case errors.Is(err, syscall.EPERM):
		t.Skip("mounting a small file system needs root")
	case err != nil:
		t.Fatal(err)
	}
	defer syscall.Unmount(filepath.Join(c.dir, "small"), 0)
	// What cannot fit is refused before any work.
	code, _, msg := c.run("convert", "--mode", "full", "a.dng", "-o", "small/a.tif")
	if code != exitOutput || !strings.Contains(msg, "free") {
		t.Errorf("exit %d: %s", code, msg)
	}
	// What might fit, as files that compress may, is tried.
	code, _, msg = c.run("convert", "--mode", "full", "a.dng", "-o", "small/a.png", "--bits", "16")
	if code != exitOutput || !strings.Contains(msg, "a.png") || !strings.Contains(msg, "no space") {
		t.Errorf("exit %d: %s", code, msg)
	}
	if n := c.count("small/*") + c.count("small/.*tmp"); n != 0 {
		t.Errorf("%d files were left:\n%s", n, c.files())
	}
	// In a batch, the journal too is on the full disk.
	if err := os.WriteFile("small/filler", make([]byte, 2<<20-8192), 0o666); err != nil {
		t.Fatal(err)
	}
	code, _, msg = c.run("bin", "a.dng", "-d", "small/out")
	if code != exitOutput {
		t.Errorf("exit %d: %s", code, msg)
	}
	if n := c.count("small/out/*.dng") + c.count("small/out/.*tmp"); n != 0 {
		t.Errorf("%d files were left:\n%s", n, c.files())
	}
}
