package newfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteReplacesOnlyWhatItMay(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report.json")
	for i, step := range []struct {
		overwrite bool
		want      string
		err       error
	}{{false, "0", nil}, {false, "0", fs.ErrExist}, {true, "2", nil}} {
		if err := Write(name, []byte{'0' + byte(i)}, step.overwrite); !errors.Is(err, step.err) {
			t.Errorf("write %d: %v, want %v", i, err, step.err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != step.want {
			t.Errorf("write %d: the file holds %q, %v, want %q", i, got, err, step.want)
		}
	}
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink(name, link); err != nil {
		t.Skip(err)
	}
	if err := Write(link, []byte("x"), true); err == nil {
		t.Error("a link was replaced")
	}
	if err := Write(filepath.Join(dir, "none", "x.json"), []byte("x"), true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into no folder: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v: want the file and the link", entries, err)
	}
}

// A file gets the permissions of any new file, not those of a secret.
func TestWriteLeavesPermissionsToTheUmask(t *testing.T) {
	dir := t.TempDir()
	usual, name := filepath.Join(dir, "usual"), filepath.Join(dir, "new")
	if err := os.WriteFile(usual, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Write(name, []byte("x"), false); err != nil {
		t.Fatal(err)
	}
	want, err := os.Stat(usual)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if got.Mode() != want.Mode() {
		t.Errorf("mode %v, want %v", got.Mode(), want.Mode())
	}
}
