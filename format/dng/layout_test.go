package dng

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/ljpeg"
	"github.com/quadraw/quadraw/raw"
)

var bothOrders = []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

func randomSamples(n, bits int, seed uint64) []uint32 {
	rng := rand.New(rand.NewPCG(seed, 9))
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(rng.Uint64() & (1<<bits - 1))
	}
	return out
}

func to16(pix []uint32) []uint16 {
	out := make([]uint16, len(pix))
	for i, v := range pix {
		out[i] = uint16(v)
	}
	return out
}

// grids are the shapes that every kind of sample is tried in.
func grids() []grid {
	return []grid{
		{37, 23, 1, 37, 23, false, false},
		{37, 23, 1, 37, 5, false, false},
		{37, 23, 1, 16, 8, true, false},
		{37, 23, 1, 64, 32, true, false}, // a tile larger than the image
		{37, 23, 3, 37, 7, false, false},
		{37, 23, 3, 16, 16, true, false},
		{37, 23, 3, 16, 16, true, true},
	}
}

// checkReads compares reads of the whole and of random rectangles with want,
// which is interleaved.
func checkReads(t *testing.T, f *File, want []uint16) {
	t.Helper()
	if got := readAll(t, f); !slices.Equal(got, want) {
		t.Fatalf("the whole differs")
	}
	h := f.Header()
	rng := rand.New(rand.NewPCG(4, 4))
	for range 20 {
		x, y := rng.IntN(h.Size.X), rng.IntN(h.Size.Y)
		r := image.Rect(x, y, x+1+rng.IntN(h.Size.X-x), y+1+rng.IntN(h.Size.Y-y))
		if f.image.samples == 1 {
			m := raw.NewMosaic(r.Inset(-1), 0).Part(r) // with a stride of its own
			src, _ := f.Mosaic()
			if err := src.ReadTile(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			for y := r.Min.Y; y < r.Max.Y; y++ {
				if !slices.Equal(m.Row(y), want[y*h.Size.X+r.Min.X:][:r.Dx()]) {
					t.Fatalf("row %d of %v differs", y, r)
				}
			}
			continue
		}
		m := raw.NewRGB(r)
		src, _ := f.RGB()
		if err := src.ReadTile(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for c := raw.Red; c <= raw.Blue; c++ {
				for i, v := range m.Row(c, y) {
					if v != want[(y*h.Size.X+r.Min.X+i)*3+int(c)] {
						t.Fatalf("plane %v, row %d of %v differs", c, y, r)
					}
				}
			}
		}
	}
}

func TestUncompressed(t *testing.T) {
	for _, order := range bothOrders {
		for bits := 8; bits <= 16; bits++ {
			for i, g := range grids() {
				t.Run(fmt.Sprintf("%v/%d bits/grid %d", order, bits, i), func(t *testing.T) {
					pix := randomSamples(g.width*g.height*g.samples, bits, uint64(bits))
					b := newBuilder(g.width, g.height, bits)
					b.order, b.big, b.sub = order, i%2 == 1, bits%2 == 1
					g.apply(b, pix, func(s []uint32, n, _ int) []byte { return packRows(s, n, bits, order) })
					f, err := b.decode(t, nil)
					if err != nil {
						t.Fatal(err)
					}
					if f.Header().BitsPerSample != bits || f.Header().White[0] != float64(int(1)<<bits-1) {
						t.Errorf("header says %d bits, white %v", f.Header().BitsPerSample, f.Header().White)
					}
					checkReads(t, f, to16(pix))
				})
			}
		}
	}
}

func TestLosslessJPEG(t *testing.T) {
	for i, g := range grids() {
		pix := randomSamples(g.width*g.height*g.samples, 14, 3)
		// The frame's shape is free as long as the samples are the same.
		for _, components := range []int{1, 2, 3, 4} {
			b := newBuilder(g.width, g.height, 14)
			fits := true
			g.apply(b, pix, func(s []uint32, n, rows int) []byte {
				if n%components != 0 {
					fits = false
					return []byte{0}
				}
				data, err := ljpeg.Encode(nil, to16(s), n, n/components, rows, components, 14)
				if err != nil {
					t.Fatal(err)
				}
				return data
			})
			b.set(ifd.Compression, ifd.Short, 7)
			if !fits {
				continue
			}
			f, err := b.decode(t, nil)
			if err != nil {
				t.Fatalf("grid %d, %d components: %v", i, components, err)
			}
			checkReads(t, f, to16(pix))
		}
	}
}

// TestLosslessJPEGShapes covers frames that do not look like their tiles.
func TestLosslessJPEGShapes(t *testing.T) {
	const side = 32
	pix := randomSamples(side*side, 12, 3)
	for name, frame := range map[string]ljpeg.Frame{
		"Pixel":          {Width: side / 2, Height: side, Components: 2},
		"Blackmagic":     {Width: side * 2, Height: side / 2, Components: 1},
		"wide and short": {Width: side * 4, Height: side / 8, Components: 2},
	} {
		b := newBuilder(side, side, 12)
		grid{side, side, 1, side, side, true, false}.apply(b, pix, func(s []uint32, _, _ int) []byte {
			data, err := ljpeg.Encode(nil, to16(s), frame.Width*frame.Components, frame.Width, frame.Height, frame.Components, 12)
			if err != nil {
				t.Fatal(err)
			}
			return data
		})
		b.set(ifd.Compression, ifd.Short, 7)
		f, err := b.decode(t, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkReads(t, f, to16(pix))
	}
	// Edge tiles that hold what lies in the image only, and ones that hold
	// more than they should.
	for _, extra := range []int{0, 3} {
		g := grid{40, 27, 1, 32, 16, true, false}
		pix := randomSamples(g.width*g.height, 12, 3)
		b := newBuilder(g.width, g.height, 12)
		i := 0
		g.apply(b, pix, func(s []uint32, n, rows int) []byte {
			w, h := min(32, 40-i%2*32)+extra, min(16, 27-i/2*16)+extra
			i++
			frame := make([]uint16, w*h)
			for y := range min(h, rows) {
				for x := range min(w, n) {
					frame[y*w+x] = uint16(s[y*n+x])
				}
			}
			data, err := ljpeg.Encode(nil, frame, w, w, h, 1, 12)
			if err != nil {
				t.Fatal(err)
			}
			return data
		})
		b.set(ifd.Compression, ifd.Short, 7)
		f, err := b.decode(t, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkReads(t, f, to16(pix))
	}
	// Too small a frame is corrupt, not a picture with a hole.
	b := newBuilder(side, side, 12)
	grid{side, side, 1, side, side, true, false}.apply(b, pix, func(s []uint32, _, _ int) []byte {
		data, _ := ljpeg.Encode(nil, to16(s), side, side, side-1, 1, 12)
		return data
	})
	b.set(ifd.Compression, ifd.Short, 7)
	f, err := b.decode(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	src, _ := f.Mosaic()
	var corrupt *raw.CorruptError
	if err := src.ReadTile(t.Context(), raw.NewMosaic(f.Header().Bounds(), 0)); !errors.As(err, &corrupt) {
		t.Errorf("a frame with a row too few: %v", err)
	}
}

func TestCFASizes(t *testing.T) {
	for _, cfa := range []raw.CFA{raw.BayerGBRG, raw.QuadRGGB, raw.NonaBGGR, raw.HexadecaGRBG, raw.QuadRGGB.Shift(1, 3)} {
		p := cfa.Period()
		b := newBuilder(40, 30, 16)
		grid{40, 30, 1, 40, 30, false, false}.apply(b, randomSamples(1200, 16, 1), func(s []uint32, n, _ int) []byte { return packRows(s, n, 16, b.order) })
		b.set(ifd.CFARepeatPatternDim, ifd.Short, float64(p), float64(p))
		var pattern []float64
		for _, c := range cfa.Pattern() {
			pattern = append(pattern, float64(c))
		}
		b.set(ifd.CFAPattern, ifd.Byte, pattern...)
		b.set(ifd.ActiveArea, ifd.Long, 3, 5, 29, 40) // top, left, bottom, right
		f, err := b.decode(t, nil)
		if err != nil {
			t.Fatal(err)
		}
		h := f.Header()
		if h.ActiveArea != image.Rect(5, 3, 40, 29) || h.DefaultCrop != h.ActiveArea {
			t.Errorf("active area %v, crop %v", h.ActiveArea, h.DefaultCrop)
		}
		if got := h.CFA.Shift(5, 3); got != cfa {
			t.Errorf("CFA at the active area is %v, want %v", got, cfa)
		}
	}
	xtrans := newBuilder(12, 12, 16)
	grid{12, 12, 1, 12, 12, false, false}.apply(xtrans, make([]uint32, 144), func(s []uint32, n, _ int) []byte { return packRows(s, n, 16, xtrans.order) })
	xtrans.set(ifd.CFARepeatPatternDim, ifd.Short, 6, 6)
	var pattern []float64
	for _, c := range "GGRGGBGGBGGRBRGRBGGGBGGRGGRGGBRBGBRG" {
		pattern = append(pattern, map[rune]float64{'R': 0, 'G': 1, 'B': 2}[c])
	}
	xtrans.set(ifd.CFAPattern, ifd.Byte, pattern...)
	var u *raw.UnsupportedError
	if _, err := xtrans.decode(t, nil); !errors.As(err, &u) {
		t.Errorf("X-Trans: %v", err)
	}
}

// countingReader counts the bytes asked for.
type countingReader struct {
	*bytes.Reader
	mu    sync.Mutex
	bytes int64
}

func (c *countingReader) ReadAt(b []byte, at int64) (int, error) {
	c.mu.Lock()
	c.bytes += int64(len(b))
	c.mu.Unlock()
	return c.Reader.ReadAt(b, at)
}

func TestReadsOnlyWhatIsWanted(t *testing.T) {
	for _, bits := range []int{10, 16} {
		g := grid{2000, 300, 1, 2000, 300, false, false}
		b := newBuilder(g.width, g.height, bits)
		g.apply(b, make([]uint32, g.width*g.height), func(s []uint32, n, _ int) []byte { return packRows(s, n, bits, b.order) })
		file := b.bytes()
		in := &countingReader{Reader: bytes.NewReader(file)}
		f, err := Decode(in, int64(len(file)), nil)
		if err != nil {
			t.Fatal(err)
		}
		in.bytes = 0
		src, _ := f.Mosaic()
		if err := src.ReadTile(t.Context(), raw.NewMosaic(image.Rect(100, 50, 356, 114), 0)); err != nil {
			t.Fatal(err)
		}
		if most := int64(64 * (256*bits/8 + 2)); in.bytes > most {
			t.Errorf("%d bits: a tile of 256×64 read %d bytes, want at most %d", bits, in.bytes, most)
		}
	}
}

func TestTilesAreDecodedOnce(t *testing.T) {
	g := grid{256, 256, 1, 64, 64, true, false}
	pix := randomSamples(g.width*g.height, 12, 8)
	b := newBuilder(g.width, g.height, 12)
	g.apply(b, pix, func(s []uint32, n, rows int) []byte {
		data, _ := ljpeg.Encode(nil, to16(s), n, n, rows, 1, 12)
		return data
	})
	b.set(ifd.Compression, ifd.Short, 7)
	file := b.bytes()
	for _, cache := range []int64{1 << 20, 1} {
		in := &countingReader{Reader: bytes.NewReader(file)}
		f, err := Decode(in, int64(len(file)), &Options{CacheBytes: cache})
		if err != nil {
			t.Fatal(err)
		}
		in.bytes = 0
		src, _ := f.Mosaic()
		var all sync.WaitGroup
		for w := range 8 {
			all.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(w), 0))
				for range 50 {
					at := image.Pt(rng.IntN(200), rng.IntN(200))
					m := raw.NewMosaic(image.Rectangle{Min: at, Max: at.Add(image.Pt(50, 50))}, 0)
					if err := src.ReadTile(context.Background(), m); err != nil {
						t.Error(err)
						return
					}
					for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
						for x, v := range m.Row(y) {
							if uint32(v) != pix[y*256+at.X+x] {
								t.Errorf("sample %d,%d", at.X+x, y)
								return
							}
						}
					}
				}
			})
		}
		all.Wait()
		if cache > 1 && in.bytes > int64(len(file)) {
			t.Errorf("%d bytes read of a file of %d", in.bytes, len(file))
		}
		if f.image.cache.used > max(cache, f.image.cache.size) {
			t.Errorf("%d bytes stay in a cache of %d", f.image.cache.used, cache)
		}
	}
}

// TestMemoryIsBounded lets tiles that need most of what is allowed be read by
// many at a time.
func TestMemoryIsBounded(t *testing.T) {
	g := grid{256, 64, 1, 64, 64, true, false}
	b := newBuilder(g.width, g.height, 12)
	g.apply(b, randomSamples(g.width*g.height, 12, 8), func(s []uint32, n, rows int) []byte {
		data, _ := ljpeg.Encode(nil, to16(s), n, n, rows, 1, 12)
		return data
	})
	b.set(ifd.Compression, ifd.Short, 7)
	f, err := b.decode(t, &Options{Limits: raw.Limits{Bytes: 12000}})
	if err != nil {
		t.Fatal(err)
	}
	src, _ := f.Mosaic()
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			for i := range 20 {
				x := (w + i) % 4 * 64
				if err := src.ReadTile(context.Background(), raw.NewMosaic(image.Rect(x, 0, x+64, 64), 0)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if _, err := b.decode(t, &Options{Limits: raw.Limits{Bytes: 8000}}); !errors.Is(err, raw.ErrLimit) {
		t.Errorf("a tile beyond the limit: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := src.ReadTile(ctx, raw.NewMosaic(image.Rect(0, 0, 64, 64), 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
}

func TestPackedRows(t *testing.T) {
	for _, bits := range []int{8, 10, 12, 14, 16} {
		for _, rows := range []int{23, 5} {
			g := grid{37, 23, 1, 37, rows, false, false}
			pix := randomSamples(g.width*g.height, bits, 2)
			b := newBuilder(g.width, g.height, bits)
			g.apply(b, pix, func(s []uint32, n, _ int) []byte { return packRows(s, n, bits, b.order) })
			f, err := b.decode(t, nil)
			if err != nil {
				t.Fatal(err)
			}
			src, _ := f.Mosaic()
			packed := src.(raw.PackedSource)
			p, stride, ok := packed.Packing()
			if ok != (bits >= 10) {
				t.Errorf("%d bits: packing %v, %v", bits, p, ok)
			}
			if !ok {
				continue
			}
			if p.Bits() != bits || stride != p.RowBytes(g.width) {
				t.Errorf("%d bits: %v at stride %d", bits, p, stride)
			}
			got, err := packed.PackedRows(t.Context(), 3, 17, nil)
			if want := packRows(pix[3*37:17*37], 37, bits, b.order); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bits: rows differ, %v", bits, err)
			}
		}
	}
}
