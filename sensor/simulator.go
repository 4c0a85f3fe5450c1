package sensor

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"
	"time"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

// Options say how a scene is photographed. Nil and the zero value are a
// steady HMX at its base ISO.
type Options struct {
	Sensor Sensor // zero: the preset "hmx"

	// Size of the frame in pixels; zero is the sensor's.
	Size image.Point
	// CFA other than the sensor's; Mono is the sensor's.
	CFA raw.CFA

	// ISO; 0 is the sensor's base ISO.
	ISO float64
	// Exposure is how much of saturation the brightest channel of a white
	// surface reaches; 0 is 0.7. Scenes may be brighter than white.
	Exposure float64
	// Kelvin is the colour temperature of the scene's light; 0 is D65.
	Kelvin float64
	// Blur is the standard deviation in pixels of lens, diffraction and pixel
	// together; 0 is 0.8, what a good lens leaves of a 0.8 µm pixel. Below 0
	// there is none, and scenes are sampled at points.
	Blur float64

	// Noiseless leaves out shot and read noise, but not quantisation.
	Noiseless bool
	// HotPixels is the fraction of pixels that glow, at the same places in
	// each frame of a seed; at most 1 in 64.
	HotPixels float64

	Shake   Shake
	Objects []Object

	// Seed of everything random.
	Seed uint64
	// Time of frame 0; the zero value is 2026-01-01 20:00:00 UTC. Each frame
	// is a fifteenth of a second later.
	Time time.Time
}

// Simulator photographs one scene, as often as is wanted.
type Simulator struct {
	o        Options
	view     View
	painter  Painter
	optics   *optics
	normal   *gaussian
	response response
	noise    raw.NoiseProfile
	cfa      raw.CFA
	scratch  sync.Pool // of *Light
}

// defaultExposure is what part of saturation white reaches.
const defaultExposure = 0.7

// chunk is how many pixels are painted at once: few enough for the cache.
const chunk = 512

// New prepares a scene to be photographed.
func New(scene Scene, o *Options) (*Simulator, error) {
	s := &Simulator{normal: newGaussian()}
	if o != nil {
		s.o = *o
	}
	if s.o.Sensor.Size == (image.Point{}) {
		s.o.Sensor = Presets()[0]
	}
	def := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	if s.o.Size == (image.Point{}) {
		s.o.Size = s.o.Sensor.Size
	}
	def(&s.o.ISO, s.o.Sensor.BaseISO)
	def(&s.o.Exposure, defaultExposure)
	def(&s.o.Blur, 0.8)
	s.cfa = s.o.CFA
	if s.cfa == raw.Mono {
		s.cfa = s.o.Sensor.CFA
	}
	if s.o.Time.IsZero() {
		s.o.Time = time.Date(2026, 1, 1, 20, 0, 0, 0, time.UTC)
	}
	if err := s.o.check(s.cfa); err != nil {
		return nil, err
	}
	white := colorimetry.D65()
	if s.o.Kelvin != 0 {
		white = colorimetry.Temperature{Kelvin: s.o.Kelvin}.XY()
	}
	s.response = s.o.Sensor.under(white)
	s.noise = s.o.Sensor.NoiseProfile(s.o.ISO)
	s.view = View{Size: s.o.Size, Blur: max(s.o.Blur, 0)}
	s.optics = newOptics(s.view.Blur)
	p, err := scene.Prepare(s.view)
	if err != nil {
		return nil, fmt.Errorf("prepare scene: %w", err)
	}
	s.painter = p
	s.scratch.New = func() any {
		l := new(Light)
		for c := range l {
			l[c] = make([]float32, chunk)
		}
		return l
	}
	return s, nil
}

func (o *Options) check(cfa raw.CFA) error {
	positive := func(v float64) bool { return v > 0 && !math.IsInf(v, 1) }
	switch {
	case o.Size.X <= 0 || o.Size.Y <= 0 || o.Size.X > 65535 || o.Size.Y > 65535:
		return fmt.Errorf("%w: frame of %v pixels", raw.ErrOption, o.Size)
	case !cfa.Valid():
		return fmt.Errorf("%w: %v", raw.ErrCFA, cfa)
	case !positive(o.ISO) || o.ISO < o.Sensor.BaseISO/64 || o.ISO > o.Sensor.BaseISO*65536:
		return fmt.Errorf("%w: ISO %v on a sensor of base ISO %v", raw.ErrOption, o.ISO, o.Sensor.BaseISO)
	case !positive(o.Exposure):
		return fmt.Errorf("%w: exposure %v", raw.ErrOption, o.Exposure)
	case o.Kelvin != 0 && !(o.Kelvin >= 1667 && o.Kelvin <= 100000):
		return fmt.Errorf("%w: light of %v K, want 1667 to 100000", raw.ErrOption, o.Kelvin)
	case !(o.Blur < 1000) || o.Blur != o.Blur:
		return fmt.Errorf("%w: blur of %v pixels", raw.ErrOption, o.Blur)
	case !(o.HotPixels >= 0 && o.HotPixels <= 1.0/hotBlock):
		return fmt.Errorf("%w: %v of the pixels hot, want 0 to 1/%d", raw.ErrOption, o.HotPixels, hotBlock)
	case o.Sensor.Bits < 1 || o.Sensor.Bits > 16 || !(o.Sensor.White > o.Sensor.Black) || o.Sensor.Black < 0 || o.Sensor.White > 65535 ||
		!positive(o.Sensor.FullWell) || !positive(o.Sensor.BaseISO):
		return fmt.Errorf("%w: sensor %q", raw.ErrOption, o.Sensor.Name)
	}
	return nil
}

// Pose returns where the camera points for a frame: the truth for alignment.
func (s *Simulator) Pose(frame int) Pose { return s.o.Shake.pose(s.o.Seed, frame, s.normal) }

// header returns what all frames and truths have in common.
func (s *Simulator) header(frame int, cfa raw.CFA, bits int) *raw.Header {
	h := raw.NewHeader(s.o.Size, cfa, bits)
	h.Color = s.response.profile
	h.BaselineExposure = -math.Log2(s.o.Exposure)
	c := &s.o.Sensor
	h.Capture = raw.Capture{
		Make: c.Maker, Model: c.Model + " (simulated)", UniqueCameraModel: c.Maker + " " + c.Model + " (simulated)",
		Software: "quadraw", FNumber: c.FNumber, FocalLength: c.Focal, ISO: s.o.ISO, ExposureTime: s.exposureTime(),
		DateTime: s.o.Time.Add(time.Duration(frame) * time.Second / 15).Format("2006:01:02 15:04:05"),
	}
	return h
}

// exposureTime is a fifteenth of a second as exposed by default at base ISO;
// otherwise as much more or less as light and gain ask for, so that EXIF tells
// frames of one scene apart as a camera's does.
func (s *Simulator) exposureTime() float64 {
	return s.o.Exposure / defaultExposure * s.o.Sensor.BaseISO / s.o.ISO / 15
}

// Frame returns frame i of a burst, as the camera stores it.
func (s *Simulator) Frame(i int) raw.Source {
	c := &s.o.Sensor
	h := s.header(i, s.cfa, c.Bits)
	h.Black, h.White = raw.ConstantBlack(c.Black), [3]float64{c.White, c.White, c.White}
	h.Noise = s.noise
	if s.o.Noiseless {
		h.Noise = raw.NoiseProfile{}
	}
	return &mosaicFrame{shot: s.shot(i), h: h, noisy: !s.o.Noiseless, hot: true}
}

// Burst returns n frames, hand-held if Options.Shake says so.
func (s *Simulator) Burst(n int) []raw.Source {
	out := make([]raw.Source, n)
	for i := range out {
		out[i] = s.Frame(i)
	}
	return out
}

// Truth returns what frame i would be without noise and hot pixels: a mosaic
// of 16 bits with the frame's black and white levels, times 2^(16−bits).
func (s *Simulator) Truth(i int) raw.Source {
	c := &s.o.Sensor
	h := s.header(i, s.cfa, 16)
	k := float64(uint32(1) << (16 - c.Bits))
	h.Black, h.White = raw.ConstantBlack(c.Black*k), [3]float64{c.White * k, c.White * k, c.White * k}
	return &mosaicFrame{shot: s.shot(i), h: h}
}

// TruthCamera returns what a perfect demosaicing of [Simulator.Truth] gives:
// linear camera RGB, black 0, white 65535, not white-balanced.
func (s *Simulator) TruthCamera(i int) raw.RGBSource {
	h := s.header(i, raw.Mono, 16)
	return &rgbFrame{shot: s.shot(i), h: h, camera: true}
}

// TruthSRGB returns what a perfect development with a linear curve gives: the
// scene's light, clipped to 0 to 1, in sRGB. Frames are exposed to be
// developed with their BaselineExposure.
func (s *Simulator) TruthSRGB(i int) raw.RGBSource {
	h := s.header(i, raw.Mono, 16)
	h.ColorSpace = raw.SRGB
	h.BaselineExposure = 0
	encode := newTable(func(t float64) float64 { return colorimetry.Encode(t * t) })
	return &rgbFrame{shot: s.shot(i), h: h, encode: encode}
}

// shot is one frame's geometry.
type shot struct {
	s     *Simulator
	frame int
	// The scene position of pixel (x, y)'s middle is x0 + x·cos + y·sin,
	// y0 − x·sin + y·cos.
	x0, y0, cos, sin float64
}

func (s *Simulator) shot(frame int) shot {
	p := s.Pose(frame)
	round := func(v float64) float64 { return math.Round(v*(1<<44)) / (1 << 44) }
	t := shot{s: s, frame: frame, cos: round(math.Cos(p.Angle)), sin: round(math.Sin(p.Angle))}
	cx, cy := float64(s.o.Size.X)/2, float64(s.o.Size.Y)/2
	// The inverse of the pose: R(−angle)·(q − middle − move) + middle.
	dx, dy := 0.5-cx-p.X, 0.5-cy-p.Y
	t.x0 = cx + float64(t.cos*dx) + float64(t.sin*dy)
	t.y0 = cy - float64(t.sin*dx) + float64(t.cos*dy)
	return t
}

// paint fills light with n pixels of row y from x.
func (t *shot) paint(l *Light, x, y int) {
	fy := float64(y)
	span := Span{First: x, X: t.x0 + float64(fy*t.sin), Y: t.y0 + float64(fy*t.cos), DX: t.cos, DY: -t.sin}
	t.s.painter.Paint(l, span)
	for i := range t.s.o.Objects {
		t.s.o.Objects[i].paint(l, span, t.frame, t.s.optics)
	}
}

// rows calls f for each run of at most chunk pixels of r, painted.
func (t *shot) rows(ctx context.Context, r image.Rectangle, f func(l *Light, x, y int)) error {
	full := t.s.scratch.Get().(*Light)
	defer t.s.scratch.Put(full)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		for x := r.Min.X; x < r.Max.X; x += chunk {
			n := min(chunk, r.Max.X-x)
			l := Light{full[0][:n], full[1][:n], full[2][:n]}
			t.paint(&l, x, y)
			f(&l, x, y)
		}
	}
	return nil
}
