package bench

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"math"

	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// burstConditions are the rows of the burst table. Scene A is sharp to the
// pixel, B as soft as a lens leaves very small pixels.
var burstConditions = [...]struct {
	name   string
	soft   bool
	iso    int
	shake  bool
	movers bool
}{
	{"B hand-held ISO 1600", true, 1600, true, false},
	{"B hand-held ISO 400", true, 400, true, false},
	{"B moving ISO 1600", true, 1600, true, true},
	{"A hand-held ISO 1600", false, 1600, true, false},
	{"A static ISO 1600", false, 1600, false, false},
}

// burstSensor is the 12-bit sensor of the burst table: its noise at its base
// ISO is the table's (variance = Scale·x + Offset).
func burstSensor(iso int) sensor.Sensor {
	model := raw.NoiseModel{Scale: 5.2e-3, Offset: 1.1e-3}
	if iso == 400 {
		model = raw.NoiseModel{Scale: 1.3e-3, Offset: 6.9e-5}
	}
	s := sensor.Sensor{
		Name: "burst", Size: image.Pt(4000, 3000), CFA: raw.BayerRGGB, Bits: 12, Black: 256, White: 4095, BaseISO: float64(iso),
		FullWell: 1 / model.Scale, Neutral: [3]float64{0.5, 1, 0.6}, Crosstalk: raw.Matrix{1, 0, 0, 0, 1, 0, 0, 0, 1},
		PixelPitch: 1.6, FNumber: 1.8, Focal: 6,
	}
	step := 1 / (s.White - s.Black)
	s.ReadNoise.Pixel = math.Sqrt(model.Offset-step*step/12) * s.FullWell
	return s
}

// burstLength is how many frames a burst of the table has.
const burstLength = 8

// burstQuality simulates bursts and gives the PSNR of a single frame, of the
// merged one and of that denoised, and how far estimated noise profiles are
// off.
func (r *Report) burstQuality(ctx context.Context, o *Options, pictures []*raw.RGB, say func(string)) error {
	size := image.Pt(2048, 1536)
	if o.Quick {
		size = image.Pt(1024, 768)
	}
	for _, b := range burstConditions {
		say("burst: " + b.name)
		opt := &sensor.Options{Sensor: burstSensor(b.iso), Size: size, Exposure: 0.8, Blur: -1, Seed: 1}
		if b.shake {
			opt.Shake = sensor.Shake{Step: 2.2, Angle: 1.2e-4}
		}
		if b.movers {
			for i := range 5 {
				a := float64(i) * 2.4
				opt.Objects = append(opt.Objects, sensor.Object{
					X: float64(size.X) * (0.1 + 0.19*float64(i)), Y: float64(size.Y) * (0.25 + 0.13*float64(i)),
					VX: float64(3+i) * math.Cos(a), VY: float64(3+i) * math.Sin(a),
					Radius: float64(size.X) / 40, Color: [3]float32{0.5, 0.35, 0.2}, Stripes: 5,
				})
			}
		}
		sim, err := sensor.New(burstScene(o, pictures, b.soft), opt)
		if err != nil {
			return fmt.Errorf("burst: %s: %w", b.name, err)
		}
		if err := r.burstRow(ctx, b.name, sim, !b.movers && b.shake); err != nil {
			return fmt.Errorf("burst: %s: %w", b.name, err)
		}
	}
	return nil
}

func (r *Report) burstRow(ctx context.Context, name string, sim *sensor.Simulator, profile bool) error {
	var frames []raw.Source
	for _, f := range append(sim.Burst(burstLength), sim.Truth(0)) {
		m, err := memoryMosaic(ctx, f)
		if err != nil {
			return err
		}
		frames = append(frames, m)
	}
	truth := frames[burstLength]
	frames = frames[:burstLength]
	merged, _, err := noise.Merge(ctx, frames, &noise.MergeOptions{Reference: 1})
	if err != nil {
		return err
	}
	clean, err := noise.Denoise(merged, nil)
	if err != nil {
		return err
	}
	for _, v := range []struct {
		method string
		src    raw.Source
	}{{"single frame", frames[0]}, {"merged", merged}, {"merged and denoised", clean}} {
		c, err := quality.CompareMosaics(ctx, v.src, truth, &quality.Options{Border: 64, NoSSIM: true})
		if err != nil {
			return err
		}
		r.Quality = append(r.Quality, Quality{Test: "Burst " + name, Method: v.method, Value: c.Total, Unit: "dB", Images: burstLength})
	}
	if !profile {
		return nil
	}
	for _, n := range []int{1, burstLength} {
		e, err := noise.Estimate(ctx, frames[:n], nil)
		if err != nil {
			return err
		}
		off, err := profileError(ctx, e.Profile, frames[0].Header().Noise, truth)
		if err != nil {
			return err
		}
		method := "burst"
		if n == 1 {
			method = "single frame"
		}
		r.Quality = append(r.Quality, Quality{Test: "Noise profile error " + name, Method: method, Value: 100 * off, Unit: "%", Images: n})
	}
	return nil
}

// profileError is the mean relative error of the variance of green over the
// signals that the scene holds.
func profileError(ctx context.Context, got, want raw.NoiseProfile, truth raw.Source) (float64, error) {
	h := truth.Header()
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	if err := truth.ReadTile(ctx, m); err != nil {
		return 0, err
	}
	black, _ := h.Black.Constant()
	sum, n := 0.0, 0
	for y := 0; y < h.Size.Y; y += 3 {
		for x, v := range m.Row(y) {
			if h.CFA.ColorAt(x, y) == raw.Green {
				s := (float64(v) - black) / (h.White[raw.Green] - black)
				sum += math.Abs(got.Variance(raw.Green, s)/want.Variance(raw.Green, s) - 1)
				n++
			}
		}
	}
	return sum / float64(n), nil
}

// burstScene is a wall of pictures, each pixel one of the sensor's, or at twice
// the size; without a folder of pictures it is a simulated scene.
func burstScene(o *Options, pictures []*raw.RGB, soft bool) sensor.Scene {
	if o.Images == "" {
		if soft {
			return sensor.Night{Seed: 4}
		}
		return sensor.Texture{Seed: 4}
	}
	first, across, down, scale := 17, 3, 4, 1.0
	if soft {
		first, across, down, scale = 5, 2, 2, 2
	}
	var wide []*raw.RGB
	for _, p := range pictures {
		if p.Rect.Dx() > p.Rect.Dy() {
			wide = append(wide, p)
		}
	}
	if len(wide) == 0 {
		wide = pictures
	}
	cell := wide[0].Rect.Size()
	wall := image.NewRGBA64(image.Rect(0, 0, across*cell.X, down*cell.Y))
	for i := range across * down {
		at := image.Pt(i%across*cell.X, i/across*cell.Y)
		p := wide[(first+i)%len(wide)]
		draw.Draw(wall, image.Rectangle{Min: at, Max: at.Add(cell)}, p, p.Rect.Min, draw.Src)
	}
	return sensor.Picture{Image: wall, Scale: scale}
}
