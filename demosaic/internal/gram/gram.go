// Package gram computes Gram matrices of small integers exactly, so that they
// are the same bits in whatever order and on however many cores they are
// added up.
package gram

// Align is what the number of columns is a multiple of.
const Align = 24

// Limit bounds the size of the entries of a row.
const Limit = 4095

// chunk pairs of products of entries up to Limit fit an int32.
const chunk = 64

const blockRows = 4

// Pairs holds rows of int16 two by two, the entries of a pair interleaved: how
// the kernel wants them.
type Pairs struct {
	cols int
	n    int // rows
	pix  []int16
}

// Reset empties p and sets the length of its rows, a multiple of Align.
func (p *Pairs) Reset(cols int) {
	if cols%Align != 0 {
		panic("gram: columns not aligned")
	}
	p.cols, p.n, p.pix = cols, 0, p.pix[:0]
}

// Append adds a row, which may be shorter than the others: zeros follow.
func (p *Pairs) Append(row []int16) {
	if p.n%2 == 0 {
		need := len(p.pix) + 2*p.cols
		if need > cap(p.pix) {
			bigger := make([]int16, len(p.pix), 2*need)
			copy(bigger, p.pix)
			p.pix = bigger
		}
		p.pix = p.pix[:need]
		clear(p.pix[need-2*p.cols:])
	}
	pair := p.pix[len(p.pix)-2*p.cols:]
	o := p.n % 2
	for i, v := range row {
		pair[2*i+o] = v
	}
	p.n++
}

// Len returns the number of rows.
func (p *Pairs) Len() int { return p.n }

// AddTo adds Σ rowᵀ·row to sum, a matrix of cols×cols, of which only the part
// on and above the diagonal is complete.
func (p *Pairs) AddTo(sum []int64) {
	var block [blockRows * Align]int32
	w := p.cols
	for pairs := p.pix; len(pairs) > 0; {
		n := min(chunk, len(pairs)/(2*w))
		part := pairs[:n*2*w]
		pairs = pairs[n*2*w:]
		for i := 0; i < w; i += blockRows {
			for j := i / Align * Align; j < w; j += Align {
				products(&block, part, 2*i, 2*j, 2*w)
				for k := range blockRows {
					dst := sum[(i+k)*w+j:][:Align]
					for l, v := range block[k*Align:][:Align] {
						dst[l] += int64(v)
					}
				}
			}
		}
	}
}

// generic sums, over all pairs (stride entries each), the products of the 4
// entries from a with the 24 from b.
func generic(dst *[blockRows * Align]int32, pairs []int16, a, b, stride int) {
	clear(dst[:])
	for ; len(pairs) >= stride; pairs = pairs[stride:] {
		left, right := pairs[a:a+2*blockRows], pairs[b:b+2*Align]
		for i := range blockRows {
			l0, l1 := int32(left[2*i]), int32(left[2*i+1])
			for j := range Align {
				dst[i*Align+j] += l0*int32(right[2*j]) + l1*int32(right[2*j+1])
			}
		}
	}
}
