package sensor

import "math"

const glowAcross, glowDown = 512, 384

// glow is light that changes slowly over the frame: a coarse grid with
// straight lines between.
type glow struct {
	perX, perY float64 // grid points per pixel
	v          [][3]float32
}

func newGlow(w, h float64, f func(x, y float64) [3]float64) *glow {
	g := &glow{perX: (glowAcross - 3) / w, perY: (glowDown - 3) / h, v: make([][3]float32, glowAcross*glowDown)}
	for j := range glowDown {
		for i := range glowAcross {
			for k, v := range f((float64(i)-1)/g.perX, (float64(j)-1)/g.perY) {
				g.v[j*glowAcross+i][k] = float32(math.Round(v*(1<<20)) / (1 << 20))
			}
		}
	}
	return g
}

func (g *glow) at(x, y float64) (c [3]float32) {
	x = max(0, min(float64(x*g.perX)+1, glowAcross-1.001))
	y = max(0, min(float64(y*g.perY)+1, glowDown-1.001))
	i, j := int(x), int(y)
	fx, fy := float32(x-float64(i)), float32(y-float64(j))
	p := g.v[j*glowAcross+i:]
	q := g.v[(j+1)*glowAcross+i:]
	for k := range c {
		a := p[0][k] + float32(fx*(p[1][k]-p[0][k]))
		b := q[0][k] + float32(fx*(q[1][k]-q[0][k]))
		c[k] = a + float32(fy*(b-a))
	}
	return c
}

// airLight is the sky's light with the haloes of all lamps.
func (p *night) airLight(x, y float64) (c [3]float64) {
	u := p.unit
	t := max(0, min(y/p.water, 1.2)) // 0 zenith, 1 shore
	low := math.Exp(-(1 - t) * (1 - t) / 0.06)
	mid := math.Exp(-(1 - t) * (1 - t) / 0.35)
	c = [3]float64{
		0.0035 + float64(0.020*mid) + float64(0.085*low),
		0.0065 + float64(0.016*mid) + float64(0.034*low),
		0.0170 + float64(0.038*mid) + float64(0.022*low),
	}
	// Clouds, lit by the city from below.
	n := float64(linear(p.grain.fine, x/(5*u)+40, y/(1.7*u)+200)) + float64(0.6*float64(linear(p.grain.coarse, x/(3.1*u), y/(1.1*u))))
	cloud := max(0, n-0.25) * (1 - float64(0.5*t))
	c[0] += float64(0.016 * cloud * (0.3 + t))
	c[1] += float64(0.010 * cloud * (0.3 + t))
	c[2] += float64(0.013 * cloud * (0.4 + t))

	halo := func(d disc, color [3]float32, amount, radius float64) {
		q := distance(x-d.x, y-d.y) / (radius * u)
		q = 1 + float64(q*q)
		v := amount / (q * math.Sqrt(math.Sqrt(q)))
		for k := range c {
			c[k] += float64(v * float64(color[k]))
		}
	}
	halo(p.moon, [3]float32{1, 0.95, 0.85}, 0.10, 40)
	halo(p.wheel, [3]float32{1.1, 0.4, 1}, 0.035, 130)
	for i := range p.lamps {
		halo(p.lamps[i].disc, p.lamps[i].color, 0.02, 14)
	}
	for i := range p.signs {
		s := &p.signs[i]
		for _, part := range [...]float64{-0.3, 0, 0.3} {
			halo(disc{s.x + float64(part*s.w), s.y + s.h/2, 0}, s.color, 0.016, 45)
		}
	}
	return c
}

// groundLight is what falls on the stones: the lamps' pools and the sky.
func (p *night) groundLight(x, y float64) (c [3]float64) {
	u := p.unit
	c = [3]float64{0.10, 0.09, 0.14}
	for i := range p.lamps {
		l := &p.lamps[i]
		dx, dy := (x-l.x)/(150*u), (y-(float64(840*u)))/(80*u)
		q := 1 + float64(dx*dx) + float64(dy*dy)
		v := 0.62 / (q * math.Sqrt(q))
		for k := range c {
			c[k] += v * float64(l.color[k]) / 2.6
		}
	}
	for i := range p.boards {
		b := &p.boards[i]
		dx, dy := (x-b.x-b.w/2)/(140*u), (y-b.y-b.h-float64(30*u))/(40*u)
		q := 1 + float64(dx*dx) + float64(dy*dy)
		v := 0.5 / (q * math.Sqrt(q))
		for k := range c {
			c[k] += v
		}
	}
	return c
}
