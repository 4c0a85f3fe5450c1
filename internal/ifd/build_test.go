package ifd_test

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

func TestFractionGivesBackWhatWasAFraction(t *testing.T) {
	for _, c := range [][2]int64{{5309, 10000}, {1, 3}, {0, 1}, {1, 460}, {-3825, 10000}, {28, 10}, {4294967295, 1}, {1, 4294967295}, {123456789, 987654321}} {
		x := float64(c[0]) / float64(c[1])
		n, d := ifd.Fraction(x, math.MaxUint32)
		if float64(n)/float64(d) != x {
			t.Errorf("%d/%d became %d/%d", c[0], c[1], n, d)
		}
	}
	if n, d := ifd.Fraction(math.NaN(), math.MaxInt32); n != 0 || d != 1 {
		t.Errorf("NaN became %d/%d", n, d)
	}
	if n, _ := ifd.Fraction(math.Inf(-1), math.MaxInt32); n != -math.MaxInt32 {
		t.Errorf("-Inf became %d", n)
	}
	if n, d := ifd.Fraction(math.Pi, math.MaxInt32); math.Abs(float64(n)/float64(d)-math.Pi) > 1e-15 {
		t.Errorf("pi became %d/%d", n, d)
	}
}

func TestAppendSortsAlignsAndKeepsItsLength(t *testing.T) {
	for _, big := range []bool{false, true} {
		exif := &ifd.Builder{}
		exif.Rational(ifd.ExposureTime, 1.0/460)
		b := &ifd.Builder{}
		b.ASCII(ifd.Model, "a camera of some name")
		b.Sub(ifd.ExifIFD, exif)
		b.Long(ifd.ImageWidth, 7)
		b.Offsets(ifd.StripOffsets, 0, 0, 0)
		b.Carry([]raw.Tag{{ID: uint16(ifd.Model), Type: uint16(ifd.ASCII), Count: 1, Data: []byte{0}}, {ID: 1, Type: 99, Count: 1, Data: []byte{0}}})
		first, err := ifd.Append([]byte("x"), b, big)
		if err != nil {
			t.Fatal(err)
		}
		b.Offsets(ifd.StripOffsets, 1, 2, 1<<32-1)
		second, err := ifd.Append([]byte("x"), b, big)
		if err != nil || len(first) != len(second) {
			t.Fatalf("big %v: %d bytes, then %d, %v", big, len(first), len(second), err)
		}
		entries, size, at := 4, 12, 1+8+2
		if big {
			size, at = 20, 1+16+8
		}
		last := uint16(0)
		for i := range entries {
			tag := binary.LittleEndian.Uint16(second[at+i*size:])
			if tag <= last {
				t.Errorf("tag %d after %d", tag, last)
			}
			last = tag
		}
		b.Offsets(ifd.StripOffsets, 1<<32)
		if _, err := ifd.Append(nil, b, big); errors.Is(err, raw.ErrLimit) == big {
			t.Errorf("big %v: offset of 2³²: %v", big, err)
		}
	}
}
