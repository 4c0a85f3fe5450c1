package ljpeg

import (
	"bytes"
	"encoding/binary"
)

// bitReader takes differences from a scan's bytes without their stuffing. Its
// data end in padding of zeros that a whole row of the longest codes cannot
// run out of, so a row needs no checks: overrun tells afterwards.
type bitReader struct {
	data  []byte // entropy-coded bytes, then padding
	end   int    // where the padding begins
	pos   int    // next byte to load
	bits  uint64 // loaded bits, the next one highest
	count uint   // how many of them are valid
	bad   bool   // a code that the table lacks has been met
}

// longest is the most bytes that a difference can take: a code of 16 bits and
// 15 of magnitude.
const longest = 4

// unstuff readies b for the entropy-coded segment at the beginning of src with
// room for rows of n samples, and returns the bytes up to the marker that ends
// it.
func (b *bitReader) unstuff(src []byte, n int) (used int) {
	out := b.data[:0]
	at := 0
	for {
		i := bytes.IndexByte(src[at:], 0xff)
		if i < 0 {
			out = append(out, src[at:]...)
			at = len(src)
			break
		}
		out = append(out, src[at:at+i]...)
		at += i
		if at+1 >= len(src) || src[at+1] != 0 {
			break
		}
		out = append(out, 0xff)
		at += 2
	}
	b.end = len(out)
	pad := longest*n + 16
	if cap(out)-len(out) < pad {
		grown := make([]byte, len(out), len(out)+pad)
		copy(grown, out)
		out = grown
	}
	out = out[:b.end+pad]
	clear(out[b.end:])
	b.data = out
	b.pos, b.bits, b.count, b.bad = 0, 0, 0, false
	return at
}

// overrun reports whether more bits were taken than the segment has.
func (b *bitReader) overrun() bool { return b.pos*8-int(b.count) > b.end*8 }

// refill loads bytes until at least 56 bits are valid.
func (b *bitReader) refill() {
	b.bits |= binary.BigEndian.Uint64(b.data[b.pos:]) >> (b.count & 63)
	b.pos += int(63-b.count) >> 3
	b.count |= 56
}

// slow takes a difference that the fast table does not hold.
func (b *bitReader) slow(t *table) uint16 {
	b.refill()
	diff, n, ok := t.slow(b.bits)
	if !ok {
		b.bad = true
	}
	b.bits <<= n & 63
	b.count -= n
	b.refill()
	return diff
}

// row1 fills dst with differences of one component.
func (b *bitReader) row1(dst []uint16, t *table) {
	data, pos, w, n := b.data, b.pos, b.bits, b.count
	for len(dst) > 0 {
		w |= binary.BigEndian.Uint64(data[pos:]) >> (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		// Four short codes fit in what one refill gives; slow refills itself.
		k := min(len(dst), 4)
		for i := range dst[:k] {
			e := t.fast[w>>(64-peekBits)]
			w <<= e & 63
			n -= uint(e & 63)
			if e == 0 {
				b.pos, b.bits, b.count = pos, w, n
				e = uint32(b.slow(t)) << 16
				pos, w, n = b.pos, b.bits, b.count
			}
			dst[i] = uint16(e >> 16)
		}
		dst = dst[k:]
	}
	b.pos, b.bits, b.count = pos, w, n
}

// row2 fills dst with the differences of two components in turn.
func (b *bitReader) row2(dst []uint16, t0, t1 *table) {
	data, pos, w, n := b.data, b.pos, b.bits, b.count
	for ; len(dst) >= 2; dst = dst[2:] {
		w |= binary.BigEndian.Uint64(data[pos:]) >> (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		e := t0.fast[w>>(64-peekBits)]
		w <<= e & 63
		n -= uint(e & 63)
		if e == 0 {
			b.pos, b.bits, b.count = pos, w, n
			e = uint32(b.slow(t0)) << 16
			pos, w, n = b.pos, b.bits, b.count
		}
		f := t1.fast[w>>(64-peekBits)]
		w <<= f & 63
		n -= uint(f & 63)
		if f == 0 {
			b.pos, b.bits, b.count = pos, w, n
			f = uint32(b.slow(t1)) << 16
			pos, w, n = b.pos, b.bits, b.count
		}
		dst[0] = uint16(e >> 16)
		dst[1] = uint16(f >> 16)
	}
	b.pos, b.bits, b.count = pos, w, n
}

// rowN fills dst with the differences of three or four components in turn.
func (b *bitReader) rowN(dst []uint16, t []*table) {
	data, pos, w, n := b.data, b.pos, b.bits, b.count
	for ; len(dst) >= len(t); dst = dst[len(t):] {
		// Four short codes fit in what one refill gives; slow refills itself.
		w |= binary.BigEndian.Uint64(data[pos:]) >> (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		out := dst[:len(t)]
		for i, t := range t {
			e := t.fast[w>>(64-peekBits)]
			w <<= e & 63
			n -= uint(e & 63)
			if e == 0 {
				b.pos, b.bits, b.count = pos, w, n
				e = uint32(b.slow(t)) << 16
				pos, w, n = b.pos, b.bits, b.count
			}
			out[i] = uint16(e >> 16)
		}
	}
	b.pos, b.bits, b.count = pos, w, n
}
