package binning

import (
	"math"
	"sync/atomic"

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
		r.coeffs[k] = make([]int16, cells*coefficientsOf(n))
	}
	return r
}

// part returns the coefficients of cells x to x+cells−1.
func (r *linearRows) part(x, cells, n int) (coeffs [4][]int16, bias []int32) {
	w := coefficientsOf(n)
	for k := range n {
		coeffs[k] = r.coeffs[k][x*w : (x+cells)*w]
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
					rows.coeffs[k/n][x*coefficientsOf(n)+k%n] = c
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
		coeffs, bias = b.mappedPart(x, len(dst), y, s)
	}
	if b.g.bayer {
		lin2Bayer(b.isa, m, dst, rows[0], rows[1], coeffs[0], coeffs[1], bias, b.lin.shift)
		return
	}
	lin(b.isa, m, dst, b.g.n, rows, &coeffs, bias, b.lin.shift)
}

// setMapped prepares the linear kernel for weights and a gain map, whose
// coefficients are made when a row first needs them.
func (b *Binner) setMapped(h *raw.Header) {
	b.kind = kindLin
	period := lcm(b.g.outCF.Period(), b.g.period(max(h.Black.Rows, 1)))
	b.mapped = make([]atomic.Pointer[linearRows], b.g.fields().Y*period)
	b.judged.base = h.Black.Mean() * b.scale
	// Gains of one cell average one, or nearly.
	b.lin.shift = coefficientShift(1.25 * b.scale)
	b.rounding = 1.0 / 12
}

// mappedPart returns coefficients and biases of output columns x to
// x+cells−1 of row y under the gain map.
func (b *Binner) mappedPart(x, cells, y int, s *scratch) (coeffs [4][]int16, bias []int32) {
	if len(b.inBlack.DeltaV) > 0 {
		// Every row has biases of its own.
		if !s.linearOf.holds(x, cells, y) {
			s.linearOf = rowPart{true, x, cells, y}
			b.fillMapped(&s.linear, &s.walk, x, cells, y)
		}
		return s.linear.part(x-s.linearOf.x, cells, b.g.n)
	}
	at := &b.mapped[b.mappedRow(y)]
	rows := at.Load()
	if rows == nil {
		rows = new(linearRows)
		b.fillMapped(rows, &s.walk, 0, b.g.out.X+1, y)
		at.Store(rows)
	}
	return rows.part(x, cells, b.g.n)
}

// mappedRow is where the coefficients of row y are kept: unlike gains they
// depend on the black level's pattern.
func (b *Binner) mappedRow(y int) int {
	period := lcm(b.g.outCF.Period(), b.g.period(max(b.inBlack.Rows, 1)))
	return y/mapRows*period + y%period
}

func lcm(a, b int) int { return a / gcd(a, b) * b }

// fillMapped sets coefficients and biases of output columns x to x+cells−1 of
// row y.
func (b *Binner) fillMapped(rows *linearRows, walk *fieldWalk, x, cells, y int) {
	n := b.g.n
	wide := coefficientsOf(n)
	rows.bias = grow(rows.bias, cells)
	for k := range n {
		rows.coeffs[k] = grow(rows.coeffs[k], cells*wide)
	}
	unit := math.Ldexp(1, int(b.lin.shift))
	base := (b.judged.base+0.5)*unit + 0.5
	var weight [16]float64
	for k, w := range b.weights(x, y) {
		weight[k] = w * b.scale * unit
	}
	b.eachField(walk, x, cells, y, func(i, end int, gain *[16]float32, black *[16]float64, every int) {
		var f [16]int16
		sum, level := int32(0), 0.0
		for k := range n * n {
			q := int16(float64(weight[k&15]*float64(gain[k&15])) + 0.5)
			f[k&15] = q
			sum += int32(q)
			level += float64(float64(q) * black[k&15])
		}
		bias := sum<<15 + int32(math.Floor(base-level))
		for j := i; j < end; j += every {
			rows.bias[j] = bias
		}
		for k := range n {
			part := f[k*n : k*n+n]
			for row := rows.coeffs[k][i*wide : end*wide]; ; row = row[every*wide:] {
				// A copy of two would take longer by a call.
				row[0], row[1] = part[0], part[1]
				if n > 2 {
					copy(row[2:n], part[2:])
				}
				if len(row) <= every*wide {
					break
				}
			}
		}
	})
}
