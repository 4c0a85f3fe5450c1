package ljpeg

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/quadraw/quadraw/raw"
)

// Encode appends to dst a stream of height rows of width·components samples,
// row y beginning at samples[y·stride], each pixel's components next to one
// another, and returns the extended slice. It writes predictor 1 and one
// Huffman table a component, the shortest for these samples (T.81 K.2), of
// which it counts every fifth row where there are many.
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
	e := encoder{samples: samples, stride: stride, row: row, height: height, components: components, precision: precision, initial: 1 << (precision - 1)}
	if all := e.histogram(); precision < 16 && all>>precision != 0 {
		return dst, fmt.Errorf("%w: samples beyond the lossless JPEG's %d bits", raw.ErrOption, precision)
	}
	var codes [4]code
	for i := range components {
		codes[i].make(&e.count[i])
		codes[i].enter((*[32]uint64)(e.codes[32*i:]))
	}
	e.out = appendHeader(dst, width, height, components, precision, &codes)
	e.rows()
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
	bits   [17]uint32
	length [17]uint8
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

// encoder turns samples into entropy-coded bytes.
type encoder struct {
	samples             []uint16
	stride, row, height int
	components          int
	precision           int
	initial             uint16 // what predicts the first pixel

	count [4][17]uint32
	codes [4 * 32]uint64 // of each component and category, by enter

	out    []byte
	packed [packedBytes + 8]byte // a block before stuffing
	// Bits that do not fill a byte yet, highest first, and how many.
	bits    uint64
	pending uint
}

// enter fills the table that block uses: bits 0–7 are how many bits code and
// magnitude take together, bits 8–23 the mask of the magnitude, and from bit
// 24 on stands the code, shifted past its magnitude.
func (c *code) enter(t *[32]uint64) {
	for s := range 17 {
		n := s & 15 // category 16 has no magnitude
		t[s] = uint64(c.bits[s])<<n<<24 | uint64(1<<n-1)<<8 | uint64(int(c.length[s])+n)
	}
}

// above returns what predicts sample i < components of row y.
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

// histogram counts each component's categories and returns the bits that any
// sample has.
func (e *encoder) histogram() (all uint16) {
	// Neighbours count in tables of their own, so that a category that
	// repeats does not wait for itself.
	n := e.components
	var tables [4 * 32]uint32
	end := 32 * n
	if n <= 2 {
		end *= 2
	}
	step := 1
	if e.height >= 64 {
		step = 5 // no period of a mosaic is a multiple of it
	}
	for y := range e.height {
		row := e.samples[y*e.stride : y*e.stride+e.row]
		if y%step != 0 {
			if e.precision < 16 { // else no bit is too many
				for _, v := range row {
					all |= v
				}
			}
			continue
		}
		for i, v := range row[:n] {
			tables[32*i+category(v-e.above(y, i))]++
			all |= v
		}
		left := row[:len(row)-n]
		k := 0
		for i, v := range row[n:] {
			tables[(k+category(v-left[i]))&127]++
			all |= v
			if k += 32; k == end {
				k = 0
			}
		}
	}
	for k, c := range tables {
		if s := k & 31; s < 17 {
			e.count[k>>5%n][s] += c
		}
	}
	if step > 1 {
		// What was not met may be in the other rows, but is rare.
		for i := range n {
			for s := range e.precision + 1 {
				e.count[i][s] = 16*e.count[i][s] + 1
			}
		}
	}
	return all
}

// blockSamples is how many samples are packed before their bytes are stuffed.
const blockSamples = 1020 // a multiple of 1, 2, 3 and 4

// packedBytes is room for them, and a power of two so that places in it need no
// checks.
const packedBytes = 4096

// rows codes everything and pads the last byte with ones (T.81 F.1.2.3).
func (e *encoder) rows() {
	n := e.components
	var first [8]uint16
	for y := range e.height {
		row := e.samples[y*e.stride : y*e.stride+e.row]
		for i := range n {
			first[i], first[n+i] = e.above(y, i), row[i]
		}
		e.block(first[n:2*n], first[:n])
		for i := n; i < len(row); i += blockSamples {
			end := min(i+blockSamples, len(row))
			e.block(row[i:end], row[i-n:end-n])
		}
	}
	if e.pending > 0 {
		e.stuff([]byte{byte(e.bits>>56) | 0xff>>e.pending})
	}
}

// block codes samples whose left neighbours are left, two at a time: what has
// to wait for the samples before is then half as much.
func (e *encoder) block(row, left []uint16) {
	buf := &e.packed
	left = left[:len(row)]
	w, n, pos := e.bits, e.pending, 0
	k, end := 0, 32*e.components
	i := 0
	for ; i+1 < len(row); i += 2 {
		x0, l0 := e.code(k, row[i]-left[i])
		if k += 32; k == end {
			k = 0
		}
		x, l := e.code(k, row[i+1]-left[i+1])
		if k += 32; k == end {
			k = 0
		}
		// Fewer than 8 bits are pending, at most 31 are of each sample.
		if n+l0+l > 64 {
			w |= x0 << ((64 - n - l0) & 63)
			put(buf, pos, w)
			n += l0
			pos += int(n >> 3)
			w <<= n & 0x38
			n &= 7
		} else {
			x |= x0 << (l & 63)
			l += l0
		}
		w |= x << ((64 - n - l) & 63)
		put(buf, pos, w)
		n += l
		pos += int(n >> 3)
		// In two steps, for n may be 64.
		w = w << (n >> 3 * 4 & 63) << (n >> 3 * 4 & 63)
		n &= 7
	}
	if i < len(row) {
		x, l := e.code(k, row[i]-left[i])
		w |= x << ((64 - n - l) & 63)
		put(buf, pos, w)
		n += l
		pos += int(n >> 3)
		w <<= n & 0x38
		n &= 7
	}
	e.bits, e.pending = w, n
	e.stuff(buf[:pos])
}

// put stores w at pos, which is below packedBytes.
func put(buf *[packedBytes + 8]byte, pos int, w uint64) {
	p := uint(pos) & (packedBytes - 1)
	binary.BigEndian.PutUint64(buf[p:p+8], w)
}

// code returns the bits of a difference, code and magnitude, and how many they
// are; k is 32 times the component.
func (e *encoder) code(k int, d uint16) (x uint64, n uint) {
	c := e.codes[(k+category(d))&127]
	return c>>24 | uint64(d+uint16(int16(d)>>15))&(c>>8&0xffff), uint(c & 0xff)
}

// stuff appends b with a zero byte after each byte of ones (T.81 F.1.2.3).
func (e *encoder) stuff(b []byte) {
	for {
		i := bytes.IndexByte(b, 0xff) + 1
		if i == 0 {
			e.out = append(e.out, b...)
			return
		}
		e.out = append(append(e.out, b[:i]...), 0)
		b = b[i:]
	}
}
