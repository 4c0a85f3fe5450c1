package bench

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var (
	ours   = color.RGBA{R: 0x1f, G: 0x6f, B: 0xb4, A: 0xff}
	theirs = color.RGBA{R: 0xb0, G: 0x5a, B: 0x1e, A: 0xff}
	faint  = color.RGBA{R: 0xa0, G: 0xa0, B: 0xa0, A: 0xff}
)

// Plot draws the report's pictures into dir, each as SVG and PNG, and returns
// their names: shares of the rooflines, quality over speed, and scaling. A
// part that was not measured has no picture.
func (r *Report) Plot(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var names []string
	for _, d := range []struct {
		name          string
		width, height vg.Length
		draw          func() (*plot.Plot, error)
	}{
		{"shares", 20 * vg.Centimeter, vg.Length(4+len(r.Stages)) * 0.6 * vg.Centimeter, r.plotShares},
		{"quality-speed-bayer", paretoWidth, paretoHeight, func() (*plot.Plot, error) { return r.plotPareto("Bayer") }},
		{"quality-speed-quad", paretoWidth, paretoHeight, func() (*plot.Plot, error) { return r.plotPareto("Quad") }},
		{"crossover", 18 * vg.Centimeter, 12 * vg.Centimeter, r.plotCrossover},
		{"scaling-time", 18 * vg.Centimeter, 12 * vg.Centimeter, func() (*plot.Plot, error) { return r.plotScaling(false) }},
		{"scaling-memory", 18 * vg.Centimeter, 12 * vg.Centimeter, func() (*plot.Plot, error) { return r.plotScaling(true) }},
	} {
		p, err := d.draw()
		if err != nil {
			return names, fmt.Errorf("draw %s: %w", d.name, err)
		}
		if p == nil {
			continue
		}
		for _, ext := range []string{".svg", ".png"} {
			name := filepath.Join(dir, d.name+ext)
			if err := p.Save(d.width, d.height, name); err != nil {
				return names, fmt.Errorf("draw %s: %w", name, err)
			}
			names = append(names, name)
		}
	}
	return names, nil
}

// plotShares draws a bar for each stage: how much of the binding roofline it
// reaches.
func (r *Report) plotShares() (*plot.Plot, error) {
	if len(r.Stages) == 0 {
		return nil, nil
	}
	p := plot.New()
	p.Title.Text = "Share of the roofline that binds"
	p.X.Min, p.X.Max = 0, 1.05
	var values plotter.Values
	var names []string
	for _, s := range slices.Backward(r.Stages) {
		values = append(values, s.Share())
		names = append(names, s.key())
	}
	bars, err := plotter.NewBarChart(values, 0.35*vg.Centimeter)
	if err != nil {
		return nil, err
	}
	bars.Horizontal = true
	bars.Color = ours
	bars.LineStyle.Width = 0
	p.Add(plotter.NewGrid(), bars)
	p.NominalY(names...)
	return p, nil
}

// plotPareto draws quality over speed for a test, with the Pareto front of
// all points: what nobody beats in both.
func (r *Report) plotPareto(test string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = test + ": quality over speed"
	p.X.Label.Text = "MP/s, all cores"
	p.Y.Label.Text = "CPSNR, dB"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Add(plotter.NewGrid())
	var all []paretoPoint
	for _, kind := range []struct {
		name  string
		shape draw.GlyphDrawer
		from  func(q *Quality) string
	}{
		{"in memory", draw.CircleGlyph{}, func(q *Quality) string { return q.Stage }},
		{"file to file", draw.PyramidGlyph{}, func(q *Quality) string { return q.File }},
	} {
		var points []paretoPoint
		for i := range r.Quality {
			q := &r.Quality[i]
			if q.Test != test+" CPSNR" {
				continue
			}
			if v, our := r.speedOf(kind.from(q)); v > 0 {
				points = append(points, paretoPoint{plotter.XY{X: v, Y: q.Value}, q.Method, our})
			}
		}
		if len(points) == 0 {
			continue
		}
		all = append(all, points...)
		if err := addPareto(p, points, kind.name, kind.shape); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	p.X.Min, p.X.Max = p.X.Min/1.3, p.X.Max*2.5
	p.Y.Min, p.Y.Max = p.Y.Min-0.8, p.Y.Max+0.8
	p.Legend.Top = true
	return p, addLabels(p, all, paretoWidth*0.9, paretoHeight*0.85)
}

// Size of the plots of quality over speed.
const (
	paretoWidth  = 20 * vg.Centimeter
	paretoHeight = 14 * vg.Centimeter
)

// paretoPoint is a method in a plot of quality over speed.
type paretoPoint struct {
	plotter.XY
	name string
	our  bool
}

// addPareto draws methods of one kind with the front that nobody beats in both.
func addPareto(p *plot.Plot, points []paretoPoint, kind string, shape draw.GlyphDrawer) error {
	slices.SortFunc(points, func(a, b paretoPoint) int { return cmp.Compare(b.X, a.X) })
	var front, own, others plotter.XYs
	best := 0.0
	for _, q := range points {
		if q.Y > best {
			best = q.Y
			front = append(front, q.XY)
		}
		if q.our {
			own = append(own, q.XY)
		} else {
			others = append(others, q.XY)
		}
	}
	line, err := plotter.NewLine(front)
	if err != nil {
		return err
	}
	line.Color = faint
	line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	p.Add(line)
	for _, set := range []struct {
		xys   plotter.XYs
		color color.Color
		name  string
	}{{own, ours, "quadraw, " + kind}, {others, theirs, "peers, " + kind}} {
		if len(set.xys) == 0 {
			continue
		}
		s, err := plotter.NewScatter(set.xys)
		if err != nil {
			return err
		}
		s.Color, s.Radius, s.Shape = set.color, vg.Points(4), shape
		p.Add(s)
		p.Legend.Add(set.name, s)
	}
	return nil
}

// addLabels names the points beside them, up or down from where a name would
// lie on another.
func addLabels(p *plot.Plot, points []paretoPoint, width, height vg.Length) error {
	const line, letter = vg.Length(11), vg.Length(5.5)
	type box struct{ x0, x1, y vg.Length }
	var placed []box
	at := func(v, lo, hi float64, length vg.Length) vg.Length { return vg.Length((v-lo)/(hi-lo)) * length }
	for _, q := range points {
		x := at(math.Log(q.X), math.Log(p.X.Min), math.Log(p.X.Max), width)
		y := at(q.Y, p.Y.Min, p.Y.Max, height)
		offset := vg.Length(0)
		for i := 1; i < 12; i++ {
			free := !slices.ContainsFunc(placed, func(b box) bool {
				return b.x0 < x+letter*vg.Length(len(q.name)+2) && x < b.x1 && max(b.y-y-offset, y+offset-b.y) < line
			})
			if free {
				break
			}
			// 1, −1, 2, −2, … lines.
			offset = line * vg.Length((i+1)/2*(i%2*2-1))
		}
		placed = append(placed, box{x, x + letter*vg.Length(len(q.name)+2), y + offset})
		label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{q.XY}, Labels: []string{"  " + q.name}})
		if err != nil {
			return err
		}
		label.Offset.Y = offset
		p.Add(label)
	}
	return nil
}

// speedOf returns the speed of a stage or contest entry of that name on the
// most workers and the largest frame.
func (r *Report) speedOf(name string) (mps float64, our bool) {
	if name == "" {
		return 0, false
	}
	var best *Stage
	better := func(s *Stage) bool {
		return s.Name == name && len(s.Seconds) > 0 &&
			(best == nil || s.Workers > best.Workers || s.Workers == best.Workers && s.Megapixels > best.Megapixels)
	}
	for i := range r.Stages {
		if s := &r.Stages[i]; better(s) {
			best, our = s, true
		}
	}
	for i := range r.Contests {
		for j := range r.Contests[i].Entries {
			if e := &r.Contests[i].Entries[j]; better(&e.Stage) {
				best, our = &e.Stage, e.Ours
			}
		}
	}
	if best == nil {
		return 0, false
	}
	return best.MPs(), our
}

// plotCrossover draws what full size gains over binning as noise grows, at the
// sensor's size, for the default method: below zero binning is better.
func (r *Report) plotCrossover() (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = "Full size against binning"
	p.X.Label.Text = "noise at middle gray, √ domain, of 255"
	p.Y.Label.Text = "PSNR of full size − PSNR of binned and scaled up, dB"
	curves := map[string]plotter.XYs{}
	var order []string
	for _, c := range r.Crossover {
		if c.Method != "default" {
			continue
		}
		if curves[c.Scene] == nil {
			order = append(order, c.Scene)
		}
		curves[c.Scene] = append(curves[c.Scene], plotter.XY{X: c.Sigma, Y: c.FullAtFull - c.BinAtFull})
	}
	if len(order) == 0 {
		return nil, nil
	}
	p.Add(plotter.NewGrid(), plotter.NewFunction(func(float64) float64 { return 0 }))
	for i, name := range order {
		if err := addCurve(p, name, i, curves[name]); err != nil {
			return nil, err
		}
	}
	p.Legend.Top = true
	return p, nil
}

// addCurve adds line i of a plot, with a colour of its own.
func addCurve(p *plot.Plot, name string, i int, points plotter.XYs) error {
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, dots.Color = plotutil.Color(i), plotutil.Color(i)
	p.Add(line, dots)
	p.Legend.Add(name, line, dots)
	return nil
}

// plotScaling draws time or peak memory over what grows, a line a curve.
func (r *Report) plotScaling(memory bool) (*plot.Plot, error) {
	curves := map[string]plotter.XYs{}
	var order []string
	for _, s := range r.Scaling {
		if s.Curve != "pixels" {
			continue
		}
		y := s.Seconds
		if memory {
			y = float64(s.PeakRSS) / 1e6
		}
		if y <= 0 {
			continue
		}
		if curves[s.Work] == nil {
			order = append(order, s.Work)
		}
		curves[s.Work] = append(curves[s.Work], plotter.XY{X: s.X, Y: y})
	}
	if len(order) == 0 {
		return nil, nil
	}
	p := plot.New()
	p.Title.Text, p.Y.Label.Text = "Time over frame size", "seconds"
	if memory {
		p.Title.Text, p.Y.Label.Text = "Peak memory over frame size", "peak RSS, MB"
	}
	p.X.Label.Text = "megapixels"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	if !memory {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	} else {
		p.Y.Min = 0
	}
	p.Add(plotter.NewGrid())
	for i, name := range order {
		if err := addCurve(p, name, i, curves[name]); err != nil {
			return nil, err
		}
	}
	p.Legend.Top, p.Legend.Left = true, true
	return p, nil
}
