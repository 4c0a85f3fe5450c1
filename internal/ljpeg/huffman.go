package ljpeg

import (
	"fmt"

	"github.com/quadraw/quadraw/raw"
)

// peekBits is how many bits the decoding table looks at: enough for the code
// and the magnitude of nearly every difference of camera noise, and small
// enough for the tables of two components to stay in the first-level cache.
const peekBits = 12

// table decodes the differences of one component. T.81 F.2.2 and H.1.2.2: a
// code names the category s, s bits of magnitude follow (none for 16).
type table struct {
	// fast is indexed by the next peekBits bits. Bits 0–5 are how many bits
	// code and magnitude take together, bits 16–31 the difference; 0 means
	// that they do not fit and that slow has to find them.
	fast [1 << peekBits]uint32

	maxCode [18]int32 // largest code of each length, −1 if none; [17] ends the search
	valPtr  [17]int32 // index of a length's first value, less its first code
	values  [17]uint8
	set     bool
}

// build makes the table of the BITS and HUFFVAL lists of a DHT segment.
func (t *table) build(counts *[16]uint8, values []uint8) error {
	t.set = false
	if len(values) > len(t.values) {
		return fmt.Errorf("%w: Huffman table of %d values, want at most 17", errSyntax, len(values))
	}
	for i := range t.fast {
		t.fast[i] = 0
	}
	copy(t.values[:], values)
	code, k := int32(0), int32(0)
	for length := 1; length <= 16; length++ {
		n := int32(counts[length-1])
		if n == 0 {
			t.maxCode[length] = -1
			code <<= 1
			continue
		}
		if code+n > 1<<length {
			return fmt.Errorf("%w: Huffman table with too many codes of length %d", errSyntax, length)
		}
		t.valPtr[length] = k - code
		for range n {
			s := t.values[k]
			if s > 16 {
				return fmt.Errorf("%w: Huffman table with category %d", errSyntax, s)
			}
			t.fill(uint32(code), length, int(s))
			code++
			k++
		}
		t.maxCode[length] = code - 1
		code <<= 1
	}
	t.maxCode[17] = 1<<30 - 1
	t.set = true
	return nil
}

// fill enters a code of the given length and category s for every magnitude,
// if both fit in peekBits.
func (t *table) fill(code uint32, length, s int) {
	extra := s
	if s == 16 {
		extra = 0
	}
	total := length + extra
	if total > peekBits {
		return
	}
	span := uint32(1) << (peekBits - total)
	at := code << (peekBits - length)
	for m := range uint32(1) << extra {
		e := uint32(total) | uint32(difference(m, s))<<16
		for i := at; i < at+span; i++ {
			t.fast[i] = e
		}
		at += span
	}
}

// difference extends the magnitude m of category s (T.81 table H.2 and
// F.2.2.1), modulo 2^16.
func difference(m uint32, s int) uint16 {
	if s == 16 {
		return 1 << 15
	}
	if s > 0 && m < 1<<(s-1) {
		return uint16(m - 1<<s + 1)
	}
	return uint16(m)
}

// slow finds code and magnitude in the 64 bits of w, the next one highest; ok
// is false if w begins with no code.
func (t *table) slow(w uint64) (diff uint16, length uint, ok bool) {
	code := int32(0)
	for n := 1; n <= 16; n++ {
		code = int32(w >> (64 - n))
		if t.maxCode[n] >= 0 && code <= t.maxCode[n] {
			s := int(t.values[code+t.valPtr[n]])
			if s == 0 || s == 16 {
				return difference(0, s), uint(n), true
			}
			return difference(uint32(w<<n>>(64-s)), s), uint(n + s), true
		}
	}
	return 0, 1, false
}

// errSyntax is what a stream that breaks T.81's rules is.
var errSyntax = &raw.CorruptError{Offset: -1, What: "lossless JPEG"}
