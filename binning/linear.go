package binning

import (
	"math"
)

// linear is the arithmetic of fixed weights: integer coefficients at scale
// 2^shift for the members of a cell.
type linear struct {
	shift  uint
	factor [2][2][]int16 // by parity of y and x of the output pixel
	bias   [2][2]int32   // rounding, and what the kernel's −32768 takes away
}

// linearScratch is a row of coefficients for each member row and of biases.
type linearScratch struct {
	coeffs [4][]int16
	bias   []int32
	// What the rows were made for, so that they are made once.
	x, y, n int
	owner   *Binner
}

func (b *Binner) setLinear() {
	b.kind = kindLin
	b.lin.shift = coefficientShift(b.scale)
	for py := range 2 {
		for px := range 2 {
			f := make([]float64, len(b.member[py][px]))
			for k, w := range b.member[py][px] {
				f[k] = w * b.scale
			}
			q := quantise(f, b.lin.shift)
			sum := int32(0)
			for _, c := range q {
				sum += int32(c)
			}
			b.lin.factor[py][px] = q
			b.lin.bias[py][px] = sum<<15 + int32(1)<<b.lin.shift>>1
		}
	}
	b.rounding = 1.0 / 12
	if exactQuarters(b) {
		b.rounding = (256 - 1) / (12.0 * 256)
	}
}

// exactQuarters reports whether every weight is a multiple of 1/16 on a scale
// of one, so that results before rounding are too.
func exactQuarters(b *Binner) bool {
	for _, w := range b.weights(0, 0) {
		if w16 := w * 16; w16 != math.Trunc(w16) {
			return false
		}
	}
	return b.scale == 1
}

func (b *Binner) linearRow(dst []uint16, rows *[4][]uint16, x, y int, s *scratch) {
	l := &s.lin
	n := b.g.n
	if l.owner != b || l.x&1 != x&1 || l.y&1 != y&1 || l.n < len(dst) {
		l.owner, l.x, l.y, l.n = b, x, y, len(dst)
		l.bias = grow(l.bias, l.n)
		for k := range n {
			l.coeffs[k] = grow(l.coeffs[k], l.n*n)
		}
		for i := range l.n {
			q := b.lin.factor[y&1][(x+i)&1]
			l.bias[i] = b.lin.bias[y&1][(x+i)&1]
			for k, c := range q {
				l.coeffs[k/n][i*n+k%n] = c
			}
		}
	}
	lin(b.isa, dst, n, rows, &l.coeffs, l.bias, b.lin.shift)
}
