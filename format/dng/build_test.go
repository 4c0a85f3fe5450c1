package dng

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// builder makes TIFF files of any byte order and kind for tests, right or
// wrong: it checks nothing.
type builder struct {
	order    binary.ByteOrder
	big      bool
	sub      bool // the raw image in a SubIFD
	fields   map[ifd.Tag]testField
	first    map[ifd.Tag]testField // of IFD0 when the raw image is in a SubIFD
	chunks   [][]byte
	tiled    bool
	trailing []byte
}

type testField struct {
	typ    ifd.Type
	values []any // float64 for every number, []byte for bytes
}

func newBuilder(width, height, bits int) *builder {
	b := &builder{order: binary.LittleEndian, fields: map[ifd.Tag]testField{}, first: map[ifd.Tag]testField{}}
	b.set(ifd.NewSubfileType, ifd.Long, 0)
	b.set(ifd.ImageWidth, ifd.Long, float64(width))
	b.set(ifd.ImageLength, ifd.Long, float64(height))
	b.set(ifd.BitsPerSample, ifd.Short, float64(bits))
	b.set(ifd.Compression, ifd.Short, 1)
	b.set(ifd.PhotometricInterpretation, ifd.Short, ifd.ColorFilter)
	b.set(ifd.SamplesPerPixel, ifd.Short, 1)
	b.set(ifd.CFARepeatPatternDim, ifd.Short, 2, 2)
	b.set(ifd.CFAPattern, ifd.Byte, 0, 1, 1, 2)
	b.first[ifd.DNGVersion] = numbers(ifd.Byte, 1, 4, 0, 0)
	return b
}

func numbers(t ifd.Type, v ...float64) testField {
	f := testField{typ: t}
	for _, x := range v {
		f.values = append(f.values, x)
	}
	return f
}

func (b *builder) set(t ifd.Tag, typ ifd.Type, v ...float64) { b.fields[t] = numbers(typ, v...) }

func (b *builder) setBytes(t ifd.Tag, typ ifd.Type, v []byte) {
	b.fields[t] = testField{typ, []any{v}}
}

func (b *builder) bytes() []byte {
	width := 4
	if b.big {
		width = 8
	}
	out := []byte("II")
	if b.order == binary.BigEndian {
		out = []byte("MM")
	}
	if b.big {
		out = b.u16(out, 43, 8, 0)
	} else {
		out = b.u16(out, 42)
	}
	pointer := len(out)
	out = append(out, make([]byte, width)...)
	var offsets, lengths []float64
	for _, c := range b.chunks {
		offsets, lengths = append(offsets, float64(len(out))), append(lengths, float64(len(c)))
		out = append(out, c...)
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
	}
	at, size := ifd.StripOffsets, ifd.StripByteCounts
	if b.tiled {
		at, size = ifd.TileOffsets, ifd.TileByteCounts
	}
	long := ifd.Long
	if b.big {
		long = ifd.Long8
	}
	if _, ok := b.fields[at]; !ok {
		b.set(at, long, offsets...)
		b.set(size, ifd.Long, lengths...)
	}
	main := b.fields
	if b.sub {
		var rawAt int
		out, rawAt = b.directory(out, b.fields)
		b.first[ifd.SubIFDs] = numbers(long, float64(rawAt))
		b.first[ifd.NewSubfileType] = numbers(ifd.Long, 1)
		main = b.first
	} else {
		for t, f := range b.first {
			main[t] = f
		}
	}
	out, first := b.directory(out, main)
	b.put(out[pointer:], width, float64(first))
	return append(out, b.trailing...)
}

func (b *builder) u16(out []byte, v ...uint16) []byte {
	for _, x := range v {
		out = b.order.(binary.AppendByteOrder).AppendUint16(out, x)
	}
	return out
}

func (b *builder) put(dst []byte, size int, v float64) {
	switch size {
	case 1:
		dst[0] = byte(int64(v))
	case 2:
		b.order.PutUint16(dst, uint16(int64(v)))
	case 4:
		b.order.PutUint32(dst, uint32(int64(v)))
	default:
		b.order.PutUint64(dst, uint64(v))
	}
}

// values encodes a field; rationals get a denominator of 1000, NaN is 0/0.
func (b *builder) values(f testField) (data []byte, count int) {
	for _, v := range f.values {
		if raw, ok := v.([]byte); ok {
			return raw, len(raw) / f.typ.Size()
		}
		x := v.(float64)
		cell := make([]byte, f.typ.Size())
		switch f.typ {
		case ifd.Rational, ifd.SRational:
			if !math.IsNaN(x) {
				b.put(cell, 4, math.Round(x*1000))
				b.put(cell[4:], 4, 1000)
			}
		case ifd.Double:
			b.order.PutUint64(cell, math.Float64bits(x))
		case ifd.Float:
			b.order.PutUint32(cell, math.Float32bits(float32(x)))
		default:
			b.put(cell, len(cell), x)
		}
		data = append(data, cell...)
		count++
	}
	return data, count
}

func (b *builder) directory(out []byte, fields map[ifd.Tag]testField) ([]byte, int) {
	head, entry, inline := 2, 12, 4
	if b.big {
		head, entry, inline = 8, 20, 8
	}
	var tags []ifd.Tag
	for t := range fields {
		tags = append(tags, t)
	}
	slices.Sort(tags)
	at := len(out)
	out = append(out, make([]byte, head+entry*len(tags)+inline)...)
	b.put(out[at:], head, float64(len(tags)))
	for i, t := range tags {
		data, count := b.values(fields[t])
		e := at + head + i*entry
		b.order.PutUint16(out[e:], uint16(t))
		b.order.PutUint16(out[e+2:], uint16(fields[t].typ))
		b.put(out[e+4:], inline, float64(count))
		if len(data) <= inline {
			copy(out[e+4+inline:], data)
			continue
		}
		b.put(out[e+4+inline:], inline, float64(len(out)))
		out = append(out, data...)
	}
	return out, at
}

// decode reads what b makes.
func (b *builder) decode(t testing.TB, o *Options) (*File, error) {
	t.Helper()
	file := b.bytes()
	return Decode(bytes.NewReader(file), int64(len(file)), o)
}

// packRows writes rows of n samples with the high bit first, each row from a new
// byte on; 16 and 32 bits in the given byte order.
func packRows(samples []uint32, n, bits int, order binary.ByteOrder) []byte {
	var out []byte
	for len(samples) > 0 {
		var acc uint64
		have := 0
		for _, v := range samples[:n] {
			switch bits {
			case 16:
				out = order.(binary.AppendByteOrder).AppendUint16(out, uint16(v))
				continue
			case 32:
				out = order.(binary.AppendByteOrder).AppendUint32(out, v)
				continue
			}
			acc = acc<<bits | uint64(v)
			have += bits
			for have >= 8 {
				have -= 8
				out = append(out, byte(acc>>have))
			}
		}
		if have > 0 {
			out = append(out, byte(acc<<(8-have)))
		}
		samples = samples[n:]
	}
	return out
}

// grid says how a test image is cut.
type grid struct {
	width, height, samples int
	chunkW, chunkH         int
	tiled, planar          bool
}

// cut calls fn with the samples of each chunk, tiles padded with their last
// samples as writers do, strips cut off at the end.
func (g grid) cut(pix []uint32, fn func(samples []uint32, perRow, rows int)) {
	planes, per := 1, g.samples
	if g.planar {
		planes, per = g.samples, 1
	}
	for p := range planes {
		for y0 := 0; y0 < g.height; y0 += g.chunkH {
			for x0 := 0; x0 < g.width; x0 += g.chunkW {
				rows := g.chunkH
				if !g.tiled {
					rows = min(rows, g.height-y0)
				}
				var out []uint32
				for y := range rows {
					for x := range g.chunkW {
						at := (min(y0+y, g.height-1)*g.width + min(x0+x, g.width-1)) * g.samples
						if g.planar {
							out = append(out, pix[at+p])
						} else {
							out = append(out, pix[at:at+per]...)
						}
					}
				}
				fn(out, g.chunkW*per, rows)
			}
		}
	}
}

// apply sets the fields of g in b and adds the chunks that encode makes.
func (g grid) apply(b *builder, pix []uint32, encode func(samples []uint32, perRow, rows int) []byte) {
	b.tiled = g.tiled
	if g.tiled {
		b.set(ifd.TileWidth, ifd.Short, float64(g.chunkW))
		b.set(ifd.TileLength, ifd.Short, float64(g.chunkH))
	} else {
		b.set(ifd.RowsPerStrip, ifd.Long, float64(g.chunkH))
	}
	if g.samples > 1 {
		b.set(ifd.PhotometricInterpretation, ifd.Short, ifd.LinearRaw)
		b.set(ifd.SamplesPerPixel, ifd.Short, float64(g.samples))
		bits := b.fields[ifd.BitsPerSample].values[0].(float64)
		b.set(ifd.BitsPerSample, ifd.Short, bits, bits, bits)
		if g.planar {
			b.set(ifd.PlanarConfiguration, ifd.Short, 2)
		}
	}
	g.cut(pix, func(samples []uint32, perRow, rows int) {
		b.chunks = append(b.chunks, encode(samples, perRow, rows))
	})
}

// readAll returns all samples of f, interleaved, read in one piece.
func readAll(t testing.TB, f *File) []uint16 {
	t.Helper()
	h := f.Header()
	if f.image.samples == 1 {
		m := raw.NewMosaic(h.Bounds(), 0)
		src, err := f.Mosaic()
		if err == nil {
			err = src.ReadTile(t.Context(), m)
		}
		if err != nil {
			t.Fatal(err)
		}
		return m.Pix
	}
	m := raw.NewRGB(h.Bounds())
	src, err := f.RGB()
	if err == nil {
		err = src.ReadTile(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := make([]uint16, 0, 3*len(m.Pix[0]))
	for i := range m.Pix[0] {
		out = append(out, m.Pix[0][i], m.Pix[1][i], m.Pix[2][i])
	}
	return out
}
