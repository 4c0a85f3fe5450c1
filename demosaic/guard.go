package demosaic

import (
	"math"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// The artefact guard bounds what the filters make of strongly coloured edges.
// Filters learn from photographs that the detail of all colours goes together;
// where it does not (a red edge on green), they overshoot. Such places show in
// the result itself: over 5×5 pixels its colour differences R − G and B − G
// span more than guardFull. There a sample must lie between the samples of its
// colour that the mosaic has within boundReach pixels, give or take 1/8 of
// their span and 1/32 of the span of all colours. From guardFull down to half
// of it the bounds widen until they bind nothing: there is no line where the
// guard begins.
const (
	guardReach = 2
	guardFull  = 60 * bank.One / 255
	guardSlope = 4 // how fast the bounds widen below guardFull
)

// guardState is a worker's scratch.
type guardState struct {
	span    []int16 // of the colour differences, of a row
	columns []int16 // four rows: least and largest of both differences
}

// guard fills dst from wide, which covers dst.Rect and guardReach more, with
// the mosaic in of cells of the given size.
func (s *guardState) guard(dst, wide *bank.RGB, in *bank.Plane, cell int) {
	n := dst.Rect.Dx()
	if len(s.span) < n+guardSlack {
		s.span = make([]int16, n+guardSlack)
		s.columns = make([]int16, 4*(n+guardSlack))
	}
	span := s.span[:n]
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		from := (y-wide.Rect.Min.Y)*wide.Stride + dst.Rect.Min.X - wide.Rect.Min.X
		to := (y - dst.Rect.Min.Y) * dst.Stride
		for c := range dst.Pix {
			copy(dst.Pix[c][to:to+n], wide.Pix[c][from:])
		}
		top := from - guardReach*wide.Stride - guardReach
		if spanRow(span, &wide.Pix, top, wide.Stride, s.columns) < guardFull/2 {
			continue
		}
		for i, d := range span {
			if d > guardFull/2 {
				bound(dst, to+i, in, cell, dst.Rect.Min.X+i, y, int32(d))
			}
		}
	}
}

// boundReach is how far around a pixel its bounds are looked for.
func boundReach(cell int) int { return 2*cell + 1 }

// guardSlack is room for kernels behind the end of a row.
const guardSlack = 64

// bound keeps pixel i of dst, which lies at (x, y), within the range around it
// that the span of the colour differences leaves.
func bound(dst *bank.RGB, i int, in *bank.Plane, cell, x, y int, span int32) {
	reach := boundReach(cell)
	var lo, hi [3]int32
	for c := range lo {
		lo[c], hi[c] = math.MaxInt32, math.MinInt32
	}
	for dy := -reach; dy <= reach; dy++ {
		o := (y+dy-in.Rect.Min.Y)*in.Stride + x - reach - in.Rect.Min.X
		for dx, v := range in.Pix[o : o+2*reach+1] {
			c := bank.ColorAt(cell, x+dx-reach, y+dy)
			lo[c], hi[c] = min(lo[c], int32(v)), max(hi[c], int32(v))
		}
	}
	all := max(hi[0], hi[1], hi[2]) - min(lo[0], lo[1], lo[2])
	slack := all>>5 + max(0, guardFull-span)*guardSlope
	for c := range lo {
		s := slack + (hi[c]-lo[c])>>3
		p := &dst.Pix[c][i]
		*p = int16(max(lo[c]-s, min(int32(*p), hi[c]+s)))
	}
}

// spanRowGeneric sets span to the larger span of R − G and B − G over the 5×5
// pixels whose first is at in the planes, and returns the largest.
func spanRowGeneric(span []int16, planes *[3][]int16, at, stride int) int16 {
	most := int16(0)
	for i := range span {
		d := int32(0)
		for _, c := range [2]int{0, 2} {
			lo, hi := int32(math.MaxInt32), int32(math.MinInt32)
			for y := range 2*guardReach + 1 {
				o := at + i + y*stride
				p, g := planes[c][o:o+2*guardReach+1], planes[1][o:o+2*guardReach+1]
				for x := range p {
					v := int32(p[x]) - int32(g[x])
					lo, hi = min(lo, v), max(hi, v)
				}
			}
			d = max(d, hi-lo)
		}
		span[i] = int16(min(d, math.MaxInt16))
		most = max(most, span[i])
	}
	return most
}
