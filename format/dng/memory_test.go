package dng

import (
	"image"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/ljpeg"
	"github.com/quadraw/quadraw/raw"
)

// TestBigFileInSmallMemory reads a frame of 108 Mpixel as tiles of 256, from
// a file of 217 MB that is a hole but for its header, and then a frame of
// lossless-JPEG tiles in bands.
func TestBigFileInSmallMemory(t *testing.T) {
	const w, h = 12032, 9024
	b := newBuilder(w, h, 16)
	b.set(ifd.RowsPerStrip, ifd.Long, h)
	b.set(ifd.StripOffsets, ifd.Long, 4096)
	b.set(ifd.StripByteCounts, ifd.Long, w*h*2)
	path := filepath.Join(t.TempDir(), "big.dng")
	if err := os.WriteFile(path, b.bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 4096+w*h*2); err != nil {
		t.Fatal(err)
	}
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
