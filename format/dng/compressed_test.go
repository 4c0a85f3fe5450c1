package dng

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"

	"github.com/klauspost/compress/zlib"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/ljpeg"
	"github.com/quadraw/quadraw/raw"
)

func deflate(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// subtractLeft is predictor 2 by the letter, on words of size bytes.
func subtractLeft(row []byte, step, size int, order binary.ByteOrder) {
	for i := len(row) - size; i >= step*size; i -= size {
		a, b := row[i:i+size], row[i-step*size:i-step*size+size]
		switch size {
		case 1:
			a[0] -= b[0]
		case 2:
			order.PutUint16(a, order.Uint16(a)-order.Uint16(b))
		case 4:
			order.PutUint32(a, order.Uint32(a)-order.Uint32(b))
		}
	}
}

// splitBytes is the first half of predictor 3: planes of bytes, the highest
// first.
func splitBytes(row []byte, size int, order binary.ByteOrder) []byte {
	n := len(row) / size
	out := make([]byte, len(row))
	for i := range n {
		for k := range size {
			at := k
			if order == binary.LittleEndian {
				at = size - 1 - k
			}
			out[k*n+i] = row[i*size+at]
		}
	}
	return out
}

func TestDeflateIntegers(t *testing.T) {
	for _, order := range bothOrders {
		for _, bits := range []int{8, 10, 16} {
			for _, predictor := range []int{1, 2, 34892, 34893} {
				if bits == 10 && predictor != 1 {
					continue
				}
				for i, g := range grids() {
					t.Run(fmt.Sprintf("%v/%d bits/predictor %d/grid %d", order, bits, predictor, i), func(t *testing.T) {
						pix := randomSamples(g.width*g.height*g.samples, bits, 3)
						b := newBuilder(g.width, g.height, bits)
						b.order = order
						g.apply(b, pix, func(s []uint32, n, _ int) []byte {
							data := packRows(s, n, bits, order)
							if predictor != 1 {
								step := map[int]int{2: 1, 34892: 2, 34893: 4}[predictor]
								if !g.planar {
									step *= g.samples
								}
								for row := range rowsOf(data, n*bits/8) {
									subtractLeft(row, step, bits/8, order)
								}
							}
							return deflate(t, data)
						})
						b.set(ifd.Compression, ifd.Short, 8)
						b.set(ifd.Predictor, ifd.Short, float64(predictor))
						f, err := b.decode(t, nil)
						if err != nil {
							t.Fatal(err)
						}
						checkReads(t, f, to16(pix))
					})
				}
			}
		}
	}
}

func rowsOf(data []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for ; len(data) > 0; data = data[n:] {
			if !yield(data[:n]) {
				return
			}
		}
	}
}

// TestFloats stores floats of every width, with and without predictors, and
// compares with the documented scale: the white level becomes 65535.
func TestFloats(t *testing.T) {
	values := []float32{0, 1, 0.5, 0.25, 0.75, 2, -1, 0.125, 1.5, 0.0625}
	encode := map[int]func(float32) []byte{
		16: func(v float32) []byte { return binary.BigEndian.AppendUint16(nil, toHalf(v)) },
		24: func(v float32) []byte { return binary.BigEndian.AppendUint32(nil, toFloat24(v))[1:] },
		32: func(v float32) []byte { return binary.BigEndian.AppendUint32(nil, math.Float32bits(v)) },
	}
	for _, order := range bothOrders {
		for _, bits := range []int{16, 24, 32} {
			for _, predictor := range []int{0, 1, 3, 34894, 34895} { // 0: not compressed
				for i, g := range grids() {
					t.Run(fmt.Sprintf("%v/%d bits/predictor %d/grid %d", order, bits, predictor, i), func(t *testing.T) {
						pix := randomSamples(g.width*g.height*g.samples, 16, 3)
						want := make([]uint16, len(pix))
						for i := range pix {
							pix[i] %= uint32(len(values))
							v := values[pix[i]] / 1.5
							want[i] = uint16(math.Round(float64(max(0, min(v, 1))) * 65535))
						}
						b := newBuilder(g.width, g.height, bits)
						b.order = order
						g.apply(b, pix, func(s []uint32, n, _ int) []byte {
							var data []byte
							for _, k := range s {
								cell := encode[bits](values[k])
								if order == binary.LittleEndian {
									for i, j := 0, len(cell)-1; i < j; i, j = i+1, j-1 {
										cell[i], cell[j] = cell[j], cell[i]
									}
								}
								data = append(data, cell...)
							}
							if predictor == 0 {
								return data
							}
							var out []byte
							for row := range rowsOf(data, n*bits/8) {
								if predictor != 1 {
									row = splitBytes(row, bits/8, order)
									step := map[int]int{3: 1, 34894: 2, 34895: 4}[predictor]
									if !g.planar {
										step *= g.samples
									}
									subtractLeft(row, step, 1, nil)
								}
								out = append(out, row...)
							}
							return deflate(t, out)
						})
						b.set(ifd.SampleFormat, ifd.Short, 3)
						b.set(ifd.WhiteLevel, ifd.Rational, 1.5)
						b.set(ifd.BlackLevel, ifd.Rational, 0.375)
						if predictor > 0 {
							b.set(ifd.Compression, ifd.Short, 8)
							b.set(ifd.Predictor, ifd.Short, float64(predictor))
						}
						f, err := b.decode(t, nil)
						if err != nil {
							t.Fatal(err)
						}
						h := f.Header()
						if black := h.Black.At(0, 0, 0); h.White[1] != 65535 || math.Abs(black-65535/4.) > 1e-6 || h.BitsPerSample != 16 {
							t.Errorf("white %v, black %v, %d bits", h.White, black, h.BitsPerSample)
						}
						checkReads(t, f, want)
					})
				}
			}
		}
	}
}

// toHalf and toFloat24 encode values that the format holds exactly.
func toHalf(v float32) uint16 {
	if v == 0 {
		return 0
	}
	b := math.Float32bits(v)
	return uint16(b>>31<<15 | (b>>23&255-112)<<10 | b>>13&1023)
}

func toFloat24(v float32) uint32 {
	if v == 0 {
		return 0
	}
	b := math.Float32bits(v)
	return b>>31<<23 | (b>>23&255-64)<<16 | b>>7&0xffff
}

func TestHalfAndFloat24(t *testing.T) {
	for v, want := range map[uint16]float64{
		0x0001: math.Ldexp(1, -24), 0x03ff: math.Ldexp(1023, -24), 0x0400: math.Ldexp(1, -14), 0x3c00: 1, 0x7bff: 65504, 0xc000: -2, 0x8000: 0,
		0x7c00: math.Inf(1), 0xfc00: math.Inf(-1),
	} {
		if got := half(v); float64(got) != want {
			t.Errorf("half %#x is %v, want %v", v, got, want)
		}
	}
	if v := half(0x7e00); v == v {
		t.Errorf("not a number became %v", v)
	}
	for v, want := range map[uint32]float64{
		0x000001: math.Ldexp(1, -78), 0x010000: math.Ldexp(1, -62), 0x3f0000: 1, 0x3f8000: 1.5, 0xbf0000: -1, 0x7effff: math.Ldexp(131071, 63-16),
		0x7f0000: math.Inf(1),
	} {
		if got := float24(v); float64(got) != want {
			t.Errorf("float24 %#x is %v, want %v", v, got, want)
		}
	}
}

func TestWideIntegers(t *testing.T) {
	for _, order := range bothOrders {
		for _, bits := range []int{17, 20, 24, 27, 31, 32} {
			for i, g := range grids() {
				pix := randomSamples(g.width*g.height*g.samples, bits, 3)
				want := make([]uint16, len(pix))
				for i, v := range pix {
					want[i] = uint16(float64(v)*(65535/float64(uint64(1)<<bits-1)) + 0.5)
				}
				b := newBuilder(g.width, g.height, bits)
				b.order = order
				g.apply(b, pix, func(s []uint32, n, _ int) []byte { return packRows(s, n, bits, order) })
				f, err := b.decode(t, nil)
				if err != nil {
					t.Fatalf("%d bits, grid %d: %v", bits, i, err)
				}
				checkReads(t, f, want)
			}
		}
	}
}

// TestLossyJPEG stores flat tiles, which JPEG keeps, under a table that maps
// 8 bits to 16.
func TestLossyJPEG(t *testing.T) {
	var table []float64
	for i := range 256 {
		table = append(table, float64(i*i))
	}
	for _, samples := range []int{1, 3} {
		g := grid{40, 24, samples, 16, 16, true, false}
		pix := make([]uint32, g.width*g.height*samples)
		for i := range pix {
			x, y := i/samples%g.width, i/samples/g.width
			pix[i] = uint32(40 + 30*(x/16) + 50*(y/16))
		}
		b := newBuilder(g.width, g.height, 8)
		g.apply(b, pix, func(s []uint32, n, rows int) []byte {
			var m image.Image
			gray := image.NewGray(image.Rect(0, 0, n/samples, rows))
			rgb := image.NewRGBA(gray.Rect)
			for y := range rows {
				for x := range n / samples {
					v := uint8(s[y*n+x*samples])
					gray.SetGray(x, y, color.Gray{Y: v})
					rgb.SetRGBA(x, y, color.RGBA{v, v, v, 255})
				}
			}
			if m = gray; samples == 3 {
				m = rgb
			}
			var out bytes.Buffer
			if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 100}); err != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		})
		b.set(ifd.Compression, ifd.Short, ifd.CompressionLossyJPEG)
		b.set(ifd.LinearizationTable, ifd.Short, table...)
		f, err := b.decode(t, nil)
		if err != nil {
			t.Fatal(err)
		}
		if h := f.Header(); h.White[0] != 65535 || h.BitsPerSample != 16 {
			t.Errorf("white %v of %d bits", h.White, h.BitsPerSample)
		}
		want := make([]uint16, len(pix))
		for i, v := range pix {
			want[i] = uint16(v * v)
		}
		checkReads(t, f, want)
	}
}

func TestCorruptCompressedData(t *testing.T) {
	for name, c := range map[string]struct {
		compression float64
		data        []byte
		want        string
		good        int // rows before the damage
	}{
		"deflate of a row too few": {8, deflate(t, make([]byte, 32*31*2)), truncated, 31},
		"deflate with a bad sum":   {8, append(deflate(t, randomBytes(2048))[:2000], 1, 2, 3), truncated, 31},
		"deflate with a wrong sum": {8, wrongSum(deflate(t, make([]byte, 2048))), corrupt, 0},
		"no deflate":               {8, bytes.Repeat([]byte{7}, 500), corrupt, 0},
		"no JPEG":                  {7, bytes.Repeat([]byte{7}, 500), corrupt, 0},
	} {
		b := newBuilder(32, 32, 16)
		b.tiled = true
		b.set(ifd.TileWidth, ifd.Short, 32)
		b.set(ifd.TileLength, ifd.Short, 32)
		b.set(ifd.Compression, ifd.Short, c.compression)
		b.set(ifd.BlackLevel, ifd.Short, 77)
		b.chunks = [][]byte{c.data}
		f, err := b.decode(t, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		src, _ := f.Mosaic()
		m := raw.NewMosaic(f.Header().Bounds(), 0)
		if err := src.ReadTile(t.Context(), m); kindOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if f, err = b.decode(t, &Options{Salvage: true}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		src, _ = f.Mosaic()
		if err := src.ReadTile(t.Context(), m); err != nil || m.Pix[31*32+5] != 77 {
			t.Errorf("%s salvaged: %v, sample %d", name, err, m.Pix[31*32+5])
		}
		if d := f.Damage(); len(d) != 1 || d[0].Rect != image.Rect(0, c.good, 32, 32) || kindOf(d[0].Err) != c.want {
			t.Errorf("%s: damage %v", name, d)
		}
	}
}

func wrongSum(data []byte) []byte {
	data[len(data)-1] ^= 1
	return data
}

func randomBytes(n int) []byte {
	out := make([]byte, n)
	for i, v := range randomSamples(n, 8, 6) {
		out[i] = byte(v)
	}
	return out
}

func TestSalvageTruncatedTile(t *testing.T) {
	pix := to16(randomSamples(32*32, 12, 4))
	jpeg, err := ljpeg.Encode(nil, pix, 32, 16, 32, 2, 12)
	if err != nil {
		t.Fatal(err)
	}
	for compression, data := range map[float64][]byte{7: jpeg, 8: deflate(t, bytesOf(pix))} {
		b := newBuilder(32, 32, 16)
		b.set(ifd.RowsPerStrip, ifd.Long, 32)
		b.set(ifd.Compression, ifd.Short, compression)
		b.set(ifd.BlackLevel, ifd.Short, 9)
		b.chunks = [][]byte{data[:len(data)*5/8]}
		f, err := b.decode(t, &Options{Salvage: true})
		if err != nil {
			t.Fatal(err)
		}
		got := readAll(t, f)
		d := f.Damage()
		if len(d) != 1 || kindOf(d[0].Err) != truncated || d[0].Rect.Min.Y < 12 || d[0].Rect.Max != image.Pt(32, 32) {
			t.Fatalf("compression %v: damage %v", compression, d)
		}
		for i, v := range got {
			if y := i / 32; y < d[0].Rect.Min.Y && v != pix[i] || y >= d[0].Rect.Min.Y && v != 9 {
				t.Fatalf("compression %v: sample %d of row %d is %d, damage from row %d", compression, i%32, y, v, d[0].Rect.Min.Y)
			}
		}
	}
}

// TestSalvageNeverPasses wants every file that is refused to be damaged, too,
// or refused again, when it is salvaged: nothing unreadable becomes a picture
// without a word.
func TestSalvageNeverPasses(t *testing.T) {
	for _, change := range []func(b *builder){
		func(b *builder) { b.set(ifd.StripByteCounts, ifd.Long, 100) },
		func(b *builder) { b.set(ifd.StripByteCounts, ifd.Long, 0) },
		func(b *builder) { b.set(ifd.StripOffsets, ifd.Long, 0) },
		func(b *builder) { b.set(ifd.StripOffsets, ifd.Long, 5) },
		func(b *builder) { b.set(ifd.StripOffsets, ifd.Long, 1<<31) },
		func(b *builder) { b.set(ifd.StripOffsets, ifd.Long, 400) }, // in the directory
		func(b *builder) { b.set(ifd.ImageLength, ifd.Long, 4000) },
	} {
		b := plainBuilder(10, 8, 100)
		b.set(ifd.StripOffsets, ifd.Long, 8)
		b.set(ifd.StripByteCounts, ifd.Long, 160)
		change(b)
		if _, err := b.decode(t, nil); err == nil {
			t.Error("not refused")
		}
		f, err := b.decode(t, &Options{Salvage: true})
		if err != nil {
			continue
		}
		readAll(t, f)
		if len(f.Damage()) == 0 {
			t.Errorf("no damage: strip at %v of %v", f.image.offsets, f.image.lengths)
		}
	}
}

func TestSalvageTruncatedStrip(t *testing.T) {
	for _, bits := range []int{12, 16} {
		pix := randomSamples(40*30, bits, 1)
		b := newBuilder(40, 30, bits)
		grid{40, 30, 1, 40, 30, false, false}.apply(b, pix, func(s []uint32, n, _ int) []byte { return packRows(s, n, bits, b.order) })
		b.set(ifd.BlackLevel, ifd.Short, 9)
		file := b.bytes()
		rowBytes := 40 * bits / 8
		// The directory lies behind the strip: move the strip to the end.
		at := bytes.Index(file, b.chunks[0])
		file = append(file, file[at:at+rowBytes*20+7]...)
		moved := bytes.Clone(file)
		entry := bytes.Index(moved, []byte{0x11, 0x01, 4, 0, 1, 0, 0, 0})
		binary.LittleEndian.PutUint32(moved[entry+8:], uint32(len(file)-rowBytes*20-7))
		if _, err := Decode(bytes.NewReader(moved), int64(len(moved)), nil); kindOf(err) != truncated {
			t.Fatalf("%d bits: %v", bits, err)
		}
		f, err := Decode(bytes.NewReader(moved), int64(len(moved)), &Options{Salvage: true})
		if err != nil {
			t.Fatal(err)
		}
		want := to16(pix)
		for i := 20 * 40; i < len(want); i++ {
			want[i] = 9
		}
		checkReads(t, f, want)
		if d := f.Damage(); len(d) != 1 || d[0].Rect != image.Rect(0, 20, 40, 30) {
			t.Errorf("%d bits: damage %v", bits, d)
		}
	}
}
