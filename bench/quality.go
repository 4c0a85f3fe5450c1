package bench

import (
	"context"
	"fmt"
	"image"
	_ "image/png" // pictures of the quality bench
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
	"github.com/quadraw/quadraw/tile"
)

// Quality is one figure of the quality bench.
type Quality struct {
	Test   string  `json:"test"`
	Method string  `json:"method"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Images int     `json:"images"`
	// Stage is the timed stage of the same method, for the plot of quality
	// over speed; empty if there is none.
	Stage string `json:"stage,omitempty"`
}

// linearWhite is the white level of the quality bench's mosaics: 14 bits of
// linear light, as a good sensor delivers.
const linearWhite = 1<<14 - 1

// measureQuality demosaics pictures whose truth is known. Each is taken as
// sRGB, made linear, filtered and quantised to 14 bits; the result is encoded
// as sRGB again and compared by CPSNR, without a border of 10 pixels.
func (r *Report) measureQuality(ctx context.Context, o *Options, say func(string)) error {
	pictures, err := qualityPictures(ctx, o)
	if err != nil {
		return err
	}
	for _, array := range []struct {
		name string
		cfa  raw.CFA
		m    []demosaic.Method
	}{
		{"Bayer", raw.BayerRGGB, []demosaic.Method{demosaic.Bilinear, demosaic.Malvar, demosaic.LMMSE, demosaic.Fast, demosaic.Default, demosaic.Best}},
		{"Quad", raw.QuadRGGB, []demosaic.Method{demosaic.Bilinear, demosaic.Fast, demosaic.Default, demosaic.Best}},
	} {
		for _, m := range array.m {
			say(fmt.Sprintf("quality of %s %s", array.name, m))
			sum := 0.0
			for _, p := range pictures {
				v, err := cpsnr(ctx, p, array.cfa, m)
				if err != nil {
					return fmt.Errorf("quality of %s %s: %w", array.name, m, err)
				}
				sum += v
			}
			q := Quality{Test: array.name + " CPSNR", Method: m.String(), Value: sum / float64(len(pictures)), Unit: "dB", Images: len(pictures)}
			if array.cfa != raw.QuadRGGB || m >= demosaic.Fast {
				q.Stage = "demosaic/" + cellName(array.cfa) + "/" + m.String()
			}
			r.Quality = append(r.Quality, q)
		}
	}
	return nil
}

func cellName(c raw.CFA) string {
	if c.Cell() == 2 {
		return "quad"
	}
	return "bayer"
}

// qualityPictures are the PNG files of o.Images, or simulated scenes.
func qualityPictures(ctx context.Context, o *Options) ([]*raw.RGB, error) {
	if o.Images == "" {
		return simulatedPictures(ctx)
	}
	names, err := filepath.Glob(filepath.Join(o.Images, "*.png"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	if o.Quick && len(names) > 3 {
		names = names[:3]
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no PNG files in %s", o.Images)
	}
	var out []*raw.RGB
	for _, n := range names {
		p, err := readPicture(n)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", n, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func readPicture(name string) (*raw.RGB, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, err
	}
	// Whole periods of every array, as the literature's protocol has it.
	b := img.Bounds()
	p := raw.NewRGB(image.Rect(0, 0, b.Dx()&^3, b.Dy()&^3))
	for y := range p.Rect.Dy() {
		for x := range p.Rect.Dx() {
			red, green, blue, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			i := y*p.Stride + x
			p.Pix[0][i], p.Pix[1][i], p.Pix[2][i] = uint16(red), uint16(green), uint16(blue)
		}
	}
	return p, nil
}

// simulatedPictures are scenes of the simulator in sRGB: what can be measured
// where there are no photographs.
func simulatedPictures(ctx context.Context) ([]*raw.RGB, error) {
	var out []*raw.RGB
	for i, scene := range []sensor.Scene{sensor.Texture{Seed: 3}, sensor.Night{}, sensor.Chart{}} {
		sim, err := sensor.New(scene, &sensor.Options{Size: image.Pt(768, 512), CFA: raw.BayerRGGB, Blur: 0.6, Seed: uint64(i)})
		if err != nil {
			return nil, err
		}
		p := raw.NewRGB(image.Rect(0, 0, 768, 512))
		if err := sim.TruthSRGB(0).ReadTile(ctx, p); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// cpsnr demosaics picture p seen through cfa and returns the CPSNR in dB.
func cpsnr(ctx context.Context, p *raw.RGB, cfa raw.CFA, m demosaic.Method) (float64, error) {
	h := raw.NewHeader(p.Rect.Size(), cfa, 14)
	h.Color.AsShotNeutral = [3]float64{1, 1, 1}
	mosaic := raw.NewMosaic(h.Bounds(), cfa)
	for y := range p.Rect.Dy() {
		for x := range p.Rect.Dx() {
			v := float64(p.Pix[cfa.ColorAt(x, y)][y*p.Stride+x]) / 65535
			mosaic.Pix[y*mosaic.Stride+x] = uint16(math.Round(toLinear(v) * linearWhite))
		}
	}
	got := raw.NewRGB(h.Bounds())
	if err := demosaic.Demosaic(ctx, got, mosaic, h, &demosaic.Options{Method: m, Denoise: demosaic.DenoiseOff, Tiles: tile.Options{Workers: 1}}); err != nil {
		return 0, err
	}
	for c := range got.Pix {
		for i, v := range got.Pix[c] {
			got.Pix[c][i] = uint16(math.Round(fromLinear(float64(v)/65535) * 65535))
		}
	}
	return quality.CPSNRPictures(p, got)
}

// toLinear and fromLinear are the transfer function of IEC 61966-2-1.
func toLinear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func fromLinear(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}
