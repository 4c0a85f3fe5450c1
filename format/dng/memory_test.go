package dng

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/ljpeg"
	"github.com/quadraw/quadraw/raw"
)

// TestBigFileInSmallMemory reads a frame of 108 Mpixel as tiles of 256, from
// a file of 217 MB that is a hole but for its header, and then a frame of
// lossless-JPEG tiles in bands.
func TestBigFileInSmallMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.dng")
	bigHole(t, path, 1)
	f := open(t, path, nil)
	m := &raw.Mosaic{}
	before := allocated()
	readTiles(t, f, m, image.Pt(256, 256))
	if used := allocated() - before; used > 4<<20 {
		t.Errorf("reading 217 MB as tiles of 256 allocated %d bytes", used)
	}

	const side = 4096
	data, err := ljpeg.Encode(nil, make([]uint16, 256*256), 256, 128, 256, 2, 16)
	if err != nil {
		t.Fatal(err)
	}
	j := newBuilder(side, side, 16)
	j.tiled = true
	j.set(ifd.TileWidth, ifd.Short, 256)
	j.set(ifd.TileLength, ifd.Short, 256)
	j.set(ifd.Compression, ifd.Short, 7)
	for range side / 256 * side / 256 {
		j.chunks = append(j.chunks, data)
	}
	if f, err = j.decode(t, &Options{CacheBytes: 4 << 20}); err != nil {
		t.Fatal(err)
	}
	before = inUse()
	readTiles(t, f, m, image.Pt(side, 32))
	if used := int64(inUse()) - int64(before); used > 8<<20 {
		t.Errorf("after reading tiles through a cache of 4 MB, %d bytes more are in use", used)
	}
	runtime.KeepAlive(f)
}

// readPictureTiles reads a TIFF picture as tiles of 256.
func readPictureTiles(t *testing.T, path string) {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	f, err := DecodePicture(in, 1<<40, nil)
	if err != nil {
		t.Fatal(err)
	}
	src, err := f.RGB()
	if err != nil {
		t.Fatal(err)
	}
	m := &raw.RGB{}
	frame := f.Header().Bounds()
	for y := 0; y < frame.Max.Y; y += 256 {
		for x := 0; x < frame.Max.X; x += 256 {
			m.Reset(image.Rect(x, y, x+256, y+256).Intersect(frame))
			if err := src.ReadTile(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// bigHole writes a frame of 108 Mpixel in one strip of nothing: a mosaic, or a
// picture of three samples.
func bigHole(t *testing.T, path string, samples int64) {
	t.Helper()
	const w, h = 12032, 9024
	b := newBuilder(w, h, 16)
	b.set(ifd.RowsPerStrip, ifd.Long, h)
	b.set(ifd.StripOffsets, ifd.Long, 4096)
	b.set(ifd.StripByteCounts, ifd.Long, float64(w*h*2*samples))
	if samples == 3 {
		b.set(ifd.SamplesPerPixel, ifd.Short, 3)
		b.set(ifd.PhotometricInterpretation, ifd.Short, ifd.RGB)
	}
	if err := os.WriteFile(path, b.bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 4096+w*h*2*samples); err != nil {
		t.Fatal(err)
	}
}

// bigTiled writes a frame of 108 Mpixel in lossless-JPEG tiles of 256 that all
// lie at one place of the file.
func bigTiled(t *testing.T, path string) {
	t.Helper()
	data, err := ljpeg.Encode(nil, scene(256*256), 256, 128, 256, 2, 16)
	if err != nil {
		t.Fatal(err)
	}
	const w, h, n = 12032, 9024, 12032 / 256 * ((9024 + 255) / 256)
	b := newBuilder(w, h, 16)
	b.tiled = true
	b.set(ifd.TileWidth, ifd.Short, 256)
	b.set(ifd.TileLength, ifd.Short, 256)
	b.set(ifd.Compression, ifd.Short, 7)
	offsets, lengths := make([]float64, n), make([]float64, n)
	for i := range offsets {
		offsets[i], lengths[i] = 8, float64(len(data))
	}
	b.chunks = [][]byte{data}
	b.set(ifd.TileOffsets, ifd.Long, offsets...)
	b.set(ifd.TileByteCounts, ifd.Long, lengths...)
	if err := os.WriteFile(path, b.bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPeakOfBigFiles reads 217 MB of samples as tiles of 256 in a process of
// its own, whose peak is then known.
func TestPeakOfBigFiles(t *testing.T) {
	if path := os.Getenv("QUADRAW_READ_IN_TILES"); path != "" {
		base := peak(t)
		if strings.HasSuffix(path, ".tif") {
			readPictureTiles(t, path)
		} else {
			readTiles(t, open(t, path, nil), &raw.Mosaic{}, image.Pt(256, 256))
		}
		fmt.Printf("peak %d base %d\n", peak(t), base)
		return
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skipf("no peak to be had: %v", err)
	}
	dir := t.TempDir()
	strips, tiles, picture := filepath.Join(dir, "strips.dng"), filepath.Join(dir, "tiles.dng"), filepath.Join(dir, "picture.tif")
	bigTiled(t, tiles)
	bigHole(t, strips, 1)
	bigHole(t, picture, 3)
	for _, path := range []string{strips, tiles, picture} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestPeakOfBigFiles$")
		cmd.Env = append(os.Environ(), "QUADRAW_READ_IN_TILES="+path)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var most, base int64
		if _, err := fmt.Sscanf(string(out), "peak %d base %d", &most, &base); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		t.Logf("%s: peak %.1f MB, %.1f MB of it the runtime and the test", filepath.Base(path), float64(most)/1e6, float64(base)/1e6)
		if most-base > 64e6 {
			t.Errorf("%s: peak %d over a base of %d", filepath.Base(path), most, base)
		}
	}
}

// peak returns the most memory that this process has had so far.
func peak(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kb int64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// watched remembers what was read of a file.
type watched struct {
	r     io.ReaderAt
	mu    sync.Mutex
	reads [][2]int64
}

func (w *watched) ReadAt(b []byte, at int64) (int, error) {
	w.mu.Lock()
	w.reads = append(w.reads, [2]int64{at, at + int64(len(b))})
	w.mu.Unlock()
	return w.r.ReadAt(b, at)
}

// TestTileTouchesItsBytesOnly reads a tile and looks at which bytes of the file
// were read for it.
func TestTileTouchesItsBytesOnly(t *testing.T) {
	const w, h = 1500, 1100
	pix := randomSamples(w*h, 10, 4)
	for _, c := range []struct {
		name  string
		bits  int
		g     grid
		ljpeg bool
	}{
		{"strips of 16 bits", 16, grid{w, h, 1, w, 100, false, false}, false},
		{"one strip of 10 bits", 10, grid{w, h, 1, w, h, false, false}, false},
		{"tiles of 16 bits", 16, grid{w, h, 1, 256, 256, true, false}, false},
		{"tiles of lossless JPEG", 16, grid{w, h, 1, 256, 256, true, false}, true},
	} {
		b := newBuilder(w, h, c.bits)
		c.g.apply(b, pix, func(s []uint32, perRow, rows int) []byte {
			if !c.ljpeg {
				return packRows(s, perRow, c.bits, b.order)
			}
			in := make([]uint16, len(s))
			for i, v := range s {
				in[i] = uint16(v)
			}
			out, err := ljpeg.Encode(nil, in, perRow, perRow/2, rows, 2, 16)
			if err != nil {
				t.Fatal(err)
			}
			return out
		})
		if c.ljpeg {
			b.set(ifd.Compression, ifd.Short, 7)
		}
		data := b.bytes()
		r := &watched{r: bytes.NewReader(data)}
		f, err := Decode(r, int64(len(data)), nil)
		if err != nil {
			t.Fatal(err)
		}
		src, _ := f.Mosaic()
		r.reads = nil
		want := image.Rect(300, 290, 500, 500) // in one tile, two strips
		if err := src.ReadTile(t.Context(), raw.NewMosaic(want, 0)); err != nil {
			t.Fatal(err)
		}
		total := int64(0)
		for _, read := range r.reads {
			total += read[1] - read[0]
			ok := false
			for i, at := range f.image.offsets {
				part := f.image.rect(i).Intersect(want)
				if part.Empty() {
					continue
				}
				from, to := at, at+f.image.lengths[i]
				if !c.ljpeg { // of the chunk, the rows
					top := f.image.rect(i).Min.Y
					from, to = at+int64(part.Min.Y-top)*f.image.rowBytes(), at+int64(part.Max.Y-top)*f.image.rowBytes()
				}
				ok = ok || from <= read[0] && read[1] <= to
			}
			if !ok {
				t.Errorf("%s: bytes %v were read, which are of nothing wanted", c.name, read)
			}
		}
		most := int64(want.Dx()*want.Dy()*c.bits/8 + 2*want.Dy())
		if c.ljpeg {
			most = f.image.lengths[0] * 5 / 4
		}
		t.Logf("%s: %d bytes read in %d reads for %v", c.name, total, len(r.reads), want)
		if total > most || total == 0 {
			t.Errorf("%s: %d bytes were read, want at most %d", c.name, total, most)
		}
	}
}

func readTiles(t *testing.T, f *File, m *raw.Mosaic, side image.Point) {
	t.Helper()
	src, err := f.Mosaic()
	if err != nil {
		t.Fatal(err)
	}
	frame := f.Header().Bounds()
	for y := 0; y < frame.Max.Y; y += side.Y {
		for x := 0; x < frame.Max.X; x += side.X {
			m.Reset(image.Rect(x, y, x+side.X, y+side.Y).Intersect(frame), 0)
			if err := src.ReadTile(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
