package sensor

import (
	"fmt"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// Flat is the same light everywhere.
type Flat [3]float32

// Prepare implements [Scene].
func (f Flat) Prepare(View) (Painter, error) {
	return painter(func(dst *Light, _ Span) {
		for c := range dst {
			for i := range dst[c] {
				dst[c][i] = f[c]
			}
		}
	}), nil
}

// Ramp goes from no light at the left border to To at the right one, in Steps
// flat bars; 0 steps is a smooth ramp.
type Ramp struct {
	To    [3]float32
	Steps int
}

// Prepare implements [Scene].
func (r Ramp) Prepare(v View) (Painter, error) {
	scale := 1 / float64(v.Size.X)
	return painter(func(dst *Light, s Span) {
		for i := range dst[0] {
			x, _ := s.At(i)
			t := max(0, min(float64(x*scale), 1))
			if r.Steps > 1 {
				t = min(math.Floor(t*float64(r.Steps)), float64(r.Steps-1)) / float64(r.Steps-1)
			}
			for c := range dst {
				dst[c][i] = float32(t) * r.To[c]
			}
		}
	}), nil
}

// SiemensStar is a star of sine spokes from black to white around the middle
// of the frame; 0 spokes are 144. Spokes finer than the blur fade to gray.
type SiemensStar struct{ Spokes int }

// Prepare implements [Scene].
func (t SiemensStar) Prepare(v View) (Painter, error) {
	spokes := float64(t.Spokes)
	if t.Spokes == 0 {
		spokes = 144
	}
	if spokes < 0 {
		return nil, fmt.Errorf("%w: star of %d spokes", raw.ErrOption, t.Spokes)
	}
	o := newOptics(v.Blur)
	cx, cy := float64(v.Size.X)/2, float64(v.Size.Y)/2
	return painter(func(dst *Light, s Span) {
		for i := range dst[0] {
			x, y := s.At(i)
			x, y = x-cx, y-cy
			r := math.Sqrt(float64(x*x) + float64(y*y))
			c := o.contrast(spokes / (2 * math.Pi) / max(r, 1e-3))
			dst.set(i, 0.5+float32(0.5*float32(c*o.wave(spokes*angle(x, y)))))
		}
	}), nil
}

// ZonePlate has rings whose frequency rises from nothing in the middle to
// Limit cycles per pixel at the left and right border; 0 is 0.5, the highest
// that a monochrome sensor of the frame's size can tell.
type ZonePlate struct{ Limit float64 }

// Prepare implements [Scene].
func (z ZonePlate) Prepare(v View) (Painter, error) {
	limit := z.Limit
	if limit == 0 {
		limit = 0.5
	}
	if !(limit > 0) {
		return nil, fmt.Errorf("%w: zone plate up to %v cycles per pixel", raw.ErrOption, z.Limit)
	}
	o := newOptics(v.Blur)
	cx, cy := float64(v.Size.X)/2, float64(v.Size.Y)/2
	rate := limit / max(cx, 1)
	return painter(func(dst *Light, s Span) {
		for i := range dst[0] {
			x, y := s.At(i)
			x, y = x-cx, y-cy
			r2 := float64(x*x) + float64(y*y)
			c := o.contrast(rate * math.Sqrt(r2))
			dst.set(i, 0.5+float32(0.5*float32(c*o.wave(rate/2*r2))))
		}
	}), nil
}

// SlantedEdge is a straight border between Dark on the left and Bright on the
// right through the middle of the frame, Slope pixels sideways for each pixel
// down: the target of ISO 12233. The zero value is an edge from 0.1 to 0.8 at
// a slope of 1/12.
type SlantedEdge struct{ Dark, Bright, Slope float64 }

// Prepare implements [Scene].
func (e SlantedEdge) Prepare(v View) (Painter, error) {
	if e == (SlantedEdge{}) {
		e = SlantedEdge{0.1, 0.8, 1.0 / 12}
	}
	o := newOptics(v.Blur)
	cx, cy := float64(v.Size.X)/2, float64(v.Size.Y)/2
	length := math.Sqrt(1 + float64(e.Slope*e.Slope))
	dark, step := float32(e.Dark), float32(e.Bright-e.Dark)
	return painter(func(dst *Light, s Span) {
		for i := range dst[0] {
			x, y := s.At(i)
			d := (x - cx - float64(e.Slope*(y-cy))) / length
			dst.set(i, dark+float32(step*o.cover(d)))
		}
	}), nil
}
