package dng_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/format/dng"
	"github.com/quadraw/quadraw/raw"
)

// tool finds another program that reads our files, or skips.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// readPGM returns the samples of a 16-bit PGM.
func readPGM(t *testing.T, data []byte) (size image.Point, pix []uint16) {
	t.Helper()
	var maxval int
	if _, err := fmt.Sscanf(string(data[:min(len(data), 60)]), "P5\n%d %d\n%d\n", &size.X, &size.Y, &maxval); err != nil {
		t.Fatalf("not a PGM: %v", err)
	}
	n := 2 * size.X * size.Y
	pix = make([]uint16, size.X*size.Y)
	for i := range pix {
		pix[i] = binary.BigEndian.Uint16(data[len(data)-n+2*i:])
	}
	return size, pix
}

// written are files that every reader of DNG should know.
func written(t *testing.T, use func(t *testing.T, name string, m *raw.Mosaic)) {
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.BayerGRBG, raw.BayerGBRG, raw.BayerBGGR} {
		for _, size := range []image.Point{{640, 480}, {331, 277}, {512, 256}} {
			for _, c := range []dng.Compression{dng.None, dng.LJPEG} {
				for _, preview := range []bool{true, false} {
					t.Run(fmt.Sprintf("%v %v %v preview=%v", cfa, size, c, preview), func(t *testing.T) {
						_, h, m := testMosaic(t, size, cfa, 14, 11)
						h.Capture = raw.Capture{Make: "Quadraw", Model: "Test"}
						src, err := raw.NewMemory(h, m)
						if err != nil {
							t.Fatal(err)
						}
						_, name := create(t, func(w io.WriteSeeker) error {
							return dng.Write(t.Context(), w, src, &dng.WriteOptions{Compression: c, NoPreview: !preview})
						})
						use(t, name, m)
					})
				}
			}
		}
	}
}

func comparePGM(t *testing.T, data []byte, m *raw.Mosaic) {
	t.Helper()
	size, pix := readPGM(t, data)
	if size != m.Rect.Size() {
		t.Fatalf("frame of %v, want %v", size, m.Rect.Size())
	}
	for i, v := range pix {
		if v != m.Pix[i] {
			t.Fatalf("sample %d,%d is %d, want %d", i%size.X, i/size.X, v, m.Pix[i])
		}
	}
}

func TestDcrawReadsOurFiles(t *testing.T) {
	dcraw := tool(t, "dcraw")
	written(t, func(t *testing.T, name string, m *raw.Mosaic) {
		out, err := exec.Command(dcraw, "-E", "-4", "-c", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		comparePGM(t, out, m)
	})
}

func TestLibRawReadsOurFiles(t *testing.T) {
	unprocessed := tool(t, "unprocessed_raw")
	written(t, func(t *testing.T, name string, m *raw.Mosaic) {
		if out, err := exec.Command(unprocessed, name).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		found, err := filepath.Glob(name + "*.pgm")
		if err != nil || len(found) != 1 {
			t.Fatalf("no single PGM: %v %v", found, err)
		}
		data, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		comparePGM(t, data, m)
	})
}

func TestExifToolFindsNoFault(t *testing.T) {
	exiftool := tool(t, "exiftool")
	var names []string
	for i, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadGRBG.Shift(1, 1), raw.NonaRGGB, raw.HexadecaBGGR, raw.Mono} {
		for _, c := range []dng.Compression{dng.None, dng.LJPEG} {
			for _, o := range []dng.WriteOptions{{}, {NoPreview: true}, {Big: true}, {Strip: true}} {
				_, h, m := testMosaic(t, image.Pt(120, 90), cfa, 10, 7)
				if i%2 == 0 {
					richHeader(h)
				}
				if o.Big {
					h.Metadata.GPS = nil // of which ExifTool 12 takes no notice in a BigTIFF
				}
				src, err := raw.NewMemory(h, m)
				if err != nil {
					t.Fatal(err)
				}
				o.Compression = c
				_, name := create(t, func(w io.WriteSeeker) error { return dng.Write(t.Context(), w, src, &o) })
				if o.Big {
					// ExifTool 12 knows a BigTIFF by this name only.
					if err := os.Rename(name, name+".btf"); err != nil {
						t.Fatal(err)
					}
					name += ".btf"
				}
				names = append(names, name)
			}
		}
	}
	ph, p := testPicture(image.Pt(120, 90), 1)
	rgb, err := raw.NewMemoryRGB(ph, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []dng.Compression{dng.None, dng.LJPEG, dng.Deflate} {
		_, name := create(t, func(w io.WriteSeeker) error {
			return dng.WriteLinear(t.Context(), w, rgb, &dng.WriteOptions{Compression: c})
		})
		names = append(names, name)
	}
	cmd := exec.Command(exiftool, append([]string{"-validate", "-warning", "-error", "-a", "-q", "-q"}, names...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "========") || strings.HasPrefix(line, "Validate") && strings.HasSuffix(line, ": OK") {
			continue
		}
		t.Errorf("exiftool: %s", line)
	}
	if n := bytes.Count(out, []byte(": OK")); n != len(names) {
		t.Errorf("%d of %d files are OK", n, len(names))
	}
}
