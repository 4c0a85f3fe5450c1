//go:build !unix

package noise_test

import "time"

var started = time.Now()

// cpuSeconds is wall time where CPU time cannot be had.
func cpuSeconds() float64 { return time.Since(started).Seconds() }
