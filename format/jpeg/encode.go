package jpeg

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/quadraw/quadraw/internal/packing"
	"github.com/quadraw/quadraw/raw"
)

// coder turns rows of pixels into the entropy-coded data of a baseline scan in
// 4:2:0 (ITU T.81, annex F), with the tables of image/jpeg but faster: planes
// in, reciprocals instead of divisions, zero coefficients skipped by a bit mask,
// 32 bits written at a time.
type coder struct {
	tables *tables
	out    []byte
	bits   uint64 // pending bits, in the lowest count places
	count  uint   // fewer than 32 between symbols
	dc     [3]int32
}

// tables are a quality's: quantisation of luminance and chrominance, and the
// Huffman codes.
type tables struct {
	quant [2]quantizer
	huff  [2][2]huffman // of luminance and chrominance, DC and AC
}

// quantizer divides coefficients, which the transform leaves 8 times too
// large, in zigzag order.
type quantizer struct {
	half, reciprocal [64]uint32
}

type huffman struct {
	code   [256]uint32
	length [256]uint8
}

// parseTables reads the tables of a file of image/jpeg.
func parseTables(data []byte) (*tables, error) {
	t := &tables{}
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if end > len(data) {
			break
		}
		body := data[at+4 : end]
		switch data[at+1] {
		case 0xdb:
			for ; len(body) >= 65; body = body[65:] {
				t.quant[body[0]&1].set(body[1:65])
			}
		case 0xc4:
			for len(body) >= 17 {
				n := 0
				for _, c := range body[1:17] {
					n += int(c)
				}
				if len(body) < 17+n {
					break
				}
				t.huff[body[0]&1][body[0]>>4&1].set(body[1:17], body[17:17+n])
				body = body[17+n:]
			}
		case 0xda:
			return t, nil
		}
		at = end
	}
	return nil, fmt.Errorf("image/jpeg wrote no tables")
}

func (q *quantizer) set(table []byte) {
	for i, v := range table {
		d := uint64(v) * 8
		q.half[i] = uint32(d / 2)
		q.reciprocal[i] = uint32((1<<32 + d - 1) / d)
	}
}

func (h *huffman) set(counts, values []byte) {
	code, k := uint32(0), 0
	for i, n := range counts {
		for range n {
			h.code[values[k]], h.length[values[k]] = code, uint8(i+1)
			code++
			k++
		}
		code <<= 1
	}
}

// encode appends the scan data of a band whose first pixel begins a restart
// interval. At the right and the lower border the last pixel is repeated.
func (c *coder) encode(m *raw.RGB) {
	c.dc, c.bits, c.count = [3]int32{}, 0, 0
	var y [4]block
	var cb, cr block
	var edge [3][unit]uint16
	for y0 := m.Rect.Min.Y; y0 < m.Rect.Max.Y; y0 += unit {
		for x0 := 0; x0 < m.Rect.Dx(); x0 += unit {
			for j := range unit {
				var row [3]*[unit]uint16
				for plane := range row {
					row[plane] = load(&edge[plane], m, raw.Color(plane), x0, y0+j)
				}
				convert(&y, &cb, &cr, j, row[0], row[1], row[2])
			}
			for i := range cb {
				cb[i], cr[i] = (cb[i]+2)>>2-128, (cr[i]+2)>>2-128
			}
			for i := range y {
				c.block(&y[i], 0, 0)
			}
			c.block(&cb, 1, 1)
			c.block(&cr, 1, 2)
		}
	}
	c.finish()
}

// load returns unit samples of a row from x0 on: where they lie, or at the
// border copied to edge with the last one repeated.
func load(edge *[unit]uint16, m *raw.RGB, plane raw.Color, x0, y int) *[unit]uint16 {
	row := m.Row(plane, min(y, m.Rect.Max.Y-1))[x0:]
	if len(row) >= unit {
		return (*[unit]uint16)(row)
	}
	for i := range edge {
		edge[i] = row[min(i, len(row)-1)]
	}
	return edge
}

// block is 8×8 samples or coefficients, row by row.
type block [64]int32

// convert puts row j of unit pixels into four blocks of luminance, centred at
// zero, and adds it to the sums of 2×2 pixels that become the chrominance.
// Rounding is that of image/color.
func convert(y *[4]block, cb, cr *block, j int, r, g, b *[unit]uint16) {
	at := j / 2 * 8
	sumB, sumR := (*[8]int32)(cb[at:]), (*[8]int32)(cr[at:])
	if j%2 == 0 {
		*sumB, *sumR = [8]int32{}, [8]int32{}
	}
	left, right := (*[8]int32)(y[j/8*2][j%8*8:]), (*[8]int32)(y[j/8*2+1][j%8*8:])
	half := func(out *[8]int32, r, g, b *[8]uint16, sumB, sumR *[4]int32) {
		for i := range out {
			r1, g1, b1 := int32(packing.To8(r[i])), int32(packing.To8(g[i])), int32(packing.To8(b[i]))
			out[i] = (19595*r1+38470*g1+7471*b1+1<<15)>>16 - 128
			// The largest is 256 before it is clipped, the smallest 0.
			sumB[i/2] += min((-11056*r1-21712*g1+32768*b1+257<<15)>>16, 255)
			sumR[i/2] += min((32768*r1-27440*g1-5328*b1+257<<15)>>16, 255)
		}
	}
	half(left, (*[8]uint16)(r[:8]), (*[8]uint16)(g[:8]), (*[8]uint16)(b[:8]), (*[4]int32)(sumB[:4]), (*[4]int32)(sumR[:4]))
	half(right, (*[8]uint16)(r[8:]), (*[8]uint16)(g[8:]), (*[8]uint16)(b[8:]), (*[4]int32)(sumB[4:]), (*[4]int32)(sumR[4:]))
}

// zigzag is where the coefficient of each place in the scan lies in a block
// (T.81, figure A.6).
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// block transforms, quantises and codes b with the tables of luminance (0) or
// chrominance (1).
func (c *coder) block(b *block, kind, component int) {
	transform(b)
	q := &c.tables.quant[kind]
	var coef [64]int32
	nonzero := uint64(0)
	for i, at := range zigzag {
		a := b[at&63]
		sign := a >> 31
		v := int32(uint64(uint32((a^sign)-sign)+q.half[i]) * uint64(q.reciprocal[i]) >> 32)
		if v != 0 {
			coef[i] = (v ^ sign) - sign
			nonzero |= 1 << i
		}
	}
	d := coef[0] - c.dc[component]
	c.dc[component] = coef[0]
	c.put(&c.tables.huff[kind][0], 0, d)
	ac := &c.tables.huff[kind][1]
	last := 0
	for nonzero &^= 1; nonzero != 0; nonzero &= nonzero - 1 {
		i := bits.TrailingZeros64(nonzero) & 63
		run := i - last - 1
		for ; run > 15; run -= 16 {
			c.symbol(ac, 0xf0)
		}
		c.put(ac, run<<4, coef[i])
		last = i
	}
	if last < 63 {
		c.symbol(ac, 0)
	}
}

// put codes a value behind a run of zeros: the category in the lower half of
// the symbol, then the value's low bits (T.81, F.1.2.1).
func (c *coder) put(h *huffman, run int, v int32) {
	sign := v >> 31
	n := uint(bits.Len32(uint32((v^sign)-sign))) & 15
	s := uint8(run | int(n))
	c.bits = c.bits<<(uint(h.length[s])&31+n) | uint64(h.code[s])<<n | uint64(uint32(v+sign)&(1<<n-1))
	c.count += uint(h.length[s]) + n
	c.flush()
}

func (c *coder) symbol(h *huffman, s uint8) {
	c.bits = c.bits<<(h.length[s]&31) | uint64(h.code[s])
	c.count += uint(h.length[s])
	c.flush()
}

// flush writes 32 bits if they are there, a zero byte after each 0xFF.
func (c *coder) flush() {
	if c.count < 32 {
		return
	}
	c.count -= 32
	w := uint32(c.bits >> (c.count & 63))
	if z := ^w; (z-0x01010101)&^z&0x80808080 == 0 { // no byte of ones
		c.out = binary.BigEndian.AppendUint32(c.out, w)
		return
	}
	for i := 24; i >= 0; i -= 8 {
		c.byte(byte(w >> i))
	}
}

func (c *coder) byte(b byte) {
	c.out = append(c.out, b)
	if b == 0xff {
		c.out = append(c.out, 0)
	}
}

// finish pads the last byte with ones.
func (c *coder) finish() {
	if n := (8 - c.count%8) % 8; n > 0 {
		c.bits = c.bits<<n | (1<<n - 1)
		c.count += n
	}
	for c.count >= 8 {
		c.count -= 8
		c.byte(byte(c.bits >> (c.count & 63)))
	}
}
