package exif_test

import (
	"bytes"
	"image"
	"testing"

	"github.com/quadraw/quadraw/internal/exif"
	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

func header() *raw.Header {
	h := raw.NewHeader(image.Pt(40, 30), raw.BayerRGGB, 10)
	h.Capture = raw.Capture{Make: "Quadraw", Model: "Test", DateTime: "2026:11:20 21:30:00", ExposureTime: 0.01, ISO: 100}
	h.Metadata.EXIF = []raw.Tag{
		{ID: uint16(ifd.MakerNote), Type: uint16(ifd.Undefined), Count: 50000, Data: bytes.Repeat([]byte("maker"), 10000)},
		{ID: uint16(ifd.UserComment), Type: uint16(ifd.Undefined), Count: 7, Data: []byte("comment")},
	}
	h.Metadata.IFD0 = []raw.Tag{
		{ID: uint16(ifd.Artist), Type: uint16(ifd.ASCII), Count: 7, Data: []byte("nobody\x00")},
		{ID: uint16(ifd.StripOffsets), Type: uint16(ifd.Long), Count: 1, Data: []byte("abcd")},
		{ID: uint16(ifd.CameraSerialNumber), Type: uint16(ifd.ASCII), Count: 7, Data: []byte("serial\x00")},
	}
	h.Metadata.GPS = []raw.Tag{{ID: 1, Type: uint16(ifd.ASCII), Count: 2, Data: []byte("N\x00")}}
	h.Metadata.XMP = []byte("<xmp/>")
	return h
}

func TestBlockFitsItsLimit(t *testing.T) {
	for _, c := range []struct {
		limit                  int
		strip                  bool
		makerNote, comment, by bool
	}{
		{1 << 20, false, true, true, true}, {40000, false, false, true, true}, {1 << 20, true, false, false, false}, {300, false, false, false, false},
	} {
		b, err := exif.Block(header(), exif.Options{Strip: c.strip, Size: image.Pt(40, 30)}, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		has := func(s string) bool { return bytes.Contains(b, []byte(s)) }
		if has("makermaker") != c.makerNote || has("comment") != c.comment || has("nobody") != c.by || !has("Quadraw") {
			t.Errorf("limit %d, strip %v: maker note %v, comment %v, artist %v", c.limit, c.strip, has("makermaker"), has("comment"), has("nobody"))
		}
		if has("abcd") || has("serial") || has("<xmp/>") {
			t.Errorf("limit %d: carries what belongs to another file", c.limit)
		}
	}
}

func TestStripLeavesNothingPersonal(t *testing.T) {
	for _, strip := range []bool{false, true} {
		b := &ifd.Builder{}
		exif.Describe(b, header(), exif.Options{Strip: strip})
		out, err := ifd.Append(nil, b, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"maker", "comment", "nobody", "serial", "<xmp/>", "2026:11:20"} {
			if bytes.Contains(out, []byte(s)) == strip {
				t.Errorf("strip %v: %q", strip, s)
			}
		}
	}
}
