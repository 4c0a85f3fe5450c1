package demosaic

import (
	"context"
	"image"

	"github.com/quadraw/quadraw/raw"
)

// quadLinear is Bilinear and Malvar for Quad.
//
// Bilinear interpolates each colour linearly between the nearest samples of the
// row, of the column, or of both; green at red and blue is the mean of the row's
// and the column's. Samples stay where they are and every weight is a distance,
// so ramps stay ramps and there are no steps of two pixels.
//
// Malvar corrects these values, as Malvar, He and Cutler (2004) do those of
// Bayer, by the gradient of the colour that is there: by how much a sample is
// above the linear fit to the other sample of its cell and to the nearest ones
// of the cells of its colour before and behind, along the row and down the
// column. The gains are least squares over photographs, in sixteenths.
//
// Neither goes through the Bayer mosaic that the same samples interpolate to:
// nothing is interpolated from what has been interpolated.
type quadLinear struct {
	l        *levels
	pedestal int32
	gradient bool // Malvar
}

func newQuadLinear(l *levels, m Method, pedestal uint16) *quadLinear {
	return &quadLinear{l: l, pedestal: int32(pedestal), gradient: m == Malvar}
}

func (m *quadLinear) halo() int {
	if m.gradient {
		return 4
	}
	return 2
}

func (m *quadLinear) prepare(context.Context) error { return nil }
func (m *quadLinear) side() image.Point             { return rowTile }

// quadRow is a row of samples and what is found along it alone.
type quadRow struct {
	samples []uint16
	across  []uint16 // the colour that each pixel has not
	bend    []int16  // how far each sample is above its colour's line
}

func (m *quadLinear) newState() scratch {
	halo := m.halo()
	return &rowState[*quadRow]{
		level: levelRows{l: m.l},
		make: func(width int) *quadRow {
			r := &quadRow{samples: make([]uint16, width), across: make([]uint16, width)}
			if m.gradient {
				r.bend = make([]int16, width)
			}
			return r
		},
		fill: func(dst *quadRow, src []uint16, r levelRow, x int) {
			n := len(src)
			samplesRow(dst.samples[:n], src, r.black, r.scale, m.l.span, m.pedestal)
			second := (x + m.l.cfa.Offset().X) & 1
			quadAcrossRow(dst.across[halo:n-halo], dst.samples[halo-2:n], second)
			if m.gradient {
				quadBendRow(dst.bend[halo:n-halo], dst.samples[:n], second)
			}
		},
	}
}

func (m *quadLinear) run(state scratch, dst *raw.RGB, in *raw.Mosaic) {
	s, halo := state.(*rowState[*quadRow]), m.halo()
	s.each(dst, in, m.l.cfa, halo, func(own, green, other []uint16, rows []*quadRow, first, y int) {
		row := func(dy int) []uint16 { return rows[halo+dy].samples[halo:] }
		across := func(dy int) []uint16 { return rows[halo+dy].across[halo:] }
		// The first row of a cell has the other cells' nearest row above,
		// the second below.
		down := 1
		if (y+m.l.cfa.Offset().Y)&1 == 1 {
			down = -1
		}
		r := quadRows{
			mid: row(0), near: row(-down), far: row(2 * down),
			midAcross: across(0), nearAcross: across(-down), farAcross: across(2 * down),
		}
		if !m.gradient {
			quadBilinearRow(own, green, other, &r, first, s.past)
			return
		}
		r.before, r.pair, r.behind = row(-3*down), row(down), row(4*down)
		r.bend = rows[halo].bend[halo:]
		quadMalvarRow(own, green, other, &r, first, s.past)
	})
}
