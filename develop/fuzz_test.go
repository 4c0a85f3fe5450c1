package develop_test

import (
	"encoding/binary"
	"image"
	"math"
	"testing"

	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/raw"
)

// numbers takes values off a fuzzer's bytes; at the end there are zeros.
type numbers struct{ data []byte }

func (n *numbers) byte() byte {
	if len(n.data) == 0 {
		return 0
	}
	b := n.data[0]
	n.data = n.data[1:]
	return b
}

// int mostly returns small numbers.
func (n *numbers) int() int {
	switch b := n.byte(); {
	case b < 200:
		return int(b)
	case b < 250:
		return -int(n.byte())
	default:
		return int(int32(uint32(n.byte())<<24 | uint32(n.byte())<<8))
	}
}

func (n *numbers) float() float64 {
	b := n.byte()
	if b < 220 {
		return float64(b)/64 - 1
	}
	var raw [8]byte
	for i := range raw {
		raw[i] = n.byte()
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(raw[:]))
}

func (n *numbers) rect() image.Rectangle {
	return image.Rectangle{Min: image.Pt(n.int(), n.int()), Max: image.Pt(n.int(), n.int())}
}

func (n *numbers) area() raw.OpcodeArea {
	return raw.OpcodeArea{Rect: n.rect(), Plane: n.int(), Planes: n.int(), RowPitch: n.int(), ColPitch: n.int()}
}

func (n *numbers) floats() []float32 {
	v := make([]float32, n.byte()%16)
	for i := range v {
		v[i] = float32(n.float())
	}
	return v
}

func (n *numbers) opcode() raw.Opcode {
	op := raw.Opcode{Flags: uint32(n.byte() & 3)}
	switch n.byte() % 9 {
	case 0:
		op.Params = &raw.GainMap{
			Area: n.area(), PointsV: n.int(), PointsH: n.int(), SpacingV: n.float(), SpacingH: n.float(),
			OriginV: n.float(), OriginH: n.float(), MapPlanes: n.int(), Gains: n.floats(),
		}
	case 1:
		op.Params = &raw.FixBadPixelsConstant{Constant: uint32(n.int())}
	case 2:
		op.Params = &raw.FixBadPixelsList{Points: []image.Point{{X: n.int(), Y: n.int()}}, Rects: []image.Rectangle{n.rect()}}
	case 3:
		op.Params = &raw.TrimBounds{Rect: n.rect()}
	case 4:
		op.Params = &raw.MapTable{Area: n.area(), Table: make([]uint16, n.byte())}
	case 5:
		op.Params = &raw.MapPolynomial{Area: n.area(), Coefficients: []float64{n.float(), n.float(), n.float()}}
	case 6:
		op.Params = &raw.PerLine{Area: n.area(), Columns: n.byte()&1 != 0, Scale: n.byte()&1 != 0, Values: n.floats()}
	case 7:
		op.Params = &raw.WarpRectilinear{Planes: [][6]float64{{n.float(), n.float(), n.float(), n.float(), n.float(), n.float()}}, CenterX: n.float(), CenterY: n.float()}
	case 8:
		op.Params = &raw.FixVignetteRadial{K: [5]float64{n.float(), n.float()}, CenterX: n.float(), CenterY: n.float()}
	}
	return op
}

// FuzzOpcodes applies opcodes of any content: an error or a picture, no panic,
// and the same samples for every tile.
func FuzzOpcodes(f *testing.F) {
	for i := range 9 {
		f.Add([]byte{0, byte(i), 0, 0, 40, 30, 0, 1, 2, 2, 2, 2, 90, 90, 64, 64, 1, 4, 90, 100, 110, 120})
		f.Add([]byte{1, byte(i), 5, 5, 20, 20, 0, 1, 1, 1, 64, 128, 64, 64, 64, 64, 64, 96, 96})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n := &numbers{data}
		h := raw.NewHeader(image.Pt(41, 31), raw.QuadGRBG.Shift(int(n.byte()), int(n.byte())), 10)
		h.ActiveArea = image.Rect(3, 2, 41, 31)
		h.Black = raw.ConstantBlack(64)
		for range 3 {
			list := n.byte() % 3
			h.Opcodes[list] = append(h.Opcodes[list], n.opcode())
		}
		m := raw.NewMosaic(h.Bounds(), h.CFA)
		for i := range m.Pix {
			m.Pix[i] = uint16(i * 7 % 1024)
		}
		src, err := raw.NewMemory(h, m)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := develop.Correct(src, nil); err == nil {
			whole, part := raw.NewMosaic(out.Header().Bounds(), 0), raw.NewMosaic(out.Header().Bounds().Intersect(image.Rect(2, 3, 11, 9)), 0)
			if err := out.ReadTile(t.Context(), whole); err != nil {
				t.Fatal(err)
			}
			if !part.Rect.Empty() {
				if err := out.ReadTile(t.Context(), part); err != nil {
					t.Fatal(err)
				}
			}
			for y := part.Rect.Min.Y; y < part.Rect.Max.Y; y++ {
				for x := part.Rect.Min.X; x < part.Rect.Max.X; x++ {
					if part.Gray16At(x, y) != whole.Gray16At(x, y) {
						t.Fatalf("pixel %d,%d", x, y)
					}
				}
			}
		}
		rgb := raw.NewRGB(h.Bounds())
		for c := range rgb.Pix {
			copy(rgb.Pix[c], m.Pix)
		}
		camera, err := raw.NewMemoryRGB(h, rgb)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := develop.CorrectRGB(camera, nil); err == nil {
			if err := out.ReadTile(t.Context(), raw.NewRGB(out.Header().Bounds())); err != nil {
				t.Fatal(err)
			}
		}
	})
}
