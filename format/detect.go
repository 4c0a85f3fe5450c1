package format

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// Detection is what the samples of a mosaic say of its colour filter array,
// whatever the file's tags say: phones write 4×4 mosaics with 2×2 tags.
type Detection struct {
	// Cell is the side of the cells of one colour: 1 Bayer, 2 Quad, 3 Nona,
	// 4 Hexadeca, and 0 where the samples do not tell (a dark or colourless
	// frame, or one without any filter).
	Cell int
	// Start is the first pixel that begins a cell, inside [0, Cell).
	Start image.Point
	// Contrast is by how much neighbours differ more across the borders of
	// cells than inside them, over their mean difference; for Bayer, by how
	// much neighbours differ more than pixels two apart. Deviations is the
	// contrast in units of its standard error.
	Contrast, Deviations float64
}

// The rules of the detection. Contrast is what colour leaves of a scene's
// saturation and white balance, and noise dilutes it: neutral gray has 0.3 and
// more in good light, 0.03 in the dark. Blocks disagree by chance, hence the
// deviations.
const (
	detectBlock    = 96 // pixels; a multiple of every period
	detectGrid     = 8  // blocks across and down
	detectPeriod   = 24 // the least common multiple of the periods
	cellContrast   = 0.012
	cellDeviations = 4.5
	// A Quad frame looks two thirds like a Hexadeca one and the other way
	// round; a size must stand out.
	cellMargin      = 0.9
	bayerContrast   = 0.005
	bayerDeviations = 2.8
)

// DetectCFA looks at blocks spread over the active area and tells what size
// the cells have.
//
// Inside a cell neighbours differ by texture and noise only, across its border
// by colour too. So the mean absolute difference of horizontal and vertical
// neighbours, taken for each position modulo 24, is a comb for cells of 2 to 4
// and flat for Bayer, whose neighbours always differ in colour and whose
// pixels two apart do not.
func DetectCFA(ctx context.Context, src raw.Source) (Detection, error) {
	h := src.Header()
	area := h.ActiveArea
	block := raw.NewMosaic(image.Rect(0, 0, detectBlock, detectBlock), h.CFA)
	var all []comb
	across, down := min(detectGrid, area.Dx()/detectBlock), min(detectGrid, area.Dy()/detectBlock)
	for j := range down {
		for i := range across {
			at := image.Pt(area.Min.X+spread(i, across, area.Dx()), area.Min.Y+spread(j, down, area.Dy()))
			block.Reset(image.Rectangle{Min: at, Max: at.Add(image.Pt(detectBlock, detectBlock))}, h.CFA)
			if err := src.ReadTile(ctx, block); err != nil {
				return Detection{}, fmt.Errorf("look at the mosaic at %v: %w", at, err)
			}
			c := combOf(block)
			if c.mean > 0 {
				all = append(all, c)
			}
		}
	}
	return judge(all), nil
}

// spread places block i of n over length pixels.
func spread(i, n, length int) int {
	if n < 2 {
		return (length - detectBlock) / 2
	}
	return i * (length - detectBlock) / (n - 1)
}

// comb holds the mean absolute differences of neighbours by position.
type comb struct {
	x, y [detectPeriod]float64
	mean float64 // of all of these
	two  float64 // of pixels two apart
}

// combOf measures a block. Clipped samples stay: they dilute the colour, but
// leaving them out would favour the pairs of one colour.
func combOf(m *raw.Mosaic) comb {
	const side = detectBlock - 2 // two neighbours beyond
	var c comb
	r := m.Rect
	for top := r.Min.Y; top < r.Max.Y-2; top++ {
		row, next, second := m.Row(top), m.Row(top+1), m.Row(top+2)
		for i := range side {
			c.x[(r.Min.X+i)%detectPeriod] += apart(row[i], row[i+1])
			c.y[top%detectPeriod] += apart(row[i], next[i])
			c.two += (apart(row[i], row[i+2]) + apart(row[i], second[i])) / 2
		}
	}
	var columns, rows [detectPeriod]int
	for i := range side {
		columns[(r.Min.X+i)%detectPeriod] += side
		rows[(r.Min.Y+i)%detectPeriod] += side
	}
	c.two /= side * side
	for i := range detectPeriod {
		c.x[i] /= float64(columns[i])
		c.y[i] /= float64(rows[i])
		c.mean += (c.x[i] + c.y[i]) / (2 * detectPeriod)
	}
	return c
}

func apart(a, b uint16) float64 { return math.Abs(float64(a) - float64(b)) }

// judge compares the hypotheses. Whether pixels two apart are more alike than
// neighbours is asked first: under Bayer they are, because they have one
// colour; under larger cells they are clearly not. The comb then tells the
// size: that with the highest contrast, if it is beyond chance and no other
// size comes near it.
func judge(all []comb) Detection {
	near := measure(all, func(c *comb) float64 { return c.mean - c.two })
	if near.beyond(bayerContrast, bayerDeviations) {
		near.Cell = 1
		return near
	}
	if near.Deviations > -cellDeviations {
		return Detection{}
	}
	var best, second Detection
	for cell := 2; cell <= 4; cell++ {
		var d Detection
		for y := range cell {
			for x := range cell {
				h := measure(all, func(c *comb) float64 { return (edge(&c.x, cell, x) + edge(&c.y, cell, y)) / 2 })
				if h.Contrast > d.Contrast {
					d = h
					d.Cell, d.Start = cell, image.Pt(x, y)
				}
			}
		}
		switch {
		case d.Contrast > best.Contrast:
			best, second = d, best
		case d.Contrast > second.Contrast:
			second = d
		}
	}
	if !best.beyond(cellContrast, cellDeviations) || second.Contrast > cellMargin*best.Contrast {
		return Detection{}
	}
	return best
}

func (d *Detection) beyond(contrast, deviations float64) bool {
	return d.Contrast > contrast && d.Deviations > deviations
}

// edge returns how much larger the mean difference is across borders of cells
// that start at start than inside them; the difference at position i is that
// of pixels i and i+1.
func edge(d *[detectPeriod]float64, cell, start int) float64 {
	across, inside, n := 0.0, 0.0, 0
	for i, v := range d {
		if (i+1-start+detectPeriod)%cell == 0 {
			across += v
			n++
		} else {
			inside += v
		}
	}
	return across/float64(n) - inside/float64(detectPeriod-n)
}

// measure returns the sum of f over the blocks relative to the sum of their
// mean differences, and how many standard errors of that ratio it is away from
// nothing. Blocks with colour weigh more than dark ones that way; should few of
// them make the sum, the standard error says so.
func measure(all []comb, f func(*comb) float64) Detection {
	sum, total := 0.0, 0.0
	for i := range all {
		sum += f(&all[i])
		total += all[i].mean
	}
	if len(all) < 4 || total == 0 {
		return Detection{}
	}
	ratio := sum / total
	squares := 0.0
	for i := range all {
		d := f(&all[i]) - ratio*all[i].mean
		squares += d * d
	}
	return Detection{Contrast: ratio, Deviations: sum / math.Sqrt(squares+1e-12*total*total)}
}

// Agrees reports whether the samples allow the array: they say the same, or
// nothing.
func (d Detection) Agrees(c raw.CFA) bool {
	if d.Cell == 0 || c == raw.Mono {
		return true
	}
	return c.Cell() == d.Cell && (d.Cell == 1 || c.CellStart() == d.Start)
}

// Apply returns the array that the samples show, with the order of colours of
// the array that the file is tagged with.
func (d Detection) Apply(tagged raw.CFA) raw.CFA {
	if d.Agrees(tagged) {
		return tagged
	}
	// The letters of the tag, read from its first whole cell.
	s := tagged.CellStart()
	first := tagged.Shift(s.X, s.Y).Offset().Div(max(tagged.Cell(), 1))
	c, err := raw.NewCFA(d.Cell, first.Mul(d.Cell).Sub(d.Start))
	if err != nil {
		return tagged
	}
	return c
}
