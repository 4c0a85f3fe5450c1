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
	last []int16 // the first row of a pair
}

// Reset empties p and sets the length of its rows, a multiple of Align.
func (p *Pairs) Reset(cols int) {
	if cols%Align != 0 {
		panic("gram: columns not aligned")
	}
	p.cols, p.n, p.pix = cols, 0, p.pix[:0]
	if len(p.last) != cols {
		p.last = make([]int16, cols)
	}
}

// Append adds a row, which may be shorter than the others: zeros follow.
func (p *Pairs) Append(row []int16) {
	if p.n++; p.n%2 != 0 {
		clear(p.last[copy(p.last, row):])
		return
	}
	need := len(p.pix) + 2*p.cols
	if need > cap(p.pix) {
		bigger := make([]int16, len(p.pix), 2*need)
		copy(bigger, p.pix)
		p.pix = bigger
	}
	p.pix = p.pix[:need]
	interleave(p.pix[need-2*p.cols:], p.last, row)
}

// flush completes the last pair with a row of zeros.
func (p *Pairs) flush() {
	if p.n%2 != 0 {
		p.Append(nil)
		p.n--
	}
}

// interleave sets dst to the entries of a and b in turns; b may be shorter than
// a, which is as if zeros followed.
func interleave(dst, a, b []int16) {
	n := len(b) &^ 7
	if n > 0 {
		interleaveRows(dst[:2*n], a[:n], b[:n])
	}
	dst, a, b = dst[2*n:], a[n:], b[n:]
	for i, v := range a {
		dst[2*i], dst[2*i+1] = v, 0
		if i < len(b) {
			dst[2*i+1] = b[i]
		}
	}
}

func interleaveGeneric(dst, a, b []int16) {
	a, dst = a[:len(b)], dst[:2*len(b)]
	for i, v := range b {
		dst[2*i], dst[2*i+1] = a[i], v
	}
}

// Len returns the number of rows.
func (p *Pairs) Len() int { return p.n }

// AddTo adds Σ rowᵀ·row to sum, a matrix of cols×cols, of which only the part
// on and above the diagonal is complete. No rows may be appended afterwards
// before a Reset.
func (p *Pairs) AddTo(sum []int64) {
	p.flush()
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
