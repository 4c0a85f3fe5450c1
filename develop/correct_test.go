package develop_test

import (
	"bytes"
	"errors"
	"image"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

func whole(r image.Rectangle) raw.OpcodeArea {
	return raw.OpcodeArea{Rect: r, Planes: 1, RowPitch: 1, ColPitch: 1}
}

// grayMosaic is a frame of the given DN with two masked columns and a masked
// row.
func grayMosaic(dn func(x, y int) uint16) (*raw.Header, raw.Source) {
	h := raw.NewHeader(image.Pt(66, 49), raw.QuadGRBG, 10)
	h.ActiveArea = image.Rect(2, 1, 66, 49)
	h.DefaultCrop = h.ActiveArea
	h.Black = raw.ConstantBlack(64)
	for c := range h.Noise {
		h.Noise[c] = raw.NoiseModel{Scale: 1e-3, Offset: 1e-5}
	}
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	for y := range 49 {
		for x := range 66 {
			m.Row(y)[x] = dn(x, y)
		}
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		panic(err)
	}
	return h, src
}

func corrected(t testing.TB, src raw.Source) (*raw.Header, *raw.Mosaic) {
	t.Helper()
	out, err := develop.Correct(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := out.Header()
	if len(h.Opcodes[0])+len(h.Opcodes[1]) != 0 {
		t.Error("opcodes are still in the header")
	}
	m := raw.NewMosaic(h.Bounds(), 0)
	if err := out.ReadTile(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	// Any tile is the same.
	rng := rand.New(rand.NewPCG(3, 4))
	for range 10 {
		x, y := rng.IntN(h.Size.X-1), rng.IntN(h.Size.Y-1)
		p := raw.NewMosaic(image.Rect(x, y, x+1+rng.IntN(h.Size.X-x), y+1+rng.IntN(h.Size.Y-y)), 0)
		if err := out.ReadTile(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y++ {
			for x := p.Rect.Min.X; x < p.Rect.Max.X; x++ {
				if p.Gray16At(x, y) != m.Gray16At(x, y) {
					t.Fatalf("pixel %d,%d of tile %v", x, y, p.Rect)
				}
			}
		}
	}
	return h, m
}

func normalised(h *raw.Header, m *raw.Mosaic, x, y int) float64 {
	b := h.Black.At(x, y, 0)
	return (float64(m.Gray16At(x, y).Y) - b) / (h.White[0] - b)
}

func TestNothingToCorrect(t *testing.T) {
	_, src := grayMosaic(func(x, y int) uint16 { return 100 })
	if out, err := develop.Correct(src, nil); err != nil || out != src {
		t.Errorf("%v, %v", out, err)
	}
}

func TestGainMap(t *testing.T) {
	h, src := grayMosaic(func(x, y int) uint16 {
		if x == 40 {
			return 40 // noise below black
		}
		if x == 41 {
			return 1023
		}
		return 304
	})
	// 3×2 points over the active area of 64×48, for the first of the four
	// phases of rows and columns.
	g := &raw.GainMap{
		Area:    raw.OpcodeArea{Rect: image.Rect(0, 0, 64, 48), Planes: 1, RowPitch: 2, ColPitch: 2},
		PointsV: 2, PointsH: 3, SpacingV: 1, SpacingH: 0.5, MapPlanes: 1, Gains: []float32{1, 2, 3, 2, 3, 4},
	}
	h.Opcodes[1] = []raw.Opcode{{ID: raw.OpcodeGainMap, Params: g}}
	out, m := corrected(t, src)
	for y := range 49 {
		for x := range 66 {
			in := (float64(map[bool]int{false: 304}[x == 40 || x == 41]) - 64) / 959
			switch x {
			case 40:
				in = -24.0 / 959
			case 41:
				in = 1
			}
			want := in
			if u, v := x-2, y-1; u >= 0 && v >= 0 && u%2 == 0 && v%2 == 0 {
				gx, gy := (float64(u)+0.5)/64/0.5, (float64(v)+0.5)/48
				want = min(in*(1+gx+gy), 1)
			}
			if got := normalised(out, m, x, y); math.Abs(got-want) > 1e-5 {
				t.Fatalf("pixel %d,%d: %v, want %v", x, y, got, want)
			}
		}
	}
	if out.BitsPerSample != 16 || out.White[0] != 65535 || out.Noise[1].Scale <= 1e-3 || out.Noise[1].Scale > 2e-3 {
		t.Errorf("header: %d bits, white %v, noise %v", out.BitsPerSample, out.White, out.Noise)
	}
}

func TestLineOpcodes(t *testing.T) {
	h, src := grayMosaic(func(x, y int) uint16 { return 304 })
	area := raw.OpcodeArea{Rect: image.Rect(10, 6, 50, 40), Planes: 1, RowPitch: 3, ColPitch: 2}
	rows, cols := make([]float32, 12), make([]float32, 20)
	for i := range rows {
		rows[i] = float32(i) / 100
	}
	for i := range cols {
		cols[i] = 1 + float32(i)/10
	}
	h.Opcodes[1] = []raw.Opcode{
		{ID: raw.OpcodeDeltaPerRow, Params: &raw.PerLine{Area: area, Values: rows}},
		{ID: raw.OpcodeScalePerColumn, Params: &raw.PerLine{Area: area, Columns: true, Scale: true, Values: cols}},
	}
	out, m := corrected(t, src)
	for y := range 49 {
		for x := range 66 {
			want := 240.0 / 959
			if u, v := x-2-10, y-1-6; u >= 0 && v >= 0 && u < 40 && v < 34 && u%2 == 0 && v%3 == 0 {
				want = min((want+float64(rows[v/3]))*float64(cols[u/2]), 1)
			}
			if got := normalised(out, m, x, y); math.Abs(got-want) > 1e-5 {
				t.Fatalf("pixel %d,%d: %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestTablesAndPolynomials(t *testing.T) {
	h, src := grayMosaic(func(x, y int) uint16 { return uint16(64 + 10*x) })
	table := make([]uint16, 65536)
	for i := range table {
		table[i] = uint16(65535 - i)
	}
	h.Opcodes[1] = []raw.Opcode{
		{ID: raw.OpcodeMapTable, Params: &raw.MapTable{Area: whole(image.Rect(0, 0, 64, 20)), Table: table}},
		{ID: raw.OpcodeMapPolynomial, Params: &raw.MapPolynomial{Area: whole(image.Rect(0, 20, 64, 48)), Coefficients: []float64{0.1, 0, 0.5}}},
	}
	out, m := corrected(t, src)
	for y := 1; y < 49; y++ {
		for x := 2; x < 66; x++ {
			in := 10 * float64(x) / 959
			want := 1 - in
			if y-1 >= 20 {
				want = 0.1 + 0.5*in*in
			}
			if got := normalised(out, m, x, y); math.Abs(got-want) > 2e-5 {
				t.Fatalf("pixel %d,%d: %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestBadPixels(t *testing.T) {
	// Each colour has its own value, so a wrong neighbour shows.
	value := func(x, y int) uint16 { return 200 + 100*uint16(raw.QuadGRBG.ColorAt(x, y)) }
	bad := map[image.Point]bool{{0, 0}: true, {65, 48}: true, {30, 20}: true, {31, 20}: true, {30, 21}: true, {31, 21}: true, {7, 9}: true}
	h, src := grayMosaic(func(x, y int) uint16 {
		if bad[image.Pt(x, y)] {
			return 999
		}
		return value(x, y)
	})
	check := func(name string) {
		t.Helper()
		_, m := corrected(t, src)
		for y := range 49 {
			for x := range 66 {
				if got := m.Gray16At(x, y).Y; got != value(x, y) {
					t.Errorf("%s: pixel %d,%d is %d, want %d", name, x, y, got, value(x, y))
				}
			}
		}
	}
	h.Opcodes[0] = []raw.Opcode{{ID: raw.OpcodeFixBadPixelsConstant, Params: &raw.FixBadPixelsConstant{Constant: 999}}}
	check("constant")
	h.Opcodes[0] = []raw.Opcode{{ID: raw.OpcodeFixBadPixelsList, Params: &raw.FixBadPixelsList{
		Points: []image.Point{{65, 48}, {7, 9}, {0, 0}, {5000, -3}}, Rects: []image.Rectangle{image.Rect(30, 20, 32, 22)},
	}}}
	check("list")
}

func TestTrimBounds(t *testing.T) {
	h, src := grayMosaic(func(x, y int) uint16 { return uint16(64 + x + 10*y) })
	h.Opcodes[1] = []raw.Opcode{
		{ID: raw.OpcodeTrimBounds, Params: &raw.TrimBounds{Rect: image.Rect(3, 5, 40, 30)}},
		// Coordinates still count from the untrimmed active area.
		{ID: raw.OpcodeScalePerRow, Params: &raw.PerLine{Area: whole(image.Rect(10, 7, 11, 8)), Scale: true, Values: []float32{2}}},
	}
	out, m := corrected(t, src)
	if out.Size != image.Pt(37, 25) || out.CFA != h.CFA.Shift(5, 6) {
		t.Fatalf("%v %v", out.Size, out.CFA)
	}
	for y := range 25 {
		for x := range 37 {
			want := float64(x+5+10*(y+6)) / 959
			if x+5-2 == 10 && y+6-1 == 7 {
				want *= 2
			}
			if got := normalised(out, m, x, y); math.Abs(got-want) > 1e-5 {
				t.Fatalf("pixel %d,%d: %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestOpcodesNobodyKnows(t *testing.T) {
	h, src := grayMosaic(func(x, y int) uint16 { return 100 })
	var unsupported *raw.UnsupportedError
	h.Opcodes[1] = []raw.Opcode{{ID: 77}}
	if _, err := develop.Correct(src, nil); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "77") {
		t.Errorf("needed: %v", err)
	}
	h.Opcodes[1] = []raw.Opcode{{ID: 77, Flags: 1}}
	var log bytes.Buffer
	if _, err := develop.Correct(src, &develop.CorrectOptions{Log: slog.New(slog.NewTextHandler(&log, nil))}); err != nil || !strings.Contains(log.String(), "77") {
		t.Errorf("optional: %v, %q", err, log.String())
	}
	for i, p := range []any{
		&raw.GainMap{}, &raw.GainMap{PointsV: 1, PointsH: 2, MapPlanes: 1, Gains: []float32{1, float32(math.NaN())}, SpacingH: 1},
		&raw.GainMap{PointsV: 2, PointsH: 2, MapPlanes: 1, Gains: make([]float32, 4)}, &raw.MapTable{}, &raw.PerLine{},
		&raw.FixVignetteRadial{CenterX: math.NaN()}, &raw.TrimBounds{},
	} {
		h.Opcodes[1] = []raw.Opcode{{Params: p}}
		if _, err := develop.Correct(src, nil); err == nil {
			t.Errorf("%d: %T was taken", i, p)
		}
	}
}

func TestVignette(t *testing.T) {
	h, src := grayMosaic(func(x, y int) uint16 { return 164 })
	h.Opcodes[1] = []raw.Opcode{{Params: &raw.FixVignetteRadial{K: [5]float64{1, 0.5}, CenterX: 0.5, CenterY: 0.5}}}
	out, m := corrected(t, src)
	for _, p := range []image.Point{{2, 1}, {65, 48}, {33, 25}, {10, 40}} {
		cx, cy := 2+31.5, 1+23.5
		r2 := (math.Pow(float64(p.X)-cx, 2) + math.Pow(float64(p.Y)-cy, 2)) / (31.5*31.5 + 23.5*23.5)
		if got, want := normalised(out, m, p.X, p.Y), 100.0/959*(1+r2+0.5*r2*r2); math.Abs(got-want) > 1e-5 {
			t.Errorf("%v: %v, want %v", p, got, want)
		}
	}
}

func warped(t *testing.T, src raw.RGBSource, planes ...[6]float64) *raw.RGB {
	t.Helper()
	h := src.Header().Clone()
	h.Opcodes[2] = []raw.Opcode{{ID: raw.OpcodeWarpRectilinear, Params: &raw.WarpRectilinear{Planes: planes, CenterX: 0.5, CenterY: 0.5}}}
	out, err := develop.CorrectRGB(reheaded{src, h}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := read(t, out)
	for _, r := range []image.Rectangle{image.Rect(7, 3, 150, 90), image.Rect(0, 0, 1, 1), image.Rect(130, 120, 299, 199)} {
		p := raw.NewRGB(r)
		if err := out.ReadTile(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if p.RGBA64At(x, y) != m.RGBA64At(x, y) {
					t.Fatalf("pixel %d,%d of tile %v", x, y, r)
				}
			}
		}
	}
	return m
}

func TestWarp(t *testing.T) {
	s := simulate(t, sensor.SiemensStar{Spokes: 12}, &sensor.Options{Size: image.Pt(300, 200), Blur: -1})
	src := s.TruthCamera(0)
	flat := read(t, src)
	same := warped(t, src, [6]float64{1})
	for c := range flat.Pix {
		for i := range flat.Pix[c] {
			if d := int(flat.Pix[c][i]) - int(same.Pix[c][i]); d < -2 || d > 2 {
				t.Fatalf("the identity changes sample %d by %d", i, d)
			}
		}
	}
	// Half size about the centre: what is at distance d comes from 2d. The
	// star is the same at every scale.
	half := warped(t, src, [6]float64{1}, [6]float64{0.5}, [6]float64{1})
	for _, p := range []image.Point{{100, 60}, {200, 150}, {250, 20}} {
		if d := int(flat.RGBA64At(p.X, p.Y).G) - int(half.RGBA64At(p.X, p.Y).G); d < -900 || d > 900 {
			t.Errorf("%v: %v and %v", p, flat.RGBA64At(p.X, p.Y), half.RGBA64At(p.X, p.Y))
		}
	}
	barrel := warped(t, src, [6]float64{0.9, 0.12, -0.03, 0.01, 0.002, -0.001})
	if barrel.RGBA64At(150, 20) == flat.RGBA64At(150, 20) {
		t.Error("nothing was warped")
	}
	h := src.Header().Clone()
	for _, k := range []float64{50, math.NaN(), 1e9} {
		h.Opcodes[2] = []raw.Opcode{{Params: &raw.WarpRectilinear{Planes: [][6]float64{{1, k}}}}}
		if _, err := develop.CorrectRGB(reheaded{src, h}, nil); err == nil {
			t.Errorf("coefficient %v was taken", k)
		}
	}
}

func BenchmarkCorrect(b *testing.B) {
	h := raw.NewHeader(image.Pt(1024, 1024), raw.BayerRGGB, 12)
	h.Black = raw.ConstantBlack(256)
	for i := range 4 {
		h.Opcodes[1] = append(h.Opcodes[1], raw.Opcode{Params: &raw.GainMap{
			Area:    raw.OpcodeArea{Rect: image.Rect(i%2, i/2, 1024, 1024), Planes: 1, RowPitch: 2, ColPitch: 2},
			PointsV: 13, PointsH: 17, SpacingV: 1.0 / 12, SpacingH: 1.0 / 16, MapPlanes: 1, Gains: make([]float32, 13*17),
		}})
	}
	src, _ := raw.NewMemory(h, raw.NewMosaic(h.Bounds(), h.CFA))
	out, err := develop.Correct(src, nil)
	if err != nil {
		b.Fatal(err)
	}
	m := raw.NewMosaic(image.Rect(0, 0, 1024, 256), 0)
	b.SetBytes(1024 * 256)
	for b.Loop() {
		if err := out.ReadTile(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}
