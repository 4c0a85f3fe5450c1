package format_test

import (
	"context"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
)

// repeated is a frame of any size made of one block of samples with the shot
// noise of a 10-bit sensor, so that writing is what takes the time.
type repeated struct {
	h     *raw.Header
	block [3]*raw.Mosaic
}

// A row of the block is longer than deflate's window, so that repeating it
// helps no compression.
const blockWidth, blockHeight = 12000, 96

func newRepeated(size image.Point, cfa raw.CFA, bits int) *repeated {
	r := &repeated{h: raw.NewHeader(size, cfa, bits)}
	r.h.Black = raw.ConstantBlack(64)
	rng := rand.New(rand.NewPCG(7, 8))
	top := float64(uint(1)<<bits - 1)
	for c := range r.block {
		r.block[c] = raw.NewMosaic(image.Rect(0, 0, blockWidth, blockHeight), 0)
		for y := range blockHeight {
			row := r.block[c].Row(y)
			for x := range row {
				light := 0.3 + 0.15*math.Sin(float64(x+50*c)/60) + 0.15*math.Cos(float64(y)/45) - 0.1*float64(cfa.ColorAt(x, y))
				v := (light + 0.02*rng.NormFloat64()) * top
				row[x] = uint16(max(0, min(v, top)))
			}
		}
	}
	return r
}

func (r *repeated) fill(dst []uint16, c, x, y int) {
	row := r.block[c].Row(y % blockHeight)
	x += y / blockHeight * 1440 // a multiple of every period
	for len(dst) > 0 {
		n := copy(dst, row[x%blockWidth:])
		dst, x = dst[n:], x+n
	}
}

type repeatedMosaic struct{ *repeated }

func (r repeatedMosaic) Header() *raw.Header { return r.h }
func (r repeatedMosaic) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	dst.CFA = r.h.CFA
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		r.fill(dst.Row(y), 0, dst.Rect.Min.X, y)
	}
	return ctx.Err()
}

type repeatedRGB struct{ *repeated }

func (r repeatedRGB) Header() *raw.Header { return r.h }
func (r repeatedRGB) ReadTile(ctx context.Context, dst *raw.RGB) error {
	for c := range dst.Pix {
		for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
			r.fill(dst.Row(raw.Color(c), y), c, dst.Rect.Min.X, y)
		}
	}
	return ctx.Err()
}

// BenchmarkWrite writes and commits a frame of 108 Mpixel; MP/s counts the
// fsync. dd is as many bytes as dng-none has, in writes of 4 MB.
func BenchmarkWrite(b *testing.B) {
	size := image.Pt(12032, 9024)
	mosaic := repeatedMosaic{newRepeated(size, raw.QuadRGGB, 10)}
	picture := repeatedRGB{newRepeated(size, raw.Mono, 16)}
	picture.h.ColorSpace = raw.SRGB
	linear := repeatedRGB{newRepeated(size, raw.Mono, 16)}
	for _, c := range []struct {
		name, ext string
		src       any
		o         format.CreateOptions
	}{
		{"dng-none", "dng", mosaic, format.CreateOptions{Compression: format.None}},
		{"dng-ljpeg", "dng", mosaic, format.CreateOptions{}},
		{"pgm", "pgm", mosaic, format.CreateOptions{}},
		{"npy", "npy", mosaic, format.CreateOptions{}},
		{"linear-ljpeg", "dng", linear, format.CreateOptions{}},
		{"linear-deflate", "dng", linear, format.CreateOptions{Compression: format.Deflate}},
		{"tiff16", "tif", picture, format.CreateOptions{}},
		{"tiff16-deflate", "tif", picture, format.CreateOptions{Compression: format.Deflate}},
		{"tiff8", "tif", picture, format.CreateOptions{BitDepth: 8}},
		{"png8", "png", picture, format.CreateOptions{}},
		{"png16", "png", picture, format.CreateOptions{BitDepth: 16}},
		{"jpeg", "jpg", picture, format.CreateOptions{}},
		{"ppm", "ppm", picture, format.CreateOptions{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "a."+c.ext)
			c.o.Overwrite = true
			for range b.N {
				writeFile(b, path, c.src, &c.o)
			}
			mp := float64(size.X) * float64(size.Y) / 1e6
			b.ReportMetric(mp*float64(b.N)/b.Elapsed().Seconds(), "MP/s")
			if info, err := os.Stat(path); err == nil {
				b.ReportMetric(float64(info.Size())/1e6, "MB")
				b.ReportMetric(float64(info.Size())*float64(b.N)/1e6/b.Elapsed().Seconds(), "MB/s")
			}
		})
	}
	b.Run("dd", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "a.bin")
		buf := make([]byte, 4<<20)
		n := 0
		for range b.N {
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			for n = 0; n < 2*size.X*size.Y; n += len(buf) {
				if _, err := f.Write(buf); err != nil {
					b.Fatal(err)
				}
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)*float64(b.N)/1e6/b.Elapsed().Seconds(), "MB/s")
	})
}
