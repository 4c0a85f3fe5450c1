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
