package binning

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// scaleOpcodes makes the opcode lists true for the binned frame. Gain maps of
// every pixel are scaled exactly, those of every other pixel where a Bayer
// mosaic stays one. What works on a finished picture in relative coordinates
// (list 3: lens warps, radial vignetting) stays. Anything else is tied to the
// source's pixels: optional opcodes are dropped, others refused.
func scaleOpcodes(h, in *raw.Header, g *geometry) error {
	for list := range h.Opcodes {
		var kept []raw.Opcode
		for _, op := range in.Opcodes[list] {
			switch {
			case op.ID == raw.OpcodeGainMap:
				scaled, ok := scaleGainMap(op, list, h, in, g)
				if !ok && op.Optional() {
					continue
				}
				if !ok {
					return &raw.UnsupportedError{Feature: fmt.Sprintf("binning under a gain map of single pixels of a cell (opcode list %d): correct the mosaic first", list+1)}
				}
				kept = append(kept, scaled)
			case list == 2 && relative(op.ID):
				kept = append(kept, op)
			case op.Optional():
			default:
				return &raw.UnsupportedError{Feature: fmt.Sprintf("binning under opcode %d of opcode list %d: correct the mosaic first", op.ID, list+1)}
			}
		}
		h.Opcodes[list] = kept
	}
	return nil
}

// relative reports whether an opcode counts in shares of the picture:
// WarpRectilinear, WarpFisheye, FixVignetteRadial, WarpRectilinear2.
func relative(id uint32) bool {
	return id == raw.OpcodeWarpRectilinear || id == 2 || id == raw.OpcodeFixVignetteRadial || id == 14
}

func scaleGainMap(op raw.Opcode, list int, h, in *raw.Header, g *geometry) (raw.Opcode, bool) {
	m, ok := op.Params.(*raw.GainMap)
	if !ok {
		return op, false
	}
	a := m.Area
	pitch := image.Pt(max(a.ColPitch, 1), max(a.RowPitch, 1))
	phase := g.bayer && pitch == image.Pt(2, 2)
	if pitch != image.Pt(1, 1) && !phase {
		return op, false
	}
	// List 1 counts from the first sample, the others from the active area.
	corner, outCorner := in.ActiveArea.Min, h.ActiveArea.Min
	if list == 0 {
		corner, outCorner = image.Point{}, image.Point{}
	}
	rect := a.Rect.Add(corner)
	out := g.area(rect)
	if phase {
		// The first output pixel of the area's own phase.
		out.Min.X += (out.Min.X ^ rect.Min.X) & 1
		out.Min.Y += (out.Min.Y ^ rect.Min.Y) & 1
	}
	if out.Empty() {
		return op, false
	}
	if in.ActiveArea.In(rect) && !phase {
		out = out.Union(h.ActiveArea) // all that is active stays covered
	}
	scaled := *m
	scaled.Area.Rect = out.Sub(outCorner)
	scaled.SpacingH, scaled.OriginH = scaleGrid(m.SpacingH, m.OriginH, in.ActiveArea.Min.X, in.ActiveArea.Dx(), h.ActiveArea.Min.X, h.ActiveArea.Dx(), g.start.X, g.n)
	scaled.SpacingV, scaled.OriginV = scaleGrid(m.SpacingV, m.OriginV, in.ActiveArea.Min.Y, in.ActiveArea.Dy(), h.ActiveArea.Min.Y, h.ActiveArea.Dy(), g.start.Y, g.n)
	op.Params, op.Data = &scaled, encodeGainMap(&scaled)
	return op, true
}

// scaleGrid moves a grid from shares of the source's active length to shares
// of the result's, which may begin and end at other fractions of a cell.
func scaleGrid(spacing, origin float64, inMin, inLen, outMin, outLen, start, n int) (float64, float64) {
	share := float64(inLen) / float64(n*outLen)
	shift := float64(n*outMin+start-inMin) / float64(inLen)
	return spacing * share, (origin - shift) * share
}

// encodeGainMap is the payload of opcode 9 (DNG 1.7.1, chapter 7).
func encodeGainMap(m *raw.GainMap) []byte {
	be := binary.BigEndian
	var d []byte
	for _, v := range []int{
		m.Area.Rect.Min.Y, m.Area.Rect.Min.X, m.Area.Rect.Max.Y, m.Area.Rect.Max.X,
		m.Area.Plane, m.Area.Planes, m.Area.RowPitch, m.Area.ColPitch, m.PointsV, m.PointsH,
	} {
		d = be.AppendUint32(d, uint32(v))
	}
	for _, v := range []float64{m.SpacingV, m.SpacingH, m.OriginV, m.OriginH} {
		d = be.AppendUint64(d, math.Float64bits(v))
	}
	d = be.AppendUint32(d, uint32(m.MapPlanes))
	for _, v := range m.Gains {
		d = be.AppendUint32(d, math.Float32bits(v))
	}
	return d
}
