package demosaic

import (
	"math"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
)

// outNoise is the way back for frames with noise: [outCurve] and what
// averaging loses, as far as a method has averaged.
//
// Kernels read it as an array.
type outNoise struct {
	outCurve
	// The bias at the beginning of each part of the working range and how far
	// it rises to the end, in halves of a step of the output.
	value, rise [biasParts]int16
	// removed is the share of the noise that is gone, in 1/16384: of each row
	// of a period, at [4·level + column].
	removed [4][4 * maxLevels]int16
	_       int16 // room for kernels
}

// maxLevels is how many levels of noise there may be tables for.
const maxLevels = 8

// newOutNoise returns the way back of plane c along o, on which a linear value
// of 1 has so many steps.
func newOutNoise(o outCurve, b *biasCurve, steps float64, measured []*removed, c raw.Color) *outNoise {
	n := &outNoise{outCurve: o}
	// Bounded so that a rise fits its word.
	knot := func(i int) int16 {
		v := float64(b.value[min(i, biasParts-1)])
		if i == biasParts {
			v += float64(float64(b.slope[i-1]) * (1 << biasShift))
		}
		return int16(max(-1<<14, min(math.Round(float64(2*steps)*v), 1<<14)))
	}
	for i := range biasParts {
		n.value[i], n.rise[i] = knot(i), knot(i+1)-knot(i)
	}
	for y := range n.removed {
		for i := range n.removed[y] {
			m := measured[min(i/4, len(measured)-1)]
			n.removed[y][i] = int16(max(math.MinInt16, min(math.Round(float64(m[y][i&3][c])*(1<<14)), math.MaxInt16)))
		}
	}
	return n
}

// outOf takes a working sample in column x of a unit at the given place among
// the levels back; removed is that of its row.
func (o *outNoise) outOf(v int16, place uint16, removed *[4 * maxLevels]int16, x int) uint16 {
	i := int(place>>8<<2) | x&3
	below, above := removed[i%len(removed)], removed[(i+4)%len(removed)]
	share := below + mulround(above-below, int16(place<<8>>1))
	at := uint16(v) - bank.Min&math.MaxUint16
	part := at >> biasShift % biasParts
	bias := mulround(o.value[part]+mulround(o.rise[part], int16(at<<6>>1)), share)
	bright := addSat(addSat(o.above(v), o.pedestal), uint16(max(0, bias)))
	return subSat(bright, o.dark(v)+uint16(max(0, -bias)))
}

// mulround multiplies by b/2¹⁵.
func mulround(a, b int16) int16 { return int16((int32(a)*int32(b) + 1<<14) >> 15) }

// noisyRows is outRows for frames with noise. The first pixel is column x of a
// period of four, place tells where each unit stands among the levels, and
// removed is that of both rows.
func noisyRows(dst *[2][]uint16, src *[2][]int16, low, high []int16, place []uint16, removed *[2]*[4 * maxLevels]int16, x int, o *outNoise, stream bool) {
	n := len(dst[0])
	noisyRowsArch(&[2][]uint16{dst[0], dst[1][:n]}, &[2][]int16{src[0][:n], src[1][:n]}, low, high, place, removed, x&3, o, stream)
}

func noisyRowsGeneric(dst *[2][]uint16, src *[2][]int16, low, high []int16, place []uint16, removed *[2]*[4 * maxLevels]int16, x int, o *outNoise) {
	for y, to := range dst {
		from := src[y][:len(to)]
		for i, v := range from {
			u := (i + x&1) / 2
			to[i] = o.outOf(max(low[u], min(v, high[u])), place[u], removed[y], x+i)
		}
	}
}
