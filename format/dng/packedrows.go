package dng

import (
	"context"
	"encoding/binary"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// Packing reports whether the file's rows can be had as they are stored:
// uncompressed strips of samples that need no table and no scale.
func (m *mosaicSource) Packing() (p raw.Packing, stride int, ok bool) {
	s := m.f.image
	if s.compression != ifd.CompressionNone || s.codec.floating || s.codec.table != nil || s.codec.scale != 1 || s.salvage || s.chunk.X != s.size.X {
		return raw.Unpacked, 0, false
	}
	switch s.bits {
	case 10:
		p = raw.Tight10
	case 12:
		p = raw.Tight12
	case 14:
		p = raw.Tight14
	case 16:
		if s.codec.order != binary.LittleEndian {
			return raw.Unpacked, 0, false
		}
	default:
		return raw.Unpacked, 0, false
	}
	return p, int(s.rowBytes()), true
}

// PackedRows returns rows y0 to y1−1 as they are stored.
func (m *mosaicSource) PackedRows(ctx context.Context, y0, y1 int, buf []byte) ([]byte, error) {
	_, stride, ok := m.Packing()
	if !ok {
		return nil, &raw.UnsupportedError{Feature: "packed rows of this DNG file"}
	}
	s := m.f.image
	r := s.rect(0)
	r.Min.Y, r.Max.Y = y0, y1
	if err := m.f.header.CheckTile(ctx, r, nil); err != nil || y1 <= y0 {
		return nil, err
	}
	if n := (y1 - y0) * stride; cap(buf) < n {
		buf = make([]byte, n)
	} else {
		buf = buf[:n]
	}
	for y := y0; y < y1; {
		i := y / s.chunk.Y
		at := y - i*s.chunk.Y
		rows := min(y1-y, s.chunk.Y-at, max(1, largestRead/stride))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part := buf[(y-y0)*stride : (y-y0+rows)*stride]
		if err := s.readAt(part, s.offsets[i]+int64(at)*int64(stride), i); err != nil {
			return nil, err
		}
		y += rows
	}
	return buf, nil
}

var _ raw.PackedSource = (*mosaicSource)(nil)
