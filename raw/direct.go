package raw

import "context"

// Viewer is a Source that may be able to show its samples where they lie, so
// that whoever only reads them need not copy.
//
// View sets m's Pix, Stride and CFA such that they hold m.Rect, and reports
// whether it could; otherwise m is untouched. The samples belong to the source
// and must not be written.
type Viewer interface {
	Source
	View(m *Mosaic) bool
}

func (s *memory) View(m *Mosaic) bool {
	if m.Rect.Empty() || !m.Rect.In(s.m.Rect) {
		return false
	}
	i := m.Rect.Min.Y*s.m.Stride + m.Rect.Min.X
	m.Pix, m.Stride, m.CFA = s.m.Pix[i:], s.m.Stride, s.h.CFA
	return true
}

func (s *crop) View(m *Mosaic) bool {
	v, ok := s.src.(Viewer)
	if !ok || m.Rect.Empty() || !m.Rect.In(s.h.Bounds()) {
		return false
	}
	part := *m
	part.Rect = m.Rect.Add(s.at)
	if !v.View(&part) {
		return false
	}
	m.Pix, m.Stride, m.CFA = part.Pix, part.Stride, s.h.CFA
	return true
}

func (s *reheaded) View(m *Mosaic) bool {
	v, ok := s.src.(Viewer)
	if !ok || !v.View(m) {
		return false
	}
	m.CFA = s.h.CFA
	return true
}

// Packing is how the samples of a row lie in its bytes.
type Packing uint8

// The packings that cameras and uncompressed DNG files use. A MIPI group (CSI-2
// RAW10, RAW12, RAW14) holds the high bytes of its samples and then their low
// bits, the first sample's lowest. TIFF's (FillOrder 1) is one string of bits,
// the most significant first. A row ends with a whole byte; the last MIPI
// group may lack the high bytes of samples that are not there, but has all
// of its low bits' bytes.
const (
	Unpacked Packing = iota // 16 bits, little-endian
	MIPI10                  // 4 samples in 5 bytes
	MIPI12                  // 2 samples in 3 bytes
	MIPI14                  // 4 samples in 7 bytes
	Tight10                 // TIFF, 4 samples in 5 bytes
	Tight12                 // TIFF, 2 samples in 3 bytes
	Tight14                 // TIFF, 4 samples in 7 bytes
)

var packings = [...]struct {
	name           string
	bits           int
	samples, bytes int // of a group
}{
	{"unpacked", 16, 1, 2}, {"mipi10", 10, 4, 5}, {"mipi12", 12, 2, 3}, {"mipi14", 14, 4, 7},
	{"tight10", 10, 4, 5}, {"tight12", 12, 2, 3}, {"tight14", 14, 4, 7},
}

// Valid reports whether p is one of the packings above.
func (p Packing) Valid() bool { return int(p) < len(packings) }

// String returns "unpacked", "mipi10", "tight12" and so on.
func (p Packing) String() string {
	if !p.Valid() {
		return "packing(?)"
	}
	return packings[p].name
}

// Bits returns the precision of a sample.
func (p Packing) Bits() int { return packings[p].bits }

// Group returns how many samples are packed together, in how many bytes: a
// sample whose x is a multiple of samples begins a byte.
func (p Packing) Group() (samples, bytes int) { return packings[p].samples, packings[p].bytes }

// RowBytes returns the fewest bytes that a row of width samples takes; whole
// groups, except that TIFF's tight rows end with the last sample's byte.
func (p Packing) RowBytes(width int) int {
	samples, bytes := p.Group()
	if p >= Tight10 {
		return (width*p.Bits() + 7) / 8
	}
	return (width + samples - 1) / samples * bytes
}

// PackedSource is a Source that can also deliver its rows packed, as they are
// stored: 135 MB instead of 217 MB for 108 Mpixel of 10 bits. ReadTile and
// PackedRows tell the same samples.
type PackedSource interface {
	Source
	// Packing tells how the samples lie in a row and how many bytes it is
	// from one row to the next in what PackedRows returns. ok is false if
	// this source cannot deliver packed rows (its file is compressed, say).
	Packing() (p Packing, stride int, ok bool)
	// PackedRows returns rows y0 to y1−1, whole, y0 first: in buf, if that
	// is large enough, in new memory, or in memory of its own, which the
	// caller does not write. It is safe for concurrent use.
	PackedRows(ctx context.Context, y0, y1 int, buf []byte) ([]byte, error)
}
