package dng

import (
	"bytes"
	"context"
	"image"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

// endless is a frame of any size that nobody reads.
type endless struct{ h *raw.Header }

func (e endless) Header() *raw.Header                         { return e.h }
func (e endless) ReadTile(context.Context, *raw.Mosaic) error { return nil }

func TestBeyondFourGigabytesIsBigTIFF(t *testing.T) {
	for _, c := range []struct {
		size        image.Point
		compression Compression
		big         bool
	}{
		{image.Pt(12032, 9024), None, false}, {image.Pt(12032, 9024), LJPEG, false},
		{image.Pt(65000, 33500), None, true}, {image.Pt(65000, 32000), LJPEG, true},
	} {
		src := endless{raw.NewHeader(c.size, raw.QuadRGGB, 10)}
		o := &WriteOptions{Compression: c.compression}
		s, err := newStore(&mosaicPixels{src}, o)
		if err != nil {
			t.Fatal(err)
		}
		d, err := newDirectories(src.h, s, o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.offsets {
			s.offsets[i], s.counts[i] = 1<<33, 1<<20 // where they may lie
			if !c.big {
				s.offsets[i] = 1 << 31
			}
		}
		b, err := d.bytes(&look{})
		if err != nil {
			t.Errorf("%v %v: %v", c.size, c.compression, err)
			continue
		}
		if big := bytes.HasPrefix(b, []byte("II+\x00")); big != c.big {
			t.Errorf("%v %v: BigTIFF %v", c.size, c.compression, big)
		}
	}
}

// hole is a file of zeros but for its beginning; it takes no room.
type hole struct {
	head     [1 << 16]byte
	at, size int64
}

func (f *hole) Write(b []byte) (int, error) {
	if f.at < int64(len(f.head)) {
		copy(f.head[f.at:], b)
	}
	f.at += int64(len(b))
	f.size = max(f.size, f.at)
	return len(b), nil
}

func (f *hole) Seek(offset int64, _ int) (int64, error) {
	f.at = offset
	return offset, nil
}

func (f *hole) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	if at < int64(len(f.head)) {
		copy(b, f.head[at:])
	}
	return len(b), nil
}

func TestWriteMoreThanFourGigabytes(t *testing.T) {
	src := endless{raw.NewHeader(image.Pt(65000, 33500), raw.QuadRGGB, 10)}
	f := &hole{}
	if err := Write(t.Context(), f, src, &WriteOptions{Compression: None, NoPreview: true}); err != nil {
		t.Fatal(err)
	}
	if f.size < 4<<30 {
		t.Fatalf("%d bytes", f.size)
	}
	got, err := Decode(f, f.size, &Options{Limits: raw.Limits{Pixels: 1 << 32}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := got.Mosaic()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.ReadTile(t.Context(), raw.NewMosaic(image.Rect(64000, 33400, 65000, 33500), 0)); err != nil || got.Header().Size != src.h.Size {
		t.Errorf("%v, %v", got.Header().Size, err)
	}
}
