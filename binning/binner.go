package binning

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// Binner bins frames of one kind. It is made once from a header and options,
// is safe for concurrent use, and in the steady state allocates nothing.
type Binner struct {
	g      geometry
	out    *raw.Header
	member [2][2][]float64 // normalised weights by parity of y and x

	// What header needs to know of the arithmetic.
	scale      float64 // of the mean: 1, or N/2^s in Sum
	shotFactor float64 // by which NoiseModel.Scale changes
	readFactor float64 // by which NoiseModel.Offset changes
	rounding   float64 // variance added by rounding, output DN²

	isa   isa
	kind  kind
	round uint32
	shift uint
	mul   float32 // kind sum with n = 3
	lin   linear

	scratch sync.Pool
}

// kind is the family of kernels that a Binner runs.
type kind uint8

const (
	kindSum kind = iota // equal weights, no gains: integer sums
	kindLin             // fixed weights or gains
)

// NewBinner checks the options against the header and prepares the
// arithmetic. TwoStep is New's and Bin's alone.
func NewBinner(h *raw.Header, o *Options) (*Binner, error) {
	opt := o.orDefault()
	if opt.TwoStep {
		return nil, fmt.Errorf("%w: a Binner makes one step", raw.ErrOption)
	}
	if int(opt.Mode) >= len(modeNames) {
		return nil, fmt.Errorf("%w: %v", raw.ErrOption, opt.Mode)
	}
	g, err := newGeometry(h.Size, h.CFA, opt.Factor)
	if err != nil {
		return nil, err
	}
	all := implementations()
	b := &Binner{g: g, isa: all[len(all)-1]}
	if err := b.setWeights(&opt); err != nil {
		return nil, err
	}
	b.setScale(&opt, h)
	if b.equalWeights() {
		b.setSum(&opt)
	} else {
		b.setLinear()
	}
	if b.out, err = b.header(h); err != nil {
		return nil, err
	}
	b.scratch.New = func() any { return new(scratch) }
	return b, nil
}

// Header describes the binned frame.
func (b *Binner) Header() *raw.Header { return b.out }

// setScale finds how far the range grows and what weights do to noise.
func (b *Binner) setScale(o *Options, h *raw.Header) {
	members := float64(b.g.n * b.g.n)
	b.scale = 1
	if o.Mode == Sum {
		b.scale = members
		white := max(h.White[0], h.White[1], h.White[2], 1)
		for math.Ceil(white*b.scale) > 65535 && b.scale > 1 {
			b.scale /= 2
		}
	}
	q := 0.0
	for _, w := range b.weights(0, 0) {
		q += w * w
	}
	b.shotFactor, b.readFactor = q, q
}

// setSum prepares the integer sums: a division by the number of members, or
// by a power of two.
func (b *Binner) setSum(o *Options) {
	members := b.g.n * b.g.n
	b.kind = kindSum
	div := members
	if o.Mode == Sum {
		div = int(math.Round(float64(members) / b.scale))
	}
	b.round = uint32(div / 2)
	b.mul = float32(1 / float64(div))
	for 1<<b.shift < div {
		b.shift++
	}
	// The remainder of an integer division is uniform over div values.
	d := float64(div)
	b.rounding = (d*d - 1) / (12 * d * d)
}

// run bins src, which covers at least the cells of dst.Rect, into dst.
// src.Rect is in the coordinates of the input frame and begins where
// geometry.block says.
func (b *Binner) run(dst, src *raw.Mosaic, s *scratch) {
	g := &b.g
	r := dst.Rect
	var rows [4][]uint16
	// The first output pixel of the first block, and how many of its pixels
	// are not wanted.
	skip := 0
	if g.bayer {
		skip = r.Min.X & 1
	}
	cells := skip + r.Dx()
	width := cells * g.n
	if g.bayer {
		width = min((cells+1)/2*4, src.Rect.Dx())
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		y0 := g.first(y, g.start.Y)
		for k := range g.n {
			row := src.Row(y0 + k*g.step())[:width]
			if g.bayer && b.kind > kindLin {
				row = s.paired(b.isa, k, row)
			}
			rows[k] = row
		}
		out := dst.Row(y)
		if skip == 0 {
			b.row(out, &rows, r.Min.X, y, s)
			continue
		}
		wide := s.line(cells)
		b.row(wide, &rows, r.Min.X-skip, y, s)
		copy(out, wide[skip:])
	}
}

// row computes one row of output whose first pixel is (x, y).
func (b *Binner) row(dst []uint16, rows *[4][]uint16, x, y int, s *scratch) {
	switch b.kind {
	case kindSum:
		switch b.g.n {
		case 2:
			if b.g.bayer {
				sum2Bayer(b.isa, s.mem, dst, rows[0], rows[1], b.round, b.shift)
				return
			}
			sum2(b.isa, s.mem, dst, rows[0], rows[1], b.round, b.shift)
		case 3:
			sum3(b.isa, s.mem, dst, rows[0], rows[1], rows[2], b.round, b.mul)
		case 4:
			sum4(b.isa, s.mem, dst, rows[0], rows[1], rows[2], rows[3], b.round, b.shift)
		}
	case kindLin:
		b.linearRow(dst, rows, x, y, s)
	}
}

// scratch is what one call needs for itself; Binner keeps them for reuse.
type scratch struct {
	band raw.Mosaic
	view raw.Mosaic
	pair [2][]uint16
	wide []uint16
	mem  access
}

func (s *scratch) paired(l isa, k int, row []uint16) []uint16 {
	s.pair[k] = grow(s.pair[k], len(row))
	pair(l, s.pair[k], row)
	return s.pair[k]
}

func (s *scratch) line(n int) []uint16 {
	s.wide = grow(s.wide, n)
	return s.wide
}

func grow[T any](v []T, n int) []T {
	if cap(v) < n {
		return make([]T, n)
	}
	return v[:n]
}

// ahead is the distance at which to prefetch from a frame in memory: the row
// that is needed when the present one is done.
func (b *Binner) ahead(m *raw.Mosaic) int { return 2 * m.Stride * b.g.n * b.g.step() }

// bandBytes bounds the input that is in hand at once: it stays in the second
// level cache.
const bandBytes = 1 << 20

// readTile fills dst from src, band by band.
func (b *Binner) readTile(ctx context.Context, dst *raw.Mosaic, src raw.Source) error {
	s := b.scratch.Get().(*scratch)
	defer b.scratch.Put(s)
	r := dst.Rect
	block := b.g.block(r)
	if v, ok := src.(raw.Viewer); ok {
		s.view = raw.Mosaic{Rect: block}
		if v.View(&s.view) {
			s.mem = access{ahead: b.ahead(&s.view)}
			b.run(dst, &s.view, s)
			s.view = raw.Mosaic{}
			return nil
		}
	}
	// Bands of whole output rows; on Bayer whole pairs of them.
	perRow := 2 * block.Dx() * b.g.n
	step := max(1, bandBytes/perRow)
	if b.g.bayer {
		step = max(2, step&^1)
	}
	for y := r.Min.Y; y < r.Max.Y; {
		end := min(y+step, r.Max.Y)
		if b.g.bayer && end < r.Max.Y {
			end &^= 1
		}
		part := window(dst, image.Rect(r.Min.X, y, r.Max.X, end))
		s.band.Reset(b.g.block(part.Rect), b.g.cfa)
		if err := src.ReadTile(ctx, &s.band); err != nil {
			return err
		}
		s.mem = access{}
		b.run(&part, &s.band, s)
		y = end
	}
	return nil
}
