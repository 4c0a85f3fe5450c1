package noise

import (
	"context"
	"image"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Gray levels of the pyramid: black is 0, white grayWhite. They are clamped so
// that a difference fits 13 bits and sixteen squares of pairs fit 32.
const (
	grayWhite = 4096
	grayMin   = -2048
	grayMax   = 6143
)

// plane is a picture of gray levels.
type plane struct {
	w, h int
	pix  []int16
}

// pyramid is a frame reduced for alignment. Level 0 is gray at one sample a
// CFA period, every further level half the size of the one before: 5/4 of a
// byte a pixel for Bayer.
type pyramid struct {
	levels []plane
	period int
	// variance of a gray sample of level 0 against that of a raw sample
	// (the mean of n samples in a binomial window).
	variance float64
}

// levelVariance is what a further level's filter does to the variance,
// correlation of the noise included (measured on white noise).
const levelVariance = 0.35 * 0.35

// pyramidLevels is how many levels a frame gets: the smallest has about
// 40 samples on its short side.
func pyramidLevels(size image.Point, period int) int {
	n := 0
	for s := min(size.X, size.Y) / period / 40; s > 1; s /= 2 {
		n++
	}
	return min(max(n, 2), 6)
}

// newPyramid reads the frame once, in bands. Gray is the frame under
// [1 3 3 1]⊗[1 3 3 1]/64 at the scale of a cell, which is zero at the CFA's
// carriers, decimated by the period. gain brings the exposure to the
// reference's.
func newPyramid(ctx context.Context, src raw.Source, gain float64, workers int) (*pyramid, error) {
	h := src.Header()
	cell := max(h.CFA.Cell(), 1)
	period := 2 * cell
	p := &pyramid{period: period, variance: 20.0 * 20 / (64 * 64) / float64(cell*cell)}
	base := plane{w: h.Size.X / period, h: h.Size.Y / period}
	base.pix = make([]int16, base.w*base.h)
	black := h.Black.Mean()
	scale := grayWhite * gain / (h.White[1] - black) / float64(64*cell*cell)
	g := grayKernel{
		cell: cell, scale: float32(scale),
		offset: float32(-black * grayWhite * gain / (h.White[1] - black)),
	}
	const band = 32
	plan := &tile.Plan{Bounds: image.Rect(0, 0, base.w, base.h), Size: image.Pt(min(base.w, 1024), band), Workers: max(workers, 1)}
	type scratch struct {
		m   raw.Mosaic
		col []uint32
	}
	err := tile.Each(ctx, plan, func() *scratch { return &scratch{} }, func(ctx context.Context, s *scratch, r image.Rectangle) error {
		s.m.Reset(image.Rect(r.Min.X*period-cell, r.Min.Y*period-cell, r.Max.X*period+cell, r.Max.Y*period+cell), h.CFA)
		if err := tile.ReadPadded(ctx, src, &s.m); err != nil {
			return err
		}
		if len(s.col) < s.m.Rect.Dx() {
			s.col = make([]uint32, s.m.Rect.Dx())
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			top := (y - r.Min.Y) * period * s.m.Stride
			g.row(base.pix[y*base.w+r.Min.X:y*base.w+r.Max.X], s.m.Pix[top:], s.m.Stride, s.col[:s.m.Rect.Dx()])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.levels = append(p.levels, base)
	for range pyramidLevels(h.Size, period) - 1 {
		next, err := halve(ctx, &p.levels[len(p.levels)-1], workers)
		if err != nil {
			return nil, err
		}
		p.levels = append(p.levels, next)
	}
	return p, nil
}

// grayKernel turns 4·cell rows of a mosaic into a row of gray.
type grayKernel struct {
	cell          int
	scale, offset float32
}

// row makes len(dst) samples from the rows at pix, which begin one cell left of
// the first sample's period.
func (g *grayKernel) row(dst []int16, pix []uint16, stride int, col []uint32) {
	k := g.cell
	grayColumns(col, pix, stride, k)
	if k > 1 {
		for j := range len(col) / k {
			s := uint32(0)
			for _, v := range col[j*k:][:k] {
				s += v
			}
			col[j] = s
		}
	}
	decimateGray(dst, col, g.scale, g.offset)
}

// halve filters by [1 3 3 1]⊗[1 3 3 1]/64 and takes every second sample.
func halve(ctx context.Context, src *plane, workers int) (plane, error) {
	dst := plane{w: src.w / 2, h: src.h / 2}
	dst.pix = make([]int16, dst.w*dst.h)
	plan := &tile.Plan{Bounds: image.Rect(0, 0, dst.w, dst.h), Size: image.Pt(dst.w, 32), Workers: max(workers, 1)}
	type scratch struct {
		col  []uint32
		rows []int16
	}
	n := 2 * dst.w
	err := tile.Each(ctx, plan, func() *scratch { return &scratch{make([]uint32, n+2), make([]int16, 4*n)} }, func(_ context.Context, s *scratch, r image.Rectangle) error {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			rows, stride := src.pix[max(2*y-1, 0)*src.w:], src.w
			if y == 0 || 2*y+2 >= src.h {
				// The edge repeats.
				for i := range 4 {
					copy(s.rows[i*n:], src.pix[min(max(2*y-1+i, 0), src.h-1)*src.w:][:n])
				}
				rows, stride = s.rows, n
			}
			halveColumns(s.col[1:n+1], rows, stride)
			s.col[0], s.col[n+1] = s.col[1], s.col[n]
			decimateHalve(dst.pix[y*dst.w:(y+1)*dst.w], s.col)
		}
		return nil
	})
	return dst, err
}

// sharpness is the mean squared difference of neighbours in level 0, less what
// noise alone would give: larger is sharper. s2 is the variance of a raw
// sample at the mean signal, normalised.
func (p *pyramid) sharpness(model raw.NoiseModel) float64 {
	g := &p.levels[0]
	var sum, level, n int64
	for y := 1; y < g.h; y += 3 {
		row, up := g.pix[y*g.w:(y+1)*g.w], g.pix[(y-1)*g.w:y*g.w]
		for x := 1; x < g.w; x++ {
			dx, dy := int64(row[x])-int64(row[x-1]), int64(row[x])-int64(up[x])
			sum += dx*dx + dy*dy
			level += int64(row[x])
			n++
		}
	}
	if n == 0 {
		return 0
	}
	mean := float64(level) / float64(n) / grayWhite
	// Neighbours share half their window: Var(difference) is 28/64·20/64
	// of the raw variance.
	cells := float64(p.period*p.period) / 4
	noise := 2 * (28.0 / 64) * (20.0 / 64) / cells * model.Variance(mean) * grayWhite * grayWhite
	return float64(sum)/float64(n) - noise
}

// window returns the n×n samples from (x, y) and their stride; where they
// stick out of the picture they are copied into buf with the edge repeated.
func (p *plane) window(x, y, n int, buf []int16) ([]int16, int) {
	if x >= 0 && y >= 0 && x+n <= p.w && y+n <= p.h {
		return p.pix[y*p.w+x:], p.w
	}
	left, right := min(max(-x, 0), n), max(min(p.w-x, n), 0)
	for j := range n {
		row := p.pix[min(max(y+j, 0), p.h-1)*p.w:][:p.w]
		out := buf[j*n : j*n+n]
		if left < right {
			copy(out[left:right], row[x+left:])
		}
		for i := range left {
			out[i] = row[0]
		}
		for i := right; i < n; i++ {
			out[i] = row[p.w-1]
		}
	}
	return buf, n
}
