package raw

import (
	"fmt"
	"image"
)

// Numbers of the opcodes that have a type here (DNG 1.7.1, chapter 7).
const (
	OpcodeWarpRectilinear      = 1
	OpcodeFixVignetteRadial    = 3
	OpcodeFixBadPixelsConstant = 4
	OpcodeFixBadPixelsList     = 5
	OpcodeTrimBounds           = 6
	OpcodeMapTable             = 7
	OpcodeMapPolynomial        = 8
	OpcodeGainMap              = 9
	OpcodeDeltaPerRow          = 10
	OpcodeDeltaPerColumn       = 11
	OpcodeScalePerRow          = 12
	OpcodeScalePerColumn       = 13
)

// Opcode is an entry of a DNG opcode list. Params holds the decoded payload
// (a *GainMap and so on) or nil for one that is not understood: whoever applies
// the list skips that if it is optional and fails otherwise.
type Opcode struct {
	ID      uint32
	Version uint32
	Flags   uint32 // bit 0: optional; bit 1: skip for previews
	Data    []byte // the payload as stored, big-endian
	Params  any
}

// Optional reports whether a reader that does not know the opcode may go on.
func (o *Opcode) Optional() bool { return o.Flags&1 != 0 }

// OpcodeArea is the part of the frame that an area opcode works on: every
// RowPitch-th row and ColPitch-th column of Rect, in Planes planes from Plane.
// Coordinates are as stored: those of OpcodeList1 count from the frame's first
// sample, those of OpcodeList2 and 3 from the corner of ActiveArea.
type OpcodeArea struct {
	Rect               image.Rectangle
	Plane, Planes      int
	RowPitch, ColPitch int
}

// GainMap is opcode 9: a grid of gains, bilinearly interpolated. Grid point
// (i, j) lies at OriginV + i·SpacingV, OriginH + j·SpacingH of the active
// area's height and width (DNG 1.7.1, chapter 7).
type GainMap struct {
	Area               OpcodeArea
	PointsV, PointsH   int
	SpacingV, SpacingH float64
	OriginV, OriginH   float64
	MapPlanes          int
	Gains              []float32 // [PointsV][PointsH][MapPlanes]
}

// FixBadPixelsConstant is opcode 4: pixels whose sample is Constant are bad
// and to be interpolated. BayerPhase tells where red is: 0 top left, 1 top
// right, 2 bottom left, 3 bottom right.
type FixBadPixelsConstant struct {
	Constant   uint32
	BayerPhase uint32
}

// FixBadPixelsList is opcode 5: points and rectangles of bad pixels.
type FixBadPixelsList struct {
	BayerPhase uint32
	Points     []image.Point
	Rects      []image.Rectangle
}

// TrimBounds is opcode 6: the image ends at Rect.
type TrimBounds struct{ Rect image.Rectangle }

// MapTable is opcode 7: sample v becomes Table[v]; beyond the table its last
// entry counts.
type MapTable struct {
	Area  OpcodeArea
	Table []uint16
}

// MapPolynomial is opcode 8: the normalised sample x becomes Σ c[i]·xⁱ,
// clipped to 0–1.
type MapPolynomial struct {
	Area         OpcodeArea
	Coefficients []float64 // from the constant on
}

// PerLine is opcodes 10 to 13: a value for each row or column of Area that the
// pitch selects, to add to (Scale false) or to multiply with (Scale true) the
// normalised samples there.
type PerLine struct {
	Area    OpcodeArea
	Columns bool
	Scale   bool
	Values  []float32
}

// WarpRectilinear is opcode 1: for each plane (or one for all) four radial and
// two tangential coefficients of the distance from the optical centre, which
// is given as a fraction of width and height.
type WarpRectilinear struct {
	Planes           [][6]float64 // kr0 kr1 kr2 kr3 kt0 kt1
	CenterX, CenterY float64
}

// FixVignetteRadial is opcode 3: the gain 1 + k0·r² + k1·r⁴ + … + k4·r¹⁰ at
// the distance r from the optical centre, 1 at the farthest corner.
type FixVignetteRadial struct {
	K                [5]float64
	CenterX, CenterY float64
}

// Name returns the specification's name of the opcode, "GainMap".
func (o *Opcode) Name() string {
	names := [...]string{
		1: "WarpRectilinear", 2: "WarpFisheye", 3: "FixVignetteRadial", 4: "FixBadPixelsConstant", 5: "FixBadPixelsList",
		6: "TrimBounds", 7: "MapTable", 8: "MapPolynomial", 9: "GainMap", 10: "DeltaPerRow", 11: "DeltaPerColumn",
		12: "ScalePerRow", 13: "ScalePerColumn", 14: "WarpRectilinear2",
	}
	if o.ID > 0 && int64(o.ID) < int64(len(names)) {
		return names[o.ID]
	}
	return fmt.Sprintf("opcode %d", o.ID)
}
