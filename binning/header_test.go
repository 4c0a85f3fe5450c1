package binning_test

import (
	"context"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/raw"
)

// Black is that of the members, whatever the pattern: a frame that holds its
// own black level bins to the result's.
func TestBlackLevelFollows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	for i, cfa := range allCFAs() {
		if c := cfa.Cell(); c > 2 && i%5 != 0 {
			continue
		}
		for _, n := range factors(cfa) {
			h := raw.NewHeader(image.Pt(48, 50), cfa, 14)
			h.Black = raw.BlackLevel{Rows: 4, Cols: 2, Samples: 1}
			for range 8 {
				h.Black.Values = append(h.Black.Values, float64(100+16*9*rng.IntN(4)))
			}
			for range h.Size.X {
				h.Black.DeltaH = append(h.Black.DeltaH, float64(16*9*rng.IntN(3)))
			}
			for range h.Size.Y {
				h.Black.DeltaV = append(h.Black.DeltaV, float64(16*9*rng.IntN(3)))
			}
			m := raw.NewMosaic(h.Bounds(), cfa)
			for y := range h.Size.Y {
				for x := range h.Size.X {
					m.Row(y)[x] = uint16(h.Black.At(x, y, 0))
				}
			}
			options := []binning.Options{{Factor: n}, {Factor: n, Mode: binning.Sum}}
			if cfa.Cell() == 1 {
				options = append(options, binning.Options{PhaseCorrect: true})
			}
			for _, o := range options {
				s := mustBin(t, memory(t, h, m), &o)
				got := readAll(t, s)
				for y := range got.Rect.Max.Y {
					for x, v := range got.Row(y) {
						if want := s.Header().Black.At(x, y, 0); math.Abs(float64(v)-want) > 0.5 {
							t.Fatalf("%v, %+v: black at %d,%d is %d, the header says %g", cfa, o, x, y, v, want)
						}
					}
				}
			}
			// Judged members are subtracted their own.
			o := binning.Options{Factor: n, ClipAware: true}
			s := mustBin(t, memory(t, h, m), &o)
			for i, v := range readAll(t, s).Pix {
				if want := s.Header().Black.Mean(); math.Abs(float64(v)-want) > 0.6 {
					t.Fatalf("%v: judged black at %d is %d, the header says %g", cfa, i, v, want)
				}
			}
		}
	}
}

func TestLevelsAndAreas(t *testing.T) {
	h := raw.NewHeader(image.Pt(101, 67), raw.QuadGRBG.Shift(1, 0), 10)
	h.Black = raw.ConstantBlack(64)
	h.ActiveArea = image.Rect(8, 5, 99, 66)
	h.DefaultCrop = image.Rect(13, 9, 93, 61)
	h.MaskedAreas = []image.Rectangle{image.Rect(0, 0, 7, 67), image.Rect(0, 0, 101, 1)}
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	src := memory(t, h, m)
	avg := mustBin(t, src, nil).Header()
	// The first cell begins at (1, 0).
	if avg.Size != image.Pt(50, 33) || avg.CFA != raw.BayerRGGB && avg.CFA.Cell() != 1 {
		t.Errorf("size %v, %v", avg.Size, avg.CFA)
	}
	if avg.ActiveArea != image.Rect(4, 3, 49, 33) || avg.DefaultCrop != image.Rect(6, 5, 46, 30) {
		t.Errorf("areas %v, %v", avg.ActiveArea, avg.DefaultCrop)
	}
	if len(avg.MaskedAreas) != 1 || avg.MaskedAreas[0] != image.Rect(0, 0, 3, 33) {
		t.Errorf("masked %v", avg.MaskedAreas)
	}
	if avg.White != h.White || avg.BitsPerSample != 10 {
		t.Errorf("white %v of %d bits", avg.White, avg.BitsPerSample)
	}
	sum := mustBin(t, src, &binning.Options{Mode: binning.Sum}).Header()
	if sum.White[0] != 4092 || sum.BitsPerSample != 12 || sum.Black.Mean() != 256 {
		t.Errorf("sum: white %v of %d bits, black %g", sum.White, sum.BitsPerSample, sum.Black.Mean())
	}
	if h.White[0] != 1023 || h.Size.X != 101 {
		t.Error("the source's header was changed")
	}
}

// Sixteen bits have no room for a sum: the range is scaled, and what lies
// beyond white saturates and does not wrap.
func TestSumOfSixteenBitsNeverWraps(t *testing.T) {
	for _, c := range []struct {
		cfa   raw.CFA
		bits  int
		white float64
	}{{raw.QuadRGGB, 16, 65535}, {raw.QuadRGGB, 15, 65534}, {raw.QuadRGGB, 14, 65532}, {raw.NonaRGGB, 14, 36861.75}, {raw.HexadecaRGGB, 16, 65535}} {
		h := raw.NewHeader(image.Pt(48, 48), c.cfa, c.bits)
		m := raw.NewMosaic(h.Bounds(), c.cfa)
		for i := range m.Pix {
			m.Pix[i] = uint16(h.White[0])
		}
		s := mustBin(t, memory(t, h, m), &binning.Options{Mode: binning.Sum})
		if w := s.Header().White[0]; w != c.white {
			t.Errorf("%v of %d bits: white %g, want %g", c.cfa, c.bits, w, c.white)
		}
		for _, v := range readAll(t, s).Pix {
			if math.Abs(float64(v)-c.white) > 0.5 {
				t.Fatalf("%v of %d bits: white bins to %d, want %g", c.cfa, c.bits, v, c.white)
			}
		}
		for i := range m.Pix {
			m.Pix[i] = 65535
		}
		for _, v := range readAll(t, s).Pix {
			if float64(v) < math.Floor(c.white) {
				t.Fatalf("%v of %d bits: 65535 bins to %d", c.cfa, c.bits, v)
			}
		}
	}
}

// A gain map of every pixel gives the same gain before and after binning.
func TestGainMapOpcodeIsScaled(t *testing.T) {
	h := raw.NewHeader(image.Pt(203, 151), raw.QuadRGGB.Shift(1, 1), 12)
	h.ActiveArea = image.Rect(6, 3, 200, 149)
	m := &raw.GainMap{
		Area:    raw.OpcodeArea{Rect: h.ActiveArea.Sub(h.ActiveArea.Min), Planes: 1, RowPitch: 1, ColPitch: 1},
		PointsV: 3, PointsH: 2, SpacingV: 0.5, SpacingH: 0.9, OriginV: 0.1, OriginH: 0.05, MapPlanes: 1,
		Gains: []float32{1, 2, 3, 4, 5, 6},
	}
	h.Opcodes[1] = []raw.Opcode{{ID: 9, Params: m}}
	h.Opcodes[2] = []raw.Opcode{{ID: 3, Data: []byte{1}}}
	out := mustBin(t, memory(t, h, raw.NewMosaic(h.Bounds(), h.CFA)), nil).Header()
	got := out.Opcodes[1][0].Params.(*raw.GainMap)
	if len(out.Opcodes[2]) != 1 || len(out.Opcodes[1][0].Data) != 76+4*6 {
		t.Errorf("opcodes %+v", out.Opcodes)
	}
	if got.Area.Rect != out.ActiveArea.Sub(out.ActiveArea.Min) {
		t.Errorf("area %v of %v", got.Area.Rect, out.ActiveArea)
	}
	// The centre of an output pixel is that of its four members.
	for _, p := range []image.Point{{0, 0}, {20, 31}, {90, 70}} {
		inX := float64(1+2*(p.X+out.ActiveArea.Min.X)+1-h.ActiveArea.Min.X) / float64(h.ActiveArea.Dx())
		outX := (float64(p.X) + 0.5) / float64(out.ActiveArea.Dx())
		if a, b := (inX-m.OriginH)/m.SpacingH, (outX-got.OriginH)/got.SpacingH; math.Abs(a-b) > 1e-9 {
			t.Errorf("%v: grid column %g, was %g", p, b, a)
		}
		inY := float64(1+2*(p.Y+out.ActiveArea.Min.Y)+1-h.ActiveArea.Min.Y) / float64(h.ActiveArea.Dy())
		outY := (float64(p.Y) + 0.5) / float64(out.ActiveArea.Dy())
		if a, b := (inY-m.OriginV)/m.SpacingV, (outY-got.OriginV)/got.SpacingV; math.Abs(a-b) > 1e-9 {
			t.Errorf("%v: grid row %g, was %g", p, b, a)
		}
	}

	var unsupported *raw.UnsupportedError
	single := *m
	single.Area.RowPitch, single.Area.ColPitch = 2, 2
	h.Opcodes[1] = []raw.Opcode{{ID: 9, Params: &single}}
	if _, err := binning.New(refusing{h}, nil); !errors.As(err, &unsupported) {
		t.Errorf("gain map of single pixels: %v", err)
	}
	h.Opcodes[1] = []raw.Opcode{{ID: 5}}
	if _, err := binning.New(refusing{h}, nil); !errors.As(err, &unsupported) {
		t.Errorf("bad pixel list: %v", err)
	}
	h.Opcodes[1][0].Flags = 1
	if s, err := binning.New(refusing{h}, nil); err != nil || len(s.Header().Opcodes[1]) != 0 {
		t.Errorf("optional bad pixel list: %v", err)
	}
}

// Excluded pixels have no say, whatever they hold.
func TestExcludedPixelsDoNotCount(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	for i, cfa := range allCFAs() {
		if c := cfa.Cell(); c > 2 && i%5 != 0 {
			continue
		}
		for _, n := range factors(cfa) {
			h := raw.NewHeader(image.Pt(48, 48), cfa, 12)
			m := raw.NewMosaic(h.Bounds(), cfa)
			for y := range 48 {
				for x := range 48 {
					m.Row(y)[x] = uint16(500 + 300*int(cfa.ColorAt(x, y)))
				}
			}
			var list []image.Point
			for range 20 {
				// One of every block of 2n, so no cell loses two.
				list = append(list, image.Pt(rng.IntN(48/(2*n))*2*n, rng.IntN(48/(2*n))*2*n))
			}
			options := []binning.Options{{Factor: n}, {Factor: n, Mode: binning.Sum}, {Factor: n, ClipAware: true}}
			if n == 2 {
				// The other member of the same exposure takes its place.
				h.Noise = raw.NoiseProfile{{Offset: 1e-5}, {Offset: 1e-5}, {Offset: 1e-5}}
				options = append(options, binning.Options{Factor: n, Exposures: []float64{1, 1, 0.5, 0.5}})
			}
			for _, o := range options {
				want := readAll(t, mustBin(t, memory(t, h, m), &o))
				spoilt := raw.NewMosaic(h.Bounds(), cfa)
				copy(spoilt.Pix, m.Pix)
				for _, p := range list {
					spoilt.Row(p.Y)[p.X] = uint16(rng.IntN(1 << 16))
				}
				o.Exclude = list
				got := readAll(t, mustBin(t, memory(t, h, spoilt), &o))
				if err := sameSamples(got, want); err != nil {
					t.Fatalf("%v by %d, %v: %v", cfa, n, o.Mode, err)
				}
			}
		}
	}
}

func TestCancelledContext(t *testing.T) {
	h := raw.NewHeader(image.Pt(64, 64), raw.QuadRGGB, 10)
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := mustBin(t, memory(t, h, m), nil)
	if err := s.ReadTile(ctx, raw.NewMosaic(s.Header().Bounds(), 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("ReadTile: %v", err)
	}
	b, err := binning.NewBinner(h, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Bin(ctx, &raw.Mosaic{}, m, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("Bin: %v", err)
	}
}
