package headerless

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// Decode gives the samples in the size bytes of r, which has to stay open for
// as long as they are read. A layout that contradicts itself is
// [raw.ErrOption]; one that needs more bytes than there are is
// [raw.ErrTruncated]; one beyond the limits is [raw.ErrLimit]. Bytes behind
// the last row are ignored.
func Decode(r io.ReaderAt, size int64, layout *Layout, limits raw.Limits) (raw.Source, error) {
	l, err := layout.defaults()
	if err != nil {
		return nil, err
	}
	limits = limits.OrDefault()
	if l.Width > limits.Side || l.Height > limits.Side || int64(l.Width)*int64(l.Height) > limits.Pixels {
		return nil, fmt.Errorf("%w: frame of %d×%d", raw.ErrLimit, l.Width, l.Height)
	}
	need := int64(l.Height-1)*int64(l.Stride) + int64(l.Packing.RowBytes(l.Width))
	if l.Offset > size || need > size-l.Offset {
		return nil, fmt.Errorf("%w: %d bytes, where the layout (%d×%d %v, stride %d, offset %d) needs %d",
			raw.ErrTruncated, size, l.Width, l.Height, l.Packing, l.Stride, l.Offset, need+l.Offset)
	}
	return &source{l: l, h: l.header(), r: r}, nil
}

func (l *Layout) header() *raw.Header {
	h := raw.NewHeader(image.Pt(l.Width, l.Height), l.CFA, l.Bits)
	h.Black = raw.ConstantBlack(l.Black)
	h.White = [3]float64{l.White, l.White, l.White}
	h.Noise, h.Orientation = l.Noise, l.Orientation
	h.Capture = raw.Capture{Make: l.Make, Model: l.Model, ISO: l.ISO, ExposureTime: l.ExposureTime}
	return h
}

type source struct {
	l Layout
	h *raw.Header
	r io.ReaderAt

	scratch sync.Pool // of *[]byte
}

func (s *source) Header() *raw.Header { return s.h }

// batchBytes is how much is read at a time where rows follow each other.
const batchBytes = 1 << 20

func (s *source) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = s.h.CFA
	// Whole groups that the columns touch.
	k := &packings[s.l.Packing]
	g0 := dst.Rect.Min.X / k.samples
	skip := dst.Rect.Min.X - g0*k.samples
	first := g0 * k.bytes
	n := s.l.Packing.RowBytes(dst.Rect.Max.X) - first
	batch := 1
	if 2*n >= s.l.Stride {
		batch = max(1, batchBytes/s.l.Stride)
	}
	buf, _ := s.scratch.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer s.scratch.Put(buf)
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := min(batch, dst.Rect.Max.Y-y)
		size := (rows-1)*s.l.Stride + n
		if cap(*buf) < size {
			*buf = make([]byte, size)
		}
		data := (*buf)[:size]
		if err := s.read(data, y, first); err != nil {
			return err
		}
		for i := range rows {
			unpack(dst.Row(y+i), data[i*s.l.Stride:i*s.l.Stride+n], skip, &s.l)
		}
	}
	return nil
}

// read fills data with the bytes from byte first of row y on.
func (s *source) read(data []byte, y, first int) error {
	at := s.l.Offset + int64(y)*int64(s.l.Stride) + int64(first)
	if n, err := s.r.ReadAt(data, at); n < len(data) {
		if errors.Is(err, io.EOF) {
			err = raw.ErrTruncated
		}
		return fmt.Errorf("read row %d at offset %#x: %w", y, at, err)
	}
	return nil
}

// Packing tells how rows lie in the file, for stages that unpack themselves.
func (s *source) Packing() (p raw.Packing, stride int, ok bool) {
	p = packings[s.l.Packing].packed
	ok = p != raw.Unpacked || s.l.Packing == U16LE && s.l.Shift == 0 && s.l.Bits == 16
	return p, s.l.Stride, ok
}

// PackedRows returns the rows as they lie in the file; the last may be shorter
// than the stride.
func (s *source) PackedRows(ctx context.Context, y0, y1 int, buf []byte) ([]byte, error) {
	if y0 < 0 || y1 > s.l.Height || y0 >= y1 {
		return nil, fmt.Errorf("%w: rows %d to %d of %d", raw.ErrBounds, y0, y1, s.l.Height)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := (y1 - y0) * s.l.Stride
	if y1 == s.l.Height {
		n += s.l.Packing.RowBytes(s.l.Width) - s.l.Stride
	}
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	return buf, s.read(buf, y0, 0)
}

// unpack fills dst with the samples of data from the skip-th on; data begins
// with a whole group and holds all bytes of the wanted samples.
func unpack(dst []uint16, data []byte, skip int, l *Layout) {
	switch l.Packing {
	case U16LE:
		mask, shift := uint16(1<<l.Bits-1), l.Shift&15
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint16(data[2*i:]) >> shift & mask
		}
	case U16BE:
		mask, shift := uint16(1<<l.Bits-1), l.Shift&15
		for i := range dst {
			dst[i] = binary.BigEndian.Uint16(data[2*i:]) >> shift & mask
		}
	case MIPI16:
		for i := range dst {
			dst[i] = binary.BigEndian.Uint16(data[2*i:])
		}
	case RAW8:
		for i := range dst {
			dst[i] = uint16(data[i])
		}
	case MIPI10:
		unpackGroups(dst, data, skip, 4, 5, mipi10)
	case MIPI12:
		unpackGroups(dst, data, skip, 2, 3, mipi12)
	case MIPI14:
		unpackGroups(dst, data, skip, 4, 7, mipi14)
	case Tight10:
		unpackGroups(dst, data, skip, 4, 5, tight10)
	case Tight12:
		unpackGroups(dst, data, skip, 2, 3, tight12)
	case Tight14:
		unpackGroups(dst, data, skip, 4, 7, tight14)
	}
}

// unpackGroups unpacks whole groups straight into dst, and the cut ones at
// both ends by way of a group that is padded with zeroes.
func unpackGroups(dst []uint16, data []byte, skip, samples, bytes int, group func(dst []uint16, data []byte)) {
	var in [8]byte
	var out [4]uint16
	if skip > 0 {
		copy(in[:bytes], data)
		group(out[:samples], in[:bytes])
		dst = dst[copy(dst, out[skip:samples]):]
		data = data[min(bytes, len(data)):]
	}
	n := min(len(dst)/samples, len(data)/bytes)
	group(dst[:n*samples], data[:n*bytes])
	if dst = dst[n*samples:]; len(dst) > 0 {
		in = [8]byte{}
		copy(in[:bytes], data[n*bytes:])
		group(out[:samples], in[:bytes])
		copy(dst, out[:samples])
	}
}

func mipi10(dst []uint16, data []byte) {
	for ; len(dst) >= 4 && len(data) >= 5; dst, data = dst[4:], data[5:] {
		low := uint16(data[4])
		dst[0] = uint16(data[0])<<2 | low&3
		dst[1] = uint16(data[1])<<2 | low>>2&3
		dst[2] = uint16(data[2])<<2 | low>>4&3
		dst[3] = uint16(data[3])<<2 | low>>6
	}
}

func mipi12(dst []uint16, data []byte) {
	for ; len(dst) >= 2 && len(data) >= 3; dst, data = dst[2:], data[3:] {
		dst[0] = uint16(data[0])<<4 | uint16(data[2])&15
		dst[1] = uint16(data[1])<<4 | uint16(data[2])>>4
	}
}

func mipi14(dst []uint16, data []byte) {
	for ; len(dst) >= 4 && len(data) >= 7; dst, data = dst[4:], data[7:] {
		low := uint32(data[4]) | uint32(data[5])<<8 | uint32(data[6])<<16
		dst[0] = uint16(data[0])<<6 | uint16(low&63)
		dst[1] = uint16(data[1])<<6 | uint16(low>>6&63)
		dst[2] = uint16(data[2])<<6 | uint16(low>>12&63)
		dst[3] = uint16(data[3])<<6 | uint16(low>>18&63)
	}
}

func tight10(dst []uint16, data []byte) {
	for ; len(dst) >= 4 && len(data) >= 5; dst, data = dst[4:], data[5:] {
		v := uint64(binary.BigEndian.Uint32(data))<<8 | uint64(data[4])
		dst[0] = uint16(v >> 30)
		dst[1] = uint16(v >> 20 & 0x3ff)
		dst[2] = uint16(v >> 10 & 0x3ff)
		dst[3] = uint16(v & 0x3ff)
	}
}

func tight12(dst []uint16, data []byte) {
	for ; len(dst) >= 2 && len(data) >= 3; dst, data = dst[2:], data[3:] {
		dst[0] = uint16(data[0])<<4 | uint16(data[1])>>4
		dst[1] = uint16(data[1]&15)<<8 | uint16(data[2])
	}
}

func tight14(dst []uint16, data []byte) {
	for ; len(dst) >= 4 && len(data) >= 7; dst, data = dst[4:], data[7:] {
		v := uint64(binary.BigEndian.Uint32(data))<<24 | uint64(data[4])<<16 | uint64(data[5])<<8 | uint64(data[6])
		dst[0] = uint16(v >> 42)
		dst[1] = uint16(v >> 28 & 0x3fff)
		dst[2] = uint16(v >> 14 & 0x3fff)
		dst[3] = uint16(v & 0x3fff)
	}
}
