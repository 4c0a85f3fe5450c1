// Package noiseplot draws noise profiles: variance over signal, as measured
// and as fitted.
package noiseplot

import (
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

// Draw draws e as a picture in the given format, "png" or "svg".
func Draw(w io.Writer, e *noise.ProfileEstimate, format string) error {
	p := plot.New()
	p.Title.Text = "Noise profile"
	p.X.Label.Text = "signal (black 0, white 1)"
	p.Y.Label.Text = "variance"
	p.X.Min, p.Y.Min = 0, 0
	inks := [3]color.Color{color.RGBA{200, 40, 40, 255}, color.RGBA{20, 140, 40, 255}, color.RGBA{40, 70, 200, 255}}
	for c, points := range e.Points {
		if len(points) == 0 {
			continue
		}
		xys := make(plotter.XYs, len(points))
		for i, pt := range points {
			xys[i] = plotter.XY{X: pt.Signal, Y: pt.Variance}
			p.X.Max, p.Y.Max = max(p.X.Max, pt.Signal), max(p.Y.Max, 1.1*pt.Variance)
		}
		dots, err := plotter.NewScatter(xys)
		if err != nil {
			return fmt.Errorf("plot noise profile: %w", err)
		}
		dots.Color = inks[c]
		model := e.Profile[c]
		line := plotter.NewFunction(model.Variance)
		line.Color = inks[c]
		p.Add(dots, line)
		p.Legend.Add(fmt.Sprintf("%v: %.3g·x + %.3g", raw.Color(c), model.Scale, model.Offset), line)
	}
	p.Legend.Top, p.Legend.Left = true, true
	to, err := p.WriterTo(18*vg.Centimeter, 12*vg.Centimeter, format)
	if err != nil {
		return fmt.Errorf("plot noise profile: %w", err)
	}
	_, err = to.WriteTo(w)
	return err
}
