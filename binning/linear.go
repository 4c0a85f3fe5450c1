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
	var black [16][16]float64
	short := b.blackColumns(&black, y)
	var gain [16]float32
	unit := math.Ldexp(1, int(b.lin.shift))
	base := (b.judged.base + 0.5) * unit
	w := b.weights(x, y)
	q := b.g.outCF.Period()
	for i := 0; i < cells; i++ {
		if at := (x + i) % mapCols; short && at == q && i >= q {
			// Within a field all repeats with the period.
			end := min(i+mapCols-q, cells)
			for ; i < end; i += q {
				w := min(q, end-i)
				copy(c.rows.bias[i:i+w], c.rows.bias[i-q:])
				for k := range n {
					row := c.rows.coeffs[k]
					copy(row[i*n:(i+w)*n], row[(i-q)*n:])
				}
			}
			i = end - 1
			continue
		}
		if !short {
			b.blackOf(&black[(x+i)&15], x+i, y)
		}
		b.gainsOf(x+i, y, &gain)
		sum, level := int32(0), 0.0
		for k := range n * n {
			f := int16(float64(w[k]*b.scale*unit*float64(gain[k])) + 0.5)
			c.rows.coeffs[k/n][i*n+k%n] = f
			sum += int32(f)
			level += float64(float64(f) * black[(x+i)&15][k])
		}
		c.rows.bias[i] = sum<<15 + int32(math.Round(base-level))
	}
	return &c.rows
}
