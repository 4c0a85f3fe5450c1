package dng

import (
	"errors"
	"image"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// fourColors makes b a file of a sensor of four colours, as Sony's RGBE.
func fourColors(b *builder) {
	b.setBytes(ifd.CFAPlaneColor, ifd.Byte, []byte{0, 1, 2, 3})
	b.setBytes(ifd.CFAPattern, ifd.Byte, []byte{0, 1, 3, 2})
	ones := make([]float64, 16)
	for i := range ones {
		ones[i] = 1
	}
	b.set(ifd.ColorMatrix1, ifd.SRational, ones[:12]...)
	b.set(ifd.ForwardMatrix1, ifd.SRational, ones[:12]...)
	b.set(ifd.ReductionMatrix1, ifd.SRational, ones[:12]...)
	b.set(ifd.CameraCalibration1, ifd.SRational, ones...)
	b.set(ifd.AnalogBalance, ifd.Rational, ones[:4]...)
	b.set(ifd.AsShotNeutral, ifd.Rational, ones[:4]...)
}

// A sensor of four colours has matrices of 4×3 and 3×4: well-formed, and no
// picture of three colours can be made of them.
func TestFourColors(t *testing.T) {
	linear := func(b *builder) {
		grid{10, 8, 4, 10, 8, false, false}.apply(b, make([]uint32, 320), func(s []uint32, n, _ int) []byte { return packRows(s, n, 16, b.order) })
	}
	for name, c := range map[string]struct {
		change func(b *builder)
		want   string
	}{
		"four colours":                       {fourColors, unsupported},
		"matrix of eleven":                   {func(b *builder) { fourColors(b); b.set(ifd.ColorMatrix1, ifd.SRational, make([]float64, 11)...) }, corrupt},
		"calibration of nine":                {func(b *builder) { fourColors(b); b.set(ifd.CameraCalibration1, ifd.SRational, make([]float64, 9)...) }, corrupt},
		"neutral of three":                   {func(b *builder) { fourColors(b); b.set(ifd.AsShotNeutral, ifd.Rational, 1, 1, 1) }, corrupt},
		"reduction of sixteen":               {func(b *builder) { fourColors(b); b.set(ifd.ReductionMatrix1, ifd.SRational, make([]float64, 16)...) }, corrupt},
		"matrices of four, samples of three": {func(b *builder) { b.set(ifd.ColorMatrix1, ifd.SRational, make([]float64, 12)...) }, unsupported},
		"linear samples of four":             {linear, unsupported},
		"linear samples of four, matrix of nine": {func(b *builder) {
			linear(b)
			b.set(ifd.ColorMatrix1, ifd.SRational, make([]float64, 9)...)
		}, corrupt},
	} {
		b := plainBuilder(10, 8, 100)
		c.change(b)
		if _, err := b.decode(t, nil); kindOf(err) != c.want {
			t.Errorf("%s: %v, want it %s", name, err, c.want)
		}
	}
}

// The samples of any array can be had by saying what it is to be taken for.
func TestArrayOfTheCaller(t *testing.T) {
	xtrans := []byte("\x01\x02\x01\x01\x00\x01\x00\x01\x00\x02\x01\x02\x01\x02\x01\x01\x00\x01\x01\x00\x01\x01\x02\x01\x02\x01\x02\x00\x01\x00\x01\x00\x01\x01\x02\x01")
	for name, change := range map[string]func(b *builder){
		"a mosaic of 4 colours": fourColors,
		"X-Trans": func(b *builder) {
			b.set(ifd.CFARepeatPatternDim, ifd.Short, 6, 6)
			b.setBytes(ifd.CFAPattern, ifd.Byte, xtrans)
		},
	} {
		b := plainBuilder(12, 12, 100)
		change(b)
		var u *raw.UnsupportedError
		if _, err := b.decode(t, nil); !errors.As(err, &u) || !strings.Contains(u.Feature, name) {
			t.Errorf("%s: %v", name, err)
		}
		for _, cfa := range []raw.CFA{raw.Mono, raw.BayerGBRG} {
			f, err := b.decode(t, &Options{CFA: &cfa})
			if err != nil {
				t.Errorf("%s as %v: %v", name, cfa, err)
				continue
			}
			src, err := f.Mosaic()
			if err != nil {
				t.Fatal(err)
			}
			m := raw.NewMosaic(image.Rect(0, 0, 12, 12), 0)
			if err := src.ReadTile(t.Context(), m); err != nil || m.Pix[77] != 100 || src.Header().CFA != cfa {
				t.Errorf("%s as %v: %v, sample %d of %v", name, cfa, err, m.Pix[77], src.Header().CFA)
			}
		}
	}
}
