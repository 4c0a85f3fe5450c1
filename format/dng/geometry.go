package dng

import (
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// geometry says how the raw image's samples are stored: in chunks, which are
// strips or tiles, numbered row by row, and plane by plane if the samples of a
// pixel are stored apart.
type geometry struct {
	size     image.Point
	samples  int // samples a pixel, as stored
	bits     int // bits a sample
	floating bool
	planar   bool // samples of a pixel stored apart
	kind     uint64
	chunk    image.Point // width and height of a chunk in pixels
	grid     image.Point // chunks across and down

	compression uint64
	predictor   uint64

	offsets   []int64
	lengths   []int64
	directory [2]int64 // where the raw image's directory begins and ends

	active image.Rectangle
	cfa    raw.CFA
}

// perPixel returns how many samples of a pixel lie in one chunk.
func (g *geometry) perPixel() int {
	if g.planar {
		return 1
	}
	return g.samples
}

// rowBytes returns the bytes of one uncompressed row of a chunk.
func (g *geometry) rowBytes() int64 {
	return (int64(g.chunk.X)*int64(g.perPixel())*int64(g.bits) + 7) / 8
}

// rect returns the pixels of the frame that chunk i holds.
func (g *geometry) rect(i int) image.Rectangle {
	i %= g.grid.X * g.grid.Y
	at := image.Pt(i%g.grid.X*g.chunk.X, i/g.grid.X*g.chunk.Y)
	return image.Rectangle{Min: at, Max: at.Add(g.chunk)}.Intersect(image.Rectangle{Max: g.size})
}

// geometry reads what says how the samples are stored.
func (d *decoder) geometry() (*geometry, error) {
	g := &geometry{}
	for _, step := range []func(*geometry) error{d.frameSize, d.sampleLayout, d.activeAreaAndCFA, d.chunks, d.chunkPlaces} {
		if err := step(g); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (d *decoder) frameSize(g *geometry) error {
	w, err := d.need(ifd.ImageWidth)
	if err != nil {
		return err
	}
	h, err := d.need(ifd.ImageLength)
	if err != nil {
		return err
	}
	if w == 0 || h == 0 {
		return d.corrupt(ifd.ImageWidth, "and ImageLength are %d×%d", w, h)
	}
	side := uint64(d.limits.Side)
	if w > side || h > side || int64(w) > d.limits.Pixels/int64(h) {
		return fmt.Errorf("%w: frame of %d×%d, at most %d pixels and a side of %d are allowed", raw.ErrLimit, w, h, d.limits.Pixels, side)
	}
	g.size = image.Pt(int(w), int(h))
	return nil
}

func (d *decoder) sampleLayout(g *geometry) error {
	var err error
	if g.kind, err = d.need(ifd.PhotometricInterpretation); err != nil {
		return err
	}
	samples, err := d.uint(ifd.SamplesPerPixel, 1)
	if err != nil {
		return err
	}
	if samples == 0 || samples > 64 {
		return d.corrupt(ifd.SamplesPerPixel, "is %d", samples)
	}
	extra := uint64(0)
	if e := d.raw.Find(ifd.ExtraSamples); e != nil {
		extra = e.Count
	}
	switch {
	case g.kind == ifd.ColorFilter && samples != 1:
		return &raw.UnsupportedError{Feature: fmt.Sprintf("a mosaic with %d samples a pixel", samples)}
	case g.kind == ifd.LinearRaw && samples != 1 && samples != 3 && samples != 3+extra:
		if colors := samples - min(extra, samples); colors > 3 && colors < 8 {
			if err := d.manyColors(int(colors)); err != nil {
				return err
			}
		}
		return &raw.UnsupportedError{Feature: fmt.Sprintf("LinearRaw with %d samples a pixel", samples)}
	}
	g.samples = int(samples)
	if err := d.bitsPerSample(g); err != nil {
		return err
	}
	planar, err := d.uint(ifd.PlanarConfiguration, ifd.PlanarConfigurationChunky)
	if err != nil {
		return err
	}
	switch planar {
	case ifd.PlanarConfigurationChunky:
	case ifd.PlanarConfigurationPlanar:
		g.planar = g.samples > 1
	default:
		return d.corrupt(ifd.PlanarConfiguration, "is %d", planar)
	}
	for _, t := range []ifd.Tag{ifd.RowInterleaveFactor, ifd.ColumnInterleaveFactor} {
		v, err := d.uint(t, 1)
		if err != nil {
			return err
		}
		if v > 1 {
			return &raw.UnsupportedError{Feature: fmt.Sprintf("%v %d", t, v)}
		}
	}
	if e := d.raw.Find(ifd.SubTileBlockSize); e != nil {
		v, err := d.tiff.Uints(e, 2)
		if err != nil {
			return err
		}
		for _, n := range v {
			if n != 1 {
				return &raw.UnsupportedError{Feature: fmt.Sprintf("SubTileBlockSize %v", v)}
			}
		}
	}
	fill, err := d.uint(ifd.FillOrder, 1)
	if err != nil {
		return err
	}
	if fill != 1 {
		return &raw.UnsupportedError{Feature: fmt.Sprintf("FillOrder %d", fill)}
	}
	return nil
}

func (d *decoder) bitsPerSample(g *geometry) error {
	e := d.raw.Find(ifd.BitsPerSample)
	if e == nil {
		return d.corrupt(ifd.BitsPerSample, "is missing")
	}
	v, err := d.tiff.Uints(e, 64)
	if err != nil {
		return err
	}
	if len(v) != 1 && len(v) != g.samples {
		return d.corrupt(ifd.BitsPerSample, "has %d values for %d samples", len(v), g.samples)
	}
	for _, b := range v {
		if b != v[0] {
			return &raw.UnsupportedError{Feature: fmt.Sprintf("BitsPerSample %v", v)}
		}
	}
	format := uint64(ifd.SampleFormatUint)
	if e := d.raw.Find(ifd.SampleFormat); e != nil {
		v, err := d.tiff.Uints(e, 64)
		if err != nil {
			return err
		}
		for i, s := range v {
			if s != v[0] || i >= g.samples {
				return &raw.UnsupportedError{Feature: fmt.Sprintf("SampleFormat %v", v)}
			}
			format = s
		}
	}
	bits := v[0]
	switch format {
	case ifd.SampleFormatUint:
		switch {
		case bits == 0 || bits > 64:
			return d.corrupt(ifd.BitsPerSample, "is %d", bits)
		case bits < 8 || bits > 32: // DNG 1.7.1: 8 to 32
			return &raw.UnsupportedError{Feature: fmt.Sprintf("samples of %d bits", bits)}
		}
	case ifd.SampleFormatIEEEFP:
		if bits != 16 && bits != 24 && bits != 32 {
			return d.corrupt(ifd.BitsPerSample, "is %d for floating-point samples", bits)
		}
		g.floating = true
	default:
		return &raw.UnsupportedError{Feature: fmt.Sprintf("SampleFormat %d", format)}
	}
	g.bits = int(bits)
	return nil
}

// activeAreaAndCFA also turns the CFA from ActiveArea's corner, where DNG
// anchors it, to the frame's.
func (d *decoder) activeAreaAndCFA(g *geometry) error {
	frame := image.Rectangle{Max: g.size}
	g.active = frame
	if e := d.raw.Find(ifd.ActiveArea); e != nil {
		r, err := d.rectangles(e, 1)
		if err != nil {
			return err
		}
		if len(r) != 1 || r[0].Empty() || !r[0].In(frame) {
			return d.corrupt(ifd.ActiveArea, "is %v in a frame of %v", r, g.size)
		}
		g.active = r[0]
	}
	if g.kind != ifd.ColorFilter {
		return nil
	}
	if d.cfa != nil {
		g.cfa = *d.cfa
		return nil
	}
	cfa, err := d.colorFilterArray()
	if err != nil {
		return err
	}
	g.cfa = cfa.Shift(-g.active.Min.X, -g.active.Min.Y)
	return nil
}

// rectangles reads a field of rectangles: top, left, bottom, right.
func (d *decoder) rectangles(e *ifd.Entry, most uint64) ([]image.Rectangle, error) {
	v, err := d.tiff.Uints(e, 4*most)
	if err != nil {
		return nil, err
	}
	if len(v) == 0 || len(v)%4 != 0 {
		return nil, d.corrupt(e.Tag, "has %d values", len(v))
	}
	var out []image.Rectangle
	for ; len(v) > 0; v = v[4:] {
		for i := range 4 {
			v[i] = min(v[i], math.MaxInt32)
		}
		out = append(out, image.Rectangle{
			Min: image.Pt(int(v[1]), int(v[0])), Max: image.Pt(int(v[3]), int(v[2])),
		})
	}
	return out, nil
}

func (d *decoder) colorFilterArray() (raw.CFA, error) {
	dim, pattern := d.raw.Find(ifd.CFARepeatPatternDim), d.raw.Find(ifd.CFAPattern)
	if dim == nil {
		return 0, d.corrupt(ifd.CFARepeatPatternDim, "is missing")
	}
	if pattern == nil {
		return 0, d.corrupt(ifd.CFAPattern, "is missing")
	}
	n, err := d.tiff.Uints(dim, 2)
	if err != nil {
		return 0, err
	}
	if len(n) != 2 || n[0] == 0 || n[1] == 0 || n[0] > 64 || n[1] > 64 {
		return 0, d.corrupt(ifd.CFARepeatPatternDim, "is %v", n)
	}
	rows, cols := int(n[0]), int(n[1])
	if pattern.Count != uint64(rows*cols) {
		return 0, d.corrupt(ifd.CFAPattern, "has %d values for %d×%d", pattern.Count, rows, cols)
	}
	v, err := d.colorCodes(pattern)
	if err != nil {
		return 0, err
	}
	if err := d.planeColors(v); err != nil {
		return 0, err
	}
	if layout := d.raw.Find(ifd.CFALayout); layout != nil {
		k, err := d.tiff.Uint(layout)
		if err != nil {
			return 0, err
		}
		if k != 1 {
			return 0, &raw.UnsupportedError{Feature: fmt.Sprintf("CFALayout %d (staggered)", k)}
		}
	}
	if rows > 8 || cols > 8 {
		return 0, &raw.UnsupportedError{Feature: fmt.Sprintf("colour filter array of %d×%d", rows, cols)}
	}
	colors := make([]raw.Color, len(v))
	for i, c := range v {
		colors[i] = raw.Color(c)
	}
	return raw.CFAFromPattern(rows, cols, colors)
}

// colorCodes reads a field of colours; some writers give it another type than
// BYTE.
func (d *decoder) colorCodes(e *ifd.Entry) ([]byte, error) {
	if e.Type == ifd.Undefined {
		return d.tiff.Bytes(e)
	}
	v, err := d.tiff.Uints(e, 4096)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(v))
	for i, c := range v {
		out[i] = byte(min(c, 255))
	}
	return out, nil
}

// planeColors checks CFAPlaneColor, which must be red, green, blue as it is by
// default, against the colours of the pattern.
func (d *decoder) planeColors(pattern []byte) error {
	planes := []byte{0, 1, 2}
	if e := d.find(ifd.CFAPlaneColor); e != nil {
		if e.Count < 3 || e.Count > 7 {
			return d.corrupt(ifd.CFAPlaneColor, "has %d values", e.Count)
		}
		v, err := d.colorCodes(e)
		if err != nil {
			return err
		}
		planes = v
	}
	var known [7]bool
	for _, c := range planes {
		if c > 6 || known[c] {
			return d.corrupt(ifd.CFAPlaneColor, "is %v", planes)
		}
		known[c] = true
	}
	for _, c := range pattern {
		if c > 6 || !known[c] {
			return d.corrupt(ifd.CFAPattern, "holds colour %d, which CFAPlaneColor does not", c)
		}
	}
	switch {
	case len(planes) > 3:
		if err := d.manyColors(len(planes)); err != nil {
			return err
		}
		return &raw.UnsupportedError{Feature: fmt.Sprintf("a mosaic of %d colours (CFAPlaneColor %v)", len(planes), planes)}
	case planes[0] != 0 || planes[1] != 1 || planes[2] != 2:
		return &raw.UnsupportedError{Feature: fmt.Sprintf("CFAPlaneColor %v", planes)}
	}
	return nil
}
