package demosaic

import (
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// levels map stored DN to working values: black at 0, signed, white at a
// given span. The scale is that of DNG 1.7.1, chapter 5: white less the
// largest black, so that saturated pixels are at white whatever their black.
type levels struct {
	black raw.BlackLevel
	cfa   raw.CFA
	size  image.Point
	scale [3]float32
	span  int32
	gain  [3]float32 // the working domain's balance; 0 elsewhere
	// bias is added to black, in DN: for outputs that keep a black level.
	bias float64
	flat bool // one black and one scale everywhere
	// rows and cols are the period of the pattern.
	rows, cols int
	// endless says that the pattern goes on outside the frame: it is that of
	// the colours, which mirrored samples keep unless the frame is very narrow.
	endless bool
}

// newLevels returns the mapping of h's mosaic to 0…span.
func newLevels(h *raw.Header, span int32) (*levels, error) {
	l := &levels{black: h.Black, cfa: h.CFA, size: h.Size, span: span}
	top := maxBlack(&h.Black)
	for c, white := range h.White {
		d := white - top
		if !(d > 0) || math.IsInf(d, 1) || math.IsInf(top, 0) {
			return nil, fmt.Errorf("%w: white level %v not above black level %v", raw.ErrOption, white, top)
		}
		l.scale[c] = float32(float64(span) / d)
	}
	l.setPeriod()
	return l, nil
}

// newShift returns the mapping that keeps the scale of h's mosaic and gives
// it the constant black level out.
func newShift(h *raw.Header, out float64) *levels {
	l := &levels{black: h.Black, cfa: h.CFA, size: h.Size, scale: [3]float32{1, 1, 1}, span: math.MaxUint16, bias: -out}
	l.setPeriod()
	return l
}

// shifted returns the samples of row y from column x on, shifted in dst, or src
// itself if there is nothing to shift. at is a worker's cache.
func (l *levels) shifted(dst, src []uint16, at *levelRows, x, y int) []uint16 {
	if black, constant := l.black.Constant(); constant && black+l.bias == 0 {
		return src
	}
	at.l = l
	r := at.at(x, y, len(src))
	samplesRow(dst, src, r.black, r.scale, l.span, 0)
	return dst
}

func (l *levels) setPeriod() {
	p := l.cfa.Period()
	l.rows, l.cols = p, p
	if len(l.black.Values) > 0 {
		l.rows, l.cols = lcm(p, l.black.Rows), lcm(p, l.black.Cols)
	}
	_, constant := l.black.Constant()
	l.endless = constant && l.size.X >= 2*p
	l.flat = constant && l.scale[0] == l.scale[1] && l.scale[1] == l.scale[2] && l.gain[0] == l.gain[1] && l.gain[1] == l.gain[2]
}

func maxBlack(b *raw.BlackLevel) float64 {
	top := func(v []float64) float64 {
		m := math.Inf(-1)
		for _, x := range v {
			m = max(m, x)
		}
		if len(v) == 0 {
			m = 0
		}
		return m
	}
	return top(b.Values) + top(b.DeltaH) + top(b.DeltaV)
}

func lcm(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}

// levelRows is a worker's cache of the black and scale of the columns of its
// tile.
type levelRows struct {
	l     *levels
	x0, n int
	rows  map[int]levelRow
}

type levelRow struct{ black, scale, gain []float32 }

// cachedRows bounds the memory of unusually tall black patterns.
const cachedRows = 16

// at returns the levels of n samples of row y from column x0 on. Outside the
// frame those are mirrored samples ([raw.CFA.Reflect]) with the levels of where
// they came from.
func (c *levelRows) at(x0, y, n int) levelRow {
	l := c.l
	y = l.cfa.Reflect(y, l.size.Y, 1)
	if c.rows == nil || n > c.n || x0 != c.x0 && !l.flat && !(l.repeats(x0, n) && l.repeats(c.x0, c.n) && (x0-c.x0)%l.cols == 0) {
		c.x0, c.n, c.rows = x0, n, make(map[int]levelRow)
	}
	key := y % l.rows
	if l.flat {
		key = 0
	}
	if len(l.black.DeltaV) > 0 {
		key = 0 // not periodic: one entry, made anew for each row
	} else if r, ok := c.rows[key]; ok {
		return r.first(n)
	}
	r, ok := c.rows[key]
	if !ok {
		if len(c.rows) >= cachedRows {
			clear(c.rows)
		}
		r = levelRow{make([]float32, c.n), make([]float32, c.n), make([]float32, c.n)}
		c.rows[key] = r
	}
	l.fill(r, c.x0, y)
	return r.first(n)
}

func (r levelRow) first(n int) levelRow { return levelRow{r.black[:n], r.scale[:n], r.gain[:n]} }

// repeats reports whether the pattern repeats in n columns from x0 on.
func (l *levels) repeats(x0, n int) bool {
	return l.endless || len(l.black.DeltaH) == 0 && x0 >= 0 && x0+n <= l.size.X
}

func (l *levels) fill(r levelRow, x0, y int) {
	for i := range r.black {
		if i >= l.cols && (l.flat || l.repeats(x0+i-l.cols, l.cols+1)) {
			r.black[i], r.scale[i], r.gain[i] = r.black[i-l.cols], r.scale[i-l.cols], r.gain[i-l.cols]
			continue
		}
		x := l.cfa.Reflect(x0+i, l.size.X, 0)
		r.black[i] = float32(l.black.At(x, y, 0) + l.bias)
		color := l.cfa.ColorAt(x, y)
		r.scale[i], r.gain[i] = l.scale[color], l.gain[color]
	}
}
