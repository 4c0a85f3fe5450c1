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
	"github.com/quadraw/quadraw/internal/ifd"
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

// hostileValues replace the type, the count and the value of a field.
var hostileValues = [3][]uint32{
	{0, 1, 2, 5, 12, 99},
	{0, 1, 2, 0x10000, 0x7fffffff, 0xffffffff},
	{0, 1, 8, 0xffff, 0x10000, 0x7fffffff, 0xfffffff0, 0xffffffff},
}

// Every field of every directory of two real crops, and of files that we write,
// corrupted in every way: the corpus of a machine without the large data.
func TestHostileFields(t *testing.T) {
	paths := []string{"../testdata/canon_kissx4_14bit.dng", "../testdata/gopro_hero6_ljpeg.dng"}
	picture, _ := testPicture(image.Pt(70, 50), raw.SRGB)
	linear, _ := testPicture(image.Pt(70, 50), raw.LinearCamera)
	paths = append(paths, create(t, "a.tif", picture, &format.CreateOptions{Compression: format.Deflate}),
		create(t, "a.dng", linear, &format.CreateOptions{Compression: format.Deflate}))
	files, fine := 0, 0
	var most uint64
	var longest time.Duration
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := readAll(t.Context(), data, nil); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f, err := ifd.Open(bytes.NewReader(data), int64(len(data)), format.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		all, _, err := f.Walk()
		if err != nil {
			t.Fatal(err)
		}
		try := func(at int64, what string, i int) {
			files++
			before, began := allocated(), time.Now()
			err := readAll(t.Context(), data, nil)
			used := allocated() - before
			longest, most = max(longest, time.Since(began)), max(most, used)
			if err == nil {
				fine++
			}
			if !hasKind(err) || used > mostHostileBytes {
				t.Errorf("%s: entry at %#x, %s %d: %d bytes allocated, %v", filepath.Base(path), at, what, i, used, err)
			}
		}
		for _, dir := range all {
			for i := range dir.Entries {
				at := dir.Offset + 2 + 12*int64(i)
				entry := data[at : at+12]
				good := bytes.Clone(entry)
				for k, values := range hostileValues {
					for _, v := range values {
						switch k {
						case 0:
							f.Order.PutUint16(entry[2:], uint16(v))
						case 1:
							f.Order.PutUint32(entry[4:], v)
						case 2:
							f.Order.PutUint32(entry[8:], v)
						}
						try(at, "part", k)
						copy(entry, good)
					}
				}
			}
		}
		for n := 1; n < 400; n += 13 {
			whole := data
			data = data[:len(data)*n/400]
			try(int64(len(data)), "cut at", n)
			data = whole
		}
	}
	t.Logf("%d corruptions, %d of them harmless; slowest %v, most memory %.1f MB", files, fine, longest, float64(most)/1e6)
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
