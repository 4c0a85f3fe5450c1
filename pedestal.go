package quadraw

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// Where black lies in linear camera RGB, in steps of 65535, at least and at
// most.
const (
	leastPedestal = 1024
	mostPedestal  = 16384
)

// pedestal is where black lies in the linear camera RGB of a mosaic of header
// h, so that noise below black survives until the curve: what is cut off makes
// dark places brighter, and of the colour whose samples count for more. It is
// four deviations of the noise in the dark, or all that lies below black where
// the noise is not known.
func pedestal(h *raw.Header) uint16 {
	var depth float64
	if h.Noise.Known() {
		for _, m := range h.Noise {
			depth = max(depth, 4*math.Sqrt(m.Offset))
		}
	} else if black, white := h.Black.Mean(), min(h.White[0], h.White[1], h.White[2]); white > black {
		depth = black / (white - black)
	}
	return uint16(min(max(leastPedestal, math.Ceil(depth*math.MaxUint16)), mostPedestal))
}

// tellsBlack reports whether the file of this name is a raw file, whose header
// says where black is.
func tellsBlack(name string) bool { return strings.EqualFold(filepath.Ext(name), ".dng") }

// normalised returns linear camera RGB with black at 0 and white at 65535, for
// files that cannot tell where black is; what is below is cut off. Other
// pictures come back as they are.
func normalised(src raw.RGBSource) (raw.RGBSource, error) {
	h := src.Header()
	whole := [3]float64{math.MaxUint16, math.MaxUint16, math.MaxUint16}
	if black, constant := h.Black.Constant(); h.ColorSpace != raw.LinearCamera || constant && black == 0 && h.White == whole {
		return src, nil
	}
	n := &normalisedRGB{src: src, h: h.Clone()}
	for c, white := range h.White {
		black := h.Black.Mean()
		if h.Black.Rows == 1 && h.Black.Cols == 1 && len(h.Black.DeltaH)+len(h.Black.DeltaV) == 0 {
			black = h.Black.At(0, 0, c) // each colour has its own
		}
		if n.scale[c] = math.MaxUint16 / (white - black); !(n.scale[c] > 0) || math.IsInf(n.scale[c], 1) {
			return nil, fmt.Errorf("%w: black %v is not below white %v", raw.ErrOption, black, white)
		}
	}
	n.h.Black, n.h.White, n.h.BitsPerSample = raw.BlackLevel{}, whole, 16
	return n, nil
}

type normalisedRGB struct {
	src   raw.RGBSource
	h     *raw.Header
	scale [3]float64
}

func (n *normalisedRGB) Header() *raw.Header { return n.h }

func (n *normalisedRGB) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := n.src.ReadTile(ctx, dst); err != nil {
		return err
	}
	black := &n.src.Header().Black
	for c, scale := range n.scale {
		for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
			row := dst.Row(raw.Color(c), y)
			for i, v := range row {
				signal := (float64(v) - black.At(dst.Rect.Min.X+i, y, c)) * scale
				row[i] = uint16(min(max(0, math.Round(signal)), math.MaxUint16))
			}
		}
	}
	return nil
}
