package dng

import (
	"encoding/binary"
	"math"
)

// sampleCodec turns stored samples into 16-bit ones: unpacks them, applies the
// table, scales what does not fit.
type sampleCodec struct {
	bits     int
	floating bool
	order    binary.ByteOrder
	table    []uint16 // of 65536 entries, or nil
	scale    float64
}

// plain reports whether samples lie in the file as in memory, but for the
// byte order.
func (c *sampleCodec) plain() bool {
	return c.bits == 16 && !c.floating && c.table == nil && c.scale == 1
}

// toNative turns samples in the file's byte order into the machine's.
func (c *sampleCodec) toNative(pix []uint16) {
	if (c.order == binary.LittleEndian) != nativeLittle() {
		swapBytes(pix)
	}
}

// swapBytes exchanges the bytes of each sample, four samples at a time.
func swapBytes(pix []uint16) {
	b := bytesOf(pix)
	const even = 0x00ff00ff00ff00ff
	for ; len(b) >= 8; b = b[8:] {
		v := binary.LittleEndian.Uint64(b)
		binary.LittleEndian.PutUint64(b, v>>8&even|v&even<<8)
	}
	for ; len(b) >= 2; b = b[2:] {
		b[0], b[1] = b[1], b[0]
	}
}

// decode fills dst with the samples that begin at the given bit of src. src
// may have spare capacity, which unpacking reads but does not use.
func (c *sampleCodec) decode(dst []uint16, src []byte, bit int) {
	switch {
	case c.floating:
		c.decodeFloats(dst, src)
		return
	case c.bits > 16:
		c.decodeWide(dst, src, bit)
		return
	case c.bits == 16 && c.order == binary.LittleEndian:
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint16(src[2*i:])
		}
	default:
		unpack(dst, src, bit, c.bits)
	}
	c.finish(dst)
}

// finish does to whole samples of up to 16 bits what remains to be done.
func (c *sampleCodec) finish(row []uint16) {
	if c.table != nil {
		table := (*[1 << 16]uint16)(c.table)
		for i, v := range row {
			row[i] = table[v]
		}
	}
	if c.scale != 1 {
		for i, v := range row {
			row[i] = c.scaled(float64(v))
		}
	}
}

// scaled maps a value to the 16-bit scale. Below 0 and beyond 65535 it clips;
// what is no number is 0.
func (c *sampleCodec) scaled(v float64) uint16 {
	v = v*c.scale + 0.5
	if !(v >= 0) {
		return 0
	}
	return uint16(min(v, 65535))
}

func (c *sampleCodec) decodeFloats(dst []uint16, src []byte) {
	for i := range dst {
		dst[i] = c.scaled(float64(c.float(src, i)))
	}
}

// float returns floating-point sample i of src.
func (c *sampleCodec) float(src []byte, i int) float32 {
	switch c.bits {
	case 16:
		return half(c.order.Uint16(src[2*i:]))
	case 24:
		b := src[3*i : 3*i+3]
		v := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		if c.order == binary.BigEndian {
			v = uint32(b[2]) | uint32(b[1])<<8 | uint32(b[0])<<16
		}
		return float24(v)
	}
	return math.Float32frombits(c.order.Uint32(src[4*i:]))
}

// decodeWide decodes whole numbers of 17 to 32 bits: 32 in the file's byte
// order, others packed with the high bit first.
func (c *sampleCodec) decodeWide(dst []uint16, src []byte, bit int) {
	if c.bits == 32 {
		for i := range dst {
			dst[i] = c.scaled(float64(c.order.Uint32(src[4*i:])))
		}
		return
	}
	at := bit
	for i := range dst {
		v := uint64(0)
		for k := range (at&7 + c.bits + 7) / 8 {
			v = v<<8 | uint64(src[at/8+k])
		}
		v >>= (64 - uint(at&7+c.bits)) & 7
		dst[i] = c.scaled(float64(v & (1<<c.bits - 1)))
		at += c.bits
	}
}

// half is IEEE 754's binary16.
func half(v uint16) float32 {
	sign, exp, frac := uint32(v>>15)<<31, uint32(v>>10&31), uint32(v&1023)
	switch exp {
	case 0:
		f := float32(frac) / (1 << 24)
		if sign != 0 {
			f = -f
		}
		return f
	case 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// float24 is Adobe's 24-bit float: a sign, 7 bits of exponent biased by 64
// less one, 16 of fraction (Photoshop TIFF Technical Note 3).
func float24(v uint32) float32 {
	sign, exp, frac := v>>23<<31, v>>16&127, v&0xffff
	switch exp {
	case 0:
		f := float32(math.Ldexp(float64(frac), -62-16))
		if sign != 0 {
			f = -f
		}
		return f
	case 127:
		return math.Float32frombits(sign | 255<<23 | frac<<7)
	}
	return math.Float32frombits(sign | (exp+64)<<23 | frac<<7)
}
