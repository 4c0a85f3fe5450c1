package sensor

import "math"

// row is one of the city's rows of buildings; the first is the nearest.
type row struct {
	pitch float64 // width of a plot in pixels
	haze  float32 // how much of the sky's glow lies before it
	first int     // number of the first plot, left of the frame
	plots []building
}

// buildRows settles the city, well beyond the frame's borders for cameras that
// shake.
func (p *night) buildRows() {
	for k, r := range [...]struct {
		pitch, low, high float64 // in units; least and greatest height
		haze             float32
	}{{92, 60, 210, 0.05}, {70, 120, 300, 0.25}, {52, 150, 360, 0.55}} {
		row := &p.rows[k]
		row.pitch, row.haze, row.first = r.pitch*p.unit, r.haze, -4
		for i := range int(p.w/row.pitch) + 9 {
			row.plots = append(row.plots, p.plot(k, i+row.first, r.low, r.high))
		}
	}
}

// at returns the building whose plot x lies on.
func (r *row) at(x float64) *building {
	i := int(math.Floor(x/r.pitch)) - r.first
	return &r.plots[max(0, min(i, len(r.plots)-1))]
}

// building is what stands on a plot.
type building struct {
	left, right, top float64
	seed             uint64
	wall             [3]float32
}

// plot returns the building of plot i in row k, low to high units tall.
func (p *night) plot(k, i int, low, high float64) (b building) {
	u := p.unit
	h := at(p.seed, 1<<40+k<<32+i)
	f := func(shift uint) float64 { return float64(h>>shift&0xff) / 256 }
	pitch := p.rows[k].pitch
	x := float64(float64(i) * pitch)
	b.left, b.right = x+float64((2+float64(10*f(0)))*u), x+pitch-float64((2+float64(10*f(8)))*u)
	height := low + float64((high-low)*f(16)*f(24))
	b.top = p.water - float64(height*u)
	b.seed = mix(h)
	warm := float32(f(32))
	b.wall = [3]float32{0.016 + float32(0.016*warm), 0.016 + float32(0.008*warm), 0.024 - float32(0.006*warm)}
	// The two that carry signs.
	if k == 0 {
		for _, s := range p.signs {
			if b.left < s.x+s.w/2 && b.right > s.x-s.w/2 {
				b.left = max(b.left, x+float64(2*u))
				b.top = s.y + s.h + float64(12*u)
			}
		}
	}
	return b
}

// city returns the light of the buildings at (x, y) and how much of what is
// behind them is still seen; glow is the air's light there.
func (p *night) city(x, y float64, glow [3]float32) (c [3]float32, left float32) {
	left = 1
	u := p.unit
	// Above the tallest there is nothing.
	if y < p.water-float64(470*u) {
		return c, left
	}
	for k := range p.rows {
		r := &p.rows[k]
		b := r.at(x)
		if y < b.top-p.optics.width() {
			continue
		}
		cover := float32(p.bar(x, b.left, b.right) * p.optics.cover(y-b.top))
		if cover <= 0 {
			continue
		}
		wall := p.facade(x-b.left, y-b.top, b.right-b.left, b)
		lay(&wall, glow, r.haze)
		add(&c, wall, float32(left*cover))
		left -= float32(left * cover)
		if left <= 0 {
			break
		}
	}
	// The promenade's string of lamps.
	if d := p.water - y; d < float64(6*u)+p.optics.width() {
		pitch := 14 * u
		cx := (math.Floor(x/pitch) + 0.5) * pitch
		if v := p.ball(x, y, disc{cx, p.water - float64(4*u), 1.3 * u}); v > 0 {
			lay(&c, [3]float32{2.2, 1.5, 0.7}, v)
		}
	}
	return c, left
}

// facade is a wall with windows; (x, y) counts from its upper left corner.
func (p *night) facade(x, y, width float64, b *building) [3]float32 {
	u := p.unit
	c := b.wall
	stain := 1 + float32(0.22*linear(p.grain.fine, x+b.left, y+b.top))
	for k := range c {
		c[k] *= stain
	}
	style := b.seed & 3
	px, py := (5.5+float64(b.seed>>4&3))*u, (8+float64(b.seed>>6&3))*u
	margin := float64(3 * u)
	if x < margin || x > width-margin || y < 7*u {
		return c
	}
	i, j := math.Floor((x-margin)/px), math.Floor((y-float64(7*u))/py)
	// Only whole windows.
	if (i+1)*px > width-float64(2*margin) {
		return c
	}
	h := at(b.seed, int(j)<<12+int(i))
	lit := h & 0xff
	fx, fy := x-margin-float64(i*px), y-float64(7*u)-float64(j*py)
	x0, x1 := 0.18*px, 0.82*px
	if style == 1 { // ribbons of glass
		x0, x1 = 0.06*px, 0.94*px
	}
	pane := float32(p.bar(fx, x0, x1) * p.bar(fy, 0.2*py, 0.78*py))
	if pane <= 0 {
		return c
	}
	if lit > 88 {
		lay(&c, [3]float32{0.010, 0.014, 0.026}, pane)
		return c
	}
	light := [...][3]float32{{1, 0.66, 0.30}, {1, 0.78, 0.48}, {0.85, 0.9, 1}, {1, 0.55, 0.22}}[h>>8&3]
	bright := 0.12 + float32(float32(h>>16&0xff)/256*float32(h>>24&0xff)/256*0.9)
	// Brighter under the ceiling lamp, with a cross-bar, and now and then
	// somebody's curtain.
	bright *= 1.25 - float32(0.5*float32(fy/py))
	mullion := p.bar(fx, float64(0.5*px)-float64(0.28*u), float64(0.5*px)+float64(0.28*u))
	if h>>40&7 == 0 {
		bright *= 0.45 + float32(0.2*p.optics.wave(fx/(1.1*u)))
	}
	for k := range light {
		light[k] *= bright * (1 - float32(0.8*mullion))
	}
	lay(&c, light, pane)
	return c
}

// sign is neon writing.
type sign struct {
	x, y, w, h float64 // middle of the upper border, and size
	ink        *stencil
	color      [3]float32
	glow       float64
}

func (p *night) newSigns() ([]sign, error) {
	var out []sign
	for _, s := range []struct {
		text  string
		x, y  float64
		size  float64
		color [3]float32
	}{
		{"QUADRAW", 0.565, 318, 62, [3]float32{3.2, 0.28, 0.5}},
		{"108 MP", 0.86, 400, 50, [3]float32{0.25, 1.9, 2.6}},
	} {
		st, err := newStencil([]string{s.text}, min(max(s.size*p.unit, 4), 2000), true, p.optics.sigma)
		if err != nil {
			return nil, err
		}
		out = append(out, sign{x: s.x * p.w, y: s.y * p.unit, w: st.width(), h: st.height(), ink: st, color: s.color, glow: s.size * p.unit})
	}
	return out, nil
}

// neon lays the signs over c.
func (p *night) neon(x, y float64, c *[3]float32) {
	for i := range p.signs {
		s := &p.signs[i]
		if y < s.y-8 || y > s.y+s.h+8 || x < s.x-s.w/2-8 || x > s.x+s.w/2+8 {
			continue
		}
		lay(c, s.color, s.ink.at(x-s.x+s.w/2, y-s.y))
	}
}

// reflection is the city in the water.
func (p *night) reflection(x, y float64) [3]float32 {
	u := p.unit
	depth := (y - p.water) / (p.quay - p.water) // 0 at the far shore
	// Waves get larger towards us; they are wide and flat.
	scale := (0.9 + float64(3*depth)) * u
	n := linear(p.grain.fine, x/(9*scale)+300, y/(1.4*scale))
	m := linear(p.grain.coarse, x/(3*scale), y/(0.6*scale)+100)
	bend := float64(float32(n) + float32(0.5*m))
	my := p.water - float64((y-p.water)*(2.2-float64(0.5*depth))) + float64(float64(bend*(3+float64(26*depth)))*u)
	mx := x + float64(float64(bend*(1+float64(5*depth)))*u)
	my = min(my, p.water-float64(0.5*u))
	back := p.air.at(mx, my)
	c, left := p.city(mx, my, back)
	if left > 0 {
		p.bigWheel(mx, my, &back)
		add(&c, back, left)
	}
	p.neon(mx, my, &c)
	// Steeper looks reflect less, and water is greenish black.
	k := float32(0.62 - float64(0.3*depth))
	c[0], c[1], c[2] = 0.003+float32(k*c[0]), 0.006+float32(k*1.02*c[1]), 0.009+float32(k*1.05*c[2])
	return c
}
