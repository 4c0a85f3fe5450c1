package binning

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// packedSource tells a mosaic's rows packed, with some bytes between them.
type packedSource struct {
	raw.Source
	p      Packed
	asked  *int
	shared bool // memory of its own instead of the caller's
}

func (s packedSource) Packing() (raw.Packing, int, bool) { return s.p.Packing, s.p.Stride, true }

func (s packedSource) PackedRows(_ context.Context, y0, y1 int, buf []byte) ([]byte, error) {
	*s.asked++
	rows := s.p.Bytes[y0*s.p.Stride : min(y1*s.p.Stride, len(s.p.Bytes))]
	if s.shared {
		return rows, nil
	}
	return append(buf[:0], rows...), nil
}

func packFrame(m *raw.Mosaic, p raw.Packing, gap int) Packed {
	out := Packed{Packing: p, Stride: p.RowBytes(m.Rect.Dx()) + gap}
	for y := range m.Rect.Dy() {
		out.Bytes = append(out.Bytes, pack(m.Row(y), p)...)
		if y+1 < m.Rect.Dy() {
			out.Bytes = append(out.Bytes, make([]byte, gap)...)
		}
	}
	out.Bytes = slices.Clip(out.Bytes)
	return out
}

func TestPackedIsUnpacked(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, p := range allPackings {
		for _, cfa := range []raw.CFA{raw.QuadGRBG, raw.QuadRGGB.Shift(1, 1), raw.BayerGBRG, raw.NonaRGGB.Shift(2, 4), raw.HexadecaGRBG, raw.Mono} {
			h := raw.NewHeader(image.Pt(203, 67), cfa, p.Bits())
			for c := range h.Noise {
				h.Noise[c].Offset = 1e-3
			}
			m := raw.NewMosaic(h.Bounds(), cfa)
			for i := range m.Pix {
				m.Pix[i] = uint16(rng.Uint32()) & (1<<p.Bits() - 1)
			}
			mem, err := raw.NewMemory(h, m)
			if err != nil {
				t.Fatal(err)
			}
			packed := packFrame(m, p, 3)
			for _, o := range []Options{{}, {Mode: Sum}, {Robust: true, Sigma: 2}, {Exclude: []image.Point{{40, 40}, {77, 13}}}} {
				b, err := NewBinner(h, &o)
				if err != nil {
					t.Fatal(err)
				}
				var want, got raw.Mosaic
				if err := b.Bin(context.Background(), &want, m, 1); err != nil {
					t.Fatal(err)
				}
				if err := b.BinPacked(context.Background(), &got, &packed, 2); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Pix, want.Pix) {
					t.Fatalf("%v of %v, %+v: packed differs", p, cfa, o)
				}
				asked := 0
				s, err := New(packedSource{struct{ raw.Source }{mem}, packed, &asked, rng.IntN(2) == 0}, &o)
				if err != nil {
					t.Fatal(err)
				}
				x := rng.IntN(8)
				part := raw.NewMosaic(image.Rect(x, 3, b.out.Size.X-rng.IntN(8), b.out.Size.Y), 0)
				if err := s.ReadTile(context.Background(), part); err != nil {
					t.Fatal(err)
				}
				if asked == 0 {
					t.Fatalf("%v of %v: packed rows were not asked for", p, cfa)
				}
				for y := part.Rect.Min.Y; y < part.Rect.Max.Y; y++ {
					if !slices.Equal(part.Row(y), want.Row(y)[part.Rect.Min.X:part.Rect.Max.X]) {
						t.Fatalf("%v of %v, %+v: row %d of packed tile %v differs", p, cfa, o, y, part.Rect)
					}
				}
			}
		}
	}
}

func TestPackedTooShort(t *testing.T) {
	h := raw.NewHeader(image.Pt(64, 64), raw.QuadRGGB, 10)
	b, err := NewBinner(h, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Packed{{Packing: raw.MIPI10, Stride: 80}, {raw.MIPI10, 80, make([]byte, 80*64-1)}, {raw.MIPI10, 79, make([]byte, 80*64)}} {
		if err := b.BinPacked(context.Background(), &raw.Mosaic{}, &p, 1); !errors.Is(err, raw.ErrTruncated) {
			t.Errorf("%d bytes at a stride of %d: %v", len(p.Bytes), p.Stride, err)
		}
	}
	if err := b.BinPacked(context.Background(), &raw.Mosaic{}, &Packed{Packing: 99}, 1); !errors.Is(err, raw.ErrOption) {
		t.Errorf("packing 99: %v", err)
	}
}

// In the steady state nothing is allocated, in any mode.
func TestNoAllocations(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector allocates")
	}
	h := raw.NewHeader(image.Pt(512, 256), raw.QuadRGGB, 10)
	h.Black = raw.ConstantBlack(64)
	for c := range h.Noise {
		h.Noise[c] = raw.NoiseModel{Scale: 1e-4, Offset: 1e-5}
	}
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	gains := &GainMap{Width: 512, Height: 256, CFA: h.CFA, Rows: 1, Cols: 1, Gains: make([]float32, 16)}
	for i := range gains.Gains {
		gains.Gains[i] = 1
	}
	packed := packFrame(m, raw.MIPI10, 0)
	ctx := context.Background()
	for _, o := range []Options{
		{}, {Mode: Sum}, {Weights: []float64{1, 2, 3, 4}}, {Robust: true}, {GainMap: gains},
		{GainMap: gains, Robust: true}, {Exposures: []float64{1, 1, .5, .5}}, {Exclude: []image.Point{{8, 8}}},
	} {
		b, err := NewBinner(h, &o)
		if err != nil {
			t.Fatal(err)
		}
		var dst raw.Mosaic
		run := func() {
			if err := b.Bin(ctx, &dst, m, 1); err != nil {
				t.Fatal(err)
			}
			if err := b.BinPacked(ctx, &dst, &packed, 1); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if n := testing.AllocsPerRun(20, run); n > 0 {
			t.Errorf("Bin, %+v: %g allocations a run", o, n)
		}
		mem, err := raw.NewMemory(h, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, src := range []raw.Source{mem, struct{ raw.Source }{mem}} {
			s, err := New(src, &o)
			if err != nil {
				t.Fatal(err)
			}
			tile := raw.NewMosaic(image.Rect(3, 5, 200, 100), 0)
			read := func() {
				if err := s.ReadTile(ctx, tile); err != nil {
					t.Fatal(err)
				}
			}
			read()
			if n := testing.AllocsPerRun(20, read); n > 0 {
				t.Errorf("ReadTile, %+v: %g allocations a tile", o, n)
			}
		}
	}
}
