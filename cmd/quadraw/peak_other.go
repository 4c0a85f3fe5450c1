//go:build !unix

package main

import "runtime"

// peakMemory is what the runtime has had of the system, in bytes: nothing is
// given back to address space, so it is the peak.
func peakMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
