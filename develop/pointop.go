package develop

import (
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// pointOp is an opcode that looks at one sample at a time.
type pointOp interface {
	// row changes the normalised samples of a plane's row y from x0.
	row(signal []float32, x0, y, plane int)
	// meanGain is by how much the opcode brightens a frame on average, and
	// maxGain by how much it brightens any sample at most.
	meanGain() float64
	maxGain() float64
}

// newPointOp returns the opcode with the given parameters, or nil if it is of
// another kind.
func newPointOp(params any, at frame) (pointOp, error) {
	switch v := params.(type) {
	case *raw.GainMap:
		return newGainMap(v, at)
	case *raw.FixVignetteRadial:
		return newVignette(v, at)
	case *raw.MapTable:
		if len(v.Table) == 0 {
			return nil, fmt.Errorf("%w: empty table", raw.ErrOption)
		}
		return &mapTable{newArea(v.Area, at), v.Table}, nil
	case *raw.MapPolynomial:
		c := make([]float32, len(v.Coefficients))
		for i := range c {
			c[i] = float32(v.Coefficients[i])
		}
		return &mapPolynomial{newArea(v.Area, at), c}, nil
	case *raw.PerLine:
		return newPerLine(v, at)
	}
	return nil, nil
}

// area is where an area opcode works, in the frame's coordinates.
type area struct {
	rect               image.Rectangle
	plane, planes      int
	rowPitch, colPitch int
}

func newArea(a raw.OpcodeArea, at frame) area {
	return area{a.Rect.Add(at.origin), a.Plane, a.Planes, max(a.RowPitch, 1), max(a.ColPitch, 1)}
}

// span returns the first index into a row from x0 of n samples that the area
// touches and where it ends; ok is false for rows and planes that it does not
// touch.
func (a *area) span(x0, n, y, plane int) (first, end int, ok bool) {
	if plane < a.plane || plane >= a.plane+max(a.planes, 1) || y < a.rect.Min.Y || y >= a.rect.Max.Y || (y-a.rect.Min.Y)%a.rowPitch != 0 {
		return 0, 0, false
	}
	first = max(0, a.rect.Min.X-x0)
	if off := (x0 + first - a.rect.Min.X) % a.colPitch; off != 0 {
		first += a.colPitch - off
	}
	end = min(n, a.rect.Max.X-x0)
	return first, end, first < end
}

// shared is what an opcode with the gain g contributes to the frame's when
// others like it serve the rows and columns that its pitch leaves out.
func shared(g float64, a area) float64 {
	return math.Pow(max(g, 0), 1/float64(a.rowPitch*a.colPitch))
}

// clipped limits a sample to white; noise below black stays.
func clipped(v float32) float32 {
	if !(v <= 1) {
		return 1
	}
	return max(v, -1)
}

// gainMap is lens shading correction: opcode GainMap.
type gainMap struct {
	area
	m *raw.GainMap
	// Map columns = (x − left + ½)·perX − offsetX, rows likewise.
	left, top                    int
	perX, perY                   float64
	offsetX, offsetY, mean, most float64
}

func newGainMap(m *raw.GainMap, at frame) (pointOp, error) {
	if m.PointsV < 1 || m.PointsH < 1 || m.MapPlanes < 1 || m.PointsV > 1<<15 || m.PointsH > 1<<15 || m.MapPlanes > 16 ||
		len(m.Gains) != m.PointsV*m.PointsH*m.MapPlanes {
		return nil, fmt.Errorf("%w: a map of %d×%d points in %d planes with %d gains", raw.ErrOption, m.PointsV, m.PointsH, m.MapPlanes, len(m.Gains))
	}
	g := &gainMap{area: newArea(m.Area, at), m: m, left: at.bounds.Min.X, top: at.bounds.Min.Y}
	spacing := func(points int, spacing, origin float64, size int) (per, offset float64, err error) {
		if points == 1 {
			return 0, 0, nil
		}
		if !(spacing > 0 && spacing <= 1e6) || math.IsNaN(origin) || math.Abs(origin) > 1e6 {
			return 0, 0, fmt.Errorf("%w: map spaced %v from %v", raw.ErrOption, spacing, origin)
		}
		return 1 / (spacing * float64(size)), origin / spacing, nil
	}
	var err error
	if g.perX, g.offsetX, err = spacing(m.PointsH, m.SpacingH, m.OriginH, at.bounds.Dx()); err != nil {
		return nil, err
	}
	if g.perY, g.offsetY, err = spacing(m.PointsV, m.SpacingV, m.OriginV, at.bounds.Dy()); err != nil {
		return nil, err
	}
	for _, v := range m.Gains {
		if !(v >= 0 && v <= 1e6) {
			return nil, fmt.Errorf("%w: gain of %v", raw.ErrOption, v)
		}
		g.mean += float64(v) / float64(len(m.Gains))
		g.most = max(g.most, float64(v))
	}
	return g, nil
}

func (g *gainMap) maxGain() float64 { return g.most }

func (g *gainMap) meanGain() float64 {
	return shared(g.mean, g.area)
}

func (g *gainMap) row(signal []float32, x0, y, plane int) {
	first, end, ok := g.span(x0, len(signal), y, plane)
	if !ok {
		return
	}
	m := g.m
	v := max(0, min(float64((float64(y-g.top)+0.5)*g.perY)-g.offsetY, float64(m.PointsV-1)))
	i := min(int(v), max(m.PointsV-2, 0))
	fy := float32(v - float64(i))
	k := min(plane-g.plane, m.MapPlanes-1)
	stride := m.PointsH * m.MapPlanes
	upper := m.Gains[i*stride:][:stride]
	lower := m.Gains[min(i+1, m.PointsV-1)*stride:][:stride]
	at := func(j int) float32 {
		a, b := upper[j*m.MapPlanes+k], lower[j*m.MapPlanes+k]
		return a + float32(fy*(b-a))
	}
	// Within a cell of the map the gain is a straight line.
	cell := -1
	var base, slope float32
	last := m.PointsH - 1
	for x := first; x < end; x += g.colPitch {
		h := float64((float64(x0+x-g.left)+0.5)*g.perX) - g.offsetX
		h = max(0, min(h, float64(last)))
		if j := min(int(h), max(last-1, 0)); j != cell {
			cell = j
			base = at(j)
			slope = at(min(j+1, last)) - base
		}
		gain := base + float32(float32(h-float64(cell))*slope)
		signal[x] = clipped(signal[x] * gain)
	}
}

// mapTable is opcode MapTable.
type mapTable struct {
	area
	table []uint16
}

func (t *mapTable) meanGain() float64 { return 1 }
func (t *mapTable) maxGain() float64  { return 1 }

func (t *mapTable) row(signal []float32, x0, y, plane int) {
	first, end, ok := t.span(x0, len(signal), y, plane)
	if !ok {
		return
	}
	for x := first; x < end; x += t.colPitch {
		v := max(0, min(float32(signal[x]*65535)+0.5, 65535))
		signal[x] = float32(t.table[min(int(v), len(t.table)-1)]) * (1.0 / 65535)
	}
}

// mapPolynomial is opcode MapPolynomial.
type mapPolynomial struct {
	area
	c []float32
}

func (p *mapPolynomial) meanGain() float64 { return 1 }
func (p *mapPolynomial) maxGain() float64  { return 1 }

func (p *mapPolynomial) row(signal []float32, x0, y, plane int) {
	first, end, ok := p.span(x0, len(signal), y, plane)
	if !ok {
		return
	}
	for x := first; x < end; x += p.colPitch {
		var v float32
		for i := len(p.c) - 1; i >= 0; i-- {
			v = float32(v*signal[x]) + p.c[i]
		}
		signal[x] = clipped(v)
	}
}

// perLine is DeltaPerRow, DeltaPerColumn, ScalePerRow and ScalePerColumn.
type perLine struct {
	area
	columns, scale bool
	values         []float32
	mean, most     float64
}

func newPerLine(l *raw.PerLine, at frame) (pointOp, error) {
	p := &perLine{newArea(l.Area, at), l.Columns, l.Scale, l.Values, 0, 1}
	if len(l.Values) == 0 {
		return nil, fmt.Errorf("%w: no values", raw.ErrOption)
	}
	for _, v := range l.Values {
		if !(math.Abs(float64(v)) <= 1e6) {
			return nil, fmt.Errorf("%w: value of %v", raw.ErrOption, v)
		}
		p.mean += float64(v) / float64(len(l.Values))
		if l.Scale {
			p.most = max(p.most, float64(v))
		}
	}
	return p, nil
}

func (p *perLine) maxGain() float64 { return p.most }

func (p *perLine) meanGain() float64 {
	if !p.scale {
		return 1
	}
	return shared(p.mean, p.area)
}

func (p *perLine) row(signal []float32, x0, y, plane int) {
	first, end, ok := p.span(x0, len(signal), y, plane)
	if !ok {
		return
	}
	v := p.values[min((y-p.rect.Min.Y)/p.rowPitch, len(p.values)-1)]
	for x := first; x < end; x += p.colPitch {
		if p.columns {
			v = p.values[min((x0+x-p.rect.Min.X)/p.colPitch, len(p.values)-1)]
		}
		if p.scale {
			signal[x] = clipped(signal[x] * v)
		} else {
			signal[x] = clipped(signal[x] + v)
		}
	}
}

// optic is the geometry that the lens opcodes share (DNG 1.7.1, chapter 7):
// the optical centre and the distance of the farthest corner from it.
type optic struct{ x, y, far float64 }

func newOptic(cx, cy float64, at frame) (o optic, err error) {
	if !(cx >= 0 && cx <= 1 && cy >= 0 && cy <= 1) {
		return o, fmt.Errorf("%w: optical centre at %v, %v", raw.ErrOption, cx, cy)
	}
	w, h := float64(at.bounds.Dx()-1), float64(at.bounds.Dy()-1)
	dx, dy := max(cx, 1-cx)*w, max(cy, 1-cy)*h
	return optic{float64(at.bounds.Min.X) + float64(cx*w), float64(at.bounds.Min.Y) + float64(cy*h), max(math.Sqrt(float64(dx*dx)+float64(dy*dy)), 1)}, nil
}

// vignette is opcode FixVignetteRadial.
type vignette struct {
	optic
	k [5]float64
}

func newVignette(v *raw.FixVignetteRadial, at frame) (pointOp, error) {
	o, err := newOptic(v.CenterX, v.CenterY, at)
	if err != nil {
		return nil, err
	}
	for _, k := range v.K {
		if !(math.Abs(k) <= 1e6) {
			return nil, fmt.Errorf("%w: coefficient %v", raw.ErrOption, k)
		}
	}
	return &vignette{o, v.K}, nil
}

func (v *vignette) gain(r2 float64) float64 {
	g := 0.0
	for i := len(v.k) - 1; i >= 0; i-- {
		g = float64((g + v.k[i]) * r2)
	}
	return 1 + g
}

// meanGain takes the gain at a third of the farthest corner's squared distance,
// close to the mean over the frame.
func (v *vignette) meanGain() float64 { return max(v.gain(1.0/3), 0) }

func (v *vignette) maxGain() float64 { return max(v.gain(1), 1) }

func (v *vignette) row(signal []float32, x0, y, _ int) {
	dy := (float64(y) - v.y) / v.far
	for i, s := range signal {
		dx := (float64(x0+i) - v.x) / v.far
		signal[i] = clipped(s * float32(v.gain(float64(dx*dx)+float64(dy*dy))))
	}
}
