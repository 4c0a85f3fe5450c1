//go:build linux || darwin

package bench

import (
	"os"
	"runtime"
	"syscall"
)

// peakRSS is the largest resident set of a finished process in bytes, or 0.
func peakRSS(s *os.ProcessState) int64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) << 10
}
