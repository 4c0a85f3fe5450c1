package format_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// readAll reads a file as a service would, with the limits that are the
// default: the whole frame, a tile at a time.
func readAll(ctx context.Context, data []byte, o *format.OpenOptions) error {
	f, err := format.NewFile(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		return err
	}
	h := f.Header()
	var rgb raw.RGB
	var mosaic raw.Mosaic
	for y := 0; y < h.Size.Y; y += 512 {
		for x := 0; x < h.Size.X; x += 512 {
			r := image.Rect(x, y, x+512, y+512).Intersect(h.Bounds())
			if src, err := f.RGB(); err == nil {
				rgb.Reset(r)
				if err := src.ReadTile(ctx, &rgb); err != nil {
					return err
				}
				continue
			}
			src, err := f.Mosaic()
			if err != nil {
				return err
			}
			mosaic.Reset(r, h.CFA)
			if err := src.ReadTile(ctx, &mosaic); err != nil {
				return err
			}
		}
	}
	return nil
}

// hasKind reports whether callers can tell what err is.
func hasKind(err error) bool {
	var u *format.UnsupportedError
	var c *format.CorruptError
	return err == nil || errors.Is(err, format.ErrUnknown) || errors.Is(err, format.ErrLimit) || errors.Is(err, format.ErrTruncated) ||
		errors.As(err, &u) || errors.As(err, &c)
}

// mostHostileBytes is what no hostile file may make a reader allocate, all
// taken together.
const mostHostileBytes = 64 << 20

// readCorpus opens and reads every file below root, whatever it pretends to
// be: no panic, no hang, little memory, errors of a kind. It prints what took
// longest; the test fails only at what is a hang on the busiest machine.
func readCorpus(t *testing.T, root string) (read, refused int) {
	var slowest, most string
	var longest time.Duration
	var largest uint64
	over := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, o := range []*format.OpenOptions{{}, {Salvage: true}} {
			before := allocated()
			began := time.Now()
			err := readAll(t.Context(), data, o)
			took, used := time.Since(began), allocated()-before
			if !hasKind(err) {
				t.Errorf("%s: an error of no kind: %v", path, err)
			}
			if used > mostHostileBytes {
				t.Errorf("%s: %d bytes allocated", path, used)
			}
			if took > 10*time.Second {
				t.Errorf("%s took %v", path, took)
			}
			if took > 100*time.Millisecond {
				over++
			}
			if took > longest {
				longest, slowest = took, filepath.Base(path)
			}
			if used > largest {
				largest, most = used, filepath.Base(path)
			}
			switch {
			case o.Salvage:
			case err == nil:
				read++
			default:
				refused++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files read, %d refused; slowest %v (%s), %d above 100 ms; most memory %.1f MB (%s)", read, refused, longest, slowest, over, float64(largest)/1e6, most)
	return read, refused
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestMalformedCorpus(t *testing.T) {
	read, refused := readCorpus(t, testutil.Data(t, "malformed"))
	if read+refused < 1059 || read < 100 {
		t.Errorf("%d files of the corpus read, %d refused", read, refused)
	}
}

// hostileLimits keep the fuzzer from reading large frames.
var hostileLimits = format.Limits{Pixels: 32 << 20, Bytes: 48 << 20}

func FuzzOpen(f *testing.F) {
	mosaic, _ := testMosaic(image.Pt(9, 7), raw.QuadRGGB, 10)
	picture, _ := testPicture(image.Pt(9, 7), raw.SRGB)
	for name, src := range map[string]any{"a.dng": mosaic, "a.pgm": mosaic, "a.npy": mosaic, "a.ppm": picture, "a.png": picture, "a.tif": picture, "a.jpg": picture} {
		path := filepath.Join(f.TempDir(), name)
		writeFile(f, path, src, &format.CreateOptions{Strip: true})
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := readAll(t.Context(), data, &format.OpenOptions{Limits: hostileLimits})
		if !hasKind(err) {
			t.Errorf("an error of no kind: %v", err)
		}
	})
}
