package sensor

import (
	"context"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// mosaicFrame is a frame, or its truth.
type mosaicFrame struct {
	shot
	h          *raw.Header
	noisy, hot bool
}

func (f *mosaicFrame) Header() *raw.Header { return f.h }

func (f *mosaicFrame) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := f.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = f.h.CFA
	q := newQuantiser(f)
	return f.rows(ctx, dst.Rect, func(l *Light, x, y int) {
		out := dst.Row(y)[x-dst.Rect.Min.X:][:len(l[0])]
		q.signal(l, x, y)
		if f.hot && f.s.o.HotPixels > 0 {
			f.s.glow(l[0], x, y)
		}
		if f.noisy {
			q.noisy(out, l[0], x, y)
		} else {
			q.clean(out, l[0])
		}
	})
}

// quantiser turns light into samples.
type quantiser struct {
	cfa         raw.CFA
	coef        [3][3]float32 // light → normalised signal of each colour
	normal      *gaussian
	shot, read  float32 // variance: shot·signal + read
	black, span float32
	white       float32
	seed        uint64
	frame       int
}

func newQuantiser(f *mosaicFrame) *quantiser {
	q := &quantiser{cfa: f.h.CFA, normal: f.s.normal, seed: f.s.o.Seed, frame: f.frame}
	for c := range q.coef {
		for k := range q.coef[c] {
			q.coef[c][k] = float32(f.s.response.toCamera[3*c+k] * f.s.o.Exposure)
		}
	}
	m := f.s.o.Sensor.NoiseProfile(f.s.o.ISO)[raw.Green]
	black, _ := f.h.Black.Constant()
	white := f.h.White[raw.Green]
	// Quantising adds its own 1/12 DN².
	step := 1 / (white - black)
	q.shot, q.read = float32(m.Scale), float32(m.Offset-float64(step*step)/12)
	q.black, q.span, q.white = float32(black), float32(white-black), float32(white)
	return q
}

// signal replaces the first plane of l by the normalised signal behind the
// filter of each pixel.
func (q *quantiser) signal(l *Light, x, y int) {
	period := q.cfa.Period()
	var coef [8][3]float32
	for i := range period {
		coef[i] = q.coef[q.cfa.ColorAt(x+i, y)]
	}
	r, g, b := l[0], l[1][:len(l[0])], l[2][:len(l[0])]
	phase := 0
	for i := range r {
		k := &coef[phase&7]
		r[i] = max(0, float32(k[0]*r[i])+float32(k[1]*g[i])+float32(k[2]*b[i]))
		if phase++; phase == period {
			phase = 0
		}
	}
}

// clean rounds the signal to samples, clipped at black and white.
func (q *quantiser) clean(dst []uint16, signal []float32) {
	for i, s := range signal[:len(dst)] {
		v := float32(min(s, 1)*q.span) + q.black
		dst[i] = uint16(v + 0.5)
	}
}

// noisy adds noise and rounds to samples, clipped at 0 and white.
func (q *quantiser) noisy(dst []uint16, signal []float32, x, y int) {
	k := key(q.seed, 4, q.frame, y)
	shot, read := q.shot, q.read
	top := q.white + 0.5
	bottom := q.black + 0.5
	for i, s := range signal[:len(dst)] {
		z := q.normal.draw(at(k, x+i))
		sigma := float32(math.Sqrt(float64(float32(shot*s) + read)))
		v := float32((s+float32(z*sigma))*q.span) + bottom
		dst[i] = uint16(int32(max(0, min(v, top))))
	}
}

// hotBlock is the run of pixels of which one at most is hot.
const hotBlock = 64

// glow adds the current of hot pixels to the signal of row y from x.
func (s *Simulator) glow(signal []float32, x, y int) {
	k := key(s.o.Seed, 5, y)
	probability := s.o.HotPixels * hotBlock
	for block := x / hotBlock; block*hotBlock < x+len(signal); block++ {
		h := at(k, block)
		if unit(h) >= probability {
			continue
		}
		h = mix(h)
		i := block*hotBlock + int(h%hotBlock) - x
		if i < 0 || i >= len(signal) {
			continue
		}
		// Weak ones are more frequent than strong ones.
		u := float32(h>>40) / (1 << 24)
		signal[i] += 0.02 + float32(u*float32(u*u))
	}
}

// rgbFrame is the truth in three samples a pixel.
type rgbFrame struct {
	shot
	h      *raw.Header
	camera bool  // linear camera RGB; else sRGB
	encode table // sRGB of the square of its argument
}

func (f *rgbFrame) Header() *raw.Header { return f.h }

func (f *rgbFrame) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := f.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	m := raw.Matrix{1, 0, 0, 0, 1, 0, 0, 0, 1}
	if f.camera {
		m = f.s.response.toCamera
		for i := range m {
			m[i] *= f.s.o.Exposure
		}
	}
	return f.rows(ctx, dst.Rect, func(l *Light, x, y int) {
		for c := raw.Red; c <= raw.Blue; c++ {
			out := dst.Row(c, y)[x-dst.Rect.Min.X:][:len(l[0])]
			k0, k1, k2 := float32(m[3*c]), float32(m[3*c+1]), float32(m[3*c+2])
			for i := range out {
				v := float32(k0*l[0][i]) + float32(k1*l[1][i]) + float32(k2*l[2][i])
				v = max(0, min(v, 1))
				if !f.camera {
					v = f.encode.at(math.Sqrt(float64(v)))
				}
				out[i] = uint16(float32(v*65535) + 0.5)
			}
		}
	})
}
