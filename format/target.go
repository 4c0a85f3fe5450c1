package format

import (
	"io"
	"os"
)

// writebackBytes is how much of an output is handed to the disk at a time.
const writebackBytes = 4 << 20

// target is the file that a format writes. What has been written is handed to
// the disk while the rest is still being computed, so that the sync at the end
// finds little left to wait for.
type target struct {
	f     *os.File
	at    int64 // where the next byte goes
	begun int64 // up to where the disk has been told
}

func (t *target) Write(b []byte) (int, error) {
	n, err := t.f.Write(b)
	t.at += int64(n)
	if t.at-t.begun >= writebackBytes {
		end := t.at &^ 4095 // the page at the end is not full yet
		startWriteback(t.f, t.begun, end-t.begun)
		t.begun = end
	}
	return n, err
}

func (t *target) Seek(offset int64, whence int) (int64, error) {
	at, err := t.f.Seek(offset, whence)
	t.at = at
	return at, err
}

var _ io.WriteSeeker = (*target)(nil)
