package dng

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// opcodeVersion is DNG 1.3, which brought opcodes.
const opcodeVersion = 1<<24 | 3<<16

// appendOpcodes writes an opcode list (DNG 1.7.1, chapter 7), always
// big-endian; nil for an empty one.
func appendOpcodes(d []byte, list []raw.Opcode) ([]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	be := binary.BigEndian
	d = be.AppendUint32(d, uint32(len(list)))
	for i := range list {
		op := &list[i]
		data, err := payload(op)
		if err != nil {
			return nil, err
		}
		version := op.Version
		if version == 0 {
			version = opcodeVersion
		}
		d = be.AppendUint32(d, op.ID)
		d = be.AppendUint32(d, version)
		d = be.AppendUint32(d, op.Flags)
		d = be.AppendUint32(d, uint32(len(data)))
		d = append(d, data...)
	}
	return d, nil
}

// payload returns the parameters as they were stored; those that a stage has
// made anew have no stored form yet.
func payload(op *raw.Opcode) ([]byte, error) {
	if op.Data != nil {
		return op.Data, nil
	}
	var w payloadWriter
	switch p := op.Params.(type) {
	case *raw.WarpRectilinear:
		w.ints(len(p.Planes))
		for _, k := range p.Planes {
			w.doubles(k[:]...)
		}
		w.doubles(p.CenterX, p.CenterY)
	case *raw.FixVignetteRadial:
		w.doubles(p.K[:]...)
		w.doubles(p.CenterX, p.CenterY)
	case *raw.FixBadPixelsConstant:
		w.ints(int(p.Constant), int(p.BayerPhase))
	case *raw.FixBadPixelsList:
		w.ints(int(p.BayerPhase), len(p.Points), len(p.Rects))
		for _, at := range p.Points {
			w.ints(at.Y, at.X)
		}
		for _, r := range p.Rects {
			w.rect(r)
		}
	case *raw.TrimBounds:
		w.rect(p.Rect)
	case *raw.MapTable:
		w.area(p.Area)
		w.ints(len(p.Table))
		for _, v := range p.Table {
			w = binary.BigEndian.AppendUint16(w, v)
		}
	case *raw.MapPolynomial:
		w.area(p.Area)
		w.ints(len(p.Coefficients) - 1)
		w.doubles(p.Coefficients...)
	case *raw.GainMap:
		w.area(p.Area)
		w.ints(p.PointsV, p.PointsH)
		w.doubles(p.SpacingV, p.SpacingH, p.OriginV, p.OriginH)
		w.ints(p.MapPlanes)
		w.floats(p.Gains)
	case *raw.PerLine:
		w.area(p.Area)
		w.ints(len(p.Values))
		w.floats(p.Values)
	default:
		return nil, &raw.UnsupportedError{Feature: fmt.Sprintf("writing %s from %T", op.Name(), op.Params)}
	}
	return w, nil
}

// payloadWriter appends big-endian values.
type payloadWriter []byte

func (w *payloadWriter) ints(v ...int) {
	for _, x := range v {
		*w = binary.BigEndian.AppendUint32(*w, uint32(x))
	}
}

func (w *payloadWriter) doubles(v ...float64) {
	for _, x := range v {
		*w = binary.BigEndian.AppendUint64(*w, math.Float64bits(x))
	}
}

func (w *payloadWriter) floats(v []float32) {
	for _, x := range v {
		*w = binary.BigEndian.AppendUint32(*w, math.Float32bits(x))
	}
}

func (w *payloadWriter) rect(r image.Rectangle) { w.ints(r.Min.Y, r.Min.X, r.Max.Y, r.Max.X) }

func (w *payloadWriter) area(a raw.OpcodeArea) {
	w.rect(a.Rect)
	w.ints(a.Plane, a.Planes, a.RowPitch, a.ColPitch)
}
