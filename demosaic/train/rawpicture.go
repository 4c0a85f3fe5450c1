package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
)

// decodeRaw reads a raw photograph as the engine will see such: in the colours
// of the camera, balanced as it says. The colours are interpolated by linear
// filters, which a reduction (of 3 at least) makes forget.
func decodeRaw(data []byte) (*picture, error) {
	f, err := format.NewFile(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	mosaic, err := f.Mosaic()
	if err != nil {
		return nil, err
	}
	h := mosaic.Header()
	if !h.Color.HasNeutral() {
		return nil, errors.New("no AsShotNeutral: the colours cannot be balanced")
	}
	src, err := demosaic.New(mosaic, &demosaic.Options{Method: demosaic.Malvar})
	if err != nil {
		return nil, err
	}
	area := h.ActiveArea
	if area.Empty() {
		area = h.Bounds()
	}
	rgb := raw.NewRGB(area)
	if err := src.ReadTile(context.Background(), rgb); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	p := &picture{w: area.Dx(), h: area.Dy(), pix: make([]uint16, 3*area.Dx()*area.Dy())}
	for c := range 3 {
		gain := h.Color.AsShotNeutral[raw.Green] / h.Color.AsShotNeutral[c]
		for i, v := range rgb.Pix[c] {
			p.pix[3*i+c] = uint16(math.Round(65535 * toSRGB(float64(v)/65535*gain)))
		}
	}
	return p, nil
}
