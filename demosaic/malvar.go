package demosaic

import (
	"context"
	"image"

	"github.com/quadraw/quadraw/raw"
)

// malvar is H. S. Malvar, L. He and R. Cutler, "High-quality linear
// interpolation for demosaicing of Bayer-patterned color images", ICASSP 2004:
// bilinear estimates corrected by the gradient of the colour that is there.
type malvar struct {
	l        *levels
	pedestal int32
}

func (m *malvar) halo() int                     { return 2 }
func (m *malvar) prepare(context.Context) error { return nil }
func (m *malvar) side() image.Point             { return rowTile }

func (m *malvar) newState() scratch {
	return &rowState[[]int32]{
		level: levelRows{l: m.l},
		make:  func(width int) []int32 { return make([]int32, width) },
		fill: func(dst []int32, src []uint16, r levelRow, _ int) {
			levelsRow(dst[:len(src)], src, r.black, r.scale, m.l.span)
		},
	}
}

func (m *malvar) run(state scratch, dst *raw.RGB, in *raw.Mosaic) {
	s := state.(*rowState[[]int32])
	s.each(dst, in, m.l.cfa, m.halo(), func(own, green, other []uint16, r [][]int32, first, _ int) {
		malvarRow(own, green, other, (*[5][]int32)(r), first, m.pedestal, s.past)
	})
}
