package noise

import (
	"context"
	"slices"

	"github.com/quadraw/quadraw/raw"
)

// profileSample is what a patch tells: the signal that its noise is of, the
// variance there, and that of its structure, both the noise's where there is
// nothing but noise.
type profileSample struct {
	signal, variance, structure float32
	mean                        [3]float32 // of the colours
	of                          [3]bool    // colours it has
}

// measure filters patches side by side, which have no noise in common.
func (e *profiler) measure(ctx context.Context, squares []square, l *patchLayout, known *raw.NoiseModel, set *filterSet) ([]profileSample, error) {
	found := make([][]profileSample, len(squares))
	err := e.each(ctx, len(squares), func(i int) {
		v := make([]float32, l.taps())
		f := set.at(i)
		q := &squares[i]
		var out []profileSample
		var t, wide tones
		ww, wh := l.block()
		for y := 0; y+l.h <= q.h; y += l.h {
			surroundings := (*tones)(nil)
			last := -1
			for x := 0; x+l.w <= q.w; x += l.w {
				if wx, wy := min(x/ww*ww, q.w-ww), min(y/wh*wh, q.h-wh); wx != last {
					last, surroundings = wx, nil
					if wide.add(l, q, wx, wy, ww, wh) {
						surroundings = &wide
					}
				}
				var mean, scale [3]float32
				if !t.add(l, q, x, y, l.w, l.h) || !t.tone(surroundings, known, &mean, &scale) {
					continue
				}
				h := l.half(x, y)
				if !f[h].valid {
					continue
				}
				l.gather(v, q, x, y, &mean, &scale)
				s := profileSample{mean: mean}
				for c := range scale {
					s.of[c] = scale[c] > 0
				}
				var a, b float32 // what the filters have of Scale and of Offset
				var structure float32
				for k, w := range f[h].v {
					e := dot(v, w)
					e = float32(e * e)
					if k >= set.kept {
						structure += e
						continue
					}
					s.variance += e
					for c, share := range f[h].share[k] {
						share *= float32(scale[c] * scale[c])
						a += float32(share * max(mean[c], 0))
						b += share
					}
				}
				s.signal = a / b
				s.variance /= b
				// In units of a sample's variance of this signal.
				s.structure = structure / float32(len(f[h].v)-set.kept) * float32(set.kept) / b
				out = append(out, s)
			}
		}
		found[i] = out
	})
	return slices.Concat(found...), err
}

func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	for len(a) >= 4 && len(b) >= 4 {
		s0 += float32(a[0] * b[0])
		s1 += float32(a[1] * b[1])
		s2 += float32(a[2] * b[2])
		s3 += float32(a[3] * b[3])
		a, b = a[4:], b[4:]
	}
	for i, x := range a {
		s0 += float32(x * b[i])
	}
	return (s0 + s1) + (s2 + s3)
}
