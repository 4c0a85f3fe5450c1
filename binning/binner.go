package binning

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"
	"sync/atomic"

	"github.com/quadraw/quadraw/raw"
)

// Binner bins frames of one kind. It is made once from a header and options,
// is safe for concurrent use, and in the steady state allocates nothing on one
// worker.
type Binner struct {
	g       geometry
	out     *raw.Header
	inBlack raw.BlackLevel
	member  [2][2][]float64 // normalised weights by parity of y and x

	// What header needs to know of the arithmetic.
	scale      float64   // of the mean: 1, or N/2^s in Sum
	shotFactor float64   // by which NoiseModel.Scale changes
	readFactor float64   // by which NoiseModel.Offset changes
	rounding   float64   // variance added by rounding, output DN²
	exposure   []float64 // of the members, the longest being 1; or nil
	hdrRange   float64   // of the longest over the shortest exposure

	isa   isa
	kind  kind
	round uint32
	shift uint
	mul   float32 // kind sum with n = 3

	lin      linear
	judged   judged
	gain     *GainMap
	gains    []float32 // of the map, for every field; see setGains
	gainRows []atomic.Pointer[planes]
	mapped   []atomic.Pointer[linearRows]
	holes    []hole
	tables   [raw.Tight14 + 1]*unpackTable

	scratch, jobs sync.Pool
}

// kind is the family of kernels that a Binner runs.
type kind uint8

const (
	kindSum  kind = iota // equal weights, no gains: integer sums
	kindLin              // fixed weights or gains
	kindCell             // members judged: robust, clipping-aware
	kindEven             // the same in 2×2 with equal weights
	kindHDR              // exposures combined
)

// NewBinner checks the options against the header and prepares the
// arithmetic. TwoStep is New's and Bin's alone.
func NewBinner(h *raw.Header, o *Options) (*Binner, error) {
	opt := o.orDefault()
	if err := opt.check(h); err != nil {
		return nil, err
	}
	if opt.Noise != nil {
		h = h.Clone()
		h.Noise = *opt.Noise
	}
	g, err := newGeometry(h.Size, h.CFA, opt.Factor)
	if err != nil {
		return nil, err
	}
	all := implementations()
	b := &Binner{g: g, isa: all[len(all)-1], inBlack: h.Black.Clone(), gain: opt.GainMap}
	if err := b.setWeights(&opt); err != nil {
		return nil, err
	}
	if b.gain != nil {
		b.setGains()
	}
	b.setScale(&opt, h)
	if err := b.setKind(&opt, h); err != nil {
		return nil, err
	}
	if err := b.setExcluded(opt.Exclude); err != nil {
		return nil, err
	}
	if b.out, err = b.header(h); err != nil {
		return nil, err
	}
	for p := range b.tables {
		b.tables[p] = newUnpackTable(raw.Packing(p))
	}
	b.scratch.New = func() any { return new(scratch) }
	b.jobs.New = func() any { return new(job) }
	return b, nil
}

// setKind chooses the kernels that the options need.
func (b *Binner) setKind(o *Options, h *raw.Header) error {
	var err error
	switch {
	case o.Exposures != nil:
		err = b.setExposures(o, h)
	case o.Robust || o.ClipAware:
		err = b.setJudged(o, h)
	case b.gain != nil:
		b.setMapped(h)
	case b.equalWeights():
		b.setSum(o)
		return nil
	default:
		b.setLinear()
		return nil
	}
	if err != nil {
		return err
	}
	b.setRows(h)
	if b.gain != nil {
		b.gainRows = make([]atomic.Pointer[planes], b.keptRows())
	}
	return nil
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
	if b.gain != nil {
		// A member of gain g has 1/g of the cell's signal.
		g, g2 := b.gain.mean()
		b.shotFactor *= g
		b.readFactor *= g2
	}
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

// run bins src, which covers at least the cells of dst.Rect, into dst. src
// begins where geometry.block says.
func (b *Binner) run(dst *raw.Mosaic, src *input, s *scratch, m access) {
	r := dst.Rect
	fused := b.fused(src)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out := dst.Row(y)
		if fused {
			b.fusedRow(out, src, b.g.first(y, b.g.start.Y), s, m)
		} else {
			b.gatherRow(out, src, r.Min.X, y, s, m)
		}
		if len(b.holes) > 0 {
			b.mend(out, src, r.Min.X, y, s)
		}
	}
}

// gatherRow lays the member rows of output row y side by side and bins them
// from output column x on.
func (b *Binner) gatherRow(out []uint16, src *input, x, y int, s *scratch, m access) {
	g := &b.g
	// How many pixels of the first block are not wanted.
	skip := 0
	if g.bayer {
		skip = x & 1
	}
	cells := skip + len(out)
	width := cells * g.n
	if g.bayer {
		width = min((cells+1)/2*4, src.rect().Dx())
	}
	y0 := g.first(y, g.start.Y)
	for k := range g.n {
		s.rowSet[k] = s.row(b, src, k, y0+k*g.step())[:width]
	}
	if skip == 0 {
		b.row(out, &s.rowSet, x, y, s, m)
		return
	}
	wide := s.line(cells)
	b.row(wide, &s.rowSet, x-skip, y, s, m)
	copy(out, wide[skip:])
}

// row computes one row of output whose first pixel is (x, y).
func (b *Binner) row(dst []uint16, rows *[4][]uint16, x, y int, s *scratch, m access) {
	switch b.kind {
	case kindSum:
		switch {
		case b.g.bayer:
			sum2Bayer(b.isa, m, dst, rows[0], rows[1], b.round, b.shift)
		case b.g.n == 2:
			sum2(b.isa, m, dst, rows[0], rows[1], b.round, b.shift)
		case b.g.n == 3:
			sum3(b.isa, m, dst, rows[0], rows[1], rows[2], b.round, b.mul)
		case b.g.n == 4:
			sum4(b.isa, m, dst, rows[0], rows[1], rows[2], rows[3], b.round, b.shift)
		}
	case kindLin:
		b.linearRow(dst, rows, x, y, s, m)
	case kindCell:
		s.cellParams = b.judged.cell[y%b.cellPeriod()].from(x)
		if c := b.rowsOf(x, len(dst), y, s); b.g.bayer {
			cell2(b.isa, m, dst, true, rows, c, &s.cellParams)
		} else {
			cell(b.isa, m, dst, b.g.n, rows, c, &s.cellParams)
		}
	case kindEven:
		s.evenParams = b.judged.even[y%b.cellPeriod()].from(x)
		even(b.isa, m, dst, b.g.bayer, rows, b.rowsOf(x, len(dst), y, s), &s.evenParams)
	case kindHDR:
		s.hdrParams = b.judged.hdr[y%b.cellPeriod()].from(x)
		hdr(b.isa, m, dst, b.g.bayer, rows, b.rowsOf(x, len(dst), y, s), &s.hdrParams)
	}
}

// scratch is what one call needs for itself; Binner keeps them for reuse.
type scratch struct {
	band   raw.Mosaic
	bytes  []byte
	in     input
	rowSet [4][]uint16
	wide   []uint16

	unpacked [4][]uint16
	cell     [4][]uint16 // rows of one cell
	tiny     [4][4]uint16
	members  [16]uint16
	one      [2]uint16

	rows       cellRows
	black      planes
	blackOf    rowPart // what black was made for
	linear     linearRows
	linearOf   rowPart
	walk       fieldWalk
	cellParams cellParams
	evenParams evenParams
	hdrParams  hdrParams
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

// bandBytes bounds the samples that are in hand at once, packedBytes the packed
// ones, which cost nothing but a call to get: they stay in the second level
// cache, beside the result.
const (
	bandBytes   = 1 << 20
	packedBytes = 1 << 18
)

// readTile fills dst from src: from its memory if it shows it, from its packed
// bytes if it has them and most of the rows is wanted, else band by band.
func (b *Binner) readTile(ctx context.Context, dst *raw.Mosaic, src raw.Source) error {
	s := b.scratch.Get().(*scratch)
	defer b.scratch.Put(s)
	r := dst.Rect
	block := b.g.block(r)
	s.in = input{mosaic: raw.Mosaic{Rect: block}}
	defer func() { s.in = input{} }()
	if v, ok := src.(raw.Viewer); ok && v.View(&s.in.mosaic) {
		b.run(dst, &s.in, s, access{ahead: b.ahead(&s.in.mosaic)})
		return nil
	}
	packed, stride := raw.PackedSource(nil), 0
	if p, ok := src.(raw.PackedSource); ok && 2*block.Dx() >= b.g.in.X {
		if how, n, ok := p.Packing(); ok && how.Valid() && n >= how.RowBytes(b.g.in.X) {
			packed, stride = p, n
			s.in.how, s.in.stride, s.in.table = how, n, b.tables[how]
		}
	}
	// Bands of whole output rows; on Bayer whole pairs of them.
	step := max(1, bandBytes/(2*block.Dx()*b.g.n))
	if packed != nil {
		step = max(1, packedBytes/(stride*b.g.n))
	}
	if b.g.bayer {
		step = max(2, step&^1)
	}
	for y := r.Min.Y; y < r.Max.Y; {
		end := min(y+step, r.Max.Y)
		if b.g.bayer && end < r.Max.Y {
			end &^= 1
		}
		part := window(dst, image.Rect(r.Min.X, y, r.Max.X, end))
		block := b.g.block(part.Rect)
		if packed != nil {
			s.bytes = grow(s.bytes, block.Dy()*stride)
			rows, err := packed.PackedRows(ctx, block.Min.Y, block.Max.Y, s.bytes)
			if err != nil {
				return err
			}
			if need := (block.Dy()-1)*stride + s.in.how.RowBytes(b.g.in.X); len(rows) < need {
				return fmt.Errorf("%w: %d bytes of packed rows %d to %d, want %d", raw.ErrTruncated, len(rows), block.Min.Y, block.Max.Y, need)
			}
			s.in.packed = rows
			s.in.mosaic.Rect = block
		} else {
			s.band.Reset(block, b.g.cfa)
			if err := src.ReadTile(ctx, &s.band); err != nil {
				return err
			}
			s.in.mosaic = s.band
		}
		b.run(&part, &s.in, s, access{})
		y = end
	}
	return nil
}
