package demo

import (
	"context"
	"fmt"
	"image"
	"path/filepath"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// Options say how large and how dark; the zero value is a whole 108 MP frame.
type Options struct {
	// Size of the frame; zero is the sensor's.
	Size image.Point
	// ISO; 0 is 1600.
	ISO float64
	// Run says how the steps are run.
	Run quadraw.Options
	// Step, if set, wraps every step: it is told what is made from how many
	// pixels, and calls work once, with a callback for its progress.
	Step func(name, what string, pixels int64, work func(progress func(done, total int64)) error) error
}

// Run makes the demonstration in the folder dir, which exists.
func Run(ctx context.Context, dir string, o *Options) error {
	d := &demo{o: *o, dir: dir}
	if d.o.ISO == 0 {
		d.o.ISO = 1600
	}
	if d.o.Step == nil {
		d.o.Step = func(_, _ string, _ int64, work func(func(done, total int64)) error) error { return work(nil) }
	}
	return d.run(ctx)
}

type demo struct {
	o   Options
	dir string
}

func (d *demo) run(ctx context.Context) error {
	sim, err := sensor.New(sensor.Night{Seed: 108}, &sensor.Options{Size: d.o.Size, ISO: d.o.ISO, Seed: 108, Exposure: 0.6, Kelvin: 4200})
	if err != nil {
		return err
	}
	frame := sim.Frame(0)
	h := frame.Header()
	pixels := int64(h.Size.X) * int64(h.Size.Y)
	small := pixels / 4

	const raws, binned, quarter, full = "night.dng", "night-binned.dng", "night-binned.jpg", "night-full.jpg"
	err = d.step(raws, fmt.Sprintf("simulated %v frame at ISO %.0f", h.CFA, d.o.ISO), pixels, func(run *quadraw.Options) error {
		return quadraw.SaveMosaic(ctx, d.path(raws), frame, run)
	})
	if err != nil {
		return err
	}
	for _, c := range []struct {
		in, out, what string
		pixels        int64
		recipe        quadraw.Recipe
	}{
		{raws, binned, "binned 4-in-1 to Bayer", pixels, quadraw.Recipe{Product: quadraw.Mosaic, Mode: quadraw.Bin}},
		{binned, quarter, "the binned frame developed", small, quadraw.Recipe{}},
		{raws, full, "developed at full size", pixels, quadraw.Recipe{Mode: quadraw.Full}},
	} {
		if err := d.step(c.out, c.what, c.pixels, func(run *quadraw.Options) error {
			_, err := quadraw.Convert(ctx, d.path(c.in), d.path(c.out), &c.recipe, run)
			return err
		}); err != nil {
			return err
		}
	}
	return d.step("crops.png", "crops side by side: binned, full size", 0, func(run *quadraw.Options) error {
		return d.crops(ctx, frame, "crops.png", run)
	})
}

func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

func (d *demo) step(name, what string, pixels int64, work func(run *quadraw.Options) error) error {
	return d.o.Step(name, what, pixels, func(progress func(done, total int64)) error {
		run := d.o.Run
		run.Progress = progress
		return work(&run)
	})
}

// crops puts the same parts of both pictures side by side at one scale: the
// middle of the star, small print, the hub of the wheel, patches of the chart.
func (d *demo) crops(ctx context.Context, frame raw.Source, name string, run *quadraw.Options) error {
	const width, height = 560, 380 // of a crop, in pixels of the full-size picture
	size := frame.Header().Size
	w, h := min(width, size.X/4)&^1, min(height, size.Y/4)&^1
	sheet := newSheet(w, h)
	for _, middle := range [][2]float64{{0.666, 0.8}, {0.742, 0.835}, {0.2, 0.415}, {0.3, 0.765}} {
		// On even pixels, so that both crops show the same.
		x, y := int(middle[0]*float64(size.X)-float64(w)/2)&^1, int(middle[1]*float64(size.Y)-float64(h)/2)&^1
		x, y = max(0, min(x, size.X-w)), max(0, min(y, size.Y-h))
		r := image.Rect(x, y, x+w, y+h)
		half := image.Rectangle{Min: r.Min.Div(2), Max: r.Max.Div(2)}
		left, err := picture(ctx, frame, &quadraw.Recipe{Mode: quadraw.Bin, Crop: half}, run)
		if err != nil {
			return err
		}
		right, err := picture(ctx, frame, &quadraw.Recipe{Mode: quadraw.Full, Crop: r}, run)
		if err != nil {
			return err
		}
		sheet.add(left, right)
	}
	src, err := sheet.source()
	if err != nil {
		return err
	}
	return quadraw.SaveRGB(ctx, d.path(name), src, run)
}

func picture(ctx context.Context, src raw.Source, r *quadraw.Recipe, run *quadraw.Options) (*raw.RGB, error) {
	p, err := r.Picture(ctx, run, src)
	if err != nil {
		return nil, err
	}
	m := raw.NewRGB(p.Header().Bounds())
	return m, p.ReadTile(ctx, m)
}
