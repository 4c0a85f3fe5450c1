package quadraw

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// Input is a file to work on. Under is the folder of the search that found it,
// below which a mirrored tree keeps its folders; empty for a file that was
// named itself.
type Input struct {
	Name  string `json:"name"`
	Under string `json:"under,omitempty"`
	// Burst names the other frames of the burst that Name is the first of.
	Burst []string `json:"burst,omitempty"`
}

// FindOptions say how [FindInputs] reads its arguments.
type FindOptions struct {
	// Recursive lets folders be searched, to any depth.
	Recursive bool
	// List is what the argument "-" reads: a file name a line.
	List io.Reader
	// Exclude is a folder that no search enters: that of the outputs.
	Exclude string
	// IsRaw tells raw files from others in a search; nil opens each with the
	// readers of package format, so that content decides and not the name.
	IsRaw func(name string) bool
}

// FindInputs turns arguments into files, in a fixed order and each once: a
// file stands for itself, a pattern for what matches it, a folder for every raw
// file below it, "-" for the list in o.List. An argument that stands for
// nothing is an error.
func FindInputs(ctx context.Context, args []string, o *FindOptions) ([]Input, error) {
	if o == nil {
		o = &FindOptions{}
	}
	f := finder{ctx: ctx, o: o, seen: make(map[string]bool)}
	for _, arg := range args {
		if err := f.argument(arg); err != nil {
			return nil, err
		}
	}
	return f.found, nil
}

type finder struct {
	ctx   context.Context
	o     *FindOptions
	seen  map[string]bool
	found []Input
}

func (f *finder) add(name, under string) {
	name = filepath.Clean(name)
	if !f.seen[name] {
		f.seen[name] = true
		f.found = append(f.found, Input{Name: name, Under: under})
	}
}

func (f *finder) argument(arg string) error {
	if arg == "-" {
		return f.list()
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return f.folder(arg)
	case err == nil:
		f.add(arg, "")
		return nil
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?["):
		return f.pattern(arg)
	}
	// A missing file is an input like others: it fails by itself, with its
	// name, and does not stop the rest.
	f.add(arg, "")
	return nil
}

func (f *finder) pattern(arg string) error {
	names, err := filepath.Glob(arg)
	if err != nil {
		return recipeError("pattern %q: %v", arg, err)
	}
	if len(names) == 0 {
		return recipeError("nothing matches %q", arg)
	}
	for _, name := range names {
		if err := f.argument(name); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) list() error {
	if f.o.List == nil {
		return recipeError("no list of inputs to read")
	}
	lines := bufio.NewScanner(f.o.List)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name := strings.TrimSuffix(lines.Text(), "\r")
		if name == "" {
			continue
		}
		f.add(name, "")
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("list of inputs: %w", err)
	}
	return nil
}

func (f *finder) folder(dir string) error {
	if !f.o.Recursive {
		return recipeError("%s is a folder; -r searches it", dir)
	}
	before := len(f.found)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case f.ctx.Err() != nil:
			return f.ctx.Err()
		case d.IsDir() && name != dir && (strings.HasPrefix(d.Name(), ".") || f.excluded(name)):
			return fs.SkipDir
		case d.IsDir() || strings.HasPrefix(d.Name(), "."):
			return nil
		}
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
			return nil
		}
		if f.isRaw(name) {
			f.add(name, dir)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("search %s: %w", dir, err)
	}
	if len(f.found) == before {
		return recipeError("no raw files below %s", dir)
	}
	return nil
}

func (f *finder) excluded(dir string) bool {
	if f.o.Exclude == "" {
		return false
	}
	a, errA := os.Stat(dir)
	b, errB := os.Stat(f.o.Exclude)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// isRaw also takes what looks like a raw file but is damaged or unsupported:
// that deserves a failure with its name rather than silence.
func (f *finder) isRaw(name string) bool {
	if f.o.IsRaw != nil {
		return f.o.IsRaw(name)
	}
	return IsRaw(name)
}

// shard keeps every shards-th of items, beginning with the shard-th (from 1).
// All shards together are all items, each once, on every machine the same.
func shard[T any](items []T, shard, shards int) ([]T, error) {
	if shards == 0 && shard == 0 {
		return items, nil
	}
	if shards < 1 || shard < 1 || shard > shards {
		return nil, fmt.Errorf("%w: shard %d of %d", raw.ErrOption, shard, shards)
	}
	var out []T
	for i := shard - 1; i < len(items); i += shards {
		out = append(out, items[i])
	}
	return out, nil
}
