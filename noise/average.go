package noise

import (
	"context"
	"image"

	"github.com/quadraw/quadraw/raw"
)

// Constants of the fast method, in units of the variance that noise alone
// gives a difference: a block is trusted fully up to blockTrust and not at all
// blockRange above; a pixel likewise.
const (
	blockTrust, blockRange = 1.25, 1.25
	pixelTrust, pixelRange = 6.0, 6.0
)

// average merges a chunk by the fast method: blocks of 16 pixels, moved by
// whole periods of the CFA, averaged pixel by pixel with weights that fall with
// the squared difference from the reference.
func (m *merger) average(ctx context.Context, s *mergeScratch, dst *raw.Mosaic, area image.Rectangle) error {
	win, ref := &s.windows[0], m.frames[0]
	stride := area.Dx()
	for by := dst.Rect.Min.Y / mergeStep; by*mergeStep < dst.Rect.Max.Y; by++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		for bx := dst.Rect.Min.X / mergeStep; bx*mergeStep < dst.Rect.Max.X; bx++ {
			p := image.Pt(bx, by).Mul(mergeStep)
			q := p.Sub(win.Rect.Min)
			pix := win.Pix[q.Y*win.Stride+q.X:]
			var b averageBlock
			b.begin(pix, win.Stride)
			// The variance at the block's mean, for all its pixels.
			mean := float64(b.mean()*ref.gain) + float64(ref.black[0])
			variance := max(m.mixed.Variance(mean), 1e-12)
			weights, squares := float32(1), float32(1)
			for z := 1; z < len(m.frames); z++ {
				f := m.frames[z]
				alt := &s.windows[z]
				at := m.blockAt(f, bx, by)
				if !(image.Rectangle{Min: at, Max: at.Add(image.Pt(mergeStep, mergeStep))}).In(alt.Rect) {
					continue
				}
				o := at.Sub(alt.Rect.Min)
				other := alt.Pix[o.Y*alt.Stride+o.X:]
				k := ref.gain * ref.gain / float32(2*variance)
				level := blockError(pix, win.Stride, other, alt.Stride) * k / (mergeStep * mergeStep)
				trust := min(max((blockTrust+blockRange-level)/blockRange, 0), 1)
				if trust == 0 {
					continue
				}
				blockAdd(&b, pix, win.Stride, other, alt.Stride, k, trust)
				weights += trust
				squares += trust * trust
				f.accepted.Add(int64(trust * acceptedUnit))
			}
			for z := 1; z < len(m.frames); z++ {
				m.frames[z].tiles.Add(1)
			}
			b.end(s.out[(p.Y-area.Min.Y)*stride+p.X-area.Min.X:], stride, ref)
			// Tiles lie around the corners of blocks; each block speaks
			// for the tile at its upper left corner.
			m.stats[by*m.nx+bx].set(squares/(weights*weights), weights, false)
		}
	}
	return nil
}

// blockAt is where frame f shows a block: the mean of the four tiles around,
// rounded to whole periods.
func (m *merger) blockAt(f *mergeFrame, bx, by int) image.Point {
	i := by*m.nx + bx
	a, b, c, d := f.vector[i], f.vector[i+1], f.vector[i+m.nx], f.vector[i+m.nx+1]
	dy, _ := m.split((a[0] + b[0] + c[0] + d[0]) / 4)
	dx, _ := m.split((a[1] + b[1] + c[1] + d[1]) / 4)
	return image.Pt(bx*mergeStep+dx, by*mergeStep+dy)
}

// averageBlock is the running average of a block, in DN.
type averageBlock struct {
	sum, weight [mergeStep * mergeStep]float32
}

// begin starts with the reference at weight 1.
func (b *averageBlock) begin(pix []uint16, stride int) {
	for y := range mergeStep {
		row := pix[y*stride:][:mergeStep]
		for x, v := range row {
			b.sum[y*mergeStep+x], b.weight[y*mergeStep+x] = float32(v), 1
		}
	}
}

// mean is the mean of what was begun with.
func (b *averageBlock) mean() float32 {
	s := float32(0)
	for _, v := range b.sum {
		s += v
	}
	return s / (mergeStep * mergeStep)
}

// end writes the average, normalised.
func (b *averageBlock) end(out []float32, stride int, ref *mergeFrame) {
	for y := range mergeStep {
		row := out[y*stride:][:mergeStep]
		black := ref.black[y&3*4:][:4]
		for x := range row {
			i := y*mergeStep + x
			row[x] = float32(b.sum[i]/b.weight[i]*ref.gain) + black[x&3]
		}
	}
}

// blockErrorGeneric is the sum of squared differences of two blocks.
func blockErrorGeneric(a []uint16, as int, b []uint16, bs int) float32 {
	var col [mergeStep]float32
	for y := range mergeStep {
		p, q := a[y*as:][:mergeStep], b[y*bs:][:mergeStep]
		for x := range mergeStep {
			d := float32(int32(p[x]) - int32(q[x]))
			col[x] += float32(d * d)
		}
	}
	s := float32(0)
	for _, v := range col {
		s += v
	}
	return s
}

// blockAddGeneric adds a block, pixel by pixel with weight
// trust·min(max((pixelTrust + pixelRange − k·d²)/pixelRange, 0), 1).
func blockAddGeneric(b *averageBlock, ref []uint16, rs int, other []uint16, os int, k, trust float32) {
	k /= pixelRange
	for y := range mergeStep {
		p, q := ref[y*rs:][:mergeStep], other[y*os:][:mergeStep]
		sum, weight := b.sum[y*mergeStep:][:mergeStep], b.weight[y*mergeStep:][:mergeStep]
		for x := range mergeStep {
			v := float32(q[x])
			d := float32(p[x]) - v
			w := (pixelTrust+pixelRange)/pixelRange - float32(float32(d*d)*k)
			w = min(max(w, 0), 1) * trust
			sum[x] += float32(w * v)
			weight[x] += w
		}
	}
}
