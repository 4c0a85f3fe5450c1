package binning

import (
	"fmt"
	"image"
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
	base float64       // the one black level of the output, DN
	cell [8]cellParams // by output row modulo cellPeriod
	even [8]evenParams // likewise, for cells of 2×2 with equal weights
	hdr  [8]hdrParams  // likewise

	blackPeriod int      // of the black level's pattern, in output rows
	short       bool     // black levels repeat every 16 columns
	black       []planes // by output row modulo blackPeriod; nil if rows differ
	ones        planes   // the gains where there is no map
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

func (p *evenParams) from(x int) evenParams {
	if x&15 == 0 {
		return *p
	}
	out := evenParams{
		shot: p.shot.from(x), read: p.read.from(x), four: p.four.from(x), three: p.three.from(x),
		knee: p.knee.from(x), top: p.top.from(x), off: p.off.from(x),
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
		j.even[y] = p.even()
	}
	if b.g.n == 2 && b.equalWeights() {
		b.kind = kindEven
	}
	return nil
}

// even returns the constants of the even kernel for the same arithmetic.
func (p *cellParams) even() evenParams {
	e := evenParams{off: p.off}
	for x := range e.shot {
		e.shot[x], e.read[x] = 2*p.shot[x], 4*min(p.read[x], math.MaxFloat32/4)
		e.four[x], e.three[x] = p.scale[x]/4, p.scale[x]/3
		e.knee[x], e.top[x] = p.knee[x]*p.scale[x], p.top[x]*p.scale[x]
		last := uint16(max(p.clip[x], 1) - 1)
		e.clip[x] = [2]uint16{last, last}
	}
	return e
}

const defaultSigma = 5

// setRows prepares what turns samples into x, for the kinds that need it.
func (b *Binner) setRows(h *raw.Header) {
	j := &b.judged
	j.blackPeriod = b.g.period(max(h.Black.Rows, 1))
	j.short = len(h.Black.DeltaH) == 0 && 16%b.g.period(max(h.Black.Cols, 1)) == 0
	if len(h.Black.DeltaV) == 0 {
		j.black = make([]planes, j.blackPeriod)
		for y := range j.black {
			b.fillBlack(&j.black[y], 0, b.g.out.X+1, y)
		}
	}
	j.ones = planes{make([]float32, 16*fixedColumns), fixedColumns, true}
	for i := range j.ones.v {
		j.ones.v[i] = 1
	}
}

// fixedColumns lets kernels read 32 columns from any of the first 16 on.
const fixedColumns = 48

// fillBlack sets the black levels of output columns x to x+cells−1 of row y, or
// of all columns where they repeat.
func (b *Binner) fillBlack(p *planes, x, cells, y int) {
	members := b.g.n * b.g.n
	p.fixed = b.judged.short
	if p.fixed {
		x, cells = 0, fixedColumns
	}
	p.stride = cells
	p.v = grow(p.v, members*cells)
	var level [16]float64
	for i := range cells {
		at := x + i
		if p.fixed {
			at = i & 15
		}
		b.blackOf(&level, at, y)
		for k := range members {
			p.v[k*cells+i] = float32(level[k])
		}
	}
}

// fillGains sets the gains of row y.
func (b *Binner) fillGains(p *planes, w *fieldWalk, y int) {
	members, cells := b.g.n*b.g.n, b.g.out.X+1
	p.stride, p.fixed = cells, false
	p.v = grow(p.v, members*cells)
	b.eachField(w, 0, cells, y, func(i, end int, gain *[16]float32, _ *[16]float64, every int) {
		for k := range members {
			plane, g := p.v[k*cells:(k+1)*cells], gain[k]
			for j := i; j < end; j += every {
				plane[j] = g
			}
		}
	})
}

// eachField calls f for output columns x to x+cells−1 of row y: with columns
// i, i+every, … below end, counted from x, whose members have the same gains
// and black levels. Within a field of the gain map these repeat with the
// colours, unless the black level has a pattern of its own.
func (b *Binner) eachField(w *fieldWalk, x, cells, y int, f func(i, end int, gain *[16]float32, black *[16]float64, every int)) {
	short, q := b.blackColumns(&w.black, y), b.g.outCF.Period()
	if !short {
		for i := range cells {
			b.blackOf(&w.black[0], x+i, y)
			b.gainsOf(x+i, y, &w.gain)
			f(i, i+1, &w.gain, &w.black[0], 1)
		}
		return
	}
	// Fields are whole periods wide, so that members stand alike in each.
	for j := range q {
		b.fieldIndex(j, y, &w.at[j])
	}
	p := b.g.cfa.Period()
	fields := b.g.fields()
	row := b.gains[y/mapRows*fields.X*p*p:]
	for i := 0; i < cells; {
		// Rows of constants may be one column wider than the frame.
		field := row[min((x+i)/mapCols, fields.X-1)*p*p:][:p*p]
		end := min(i+mapCols-(x+i)%mapCols, cells)
		for j := i; j < min(i+q, end); j++ {
			for k, from := range w.at[(x+j)%q][:b.g.n*b.g.n] {
				w.gain[k] = field[from]
			}
			f(j, end, &w.gain, &w.black[(x+j)&15], q)
		}
		i = end
	}
}

// fieldWalk is what eachField needs for itself.
type fieldWalk struct {
	gain  [16]float32
	black [16][16]float64
	at    [mapCols][16]int // of the members of the first columns among a field's gains
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
	fields := b.g.fields()
	b.gains = make([]float32, fields.X*fields.Y*p*p)
	var g [64]float32
	for i := range fields.Y {
		for j := range fields.X {
			x := b.g.start.X + b.g.n*(j*mapCols+mapCols/2)
			y := b.g.start.Y + b.g.n*(i*mapRows+mapRows/2)
			b.gain.at(float64(x), float64(y), &g)
			copy(b.gains[(i*fields.X+j)*p*p:], g[:p*p])
		}
	}
}

// fields is how many fields of mapCols×mapRows output pixels there are.
func (g *geometry) fields() image.Point {
	return image.Pt((g.out.X+mapCols-1)/mapCols, (g.out.Y+mapRows-1)/mapRows)
}

// gainsOf sets the members' gains of output pixel (x, y).
func (b *Binner) gainsOf(x, y int, out *[16]float32) {
	p, fields := b.g.cfa.Period(), b.g.fields()
	field := b.gains[(y/mapRows*fields.X+min(x/mapCols, fields.X-1))*p*p:][:p*p]
	var at [16]int
	b.fieldIndex(x, y, &at)
	for k := range b.g.n * b.g.n {
		out[k] = field[at[k]]
	}
}

// fieldIndex sets where among a field's gains those of the members of output
// pixel (x, y) are.
func (b *Binner) fieldIndex(x, y int, out *[16]int) {
	p := b.g.cfa.Period()
	for k := range b.g.n * b.g.n {
		m := b.g.member(x, y, k)
		out[k] = m.Y%p*p + m.X%p
	}
}

// rowsOf returns the constants of output columns x to x+cells−1 of row y.
func (b *Binner) rowsOf(x, cells, y int, s *scratch) *cellRows {
	j := &b.judged
	s.rows.gain = j.ones
	if b.gain != nil {
		s.rows.gain = b.gainRow(y, s).from(x)
	}
	if j.black != nil {
		s.rows.black = j.black[y%j.blackPeriod].from(x)
		return &s.rows
	}
	if !s.blackOf.holds(x, cells, y) {
		s.blackOf = rowPart{true, x, cells, y}
		b.fillBlack(&s.black, x, cells, y)
	}
	s.rows.black = s.black
	if s.black.fixed {
		s.rows.black = s.black.from(x)
	} else {
		s.rows.black = s.black.from(x - s.blackOf.x)
	}
	return &s.rows
}

// rowPart says what part of which row constants were made for.
type rowPart struct {
	made        bool
	x, cells, y int
}

func (p rowPart) holds(x, cells, y int) bool {
	return p.made && y == p.y && x >= p.x && x+cells <= p.x+p.cells
}

// A gain map's constants are made when a row first needs them, and kept: they
// repeat within mapRows rows and from frame to frame. On a 12032×9024 Quad
// sensor they come to 10 MB, or 14 if members are judged too.

// keptRow is where the constants of row y are kept.
func (b *Binner) keptRow(y int) int {
	period := b.g.outCF.Period()
	return y/mapRows*period + y%period
}

func (b *Binner) keptRows() int { return b.g.fields().Y * b.g.outCF.Period() }

// gainRow returns the gains of row y.
func (b *Binner) gainRow(y int, s *scratch) *planes {
	at := &b.gainRows[b.keptRow(y)]
	if p := at.Load(); p != nil {
		return p
	}
	p := new(planes)
	b.fillGains(p, &s.walk, y)
	at.Store(p)
	return p
}
