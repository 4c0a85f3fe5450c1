package dng_test

import (
	"bytes"
	"errors"
	"image"
	"io"
	"math"
	"testing"

	"github.com/quadraw/quadraw/format/dng"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// memory is a file in memory.
type memory struct {
	data []byte
	at   int
}

func (m *memory) Write(p []byte) (int, error) {
	if need := m.at + len(p); need > len(m.data) {
		m.data = append(m.data, make([]byte, need-len(m.data))...)
	}
	copy(m.data[m.at:], p)
	m.at += len(p)
	return len(p), nil
}

func (m *memory) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
		m.at = int(offset)
	case io.SeekEnd:
		m.at = len(m.data) + int(offset)
	}
	return int64(m.at), nil
}

// FuzzWrite writes frames of any shape with any header, and reads them back:
// either the writer refuses, or the reader finds the same samples.
func FuzzWrite(f *testing.F) {
	f.Add([]byte("seed"), uint16(40), uint16(30), uint16(raw.QuadGRBG.Shift(1, 0)), uint8(1), uint8(10), 64.0, 1000.0, uint8(3), 1e-4)
	f.Add([]byte{1, 2, 3}, uint16(300), uint16(3), uint16(raw.BayerRGGB), uint8(2), uint8(16), 0.5, 65535.0, uint8(0), 0.0)
	f.Add([]byte{}, uint16(1), uint16(1), uint16(raw.Mono), uint8(6), uint8(8), 0.0, 255.0, uint8(9), math.Inf(1))
	f.Fuzz(func(t *testing.T, data []byte, width, height, cfa uint16, how, bits uint8, black, white float64, orientation uint8, noise float64) {
		size := image.Pt(int(width%700), int(height%700))
		if size.X == 0 || size.Y == 0 || bits < 1 || bits > 16 || !raw.CFA(cfa).Valid() {
			return
		}
		h := raw.NewHeader(size, raw.CFA(cfa), int(bits))
		m := raw.NewMosaic(h.Bounds(), 0)
		for i := range m.Pix {
			if len(data) > 0 {
				m.Pix[i] = uint16(data[i%len(data)])<<8 | uint16(data[(i*7+3)%len(data)])
				m.Pix[i] >>= 16 - bits
			}
		}
		h.Black, h.White = raw.ConstantBlack(black), [3]float64{white, white, white}
		h.Orientation, h.BaselineExposure = raw.Orientation(orientation), noise
		h.Noise = raw.NoiseProfile{{Scale: noise, Offset: 1}, {Scale: noise, Offset: 1}, {Scale: noise, Offset: 1}}
		if how&8 != 0 && size.X > 8 && size.Y > 8 {
			h.ActiveArea = image.Rect(1, 3, size.X-2, size.Y)
			h.DefaultCrop = image.Rect(2, 3, size.X-3, size.Y-1)
		}
		h.Metadata.EXIF = []raw.Tag{{ID: uint16(black), Type: uint16(how), Count: uint64(len(data)), Data: data}}
		h.Metadata.IFD0 = h.Metadata.EXIF
		src, err := raw.NewMemory(h, m)
		if err != nil {
			t.Fatal(err)
		}
		w := &memory{}
		o := &dng.WriteOptions{Compression: dng.Compression(how & 3), Big: how&4 != 0, NoPreview: how&16 != 0, Tiles: tile.Options{Workers: 2}}
		if err := dng.Write(t.Context(), w, src, o); err != nil {
			var unsupported *raw.UnsupportedError
			if errors.Is(err, raw.ErrOption) || errors.As(err, &unsupported) && o.Compression == dng.Deflate {
				return
			}
			t.Fatal(err)
		}
		d, err := dng.Decode(bytes.NewReader(w.data), int64(len(w.data)), nil)
		if err != nil {
			t.Fatalf("%v %v: %v", raw.CFA(cfa), size, err)
		}
		if got := d.Header(); got.Size != size || got.CFA != raw.CFA(cfa) {
			t.Fatalf("%v %v became %v %v", size, raw.CFA(cfa), got.Size, got.CFA)
		}
		sameMosaic(t, d, m)
	})
}
