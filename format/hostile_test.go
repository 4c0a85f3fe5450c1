package format_test

import (
	"bytes"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// hostileLimits are those of a service that takes uploads.
var hostileLimits = format.Limits{Pixels: 32 << 20, Bytes: 48 << 20}

// readAll reads a file as a service would: the whole frame, a tile at a time.
func readAll(t testing.TB, data []byte) error {
	f, err := format.NewFile(bytes.NewReader(data), int64(len(data)), &format.OpenOptions{Limits: hostileLimits})
	if err != nil {
		return err
	}
	h := f.Header()
	for y := 0; y < h.Size.Y; y += 512 {
		for x := 0; x < h.Size.X; x += 512 {
			r := image.Rect(x, y, x+512, y+512).Intersect(h.Bounds())
			if src, err := f.RGB(); err == nil {
				if err := src.ReadTile(t.Context(), raw.NewRGB(r)); err != nil {
					return err
				}
				continue
			}
			src, err := f.Mosaic()
			if err != nil {
				return err
			}
			if err := src.ReadTile(t.Context(), raw.NewMosaic(r, 0)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Every file of the corpus, whatever it pretends to be, is opened and read:
// no panic, no hang.
func TestMalformedCorpus(t *testing.T) {
	root := testutil.Data(t, "malformed")
	read, refused := 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		began := time.Now()
		if readAll(t, data) == nil {
			read++
		} else {
			refused++
		}
		if took := time.Since(began); took > 10*time.Second { // a hang, however busy the machine
			t.Errorf("%s took %v", path, took)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files read, %d refused", read, refused)
	if read+refused < 1000 || read == 0 {
		t.Errorf("%d files of the corpus", read+refused)
	}
}

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
		_ = readAll(t, data) // any error will do, a panic will not
	})
}
