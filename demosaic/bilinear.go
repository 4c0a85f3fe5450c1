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

func (m *bilinear) newState() scratch {
	return &rowState[[]uint16]{
		level: levelRows{l: m.l},
		make:  func(width int) []uint16 { return make([]uint16, width) },
		fill: func(dst, src []uint16, r levelRow, _ int) {
			samplesRow(dst[:len(src)], src, r.black, r.scale, m.l.span, m.pedestal)
		},
	}
}

func (m *bilinear) run(state scratch, dst *raw.RGB, in *raw.Mosaic) {
	s := state.(*rowState[[]uint16])
	s.each(dst, in, m.l.cfa, m.halo(), func(own, green, other []uint16, r [][]uint16, first, _ int) {
		bilinearRow(own, green, other, r[0], r[1], r[2], first, s.past)
	})
}
