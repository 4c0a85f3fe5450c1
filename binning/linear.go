package binning

import (
	"math"

	"github.com/quadraw/quadraw/raw"
)

// linear is the arithmetic of fixed weights: integer coefficients at scale
// 2^shift. The rows are as wide as the frame, so a tile takes its part.
type linear struct {
	shift uint
	rows  [2]linearRows // by parity of the output row
}

// linearRows is a coefficient for each sample of the member rows and a bias,
// rounding and all that is constant, for each output pixel.
type linearRows struct {
	coeffs [4][]int16
	bias   []int32
}

func newLinearRows(cells, n int) linearRows {
	r := linearRows{bias: make([]int32, cells)}
	for k := range n {
		r.coeffs[k] = make([]int16, cells*n)
	}
	return r
}

// part returns the coefficients of cells x to x+cells−1.
func (r *linearRows) part(x, cells, n int) (coeffs [4][]int16, bias []int32) {
	for k := range n {
		coeffs[k] = r.coeffs[k][x*n : (x+cells)*n]
	}
	return coeffs, r.bias[x : x+cells]
}

func (b *Binner) setLinear() {
	b.kind = kindLin
	b.lin.shift = coefficientShift(b.scale)
	n, cells := b.g.n, b.g.out.X+1
	for py := range b.lin.rows {
		b.lin.rows[py] = newLinearRows(cells, n)
		rows := &b.lin.rows[py]
		for px := range 2 {
			f := make([]float64, n*n)
			for k, w := range b.member[py][px] {
				f[k] = w * b.scale
			}
			q := quantise(f, b.lin.shift)
			sum := int32(0)
			for _, c := range q {
				sum += int32(c)
			}
			for x := px; x < cells; x += 2 {
				for k, c := range q {
					rows.coeffs[k/n][x*n+k%n] = c
				}
				// The kernel takes 32768 from every sample.
				rows.bias[x] = sum<<15 + int32(1)<<b.lin.shift>>1
			}
		}
	}
	b.rounding = 1.0 / 12
	if b.scale == 1 && sixteenths(b.weights(0, 0)) {
		b.rounding = (256 - 1) / (12.0 * 256)
	}
}

// sixteenths reports whether every weight is a multiple of 1/16: then results
// before rounding are too.
func sixteenths(weights []float64) bool {
	for _, w := range weights {
		if w*16 != math.Trunc(w*16) {
			return false
		}
	}
	return true
}

func (b *Binner) linearRow(dst []uint16, rows *[4][]uint16, x, y int, s *scratch, m access) {
	var coeffs [4][]int16
	var bias []int32
	if b.gain == nil {
		coeffs, bias = b.lin.rows[y&1].part(x, len(dst), b.g.n)
	} else {
		coeffs, bias = b.mappedRows(x, len(dst), y, s).part(0, len(dst), b.g.n)
	}
	if b.g.bayer {
		lin2Bayer(b.isa, m, dst, rows[0], rows[1], coeffs[0], coeffs[1], bias, b.lin.shift)
		return
	}
	lin(b.isa, m, dst, b.g.n, rows, &coeffs, bias, b.lin.shift)
}

// setMapped prepares the linear kernel for weights and a gain map, whose
// coefficients are made as rows need them.
func (b *Binner) setMapped(h *raw.Header) {
	b.kind = kindLin
	b.judged.base = h.Black.Mean() * b.scale
	// Gains of one cell average one, or nearly.
	b.lin.shift = coefficientShift(1.25 * b.scale)
	b.rounding = 1.0 / 12
}

// mappedRows returns coefficients and biases of output columns x to
// x+cells−1 of row y under the gain map.
func (b *Binner) mappedRows(x, cells, y int, s *scratch) *linearRows {
	c := &s.linear[y%b.rowPeriod%maxRowPeriod]
	key := b.key(x, cells, y)
	if len(b.inBlack.DeltaV) > 0 {
		key.block = y
	}
	if c.key == key {
		return &c.rows
	}
	c.key = key
	n := b.g.n
	c.rows.bias = grow(c.rows.bias, cells)
	for k := range n {
		c.rows.coeffs[k] = grow(c.rows.coeffs[k], cells*n)
	}
	var g [64]float32
	p := b.g.cfa.Period()
	unit := math.Ldexp(1, int(b.lin.shift))
	for i := range cells {
		if i == 0 || (x+i)%mapCols == 0 {
			b.gainsAt(x+i, y, &g)
		}
		w := b.weights(x+i, y)
		sum, black := int32(0), 0.0
		for k := range n * n {
			at := b.g.member(x+i, y, k)
			q := int16(math.Round(w[k] * b.scale * float64(g[at.Y%p*p+at.X%p]) * unit))
			c.rows.coeffs[k/n][i*n+k%n] = q
			sum += int32(q)
			black += float64(q) * b.blackAt(at.X, at.Y)
		}
		c.rows.bias[i] = sum<<15 + int32(math.Round((b.judged.base+0.5)*unit-black))
	}
	return &c.rows
}
