package dng_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/quadraw/quadraw/format/dng"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// testMosaic returns a smooth scene with noise, all levels of bits bits among
// it.
func testMosaic(t testing.TB, size image.Point, cfa raw.CFA, bits int, seed uint64) (raw.Source, *raw.Header, *raw.Mosaic) {
	t.Helper()
	h := raw.NewHeader(size, cfa, bits)
	m := raw.NewMosaic(h.Bounds(), cfa)
	rng := rand.New(rand.NewPCG(seed, 1))
	top := 1<<bits - 1
	for y := range size.Y {
		row := m.Row(y)
		for x := range row {
			v := (x*top/max(size.X, 1)+y*3*int(1+cfa.ColorAt(x, y)))%(top+1) + rng.IntN(9) - 4
			row[x] = uint16(max(0, min(v, top)))
		}
	}
	m.Pix[0], m.Pix[len(m.Pix)-1] = uint16(top), 0
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	return src, h, m
}

// create runs write on a new file and opens the result with our reader.
func create(t testing.TB, write func(w io.WriteSeeker) error) (*dng.File, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "out.dng")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := write(f); err != nil {
		t.Fatal(err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		t.Fatal(err)
	}
	d, err := dng.Decode(f, size, nil)
	if err != nil {
		t.Fatalf("our reader refuses our file: %v", err)
	}
	return d, name
}

func sameMosaic(t testing.TB, f *dng.File, want *raw.Mosaic) {
	t.Helper()
	src, err := f.Mosaic()
	if err != nil {
		t.Fatal(err)
	}
	got := raw.NewMosaic(want.Rect, 0)
	if err := src.ReadTile(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	for y := want.Rect.Min.Y; y < want.Rect.Max.Y; y++ {
		for x := range want.Row(y) {
			if got.Row(y)[x] != want.Row(y)[x] {
				t.Fatalf("sample %d,%d is %d, want %d", x, y, got.Row(y)[x], want.Row(y)[x])
			}
		}
	}
}

// everyCFA is every phase of every array.
func everyCFA() []raw.CFA {
	out := []raw.CFA{raw.Mono}
	for cell := 1; cell <= 4; cell++ {
		for i := range 4 * cell * cell {
			c, _ := raw.NewCFA(cell, image.Pt(i%(2*cell), i/(2*cell)))
			out = append(out, c)
		}
	}
	return out
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	sizes := []image.Point{{64, 48}, {37, 41}, {300, 20}, {1, 1}, {5, 300}, {290, 289}, {48, 48}}
	for i, cfa := range everyCFA() {
		size := sizes[i%len(sizes)]
		for _, c := range []dng.Compression{dng.None, dng.LJPEG} {
			for _, big := range []bool{i%4 == 1} {
				bits := []int{10, 8, 12, 14, 16}[i%5]
				src, _, m := testMosaic(t, size, cfa, bits, uint64(i))
				o := &dng.WriteOptions{Compression: c, Big: big, NoPreview: i%4 != 0, Tiles: tile.Options{Workers: 1 + i%3}}
				t.Run(fmt.Sprintf("%v %v %v big=%v", cfa, size, c, big), func(t *testing.T) {
					f, _ := create(t, func(w io.WriteSeeker) error { return dng.Write(t.Context(), w, src, o) })
					if got := f.Header().CFA; got != cfa {
						t.Errorf("array %v, want %v", got, cfa)
					}
					sameMosaic(t, f, m)
				})
			}
		}
	}
}

// richHeader sets every field that a file can carry.
func richHeader(h *raw.Header) {
	h.ActiveArea = image.Rect(6, 4, h.Size.X-2, h.Size.Y-3)
	h.DefaultCrop = image.Rect(9, 8, h.Size.X-8, h.Size.Y-9)
	h.MaskedAreas = []image.Rectangle{image.Rect(0, 4, 5, h.Size.Y-3)}
	h.Black = raw.BlackLevel{Rows: 2, Cols: 2, Samples: 1, Values: []float64{64, 65.5, 64.25, 63}}
	h.White = [3]float64{1000, 1000, 1000}
	h.Noise = raw.NoiseProfile{{Scale: 1e-4, Offset: 2e-6}, {Scale: 1.1e-4, Offset: 2.1e-6}, {Scale: 1.2e-4, Offset: 2.2e-6}}
	h.BaselineExposure = 0.75
	h.Orientation = raw.RightTop
	h.Color = raw.ColorProfile{
		Calibrations: []raw.Calibration{
			{Illuminant: 17, ColorMatrix: raw.Matrix{0.6461, -0.1164, -0.0857, -0.3825, 1.1597, 0.2534, -0.0416, 0.154, 0.6039},
				ForwardMatrix: raw.Matrix{0.7978, 0.1352, 0.0313, 0.288, 0.7119, 0.0001, 0, 0, 0.8251}},
			{Illuminant: 21, ColorMatrix: raw.Matrix{1.0344, -0.421, -0.062, -0.2315, 1.0625, 0.1948, 0.0093, 0.1058, 0.5541}},
		},
		AnalogBalance: [3]float64{1, 1, 1.25},
		AsShotNeutral: [3]float64{0.522449, 1, 0.571429},
	}
	h.Capture = raw.Capture{
		Make: "Quadraw", Model: "Test 108", UniqueCameraModel: "Quadraw Test 108", Software: "test", DateTime: "2026:11:20 21:30:00",
		ExposureTime: 1.0 / 460, FNumber: 2.8, ISO: 400, FocalLength: 6.86, Frames: 8,
	}
	h.Metadata = raw.Metadata{
		IFD0: []raw.Tag{{ID: 315, Type: 2, Count: 7, Data: []byte("nobody\x00")}, {ID: 33432, Type: 2, Count: 4, Data: []byte("CC0\x00")}},
		EXIF: []raw.Tag{{ID: 37385, Type: 3, Count: 1, Data: []byte{16, 0}}, {ID: 37500, Type: 7, Count: 9, Data: []byte("makernote")}},
		GPS: []raw.Tag{{ID: 0, Type: 1, Count: 4, Data: []byte{2, 3, 0, 0}}, {ID: 1, Type: 2, Count: 2, Data: []byte("N\x00")},
			{ID: 2, Type: 5, Count: 3, Data: []byte{52, 0, 0, 0, 1, 0, 0, 0, 31, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0}}},
		XMP: []byte("<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta><?xpacket end='w'?>"),
	}
	gain := &raw.GainMap{
		Area:    raw.OpcodeArea{Rect: image.Rect(0, 0, h.ActiveArea.Dx(), h.ActiveArea.Dy()), Planes: 1, RowPitch: 2, ColPitch: 2},
		PointsV: 2, PointsH: 2, SpacingV: 1, SpacingH: 1, MapPlanes: 1, Gains: []float32{1, 1.5, 1.25, 2},
	}
	h.Opcodes[1] = []raw.Opcode{{ID: 9, Version: 0x01030000, Flags: 1, Params: gain}}
}

func TestHeaderSurvives(t *testing.T) {
	for _, c := range []dng.Compression{dng.None, dng.LJPEG} {
		_, h, m := testMosaic(t, image.Pt(120, 90), raw.QuadGRBG.Shift(1, 3), 10, 7)
		richHeader(h)
		src, err := raw.NewMemory(h, m)
		if err != nil {
			t.Fatal(err)
		}
		f, _ := create(t, func(w io.WriteSeeker) error { return dng.Write(t.Context(), w, src, &dng.WriteOptions{Compression: c}) })
		got := f.Header()
		check := func(what string, got, want any) {
			t.Helper()
			if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
				t.Errorf("%s: %s, want %s", what, g, w)
			}
		}
		check("array", got.CFA, h.CFA)
		check("active area", got.ActiveArea, h.ActiveArea)
		check("crop", got.DefaultCrop, h.DefaultCrop)
		check("masked", got.MaskedAreas, h.MaskedAreas)
		for y := h.ActiveArea.Min.Y; y < h.ActiveArea.Min.Y+4; y++ {
			for x := h.ActiveArea.Min.X; x < h.ActiveArea.Min.X+4; x++ {
				check("black", got.Black.At(x, y, 0), h.Black.At(x, y, 0))
			}
		}
		check("white", got.White, h.White)
		check("noise", got.Noise, h.Noise)
		check("exposure", got.BaselineExposure, h.BaselineExposure)
		check("orientation", got.Orientation, h.Orientation)
		for i := range h.Color.Calibrations {
			if i >= len(got.Color.Calibrations) {
				t.Fatalf("calibration %d is missing", i)
			}
			check("illuminant", got.Color.Calibrations[i].Illuminant, h.Color.Calibrations[i].Illuminant)
			check("colour matrix", got.Color.Calibrations[i].ColorMatrix, h.Color.Calibrations[i].ColorMatrix)
			check("forward matrix", got.Color.Calibrations[i].ForwardMatrix, h.Color.Calibrations[i].ForwardMatrix)
		}
		check("analog balance", got.Color.AnalogBalance, h.Color.AnalogBalance)
		check("neutral", got.Color.AsShotNeutral, h.Color.AsShotNeutral)
		want := h.Capture
		want.Frames = got.Capture.Frames
		check("capture", got.Capture, want)
		if len(got.Opcodes[1]) != 1 {
			t.Fatalf("opcodes: %v", got.Opcodes)
		}
		check("gain map", *got.Opcodes[1][0].Params.(*raw.GainMap), *h.Opcodes[1][0].Params.(*raw.GainMap))
		check("XMP", string(got.Metadata.XMP), string(h.Metadata.XMP))
		has := func(where string, list []raw.Tag, want raw.Tag) {
			t.Helper()
			for _, x := range list {
				if x.ID == want.ID && string(x.Data) == string(want.Data) {
					return
				}
			}
			t.Errorf("%s: tag %d is lost among %v", where, want.ID, list)
		}
		for _, x := range h.Metadata.IFD0 {
			has("IFD0", got.Metadata.IFD0, x)
		}
		for _, x := range h.Metadata.EXIF {
			has("EXIF", got.Metadata.EXIF, x)
		}
		for _, x := range h.Metadata.GPS {
			has("GPS", got.Metadata.GPS, x)
		}
		sameMosaic(t, f, m)
	}
}

func testPicture(size image.Point, seed uint64) (*raw.Header, *raw.RGB) {
	h := raw.NewHeader(size, raw.Mono, 16)
	m := raw.NewRGB(h.Bounds())
	rng := rand.New(rand.NewPCG(seed, 2))
	for c := range m.Pix {
		for i := range m.Pix[c] {
			m.Pix[c][i] = uint16(1000 + i*(7+c) + rng.IntN(64))
		}
	}
	h.Black = raw.ConstantBlack(1000)
	return h, m
}

func TestLinearRaw(t *testing.T) {
	h, m := testPicture(image.Pt(333, 271), 3)
	src, err := raw.NewMemoryRGB(h, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []dng.Compression{dng.None, dng.LJPEG, dng.Deflate} {
		f, _ := create(t, func(w io.WriteSeeker) error {
			return dng.WriteLinear(t.Context(), w, src, &dng.WriteOptions{Compression: c})
		})
		rgb, err := f.RGB()
		if err != nil {
			t.Fatal(err)
		}
		got := raw.NewRGB(m.Rect)
		if err := rgb.ReadTile(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		if c == dng.Deflate {
			// Floats: what counts is the light that they tell.
			black, _ := f.Header().Black.Constant()
			for p := range m.Pix {
				for i, v := range m.Pix[p] {
					want := (float64(v) - 1000) / (65535 - 1000)
					have := (float64(got.Pix[p][i]) - black) / (f.Header().White[p] - black)
					if max(want, 0)-max(have, 0) > 1e-4 || max(have, 0)-max(want, 0) > 1e-4 {
						t.Fatalf("%v: plane %d sample %d is %v, want %v", c, p, i, have, want)
					}
				}
			}
			continue
		}
		for p := range m.Pix {
			for i := range m.Pix[p] {
				if got.Pix[p][i] != m.Pix[p][i] {
					t.Fatalf("%v: plane %d sample %d", c, p, i)
				}
			}
		}
		if b, ok := f.Header().Black.Constant(); b != 1000 || !ok || f.Header().White != h.White {
			t.Errorf("%v: black %v white %v", c, b, f.Header().White)
		}
	}
}

func TestFileDoesNotDependOnWorkersOrMemory(t *testing.T) {
	src, _, _ := testMosaic(t, image.Pt(700, 530), raw.QuadRGGB, 10, 5)
	for _, c := range []dng.Compression{dng.None, dng.LJPEG} {
		var first []byte
		for _, o := range []tile.Options{{Workers: 1}, {Workers: 8}, {Workers: 3, MaxMemory: 3 << 20}, {Workers: 2, Size: image.Pt(40, 60)}} {
			_, name := create(t, func(w io.WriteSeeker) error {
				return dng.Write(t.Context(), w, src, &dng.WriteOptions{Compression: c, Tiles: o})
			})
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = data
			} else if string(data) != string(first) {
				t.Errorf("%v: %+v gives other bytes", c, o)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	src, h, m := testMosaic(t, image.Pt(20, 20), raw.BayerRGGB, 10, 1)
	var unsupported *raw.UnsupportedError
	if err := dng.Write(t.Context(), nil, src, &dng.WriteOptions{Compression: dng.Deflate}); !errors.As(err, &unsupported) {
		t.Errorf("deflated mosaic: %v", err)
	}
	ph, p := testPicture(image.Pt(8, 8), 1)
	ph.ColorSpace = raw.SRGB
	rgb, _ := raw.NewMemoryRGB(ph, p)
	if err := dng.WriteLinear(t.Context(), nil, rgb, nil); !errors.As(err, &unsupported) {
		t.Errorf("developed picture: %v", err)
	}
	for _, spoil := range []func(*raw.Header){
		func(h *raw.Header) { h.White[0] = 0 },
		func(h *raw.Header) { h.Black = raw.ConstantBlack(-1) },
	} {
		bad := h.Clone()
		spoil(bad)
		s, _ := raw.NewMemory(bad, m)
		if err := dng.Write(t.Context(), nil, s, nil); !errors.Is(err, raw.ErrOption) {
			t.Errorf("%v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := dng.Write(ctx, f, src, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
