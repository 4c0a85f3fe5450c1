package dng

import (
	"errors"
	"image"
	"reflect"
	"testing"

	"github.com/quadraw/quadraw/raw"
)

func TestOpcodesMadeAnewAreReadBack(t *testing.T) {
	area := raw.OpcodeArea{Rect: image.Rect(2, 4, 30, 20), Planes: 1, RowPitch: 2, ColPitch: 4}
	rows := make([]float32, 8) // every second of 16
	cols := make([]float32, 7) // every fourth of 28
	rows[3], cols[2] = 0.5, -0.25
	list := []raw.Opcode{
		{ID: raw.OpcodeWarpRectilinear, Flags: 1, Params: &raw.WarpRectilinear{Planes: [][6]float64{{1, 2, 3, 4, 5, 6}}, CenterX: 0.5, CenterY: 0.25}},
		{ID: raw.OpcodeFixVignetteRadial, Params: &raw.FixVignetteRadial{K: [5]float64{1, 2, 3, 4, 5}, CenterX: 0.5, CenterY: 0.5}},
		{ID: raw.OpcodeFixBadPixelsConstant, Params: &raw.FixBadPixelsConstant{Constant: 7, BayerPhase: 2}},
		{ID: raw.OpcodeFixBadPixelsList, Params: &raw.FixBadPixelsList{BayerPhase: 1, Points: []image.Point{{3, 4}, {5, 6}}, Rects: []image.Rectangle{image.Rect(1, 2, 3, 4)}}},
		{ID: raw.OpcodeTrimBounds, Params: &raw.TrimBounds{Rect: image.Rect(1, 2, 30, 40)}},
		{ID: raw.OpcodeMapTable, Params: &raw.MapTable{Area: area, Table: []uint16{1, 2, 65535}}},
		{ID: raw.OpcodeMapPolynomial, Params: &raw.MapPolynomial{Area: area, Coefficients: []float64{0, 1, -0.5}}},
		{ID: raw.OpcodeGainMap, Params: &raw.GainMap{Area: area, PointsV: 1, PointsH: 2, SpacingV: 1, SpacingH: 1, MapPlanes: 1, Gains: []float32{1, 1.5}}},
		{ID: raw.OpcodeDeltaPerRow, Params: &raw.PerLine{Area: area, Values: rows}},
		{ID: raw.OpcodeScalePerColumn, Params: &raw.PerLine{Area: area, Columns: true, Scale: true, Values: cols}},
		{ID: 4711, Version: 5, Flags: 3, Data: []byte("kept")},
	}
	b, err := appendOpcodes(nil, list)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseOpcodes(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(list) {
		t.Fatalf("%d opcodes, want %d", len(got), len(list))
	}
	for i := range list {
		if got[i].ID != list[i].ID || got[i].Flags != list[i].Flags || !reflect.DeepEqual(got[i].Params, list[i].Params) {
			t.Errorf("%s: %+v, want %+v", list[i].Name(), got[i].Params, list[i].Params)
		}
	}
	if last := got[len(got)-1]; last.Version != 5 || string(last.Data) != "kept" {
		t.Errorf("unknown opcode became %+v", last)
	}
	var unsupported *raw.UnsupportedError
	if _, err := appendOpcodes(nil, []raw.Opcode{{ID: 4711}}); !errors.As(err, &unsupported) {
		t.Errorf("an opcode of nothing: %v", err)
	}
}
