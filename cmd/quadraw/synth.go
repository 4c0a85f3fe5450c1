package main

import (
	"context"
	"fmt"
	"image"
	_ "image/jpeg" // scenes of pictures
	_ "image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// synthFlags say what to photograph, with what, and how.
type synthFlags struct {
	sensor, scene, size, cfa string
	truth                    string
	frames                   int
	overwrite                bool
	compression              format.Compression
	o                        sensor.Options
	output                   string
}

// scenes are the procedural scenes by name; any other name is a picture's file.
func scenes(seed uint64) map[string]sensor.Scene {
	return map[string]sensor.Scene{
		"texture": sensor.Texture{Seed: seed}, "chart": sensor.Chart{}, "star": sensor.SiemensStar{}, "zoneplate": sensor.ZonePlate{},
		"edge": sensor.SlantedEdge{}, "gray": sensor.Flat{0.18, 0.18, 0.18}, "night": sensor.Night{Seed: seed}, "text": sensor.Text{},
	}
}

func sceneNames() string {
	var names []string
	for name := range scenes(0) {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (a *app) synthCommand() *cobra.Command {
	var f synthFlags
	c := a.command(&cobra.Command{
		Use:   "synth -o OUTPUT",
		Short: "Simulate a raw frame or a burst of a known sensor, with its noise-free truth",
		Long: `Simulate what a sensor stores of a scene: lens blur, colour filters, shot and
read noise, black level, clipping and quantisation. The same seed gives the same
bytes on every machine. With --frames, a burst is written into files numbered
before the extension. Outputs are .dng or .pgm; --truth is the noise-free mosaic
(.dng, .pgm) or the linear sRGB picture (.tif, .png).`,
		Example: `  quadraw synth --sensor hmx --scene texture --iso 3200 -o night.dng
  quadraw synth --scene chart --size 2000x1500 -o chart.dng --truth chart.tif
  quadraw synth --frames 8 --shake 3 --size 4000x3000 --iso 6400 -o burst.dng`,
		Args: cobra.NoArgs,
	}, func(cmd *cobra.Command, _ []string) error { return a.synth(cmd.Context(), &f) })
	fs := c.Flags()
	fs.StringVarP(&f.output, "output", "o", "", "the output file")
	fs.StringVar(&f.truth, "truth", "", "write the noise-free truth of the first frame to this file")
	fs.StringVar(&f.sensor, "sensor", "hmx", "the sensor: "+strings.Join(sensorNames(), ", "))
	fs.StringVar(&f.scene, "scene", "texture", "the scene: "+sceneNames()+", or a PNG or JPEG file")
	fs.StringVar(&f.size, "size", "", "size of the frame, as 4000x3000 (default: the sensor's)")
	fs.StringVar(&f.cfa, "cfa", "", "another colour filter array than the sensor's")
	fs.Float64Var(&f.o.ISO, "iso", 0, "sensitivity (default: the sensor's base ISO)")
	fs.Float64Var(&f.o.Exposure, "exposure", 0, "what part of saturation a white surface reaches (default 0.7)")
	fs.Float64Var(&f.o.Kelvin, "kelvin", 0, "colour temperature of the light (default: D65)")
	fs.Float64Var(&f.o.Blur, "blur", 0, "blur of lens and pixel in pixels (default 0.8, below 0 none)")
	fs.BoolVar(&f.o.Noiseless, "noiseless", false, "leave out shot and read noise")
	fs.Float64Var(&f.o.HotPixels, "hot-pixels", 0, "part of the pixels that are hot")
	fs.IntVar(&f.frames, "frames", 1, "frames of a burst")
	fs.Float64Var(&f.o.Shake.Step, "shake", 0, "hand-shake from frame to frame in pixels")
	fs.Uint64Var(&f.o.Seed, "seed", 0, "seed of everything random")
	fs.Var(newText(&f.compression, "auto|none|ljpeg|deflate"), "compression", "how samples are stored")
	fs.BoolVar(&f.overwrite, "overwrite", false, "replace outputs that are there already")
	return c
}

func sensorNames() []string {
	var names []string
	for _, s := range sensor.Presets() {
		names = append(names, s.Name)
	}
	return names
}

func (a *app) synth(ctx context.Context, f *synthFlags) error {
	if f.output == "" {
		return usagef("no output: name a file with -o")
	}
	if f.frames < 1 {
		return usagef("--frames %d is below 1", f.frames)
	}
	sim, err := f.simulator()
	if err != nil {
		return err
	}
	o := a.options()
	o.Output.Compression = f.compression
	if f.overwrite {
		o.Existing = quadraw.Overwrite
	}
	for i := range f.frames {
		name := f.output
		if f.frames > 1 {
			ext := filepath.Ext(name)
			name = fmt.Sprintf("%s-%03d%s", strings.TrimSuffix(name, ext), i, ext)
		}
		if err := a.saveSimulated(name, o, sim.Frame(i).Header().Size, func(o *quadraw.Options) error {
			return quadraw.SaveMosaic(ctx, name, sim.Frame(i), o)
		}); err != nil {
			return err
		}
	}
	if f.truth == "" {
		return nil
	}
	return a.saveSimulated(f.truth, o, sim.Truth(0).Header().Size, func(o *quadraw.Options) error {
		switch strings.ToLower(filepath.Ext(f.truth)) {
		case ".dng", ".pgm":
			return quadraw.SaveMosaic(ctx, f.truth, sim.Truth(0), o)
		}
		return quadraw.SaveRGB(ctx, f.truth, sim.TruthSRGB(0), o)
	})
}

// saveSimulated runs save with a bar and says what it wrote.
func (a *app) saveSimulated(name string, o quadraw.Options, size image.Point, save func(o *quadraw.Options) error) error {
	job := quadraw.Job{Inputs: []string{name}, Outputs: []string{name}}
	b := a.newBoard([]quadraw.Job{job})
	b.quiet = true
	b.started(0)
	o.Progress = func(done, total int64) { b.progress(0, done, total) }
	start := time.Now()
	err := save(&o)
	b.ended(0, &quadraw.Result{}, err)
	b.close()
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	mp := float64(size.X) * float64(size.Y) / 1e6
	if a.common.json {
		return a.printJSON(map[string]any{"output": name, "size": size, "seconds": seconds})
	}
	if !a.common.quiet {
		fmt.Fprintf(a.stderr, "%s  %d×%d  %.2f s, %.0f MP/s\n", name, size.X, size.Y, seconds, mp/seconds)
	}
	return nil
}

func (f *synthFlags) simulator() (*sensor.Simulator, error) {
	var err error
	if f.o.Sensor, err = sensor.Lookup(f.sensor); err != nil {
		return nil, usagef("--sensor: %w", err)
	}
	if f.size != "" {
		if f.o.Size, err = parseSize(f.size); err != nil {
			return nil, usagef("--size: %w", err)
		}
	}
	if f.cfa != "" {
		if f.o.CFA, err = raw.ParseCFA(f.cfa); err != nil {
			return nil, usagef("--cfa: %w", err)
		}
		if f.o.CFA == raw.Mono {
			return nil, usagef("--cfa mono: only sensors with colour filters are simulated")
		}
	}
	scene, ok := scenes(f.o.Seed)[f.scene]
	if !ok {
		if scene, err = pictureScene(f.scene); err != nil {
			return nil, err
		}
	}
	sim, err := sensor.New(scene, &f.o)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return sim, nil
}

func pictureScene(name string) (sensor.Scene, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, usagef("--scene: %q is neither a scene (%s) nor a picture's file", name, sceneNames())
	}
	defer file.Close()
	img, _, err := image.Decode(file)
	if err != nil {
		return nil, &quadraw.InputError{Name: name, Err: err}
	}
	return sensor.Picture{Image: img}, nil
}

// parseSize reads "4000x3000".
func parseSize(s string) (image.Point, error) {
	w, h, ok := strings.Cut(strings.ToLower(strings.ReplaceAll(s, "×", "x")), "x")
	x, errX := strconv.Atoi(w)
	y, errY := strconv.Atoi(h)
	if !ok || errX != nil || errY != nil || x < 1 || y < 1 {
		return image.Point{}, fmt.Errorf("%q is not a size such as 4000x3000", s)
	}
	return image.Pt(x, y), nil
}
