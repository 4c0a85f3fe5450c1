package headerless

import (
	"fmt"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// Packing is how samples lie in the bytes of a row.
type Packing uint8

// The packings. MIPI's are those of CSI-2: a group of samples has their high
// bytes first, then their low bits, the first sample's lowest. Tight packings
// are one string of bits, the most significant first, as in uncompressed DNG
// files.
const (
	// U16LE and U16BE are words of 16 bits, of which Shift and Bits say which
	// are the sample.
	U16LE Packing = iota
	U16BE
	RAW8    // a byte a sample
	MIPI10  // 4 samples in 5 bytes
	MIPI12  // 2 samples in 3 bytes
	MIPI14  // 4 samples in 7 bytes
	MIPI16  // high byte, low byte
	Tight10 // 4 samples in 5 bytes
	Tight12 // 2 samples in 3 bytes
	Tight14 // 4 samples in 7 bytes
)

var packings = [...]struct {
	name           string
	bits           int
	samples, bytes int // of a group
	packed         raw.Packing
}{
	U16LE: {"u16le", 16, 1, 2, raw.Unpacked}, U16BE: {"u16be", 16, 1, 2, 0}, RAW8: {"raw8", 8, 1, 1, 0},
	MIPI10: {"mipi10", 10, 4, 5, raw.MIPI10}, MIPI12: {"mipi12", 12, 2, 3, raw.MIPI12}, MIPI14: {"mipi14", 14, 4, 7, raw.MIPI14}, MIPI16: {"mipi16", 16, 1, 2, 0},
	Tight10: {"tight10", 10, 4, 5, raw.Tight10}, Tight12: {"tight12", 12, 2, 3, raw.Tight12}, Tight14: {"tight14", 14, 4, 7, raw.Tight14},
}

// Valid reports whether p is one of the packings above.
func (p Packing) Valid() bool { return int(p) < len(packings) }

// String returns "u16le", "raw8", "mipi10", "tight12" and so on.
func (p Packing) String() string {
	if !p.Valid() {
		return fmt.Sprintf("packing(%d)", p)
	}
	return packings[p].name
}

// MarshalText is [Packing.String] for encoders.
func (p Packing) MarshalText() ([]byte, error) {
	if !p.Valid() {
		return nil, fmt.Errorf("%w: %v", raw.ErrOption, p)
	}
	return []byte(p.String()), nil
}

// UnmarshalText accepts what [Packing.String] prints, in any case.
func (p *Packing) UnmarshalText(text []byte) error {
	for i := range packings {
		if strings.EqualFold(string(text), packings[i].name) {
			*p = Packing(i)
			return nil
		}
	}
	return fmt.Errorf("%w: packing %q, want u16le, u16be, raw8, mipi10, mipi12, mipi14, mipi16, tight10, tight12 or tight14", raw.ErrOption, text)
}

// Bits returns the precision of a packed sample.
func (p Packing) Bits() int { return packings[p].bits }

// RowBytes returns the fewest bytes that a row of width samples takes: whole
// groups, except that a tight row ends with the last sample's byte.
func (p Packing) RowBytes(width int) int {
	k := &packings[p]
	if p >= Tight10 {
		return (width*k.bits + 7) / 8
	}
	return (width + k.samples - 1) / k.samples * k.bytes
}

// Layout says how the samples of a file without a header lie, and what they
// mean. Size and Packing must be given; every other zero field has a meaning.
type Layout struct {
	Width, Height int
	Packing       Packing
	// Offset is where the first row begins, in bytes.
	Offset int64
	// Stride is how many bytes lie between the beginnings of two rows; 0 is as
	// few as the row takes.
	Stride int
	// Bits is the precision of a sample; 0 is the packing's. With u16le and
	// u16be it may be less.
	Bits int
	// Shift is how many unused bits lie below a sample of u16le or u16be: 4
	// for 12 bits at the top of 16.
	Shift int
	CFA   raw.CFA
	// Black and White are levels in DN after the shift; White 0 is the largest
	// number of Bits bits.
	Black, White float64
	Noise        raw.NoiseProfile
	Orientation  raw.Orientation // 0 is upright
	Make, Model  string
	ISO          float64
	ExposureTime float64 // seconds
}

// defaults returns l with the zero fields filled in, or what is wrong with it.
func (l *Layout) defaults() (Layout, error) {
	d := *l
	bad := func(format string, args ...any) (Layout, error) {
		return d, fmt.Errorf("%w: layout: "+format, append([]any{raw.ErrOption}, args...)...)
	}
	if !d.Packing.Valid() {
		return bad("%v", d.Packing)
	}
	if d.Width < 1 || d.Height < 1 || d.Width > 1<<20 || d.Height > 1<<20 {
		return bad("frame of %d×%d", d.Width, d.Height)
	}
	words := d.Packing == U16LE || d.Packing == U16BE
	if d.Bits == 0 {
		d.Bits = d.Packing.Bits() - d.Shift
	}
	switch {
	case !words && (d.Bits != d.Packing.Bits() || d.Shift != 0):
		return bad("%d bits shifted by %d in %v", d.Bits, d.Shift, d.Packing)
	case d.Bits < 1 || d.Shift < 0 || d.Bits+d.Shift > 16:
		return bad("%d bits shifted by %d", d.Bits, d.Shift)
	case d.Offset < 0:
		return bad("offset %d", d.Offset)
	}
	if d.Stride == 0 {
		d.Stride = d.Packing.RowBytes(d.Width)
	}
	if d.Stride < d.Packing.RowBytes(d.Width) || d.Stride > 1<<30 {
		return bad("stride %d, a row of %d samples takes %d bytes", d.Stride, d.Width, d.Packing.RowBytes(d.Width))
	}
	if !d.CFA.Valid() {
		return bad("%v", d.CFA)
	}
	top := float64(uint32(1)<<d.Bits - 1)
	if d.White == 0 {
		d.White = top
	}
	if !(d.Black >= 0 && d.Black < d.White && d.White <= top) {
		return bad("black %v and white %v in %d bits", d.Black, d.White, d.Bits)
	}
	if d.Orientation == 0 {
		d.Orientation = raw.TopLeft
	}
	if !d.Orientation.Valid() {
		return bad("orientation %d", d.Orientation)
	}
	if d.Noise != (raw.NoiseProfile{}) && !d.Noise.Known() {
		return bad("noise profile %v", d.Noise)
	}
	return d, nil
}
