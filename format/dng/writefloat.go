package dng

import (
	"bytes"
	"encoding/binary"
	"image"
	"math"

	"github.com/klauspost/compress/zlib"

	"github.com/quadraw/quadraw/raw"
)

// floatLevels normalise samples: black becomes 0 and white 1. Noise below
// black stays, as negative numbers.
type floatLevels struct {
	black [3]float32
	scale [3]float32
}

func newFloatLevels(h *raw.Header) floatLevels {
	var l floatLevels
	for c := range l.black {
		black := h.Black.At(0, 0, c)
		l.black[c] = float32(black)
		l.scale[c] = float32(1 / max(h.White[c]-black, 1))
	}
	return l
}

type floatScratch struct {
	row  []byte
	data []byte
	buf  bytes.Buffer
	zip  *zlib.Writer
}

// deflate appends a tile of 32-bit floats of three samples a pixel with
// predictor 3 (Adobe Photoshop TIFF Technical Note 3): each row has the
// highest bytes of all its samples first, then the next, and of these bytes
// the differences to those one pixel before.
func (l *floatLevels) deflate(b *block, pix []uint16, size image.Point) ([]byte, error) {
	s := &b.float
	n := size.X * 3
	if s.zip == nil {
		s.row, s.data = make([]byte, 4*n), make([]byte, 0, 4*n*size.Y)
		var err error
		if s.zip, err = zlib.NewWriterLevel(&s.buf, zlib.BestSpeed); err != nil {
			return b.out, err
		}
	}
	s.data = s.data[:0]
	for y := range size.Y {
		src := pix[y*b.stride : y*b.stride+n]
		var word [4]byte
		for i, v := range src {
			x := float32((float32(v) - l.black[i%3]) * l.scale[i%3])
			binary.BigEndian.PutUint32(word[:], math.Float32bits(x))
			s.row[i], s.row[n+i], s.row[2*n+i], s.row[3*n+i] = word[0], word[1], word[2], word[3]
		}
		for i := len(s.row) - 1; i >= 3; i-- {
			s.row[i] -= s.row[i-3]
		}
		s.data = append(s.data, s.row...)
	}
	s.buf.Reset()
	s.zip.Reset(&s.buf)
	if _, err := s.zip.Write(s.data); err != nil {
		return b.out, err
	}
	if err := s.zip.Close(); err != nil {
		return b.out, err
	}
	return append(b.out, s.buf.Bytes()...), nil
}
