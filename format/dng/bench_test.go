package dng

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/ljpeg"
	"github.com/quadraw/quadraw/raw"
)

// bigFile writes a DNG of 12032×9024 samples of the given depth: 217 MB at 16
// bits. The samples repeat, their bytes do not matter to reading.
func bigFile(b *testing.B, bits int, big bool) *File {
	b.Helper()
	const w, h, rows = 12032, 9024, 96
	d := newBuilder(w, h, bits)
	if big {
		d.order = bothOrders[1]
	}
	chunk := packRows(randomSamples(w*rows, min(bits, 12), 1), w, bits, d.order)
	d.set(ifd.RowsPerStrip, ifd.Long, rows)
	for range h / rows {
		d.chunks = append(d.chunks, chunk)
	}
	return benchOpen(b, d.bytes())
}

func benchOpen(b *testing.B, data []byte) *File {
	b.Helper()
	path := filepath.Join(b.TempDir(), "big.dng")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	return open(b, path, nil)
}

func benchRead(b *testing.B, f *File, side image.Point) {
	src, err := f.Mosaic()
	if err != nil {
		b.Fatal(err)
	}
	m := &raw.Mosaic{}
	frame := f.Header().Bounds()
	b.ReportAllocs()
	for b.Loop() {
		for y := 0; y < frame.Max.Y; y += side.Y {
			for x := 0; x < frame.Max.X; x += side.X {
				m.Reset(image.Rect(x, y, x+side.X, y+side.Y).Intersect(frame), 0)
				if err := src.ReadTile(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.ReportMetric(float64(frame.Dx()*frame.Dy()*b.N)/b.Elapsed().Seconds()/1e6, "MP/s")
}

func BenchmarkRead108MP(b *testing.B) {
	for _, c := range []struct {
		name string
		bits int
		big  bool
	}{{"16 bits", 16, false}, {"16 bits big-endian", 16, true}, {"10 bits", 10, false}, {"12 bits", 12, false}, {"14 bits", 14, false}} {
		f := bigFile(b, c.bits, c.big)
		for _, side := range []image.Point{{12032, 128}, {1024, 512}, {256, 256}} {
			b.Run(fmt.Sprintf("%s/%dx%d", c.name, side.X, side.Y), func(b *testing.B) { benchRead(b, f, side) })
		}
	}
}

func BenchmarkReadLosslessJPEG(b *testing.B) {
	const w, h = 4096, 2048
	d := newBuilder(w, h, 14)
	tile := scene(256 * 256)
	data, err := ljpeg.Encode(nil, tile, 256, 128, 256, 2, 14)
	if err != nil {
		b.Fatal(err)
	}
	d.tiled = true
	d.set(ifd.TileWidth, ifd.Long, 256)
	d.set(ifd.TileLength, ifd.Long, 256)
	d.set(ifd.Compression, ifd.Short, 7)
	for range w * h / len(tile) {
		d.chunks = append(d.chunks, data)
	}
	f := benchOpen(b, d.bytes())
	f.image.cache.keep = 4 << 20
	for _, side := range []image.Point{{4096, 128}, {512, 512}, {256, 256}} {
		b.Run(fmt.Sprintf("%dx%d", side.X, side.Y), func(b *testing.B) { benchRead(b, f, side) })
	}
}

// BenchmarkReadersOfOneRowOfTiles has two readers of bands that lie in the
// same row of tiles: they must share the decoding.
func BenchmarkReadersOfOneRowOfTiles(b *testing.B) {
	const w, h = 8192, 256
	tile := scene(256 * 256)
	data, err := ljpeg.Encode(nil, tile, 256, 128, 256, 2, 14)
	if err != nil {
		b.Fatal(err)
	}
	d := newBuilder(w, h, 14)
	d.tiled = true
	d.set(ifd.TileWidth, ifd.Long, 256)
	d.set(ifd.TileLength, ifd.Long, 256)
	d.set(ifd.Compression, ifd.Short, 7)
	for range w * h / len(tile) {
		d.chunks = append(d.chunks, data)
	}
	file := d.bytes()
	for _, readers := range []int{1, 2} {
		b.Run(fmt.Sprintf("%d readers", readers), func(b *testing.B) {
			for b.Loop() {
				f, err := Decode(bytes.NewReader(file), int64(len(file)), nil)
				if err != nil {
					b.Fatal(err)
				}
				src, _ := f.Mosaic()
				var all sync.WaitGroup
				for k := range readers {
					all.Go(func() {
						y := k * h / readers
						if err := src.ReadTile(b.Context(), raw.NewMosaic(image.Rect(0, y, w, y+h/readers), 0)); err != nil {
							b.Error(err)
						}
					})
				}
				all.Wait()
			}
			b.ReportMetric(float64(w*h*b.N)/b.Elapsed().Seconds()/1e6, "MP/s")
		})
	}
}

// scene is a ramp with noise.
func scene(n int) []uint16 {
	out := make([]uint16, n)
	for i, v := range randomSamples(n, 6, 1) {
		out[i] = uint16(v) + 3000 + uint16(i%256)
	}
	return out
}
