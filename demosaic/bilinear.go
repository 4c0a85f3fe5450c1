package demosaic

import (
	"context"
	"image"

	"github.com/quadraw/quadraw/raw"
)

// bilinear averages the two or four nearest samples of each missing colour.
type bilinear struct {
	l        *levels
	pedestal int32
}

func (m *bilinear) halo() int                     { return 1 }
func (m *bilinear) prepare(context.Context) error { return nil }
func (m *bilinear) side() image.Point             { return rowTile }
func (m *bilinear) newState() any                 { return &rowState{level: levelRows{l: m.l}} }

func (m *bilinear) run(state any, dst *raw.RGB, in *raw.Mosaic) {
	s := state.(*rowState)
	s.each(dst, in, m.l.cfa, 1, func(own, green, other []uint16, r [][]int32, first int) {
		bilinearRow(own, green, other, r[0], r[1], r[2], first, m.pedestal)
	})
}
