// Package packing turns rows of 16-bit samples into the bytes of files.
package packing

import "encoding/binary"

// Interleave puts the three planes r, g and b of a row side by side in dst.
func Interleave(dst, r, g, b []uint16) {
	n := len(dst) / 3
	r, g, b = r[:n], g[:n], b[:n]
	for i := range r {
		d := dst[3*i : 3*i+3 : 3*i+3]
		d[0], d[1], d[2] = r[i], g[i], b[i]
	}
}

// LittleEndian appends v as little-endian words.
func LittleEndian(d []byte, v []uint16) []byte {
	at := len(d)
	d = grow(d, 2*len(v))
	for out := d[at:]; len(v) >= 4 && len(out) >= 8; v, out = v[4:], out[8:] {
		binary.LittleEndian.PutUint64(out, uint64(v[0])|uint64(v[1])<<16|uint64(v[2])<<32|uint64(v[3])<<48)
		at += 8
	}
	for i, x := range v {
		binary.LittleEndian.PutUint16(d[at+2*i:], x)
	}
	return d
}

// BigEndian appends v as big-endian words.
func BigEndian(d []byte, v []uint16) []byte {
	at := len(d)
	d = grow(d, 2*len(v))
	for out := d[at:]; len(v) >= 4 && len(out) >= 8; v, out = v[4:], out[8:] {
		binary.BigEndian.PutUint64(out, uint64(v[0])<<48|uint64(v[1])<<32|uint64(v[2])<<16|uint64(v[3]))
		at += 8
	}
	for i, x := range v {
		binary.BigEndian.PutUint16(d[at+2*i:], x)
	}
	return d
}

// Bytes appends the low bytes of v and returns the bits that any of v has.
func Bytes(d []byte, v []uint16) (out []byte, all uint16) {
	at := len(d)
	d = grow(d, len(v))
	o := d[at:]
	for i, x := range v {
		o[i] = byte(x)
		all |= x
	}
	return d, all
}

// To8 returns 16 bits of full range as 8, rounded: v·255/65535.
func To8(v uint16) uint8 { return uint8((uint32(v)*255 + 32895) >> 16) }

// RGB8 appends a row of three planes as interleaved bytes, each sample by
// [To8].
func RGB8(d []byte, r, g, b []uint16) []byte {
	at := len(d)
	d = grow(d, 3*len(r))
	o := d[at:]
	g, b = g[:len(r)], b[:len(r)]
	for i := range r {
		p := o[3*i : 3*i+3 : 3*i+3]
		p[0], p[1], p[2] = To8(r[i]), To8(g[i]), To8(b[i])
	}
	return d
}

// grow lengthens d by n bytes of any content.
func grow(d []byte, n int) []byte {
	if len(d)+n <= cap(d) {
		return d[:len(d)+n]
	}
	out := make([]byte, len(d)+n, max(len(d)+n, cap(d)+cap(d)/2))
	copy(out, d)
	return out
}
