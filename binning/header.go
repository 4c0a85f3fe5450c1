package binning

import (
	"image"
	"math"
	"math/bits"

	"github.com/quadraw/quadraw/raw"
)

// header writes the result's header from the source's.
func (b *Binner) header(in *raw.Header) (*raw.Header, error) {
	g := &b.g
	h := in.Clone()
	h.Size, h.CFA = g.out, g.outCF
	h.ActiveArea = orWhole(g.area(in.ActiveArea), h.Bounds())
	h.DefaultCrop = orWhole(g.area(in.DefaultCrop), h.ActiveArea)
	h.MaskedAreas = nil
	for _, m := range in.MaskedAreas {
		if m = g.area(m); !m.Empty() {
			h.MaskedAreas = append(h.MaskedAreas, m)
		}
	}
	switch {
	case b.kind == kindHDR:
		for c := range h.White {
			h.White[c] = b.judged.base + (h.White[c]-in.Black.Mean())*b.hdrRange*b.scale
		}
		h.BaselineExposure += math.Log2(b.hdrRange)
		h.Black = raw.ConstantBlack(b.judged.base)
	case b.kind == kindCell || b.kind == kindEven || b.gain != nil:
		h.Black = raw.ConstantBlack(b.judged.base)
	default:
		h.Black = b.black(&in.Black)
	}
	if b.kind != kindHDR {
		for c := range h.White {
			h.White[c] *= b.scale
		}
	}
	white := max(h.White[0], h.White[1], h.White[2])
	h.BitsPerSample = min(max(bits.Len(uint(math.Ceil(white))), 1), 16)
	if b.kind == kindHDR {
		h.BitsPerSample = 16
	} else if b.scale == 1 {
		h.BitsPerSample = in.BitsPerSample
	}
	h.Noise = b.noise(in.Noise, h)
	if err := scaleOpcodes(h, in, g); err != nil {
		return nil, err
	}
	return h, nil
}

func orWhole(r, whole image.Rectangle) image.Rectangle {
	if r.Empty() {
		return whole
	}
	return r
}

// noise is the profile of the weighted mean: variances of members add with
// the squares of their weights and gains, and rounding adds its own.
func (b *Binner) noise(p raw.NoiseProfile, h *raw.Header) raw.NoiseProfile {
	if !p.Known() {
		return p
	}
	if b.kind == kindHDR {
		p = b.exposureNoise(p)
	}
	for c := range p {
		if b.kind != kindHDR {
			p[c].Scale *= b.shotFactor
			p[c].Offset *= b.readFactor
		}
		unit := h.White[c] - h.Black.Mean()
		if unit > 0 {
			p[c].Offset += b.rounding / (unit * unit)
		}
	}
	return p
}

// black averages the black level over the members of each cell: the pixels
// are binned as they are, and the pattern follows.
func (b *Binner) black(in *raw.BlackLevel) raw.BlackLevel {
	g := &b.g
	out := raw.BlackLevel{Rows: 1, Cols: 1, Samples: 1}
	base := *in
	base.DeltaH, base.DeltaV = nil, nil
	rows, cols := g.period(max(in.Rows, 1)), g.period(max(in.Cols, 1))
	values := make([]float64, 0, rows*cols)
	for y := range rows {
		for x := range cols {
			s := 0.0
			for k, w := range b.weights(x, y) {
				at := g.member(x, y, k)
				s += w * base.At(at.X, at.Y, 0)
			}
			values = append(values, s*b.scale)
		}
	}
	out.Rows, out.Cols, out.Values = rows, cols, values
	if v, ok := out.Constant(); ok {
		out = raw.ConstantBlack(v)
	}
	out.DeltaH = b.delta(in.DeltaH, g.out.X, func(i, k int) int { return g.member(i, 0, k).X }, true)
	out.DeltaV = b.delta(in.DeltaV, g.out.Y, func(i, k int) int { return g.member(0, i, k).Y }, false)
	return out
}

func (b *Binner) delta(in []float64, n int, at func(i, k int) int, across bool) []float64 {
	if len(in) == 0 {
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		x, y := i, 0
		if !across {
			x, y = 0, i
		}
		for k, w := range b.weights(x, y) {
			if j := at(i, k); j < len(in) {
				out[i] += w * in[j]
			}
		}
		out[i] *= b.scale
	}
	return out
}

// period returns after how many output pixels a pattern of p input pixels
// comes round again.
func (g *geometry) period(p int) int {
	if g.bayer {
		return 2 * (p / gcd(p, 4))
	}
	return p / gcd(p, g.n)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
