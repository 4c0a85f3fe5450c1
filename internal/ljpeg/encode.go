package ljpeg

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/quadraw/quadraw/raw"
)

// Encode appends to dst a stream of height rows of width·components samples,
// row y beginning at samples[y·stride], each pixel's components next to one
// another, and returns the extended slice. It writes predictor 1 and one
// Huffman table a component, the shortest for these samples (T.81 K.2).
//
// DNG tiles of mosaics give neighbouring columns as components: a tile of
// 256×256 samples of a 2×2 CFA is 128 wide with 2 components. A sample that
// does not fit in precision bits is [raw.ErrOption].
func Encode(dst []byte, samples []uint16, stride, width, height, components, precision int) ([]byte, error) {
	if width < 1 || height < 1 || width > 65535 || height > 65535 || components < 1 || components > 4 || precision < 2 || precision > 16 {
		return dst, fmt.Errorf("%w: lossless JPEG of %d×%d×%d samples of %d bits", raw.ErrOption, width, height, components, precision)
	}
	row := width * components
	if stride < row || len(samples) < (height-1)*stride+row {
		return dst, fmt.Errorf("%w: %d samples at stride %d for %d rows of %d", raw.ErrOption, len(samples), stride, height, row)
	}
	e := encoder{samples: samples, stride: stride, row: row, height: height, initial: 1 << (precision - 1)}
	var codes [4]code
	all := uint16(0)
	for i := range components {
		var count [17]uint32
		all |= e.histogram(&count, i, components)
		codes[i].make(&count)
	}
	if precision < 16 && all>>precision != 0 {
		return dst, fmt.Errorf("%w: samples beyond the lossless JPEG's %d bits", raw.ErrOption, precision)
	}
	dst = appendHeader(dst, width, height, components, precision, &codes)
	e.out = dst
	switch components {
	case 1:
		e.rows1(&codes[0])
	case 2:
		e.rows2(&codes[0], &codes[1])
	default:
		e.rowsN(codes[:components])
	}
	e.finish()
	return append(e.out, 0xff, markerEOI), nil
}

// appendHeader writes everything up to the entropy-coded data.
func appendHeader(dst []byte, width, height, components, precision int, codes *[4]code) []byte {
	be := binary.BigEndian
	dst = append(dst, 0xff, markerSOI, 0xff, markerSOF3)
	dst = be.AppendUint16(dst, uint16(8+3*components))
	dst = append(dst, byte(precision))
	dst = be.AppendUint16(dst, uint16(height))
	dst = be.AppendUint16(dst, uint16(width))
	dst = append(dst, byte(components))
	for i := range components {
		dst = append(dst, byte(i), 0x11, 0)
	}
	for i := range components {
		c := &codes[i]
		dst = append(dst, 0xff, markerDHT)
		dst = be.AppendUint16(dst, uint16(19+c.used))
		dst = append(dst, byte(i))
		dst = append(dst, c.counts[:]...)
		dst = append(dst, c.values[:c.used]...)
	}
	dst = append(dst, 0xff, markerSOS)
	dst = be.AppendUint16(dst, uint16(6+2*components))
	dst = append(dst, byte(components))
	for i := range components {
		dst = append(dst, byte(i), byte(i<<4))
	}
	return append(dst, 1, 0, 0) // predictor 1, no point transform
}

// code is a component's Huffman code.
type code struct {
	counts [16]uint8 // codes of each length: BITS
	values [17]uint8 // categories by length: HUFFVAL
	used   int

	// bits and length are the code of each category.
	bits   [32]uint32
	length [32]uint8
}

// make finds the shortest code for categories that occur count times, none
// longer than 16 bits and none of ones only (T.81 K.2: the reserved code point
// is an 18th symbol that occurs once).
func (c *code) make(count *[17]uint32) {
	var weight [18]uint64
	var parent [36]int8
	for s, n := range count {
		weight[s] = uint64(n)
	}
	weight[17] = 1
	var node [36]uint64 // weights of symbols and of joined nodes; 0: joined or none
	copy(node[:], weight[:])
	last := 18
	for {
		a, b := -1, -1 // the lightest and the next; of equals the later symbol is rarer
		for i := last - 1; i >= 0; i-- {
			if node[i] == 0 {
				continue
			}
			switch {
			case a < 0 || node[i] < node[a]:
				a, b = i, a
			case b < 0 || node[i] < node[b]:
				b = i
			}
		}
		if b < 0 {
			break
		}
		node[last] = node[a] + node[b]
		node[a], node[b] = 0, 0
		parent[a], parent[b] = int8(last), int8(last)
		last++
	}
	var perLength [40]int
	for s := range weight {
		if weight[s] == 0 {
			continue
		}
		n := 0
		for i := s; i != last-1; i = int(parent[i]) {
			n++
		}
		perLength[n]++
	}
	for n := len(perLength) - 1; n > 16; n-- {
		for perLength[n] > 0 { // T.81 figure K.3
			j := n - 2
			for perLength[j] == 0 {
				j--
			}
			perLength[n] -= 2
			perLength[n-1]++
			perLength[j+1] += 2
			perLength[j]--
		}
	}
	longest := 16
	for perLength[longest] == 0 {
		longest--
	}
	perLength[longest]-- // the reserved code point
	c.assign(&weight, &perLength)
}

// assign gives the shortest codes to the most frequent categories.
func (c *code) assign(weight *[18]uint64, perLength *[40]int) {
	c.used = 0
	for s := range 17 {
		if weight[s] == 0 {
			continue
		}
		at := c.used
		for at > 0 && weight[c.values[at-1]] < weight[s] {
			c.values[at] = c.values[at-1]
			at--
		}
		c.values[at] = uint8(s)
		c.used++
	}
	next, k := uint32(0), 0
	for n := 1; n <= 16; n++ {
		c.counts[n-1] = uint8(perLength[n])
		for range perLength[n] {
			s := c.values[k]
			c.bits[s], c.length[s] = next, uint8(n)
			next++
			k++
		}
		next <<= 1
	}
}

// encoder packs bits, with a zero byte after each 0xFF.
type encoder struct {
	samples     []uint16
	stride, row int
	height      int
	initial     uint16

	out   []byte
	bits  uint64 // pending bits, in the lowest count places
	count uint   // fewer than 32 between samples
}

// above returns what predicts the first pixel of row y.
func (e *encoder) above(y, i int) uint16 {
	if y == 0 {
		return e.initial
	}
	return e.samples[(y-1)*e.stride+i]
}

// category returns T.81's SSSS of a difference modulo 2^16.
func category(d uint16) int {
	s := uint16(int16(d) >> 15)
	// |d|, with −32768 as 32768: 16 bits, the category without magnitude.
	return bits.Len16((d ^ s) - s)
}

// histogram counts the categories of component i and returns the bits that
// any of its samples has.
func (e *encoder) histogram(count *[17]uint32, i, components int) (all uint16) {
	// Two tables, so that a category that repeats does not wait for itself.
	var a, b [32]uint32
	for y := range e.height {
		row := e.samples[y*e.stride : y*e.stride+e.row]
		left := e.above(y, i)
		k := i
		for ; k+components < len(row); k += 2 * components {
			v, w := row[k], row[k+components]
			a[category(v-left)&31]++
			b[category(w-v)&31]++
			all |= v | w
			left = w
		}
		if k < len(row) {
			a[category(row[k]-left)&31]++
			all |= row[k]
		}
	}
	for s := range count {
		count[s] = a[s] + b[s]
	}
	return all
}

// put appends the code and magnitude of a difference; there is room for 32
// bits.
func (e *encoder) put(c *code, d uint16) {
	s := category(d) & 31
	n := uint(s) & 15 // category 16 has no magnitude
	m := uint64(d+uint16(int16(d)>>15)) & (1<<n - 1)
	length := uint(c.length[s])
	e.bits = e.bits<<(length+n) | uint64(c.bits[s])<<n | m
	e.count += length + n
}

// flush writes 32 bits if they are there.
func (e *encoder) flush() {
	if e.count < 32 {
		return
	}
	e.count -= 32
	w := uint32(e.bits >> (e.count & 63))
	// A byte of ones has no zero in its complement.
	if z := ^w; (z-0x01010101)&^z&0x80808080 == 0 {
		e.out = binary.BigEndian.AppendUint32(e.out, w)
		return
	}
	for i := 24; i >= 0; i -= 8 {
		e.byte(byte(w >> i))
	}
}

func (e *encoder) byte(b byte) {
	e.out = append(e.out, b)
	if b == 0xff {
		e.out = append(e.out, 0)
	}
}

// finish pads the last byte with ones (T.81 F.1.2.3).
func (e *encoder) finish() {
	e.flush()
	if n := (8 - e.count%8) % 8; n > 0 {
		e.bits = e.bits<<n | (1<<n - 1)
		e.count += n
	}
	for e.count >= 8 {
		e.count -= 8
		e.byte(byte(e.bits >> e.count))
	}
}

func (e *encoder) rows1(c *code) {
	for y := range e.height {
		row := e.samples[y*e.stride : y*e.stride+e.row]
		left := e.above(y, 0)
		for _, v := range row {
			e.put(c, v-left)
			e.flush()
			left = v
		}
	}
}

func (e *encoder) rows2(c0, c1 *code) {
	for y := range e.height {
		row := e.samples[y*e.stride : y*e.stride+e.row]
		l0, l1 := e.above(y, 0), e.above(y, 1)
		for ; len(row) >= 2; row = row[2:] {
			v0, v1 := row[0], row[1]
			e.put(c0, v0-l0)
			e.flush()
			e.put(c1, v1-l1)
			e.flush()
			l0, l1 = v0, v1
		}
	}
}

func (e *encoder) rowsN(codes []code) {
	n := len(codes)
	for y := range e.height {
		row := e.samples[y*e.stride : y*e.stride+e.row]
		for k := range row {
			left := uint16(0)
			if k < n {
				left = e.above(y, k)
			} else {
				left = row[k-n]
			}
			e.put(&codes[k%n], row[k]-left)
			e.flush()
		}
	}
}
