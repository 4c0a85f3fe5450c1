package demosaic

import "math"

//go:generate go run -C ../internal/asmgen ./demosaic -part quad -out ../../demosaic/quadrow_amd64.s -stubs ../../demosaic/quadrow_stubs_amd64.go -pkg demosaic

// The rows of quadLinear. In a period of four pixels two have the row's red or
// blue and two are green. The functions here are the definitions; assembly gives
// the same bits.

// quadRows are the rows around an output row. Sample i of each belongs to
// output i.
type quadRows struct {
	// mid is the row itself; near and far are the nearest rows of the other
	// cells, one and two rows away.
	mid, near, far                   []uint16
	midAcross, nearAcross, farAcross []uint16
	// For Malvar: pair is the other row of the cell, before and behind are the
	// nearest rows of cells of the same colours, three and four rows away.
	before, pair, behind []uint16
	bend                 []int16 // of mid
}

// third is the linear interpolation between a sample one step away and one two
// steps away.
func third(near, far uint16) uint16 { return uint16((2*uint32(near) + uint32(far) + 1) / 3) }

// quadAcrossRow sets dst to the linear interpolation of the colour that each
// pixel of a row has not. Output i is at sample i+2 of src. second is 1 if
// output 0 is the second pixel of its cell.
func quadAcrossRowGeneric(dst, src []uint16, second int) {
	src = src[:len(dst)+4]
	for i := range dst {
		if i&1 == second {
			dst[i] = third(src[i+1], src[i+4])
		} else {
			dst[i] = third(src[i+3], src[i])
		}
	}
}

// The weights of a bend in 1/512 of 1/64: those of the line, by least squares
// over photographs, nearly; they sum to 21, and −3·9 + 1·7 + 4·5 = 0.
const (
	bendBefore = 9 * 1536
	bendPair   = 7 * 1536
	bendBehind = 5 * 1536
)

// bend is how far a sample is above the line through the nearest samples of its
// colour, three steps before, one and four behind; in 63/128.
func bend(at, before, pair, behind uint16) int16 {
	half := int16(at >> 1)
	return scaled16(half-int16(before>>1), bendBefore) + scaled16(half-int16(pair>>1), bendPair) + scaled16(half-int16(behind>>1), bendBehind)
}

// quadBendRow sets dst to the bends along a row. Output i is at sample i+4 of
// src. second is that of quadAcrossRow.
func quadBendRowGeneric(dst []int16, src []uint16, second int) {
	src = src[:len(dst)+8]
	for i := range dst {
		if i&1 == second {
			dst[i] = bend(src[i+4], src[i+1], src[i+5], src[i+8])
		} else {
			dst[i] = bend(src[i+4], src[i+7], src[i+3], src[i])
		}
	}
}

// quadBilinearRow interpolates a row. own is the plane of the row's red or blue,
// other that of the rows near and far. first is where in the period output 0
// is: 0 and 1 have the colour own, 2 and 3 are green. With stream set outputs
// may go to memory past the cache.
func quadBilinearRowGeneric(own, green, other []uint16, r *quadRows, first int) {
	for i := range own {
		h, v := r.midAcross[i], third(r.near[i], r.far[i])
		if (i+first)&2 == 0 {
			own[i] = r.mid[i]
			green[i] = mean16(h, v)
			other[i] = third(r.nearAcross[i], r.farAcross[i])
		} else {
			own[i] = h
			green[i] = r.mid[i]
			other[i] = v
		}
	}
}

// The gains of the bends in 1/2¹⁶ of a sample.
const (
	gainGreen  = 4 * 4096 // both, for green at red and blue
	gainOther  = 6 * 4096 // both, for red at blue and blue at red
	gainAlong  = 7 * 4096 // that of the direction in which red or blue is found, at green
	gainAcross = 1 * 4096 // the other
)

// quadMalvarRow is quadBilinearRow with the correction by bends.
func quadMalvarRowGeneric(own, green, other []uint16, r *quadRows, first int) {
	for i := range own {
		h, v := r.midAcross[i], third(r.near[i], r.far[i])
		along, down := r.bend[i], bend(r.mid[i], r.before[i], r.pair[i], r.behind[i])
		if (i+first)&2 == 0 {
			own[i] = r.mid[i]
			green[i] = corrected(mean16(h, v), scaled16(along, gainGreen), scaled16(down, gainGreen))
			other[i] = corrected(third(r.nearAcross[i], r.farAcross[i]), scaled16(along, gainOther), scaled16(down, gainOther))
		} else {
			own[i] = corrected(h, scaled16(along, gainAlong), scaled16(down, gainAcross))
			green[i] = r.mid[i]
			other[i] = corrected(v, scaled16(along, gainAcross), scaled16(down, gainAlong))
		}
	}
}

// scaled16 is a·k/2¹⁵, rounded.
func scaled16(a, k int16) int16 { return int16((int32(a)*int32(k) + 1<<14) >> 15) }

// corrected is v + a + b within 16 bits; a + b is bounded first.
func corrected(v uint16, a, b int16) uint16 {
	return clamp16(int32(v) + max(math.MinInt16, min(int32(a)+int32(b), math.MaxInt16)))
}

func mean16(a, b uint16) uint16 { return uint16((uint32(a) + uint32(b) + 1) >> 1) }

// turnsRow takes samples from both rows in turns, at most top.
func turnsRowGeneric(dst, even, odd []uint16, top uint16) {
	even, odd = even[:len(dst)], odd[:len(dst)]
	for i := range dst {
		v := even[i]
		if i&1 == 1 {
			v = odd[i]
		}
		dst[i] = min(v, top)
	}
}
