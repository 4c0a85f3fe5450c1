package demosaic

import (
	"bytes"
	"errors"
	"image"
	"io"
	"testing"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/demosaic/tables"
	"github.com/quadraw/quadraw/raw"
)

// TestReadTables: tables may be given, must fit the mosaic, and bad ones are
// clear errors.
func TestReadTables(t *testing.T) {
	open := func(name string) []byte {
		b, err := tables.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	given, err := ReadTables(bytes.NewReader(open("bayer-5.bin")), bytes.NewReader(open("bayer.bin")))
	if err != nil {
		t.Fatal(err)
	}
	if given.Cell() != 1 || len(given.Notes()) != 2 {
		t.Errorf("cell %d, notes %q", given.Cell(), given.Notes())
	}
	frame := func(cfa raw.CFA) raw.Source {
		h := raw.NewHeader(image.Pt(64, 64), cfa, 12)
		src, err := raw.NewMemory(h, raw.NewMosaic(h.Bounds(), cfa))
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	if _, err := New(frame(raw.BayerGRBG), &Options{Tables: given}); err != nil {
		t.Error(err)
	}
	if _, err := New(frame(raw.QuadRGGB), &Options{Tables: given}); !errors.Is(err, raw.ErrOption) {
		t.Errorf("Bayer tables for a Quad mosaic: %v", err)
	}
	for name, files := range map[string][][]byte{
		"none":       nil,
		"same level": {open("bayer.bin"), open("bayer.bin")},
		"two arrays": {open("bayer.bin"), open("quad-5.bin")},
		"cut":        {open("bayer.bin")[:5000]},
		"no table":   {[]byte("hello, this is not a table of filters at all")},
	} {
		var readers []io.Reader
		for _, f := range files {
			readers = append(readers, bytes.NewReader(f))
		}
		if _, err := ReadTables(readers...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestLevelsBlendWithoutASeam places units along a ramp of noise: the share of
// each level rises and falls in small steps.
func TestLevelsBlendWithoutASeam(t *testing.T) {
	b := &filterBank{cell: 1, levels: []noiseLevel{{sigma: 0}, {sigma: 5}, {sigma: 15}}}
	curve := &noiseCurve{}
	for i := range curve {
		curve[i] = float32(i) / 3
	}
	in := &bank.Plane{}
	in.Reset(image.Rect(-8, -8, 1032, 16))
	for i := range in.Pix {
		in.Pix[i] = int16(bank.Min + (i%in.Stride)*30)
	}
	s := &bankState{}
	lo, hi := b.place(s, image.Rect(0, 0, 1024, 8), in, curve)
	if lo != 0 || hi != 2 {
		t.Errorf("levels %d to %d, want 0 to 2", lo, hi)
	}
	for u := 1; u < 512; u++ {
		if d := int(s.at[u]) - int(s.at[u-1]); d < 0 || d > 12 {
			t.Fatalf("place goes from %d to %d at unit %d", s.at[u-1], s.at[u], u)
		}
	}
}
