package binning

import (
	"encoding/binary"

	"github.com/quadraw/quadraw/raw"
)

// unpackTable tells the kernels how one packing is undone. Two byte
// permutations bring the bytes of each sample into words A and B; the sample
// is (A·mulA mod 2¹⁶) >> shift | (B·mulB) >> 16. The assembly reads it by
// offset: 0 the permutation A and 16 B of eight samples (0x80: zero), 32 mulA,
// 48 mulB, 64 shift, 72 the bytes of eight samples, 80 the permutation A and
// 144 B of 32 samples, and 208 which bytes of the latter are not zero.
type unpackTable [216]byte

func newUnpackTable(p raw.Packing) *unpackTable {
	t := new(unpackTable)
	le := binary.LittleEndian
	samples, size := p.Group()
	half := 8 / samples * size
	shift := 16 - p.Bits()
	for i := range 8 {
		at := i / samples * size // the group's first byte
		s := i % samples
		var a [2]int // low and high byte of A
		b := [2]int{-1, -1}
		var mulA, mulB int
		switch p {
		case raw.MIPI10:
			a, b[1] = [2]int{at + 4, at + s}, at+s
			mulA, mulB, shift = 1<<(14-2*s), 1<<10, 14
		case raw.MIPI12:
			a, b[1] = [2]int{at + 2, at + s}, at+s
			mulA, mulB, shift = 1<<(12-4*s), 1<<12, 12
		case raw.MIPI14:
			a, b[1] = [2]int{at + 4 + s/2, at + 5 + s/2}, at+s
			mulA, mulB, shift = 1<<(10-[]int{0, 6, 4, 10}[s]), 1<<14, 10
		default: // TIFF: most significant bit first
			bit := s * p.Bits()
			first := at + bit/8
			a = [2]int{first + 1, first}
			mulA = 1 << (bit % 8)
			if over := bit%8 + p.Bits() - 16; over > 0 {
				b[0], mulB = first+2, 1<<(8+over)
			}
		}
		for k := range 2 {
			t[2*i+k] = byte(a[k])
			t[16+2*i+k] = byte(b[k]) // −1 is 0xff, which makes zero
		}
		le.PutUint16(t[32+2*i:], uint16(mulA))
		le.PutUint16(t[48+2*i:], uint16(mulB))
	}
	le.PutUint64(t[64:], uint64(shift))
	le.PutUint64(t[72:], uint64(half))
	var used uint64
	for i := range 64 {
		lane := i / 16 * half
		t[80+i] = t[i%16] + byte(lane)
		if v := t[16+i%16]; v < 0x80 {
			t[144+i] = v + byte(lane)
			used |= 1 << i
		}
	}
	le.PutUint64(t[208:], used)
	return t
}

// unpackGeneric writes the len(dst) samples at the start of a row in src.
func unpackGeneric(dst []uint16, src []byte, p raw.Packing) {
	src = src[:p.RowBytes(len(dst))]
	switch p {
	case raw.Unpacked:
		for i := range dst {
			if len(src) < 2 {
				return
			}
			dst[i] = uint16(src[0]) | uint16(src[1])<<8
			src = src[2:]
		}
	case raw.MIPI10:
		for ; len(dst) >= 4 && len(src) >= 5; dst, src = dst[4:], src[5:] {
			low := uint16(src[4])
			dst[0] = uint16(src[0])<<2 | low&3
			dst[1] = uint16(src[1])<<2 | low>>2&3
			dst[2] = uint16(src[2])<<2 | low>>4&3
			dst[3] = uint16(src[3])<<2 | low>>6
		}
		if len(src) >= 5 {
			group := (*[5]byte)(src)
			for i := range dst {
				dst[i] = uint16(group[i&3])<<2 | uint16(group[4])>>(2*i&7)&3
			}
		}
	case raw.MIPI12:
		for ; len(dst) >= 2 && len(src) >= 3; dst, src = dst[2:], src[3:] {
			low := uint16(src[2])
			dst[0] = uint16(src[0])<<4 | low&15
			dst[1] = uint16(src[1])<<4 | low>>4
		}
		if len(dst) > 0 && len(src) >= 3 {
			dst[0] = uint16(src[0])<<4 | uint16(src[2])&15
		}
	case raw.MIPI14:
		for ; len(dst) >= 1 && len(src) >= 7; src = src[7:] {
			low := uint32(src[4]) | uint32(src[5])<<8 | uint32(src[6])<<16
			n := min(len(dst), 4)
			for i := range dst[:n] {
				dst[i] = uint16(src[i])<<6 | uint16(low>>(6*i))&63
			}
			dst = dst[n:]
		}
	default:
		unpackTight(dst, src, p.Bits())
	}
}

// unpackTight takes samples of 9 to 16 bits off a string of bits.
func unpackTight(dst []uint16, src []byte, bits int) {
	var held uint32
	have := 0
	for i := range dst {
		for have < bits && len(src) > 0 {
			held = held<<8 | uint32(src[0])
			src = src[1:]
			have += 8
		}
		have -= bits
		dst[i] = uint16(held >> (have & 31) & (1<<(bits&31) - 1))
	}
}
