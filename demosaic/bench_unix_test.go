//go:build unix

package demosaic_test

import (
	"syscall"
	"time"
)

// processorTime is what this process has had of all processors: on a busy
// machine megapixels by it say more than by the clock.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
