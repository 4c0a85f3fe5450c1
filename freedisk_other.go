//go:build !linux && !darwin

package quadraw

// freeDisk is not asked for here.
func freeDisk(string) (free int64, ok bool) { return 0, false }
