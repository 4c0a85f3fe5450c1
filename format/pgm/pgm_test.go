package pgm_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/quadraw/quadraw/format/pgm"
	"github.com/quadraw/quadraw/raw"
)

func decode(data []byte) (*pgm.File, error) {
	return pgm.Decode(bytes.NewReader(data), int64(len(data)), raw.Limits{})
}

func TestHeaders(t *testing.T) {
	var corrupt *raw.CorruptError
	var unsupported *raw.UnsupportedError
	pixels := string(make([]byte, 12))
	for _, c := range []struct {
		data string
		ok   func(error) bool
	}{
		{"P5\n3 2\n255\n" + pixels[:6], func(err error) bool { return err == nil }},
		{"P5 3 2 255 " + pixels[:6], func(err error) bool { return err == nil }},
		{"P5#c\n# another\n3\t2 #c\n 1023\n" + pixels, func(err error) bool { return err == nil }},
		{"P5\n3 2\n1023\n" + pixels[:11], func(err error) bool { return errors.Is(err, raw.ErrTruncated) }},
		{"P5\n3 2\n", func(err error) bool { return errors.Is(err, raw.ErrTruncated) }},
		{"P5\n3 2\n0\n" + pixels, func(err error) bool { return errors.As(err, &corrupt) }},
		{"P5\n3 2\n65536\n" + pixels, func(err error) bool { return errors.As(err, &corrupt) }},
		{"P5\n0 2\n255\n" + pixels, func(err error) bool { return errors.As(err, &corrupt) }},
		{"P5\nx 2\n255\n" + pixels, func(err error) bool { return errors.As(err, &corrupt) }},
		{"P5\n-3 2\n255\n" + pixels, func(err error) bool { return errors.As(err, &corrupt) }},
		{"P5\n99999999999 2\n255\n" + pixels, func(err error) bool { return errors.As(err, &corrupt) }},
		{"P5\n65535 65535\n255\n" + pixels, func(err error) bool { return errors.Is(err, raw.ErrLimit) }},
		{"P5\n300000 1\n255\n" + pixels, func(err error) bool { return errors.Is(err, raw.ErrLimit) }},
		{"P5\n# quadraw cfa=hexagon\n3 2\n255\n" + pixels, func(err error) bool { return errors.As(err, &corrupt) }},
		{"P5\n# quadraw white=NaN\n3 2\n255\n" + pixels, func(err error) bool { return errors.As(err, &corrupt) }},
		{"P5\n# quadraw white=300\n3 2\n255\n" + pixels, func(err error) bool { return errors.As(err, &corrupt) }},
		{"P2\n3 2\n255\n1 2 3 4 5 6", func(err error) bool { return errors.As(err, &unsupported) }},
		{"P7\nWIDTH 3", func(err error) bool { return errors.As(err, &unsupported) }},
		{"P9\n3 2\n255\n" + pixels, func(err error) bool { return errors.Is(err, raw.ErrUnknown) }},
		{"", func(err error) bool { return errors.Is(err, raw.ErrUnknown) }},
	} {
		if _, err := decode([]byte(c.data)); !c.ok(err) {
			t.Errorf("%.40q: %v", c.data, err)
		}
	}
}

func TestCommentBringsArrayAndLevels(t *testing.T) {
	f, err := decode([]byte("P5\n# quadraw cfa=quad-grbg+1+0 black=64.5 white=1000 later=x\n2 1\n1023\n\x00\x01\x03\xff"))
	if err != nil {
		t.Fatal(err)
	}
	h := f.Mosaic.Header()
	black, _ := h.Black.Constant()
	if h.CFA != raw.QuadGRBG.Shift(1, 0) || black != 64.5 || h.White[2] != 1000 || h.BitsPerSample != 10 {
		t.Errorf("%v, black %v, white %v, %d bits", h.CFA, black, h.White, h.BitsPerSample)
	}
	m := raw.NewMosaic(image.Rect(0, 0, 2, 1), 0)
	if err := f.Mosaic.ReadTile(t.Context(), m); err != nil || m.Pix[0] != 1 || m.Pix[1] != 1023 {
		t.Errorf("%v, %v", m.Pix, err)
	}
}

func TestPPMIsScaledToFullRange(t *testing.T) {
	f, err := decode([]byte("P6 1 2 100 \x00\x32\x64\x64\x01\xff"))
	if err != nil {
		t.Fatal(err)
	}
	m := raw.NewRGB(image.Rect(0, 0, 1, 2))
	if err := f.RGB.ReadTile(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(m.Pix)
	if want := "[[0 65535] [32768 655] [65535 65535]]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestWriteRefusesWhatPGMCannotHold(t *testing.T) {
	h := raw.NewHeader(image.Pt(4, 4), raw.BayerRGGB, 8)
	m := raw.NewMosaic(h.Bounds(), 0)
	m.Pix[3] = 256 // the header says 8 bits
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	if err := pgm.Write(t.Context(), temp(t), src, nil); !errors.Is(err, raw.ErrOption) {
		t.Errorf("%v", err)
	}
	h = h.Clone()
	h.White = [3]float64{}
	src, _ = raw.NewMemory(h, m)
	if err := pgm.Write(t.Context(), temp(t), src, nil); !errors.Is(err, raw.ErrOption) {
		t.Errorf("%v", err)
	}
}

func temp(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "a.pgm"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("P5\n# quadraw cfa=quad-rggb black=64 white=200\n3 2\n255\n123456"))
	f.Add([]byte("P5 3 2 1023 123456789012"))
	f.Add([]byte("P6\n1 1\n255\n123"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := decode(data)
		if err != nil {
			return
		}
		if d.RGB != nil {
			if err := d.RGB.ReadTile(t.Context(), raw.NewRGB(d.RGB.Header().Bounds())); err != nil {
				t.Fatal(err)
			}
			return
		}
		m := raw.NewMosaic(d.Mosaic.Header().Bounds(), 0)
		if err := d.Mosaic.ReadTile(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		// Written and read again it is the same, unless a sample broke PGM's rule.
		out := temp(t)
		if err := pgm.Write(t.Context(), out, d.Mosaic, nil); err != nil {
			if errors.Is(err, raw.ErrOption) {
				return
			}
			t.Fatal(err)
		}
		size, err := out.Seek(0, io.SeekEnd)
		if err != nil {
			t.Fatal(err)
		}
		again, err := pgm.Decode(out, size, raw.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		h, g := again.Mosaic.Header(), d.Mosaic.Header()
		n := raw.NewMosaic(h.Bounds(), 0)
		if err := again.Mosaic.ReadTile(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if h.Size != g.Size || h.CFA != g.CFA || h.White != g.White || fmt.Sprint(n.Pix) != fmt.Sprint(m.Pix) {
			t.Fatalf("%v became %v", g, h)
		}
	})
}
