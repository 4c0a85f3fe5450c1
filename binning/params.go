package binning

import (
	"fmt"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// mapCols×mapRows output pixels share one interpolated set of gains, counted
// from the frame's (0, 0): gain maps are smooth, and interpolating for every
// pixel would cost more than binning it.
const (
	mapCols = 8
	mapRows = 64
)

// judged is the arithmetic of cells whose members are subtracted their black,
// multiplied by gains and judged.
type judged struct {
	base  float64       // the one black level of the output, DN
	cell  [8]cellParams // by output row modulo cellPeriod
	hdr   [8]hdrParams  // likewise
	fixed []cellRows    // by output row modulo rowPeriod, where they do not vary
}

// cellPeriod is after how many output rows colours repeat.
func (b *Binner) cellPeriod() int { return b.g.outCF.Period() }

// from returns constants of output columns x to x+15 from those that begin at
// column 0: colours repeat every outCF.Period() columns, and all of them
// divide 16 except 6, which binning never leaves.
func (v *lanes) from(x int) lanes {
	var out lanes
	for i := range out {
		out[i] = v[(x+i)&15]
	}
	return out
}

func (p *cellParams) from(x int) cellParams {
	if x&15 == 0 {
		return *p
	}
	out := *p
	out.shot, out.read, out.knee, out.top, out.off = p.shot.from(x), p.read.from(x), p.knee.from(x), p.top.from(x), p.off.from(x)
	out.scale = p.scale.from(x)
	for k := range out.weight {
		out.weight[k] = p.weight[k].from(x)
	}
	for i := range out.clip {
		out.clip[i] = p.clip[(x+i)&15]
	}
	return out
}

func (p *hdrParams) from(x int) hdrParams {
	if x&15 == 0 {
		return *p
	}
	out := *p
	for l := range p.coeff {
		for k := range p.coeff[l] {
			out.coeff[l][k] = p.coeff[l][k].from(x)
			out.in[l][k] = p.in[l][k].from(x)
		}
		out.high[l], out.slope[l] = p.high[l].from(x), p.slope[l].from(x)
	}
	out.off, out.scale = p.off.from(x), p.scale.from(x)
	return out
}

// setJudged prepares robust and clipping-aware binning.
func (b *Binner) setJudged(o *Options, h *raw.Header) error {
	b.kind = kindCell
	b.rounding = 1.0 / 12
	j := &b.judged
	j.base = h.Black.Mean() * b.scale
	sigma := o.Sigma
	if sigma == 0 {
		sigma = defaultSigma
	}
	if o.Robust {
		if !(sigma >= 1 && sigma <= 100) {
			return fmt.Errorf("%w: a threshold of %g standard deviations, want 1 to 100", raw.ErrOption, sigma)
		}
		if !h.Noise.Known() {
			return fmt.Errorf("%w: robust binning needs the frame's noise profile", raw.ErrOption)
		}
	}
	for y := range b.cellPeriod() {
		p := &j.cell[y]
		for x := range 16 {
			for k, w := range b.weights(x, y) {
				p.weight[k][x] = float32(w)
			}
			p.scale[x] = float32(b.scale)
			color := b.g.outCF.ColorAt(x, y)
			white := h.White[color]
			unit := white - h.Black.Mean()
			p.shot[x], p.read[x] = 0, math.MaxFloat32
			if o.Robust {
				m := h.Noise[color]
				p.shot[x] = float32(sigma * sigma * m.Scale * unit)
				p.read[x] = float32(sigma * sigma * m.Offset * unit * unit)
			}
			p.clip[x] = 1 << 16
			if o.ClipAware {
				p.clip[x] = int32(math.Ceil(white))
			}
			p.knee[x] = float32(0.75 * unit)
			p.top[x] = float32(unit)
			p.off[x] = float32(j.base + 0.5)
		}
	}
	return nil
}

const defaultSigma = 5

// maxRowPeriod bounds the rows of constants that are kept.
const maxRowPeriod = 8

// setRows prepares what turns samples into x, for the kinds that need it.
func (b *Binner) setRows(h *raw.Header) error {
	b.rowPeriod = b.g.period(max(h.Black.Rows, 1))
	if b.gain != nil {
		b.rowPeriod = lcm(b.rowPeriod, b.g.outCF.Period())
	}
	if b.rowPeriod > maxRowPeriod {
		return &raw.UnsupportedError{Feature: fmt.Sprintf("a black level pattern of %d rows in this binning mode", h.Black.Rows)}
	}
	if b.gain != nil || len(h.Black.DeltaV) > 0 || b.kind == kindLin {
		return nil // made as rows need them
	}
	// Where black repeats every 16 columns the constants are few.
	columns, short := b.g.out.X+1, false
	if len(h.Black.DeltaH) == 0 && 16%b.g.period(max(h.Black.Cols, 1)) == 0 {
		columns, short = fixedColumns, true
	}
	b.judged.fixed = make([]cellRows, b.rowPeriod)
	for y := range b.judged.fixed {
		b.fillRows(&b.judged.fixed[y], 0, columns, y)
		b.judged.fixed[y].fixed = short
	}
	return nil
}

// fixedColumns lets kernels read 32 columns from any of the first 16 on.
const fixedColumns = 48

func lcm(a, b int) int { return a / gcd(a, b) * b }

// fillRows computes gain and bias of output columns x to x+cells−1 of row y.
func (b *Binner) fillRows(r *cellRows, x, cells, y int) {
	members := b.g.n * b.g.n
	r.stride, r.fixed = cells, false
	r.planes = grow(r.planes, 2*members*cells)
	var black [16][16]float64
	short := b.blackColumns(&black, y)
	gain := [16]float32{}
	for k := range gain {
		gain[k] = 1
	}
	q := b.g.outCF.Period()
	for i := 0; i < cells; i++ {
		if at := (x + i) % mapCols; b.gain != nil && short && at == q && i >= q {
			// Within a field all repeats with the period.
			end := min(i+mapCols-q, cells)
			for k := range 2 * members {
				plane := r.planes[k*cells : (k+1)*cells]
				for j := i; j < end; j++ {
					plane[j] = plane[j-q]
				}
			}
			i = end - 1
			continue
		}
		if !short {
			b.blackOf(&black[(x+i)&15], x+i, y)
		}
		if b.gain != nil {
			b.gainsOf(x+i, y, &gain)
		}
		level := &black[(x+i)&15]
		for k := range members {
			r.planes[2*k*cells+i] = gain[k]
			r.planes[(2*k+1)*cells+i] = -float32(level[k]) * gain[k]
		}
	}
}

// blackOf sets the members' black levels of output pixel (x, y).
func (b *Binner) blackOf(out *[16]float64, x, y int) {
	for k := range b.g.n * b.g.n {
		at := b.g.member(x, y, k)
		out[k] = b.inBlack.At(at.X, at.Y, 0)
	}
}

// blackColumns sets black levels of 16 output columns of row y from 0 on, and
// reports whether they repeat with the colours, for all the row.
func (b *Binner) blackColumns(out *[16][16]float64, y int) bool {
	for x := range out {
		b.blackOf(&out[x], x, y)
	}
	return len(b.inBlack.DeltaH) == 0 && b.g.outCF.Period()%b.g.period(max(b.inBlack.Cols, 1)) == 0 && 16%b.g.outCF.Period() == 0
}

// setGains interpolates the map for every field of mapCols×mapRows output
// pixels, once for all frames.
func (b *Binner) setGains() {
	p := b.g.cfa.Period()
	cols, rows := (b.g.out.X+mapCols-1)/mapCols, (b.g.out.Y+mapRows-1)/mapRows
	b.gains = make([]float32, cols*rows*p*p)
	var g [64]float32
	for i := range rows {
		for j := range cols {
			x := b.g.start.X + b.g.n*(j*mapCols+mapCols/2)
			y := b.g.start.Y + b.g.n*(i*mapRows+mapRows/2)
			b.gain.at(float64(x), float64(y), &g)
			copy(b.gains[(i*cols+j)*p*p:], g[:p*p])
		}
	}
}

// gainsOf sets the members' gains of output pixel (x, y).
func (b *Binner) gainsOf(x, y int, out *[16]float32) {
	p, n := b.g.cfa.Period(), b.g.n
	cols := (b.g.out.X + mapCols - 1) / mapCols
	// Rows of constants may be one column wider than the frame.
	field := b.gains[(y/mapRows*cols+min(x/mapCols, cols-1))*p*p:][:p*p]
	at := b.g.member(x, y, 0)
	x0, y0 := at.X%p, at.Y%p
	for k := range n * n {
		row := y0 + k/n
		if row >= p {
			row -= p
		}
		col := x0 + k%n
		if col >= p {
			col -= p
		}
		out[k] = field[row*p+col]
	}
}

// rowsOf returns the constants of output columns x to x+cells−1 of row y.
func (b *Binner) rowsOf(x, cells, y int, s *scratch) *cellRows {
	if b.judged.fixed != nil {
		f := &b.judged.fixed[y%b.rowPeriod]
		s.rows = cellRows{f.planes[f.column(x):], f.stride, f.fixed}
		return &s.rows
	}
	c := &s.cached[b.slot(y, cells)]
	if key := b.key(x, cells, y); c.key != key {
		c.key = key
		b.fillRows(&c.rows, x, cells, y)
	}
	return &c.rows
}

// slot is where the constants of row y are kept; single cells, which are
// mended between whole rows, have one of their own.
func (b *Binner) slot(y, cells int) int {
	if cells <= 2 {
		return maxRowPeriod
	}
	return y % b.rowPeriod
}

func (b *Binner) key(x, cells, y int) rowKey {
	k := rowKey{b, x, cells, y / mapRows, y % b.rowPeriod}
	if len(b.inBlack.DeltaV) > 0 {
		k.block = y
	}
	return k
}

// rowKey says what cached rows were made for.
type rowKey struct {
	b                      *Binner
	x, cells, block, class int
}

type cachedRows struct {
	key  rowKey
	rows cellRows
}

// cachedLinear are coefficients under a gain map.
type cachedLinear struct {
	key  rowKey
	rows linearRows
}
