package bench

import (
	"context"
	"fmt"
	"image"
	"math"

	"golang.org/x/image/draw"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
	"github.com/quadraw/quadraw/tile"
)

// Crossover is a point of the question behind the command's mode auto: is a
// noisy Quad Bayer frame better binned or read at full size? PSNR in dB of the
// developed picture (linear curve, sRGB) against the scene.
type Crossover struct {
	Scene  string  `json:"scene"`
	Method string  `json:"method"`
	ISO    float64 `json:"iso"`
	// Sigma is the noise of the frame at middle gray (0.18) in the
	// square-root domain, in steps of 1/255 of white.
	Sigma float64 `json:"sigma"`
	// FullAtFull and BinAtFull compare at the sensor's size, the binned
	// picture being scaled up (Catmull–Rom); FullAtBin and BinAtBin at the
	// binned size, the full picture being averaged in linear light.
	FullAtFull float64 `json:"full_at_full"`
	BinAtFull  float64 `json:"bin_at_full"`
	FullAtBin  float64 `json:"full_at_bin"`
	BinAtBin   float64 `json:"bin_at_bin"`
}

// SquareRootSigma returns the noise that a frame with this profile has at the
// normalised signal x, in the square-root domain, in steps of 1/255 of white:
// the derivative of √x is 1/(2√x).
func SquareRootSigma(p raw.NoiseProfile, x float64) float64 {
	return 255 * math.Sqrt(p.Variance(raw.Green, x)) / (2 * math.Sqrt(x))
}

const crossoverSide = 768

// measureCrossover photographs scenes at growing ISO and develops each frame
// both ways.
func (r *Report) measureCrossover(ctx context.Context, o *Options, say func(string)) error {
	scenes := []struct {
		name  string
		scene sensor.Scene
	}{{"texture", sensor.Texture{Seed: 5}}, {"star", sensor.SiemensStar{}}, {"text", sensor.Text{}}, {"night", sensor.Night{}}}
	methods := []demosaic.Method{demosaic.Fast, demosaic.Default, demosaic.Best}
	isos := []float64{50, 100, 200, 400, 800, 1600, 3200, 6400, 12800}
	if o.Quick {
		scenes, methods, isos = scenes[:1], methods[1:2], []float64{100, 800, 6400}
	}
	for _, s := range scenes {
		for _, iso := range isos {
			say(fmt.Sprintf("bin or full: %s at ISO %.0f", s.name, iso))
			sim, err := sensor.New(s.scene, &sensor.Options{Size: image.Pt(crossoverSide, crossoverSide), CFA: raw.QuadRGGB, ISO: iso, Seed: 9})
			if err != nil {
				return err
			}
			truth, err := memoryRGB(ctx, sim.TruthSRGB(0))
			if err != nil {
				return err
			}
			for _, m := range methods {
				p, err := crossoverPoint(ctx, sim.Frame(0), truth, m)
				if err != nil {
					return fmt.Errorf("bin or full: %s at ISO %.0f: %w", s.name, iso, err)
				}
				p.Scene, p.ISO = s.name, iso
				r.Crossover = append(r.Crossover, p)
			}
		}
	}
	return nil
}

func crossoverPoint(ctx context.Context, frame raw.Source, truth *raw.RGB, m demosaic.Method) (Crossover, error) {
	c := Crossover{Method: m.String(), Sigma: SquareRootSigma(frame.Header().Noise, 0.18)}
	full, err := developed(ctx, frame, m)
	if err != nil {
		return c, err
	}
	half, err := binning.New(frame, nil)
	if err != nil {
		return c, err
	}
	binned, err := developed(ctx, half, m)
	if err != nil {
		return c, err
	}
	small := halved(truth)
	c.FullAtFull, c.BinAtFull = psnr(full, truth), psnr(doubled(binned), truth)
	c.FullAtBin, c.BinAtBin = psnr(halved(full), small), psnr(binned, small)
	return c, nil
}

// developed takes a mosaic to sRGB with a linear curve.
func developed(ctx context.Context, src raw.Source, m demosaic.Method) (*raw.RGB, error) {
	camera, err := demosaic.New(src, &demosaic.Options{Method: m, Pedestal: 2048})
	if err != nil {
		return nil, err
	}
	picture, err := develop.New(camera, &develop.Options{Curve: develop.Linear})
	if err != nil {
		return nil, err
	}
	return memoryRGB(ctx, picture)
}

func memoryRGB(ctx context.Context, src raw.RGBSource) (*raw.RGB, error) {
	m := raw.NewRGB(src.Header().Bounds())
	plan, err := tile.NewPlan(tile.Work{Bounds: m.Rect, BytesPerPixel: 12}, nil)
	if err != nil {
		return nil, err
	}
	return m, pullRGB(ctx, src, m, plan)
}

// halved averages 2×2 pixels in linear light.
func halved(p *raw.RGB) *raw.RGB {
	out := raw.NewRGB(image.Rectangle{Max: p.Rect.Size().Div(2)})
	for c := range p.Pix {
		for y := range out.Rect.Dy() {
			a, b := p.Row(raw.Color(c), 2*y), p.Row(raw.Color(c), 2*y+1)
			row := out.Row(raw.Color(c), y)
			for x := range row {
				sum := 0.0
				for _, v := range [4]uint16{a[2*x], a[2*x+1], b[2*x], b[2*x+1]} {
					sum += toLinear(float64(v) / 65535)
				}
				row[x] = uint16(math.Round(fromLinear(sum/4) * 65535))
			}
		}
	}
	return out
}

// doubled scales up by Catmull–Rom, as a viewer would.
func doubled(p *raw.RGB) *raw.RGB {
	big := image.NewRGBA64(image.Rectangle{Max: p.Rect.Size().Mul(2)})
	draw.CatmullRom.Scale(big, big.Rect, p, p.Rect, draw.Src, nil)
	out := raw.NewRGB(big.Rect)
	for y := range big.Rect.Dy() {
		for x := range big.Rect.Dx() {
			v := big.RGBA64At(x, y)
			i := y*out.Stride + x
			out.Pix[0][i], out.Pix[1][i], out.Pix[2][i] = v.R, v.G, v.B
		}
	}
	return out
}

// psnr over all samples, a border of 16 pixels left out.
func psnr(a, b *raw.RGB) float64 {
	const border = 16
	sum, n := 0.0, 0
	r := a.Rect.Inset(border)
	for c := raw.Red; c <= raw.Blue; c++ {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			p, q := a.Row(c, y), b.Row(c, y)
			for x := r.Min.X; x < r.Max.X; x++ {
				d := (float64(p[x]) - float64(q[x])) / 65535
				sum += d * d
				n++
			}
		}
	}
	return -10 * math.Log10(sum/float64(n))
}
