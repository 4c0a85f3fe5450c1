package dng

import (
	"encoding/binary"

	"github.com/quadraw/quadraw/internal/ifd"
)

// unpredict undoes the predictor in a row of inflated samples; spare is as
// long as line. Floating-point rows come out in the file's byte order.
func (s *stored) unpredict(line, spare []byte) {
	step := s.perPixel()
	switch s.predictor {
	case ifd.PredictorHorizontalX2, ifd.PredictorFloatX2:
		step *= 2
	case ifd.PredictorHorizontalX4, ifd.PredictorFloatX4:
		step *= 4
	}
	switch s.predictor {
	case ifd.PredictorHorizontal, ifd.PredictorHorizontalX2, ifd.PredictorHorizontalX4:
		addLeft(line, step, s.bits/8, s.codec.order)
	case ifd.PredictorFloat, ifd.PredictorFloatX2, ifd.PredictorFloatX4:
		addLeft(line, step, 1, nil)
		joinBytes(line, spare, s.bits/8, s.codec.order == binary.BigEndian)
	}
}

// addLeft adds to each sample of size bytes the one that is step samples to
// its left (TIFF 6.0, section 14).
func addLeft(line []byte, step, size int, order binary.ByteOrder) {
	switch size {
	case 1:
		for i := step; i < len(line); i++ {
			line[i] += line[i-step]
		}
	case 2:
		for i := 2 * step; i+1 < len(line); i += 2 {
			order.PutUint16(line[i:], order.Uint16(line[i:])+order.Uint16(line[i-2*step:]))
		}
	case 4:
		for i := 4 * step; i+3 < len(line); i += 4 {
			order.PutUint32(line[i:], order.Uint32(line[i:])+order.Uint32(line[i-4*step:]))
		}
	}
}

// joinBytes puts samples together whose bytes lie in planes, the highest byte
// of all samples first (Photoshop TIFF Technical Note 3).
func joinBytes(line, spare []byte, size int, big bool) {
	copy(spare, line)
	n := len(line) / size
	for k := range size {
		at := k
		if !big {
			at = size - 1 - k
		}
		for _, b := range spare[k*n : (k+1)*n] {
			line[at] = b
			at += size
		}
	}
}
