package roofline

import (
	"encoding/binary"
	"runtime"
)

// readGeneric loads every byte; len(b) is a multiple of 32.
func readGeneric(b []byte) {
	var s0, s1, s2, s3 uint64
	for len(b) >= 32 {
		s0 |= binary.LittleEndian.Uint64(b)
		s1 |= binary.LittleEndian.Uint64(b[8:])
		s2 |= binary.LittleEndian.Uint64(b[16:])
		s3 |= binary.LittleEndian.Uint64(b[24:])
		b = b[32:]
	}
	runtime.KeepAlive(s0 | s1 | s2 | s3)
}

// integerGeneric does 8·n multiply-adds in eight chains and returns how many.
func integerGeneric(n int) int {
	var s [8]int32
	x := int16(3)
	for i := range n {
		x ^= int16(i)
		for j := range s {
			s[j] += int32(x) * int32(x)
		}
	}
	runtime.KeepAlive(s)
	return 8 * n
}

// floatingGeneric does 8·n multiply-adds in eight chains and returns how many.
func floatingGeneric(n int) int {
	var s [8]float32
	x := float32(1)
	for i := range n {
		x = float32(i & 7)
		for j := range s {
			s[j] += x * x
		}
	}
	runtime.KeepAlive(s)
	return 8 * n
}
