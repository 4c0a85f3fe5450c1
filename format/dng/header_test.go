package dng

import (
	"encoding/binary"
	"errors"
	"image"
	"math"
	"reflect"
	"testing"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// plainBuilder returns a file of 16-bit samples that are all v.
func plainBuilder(width, height int, v uint32) *builder {
	b := newBuilder(width, height, 16)
	pix := make([]uint32, width*height)
	for i := range pix {
		pix[i] = v
	}
	grid{width, height, 1, width, height, false, false}.apply(b, pix, func(s []uint32, n, _ int) []byte { return packRows(s, n, 16, b.order) })
	return b
}

func header(t *testing.T, b *builder) *raw.Header {
	t.Helper()
	f, err := b.decode(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f.Header()
}

func TestLevels(t *testing.T) {
	for _, order := range bothOrders {
		b := plainBuilder(10, 8, 100)
		b.order = order
		b.chunks[0] = make([]byte, 160)
		b.set(ifd.ActiveArea, ifd.Short, 1, 3, 8, 10)
		b.set(ifd.BlackLevelRepeatDim, ifd.Short, 2, 2)
		b.set(ifd.BlackLevel, ifd.Rational, 10, 20, 30, 40.5)
		b.set(ifd.BlackLevelDeltaH, ifd.SRational, -3, -2, -1, 0, 1, 2, 3)
		b.set(ifd.BlackLevelDeltaV, ifd.SRational, 0, 0.5, 0, 0, 0, 0, 0)
		b.set(ifd.WhiteLevel, ifd.Long, 1000)
		h := header(t, b)
		// The pattern counts from the active area's corner, (3, 1).
		for _, c := range []struct {
			x, y int
			want float64
		}{{3, 1, 10 - 3}, {4, 1, 20 - 2}, {3, 2, 30 - 3 + 0.5}, {4, 2, 40.5 - 2 + 0.5}, {9, 1, 10 + 3}, {0, 0, 40.5}, {1, 0, 30}} {
			if got := h.Black.At(c.x, c.y, 0); math.Abs(got-c.want) > 1e-9 {
				t.Errorf("%v: black at %d,%d is %v, want %v", order, c.x, c.y, got, c.want)
			}
		}
		if h.White != [3]float64{1000, 1000, 1000} {
			t.Errorf("white %v", h.White)
		}
	}
	for name, change := range map[string]func(b *builder){
		"black not below white": func(b *builder) { b.set(ifd.BlackLevel, ifd.Long, 65535) },
		"negative black":        func(b *builder) { b.set(ifd.BlackLevel, ifd.SLong, -3) },
		"too few blacks": func(b *builder) {
			b.set(ifd.BlackLevelRepeatDim, ifd.Short, 2, 2)
			b.set(ifd.BlackLevel, ifd.Short, 1, 2, 3)
		},
		"several blacks a position": func(b *builder) { b.set(ifd.BlackLevel, ifd.Short, 1, 2, 3, 4) },
		"a delta too few":           func(b *builder) { b.set(ifd.BlackLevelDeltaV, ifd.SRational, 1, 2) },
		"active area outside":       func(b *builder) { b.set(ifd.ActiveArea, ifd.Long, 0, 0, 9, 10) },
		"active area turned over":   func(b *builder) { b.set(ifd.ActiveArea, ifd.Long, 7, 0, 2, 10) },
		"crop outside": func(b *builder) {
			b.set(ifd.DefaultCropOrigin, ifd.Long, 20, 0)
			b.set(ifd.DefaultCropSize, ifd.Long, 5, 5)
		},
		"masked area in the active":    func(b *builder) { b.set(ifd.MaskedAreas, ifd.Long, 0, 0, 2, 2) },
		"user crop beyond":             func(b *builder) { b.set(ifd.DefaultUserCrop, ifd.Rational, 0, 0, 1.5, 1) },
		"table with floats":            func(b *builder) { b.set(ifd.LinearizationTable, ifd.Float, 0, 1) },
		"colour matrix of eight":       func(b *builder) { b.set(ifd.ColorMatrix1, ifd.SRational, 1, 2, 3, 4, 5, 6, 7, 8) },
		"white level that is negative": func(b *builder) { b.set(ifd.WhiteLevel, ifd.SLong, -1) },
	} {
		b := plainBuilder(10, 8, 100)
		change(b)
		var corrupt *raw.CorruptError
		if _, err := b.decode(t, nil); !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSamplesOfBlack(t *testing.T) {
	// Samsung writes 2×2 positions of three samples: twelve values.
	b := newBuilder(4, 4, 16)
	grid{4, 4, 3, 4, 4, false, false}.apply(b, make([]uint32, 48), func(s []uint32, n, _ int) []byte { return packRows(s, n, 16, b.order) })
	b.set(ifd.BlackLevelRepeatDim, ifd.Short, 2, 2)
	b.set(ifd.BlackLevel, ifd.Short, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	b.set(ifd.WhiteLevel, ifd.Long, 1000, 1001, 1002)
	h := header(t, b)
	for i := range 12 {
		if got := h.Black.At(i/3%2, i/6, i%3); got != float64(i) {
			t.Errorf("black %d is %v", i, got)
		}
	}
	if h.White != [3]float64{1000, 1001, 1002} || h.CFA != raw.Mono {
		t.Errorf("white %v, CFA %v", h.White, h.CFA)
	}
}

// OpcodeList1 is meant for samples before the table, which a source delivers
// after it.
func TestOpcodesBeforeTheTable(t *testing.T) {
	build := func(ops ...[]byte) *builder {
		b := newBuilder(8, 2, 8)
		b.chunks = [][]byte{make([]byte, 16)}
		b.set(ifd.LinearizationTable, ifd.Short, 10, 20, 40, 40, 160)
		b.setBytes(ifd.OpcodeList1, ifd.Undefined, opcodeList(ops...))
		return b
	}
	list := opcode(5, 0, 0, 1, 0, 1, 2)
	polynomial := []any{0, 0, 2, 8, 0, 1, 1, 1, 1, 0.5, 0.5}
	h := header(t, build(list, opcode(4, 0, 1, 0), opcode(8, 1, polynomial...), opcode(4, 0, 4, 0), opcode(4, 1, 2, 0)))
	if len(h.Opcodes[0]) != 3 || h.Opcodes[0][0].ID != 5 {
		t.Fatalf("%d opcodes: %+v", len(h.Opcodes[0]), h.Opcodes[0])
	}
	for i, want := range []uint32{20, 160} {
		if got := h.Opcodes[0][i+1].Params.(*raw.FixBadPixelsConstant).Constant; got != want {
			t.Errorf("constant %d, want %d", got, want)
		}
	}
	for name, op := range map[string][]byte{
		"a polynomial": opcode(8, 0, polynomial...), "a constant that two samples become": opcode(4, 0, 2, 0), "an unknown one": opcode(77, 0, 1),
	} {
		var u *raw.UnsupportedError
		if _, err := build(op).decode(t, nil); !errors.As(err, &u) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinearizationTable(t *testing.T) {
	b := newBuilder(8, 2, 8)
	b.chunks = [][]byte{{0, 1, 2, 3, 4, 5, 200, 255, 3, 3, 3, 3, 3, 3, 3, 3}}
	b.set(ifd.LinearizationTable, ifd.Short, 10, 20, 40, 80, 160)
	f, err := b.decode(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := readAll(t, f)[:8]
	if want := []uint16{10, 20, 40, 80, 160, 160, 160, 160}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if f.Header().White[0] != 65535 || f.Header().BitsPerSample != 16 {
		t.Errorf("white %v", f.Header().White)
	}
}

func TestMaskedAreasTellBlack(t *testing.T) {
	const w, h = 64, 40
	b := newBuilder(w, h, 16)
	pix := make([]uint32, w*h)
	for y := range h {
		for x := range w {
			pix[y*w+x] = 3000
			if x < 8 || y < 4 { // masked: each position its own black, and noise of ±2
				pix[y*w+x] = uint32(256 + 10*(y%2*2+x%2) + (x*7+y*13)%5 - 2)
			}
		}
	}
	pix[5*w+2] = 60000 // a hot pixel
	grid{w, h, 1, w, h, false, false}.apply(b, pix, func(s []uint32, n, _ int) []byte { return packRows(s, n, 16, b.order) })
	b.set(ifd.ActiveArea, ifd.Long, 4, 8, h, w)
	b.set(ifd.MaskedAreas, ifd.Long, 4, 0, h, 8, 0, 0, 4, w)
	f := header(t, b)
	if len(f.MaskedAreas) != 2 || f.MaskedAreas[0] != image.Rect(0, 4, 8, h) {
		t.Errorf("masked areas %v", f.MaskedAreas)
	}
	for i := range 4 {
		if got, want := f.Black.At(i%2, i/2, 0), float64(256+10*i); math.Abs(got-want) > 0.3 {
			t.Errorf("black of position %d is %v, want %v", i, got, want)
		}
	}
	b.set(ifd.BlackLevel, ifd.Short, 100)
	if got, _ := header(t, b).Black.Constant(); got != 100 {
		t.Errorf("a given black level counts: got %v", got)
	}
}

func TestCropColorAndCapture(t *testing.T) {
	b := plainBuilder(40, 30, 100)
	b.sub = true
	b.set(ifd.ActiveArea, ifd.Short, 2, 4, 30, 40)
	b.set(ifd.DefaultCropOrigin, ifd.Rational, 1, 2)
	b.set(ifd.DefaultCropSize, ifd.Rational, 30, 20)
	b.set(ifd.DefaultUserCrop, ifd.Rational, 0, 0.5, 1, 1)
	matrix := []float64{1, 0.1, -0.2, 0.3, 1, 0.5, 0.25, 0.125, 2}
	b.first[ifd.ColorMatrix1] = numbers(ifd.SRational, matrix...)
	b.first[ifd.ColorMatrix2] = numbers(ifd.SRational, matrix...)
	b.first[ifd.ColorMatrix3] = numbers(ifd.SRational, matrix...)
	b.first[ifd.ForwardMatrix2] = numbers(ifd.SRational, matrix...)
	b.first[ifd.CalibrationIlluminant1] = numbers(ifd.Short, 17)
	b.first[ifd.CalibrationIlluminant2] = numbers(ifd.Short, 21)
	b.first[ifd.CalibrationIlluminant3] = numbers(ifd.Short, 23)
	b.first[ifd.AsShotNeutral] = numbers(ifd.Rational, 0.5, 1, 0.625)
	b.first[ifd.BaselineExposure] = numbers(ifd.SRational, -0.5)
	b.first[ifd.BaselineExposureOffset] = numbers(ifd.SRational, 0.25)
	b.first[ifd.Orientation] = numbers(ifd.Short, 6)
	b.first[ifd.NoiseProfile] = numbers(ifd.Double, 1e-4, 1e-7, 2e-4, 2e-7, 3e-4, 3e-7)
	b.first[ifd.Make] = testField{ifd.ASCII, []any{[]byte("Maker\x00")}}
	b.first[ifd.XMP] = testField{ifd.Byte, []any{[]byte("<x/>")}}
	b.first[ifd.ExposureTime] = numbers(ifd.Rational, 0.125)
	b.first[ifd.ISOSpeedRatings] = numbers(ifd.Short, 400)
	h := header(t, b)
	// Origin (1, 2) in the active area at (4, 2), the right half of 30×20.
	if want := image.Rect(20, 4, 35, 24); h.DefaultCrop != want {
		t.Errorf("crop %v, want %v", h.DefaultCrop, want)
	}
	if len(h.Color.Calibrations) != 3 || h.Color.Calibrations[2].Illuminant != 23 || h.Color.Calibrations[1].ForwardMatrix != raw.Matrix(matrix) || !h.Color.Calibrations[0].ForwardMatrix.IsZero() {
		t.Errorf("calibrations %+v", h.Color.Calibrations)
	}
	if h.Color.AsShotNeutral != [3]float64{0.5, 1, 0.625} || h.BaselineExposure != -0.25 || h.Orientation != raw.RightTop {
		t.Errorf("neutral %v, exposure %v, orientation %v", h.Color.AsShotNeutral, h.BaselineExposure, h.Orientation)
	}
	if h.Noise[raw.Green] != (raw.NoiseModel{Scale: 2e-4, Offset: 2e-7}) {
		t.Errorf("noise %v", h.Noise)
	}
	if c := h.Capture; c.Make != "Maker" || c.ExposureTime != 0.125 || c.ISO != 400 {
		t.Errorf("capture %+v", c)
	}
	if string(h.Metadata.XMP) != "<x/>" {
		t.Errorf("XMP %q", h.Metadata.XMP)
	}
}

func TestAbsentRational(t *testing.T) {
	b := plainBuilder(10, 8, 100)
	b.set(ifd.BaselineExposure, ifd.SRational, math.NaN()) // 0/0
	b.set(ifd.BlackLevel, ifd.Rational, math.NaN())
	if h := header(t, b); h.BaselineExposure != 0 || h.Black.Mean() != 0 {
		t.Errorf("exposure %v, black %v", h.BaselineExposure, h.Black.Mean())
	}
}

// opcodeList puts opcodes together in the form of an opcode list.
func opcodeList(ops ...[]byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(ops)))
	for _, op := range ops {
		out = append(out, op...)
	}
	return out
}

// opcode encodes values: uint32 and int as LONG, float32 and float64.
func opcode(id, flags uint32, values ...any) []byte {
	var data []byte
	for _, v := range values {
		switch v := v.(type) {
		case int:
			data = binary.BigEndian.AppendUint32(data, uint32(v))
		case float64:
			data = binary.BigEndian.AppendUint64(data, math.Float64bits(v))
		case float32:
			data = binary.BigEndian.AppendUint32(data, math.Float32bits(v))
		case uint16:
			data = binary.BigEndian.AppendUint16(data, v)
		}
	}
	out := binary.BigEndian.AppendUint32(nil, id)
	out = binary.BigEndian.AppendUint32(out, 0x01030000)
	out = binary.BigEndian.AppendUint32(out, flags)
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	return append(out, data...)
}

func TestOpcodes(t *testing.T) {
	area := raw.OpcodeArea{Rect: image.Rect(2, 1, 8, 7), Plane: 0, Planes: 1, RowPitch: 2, ColPitch: 2}
	a := []any{1, 2, 7, 8, 0, 1, 2, 2}
	with := func(more ...any) []any { return append(append([]any{}, a...), more...) }
	cases := []struct {
		id   uint32
		data []any
		want any
	}{
		{9, with(2, 1, 0.5, 1.0, 0.0, 0.25, 1, float32(1), float32(2)), &raw.GainMap{Area: area, PointsV: 2, PointsH: 1, SpacingV: 0.5, SpacingH: 1, OriginH: 0.25, MapPlanes: 1, Gains: []float32{1, 2}}},
		{4, []any{0, 3}, &raw.FixBadPixelsConstant{Constant: 0, BayerPhase: 3}},
		{5, []any{1, 2, 1, 5, 6, 7, 8, 1, 2, 3, 4}, &raw.FixBadPixelsList{BayerPhase: 1, Points: []image.Point{{6, 5}, {8, 7}}, Rects: []image.Rectangle{image.Rect(2, 1, 4, 3)}}},
		{6, []any{1, 2, 3, 4}, &raw.TrimBounds{Rect: image.Rect(2, 1, 4, 3)}},
		{7, with(3, uint16(5), uint16(6), uint16(7)), &raw.MapTable{Area: area, Table: []uint16{5, 6, 7}}},
		{8, with(1, 0.5, 2.0), &raw.MapPolynomial{Area: area, Coefficients: []float64{0.5, 2}}},
		{10, with(3, float32(1), float32(2), float32(3)), &raw.PerLine{Area: area, Values: []float32{1, 2, 3}}},
		{13, with(3, float32(1), float32(2), float32(3)), &raw.PerLine{Area: area, Columns: true, Scale: true, Values: []float32{1, 2, 3}}},
		{1, []any{1, 1.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.6}, &raw.WarpRectilinear{Planes: [][6]float64{{1, 0.1, 0.2, 0.3, 0.4, 0.5}}, CenterX: 0.5, CenterY: 0.6}},
		{3, []any{1.0, 2.0, 3.0, 4.0, 5.0, 0.5, 0.6}, &raw.FixVignetteRadial{K: [5]float64{1, 2, 3, 4, 5}, CenterX: 0.5, CenterY: 0.6}},
		{99, []any{1, 2}, nil},
	}
	for _, order := range bothOrders { // the lists are big-endian all the same
		b := plainBuilder(10, 8, 100)
		b.order = order
		var ops [][]byte
		for _, c := range cases {
			ops = append(ops, opcode(c.id, 1, c.data...))
		}
		b.setBytes(ifd.OpcodeList2, ifd.Undefined, opcodeList(ops...))
		h := header(t, b)
		if len(h.Opcodes[1]) != len(cases) {
			t.Fatalf("%d opcodes", len(h.Opcodes[1]))
		}
		for i, c := range cases {
			op := h.Opcodes[1][i]
			if op.ID != c.id || !op.Optional() || !reflect.DeepEqual(op.Params, c.want) {
				t.Errorf("%s: %+v, want %+v", op.Name(), op.Params, c.want)
			}
		}
	}
	for name, bad := range map[string][]byte{
		"a short list":             {0, 0},
		"a list of more than fits": binary.BigEndian.AppendUint32(nil, 1<<31),
		"a missing opcode":         opcodeList(opcode(4, 0, 1, 2))[:10],
		"a short payload":          opcodeList(opcode(9, 0, 1, 2, 3)),
		"a map of 2^32 points":     opcodeList(opcode(9, 0, with(65536, 65536, 1.0, 1.0, 0.0, 0.0, 1)...)),
		"points of 2^32":           opcodeList(opcode(5, 0, 0, -1, -1)),
		"an empty area":            opcodeList(opcode(8, 0, 5, 5, 5, 5, 0, 1, 1, 1, 1, 0.5, 0.5)),
		"a pitch of 0":             opcodeList(opcode(8, 0, 1, 2, 7, 8, 0, 1, 0, 2, 1, 0.5, 0.5)),
		"not a number":             opcodeList(opcode(8, 0, with(0, math.NaN())...)),
	} {
		b := plainBuilder(10, 8, 100)
		b.setBytes(ifd.OpcodeList3, ifd.Undefined, bad)
		var corrupt *raw.CorruptError
		if _, err := b.decode(t, nil); !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
