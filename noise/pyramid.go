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

// pyramid is a frame reduced for alignment. Level 0 is gray at one sample every
// pitch pixels, every further level half the size of the one before.
type pyramid struct {
	levels []plane
	pitch  int
	// What white noise of variance 1 on the mosaic is in gray: the variance of
	// a sample of level 0, that of the difference of two neighbours, and by
	// how much more it falls to level 1 than from there on.
	variance, difference, correlated float64
	// dependence is by how many times samples of level 0 tell less about a
	// displacement than as many of other levels: their windows overlap more.
	dependence float64
}

// levelVariance is what a further level's filter does to the variance,
// correlation of the noise included (measured on white noise).
const levelVariance = 0.35 * 0.35

// pyramidLevels is how many levels a frame gets: the smallest has about
// 40 samples on its short side.
func pyramidLevels(size image.Point, pitch int) int {
	n := 0
	for s := min(size.X, size.Y) / pitch / 40; s > 1; s /= 2 {
		n++
	}
	return min(max(n, 2), 6)
}

// newGrayPyramid is a pyramid without levels. Gray is the frame under a window
// that is zero at the CFA's carriers: for cells of one pixel [1 3 3 1]⊗[1 3 3 1]/64,
// one sample a period. Pixels of larger cells are small, and what is seen there
// is as sharp as on Bayer: a sample a period would be too few for that, and its
// aliases drew displacements aside by a quarter of a pixel. They get
// [1 2 1]⊗[1 2 1]/16 of means over as many pixels as a cell has, a sample a
// cell.
func newGrayPyramid(cell int) *pyramid {
	n := float64(cell * cell)
	if cell == 1 {
		return &pyramid{pitch: 2, variance: 20.0 * 20 / (64 * 64), difference: 28.0 / 64 * 20 / 64, correlated: 1, dependence: 1}
	}
	// The autocorrelation of [1 2 1] is 6, 4, 1: neighbours differ by
	// 2·(6 − 4), and [1 3 3 1] with its 20, 15, 6, 1 leaves
	// (20·6 + 2·(15·4 + 6·1))/64 of 6. At low frequencies, where pictures are,
	// noise has the power that it has on Bayer at that pitch.
	const halved = 252.0 / 64 / 6
	return &pyramid{
		pitch: cell, variance: 6.0 * 6 / (16 * 16) / n, difference: 4.0 * 6 / (16 * 16) / n,
		correlated: halved * halved / levelVariance, dependence: 20.0 * 20 / (12 * 12),
	}
}

// room is memory for a level of n samples: that of a pyramid that is no longer
// needed, which may be nil, or new.
func (p *pyramid) room(level, n int) []int16 {
	if p != nil && level < len(p.levels) && len(p.levels[level].pix) == n {
		return p.levels[level].pix
	}
	return make([]int16, n)
}

// bytes is the memory that a pyramid takes.
func (p *pyramid) bytes() int {
	n := 0
	for i := range p.levels {
		n += 2 * len(p.levels[i].pix)
	}
	return n
}

// newPyramid reads the frame once, in bands. gain brings the exposure to the
// reference's. The memory of a spare pyramid is used again.
func newPyramid(ctx context.Context, src raw.Source, gain float64, spare *pyramid, workers int) (*pyramid, error) {
	h := src.Header()
	g := newGrayKernel(max(h.CFA.Cell(), 1))
	p := newGrayPyramid(g.cell)
	base := plane{w: h.Size.X / p.pitch, h: h.Size.Y / p.pitch}
	base.pix = spare.room(0, base.w*base.h)
	black := h.Black.Mean()
	scale := grayWhite * gain / (h.White[1] - black)
	g.scale, g.offset = float32(scale/float64(g.weights)), float32(-black*scale)
	const band = 32
	plan := &tile.Plan{Bounds: image.Rect(0, 0, base.w, base.h), Size: image.Pt(min(base.w, 1024), band), Workers: max(workers, 1)}
	type scratch struct {
		m   raw.Mosaic
		col []uint32
	}
	err := tile.Each(ctx, plan, func() *scratch { return &scratch{} }, func(ctx context.Context, s *scratch, r image.Rectangle) error {
		window := image.Rect(r.Min.X*p.pitch, r.Min.Y*p.pitch, r.Max.X*p.pitch, r.Max.Y*p.pitch).Inset(-g.cell)
		s.m.Reset(window, h.CFA)
		if err := tile.ReadPadded(ctx, src, &s.m); err != nil {
			return err
		}
		if len(s.col) < s.m.Rect.Dx() {
			s.col = make([]uint32, s.m.Rect.Dx())
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			top := (y - r.Min.Y) * p.pitch * s.m.Stride
			g.row(base.pix[y*base.w+r.Min.X:y*base.w+r.Max.X], s.m.Pix[top:], s.m.Stride, s.col[:s.m.Rect.Dx()])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.levels = append(p.levels, base)
	for lv := 1; lv < pyramidLevels(h.Size, p.pitch); lv++ {
		next, err := halve(ctx, &p.levels[lv-1], spare, lv, workers)
		if err != nil {
			return nil, err
		}
		p.levels = append(p.levels, next)
	}
	return p, nil
}

// grayKernel turns rows of a mosaic into a row of gray: four of them, or those
// of three cells.
type grayKernel struct {
	cell          int
	weights       int // sum of the window's
	scale, offset float32
}

func newGrayKernel(cell int) grayKernel {
	if cell == 1 {
		return grayKernel{cell: cell, weights: 64}
	}
	return grayKernel{cell: cell, weights: 16 * cell * cell}
}

// row makes len(dst) samples from the rows at pix, which begin one cell left of
// the first sample's pixels.
func (g *grayKernel) row(dst []int16, pix []uint16, stride int, col []uint32) {
	if g.cell == 1 {
		grayColumns(col, pix, stride)
		decimateGray(dst, col, g.scale, g.offset)
		return
	}
	cellColumns(col, pix, stride, g.cell)
	cellGray(dst, col, g.cell, g.scale, g.offset)
}

// halve filters by [1 3 3 1]⊗[1 3 3 1]/64 and takes every second sample, for
// level lv.
func halve(ctx context.Context, src *plane, spare *pyramid, lv, workers int) (plane, error) {
	dst := plane{w: src.w / 2, h: src.h / 2}
	dst.pix = spare.room(lv, dst.w*dst.h)
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
// noise alone would give: larger is sharper. model is the noise of a raw sample.
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
	noise := 2 * p.difference * model.Variance(mean) * grayWhite * grayWhite
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
