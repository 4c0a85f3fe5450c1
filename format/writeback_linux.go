package format

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriteback asks the kernel to begin storing n bytes at offset, without
// waiting. It is a hint: the sync at the end reports what goes wrong.
func startWriteback(f *os.File, offset, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), offset, n, unix.SYNC_FILE_RANGE_WRITE)
}
