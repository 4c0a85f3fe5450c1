package demosaic

import (
	"math"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// outCurve is the way from the working domain back to a plane of linear samples
// of 16 bits, in integers. Of a sample v above black, with r as curve.base
//
//	x = v · (v + 2r) / slope²
//
// is the product of two lines, α of v and β of α. They are as steep as 16 bits
// allow: white, which is the working sample that a clipped one of the mosaic
// has, is white exactly, and no sample is further from curve.outOf than four
// steps, which are one of 14 bits; the working samples themselves are eight
// apart there. Below black the parabola goes on as its tangent.
//
// Kernels read it as an array.
type outCurve struct {
	top            int16  // white, or bank.Max
	step, fraction uint16 // α = v·step + v·step·fraction
	ratio, foot    uint16 // β = α·ratio + foot
	pedestal       uint16
	tangent        uint16 // below black
}

// newOutCurve returns the way back from c; white may be above bank.Max. That of
// a frame is never 0, whose way back is as steep as that of 1.
func newOutCurve(c *curve, white, pedestal uint16) outCurve {
	white = max(white, 1)
	o := outCurve{top: int16(min(white, bank.Max)), step: 1, pedestal: pedestal}
	for int(white)*int(o.step)*2 <= math.MaxUint16 {
		o.step *= 2
	}
	high, r := float64(int(white)*int(o.step)), float64(c.base)
	o.fraction = uint16(min(math.Ceil((math.MaxUint16-high)*65536/high)+1, math.MaxUint16))
	span, w := float64(math.MaxUint16-int(pedestal)), float64(white)
	// What rounding α and β down takes away is added to the fraction and the foot.
	o.foot = uint16(math.Round(span*2*r/(w+2*r)) + 1)
	o.ratio = uint16(int(span) - int(o.foot) + 1)
	scale := span / (w * (w + 2*r))
	o.tangent = uint16(min(math.Round(scale*2*r*65536/16), math.MaxUint16))
	return o
}

// outDeep bounds the samples below black to what fits 16 bits, nearly, with
// four of them behind the point.
const outDeep = -bank.Min

// outOf takes a working sample back.
func (o *outCurve) outOf(v int16) uint16 {
	return subSat(addSat(o.above(v), o.pedestal), o.dark(v))
}

// dark is what is taken away below black.
func (o *outCurve) dark(v int16) uint16 {
	n := uint16(max(0, min(-int32(v), outDeep)))
	return mulhi(addSat(n<<3, n<<3), o.tangent) + min(n, 1)
}

// above is outOf without what is below black and without the pedestal. The
// largest α makes white, although 65535² is less than 65535·65536.
func (o *outCurve) above(v int16) uint16 {
	t := uint16(max(0, min(v, o.top))) * o.step
	alpha := addSat(t, mulhi(t, o.fraction))
	y := uint32(alpha) * uint32(mulhi(alpha, o.ratio)+o.foot)
	return uint16((y+1<<15)>>16) + subSat(alpha, math.MaxUint16-1)
}

func mulhi(a, b uint16) uint16 { return uint16(uint32(a) * uint32(b) >> 16) }

func addSat(a, b uint16) uint16 { return uint16(min(uint32(a)+uint32(b), math.MaxUint16)) }

func subSat(a, b uint16) uint16 { return a - min(a, b) }

// unitBounds are the least and the largest sample that each colour may have in
// the units of a row. There is room for kernels behind the last.
type unitBounds struct{ low, high [3][]int16 }

// outRows takes two rows of pixels, bounded as their units are, back to linear
// samples. The first of them is pixel odd of its unit. With stream set it may
// write to memory past the cache.
func outRows(dst *[2][]uint16, src *[2][]int16, low, high []int16, odd int, o *outCurve, stream bool) {
	n := len(dst[0])
	outRowsArch(&[2][]uint16{dst[0], dst[1][:n]}, &[2][]int16{src[0][:n], src[1][:n]}, low, high, odd&1, o, stream)
}

func outRowsGeneric(dst *[2][]uint16, src *[2][]int16, low, high []int16, odd int, o *outCurve) {
	for y, to := range dst {
		from := src[y][:len(to)]
		for i, v := range from {
			u := (i + odd) / 2
			to[i] = o.outOf(max(low[u], min(v, high[u])))
		}
	}
}
