//go:build linux || darwin

package quadraw

import "golang.org/x/sys/unix"

// freeDisk is how many bytes this user may still write into the folder's file
// system; ok is false where the system does not tell.
func freeDisk(dir string) (free int64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
