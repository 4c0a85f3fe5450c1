package dng

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/ljpeg"
	"github.com/quadraw/quadraw/raw"
)

// fuzzLimits keep an execution short.
var fuzzLimits = raw.Limits{Pixels: 1 << 20, Bytes: 8 << 20, MetadataBytes: 1 << 20}

// smallFiles are whole files of each kind of sample for fuzzing to start from.
func smallFiles(tb testing.TB) [][]byte {
	var out [][]byte
	for i, g := range grids() {
		pix := randomSamples(g.width*g.height*g.samples, 10, 1)
		b := newBuilder(g.width, g.height, 10)
		b.order, b.big, b.sub = bothOrders[i%2], i%3 == 1, i%2 == 1
		g.apply(b, pix, func(s []uint32, n, _ int) []byte { return packRows(s, n, 10, b.order) })
		out = append(out, b.bytes())

		j := newBuilder(g.width, g.height, 10)
		j.set(ifd.Compression, ifd.Short, 7)
		j.set(ifd.LinearizationTable, ifd.Short, 0, 1, 4, 9, 16, 25)
		g.apply(j, pix, func(s []uint32, n, rows int) []byte {
			data, err := ljpeg.Encode(nil, to16(s), n, n, rows, 1, 10)
			if err != nil {
				tb.Fatal(err)
			}
			return data
		})
		out = append(out, j.bytes())

		f := newBuilder(g.width, g.height, 32)
		f.set(ifd.SampleFormat, ifd.Short, 3)
		f.set(ifd.Compression, ifd.Short, 8)
		f.set(ifd.Predictor, ifd.Short, 3)
		f.set(ifd.ActiveArea, ifd.Short, 1, 2, 20, 30)
		f.set(ifd.MaskedAreas, ifd.Short, 0, 0, 1, 30)
		f.set(ifd.BlackLevelRepeatDim, ifd.Short, 2, 2)
		f.setBytes(ifd.OpcodeList2, ifd.Undefined, opcodeList(opcode(9, 1, 0, 0, 8, 8, 0, 1, 1, 1, 1, 1, 1.0, 1.0, 0.0, 0.0, 1, float32(1)), opcode(4, 0, 0, 0)))
		g.apply(f, pix, func(s []uint32, n, _ int) []byte { return deflate(tb, packRows(s, n, 32, f.order)) })
		out = append(out, f.bytes())
	}
	crops, _ := filepath.Glob(filepath.Join("..", "..", "testdata", "*.dng"))
	for _, path := range crops {
		data, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		if len(data) < 120<<10 {
			out = append(out, data)
		}
	}
	return out
}

// FuzzDecode reads whole files, header and samples.
func FuzzDecode(f *testing.F) {
	for _, data := range smallFiles(f) {
		f.Add(data, false)
		f.Add(data, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, salvage bool) {
		err := decodeWhole(context.Background(), data, &Options{Limits: fuzzLimits, Salvage: salvage})
		if kindOf(err) == "an error of no kind" {
			t.Errorf("%v", err)
		}
	})
}

// FuzzHeader changes single fields of a valid file, which gets deeper than
// random bytes do.
func FuzzHeader(f *testing.F) {
	f.Add(uint16(ifd.ImageWidth), uint16(ifd.Long), []byte{1, 0, 0, 0})
	f.Add(uint16(ifd.BlackLevel), uint16(ifd.Rational), []byte{1, 0, 0, 0, 0, 0, 0, 0})
	f.Add(uint16(ifd.ActiveArea), uint16(ifd.Short), []byte{1, 0, 1, 0, 9, 0, 9, 0})
	f.Add(uint16(ifd.CFAPattern), uint16(ifd.Byte), []byte{1, 2, 0, 1})
	f.Add(uint16(ifd.TileWidth), uint16(ifd.Short), []byte{16, 0})
	f.Fuzz(func(t *testing.T, tag, typ uint16, values []byte) {
		size := ifd.Type(typ).Size()
		if size == 0 || len(values)%size != 0 {
			return
		}
		b := plainBuilder(16, 16, 100)
		b.setBytes(ifd.Tag(tag), ifd.Type(typ), values)
		data := b.bytes()
		err := decodeWhole(context.Background(), data, &Options{Limits: fuzzLimits})
		if kindOf(err) == "an error of no kind" {
			t.Errorf("%v", err)
		}
		if err != nil {
			return
		}
		file, err := Decode(bytes.NewReader(data), int64(len(data)), &Options{Limits: fuzzLimits})
		if err != nil {
			t.Fatal(err)
		}
		checkHeader(t, file.Header())
	})
}

// checkHeader holds whatever a file says: every stage relies on it.
func checkHeader(t *testing.T, h *raw.Header) {
	t.Helper()
	if h.Size.X < 1 || h.Size.Y < 1 || !h.CFA.Valid() || h.BitsPerSample < 1 || h.BitsPerSample > 16 || !h.Orientation.Valid() {
		t.Errorf("size %v, CFA %v, %d bits, orientation %d", h.Size, h.CFA, h.BitsPerSample, h.Orientation)
	}
	if h.ActiveArea.Empty() || !h.ActiveArea.In(h.Bounds()) || h.DefaultCrop.Empty() || !h.DefaultCrop.In(h.ActiveArea) {
		t.Errorf("frame %v, active area %v, crop %v", h.Size, h.ActiveArea, h.DefaultCrop)
	}
	for c := range 3 {
		if !(h.White[c] > 0 && h.White[c] <= 65535) || !(h.Black.Mean() < h.White[c]) {
			t.Errorf("black %v, white %v", h.Black.Mean(), h.White)
		}
	}
}

// FuzzOpcodes parses opcode lists.
func FuzzOpcodes(f *testing.F) {
	f.Add(opcodeList(opcode(9, 1, 1, 2, 7, 8, 0, 1, 2, 2, 2, 1, 0.5, 1.0, 0.0, 0.25, 1, float32(1), float32(2))))
	f.Add(opcodeList(opcode(5, 0, 1, 2, 1, 5, 6, 7, 8, 1, 2, 3, 4), opcode(6, 0, 1, 2, 3, 4)))
	f.Add(opcodeList(opcode(7, 0, 1, 2, 7, 8, 0, 1, 2, 2, 1, uint16(5)), opcode(8, 0, 1, 2, 7, 8, 0, 1, 2, 2, 1, 0.5, 2.0)))
	f.Add(opcodeList(opcode(10, 0, 1, 2, 7, 8, 0, 1, 2, 2, 3, float32(1), float32(2), float32(3)), opcode(1, 0, 1, 1.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.6)))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseOpcodes(data)
		if err != nil {
			return
		}
		used := 4
		for _, op := range list {
			used += 16 + len(op.Data)
			if g, ok := op.Params.(*raw.GainMap); ok && len(g.Gains) != g.PointsV*g.PointsH*g.MapPlanes {
				t.Errorf("gain map of %d×%d×%d with %d gains", g.PointsV, g.PointsH, g.MapPlanes, len(g.Gains))
			}
		}
		if used > len(data) {
			t.Errorf("%d bytes of opcodes in %d", used, len(data))
		}
	})
}

// FuzzUnpack compares the unpackers with a bit-by-bit reading.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, uint8(10), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, bits, bit uint8) {
		n, from := int(bits)%9+8, int(bit)%8
		if n == 8 {
			from = 0
		}
		count := (len(data)*8 - from) / n
		if count < 1 {
			return
		}
		got := make([]uint16, count)
		unpack(got, slices.Clip(data), from, n)
		spare := append(slices.Clone(data), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
		again := make([]uint16, count)
		unpack(again, spare[:len(data)], from, n)
		for i := range got {
			want := uint16(0)
			for k := range n {
				at := from + i*n + k
				want = want<<1 | uint16(data[at/8]>>(7-at%8)&1)
			}
			if got[i] != want || again[i] != want {
				t.Fatalf("sample %d of %d bits: %d and %d, want %d", i, n, got[i], again[i], want)
			}
		}
	})
}

// tileFile is a file of one compressed tile.
func tileFile(data []byte, compression, bits, predictor, samples int) *builder {
	b := newBuilder(24, 20, bits)
	b.tiled = true
	b.set(ifd.TileWidth, ifd.Short, 32)
	b.set(ifd.TileLength, ifd.Short, 32)
	b.set(ifd.Compression, ifd.Long, float64(compression))
	b.set(ifd.Predictor, ifd.Long, float64(predictor))
	if samples == 3 {
		b.set(ifd.PhotometricInterpretation, ifd.Long, ifd.LinearRaw)
		b.set(ifd.SamplesPerPixel, ifd.Short, 3)
	}
	if predictor == 3 || predictor > 34893 {
		b.set(ifd.SampleFormat, ifd.Short, 3)
	}
	b.chunks = [][]byte{data}
	return b
}

// FuzzInflate gives the deflate path tiles of any content and predictor.
func FuzzInflate(f *testing.F) {
	for i := range 7 {
		f.Add(deflate(f, make([]byte, 32*32*4*3)), uint8(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, predictor, shape uint8) {
		p := []int{1, 2, 34892, 34893, 3, 34894, 34895}[int(predictor)%7]
		bits := []int{8, 16, 24, 32}[int(shape)%4]
		// The deflated bytes themselves, and the bytes deflated.
		for _, data := range [][]byte{data, deflate(t, data)} {
			err := decodeWhole(context.Background(), tileFile(data, 8, bits, p, 1+int(shape)/4%2*2).bytes(), &Options{Limits: fuzzLimits})
			if kindOf(err) == "an error of no kind" {
				t.Errorf("%v", err)
			}
		}
	})
}

// FuzzJPEGTile gives lossless and lossy JPEG tiles of any content and shape.
func FuzzJPEGTile(f *testing.F) {
	in := to16(randomSamples(32*32*3, 8, 1))
	for c := 1; c <= 4; c++ {
		data, err := ljpeg.Encode(nil, in, 32*c, 32, 20, c, 8)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, true, uint8(c))
	}
	f.Fuzz(func(t *testing.T, data []byte, lossless bool, shape uint8) {
		compression := 34892
		if lossless {
			compression = 7
		}
		err := decodeWhole(context.Background(), tileFile(data, compression, 8, 1, 1+int(shape)%2*2).bytes(), &Options{Limits: fuzzLimits})
		if kindOf(err) == "an error of no kind" {
			t.Errorf("%v", err)
		}
	})
}
