package raw

import (
	"fmt"
	"image"
	"slices"
)

// Header describes the frame that a source delivers, in DNG's terms. A stage
// that changes a field's truth rewrites the field, so a DNG written after any
// stage is true. Headers are shared between goroutines: take a [Header.Clone]
// before changing one.
type Header struct {
	Size image.Point // width and height of the stored frame in pixels

	// CFA is the colour filter array anchored at (0, 0). Headers of an
	// RGBSource leave it Mono.
	CFA CFA

	// ActiveArea holds the pixels that see light; what is outside is masked.
	ActiveArea image.Rectangle
	// DefaultCrop is the part of the frame to show, in the frame's
	// coordinates (DNG counts it from ActiveArea).
	DefaultCrop image.Rectangle
	// MaskedAreas are the shielded rectangles from which black is measured.
	MaskedAreas []image.Rectangle

	// BitsPerSample is the precision of the samples, 1 to 16: White fits it.
	BitsPerSample int
	Black         BlackLevel
	// White is the DN of saturation for Red, Green and Blue; a mosaic read
	// from a file has three times the same.
	White [3]float64

	Noise NoiseProfile // of this frame's samples, normalised

	// ColorSpace says what the samples of an RGBSource are; mosaics are
	// always LinearCamera.
	ColorSpace ColorSpace
	Color      ColorProfile

	// BaselineExposure in EV: how much brighter to render than the white
	// level alone says.
	BaselineExposure float64
	Orientation      Orientation

	Capture Capture
	// Opcodes are DNG's OpcodeList1 (stored samples), 2 (linear mosaic) and
	// 3 (after demosaic), in file order.
	Opcodes  [3][]Opcode
	Metadata Metadata
}

// NewHeader returns a header of a frame of the given size with everything
// active, black at 0 and white at the largest value of bits bits.
func NewHeader(size image.Point, cfa CFA, bits int) *Header {
	h := &Header{Size: size, CFA: cfa, BitsPerSample: bits, Orientation: TopLeft, Black: ConstantBlack(0)}
	h.ActiveArea = h.Bounds()
	h.DefaultCrop = h.Bounds()
	w := float64(uint32(1)<<bits - 1)
	h.White = [3]float64{w, w, w}
	return h
}

// Bounds returns the frame's rectangle, from (0, 0) to Size.
func (h *Header) Bounds() image.Rectangle { return image.Rectangle{Max: h.Size} }

// Clone returns a deep copy, except for the payloads of Opcodes and Metadata,
// which nobody changes.
func (h *Header) Clone() *Header {
	c := *h
	c.Black = h.Black.Clone()
	c.MaskedAreas = slices.Clone(h.MaskedAreas)
	c.Color.Calibrations = slices.Clone(h.Color.Calibrations)
	for i := range c.Opcodes {
		c.Opcodes[i] = slices.Clone(h.Opcodes[i])
	}
	return &c
}

// Crop returns the header of the frame's part r, whose upper left pixel
// becomes (0, 0): size, CFA, areas and black level follow.
func (h *Header) Crop(r image.Rectangle) *Header {
	r = r.Intersect(h.Bounds())
	c := h.Clone()
	c.Size = r.Size()
	c.CFA = h.CFA.Shift(r.Min.X, r.Min.Y)
	c.Black = h.Black.Shift(r.Min.X, r.Min.Y, r.Dx(), r.Dy())
	c.ActiveArea = h.ActiveArea.Intersect(r).Sub(r.Min)
	c.DefaultCrop = h.DefaultCrop.Intersect(r).Sub(r.Min)
	if c.ActiveArea.Empty() {
		c.ActiveArea = c.Bounds()
	}
	if c.DefaultCrop.Empty() {
		c.DefaultCrop = c.ActiveArea
	}
	c.MaskedAreas = nil
	for _, m := range h.MaskedAreas {
		if m = m.Intersect(r); !m.Empty() {
			c.MaskedAreas = append(c.MaskedAreas, m.Sub(r.Min))
		}
	}
	return c
}

// ColorSpace says how the samples of an RGBSource relate to light.
type ColorSpace uint8

const (
	// LinearCamera: the sensor's own red, green and blue, proportional to
	// light between Black and White.
	LinearCamera ColorSpace = iota
	// SRGB is IEC 61966-2-1, gamma-encoded, 0 to 65535.
	SRGB
	// DisplayP3 has P3's primaries, D65 and sRGB's transfer curve.
	DisplayP3
	// Rec2020 has BT.2020's primaries, D65 and sRGB's transfer curve.
	Rec2020
)

// String returns "linear-camera", "srgb", "p3" or "rec2020".
func (c ColorSpace) String() string {
	switch c {
	case LinearCamera:
		return "linear-camera"
	case SRGB:
		return "srgb"
	case DisplayP3:
		return "p3"
	case Rec2020:
		return "rec2020"
	}
	return "unknown"
}

// MarshalText is [ColorSpace.String] for encoders.
func (c ColorSpace) MarshalText() ([]byte, error) {
	if c > Rec2020 {
		return nil, fmt.Errorf("%w: colour space %d", ErrOption, c)
	}
	return []byte(c.String()), nil
}

// UnmarshalText accepts what [ColorSpace.String] prints.
func (c *ColorSpace) UnmarshalText(text []byte) error {
	for v := LinearCamera; v <= Rec2020; v++ {
		if v.String() == string(text) {
			*c = v
			return nil
		}
	}
	return fmt.Errorf("%w: colour space %q, want linear-camera, srgb, p3 or rec2020", ErrOption, text)
}

// Orientation is TIFF's and EXIF's: where the stored frame's first row and
// column belong in the upright picture.
type Orientation uint8

// The eight orientations, named row side first, then column side.
const (
	TopLeft     Orientation = 1 + iota // upright
	TopRight                           // mirrored left to right
	BottomRight                        // turned by 180°
	BottomLeft                         // mirrored top to bottom
	LeftTop                            // transposed
	RightTop                           // to be turned clockwise by 90°
	RightBottom                        // transposed along the other diagonal
	LeftBottom                         // to be turned counterclockwise by 90°
)

// Valid reports whether o is 1 to 8.
func (o Orientation) Valid() bool { return o >= TopLeft && o <= LeftBottom }

// Transposes reports whether width and height change places.
func (o Orientation) Transposes() bool { return o >= LeftTop && o <= LeftBottom }

// Tag is a metadata entry that is carried through untouched: a TIFF field with
// its values in little-endian order.
type Tag struct {
	ID, Type uint16
	Count    uint64
	Data     []byte
}

// Metadata is what stages carry through without understanding it.
type Metadata struct {
	IFD0 []Tag // descriptive fields: Artist, Copyright, ImageDescription, …
	EXIF []Tag // MakerNote among them
	GPS  []Tag
	XMP  []byte
}

// Capture tells how the frame was taken. Zero fields are unknown.
type Capture struct {
	Make, Model       string
	UniqueCameraModel string
	Software          string
	DateTime          string  // EXIF form, "2006:01:02 15:04:05"
	ExposureTime      float64 // seconds
	FNumber           float64
	ISO               float64
	FocalLength       float64 // millimetres
	Frames            int     // how many exposures are merged in this frame; 0 or 1: one
}
