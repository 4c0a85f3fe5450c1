package bench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// runMeasured runs a command and returns the peak of its resident memory in
// bytes, or 0 where the system does not tell it. What a finished process is
// charged with includes its parent's memory from before the exec, so the
// kernel is asked while the process runs.
func runMeasured(cmd *exec.Cmd) (rss int64, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return rss, err
		case <-tick.C:
			rss = max(rss, peakRSS(cmd.Process.Pid))
		}
	}
}

// peakRSS reads the high-water mark of a running process from Linux's proc
// file system.
func peakRSS(pid int) int64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(v, "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}
