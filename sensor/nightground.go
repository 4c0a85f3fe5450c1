package sensor

import "math"

// stones is the paved quay.
func (p *night) stones(x, y float64) [3]float32 {
	u := p.unit
	// Courses get higher towards us, as perspective wants: t grows by one for
	// each course.
	d := (y - p.quay) / u
	const first, growth = 13.0, 0.035
	t := math.Sqrt(first*first+float64(2*growth*first*d)) - first
	t = t / (growth * first)
	course := math.Floor(t)
	height := float64((first + float64(growth*first*t)) * u) // of this course, in pixels
	fy := (t - course) * height
	width := float64(2.3 * height)
	shift := 0.5 * width * float64(int(course)&1)
	sx := (x - p.w/2 + shift) / width
	col := math.Floor(sx)
	fx := (sx - col) * width
	joint := float64(0.7 * u)
	gap := 1 - float32(p.bar(fx, joint, width-joint)*p.bar(fy, joint, height-joint))
	h := at(p.seed, 1<<41+int(course)<<20+int(col))
	tone := 0.10 + float32(float32(h&0xff)/256*0.07)
	g := p.grain.at(x, y)
	tone *= max(0.15, 1+float32(0.33*g))
	warm := float32(h>>8&0xff) / 256
	stone := [3]float32{tone * (1.02 + float32(0.08*warm)), tone, tone * (0.98 - float32(0.1*warm))}
	lay(&stone, [3]float32{0.022, 0.02, 0.018}, gap)
	light := p.ground.at(x, y)
	return [3]float32{stone[0] * light[0], stone[1] * light[1], stone[2] * light[2]}
}

// furniture draws what stands on the quay: railing, lamps and boards.
func (p *night) furniture(x, y float64, c *[3]float32) {
	u := p.unit
	iron := [3]float32{0.02, 0.021, 0.026}
	if y > 742*u && y < 826*u {
		lay(c, iron, p.bar(y, 750*u, 755*u))
		lay(c, iron, p.bar(y, 806*u, 809*u))
		pitch := 12 * u
		fx := x - float64(math.Floor(x/pitch)*pitch)
		if y > 752*u && y < 820*u {
			lay(c, iron, float32(p.bar(fx, 5.2*u, 6.8*u)*p.bar(y, 752*u, 808*u)))
			post := x - float64(math.Floor(x/(10*pitch))*10*pitch)
			lay(c, iron, float32(p.bar(post, 4*u, 9*u)*p.bar(y, 745*u, 820*u)))
		}
		// The lamps shine on the handrail's upper side.
		add(c, p.ground.at(x, p.quay), float32(0.10*p.bar(y, 749.3*u, 750.6*u)))
	}
	for i := range p.lamps {
		l := &p.lamps[i]
		if y > 840*u {
			break
		}
		if x < l.x-float64(30*u) || x > l.x+float64(30*u) {
			continue
		}
		lay(c, iron, float32(p.bar(x, l.x-float64(2.2*u), l.x+float64(2.2*u))*p.bar(y, l.y+float64(6*u), 830*u)))
		lay(c, iron, float32(p.bar(x, l.x-float64(6*u), l.x+float64(6*u))*p.bar(y, 818*u, 834*u)))
		lay(c, iron, float32(p.bar(x, l.x-float64(8*u), l.x+float64(8*u))*p.bar(y, l.y-float64(11*u), l.y-float64(8*u))))
		lay(c, l.color, p.ball(x, y, l.disc))
	}
	for i := range p.boards {
		p.boards[i].paint(p, x, y, c)
	}
}

// board is a lit panel on the quay.
type board struct {
	x, y, w, h float64
	chart      *chartPainter
	star       disc
	text       []*stencil
	textX      float64
	textY      []float64
}

func (p *night) newBoards() ([]board, error) {
	u := p.unit
	left := board{x: float64(0.30*p.w) - float64(120*u), y: float64(716 * u), w: float64(240 * u), h: float64(170 * u)}
	left.chart = newChartPainter(left.x+float64(8*u), left.y+float64(8*u), left.w-float64(16*u), left.h-float64(16*u), p.optics)
	right := board{x: float64(0.72*p.w) - float64(150*u), y: float64(706 * u), w: float64(300 * u), h: float64(190 * u)}
	right.star = disc{right.x + float64(78*u), right.y + float64(95*u), 66 * u}
	right.textX = right.x + float64(156*u)
	y := right.y + float64(12*u)
	for i, line := range []string{
		"QUADRAW", "simulated night", "12032 × 9024 pixels", "Quad Bayer, 0.8 µm", "shot and read noise", "four pixels make one",
		"or each one counts", "the quick brown fox", "jumps over the lazy dog", "0123456789 ABCDEFGH", "can you still read this?",
	} {
		size := 19 * u
		for range i {
			size *= 0.86
		}
		if size < 3 {
			break
		}
		s, err := newStencil([]string{line}, min(size, 400), i == 0, p.optics.sigma)
		if err != nil {
			return nil, err
		}
		right.text = append(right.text, s)
		right.textY = append(right.textY, y)
		y += float64(1.3 * size)
	}
	return []board{left, right}, nil
}

func (b *board) paint(p *night, x, y float64, c *[3]float32) {
	u := p.unit
	if x < b.x-float64(10*u) || x > b.x+b.w+float64(10*u) || y < b.y-float64(10*u) || y > b.y+b.h+float64(60*u) {
		return
	}
	iron := [3]float32{0.02, 0.021, 0.026}
	legs := p.bar(x, b.x+float64(20*u), b.x+float64(25*u)) + p.bar(x, b.x+b.w-float64(25*u), b.x+b.w-float64(20*u))
	lay(c, iron, float32(legs*p.bar(y, b.y+b.h-u, b.y+b.h+float64(45*u))))
	lay(c, iron, float32(p.bar(x, b.x-float64(3*u), b.x+b.w+float64(3*u))*p.bar(y, b.y-float64(3*u), b.y+b.h+float64(3*u))))
	cover := float32(p.bar(x, b.x, b.x+b.w) * p.bar(y, b.y, b.y+b.h))
	if cover <= 0 {
		return
	}
	face := [3]float32{0.8, 0.8, 0.78}
	if b.chart != nil {
		var l Light
		var v [3][1]float32
		for k := range l {
			v[k][0] = 0.03
			l[k] = v[k][:]
		}
		b.chart.over(&l, 0, x, y)
		face = [3]float32{v[0][0], v[1][0], v[2][0]}
	}
	if b.star.r > 0 {
		dx, dy := x-b.star.x, y-b.star.y
		if r := distance(dx, dy); r < b.star.r+p.optics.width() {
			const spokes = 72
			ink := 0.5 + float32(0.5*float32(p.optics.contrast(spokes/(2*math.Pi)/max(r, 1e-3))*p.optics.wave(spokes*angle(dx, dy))))
			lay(&face, [3]float32{0.03, 0.03, 0.03}, float32(ink*p.optics.cover(b.star.r-r)))
		}
	}
	for i, s := range b.text {
		if d := y - b.textY[i]; d > -4 && d < s.height()+4 {
			lay(&face, [3]float32{0.03, 0.03, 0.04}, s.at(x-b.textX, d))
		}
	}
	// A lamp above the board lights it, less at the bottom.
	k := 0.62 - float32(0.25*float32((y-b.y)/b.h))
	for i := range face {
		face[i] *= k * [...]float32{1.03, 1, 0.93}[i]
	}
	lay(c, face, cover)
}
