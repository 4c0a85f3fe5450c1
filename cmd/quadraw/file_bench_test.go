//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// BenchmarkBinFile bins a file of 108 megapixels into another, as a process
// of its own. "of-baseline" is its wall time over that of reading the same file
// with cat and writing as many bytes as the result has with dd conv=fsync,
// medians of runs in turns, all from the page cache.
func BenchmarkBinFile(b *testing.B) {
	if testing.Short() {
		b.Skip("writes 400 MB")
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	in, out, other := filepath.Join(dir, "in.dng"), filepath.Join(dir, "out.dng"), filepath.Join(dir, "dd")
	command := func(args ...string) (time.Duration, int64) {
		cmd := exec.CommandContext(b.Context(), self, args...)
		cmd.Env = append(os.Environ(), "QUADRAW_TEST_AS_COMMAND=1")
		start := time.Now()
		if text, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
		peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		return time.Since(start), int64(peak)
	}
	command("synth", "--size", "12032x9024", "--scene", "gray", "--compression", "none", "-q", "-o", in)
	var ours, baseline []time.Duration
	peak := int64(0)
	for i := range b.N + 1 {
		os.Remove(out)
		took, rss := command("bin", in, "-o", out, "--compression", "none", "-q")
		info, err := os.Stat(out)
		if err != nil {
			b.Fatal(err)
		}
		os.Remove(other)
		script := fmt.Sprintf("cat '%s' > /dev/null; dd if=/dev/zero of='%s' bs=1M iflag=count_bytes count=%d conv=fsync", in, other, info.Size())
		start := time.Now()
		if text, err := exec.CommandContext(b.Context(), "sh", "-c", script).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
		if i > 0 { // the first fills the page cache
			ours, baseline = append(ours, took), append(baseline, time.Since(start))
			peak = max(peak, rss)
		}
	}
	middle := func(v []time.Duration) float64 { slices.Sort(v); return v[len(v)/2].Seconds() }
	b.ReportMetric(1e3*middle(ours), "ms")
	b.ReportMetric(1e3*middle(baseline), "baseline-ms")
	b.ReportMetric(middle(ours)/middle(baseline), "of-baseline")
	b.ReportMetric(float64(peak)/1024, "peak-MB") // kilobytes on Linux
}
