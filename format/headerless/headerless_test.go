package headerless_test

import (
	"bytes"
	"errors"
	"image"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/quadraw/quadraw/format/headerless"
	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/raw"
)

// pack is the definition of the packings, one bit after the other.
func pack(p headerless.Packing, row []uint16, shift int) []byte {
	switch p {
	case headerless.U16LE, headerless.U16BE, headerless.MIPI16:
		var out []byte
		for _, v := range row {
			v <<= shift
			if p == headerless.U16LE {
				out = append(out, byte(v), byte(v>>8))
			} else {
				out = append(out, byte(v>>8), byte(v))
			}
		}
		return out
	case headerless.Tight10, headerless.Tight12, headerless.Tight14:
		out := make([]byte, (len(row)*p.Bits()+7)/8)
		at := 0
		for _, v := range row {
			for b := p.Bits() - 1; b >= 0; b-- {
				out[at/8] |= byte(v>>b&1) << (7 - at%8)
				at++
			}
		}
		return out
	}
	// MIPI: the high bytes of a group, then the low bits as a string that
	// begins with the lowest bit of the first sample.
	group := map[headerless.Packing]int{headerless.RAW8: 1, headerless.MIPI10: 4, headerless.MIPI12: 2, headerless.MIPI14: 4}[p]
	low := p.Bits() - 8
	var out []byte
	for len(row)%group != 0 {
		row = append(row, 0)
	}
	for ; len(row) > 0; row = row[group:] {
		var bits uint64
		for i, v := range row[:group] {
			out = append(out, byte(v>>low))
			bits |= uint64(v&(1<<low-1)) << (i * low)
		}
		for range group * low / 8 {
			out = append(out, byte(bits))
			bits >>= 8
		}
	}
	return out
}

var packings = []headerless.Packing{
	headerless.U16LE, headerless.U16BE, headerless.RAW8, headerless.MIPI10, headerless.MIPI12, headerless.MIPI14, headerless.MIPI16,
	headerless.Tight10, headerless.Tight12, headerless.Tight14,
}

func TestEveryPackingAnyRectangle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range packings {
		for width := 1; width < 30; width++ {
			l := &headerless.Layout{Width: width, Height: 7, Packing: p, Offset: int64(rng.IntN(9)), CFA: raw.BayerGBRG}
			if p <= headerless.U16BE {
				l.Bits = 1 + rng.IntN(16)
				l.Shift = rng.IntN(17 - l.Bits)
			}
			bits := l.Bits
			if bits == 0 {
				bits = p.Bits()
			}
			l.Stride = p.RowBytes(width) + rng.IntN(5)
			data := make([]byte, l.Offset)
			want := raw.NewMosaic(image.Rect(0, 0, width, 7), l.CFA)
			for y := range 7 {
				for x := range width {
					want.Row(y)[x] = uint16(rng.IntN(1 << bits))
				}
				row := pack(p, append([]uint16(nil), want.Row(y)...), l.Shift)
				if len(row) != p.RowBytes(width) {
					t.Fatalf("%v: a row of %d takes %d bytes, not %d", p, width, len(row), p.RowBytes(width))
				}
				data = append(data, row...)
				if y < 6 {
					data = append(data, make([]byte, l.Stride-len(row))...)
				}
			}
			src, err := headerless.Decode(bytes.NewReader(data), int64(len(data)), l, raw.Limits{})
			if err != nil {
				t.Fatalf("%v of %d: %v", p, width, err)
			}
			for range 20 {
				x, y := rng.IntN(width), rng.IntN(7)
				r := image.Rect(x, y, x+1+rng.IntN(width-x), y+1+rng.IntN(7-y))
				got := raw.NewMosaic(r, 0)
				if err := src.ReadTile(t.Context(), got); err != nil {
					t.Fatal(err)
				}
				for y := r.Min.Y; y < r.Max.Y; y++ {
					for x := r.Min.X; x < r.Max.X; x++ {
						if got.Gray16At(x, y) != want.Gray16At(x, y) {
							t.Fatalf("%v of %d, %v: %d,%d is %v, want %v", p, width, r, x, y, got.Gray16At(x, y), want.Gray16At(x, y))
						}
					}
				}
			}
			if _, err := headerless.Decode(bytes.NewReader(data), int64(len(data))-1, l, raw.Limits{}); !errors.Is(err, raw.ErrTruncated) {
				t.Errorf("%v: one byte short: %v", p, err)
			}
		}
	}
}

func TestPackedRowsAreTheFiles(t *testing.T) {
	data := make([]byte, 3*40)
	for i := range data {
		data[i] = byte(i * 7)
	}
	l := &headerless.Layout{Width: 25, Height: 3, Packing: headerless.MIPI10, Stride: 40}
	src, err := headerless.Decode(bytes.NewReader(data[:2*40+35]), 2*40+35, l, raw.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	packed := src.(raw.PackedSource)
	p, stride, ok := packed.Packing()
	if p != raw.MIPI10 || stride != 40 || !ok {
		t.Fatalf("%v %d %v", p, stride, ok)
	}
	got, err := packed.PackedRows(t.Context(), 1, 3, nil)
	if err != nil || !bytes.Equal(got, data[40:2*40+35]) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := packed.PackedRows(t.Context(), 1, 4, nil); !errors.Is(err, raw.ErrBounds) {
		t.Errorf("outside: %v", err)
	}
}

func TestLayoutsThatCannotBe(t *testing.T) {
	good := headerless.Layout{Width: 8, Height: 8, Packing: headerless.U16LE}
	data := bytes.NewReader(make([]byte, 128))
	for name, spoil := range map[string]func(*headerless.Layout){
		"width": func(l *headerless.Layout) { l.Width = 0 }, "height": func(l *headerless.Layout) { l.Height = -1 },
		"packing": func(l *headerless.Layout) { l.Packing = 99 }, "bits": func(l *headerless.Layout) { l.Bits = 17 },
		"shift": func(l *headerless.Layout) { l.Shift, l.Bits = 8, 10 }, "negative shift": func(l *headerless.Layout) { l.Shift = -1 },
		"stride": func(l *headerless.Layout) { l.Stride = 15 }, "offset": func(l *headerless.Layout) { l.Offset = -1 },
		"black": func(l *headerless.Layout) { l.Black = 70000 }, "white": func(l *headerless.Layout) { l.White = 70000 },
		"orientation": func(l *headerless.Layout) { l.Orientation = 9 }, "array": func(l *headerless.Layout) { l.CFA = 0x1234 },
		"packed bits": func(l *headerless.Layout) { l.Packing, l.Bits = headerless.MIPI10, 12 },
		"noise":       func(l *headerless.Layout) { l.Noise[0].Scale = -1 },
	} {
		l := good
		spoil(&l)
		if _, err := headerless.Decode(data, 128, &l, raw.Limits{}); !errors.Is(err, raw.ErrOption) {
			t.Errorf("%s: %v", name, err)
		}
	}
	huge := headerless.Layout{Width: 60000, Height: 60000, Packing: headerless.RAW8}
	if _, err := headerless.Decode(data, 1<<40, &huge, raw.Limits{}); !errors.Is(err, raw.ErrLimit) {
		t.Errorf("huge: %v", err)
	}
	far := good
	far.Offset = 1 << 62
	if _, err := headerless.Decode(data, 128, &far, raw.Limits{}); !errors.Is(err, raw.ErrTruncated) {
		t.Errorf("far: %v", err)
	}
}

// The real dumps of cameras and their simulators.
func TestRealDumps(t *testing.T) {
	for _, c := range []struct {
		name   string
		layout headerless.Layout
		top    uint16 // the largest sample that the sensor gives
	}{
		{"arducam_1920x1080_rggb_mipi_raw10.raw", headerless.Layout{Width: 1920, Height: 1080, Packing: headerless.MIPI10, CFA: raw.BayerRGGB}, 1023},
		{"openisp_1920x1080_u16le.raw", headerless.Layout{Width: 1920, Height: 1080, Packing: headerless.U16LE, Bits: 10, CFA: raw.BayerRGGB}, 1020},
		{"iisp_indoor1_2592x1536_grbg8.raw", headerless.Layout{Width: 2592, Height: 1536, Packing: headerless.RAW8, CFA: raw.BayerGRBG}, 255},
		{"iisp_dark_1920x1080_bggr12in16.raw", headerless.Layout{Width: 1920, Height: 1080, Packing: headerless.U16LE, Bits: 12, CFA: raw.BayerBGGR}, 2816},
		{"nikon_dsc1339_768x512_rggb14in16.raw", headerless.Layout{Width: 768, Height: 512, Packing: headerless.U16LE, Bits: 14, CFA: raw.BayerRGGB}, 16383},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := os.ReadFile(testutil.Data(t, "raw/"+c.name))
			if err != nil {
				t.Fatal(err)
			}
			src, err := headerless.Decode(bytes.NewReader(data), int64(len(data)), &c.layout, raw.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			m := raw.NewMosaic(src.Header().Bounds(), 0)
			if err := src.ReadTile(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			// Every byte of these files is a sample's: packing must give them back.
			var back []byte
			top := uint16(0)
			for y := range c.layout.Height {
				back = append(back, pack(c.layout.Packing, append([]uint16(nil), m.Row(y)...), 0)...)
				for _, v := range m.Row(y) {
					top = max(top, v)
				}
			}
			if !bytes.Equal(back, data) {
				t.Error("packing the samples again does not give the file")
			}
			if top > c.top {
				t.Errorf("a sample of %d", top)
			}
			// In a photograph neighbours under one colour are alike; a wrong
			// stride or order of bits makes them strangers.
			var near, far float64
			for y := 100; y < 400; y++ {
				row := m.Row(y)
				for x := 100; x < 600; x++ {
					near += abs(row[x], row[x+2])
					far += abs(row[x], m.Row(y + 77)[(x+301)%len(row)])
				}
			}
			if c.top != 2816 && near > 0.7*far { // a dark frame is all noise
				t.Errorf("neighbours differ by %.1f, strangers by %.1f", near/150000, far/150000)
			}
		})
	}
}

func abs(a, b uint16) float64 { return float64(max(a, b) - min(a, b)) }

func TestSidecar(t *testing.T) {
	l, err := headerless.ParseSidecar([]byte(`{"quadraw": 1, "width": 1920, "height": 1080, "preset": "SBGGR10_CSI2P",
		"black": 64, "noise": [[1e-4, 2e-6]], "orientation": 3, "make": "Pi", "iso": 100, "exposure_time": 0.02}`))
	if err != nil {
		t.Fatal(err)
	}
	if l.Packing != headerless.MIPI10 || l.CFA != raw.BayerBGGR || l.Stride != 2400 || l.Black != 64 || l.Noise[2].Offset != 2e-6 || l.Orientation != 3 {
		t.Errorf("%+v", l)
	}
	text, err := headerless.MarshalSidecar(l)
	if err != nil {
		t.Fatal(err)
	}
	again, err := headerless.ParseSidecar(text)
	if err != nil || *again != *l {
		t.Errorf("%s\n%+v, %v", text, again, err)
	}
	var corrupt *raw.CorruptError
	var unsupported *raw.UnsupportedError
	for _, bad := range []string{
		``, `[]`, `{`, `{"quadraw": 1, "width": 8, "height": 8, "packing": "raw8", "blakc": 64}`, `{"quadraw": 1, "width": "8", "height": 8, "packing": "raw8"}`,
		`{"quadraw": 1, "width": 8, "height": 8, "packing": "raw8"} x`, `{"quadraw": 1, "width": 8, "height": 8, "packing": "raw9"}`,
		`{"quadraw": 1, "width": 8, "height": 8, "packing": "raw8", "cfa": "hexagonal"}`,
	} {
		if _, err := headerless.ParseSidecar([]byte(bad)); !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, bad := range []string{`{}`, `{"quadraw": 2, "width": 8, "height": 8, "packing": "raw8"}`} {
		if _, err := headerless.ParseSidecar([]byte(bad)); !errors.As(err, &unsupported) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, bad := range []string{
		`{"quadraw": 1, "width": 8, "height": 8}`, `{"quadraw": 1, "width": 8, "height": 8, "preset": "x"}`, `{"quadraw": 1, "width": 0, "height": 8, "packing": "raw8"}`,
		`{"quadraw": 1, "width": 8, "height": 8, "packing": "raw8", "noise": [[1,1],[1,1]]}`, `{"quadraw": 1, "width": 8, "height": 8, "packing": "raw8", "bits": 9}`,
	} {
		if _, err := headerless.ParseSidecar([]byte(bad)); !errors.Is(err, raw.ErrOption) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestPresets(t *testing.T) {
	for name, want := range map[string]headerless.Layout{
		"SRGGB10_CSI2P":      {Packing: headerless.MIPI10, CFA: raw.BayerRGGB, Stride: 96},
		"sgbrg12":            {Packing: headerless.U16LE, CFA: raw.BayerGBRG, Stride: 128, Bits: 12},
		"MONO8":              {Packing: headerless.RAW8, CFA: raw.Mono, Stride: 64},
		"SGRBG14_CSI2P":      {Packing: headerless.MIPI14, CFA: raw.BayerGRBG, Stride: 128},
		"SBGGR16":            {Packing: headerless.U16LE, CFA: raw.BayerBGGR, Stride: 128},
		"android-raw10":      {Packing: headerless.MIPI10, CFA: raw.BayerRGGB},
		"android-raw12":      {Packing: headerless.MIPI12, CFA: raw.BayerRGGB},
		"android-raw_sensor": {Packing: headerless.U16LE, CFA: raw.BayerRGGB},
	} {
		got, err := headerless.Preset(name, 60, 4)
		want.Width, want.Height = 60, 4
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Bits == want.Packing.Bits() {
			got.Bits = 0
		}
		if *got != want {
			t.Errorf("%s: %+v, want %+v", name, *got, want)
		}
	}
	for _, name := range []string{"", "SRGGB", "SRGGB11", "SXYZW10", "SRGGB8_CSI2P", "10"} {
		if _, err := headerless.Preset(name, 60, 4); !errors.Is(err, raw.ErrOption) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzSidecar(f *testing.F) {
	f.Add([]byte(`{"quadraw": 1, "width": 8, "height": 8, "packing": "mipi10", "stride": 12, "cfa": "quad-rggb+1+0", "noise": [[1e-4, 2e-6]]}`))
	f.Add([]byte(`{"quadraw": 1, "width": 8, "height": 8, "preset": "SRGGB12_CSI2P", "black": 64, "white": 4000}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := headerless.ParseSidecar(data)
		if err != nil {
			return
		}
		text, err := headerless.MarshalSidecar(l)
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", l, err)
		}
		again, err := headerless.ParseSidecar(text)
		if err != nil || *again != *l {
			t.Fatalf("%+v became %+v, %v", l, again, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("0123456789012345678901234567890123456789"), uint8(3), uint16(7), uint16(3), uint16(10), uint16(2), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, packing uint8, width, height, stride, offset uint16, bits, shift uint8) {
		l := &headerless.Layout{
			Width: int(width), Height: int(height), Packing: headerless.Packing(packing), Stride: int(stride), Offset: int64(offset), Bits: int(bits), Shift: int(shift),
		}
		src, err := headerless.Decode(bytes.NewReader(data), int64(len(data)), l, raw.Limits{})
		if err != nil {
			return
		}
		h := src.Header()
		whole := raw.NewMosaic(h.Bounds(), 0)
		if err := src.ReadTile(t.Context(), whole); err != nil {
			t.Fatal(err)
		}
		one := raw.NewMosaic(image.Rect(h.Size.X/2, h.Size.Y/2, h.Size.X, h.Size.Y), 0)
		if err := src.ReadTile(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		for y := one.Rect.Min.Y; y < one.Rect.Max.Y; y++ {
			for x := one.Rect.Min.X; x < one.Rect.Max.X; x++ {
				v := one.Gray16At(x, y)
				if v != whole.Gray16At(x, y) || v.Y>>h.BitsPerSample != 0 {
					t.Fatalf("%d,%d is %d and %d, %d bits", x, y, v.Y, whole.Gray16At(x, y).Y, h.BitsPerSample)
				}
			}
		}
	})
}
