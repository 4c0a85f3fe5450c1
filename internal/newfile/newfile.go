// Package newfile makes files appear under their names complete or not at all.
package newfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Temp makes a new file beside name, to be renamed when it is complete. Unlike
// os.CreateTemp it leaves the permissions to the umask, for the file will get a
// public name.
func Temp(name string) (*os.File, error) {
	for attempt := 0; ; attempt++ {
		temp := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%08x.tmp", filepath.Base(name), rand.Uint32()))
		f, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil || !errors.Is(err, fs.ErrExist) || attempt == 100 {
			return f, err
		}
	}
}

// Refuse says why name cannot be the name of a new file: there is no such
// folder, fs.ErrExist unless overwrite is set, and whatever is no regular file
// stays in any case.
func Refuse(name string, overwrite bool) error {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, err := os.Stat(filepath.Dir(name))
		return err
	case err != nil:
		return err
	case !overwrite:
		return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: not a regular file: not replaced", name)
	}
	return nil
}

// Finish gives the complete file f, made by [Temp], its name: it is synced,
// closed and renamed, and the folder is synced. A file of that name is replaced
// only if overwrite is set. After an error nothing is left of f.
func Finish(f *os.File, name string, overwrite bool) error {
	temp := f.Name()
	err := f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = place(temp, name, overwrite)
	}
	if err != nil {
		os.Remove(temp)
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// place renames temp. A hard link never replaces what has come into being in
// the meantime; where there are none, as on FAT, the last look is an instant
// before the rename.
func place(temp, name string, overwrite bool) error {
	if !overwrite {
		switch err := os.Link(temp, name); {
		case err == nil:
			return os.Remove(temp)
		case errors.Is(err, fs.ErrExist):
			return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
		}
	}
	if err := Refuse(name, overwrite); err != nil {
		return err
	}
	return os.Rename(temp, name)
}

// Write makes data the whole of the file name, or leaves what is there.
func Write(name string, data []byte, overwrite bool) error {
	if err := Refuse(name, overwrite); err != nil {
		return err
	}
	f, err := Temp(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return Finish(f, name, overwrite)
}
