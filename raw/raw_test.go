package raw_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

func allCFAs() []raw.CFA {
	out := []raw.CFA{raw.Mono}
	for cell := 1; cell <= 4; cell++ {
		for y := range 2 * cell {
			for x := range 2 * cell {
				c, _ := raw.NewCFA(cell, image.Pt(x, y))
				out = append(out, c)
			}
		}
	}
	return out
}

func TestCFARoundTrips(t *testing.T) {
	for _, c := range allCFAs() {
		if !c.Valid() {
			t.Errorf("%v is not valid", c)
		}
		got, err := raw.ParseCFA(c.String())
		if err != nil || got != c {
			t.Errorf("parse %q: %v, %v", c, got, err)
		}
		if c == raw.Mono {
			continue
		}
		p := c.Period()
		if got, err := raw.CFAFromPattern(p, p, c.Pattern()); err != nil || got != c {
			t.Errorf("pattern of %v: %v, %v", c, got, err)
		}
		for _, d := range []image.Point{{1, 0}, {-3, 5}, {8, -8}, {7, 7}} {
			s := c.Shift(d.X, d.Y)
			for y := range p {
				for x := range p {
					if s.ColorAt(x, y) != c.ColorAt(x+d.X, y+d.Y) {
						t.Fatalf("%v shifted by %v is wrong at %d,%d", c, d, x, y)
					}
				}
			}
		}
	}
}

func TestCFANames(t *testing.T) {
	for c, want := range map[raw.CFA]string{
		raw.BayerGBRG: "bayer-gbrg", raw.QuadBGGR: "quad-bggr", raw.NonaGRBG: "nona-grbg",
		raw.HexadecaRGGB: "hexadeca-rggb", raw.QuadRGGB.Shift(1, 0): "quad-rggb+1+0", raw.QuadRGGB.Shift(3, 2): "quad-bggr+1+0",
	} {
		if got := c.String(); got != want {
			t.Errorf("%#x: %q, want %q", uint16(c), got, want)
		}
	}
	for _, bad := range []string{"", "bayer", "quad-rgbg", "penta-rggb", "quad-rggb+2+0", "quad-rggb+1"} {
		if _, err := raw.ParseCFA(bad); !errors.Is(err, raw.ErrCFA) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestCFABinned(t *testing.T) {
	for _, c := range allCFAs() {
		for n := 1; n <= 4; n++ {
			b, err := c.Binned(n)
			if k := c.Cell(); k > 1 && k%n != 0 {
				if !errors.Is(err, raw.ErrCFA) {
					t.Errorf("%v by %d: %v", c, n, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%v by %d: %v", c, n, err)
				continue
			}
			if c.Cell() <= 1 {
				continue
			}
			s := c.CellStart()
			for y := range 8 {
				for x := range 8 {
					if b.ColorAt(x, y) != c.ColorAt(s.X+x*n, s.Y+y*n) {
						t.Fatalf("%v by %d is %v: wrong at %d,%d", c, n, b, x, y)
					}
				}
			}
		}
	}
}

func TestXTransIsUnsupported(t *testing.T) {
	var p []raw.Color
	for _, c := range "GGRGGBGGBGGRBRGRBGGGBGGRGGRGGBRBGBRG" {
		p = append(p, map[rune]raw.Color{'R': raw.Red, 'G': raw.Green, 'B': raw.Blue}[c])
	}
	var u *raw.UnsupportedError
	if _, err := raw.CFAFromPattern(6, 6, p); !errors.As(err, &u) {
		t.Errorf("got %v", err)
	}
}

func TestCropKeepsPhaseLevelsAndAreas(t *testing.T) {
	h := raw.NewHeader(image.Pt(40, 30), raw.QuadGRBG, 10)
	h.Black = raw.BlackLevel{Rows: 2, Cols: 2, Samples: 1, Values: []float64{1, 2, 3, 4}, DeltaH: make([]float64, 40), DeltaV: make([]float64, 30)}
	for i := range h.Black.DeltaH {
		h.Black.DeltaH[i] = float64(i) / 8
	}
	h.ActiveArea = image.Rect(4, 2, 40, 30)
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	for i := range m.Pix {
		m.Pix[i] = uint16(i)
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	r := image.Rect(3, 5, 31, 22)
	c, err := raw.Crop(src, r)
	if err != nil {
		t.Fatal(err)
	}
	ch := c.Header()
	if want := image.Rect(1, 0, 28, 17); ch.ActiveArea != want {
		t.Errorf("active area %v, want %v", ch.ActiveArea, want)
	}
	got := raw.NewMosaic(image.Rect(2, 3, 20, 15), 0)
	if err := c.ReadTile(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	for y := 3; y < 15; y++ {
		for x := 2; x < 20; x++ {
			if got.Gray16At(x, y) != m.Gray16At(x+3, y+5) {
				t.Fatalf("sample %d,%d", x, y)
			}
			if got.CFA.ColorAt(x, y) != h.CFA.ColorAt(x+3, y+5) || ch.Black.At(x, y, 0) != h.Black.At(x+3, y+5, 0) {
				t.Fatalf("colour or black at %d,%d", x, y)
			}
		}
	}
	if err := c.ReadTile(t.Context(), raw.NewMosaic(image.Rect(20, 3, 29, 5), 0)); !errors.Is(err, raw.ErrBounds) {
		t.Errorf("outside: %v", err)
	}
}

func TestNoiseProfile(t *testing.T) {
	p := raw.NoiseProfile{{4, 8}, {4, 8}, {4, 8}}
	if v := p.Averaged(4).Variance(raw.Green, 2); v != 4 {
		t.Errorf("mean of four: %v", v)
	}
	if p.AtISO(100, 200) != p.Amplified(2) || p.AtISO(0, 200) != p || p.AtISO(100, 0) != p {
		t.Error("a profile at another ISO")
	}
	if v := p.Amplified(2).Variance(raw.Green, 2); v != 48 {
		t.Errorf("gain of two: %v", v)
	}
	if (raw.NoiseProfile{}).Known() || !p.Known() {
		t.Error("Known is wrong")
	}
}

func ExampleCFA() {
	c := raw.QuadRGGB
	fmt.Println(c, c.Period(), c.ColorAt(0, 0), c.ColorAt(2, 2))
	binned, _ := c.Binned(2)
	fmt.Println(binned, c.Shift(1, 0))
	// Output:
	// quad-rggb 4 red blue
	// bayer-rggb quad-rggb+1+0
}

func ExampleSource() {
	h := raw.NewHeader(image.Pt(8, 8), raw.QuadRGGB, 10)
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	m.Pix[3*8+2] = 512
	src, _ := raw.NewMemory(h, m)
	part := raw.NewMosaic(image.Rect(2, 2, 6, 6), 0)
	err := src.ReadTile(context.Background(), part)
	fmt.Println(part.Gray16At(2, 3).Y, part.CFA, err)
	// Output: 512 quad-rggb <nil>
}
