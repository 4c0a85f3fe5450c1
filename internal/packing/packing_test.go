package packing

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
)

func TestWords(t *testing.T) {
	v := make([]uint16, 300)
	for i := range v {
		v[i] = uint16(i * 40503)
	}
	for n := range v {
		prefix := []byte{1, 2, 3}
		want, _ := binary.Append(bytes.Clone(prefix), binary.LittleEndian, v[:n])
		if got := LittleEndian(bytes.Clone(prefix), v[:n]); !bytes.Equal(got, want) {
			t.Fatalf("little-endian, %d words", n)
		}
		want, _ = binary.Append(bytes.Clone(prefix), binary.BigEndian, v[:n])
		if got := BigEndian(bytes.Clone(prefix), v[:n]); !bytes.Equal(got, want) {
			t.Fatalf("big-endian, %d words", n)
		}
	}
}

func TestTo8Rounds(t *testing.T) {
	for v := range 65536 {
		if want := uint8(math.Round(float64(v) * 255 / 65535)); To8(uint16(v)) != want {
			t.Fatalf("%d became %d, want %d", v, To8(uint16(v)), want)
		}
	}
}

func TestInterleave(t *testing.T) {
	r, g, b := []uint16{1, 2}, []uint16{3, 4}, []uint16{5, 65535}
	dst := make([]uint16, 6)
	Interleave(dst, r, g, b)
	for i, want := range []uint16{1, 3, 5, 2, 4, 65535} {
		if dst[i] != want {
			t.Fatalf("%v", dst)
		}
	}
	if got := RGB8(nil, r, g, b); !bytes.Equal(got, []byte{0, 0, 0, 0, 0, 255}) {
		t.Errorf("%v", got)
	}
	if got, all := Bytes([]byte{9}, []uint16{1, 256}); !bytes.Equal(got, []byte{9, 1, 0}) || all != 257 {
		t.Errorf("%v, %x", got, all)
	}
}
