package dng

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// opcodes reads the three opcode lists. They are big-endian whatever the
// file's byte order (DNG 1.7.1, chapter 7).
func (d *decoder) opcodes(h *raw.Header) error {
	for i, t := range []ifd.Tag{ifd.OpcodeList1, ifd.OpcodeList2, ifd.OpcodeList3} {
		e := d.raw.Find(t)
		if e == nil {
			continue
		}
		b, err := d.tiff.Bytes(e)
		if err != nil {
			return err
		}
		if h.Opcodes[i], err = parseOpcodes(b); err != nil {
			return &raw.CorruptError{Offset: e.Offset, What: t.String(), Err: err}
		}
		for k := range h.Opcodes[i] {
			if op := &h.Opcodes[i][k]; op.Params == nil {
				d.log.Warn("DNG: opcode is not understood", "list", i+1, "opcode", op.Name(), "optional", op.Optional())
			}
		}
	}
	return nil
}

// behindTable fits OpcodeList1, which is meant for stored samples, to samples
// that have been through LinearizationTable. Places stay where they are and a
// marked value becomes the table's; what computes with values cannot follow: it
// is left out if it is optional.
func (d *decoder) behindTable(h *raw.Header, table []uint16) error {
	var kept []raw.Opcode
	for _, op := range h.Opcodes[0] {
		switch p := op.Params.(type) {
		case *raw.FixBadPixelsList, *raw.TrimBounds:
			kept = append(kept, op)
			continue
		case *raw.FixBadPixelsConstant:
			if c := int(p.Constant); c < len(table) && marks(table, c) {
				op.Params, op.Data = &raw.FixBadPixelsConstant{Constant: uint32(table[c]), BayerPhase: p.BayerPhase}, nil
				kept = append(kept, op)
				continue
			}
		}
		if !op.Optional() {
			return &raw.UnsupportedError{Feature: op.Name() + " in OpcodeList1 of a file with a LinearizationTable"}
		}
		d.log.Warn("DNG: optional opcode is left out: it is meant for samples before LinearizationTable", "list", 1, "opcode", op.Name())
	}
	h.Opcodes[0] = kept
	return nil
}

// marks reports whether no other stored sample becomes what c becomes; the
// end of the table, which serves all that is beyond, counts as one.
func marks(table []uint16, c int) bool {
	if slices.Contains(table[:c], table[c]) {
		return false
	}
	rest := table[c:]
	same := 0
	for _, v := range rest {
		if v == table[c] {
			same++
		}
	}
	return same == 1 || same == len(rest)
}

// maxOpcodes is far beyond what any camera writes.
const maxOpcodes = 4096

func parseOpcodes(b []byte) ([]raw.Opcode, error) {
	p := payloadReader{b: b}
	n := p.uint32()
	if p.short || n > maxOpcodes {
		return nil, fmt.Errorf("list of %d opcodes in %d bytes", n, len(b))
	}
	var list []raw.Opcode
	for i := range n {
		op := raw.Opcode{ID: p.uint32(), Version: p.uint32(), Flags: p.uint32()}
		size := p.uint32()
		op.Data = p.bytes(uint64(size))
		if p.short {
			return nil, fmt.Errorf("opcode %d of %d: %w", i+1, n, raw.ErrTruncated)
		}
		params, err := parseOpcode(&op)
		if err != nil {
			return nil, fmt.Errorf("%s (%d of %d): %w", op.Name(), i+1, n, err)
		}
		op.Params = params
		list = append(list, op)
	}
	return list, nil
}

// parseOpcode returns the typed parameters of an opcode that this module can
// apply, nil for others.
func parseOpcode(op *raw.Opcode) (any, error) {
	p := &payloadReader{b: op.Data}
	var v any
	var err error
	switch op.ID {
	case raw.OpcodeWarpRectilinear:
		v, err = p.warpRectilinear()
	case raw.OpcodeFixVignetteRadial:
		f := &raw.FixVignetteRadial{}
		for i := range f.K {
			f.K[i] = p.float64()
		}
		f.CenterX, f.CenterY = p.float64(), p.float64()
		v = f
	case raw.OpcodeFixBadPixelsConstant:
		v = &raw.FixBadPixelsConstant{Constant: p.uint32(), BayerPhase: p.uint32()}
	case raw.OpcodeFixBadPixelsList:
		v, err = p.fixBadPixelsList()
	case raw.OpcodeTrimBounds:
		v = &raw.TrimBounds{Rect: p.rect()}
	case raw.OpcodeMapTable:
		v, err = p.mapTable()
	case raw.OpcodeMapPolynomial:
		v, err = p.mapPolynomial()
	case raw.OpcodeGainMap:
		v, err = p.gainMap()
	case raw.OpcodeDeltaPerRow, raw.OpcodeDeltaPerColumn, raw.OpcodeScalePerRow, raw.OpcodeScalePerColumn:
		v, err = p.perLine(op.ID)
	default:
		return nil, nil
	}
	switch {
	case p.short:
		return nil, fmt.Errorf("parameters: %w", raw.ErrTruncated)
	case err != nil:
		return nil, err
	case p.notFinite:
		return nil, fmt.Errorf("a parameter is not finite")
	}
	return v, nil
}

// payloadReader takes big-endian values; short tells that there were not
// enough.
type payloadReader struct {
	b         []byte
	short     bool
	notFinite bool
}

func (p *payloadReader) bytes(n uint64) []byte {
	if n > uint64(len(p.b)) {
		p.short, p.b = true, nil
		return nil
	}
	out := p.b[:n:n]
	p.b = p.b[n:]
	return out
}

func (p *payloadReader) uint32() uint32 {
	b := p.bytes(4)
	if p.short {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func (p *payloadReader) finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		p.notFinite = true
	}
	return v
}

func (p *payloadReader) float64() float64 {
	b := p.bytes(8)
	if p.short {
		return 0
	}
	return p.finite(math.Float64frombits(binary.BigEndian.Uint64(b)))
}

// floats takes n values of FLOAT; nothing is allocated unless they are there.
func (p *payloadReader) floats(n uint64) []float32 {
	b := p.bytes(4 * min(n, 1<<60))
	if p.short {
		return nil
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = math.Float32frombits(binary.BigEndian.Uint32(b[4*i:]))
		p.finite(float64(out[i]))
	}
	return out
}

// rect takes top, left, bottom, right.
func (p *payloadReader) rect() image.Rectangle {
	t, l, b, r := p.int(), p.int(), p.int(), p.int()
	return image.Rectangle{Min: image.Pt(l, t), Max: image.Pt(r, b)}
}

// int takes a coordinate; those beyond any image are cut off at 2^31−1.
func (p *payloadReader) int() int { return int(min(p.uint32(), math.MaxInt32)) }

func (p *payloadReader) area() (raw.OpcodeArea, error) {
	a := raw.OpcodeArea{Rect: p.rect(), Plane: p.int(), Planes: p.int(), RowPitch: p.int(), ColPitch: p.int()}
	if p.short {
		return a, raw.ErrTruncated
	}
	if a.Rect.Empty() || a.Planes < 1 || a.RowPitch < 1 || a.ColPitch < 1 {
		return a, fmt.Errorf("area %v with %d planes and pitch %d×%d", a.Rect, a.Planes, a.RowPitch, a.ColPitch)
	}
	return a, nil
}

func (p *payloadReader) warpRectilinear() (any, error) {
	n := p.uint32()
	if n < 1 || n > 4 {
		return nil, fmt.Errorf("%d planes", n)
	}
	w := &raw.WarpRectilinear{Planes: make([][6]float64, n)}
	for i := range w.Planes {
		for k := range w.Planes[i] {
			w.Planes[i][k] = p.float64()
		}
	}
	w.CenterX, w.CenterY = p.float64(), p.float64()
	return w, nil
}

func (p *payloadReader) fixBadPixelsList() (any, error) {
	f := &raw.FixBadPixelsList{BayerPhase: p.uint32()}
	points, rects := uint64(p.uint32()), uint64(p.uint32())
	if 8*points+16*rects > uint64(len(p.b)) {
		p.short = true
		return nil, nil
	}
	for range points {
		y, x := p.int(), p.int()
		f.Points = append(f.Points, image.Pt(x, y))
	}
	for range rects {
		f.Rects = append(f.Rects, p.rect())
	}
	return f, nil
}

func (p *payloadReader) mapTable() (any, error) {
	area, err := p.area()
	if err != nil {
		return nil, err
	}
	n := p.uint32()
	if !p.short && (n < 1 || n > 65536) {
		return nil, fmt.Errorf("table of %d entries", n)
	}
	b := p.bytes(2 * uint64(n))
	if p.short {
		return nil, nil
	}
	t := &raw.MapTable{Area: area, Table: make([]uint16, n)}
	for i := range t.Table {
		t.Table[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return t, nil
}

func (p *payloadReader) mapPolynomial() (any, error) {
	area, err := p.area()
	if err != nil {
		return nil, err
	}
	degree := p.uint32()
	if !p.short && degree > 8 { // DNG 1.7.1: at most 8
		return nil, fmt.Errorf("polynomial of degree %d", degree)
	}
	m := &raw.MapPolynomial{Area: area}
	for range degree + 1 {
		m.Coefficients = append(m.Coefficients, p.float64())
	}
	return m, nil
}

func (p *payloadReader) perLine(id uint32) (any, error) {
	area, err := p.area()
	if err != nil {
		return nil, err
	}
	l := &raw.PerLine{
		Area:    area,
		Columns: id == raw.OpcodeDeltaPerColumn || id == raw.OpcodeScalePerColumn,
		Scale:   id == raw.OpcodeScalePerRow || id == raw.OpcodeScalePerColumn,
	}
	n := uint64(p.uint32())
	lines := (area.Rect.Dy() + area.RowPitch - 1) / area.RowPitch
	if l.Columns {
		lines = (area.Rect.Dx() + area.ColPitch - 1) / area.ColPitch
	}
	if !p.short && n != uint64(lines) {
		return nil, fmt.Errorf("%d values for %d lines", n, lines)
	}
	l.Values = p.floats(n)
	return l, nil
}

func (p *payloadReader) gainMap() (any, error) {
	area, err := p.area()
	if err != nil {
		return nil, err
	}
	g := &raw.GainMap{
		Area: area, PointsV: p.int(), PointsH: p.int(),
		SpacingV: p.float64(), SpacingH: p.float64(), OriginV: p.float64(), OriginH: p.float64(),
		MapPlanes: p.int(),
	}
	if p.short {
		return nil, nil
	}
	const most = 1 << 16
	if g.PointsV < 1 || g.PointsH < 1 || g.MapPlanes < 1 || g.PointsV > most || g.PointsH > most || g.MapPlanes > most {
		return nil, fmt.Errorf("map of %d×%d points and %d planes", g.PointsV, g.PointsH, g.MapPlanes)
	}
	if g.PointsV > 1 && g.SpacingV <= 0 || g.PointsH > 1 && g.SpacingH <= 0 {
		return nil, fmt.Errorf("spacing of %g and %g", g.SpacingV, g.SpacingH)
	}
	g.Gains = p.floats(uint64(g.PointsV) * uint64(g.PointsH) * uint64(g.MapPlanes))
	return g, nil
}
