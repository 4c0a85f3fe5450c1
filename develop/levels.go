package develop

import (
	"math"

	"github.com/quadraw/quadraw/raw"
)

// levels normalises the samples of a picture.
type levels struct {
	h *raw.Header
	// constant says that black is one figure a plane.
	constant     bool
	black, scale [3]float64
}

func levelsOf(h *raw.Header) *levels {
	b := &h.Black
	l := &levels{h: h}
	_, l.constant = b.Constant()
	l.constant = l.constant || b.Rows == 1 && b.Cols == 1 && len(b.DeltaH)+len(b.DeltaV) == 0
	for c := range l.black {
		if l.black[c] = b.Mean(); l.constant {
			l.black[c] = b.At(0, 0, c)
		}
		l.scale[c] = 1 / (h.White[c] - l.black[c])
	}
	return l
}

// normalised returns sample v of plane c at (x, y), black 0 and white 1.
func (l *levels) normalised(x, y, c int, v uint16) float64 {
	black := l.black[c]
	if !l.constant {
		black = l.h.Black.At(x, y, c)
	}
	return (float64(v) - black) * l.scale[c]
}

// flatten moves the samples of a row of plane c from x so that black is
// l.black everywhere.
func (l *levels) flatten(x, y, c int, row []uint16) {
	for i, v := range row {
		flat := float64(v) - l.h.Black.At(x+i, y, c) + l.black[c]
		row[i] = uint16(max(0, min(math.Floor(flat+0.5), 65535)))
	}
}
