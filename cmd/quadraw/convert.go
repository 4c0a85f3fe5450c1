package main

import (
	"encoding/json"
	"fmt"
	"image"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quadraw/quadraw"
)

func (a *app) convertCommand() *cobra.Command {
	var jobs jobFlags
	var crop, preset string
	recipe := quadraw.Recipe{Product: quadraw.Picture}
	c := a.command(&cobra.Command{
		Use:   "convert INPUT... -o OUTPUT | -d DIR",
		Short: "Develop raw files into pictures",
		Long: `Develop raw files into pictures: white balance, colour, exposure, highlights,
tone curve, upright. Inputs are files, patterns, folders (-r) or '-', a list of
names on standard input. Frames of Quad Bayer sensors are binned or read at full
size, as --mode says; auto decides by the frame and says why. A .dng output holds
linear camera RGB instead of a developed picture.`,
		Example: `  quadraw convert night.dng -o night.jpg
  quadraw convert --mode full day.dng -o day.tif
  quadraw convert --zoom 2 --sharpen 0.6 day.dng -o tele.jpg
  quadraw convert -r shots -d pictures --format jpg,tif --name '{dir}/{stem}_{mode}.{ext}'
  quadraw convert -r shots -d pictures --burst auto --denoise 1
  quadraw convert -r shots -d pictures --resume
  find . -name '*.dng' | quadraw convert - -d pictures -n`,
	}, func(cmd *cobra.Command, args []string) error {
		if preset != "" {
			if err := applyPreset(cmd, preset, &recipe); err != nil {
				return err
			}
		}
		if crop != "" {
			r, err := parseCrop(crop)
			if err != nil {
				return err
			}
			recipe.Crop = r
		}
		return a.runJobs(cmd.Context(), args, &recipe, &jobs)
	})
	fs := c.Flags()
	fs.Var(newText(&recipe.Mode, "auto|bin|full"), "mode", "read cells of several pixels binned or at full size")
	fs.Float64Var(&recipe.Look.Exposure, "exposure", 0, "brighter by so many EV")
	fs.Var(newText(&recipe.Look.WhiteBalance, "as-shot|auto|K,tint|x,y"), "wb", "white balance")
	fs.Var(newText(&recipe.Look.Highlights, "clip|blend|reconstruct"), "highlights", "what becomes of light beyond saturation")
	fs.Var(newText(&recipe.Look.Curve, "standard|linear|filmic"), "curve", "tone curve")
	fs.Var(&gamutFlag{newText(&recipe.Look.Gamut, "srgb|p3|rec2020")}, "gamut", "colour space of the picture")
	fs.IntVar(&recipe.Look.Resize, "resize", 0, "scale the picture to so many pixels on its longer side")
	fs.Float64Var(&recipe.Look.Sharpen, "sharpen", 0, "amount of sharpening: 0.6 is usual, 10 the most")
	fs.Float64Var(&recipe.Zoom, "zoom", 0, "show the middle, enlarged so many times: 2 is the binned size from full-size pixels")
	fs.StringVar(&crop, "crop", "", "make only this part of the upright picture, as x,y,width,height")
	fs.StringVar(&preset, "preset", "", "a JSON file of settings; flags on the command line win")
	fs.Var(newText(&jobs.burst, "none|auto|dir"), "burst", "merge the frames of bursts: none, auto (one camera and settings, consecutive times), dir (all of a folder)")
	fs.Var(newText(&recipe.Merge.Method, "fourier|fast"), "merge-method", mergeMethodHelp)
	addMergeFlags(fs, &recipe)
	addDenoiseFlag(fs, &recipe)
	addDemosaicFlags(c, &recipe.Demosaic)
	jobs.add(c)
	return c
}

// gamutFlag prints the gamut's default by its name.
type gamutFlag struct {
	value interface {
		String() string
		Set(string) error
		Type() string
	}
}

func (g *gamutFlag) Type() string { return g.value.Type() }
func (g *gamutFlag) String() string {
	if g.value == nil || g.value.String() == "linear-camera" {
		return "srgb"
	}
	return g.value.String()
}

func (g *gamutFlag) Set(s string) error {
	switch s {
	case "srgb", "p3", "rec2020":
		return g.value.Set(s)
	}
	return fmt.Errorf("want srgb, p3 or rec2020")
}

// applyPreset reads a recipe and lays the flags of the command line over it.
func applyPreset(cmd *cobra.Command, name string, r *quadraw.Recipe) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return usagef("--preset: %w", err)
	}
	given := make(map[string]string)
	for _, flag := range []string{"mode", "exposure", "wb", "highlights", "curve", "gamut", "resize", "sharpen", "zoom", "denoise", "method", "denoise-with-demosaic"} {
		if f := cmd.Flags().Lookup(flag); f.Changed {
			given[flag] = f.Value.String()
		}
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	product := r.Product
	if err := dec.Decode(r); err != nil {
		return usagef("--preset %s: %w", name, err)
	}
	r.Product = product
	for flag, value := range given {
		if err := cmd.Flags().Set(flag, value); err != nil {
			return usagef("--%s: %w", flag, err)
		}
	}
	return nil
}

// parseCrop reads "x,y,width,height".
func parseCrop(s string) (image.Rectangle, error) {
	var v [4]int
	parts := strings.Split(s, ",")
	ok := len(parts) == len(v)
	for i := 0; ok && i < len(v); i++ {
		var err error
		v[i], err = strconv.Atoi(strings.TrimSpace(parts[i]))
		ok = err == nil && v[i] >= 0 && v[i] <= 1<<20
	}
	if !ok || v[2] == 0 || v[3] == 0 {
		return image.Rectangle{}, usagef("--crop %q: want x,y,width,height", s)
	}
	return image.Rect(v[0], v[1], v[0]+v[2], v[1]+v[3]), nil
}
