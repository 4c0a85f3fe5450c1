package quadraw

import (
	"image"
	"math"
	"path/filepath"
	"testing"

	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

func darkFrame(t *testing.T, cfa raw.CFA) *sensor.Simulator {
	t.Helper()
	sim, err := sensor.New(sensor.Flat{.01, .01, .01}, &sensor.Options{Size: image.Pt(320, 320), CFA: cfa, ISO: 6400, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	return sim
}

// meanSignal is the mean of each plane, black 0 and white 1.
func meanSignal(t *testing.T, src raw.RGBSource) (mean [3]float64) {
	t.Helper()
	h := src.Header()
	m := raw.NewRGB(h.Bounds())
	if err := src.ReadTile(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for c, pix := range m.Pix {
		sum, black := 0.0, h.Black.At(0, 0, c)
		for _, v := range pix {
			sum += float64(v) - black
		}
		mean[c] = sum / float64(len(pix)) / (h.White[c] - black)
	}
	return mean
}

// What interpolates without denoising keeps the noise below black, or the dark
// would be too bright: at ISO 6400 by four times this light.
func TestDarkFramesKeepTheirMean(t *testing.T) {
	for _, c := range []struct {
		cfa    raw.CFA
		method demosaic.Method
		off    demosaic.Denoise
		// limit in the three colours. LMMSE and the filter banks interpolate
		// behind a curve, which leaves green too bright by a part of the noise
		// of the other two.
		limit [3]float64
	}{
		{raw.BayerRGGB, demosaic.Bilinear, 0, [3]float64{.0015, .0015, .0015}},
		{raw.BayerRGGB, demosaic.Malvar, 0, [3]float64{.0015, .0015, .0015}},
		{raw.BayerRGGB, demosaic.LMMSE, 0, [3]float64{.0015, .003, .0015}},
		{raw.BayerRGGB, demosaic.Default, demosaic.DenoiseOff, [3]float64{.0015, .007, .0015}},
		{raw.BayerRGGB, demosaic.Default, 0, [3]float64{.0015, .0015, .0015}},
		{raw.QuadRGGB, demosaic.Bilinear, 0, [3]float64{.0015, .0015, .0015}},
		{raw.QuadRGGB, demosaic.Malvar, 0, [3]float64{.0015, .0015, .0015}},
		{raw.QuadRGGB, demosaic.LMMSE, 0, [3]float64{.0015, .008, .0015}},
	} {
		sim := darkFrame(t, c.cfa)
		truth := meanSignal(t, sim.TruthCamera(0))
		r := Recipe{Mode: Full, Demosaic: DemosaicRecipe{Method: c.method, Denoise: c.off}}
		rgb, err := r.CameraRGB(t.Context(), nil, sim.Frame(0))
		if err != nil {
			t.Fatal(err)
		}
		got := meanSignal(t, rgb)
		for i := range got {
			if d := got[i] - truth[i]; !(math.Abs(d) < c.limit[i]) {
				t.Errorf("%v, %v, denoising %v: plane %d is %.4f in the mean, want %.4f", c.cfa, c.method, c.off, i, got[i], truth[i])
			}
		}
	}
}

// A picture is the same as if black lay as high as it may.
func TestPicturesLoseNothingBelowBlack(t *testing.T) {
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB} {
		frame := darkFrame(t, cfa).Frame(0)
		for _, m := range []demosaic.Method{demosaic.Bilinear, demosaic.Malvar, demosaic.LMMSE} {
			for _, profile := range []raw.NoiseProfile{frame.Header().Noise, {}} {
				h := frame.Header().Clone()
				h.Noise = profile
				src, err := raw.WithHeader(frame, h)
				if err != nil {
					t.Fatal(err)
				}
				r := Recipe{Mode: Full, Demosaic: DemosaicRecipe{Method: m}, Look: Look{Curve: develop.Linear}}
				p, err := r.Picture(t.Context(), nil, src)
				if err != nil {
					t.Fatal(err)
				}
				high, err := demosaic.New(src, &demosaic.Options{Method: m, Pedestal: mostPedestal})
				if err != nil {
					t.Fatal(err)
				}
				if high, err = r.develop(high, nil); err != nil {
					t.Fatal(err)
				}
				got, want := meanSignal(t, p), meanSignal(t, high)
				for c := range got {
					if !(math.Abs(got[c]-want[c]) < .006*want[c]) {
						t.Errorf("%v, %v, profile known %v: plane %d is %.4f in the mean, want %.4f", cfa, m, profile.Known(), c, got[c], want[c])
					}
				}
			}
		}
	}
}

// A linear DNG tells its black, and whatever is made of it is what is made of
// the mosaic.
func TestLinearFilesTellTheirBlack(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	sim := darkFrame(t, raw.BayerRGGB)
	if err := SaveMosaic(t.Context(), at("raw.dng"), sim.Frame(0), nil); err != nil {
		t.Fatal(err)
	}
	linear := Recipe{Product: CameraRGB, Demosaic: DemosaicRecipe{Method: demosaic.Malvar}}
	picture := linear
	picture.Product = Picture
	for _, c := range []struct {
		in, out string
		r       Recipe
	}{
		{"raw.dng", "linear.dng", linear},
		{"linear.dng", "again.dng", linear},
		{"raw.dng", "want.tif", linear}, {"linear.dng", "got.tif", linear},
		{"raw.dng", "want.png", picture}, {"linear.dng", "got.png", picture},
	} {
		if _, err := Convert(t.Context(), at(c.in), at(c.out), &c.r, nil); err != nil {
			t.Fatalf("%s to %s: %v", c.in, c.out, err)
		}
	}
	read := func(name string) (*raw.Header, *raw.RGB) {
		f, err := format.Open(at(name), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		src, err := f.RGB()
		if err != nil {
			t.Fatal(err)
		}
		m := raw.NewRGB(src.Header().Bounds())
		if err := src.ReadTile(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		return src.Header(), m
	}
	truth := meanSignal(t, sim.TruthCamera(0))
	for _, name := range []string{"linear.dng", "again.dng"} {
		h, m := read(name)
		src, err := raw.NewMemoryRGB(h, m)
		if err != nil {
			t.Fatal(err)
		}
		if black, constant := h.Black.Constant(); !constant || black < 9000 || black > 11000 {
			t.Errorf("%s: black %v", name, h.Black)
		}
		for c, got := range meanSignal(t, src) {
			if math.Abs(got-truth[c]) > .0015 {
				t.Errorf("%s: plane %d is %.4f in the mean, want %.4f", name, c, got, truth[c])
			}
		}
	}
	for ext, most := range map[string]int{".tif": 2, ".png": 1 << 8} {
		_, want := read("want" + ext)
		_, got := read("got" + ext)
		for c := range got.Pix {
			for i, v := range got.Pix[c] {
				if d := int(v) - int(want.Pix[c][i]); d > most || d < -most {
					t.Fatalf("%s: sample %d of plane %d is %d, want %d", ext, i, c, v, want.Pix[c][i])
				}
			}
		}
	}
}

func TestPedestalFollowsTheNoise(t *testing.T) {
	model := func(read float64) raw.NoiseProfile {
		m := raw.NoiseModel{Scale: 1e-4, Offset: read * read}
		return raw.NoiseProfile{{Scale: 1e-4}, m, {Scale: 1e-4}}
	}
	for _, c := range []struct {
		black, white float64
		noise        raw.NoiseProfile
		want         uint16
	}{
		{64, 1023, model(.001), 1024},
		{64, 1023, model(.01), 2622},
		{0, 1023, model(.01), 2622},
		{64, 1023, model(.2), 16384},
		{64, 1023, raw.NoiseProfile{}, 4374}, // not known: all there is
		{0, 1023, raw.NoiseProfile{}, 1024},
		{900, 1023, raw.NoiseProfile{}, 16384},
	} {
		h := raw.NewHeader(image.Pt(8, 8), raw.BayerRGGB, 10)
		h.Black, h.White, h.Noise = raw.ConstantBlack(c.black), [3]float64{c.white, c.white, c.white}, c.noise
		if got := pedestal(h); got != c.want {
			t.Errorf("black %v, white %v, noise %v: %d, want %d", c.black, c.white, c.noise, got, c.want)
		}
	}
}
