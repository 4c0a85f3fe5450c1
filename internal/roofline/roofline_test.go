package roofline

import (
	"bytes"
	"testing"
)

func TestStreamCopyCopies(t *testing.T) {
	src, dst := aligned(4<<16), aligned(4<<16)
	for i := range src {
		src[i] = byte(i * 31 >> 3)
	}
	streamCopy(dst, src)
	if !bytes.Equal(dst, src) {
		t.Error("the copy differs")
	}
	streamClear(dst)
	if !bytes.Equal(dst, make([]byte, len(dst))) {
		t.Error("not cleared")
	}
}

func TestMeasureFillsEveryFigure(t *testing.T) {
	f := NewProbe(1 << 20).Measure(2)
	if f.Threads != 2 || f.Copy <= 0 || f.Read <= 0 || f.NonTemporal <= 0 || f.IntegerMACs <= 0 || f.FloatingMACs <= 0 {
		t.Errorf("%+v", f)
	}
}

func TestSizedStaysInside(t *testing.T) {
	p := NewProbe(1 << 20)
	if n := len(p.Sized(100_000).a); n != 2<<16 {
		t.Errorf("%d bytes of 100,000", n)
	}
	if n := len(p.Sized(1 << 30).b); n != 1<<20 {
		t.Errorf("%d bytes of too many", n)
	}
}

func BenchmarkRooflines(b *testing.B) {
	p := NewProbe(DefaultBytes)
	for b.Loop() {
		for _, megabytes := range []int{2, 8, 32, 224} {
			for threads := 1; threads <= 2; threads++ {
				b.Logf("%d MB: %+v", megabytes, p.Sized(megabytes<<20).Measure(threads))
			}
		}
	}
}
