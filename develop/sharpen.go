package develop

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// SharpenOptions of [Sharpen]. Nil and zero fields are good defaults.
type SharpenOptions struct {
	// Amount is how much of what a blur takes away is added; 0 is 0.6.
	Amount float64
	// Radius is the standard deviation of the blur in pixels, 0.3 to 5; 0 is
	// 0.8.
	Radius float64
	// Threshold is the contrast, as a part of white, below which detail is
	// taken for noise and left alone; 0 is 0.006.
	Threshold float64
}

// Sharpen returns a developed picture with its luma sharpened by an unsharp
// mask. Colour is left alone, and so is what lies below the threshold, which
// is a soft one: a detail d counts d³/(d² + t²).
func Sharpen(src raw.RGBSource, o *SharpenOptions) (raw.RGBSource, error) {
	var opt SharpenOptions
	if o != nil {
		opt = *o
	}
	for _, f := range []struct{ v, def, least, most float64 }{{opt.Amount, 0.6, 0, 10}, {opt.Radius, 0.8, 0.3, 5}, {opt.Threshold, 0.006, 0, 1}} {
		if f.v != 0 && !(f.v >= f.least && f.v <= f.most) {
			return nil, fmt.Errorf("%w: sharpening by %+v", raw.ErrOption, opt)
		}
	}
	def := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&opt.Amount, 0.6)
	def(&opt.Radius, 0.8)
	def(&opt.Threshold, 0.006)
	s := &sharpened{RGBSource: src, amount: float32(opt.Amount), threshold: float32(opt.Threshold * opt.Threshold * 65535 * 65535)}
	s.spare.New = func() any { return new(sharpenState) }
	// Half of a symmetric kernel.
	n := int(math.Ceil(3 * opt.Radius))
	total := 0.0
	at := func(i int) float64 { return math.Exp(-float64(i*i) / (2 * opt.Radius * opt.Radius)) }
	for i := -n; i <= n; i++ {
		total += at(i)
	}
	rest := float32(1)
	s.kernel = make([]float32, n+1)
	for i := n; i > 0; i-- {
		s.kernel[i] = float32(math.Round(at(i)/total*(1<<20)) / (1 << 20))
		rest -= 2 * s.kernel[i]
	}
	s.kernel[0] = rest
	return s, nil
}

type sharpened struct {
	raw.RGBSource
	amount, threshold float32
	kernel            []float32
	spare             sync.Pool // of *sharpenState
}

type sharpenState struct {
	in        raw.RGB
	luma, mid []float32
	soft      []float32
}

func (s *sharpened) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := s.Header().CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	st := s.spare.Get().(*sharpenState)
	defer s.spare.Put(st)
	const width, height = 512, 256
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y += height {
		for x := dst.Rect.Min.X; x < dst.Rect.Max.X; x += width {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.piece(ctx, dst.Part(image.Rect(x, y, x+width, y+height)), st); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sharpened) piece(ctx context.Context, dst *raw.RGB, st *sharpenState) error {
	n := len(s.kernel) - 1
	st.in.Reset(dst.Rect.Inset(-n))
	if err := tile.ReadPaddedRGB(ctx, s.RGBSource, &st.in); err != nil {
		return err
	}
	in := &st.in
	w, h := in.Rect.Dx(), in.Rect.Dy()
	grow := func(v *[]float32, n int) []float32 {
		if cap(*v) < n {
			*v = make([]float32, n)
		}
		*v = (*v)[:n]
		return *v
	}
	luma, mid := grow(&st.luma, w*h), grow(&st.mid, w*h)
	for y := range h {
		r, g, b := in.Row(raw.Red, in.Rect.Min.Y+y), in.Row(raw.Green, in.Rect.Min.Y+y), in.Row(raw.Blue, in.Rect.Min.Y+y)
		row, out := luma[y*w:(y+1)*w], mid[y*w:(y+1)*w]
		for i := range row {
			row[i] = float32(0.299*float32(r[i])) + float32(0.587*float32(g[i])) + float32(0.114*float32(b[i]))
		}
		for i := n; i < w-n; i++ {
			v := float32(s.kernel[0] * row[i])
			for k := 1; k <= n; k++ {
				v += float32(s.kernel[k] * (row[i-k] + row[i+k]))
			}
			out[i] = v
		}
	}
	soft := grow(&st.soft, dst.Rect.Dx())
	for y := n; y < h-n; y++ {
		for i := range soft {
			soft[i] = float32(s.kernel[0] * mid[y*w+i+n])
		}
		for k := 1; k <= n; k++ {
			above, below := mid[(y-k)*w+n:][:len(soft)], mid[(y+k)*w+n:][:len(soft)]
			for i := range soft {
				soft[i] += float32(s.kernel[k] * (above[i] + below[i]))
			}
		}
		sharp := luma[y*w+n:][:len(soft)]
		for i := range soft {
			d := sharp[i] - soft[i]
			dd := float32(d * d)
			soft[i] = float32(s.amount * float32(d*(dd/(dd+s.threshold))))
		}
		for c := raw.Red; c <= raw.Blue; c++ {
			from, to := in.Row(c, in.Rect.Min.Y+y)[n:], dst.Row(c, in.Rect.Min.Y+y)
			for i, d := range soft {
				to[i] = uint16(int32(max(0, min(float32(from[i])+d+0.5, 65535.5))))
			}
		}
	}
	return nil
}
