package develop

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

// FitInside returns the size of a picture of the given size scaled such that
// its longer side is longest pixels.
func FitInside(size image.Point, longest int) image.Point {
	long := max(size.X, size.Y, 1)
	scale := func(n int) int { return max(1, int(math.Round(float64(n)*float64(longest)/float64(long)))) }
	return image.Pt(scale(size.X), scale(size.Y))
}

// Resize returns src scaled to the given size with Lanczos' filter of three
// lobes, in linear light, so that fine structure keeps its brightness. Beyond
// the border, the border is repeated.
func Resize(src raw.RGBSource, size image.Point) (raw.RGBSource, error) {
	h := src.Header()
	if size == h.Size {
		return src, nil
	}
	if size.X < 1 || size.Y < 1 || size.X > 65535 || size.Y > 65535 {
		return nil, fmt.Errorf("%w: resize to %v pixels", raw.ErrOption, size)
	}
	r := &resized{src: src, h: h.Clone(), x: newTaps(h.Size.X, size.X), y: newTaps(h.Size.Y, size.Y)}
	if h.ColorSpace != raw.LinearCamera {
		r.decode = newDecoder()
		r.encode = newEncoder(Linear, 1)
	}
	r.h.Size = size
	r.h.ActiveArea = scaledRect(h.ActiveArea, h.Size, size)
	r.h.DefaultCrop = scaledRect(h.DefaultCrop, h.Size, size)
	r.h.MaskedAreas = nil
	if h.Noise.Known() {
		n := float64(h.Size.X) / float64(size.X) * float64(h.Size.Y) / float64(size.Y)
		r.h.Noise = h.Noise.Averaged(max(n, 1))
	}
	if black, ok := h.Black.Constant(); ok {
		r.h.Black = raw.ConstantBlack(black)
	} else if h.Black.Rows != 1 || h.Black.Cols != 1 || len(h.Black.DeltaH)+len(h.Black.DeltaV) > 0 {
		return nil, fmt.Errorf("%w: resize of a picture whose black level varies", raw.ErrOption)
	}
	r.spare.New = func() any { return new(resizeState) }
	return r, nil
}

func scaledRect(r image.Rectangle, from, to image.Point) image.Rectangle {
	x := func(v int) int { return int(math.Round(float64(v) * float64(to.X) / float64(from.X))) }
	y := func(v int) int { return int(math.Round(float64(v) * float64(to.Y) / float64(from.Y))) }
	out := image.Rect(x(r.Min.X), y(r.Min.Y), x(r.Max.X), y(r.Max.Y)).Intersect(image.Rectangle{Max: to})
	if out.Empty() {
		return image.Rectangle{Max: to}
	}
	return out
}

// newDecoder is sRGB's transfer curve undone, for 16-bit samples; all output
// spaces share it.
func newDecoder() *[65536]float32 {
	t := new([65536]float32)
	for i := range t {
		t[i] = float32(math.Round(colorimetry.Decode(float64(i)/65535)*(1<<26)) / (1 << 26))
	}
	return t
}

// taps are the filter of one axis: output i is the sum of weight[k]·input
// [first[i]+k].
type taps struct {
	n      int // taps of each output
	size   int // of the input
	scale  float64
	reach  float64
	shrink float64
}

func newTaps(from, to int) *taps {
	t := &taps{size: from, scale: float64(from) / float64(to)}
	t.shrink = max(t.scale, 1)
	t.reach = float64(3 * t.shrink)
	t.n = int(math.Ceil(2*t.reach)) + 1
	return t
}

// first returns the first input, which may lie outside, of output i.
func (t *taps) first(i int) int {
	center := float64((float64(i)+0.5)*t.scale) - 0.5
	return int(math.Floor(center-t.reach)) + 1
}

// weights writes the taps of output i. They are rounded so that all machines
// have the same ones, and add up to 1.
func (t *taps) weights(w []float32, i int) {
	center := float64((float64(i)+0.5)*t.scale) - 0.5
	first, sum := t.first(i), 0.0
	for k := range w {
		sum += lanczos((float64(first+k) - center) / t.shrink)
	}
	rest, largest := float32(1), 0
	for k := range w {
		v := lanczos((float64(first+k)-center)/t.shrink) / sum
		w[k] = float32(math.Round(v*(1<<20)) / (1 << 20))
		rest -= w[k]
		if w[k] > w[largest] {
			largest = k
		}
	}
	w[largest] += rest
}

func lanczos(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1e-9:
		return 1
	case x >= 3:
		return 0
	}
	p := math.Pi * x
	return 3 * math.Sin(p) * math.Sin(p/3) / (p * p)
}

type resized struct {
	src    raw.RGBSource
	h      *raw.Header
	x, y   *taps
	decode *[65536]float32 // nil: samples are linear
	encode *encoder
	spare  sync.Pool // of *resizeState
}

type resizeState struct {
	in     raw.RGB
	line   []float32 // a row of the source, linear, border repeated
	mid    []float32 // rows of the source, filtered along x
	sum    []float32
	wx, wy []float32
}

func (r *resized) Header() *raw.Header { return r.h }

func (r *resized) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := r.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	s := r.spare.Get().(*resizeState)
	defer r.spare.Put(s)
	// Pieces whose source fits the cache, but not so small that their halo
	// costs more than they do.
	w := int(max(24, min(512/r.x.scale, 512)))
	h := int(max(24, min(256/r.y.scale, 256)))
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y += h {
		for x := dst.Rect.Min.X; x < dst.Rect.Max.X; x += w {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.piece(ctx, dst.Part(image.Rect(x, y, x+w, y+h)), s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *resized) piece(ctx context.Context, dst *raw.RGB, s *resizeState) error {
	d := dst.Rect
	x0, x1 := r.x.first(d.Min.X), r.x.first(d.Max.X-1)+r.x.n
	y0, y1 := r.y.first(d.Min.Y), r.y.first(d.Max.Y-1)+r.y.n
	hold := func(v, n int) int { return max(0, min(v, n-1)) }
	need := image.Rect(hold(x0, r.x.size), hold(y0, r.y.size), hold(x1-1, r.x.size)+1, hold(y1-1, r.y.size)+1)
	s.in.Reset(need)
	if err := r.src.ReadTile(ctx, &s.in); err != nil {
		return err
	}
	grow := func(v *[]float32, n int) []float32 {
		if cap(*v) < n {
			*v = make([]float32, n)
		}
		*v = (*v)[:n]
		return *v
	}
	width := d.Dx()
	line := grow(&s.line, x1-x0)
	mid := grow(&s.mid, width*need.Dy())
	sum := grow(&s.sum, width)
	wx := grow(&s.wx, width*r.x.n)
	wy := grow(&s.wy, r.y.n)
	for i := range width {
		r.x.weights(wx[i*r.x.n:(i+1)*r.x.n], d.Min.X+i)
	}
	for c := raw.Red; c <= raw.Blue; c++ {
		for y := need.Min.Y; y < need.Max.Y; y++ {
			row := s.in.Row(c, y)
			for i := range line {
				v := row[max(0, min(x0+i-need.Min.X, len(row)-1))]
				if r.decode != nil {
					line[i] = r.decode[v]
				} else {
					line[i] = float32(v)
				}
			}
			to := mid[(y-need.Min.Y)*width:][:width]
			for i := range to {
				w := wx[i*r.x.n : (i+1)*r.x.n]
				from := line[r.x.first(d.Min.X+i)-x0:][:len(w)]
				var v float32
				for k, wk := range w {
					v += float32(wk * from[k])
				}
				to[i] = v
			}
		}
		for y := d.Min.Y; y < d.Max.Y; y++ {
			r.y.weights(wy, y)
			first := r.y.first(y)
			clear(sum)
			for k, wk := range wy {
				from := mid[(hold(first+k, r.y.size)-need.Min.Y)*width:][:width]
				for i, v := range from {
					sum[i] += float32(wk * v)
				}
			}
			out := dst.Row(c, y)
			for i, v := range sum {
				if r.decode != nil {
					out[i] = r.encode.at(v)
				} else {
					out[i] = uint16(int32(max(0, min(v+0.5, 65535.5))))
				}
			}
		}
	}
	return nil
}
