package binning

import (
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// CalibrateOptions say how [Calibrate] works. Nil and the zero value are good.
type CalibrateOptions struct {
	// Rows and Cols are the fields of the map; 0 is 13 and 17. Each has to
	// hold 16 cells at least.
	Rows, Cols int
	// Tiles bounds workers and memory, and reports progress.
	Tiles tile.Options
}

// Calibrate estimates the gain map of a sensor from a flat frame: an evenly
// lit, sharpless one, exposed to between a tenth and nine tenths of the range.
// The gain of a pixel's position in the CFA's period is the mean of its cell
// over its own mean, field by field, so lens shading and the colour of the
// light cancel. Cells with a clipped member, and cells of which one member is
// more than half as bright again as the mean or less than half of it (hot and
// dead pixels), are left out. Noise does no harm: at 108 Mpixel a field of the
// default map averages 30,000 cells.
func Calibrate(ctx context.Context, src raw.Source, o *CalibrateOptions) (*GainMap, error) {
	if o == nil {
		o = &CalibrateOptions{}
	}
	h := src.Header()
	k := h.CFA.Cell()
	if !h.CFA.Valid() || k < 2 {
		return nil, fmt.Errorf("%w: %v has no cells to calibrate", raw.ErrCFA, h.CFA)
	}
	m := &GainMap{Width: h.Size.X, Height: h.Size.Y, CFA: h.CFA, Camera: cameraOf(h), Rows: o.Rows, Cols: o.Cols}
	if m.Rows == 0 {
		m.Rows = max(1, min(13, h.Size.Y/(16*k)))
	}
	if m.Cols == 0 {
		m.Cols = max(1, min(17, h.Size.X/(16*k)))
	}
	if m.Rows < 1 || m.Cols < 1 || m.Rows > maxMapFields || m.Cols > maxMapFields ||
		(m.Rows > 1 || m.Cols > 1) && (h.Size.Y/m.Rows < 4*k || h.Size.X/m.Cols < 4*k) {
		return nil, fmt.Errorf("%w: %d×%d fields for a frame of %v", raw.ErrOption, m.Rows, m.Cols, h.Size)
	}
	c := &calibration{m: m, h: h, k: k, p: h.CFA.Period()}
	plan, err := tile.NewPlan(tile.Work{Bounds: c.cells(), BytesPerPixel: 2 * k * k}, &o.Tiles)
	if err != nil {
		return nil, err
	}
	c.total = make([]fieldSums, m.Rows*m.Cols)
	// Each tile's sums are added in the order of tiles, though sums of
	// integers would not mind.
	err = tile.Ordered(ctx, plan, c.newBuffer, func(ctx context.Context, b *calibrationBuffer, r image.Rectangle) error {
		return c.collect(ctx, b, src, r)
	}, func(b *calibrationBuffer, _ image.Rectangle) error {
		for i := range b.sums {
			c.total[i].add(&b.sums[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := c.finish(); err != nil {
		return nil, err
	}
	return m, nil
}

type calibration struct {
	m     *GainMap
	h     *raw.Header
	k, p  int
	total []fieldSums
}

// fieldSums are the sums over one field for each of the four cells of a period
// and each of their members.
type fieldSums struct {
	dn    [64]int64 // by position in the period
	black [64]float64
	cells [4]int64
	bad   [4]int64 // cells left out
}

func (s *fieldSums) add(o *fieldSums) {
	for i := range s.dn {
		s.dn[i] += o.dn[i]
		s.black[i] += o.black[i]
	}
	for i := range s.cells {
		s.cells[i] += o.cells[i]
		s.bad[i] += o.bad[i]
	}
}

type calibrationBuffer struct {
	sums []fieldSums
	px   raw.Mosaic
}

func (c *calibration) newBuffer() *calibrationBuffer {
	return &calibrationBuffer{sums: make([]fieldSums, c.m.Rows*c.m.Cols)}
}

// cells returns the whole cells of the active area, in units of cells from the
// frame's first.
func (c *calibration) cells() image.Rectangle {
	s := c.h.CFA.CellStart()
	a := c.h.ActiveArea
	up := func(v, s int) int { return max(0, (v-s+c.k-1)/c.k) }
	r := image.Rect(up(a.Min.X, s.X), up(a.Min.Y, s.Y), max(0, (a.Max.X-s.X)/c.k), max(0, (a.Max.Y-s.Y)/c.k))
	if r.Empty() {
		r = image.Rect(0, 0, max(1, (c.h.Size.X-s.X)/c.k), max(1, (c.h.Size.Y-s.Y)/c.k))
	}
	return r
}

func (c *calibration) collect(ctx context.Context, b *calibrationBuffer, src raw.Source, r image.Rectangle) error {
	clear(b.sums)
	k, s := c.k, c.h.CFA.CellStart()
	px := image.Rect(r.Min.X*k, r.Min.Y*k, r.Max.X*k, r.Max.Y*k).Add(s)
	b.px.Reset(px, c.h.CFA)
	if err := src.ReadTile(ctx, &b.px); err != nil {
		return err
	}
	var dn [16]int64
	var black [16]float64
	for y := r.Min.Y; y < r.Max.Y; y++ {
		y0 := y*k + s.Y
		for x := r.Min.X; x < r.Max.X; x++ {
			x0 := x*k + s.X
			sum, level := int64(0), 0.0
			lo, hi := int64(1<<16), int64(0)
			for j := range k {
				row := b.px.Row(y0 + j)[x0-px.Min.X:][:k]
				for i, v := range row {
					m := j*k + i
					dn[m] = int64(v)
					black[m] = c.h.Black.At(x0+i, y0+j, 0)
					sum += dn[m]
					level += black[m]
					lo, hi = min(lo, dn[m]), max(hi, dn[m])
				}
			}
			n := float64(k * k)
			mean := (float64(sum) - level) / n
			f := &b.sums[min(y0*c.m.Rows/c.m.Height, c.m.Rows-1)*c.m.Cols+min(x0*c.m.Cols/c.m.Width, c.m.Cols-1)]
			cell := y%2*2 + x%2
			white := c.h.White[c.h.CFA.ColorAt(x0, y0)]
			if float64(hi) >= white || float64(hi)-level/n > 1.5*mean || float64(lo)-level/n < 0.5*mean {
				f.bad[cell]++
				continue
			}
			f.cells[cell]++
			for m := range k * k {
				at := (y0+m/k)%c.p*c.p + (x0+m%k)%c.p
				f.dn[at] += dn[m]
				f.black[at] += black[m]
			}
		}
	}
	return nil
}

// finish turns sums into gains.
func (c *calibration) finish() error {
	m, k, p := c.m, c.k, c.p
	s := c.h.CFA.CellStart()
	m.Gains = make([]float32, m.Rows*m.Cols*p*p)
	for f := range c.total {
		t := &c.total[f]
		for cell := range 4 {
			// A field without light, or without cells, as at masked borders,
			// says nothing: the whole frame is asked.
			from := t
			if t.cells[cell] < 16 {
				from = c.whole()
			}
			if from.cells[cell] < 16 || from.bad[cell] > from.cells[cell] {
				return fmt.Errorf("%w: not a flat frame: %d of %d cells are clipped or uneven",
					raw.ErrOption, from.bad[cell], from.bad[cell]+from.cells[cell])
			}
			x0, y0 := cell%2*k+s.X, cell/2*k+s.Y
			var mean [16]float64
			all := 0.0
			for i := range k * k {
				at := (y0+i/k)%p*p + (x0+i%k)%p
				mean[i] = (float64(from.dn[at]) - from.black[at]) / float64(from.cells[cell])
				all += mean[i] / float64(k*k)
			}
			white := c.h.White[c.h.CFA.ColorAt(x0, y0)] - c.h.Black.Mean()
			if all < 0.02*white {
				return fmt.Errorf("%w: flat frame too dark: %.3g DN above black of a range of %.0f", raw.ErrOption, all, white)
			}
			for i := range k * k {
				g := all / mean[i]
				if !(g >= minGain && g <= maxGain) {
					return fmt.Errorf("%w: not a flat frame: a gain of %.3g", raw.ErrOption, g)
				}
				m.Gains[f*p*p+(y0+i/k)%p*p+(x0+i%k)%p] = float32(g)
			}
		}
	}
	return m.sound()
}

func (c *calibration) whole() *fieldSums {
	var t fieldSums
	for i := range c.total {
		t.add(&c.total[i])
	}
	return &t
}
