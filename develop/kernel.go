package develop

import (
	"math"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

// kernel develops rows of samples. All its arithmetic is float32 with products
// rounded before they are added.
type kernel struct {
	// White-balanced signal = sample·scale − offset.
	scale, offset [3]float32
	// saturation of each channel on the white-balanced scale.
	saturation [3]float32
	matrix     [9]float32 // white-balanced camera → linear output, exposure included
	luma       [3]float32 // Y of linear output
	highlights Highlights
	encode     *encoder
}

func newKernel(l *levels, w white, m raw.Matrix, exposure float64, o *Options) *kernel {
	k := &kernel{highlights: o.Highlights}
	gain := math.Exp2(exposure)
	headroom := 1.0
	for c := range k.scale {
		s := l.scale[c] / w.neutral[c]
		k.scale[c] = float32(s)
		k.offset[c] = float32(float64(s * l.black[c]))
		k.saturation[c] = float32(1 / w.neutral[c])
		if o.Highlights != Clip {
			headroom = max(headroom, 1/w.neutral[c])
		}
	}
	if o.Highlights == Blend {
		headroom = (1 + headroom) / 2
	}
	for i := range k.matrix {
		k.matrix[i] = float32(m[i] * gain)
	}
	toXYZ, _ := colorimetry.ToXYZ(o.Gamut)
	for c := range k.luma {
		k.luma[c] = float32(toXYZ[3+c])
	}
	k.encode = newEncoder(o.Curve, max(1, gain*headroom))
	return k
}

// row develops a row in place; the three slices are of one length.
func (k *kernel) row(r, g, b []uint16) {
	if len(r) == 0 {
		return
	}
	g, b = g[:len(r)], b[:len(r)]
	s, o, m, e := k.scale, k.offset, k.matrix, k.encode
	clip := k.highlights == Clip
	for i := range r {
		u0 := float32(float32(r[i])*s[0]) - o[0]
		u1 := float32(float32(g[i])*s[1]) - o[1]
		u2 := float32(float32(b[i])*s[2]) - o[2]
		if clip {
			u0, u1, u2 = atMostOne(u0), atMostOne(u1), atMostOne(u2)
		} else if u0 > 0.9 || u1 > 0.9 || u2 > 0.9 {
			u0, u1, u2 = k.bright(u0, u1, u2)
		}
		v0 := float32(m[0]*u0) + float32(m[1]*u1) + float32(m[2]*u2)
		v1 := float32(m[3]*u0) + float32(m[4]*u1) + float32(m[5]*u2)
		v2 := float32(m[6]*u0) + float32(m[7]*u1) + float32(m[8]*u2)
		if int32(math.Float32bits(v0)|math.Float32bits(v1)|math.Float32bits(v2)) < 0 {
			v0, v1, v2 = k.intoGamut(v0, v1, v2)
		}
		r[i], g[i], b[i] = e.at(v0), e.at(v1), e.at(v2)
	}
}

func atMostOne(u float32) float32 {
	if u > 1 {
		return 1
	}
	return u
}

// intoGamut moves a colour that has a negative component towards the gray of
// its luminance until none is negative, which keeps hue and brightness.
func (k *kernel) intoGamut(r, g, b float32) (float32, float32, float32) {
	y := float32(k.luma[0]*r) + float32(k.luma[1]*g) + float32(k.luma[2]*b)
	if y <= 0 {
		return 0, 0, 0
	}
	low := min(r, g, b)
	t := y / (y - low)
	return max(0, y+float32(t*(r-y))), max(0, y+float32(t*(g-y))), max(0, y+float32(t*(b-y)))
}

// bright handles a pixel that may be saturated, as [Highlights] says.
func (k *kernel) bright(r, g, b float32) (float32, float32, float32) {
	u := [3]float32{r, g, b}
	// How sure it is that a channel is saturated: 0 at 94 %, 1 at 99 % of it.
	var sure [3]float32
	for c := range sure {
		t := max(0, min((u[c]/k.saturation[c]-0.94)*20, 1))
		sure[c] = float32(float32(t*t) * (3 - 2*t))
	}
	// A saturated channel is at least as bright as the channels that are not.
	out := u
	for c := range out {
		p, q := (c+1)%3, (c+2)%3
		wp, wq := 1-sure[p], 1-sure[q]
		if sum := wp + wq; sum > 0 {
			others := (float32(wp*u[p]) + float32(wq*u[q])) / sum
			out[c] += float32(sure[c] * max(0, others-u[c]))
		}
	}
	all, top := min(sure[0], sure[1], sure[2]), max(out[0], out[1], out[2])
	for c := range out {
		out[c] += float32(all * (top - out[c]))
		if k.highlights == Blend {
			out[c] = (out[c] + min(u[c], 1)) / 2
		}
	}
	return out[0], out[1], out[2]
}
