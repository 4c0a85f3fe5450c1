package bank

import "image"

// first runs stage 1 on the row of units at y.
func (c *Cascade) first(st *stage, dst *RGB, src *Plane, r image.Rectangle, y int, s *Scratch) {
	for i, class := range s.class {
		x := r.Min.X + 2*i
		p := &st.phases[PhaseAt(c.cell, x, y)]
		if st.known {
			c.keep(dst, src, x, y)
		}
		mu := WindowMosaic(s.window, st.width, src, x, y)
		coef := p.coef[int(class)*len(p.targets)*st.taps:]
		for o, t := range p.targets {
			v := mu + apply(coef[o*st.taps:][:st.taps], s.window)
			dst.Pix[t.Color][dst.at(x+int(t.Pos&1), y+int(t.Pos>>1))] = clamp(v)
		}
	}
}

// later runs a later stage on the row of units at y.
func (c *Cascade) later(st *stage, dst, prev *RGB, src *Plane, r image.Rectangle, y int, s *Scratch) {
	for i, class := range s.class {
		x := r.Min.X + 2*i
		p := &st.phases[PhaseAt(c.cell, x, y)]
		if st.known {
			c.keep(dst, src, x, y)
		}
		WindowColor(s.window, st.width, prev, x, y)
		coef := p.coef[int(class)*len(p.targets)*st.taps:]
		for o, t := range p.targets {
			px, py := x+int(t.Pos&1), y+int(t.Pos>>1)
			v := int32(prev.Pix[t.Color][prev.at(px, py)]) + apply(coef[o*st.taps:][:st.taps], s.window)
			dst.Pix[t.Color][dst.at(px, py)] = clamp(v)
		}
	}
}

// keep copies the mosaic's own samples of a unit, those of the Bayer sites only
// if the cascade makes a mosaic.
func (c *Cascade) keep(dst *RGB, src *Plane, x, y int) {
	for p := range 4 {
		px, py := x+p&1, y+p>>1
		color := ColorAt(c.cell, px, py)
		if c.remosaic && dst.mosaic() && color != ColorAt(1, px, py) {
			continue
		}
		dst.Pix[color][dst.at(px, py)] = src.Pix[src.at(px, py)]
	}
}

// mosaic reports whether the three planes are one.
func (p *RGB) mosaic() bool { return &p.Pix[0][0] == &p.Pix[1][0] }

// WindowMosaic fills x with the width×width samples of src centred on the unit
// at (ux, uy), less their central mean, and returns the mean.
func WindowMosaic(x []int32, width int, src *Plane, ux, uy int) int32 {
	margin := (width - 2) / 2
	mu := int32(8)
	for dy := -1; dy < 3; dy++ {
		o := src.at(ux-1, uy+dy)
		for _, v := range src.Pix[o : o+4] {
			mu += int32(v)
		}
	}
	mu >>= 4
	for dy := range width {
		o := src.at(ux-margin, uy-margin+dy)
		copyLess(x[dy*width:][:width], src.Pix[o:o+width], mu)
	}
	return mu
}

// WindowColor fills x with the width×width samples of each plane of src
// centred on the unit at (ux, uy), less the unit's mean luma.
func WindowColor(x []int32, width int, src *RGB, ux, uy int) {
	margin := (width - 2) / 2
	mu := int32(8)
	for p := range 4 {
		o := src.at(ux+p&1, uy+p>>1)
		mu += int32(src.Pix[0][o]) + 2*int32(src.Pix[1][o]) + int32(src.Pix[2][o])
	}
	mu >>= 4
	for c := range 3 {
		for dy := range width {
			o := src.at(ux-margin, uy-margin+dy)
			copyLess(x[(c*width+dy)*width:][:width], src.Pix[c][o:o+width], mu)
		}
	}
}

func copyLess(dst []int32, src []int16, mu int32) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = int32(src[i]) - mu
	}
}

// apply is one filter, rounded.
func apply(k []int16, x []int32) int32 {
	x = x[:len(k)]
	var a, b int32
	i := 0
	for ; i+1 < len(k); i += 2 {
		a += int32(k[i]) * x[i]
		b += int32(k[i+1]) * x[i+1]
	}
	return (a + b + 1<<(CoefBits-1)) >> CoefBits
}

func clamp(v int32) int16 { return int16(max(Min, min(v, Max))) }
