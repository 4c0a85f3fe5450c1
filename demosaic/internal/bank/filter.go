package bank

import "image"

// filter runs a stage on units of one phase, whose classes and means are in s.
func (p *phase) filter(st *stage, dst, prev *RGB, src *Plane, u units, s *Scratch) {
	for i, class := range s.class[:u.n] {
		x := u.x + 2*u.step*i
		mu := s.mu[u.first+u.step*i]
		if prev == nil {
			windowMosaic(s.window, st.width, src, x, u.y, mu)
		} else {
			windowColor(s.window, st.width, prev, x, u.y, mu)
		}
		coef := p.coef[int(class)*len(p.targets)*st.taps:]
		for o, t := range p.targets {
			px, py := x+int(t.Pos&1), u.y+int(t.Pos>>1)
			base := mu
			if prev != nil {
				base = int32(prev.Pix[t.Color][prev.at(px, py)])
			}
			v := base + apply(coef[o*st.taps:][:st.taps], s.window)
			dst.Pix[t.Color][dst.at(px, py)] = clamp(v)
		}
	}
}

// keep copies the mosaic's own samples in the row of units at y, those of the
// Bayer sites only if the cascade makes a mosaic.
func (c *Cascade) keep(dst *RGB, src *Plane, r image.Rectangle, y int) {
	masks := &c.kept
	if c.remosaic && dst.mosaic() {
		masks = &c.keptBayer
	}
	for py := y; py < y+2; py++ {
		from := src.Pix[src.at(r.Min.X, py):][:r.Dx()]
		for color, mask := range masks[py&3][r.Min.X&3] {
			if mask != 0 {
				keepRow(dst.Pix[color][dst.at(r.Min.X, py):], from, mask)
			}
		}
	}
}

// keepMasks says which of 32 samples in a row, whose first is at (x, y), are of
// each colour, [y&3][x&3][color]; all of them or only those that a Bayer mosaic
// has too.
type keepMasks [4][4][3]uint32

func newKeepMasks(cell int, bayer bool) (m keepMasks) {
	for y := range 4 {
		for x := range 4 {
			for i := range 32 {
				color := ColorAt(cell, x+i, y)
				if !bayer || color == ColorAt(1, x+i, y) {
					m[y][x][color] |= 1 << i
				}
			}
		}
	}
	return m
}

// mosaic reports whether the three planes are one.
func (p *RGB) mosaic() bool { return &p.Pix[0][0] == &p.Pix[1][0] }

// WindowMosaic fills x with the width×width samples of src centred on the unit
// at (ux, uy), less their central mean, and returns the mean.
func WindowMosaic(x []int32, width int, src *Plane, ux, uy int) int32 {
	var mu [1]int32
	muMosaicGeneric(mu[:], src, ux, uy)
	windowMosaic(x, width, src, ux, uy, mu[0])
	return mu[0]
}

func windowMosaic(x []int32, width int, src *Plane, ux, uy int, mu int32) {
	margin := (width - 2) / 2
	for dy := range width {
		o := src.at(ux-margin, uy-margin+dy)
		copyLess(x[dy*width:][:width], src.Pix[o:o+width], mu)
	}
}

// WindowColor fills x with the width×width samples of each plane of src
// centred on the unit at (ux, uy), less the unit's mean luma.
func WindowColor(x []int32, width int, src *RGB, ux, uy int) {
	var mu [1]int32
	muColorGeneric(mu[:], src, ux, uy)
	windowColor(x, width, src, ux, uy, mu[0])
}

func windowColor(x []int32, width int, src *RGB, ux, uy int, mu int32) {
	margin := (width - 2) / 2
	for c := range 3 {
		for dy := range width {
			o := src.at(ux-margin, uy-margin+dy)
			copyLess(x[(c*width+dy)*width:][:width], src.Pix[c][o:o+width], mu)
		}
	}
}

// muMosaicGeneric sets the means of the units side by side from (x, y) on: of
// the 4×4 samples centred on each.
func muMosaicGeneric(mu []int32, src *Plane, x, y int) {
	for i := range mu {
		sum := int32(8)
		for dy := -1; dy < 3; dy++ {
			o := src.at(x+2*i-1, y+dy)
			for _, v := range src.Pix[o : o+4] {
				sum += int32(v)
			}
		}
		mu[i] = sum >> 4
	}
}

// muColorGeneric sets the mean lumas of the units side by side from (x, y) on.
func muColorGeneric(mu []int32, src *RGB, x, y int) {
	for i := range mu {
		sum := int32(8)
		for p := range 4 {
			o := src.at(x+2*i+p&1, y+p>>1)
			sum += int32(src.Pix[0][o]) + 2*int32(src.Pix[1][o]) + int32(src.Pix[2][o])
		}
		mu[i] = sum >> 4
	}
}

// keepRow copies the samples of src whose bit is set in mask, which
// repeats.
func keepRow(dst, src []int16, mask uint32) {
	dst = dst[:len(src)]
	for i, v := range src {
		if mask>>(i&31)&1 != 0 {
			dst[i] = v
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
