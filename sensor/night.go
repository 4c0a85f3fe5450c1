package sensor

import (
	"math"
)

// Night is a city by the water after sunset: a moon, a Ferris wheel, lit
// windows and signs with their reflections, street lamps that saturate, and
// on the quay's stones two boards with a colour chart, a star and small print
// to judge detail by. It is what cameras with small pixels find hard: deep
// shadow, strong lights and fine structure everywhere. All lengths follow the
// frame's height.
type Night struct{ Seed uint64 }

// Prepare implements [Scene].
func (n Night) Prepare(v View) (Painter, error) {
	p := &night{
		optics: newOptics(v.Blur), seed: key(n.Seed, 100),
		w: float64(v.Size.X), h: float64(v.Size.Y),
		grain: newGrain(key(n.Seed, 101), v.Blur),
	}
	p.unit = p.h / 1000
	p.water, p.quay = 640*p.unit, 800*p.unit
	p.layout()
	var err error
	if p.signs, err = p.newSigns(); err != nil {
		return nil, err
	}
	if p.boards, err = p.newBoards(); err != nil {
		return nil, err
	}
	p.buildRows()
	p.air = newGlow(p.w, p.h, p.airLight)
	p.ground = newGlow(p.w, p.h, p.groundLight)
	return p, nil
}

// night is the prepared scene. Coordinates are pixels; unit is a thousandth
// of the frame's height.
type night struct {
	optics *optics
	seed   uint64
	w, h   float64
	unit   float64
	water  float64 // y of the far shore
	quay   float64 // y of the near shore
	grain  *grain

	moon, wheel disc
	lamps       []lamp
	rows        [3]row
	signs       []sign
	boards      []board
	air, ground *glow
}

type disc struct{ x, y, r float64 }

type lamp struct {
	disc
	color [3]float32
}

func (p *night) layout() {
	u := p.unit
	p.moon = disc{0.83 * p.w, 120 * u, 26 * u}
	p.wheel = disc{0.2 * p.w, 415 * u, 165 * u}
	for i := range 5 {
		p.lamps = append(p.lamps, lamp{disc{p.w * (0.06 + float64(0.22*float64(i))), 640 * u, 6 * u}, [3]float32{7, 4.6, 2.2}})
	}
}

// Paint implements [Painter].
func (p *night) Paint(dst *Light, s Span) {
	for i := range dst[0] {
		x, y := s.At(i)
		var c [3]float32
		switch {
		case y < p.water:
			c = p.sky(x, y)
		case y < p.quay:
			c = p.reflection(x, y)
		default:
			c = p.stones(x, y)
		}
		if y > 560*p.unit {
			p.furniture(x, y, &c)
		}
		dst[0][i], dst[1][i], dst[2][i] = c[0], c[1], c[2]
	}
}

// lay mixes ink into c.
func lay(c *[3]float32, ink [3]float32, cover float32) {
	for k := range c {
		c[k] += float32(cover * (ink[k] - c[k]))
	}
}

// add shines light onto c.
func add(c *[3]float32, light [3]float32, amount float32) {
	for k := range c {
		c[k] += float32(amount * light[k])
	}
}

func distance(dx, dy float64) float64 { return math.Sqrt(float64(dx*dx) + float64(dy*dy)) }

// bar returns how much a pixel sees of the strip from lo to hi at position v.
func (p *night) bar(v, lo, hi float64) float32 {
	if v < lo-p.optics.width() || v > hi+p.optics.width() {
		return 0
	}
	return p.optics.cover(v-lo) - p.optics.cover(v-hi)
}

// ball returns how much a pixel sees of a disc.
func (p *night) ball(x, y float64, d disc) float32 {
	dx, dy := x-d.x, y-d.y
	reach := d.r + p.optics.width()
	if dx > reach || dx < -reach || dy > reach || dy < -reach {
		return 0
	}
	return p.optics.cover(d.r - distance(dx, dy))
}

// sky is everything above the far shore: heaven, wheel and city.
func (p *night) sky(x, y float64) [3]float32 {
	c := p.air.at(x, y)
	city, left := p.city(x, y, c)
	if left > 0 {
		p.heaven(x, y, &c)
		p.bigWheel(x, y, &c)
		add(&city, c, left)
	}
	p.neon(x, y, &city)
	return city
}

// heaven adds moon and stars.
func (p *night) heaven(x, y float64, c *[3]float32) {
	if m := p.ball(x, y, p.moon); m > 0 {
		spots := linear(p.grain.coarse, x/(2.2*p.unit), y/(2.2*p.unit))
		lay(c, [3]float32{1.1, 1.06, 0.95}, float32(m*(0.8+float32(0.12*spots))))
	}
	cell := 22 * p.unit
	i, j := math.Floor(x/cell), math.Floor(y/cell)
	h := at(p.seed, int(j)<<16+int(i))
	if h&7 != 0 {
		return
	}
	// One star in every eighth cell, well inside it.
	sx := float64((i + 0.2 + float64(0.6*float64(h>>8&0xff))/256) * cell)
	sy := float64((j + 0.2 + float64(0.6*float64(h>>16&0xff))/256) * cell)
	dx, dy := x-sx, y-sy
	spread := max(p.optics.sigma, 0.35*p.unit)
	d2 := (float64(dx*dx) + float64(dy*dy)) / float64(spread*spread)
	if d2 > 30 {
		return
	}
	fade := max(0, 1-float32(y/(500*p.unit)))
	bright := float32(h>>24&0xff) / 256
	tint := float32(h>>32&0xff) / 256
	add(c, [3]float32{1.1 - float32(0.3*tint), 1, 0.8 + float32(0.4*tint)}, float32(float32(fade*float32(bright*bright))*p.optics.decay.at(d2/32)))
}

// bigWheel draws rims, spokes and lamps of the wheel.
func (p *night) bigWheel(x, y float64, c *[3]float32) {
	u, o := p.unit, p.wheel
	dx, dy := x-o.x, y-o.y
	// The legs.
	if dy > 0 && dx > -110*u && dx < 110*u {
		for _, side := range [2]float64{-1, 1} {
			axis := float64(side * 0.42 * dy)
			lay(c, [3]float32{0.05, 0.05, 0.07}, p.bar(dx, axis-float64(3*u), axis+float64(3*u)))
		}
	}
	r := distance(dx, dy)
	if r > o.r+float64(8*u) {
		return
	}
	steel := [3]float32{0.10, 0.10, 0.14}
	lay(c, steel, p.bar(r, o.r-2*u, o.r))
	lay(c, steel, p.bar(r, o.r-float64(14*u), o.r-float64(12.5*u)))
	lay(c, [3]float32{0.5, 0.25, 0.5}, p.bar(r, 0, 9*u))
	const n = 32
	turns := angle(dx, dy) * n
	k := math.Floor(turns + 0.5)
	off := (turns - k) * (2 * math.Pi / n) * r // from the nearest spoke, in pixels
	lay(c, steel, float32(0.8*p.bar(off, -0.5*u, 0.5*u)*p.optics.cover(o.r-r)))
	// A lamp at the end of each spoke and four along it.
	hue := int(k) & 3
	for q := range 5 {
		at := o.r - float64(7*u) - float64(float64(q)*30*u)
		d := distance(off, r-at)
		if d < float64(2.6*u)+p.optics.width() {
			lay(c, lampColors(hue+q), p.optics.cover(float64(2.2*u)-d))
		}
	}
}

func lampColors(i int) [3]float32 {
	return [...][3]float32{{2.6, 0.35, 0.9}, {0.3, 1.6, 2.4}, {2.4, 1.7, 0.35}, {1.2, 0.5, 2.6}}[i&3]
}
