package dng

import "encoding/binary"

// unpackSlack is how many bytes beyond its samples unpack likes to have in
// src's capacity.
const unpackSlack = 8

// unpack fills dst with samples of 8 to 16 bits that lie in src without gaps,
// high bit first, from the given bit (0 to 7) on. That is how DNG packs
// depths other than 8, 16 and 32 whatever the byte order of the file.
func unpack(dst []uint16, src []byte, bit, bits int) {
	if bits == 8 {
		src = src[:len(dst)]
		for i, v := range src {
			dst[i] = uint16(v)
		}
		return
	}
	// The first samples, until one begins with a byte: at most seven.
	at := bit
	for len(dst) > 0 && at&7 != 0 {
		dst[0] = sampleAt(src, at, bits)
		dst = dst[1:]
		at += bits
	}
	src = src[at/8:]
	src = src[:min(cap(src), len(src)+unpackSlack)]
	n := 0
	switch bits {
	case 10:
		n = unpack10(dst, src)
	case 12:
		n = unpack12(dst, src)
	case 14:
		n = unpack14(dst, src)
	case 16:
		n = len(dst)
		for i := range dst {
			dst[i] = binary.BigEndian.Uint16(src[2*i:])
		}
	}
	for i := n; i < len(dst); i++ {
		dst[i] = sampleAt(src, i*bits, bits)
	}
}

// sampleAt returns the sample whose high bit is bit at of src.
func sampleAt(src []byte, at, bits int) uint16 {
	v := uint32(0)
	n := (at&7 + bits + 7) / 8
	for _, b := range src[at/8 : at/8+n] {
		v = v<<8 | uint32(b)
	}
	return uint16(v >> (8*n - at&7 - bits) & (1<<bits - 1))
}

// The unpackers below take four samples from each load of eight bytes and
// return how many they have unpacked: all that eight loadable bytes serve.

func unpack10(dst []uint16, src []byte) int {
	n := 0
	for len(dst) >= 4 && len(src) >= 8 {
		v := binary.BigEndian.Uint64(src)
		dst[0] = uint16(v >> 54)
		dst[1] = uint16(v >> 44 & 1023)
		dst[2] = uint16(v >> 34 & 1023)
		dst[3] = uint16(v >> 24 & 1023)
		dst, src = dst[4:], src[5:]
		n += 4
	}
	return n
}

func unpack12(dst []uint16, src []byte) int {
	n := 0
	for len(dst) >= 4 && len(src) >= 8 {
		v := binary.BigEndian.Uint64(src)
		dst[0] = uint16(v >> 52)
		dst[1] = uint16(v >> 40 & 4095)
		dst[2] = uint16(v >> 28 & 4095)
		dst[3] = uint16(v >> 16 & 4095)
		dst, src = dst[4:], src[6:]
		n += 4
	}
	return n
}

func unpack14(dst []uint16, src []byte) int {
	n := 0
	for len(dst) >= 4 && len(src) >= 8 {
		v := binary.BigEndian.Uint64(src)
		dst[0] = uint16(v >> 50)
		dst[1] = uint16(v >> 36 & 16383)
		dst[2] = uint16(v >> 22 & 16383)
		dst[3] = uint16(v >> 8 & 16383)
		dst, src = dst[4:], src[7:]
		n += 4
	}
	return n
}
