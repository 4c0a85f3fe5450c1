package noise_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// small is a burst of a drawn scene that tests can afford.
func small(t testing.TB, cfa raw.CFA, n int, model raw.NoiseModel, poses []pose) *burst {
	t.Helper()
	s := drawn(700, 600, 5)
	return take(t, s, &burstSpec{size: image.Pt(512, 384), origin: image.Pt(90, 100), cfa: cfa, bits: 12, poses: poses[:n], noise: model, seed: 2})
}

func merge(t testing.TB, frames []raw.Source, o *noise.MergeOptions) (raw.Source, *noise.MergeReport) {
	t.Helper()
	src, report, err := noise.Merge(t.Context(), frames, o)
	if err != nil {
		t.Fatal(err)
	}
	return src, report
}

// TestStaticBurstGainsLikeAMean holds bursts of a tripod, of a flat field and
// of texture, to the gain of a plain mean.
func TestStaticBurstGainsLikeAMean(t *testing.T) {
	flat := newScene(700, 600)
	for c := range flat.pix {
		for i := range flat.pix[c] {
			flat.pix[c][i] = .3
		}
	}
	// No deep shadows: noise that is clipped at zero biases a mean, too.
	textured := drawn(700, 600, 5)
	for c := range textured.pix {
		for i, v := range textured.pix[c] {
			textured.pix[c][i] = .08 + .9*v
		}
	}
	for name, s := range map[string]*scene{"flat": flat, "textured": textured} {
		b := take(t, s, &burstSpec{size: image.Pt(512, 384), origin: image.Pt(90, 100), cfa: raw.BayerGRBG, bits: 12, poses: static(16), noise: iso1600, seed: 3})
		single := psnr(t, b.frames[0], b.truth, 16)
		for _, n := range []int{2, 3, 5, 8, 16} {
			src, _ := merge(t, b.frames[:n], &noise.MergeOptions{Reference: 1})
			gain := psnr(t, src, b.truth, 16) - single
			want := 10*math.Log10(float64(n)) - .1
			t.Logf("%s, %d frames: gain %.2f dB, want %.2f", name, n, gain, want)
			if gain < want {
				t.Errorf("%s, %d frames: gain %.2f dB, want %.2f", name, n, gain, want)
			}
		}
	}
}

// TestHandheldBursts checks gain, shifts and header for every CFA that merges.
func TestHandheldBursts(t *testing.T) {
	poses := handheld(6, 7)
	for _, c := range []struct {
		cfa  raw.CFA
		gain float64
	}{{raw.BayerRGGB, 6.3}, {raw.BayerGBRG, 6.3}, {raw.QuadRGGB, 5.5}, {raw.QuadGRBG.Shift(1, 1), 5.5}, {raw.Mono, 6}} {
		b := small(t, c.cfa, 6, iso1600, poses)
		src, report := merge(t, b.frames, &noise.MergeOptions{Reference: 1})
		gain := psnr(t, src, b.truth, 16) - psnr(t, b.frames[0], b.truth, 16)
		t.Logf("%v: gain %.2f dB, report says %.2f", c.cfa, gain, report.GainDB)
		if gain < c.gain {
			t.Errorf("%v: gain %.2f dB, want %.1f", c.cfa, gain, c.gain)
		}
		h := src.Header()
		if h.CFA != c.cfa || h.BitsPerSample != 16 || h.Capture.Frames != 6 || !h.Noise.Known() {
			t.Errorf("%v: header %v, %d bits, %d frames, noise %v", c.cfa, h.CFA, h.BitsPerSample, h.Capture.Frames, h.Noise)
		}
		report.Update()
		sure := report.Confidence()
		if g := sure.Bounds().Size(); g != image.Pt(33, 25) {
			t.Errorf("%v: confidence of %v", c.cfa, g)
		}
		if v := sure.GrayAt(16, 12).Y; v < 128 {
			t.Errorf("%v: confidence %d in the middle", c.cfa, v)
		}
		if text, err := json.Marshal(report); err != nil || !strings.Contains(string(text), `"gain_db"`) {
			t.Errorf("%v: %s, %v", c.cfa, text, err)
		}
		for i, f := range report.Frames {
			p := poses[i]
			// The middle of the reference is seen where the camera
			// moved it away from.
			if e := math.Hypot(f.ShiftX+p.dx, f.ShiftY+p.dy); e > .3 {
				t.Errorf("%v, frame %d: shift %.2f, %.2f, camera moved by %.2f, %.2f", c.cfa, i, f.ShiftX, f.ShiftY, p.dx, p.dy)
			}
		}
	}
}

// TestTilingDoesNotMatter reads the same merged and denoised pixels in many
// ways.
func TestTilingDoesNotMatter(t *testing.T) {
	for _, cfa := range []raw.CFA{raw.BayerBGGR, raw.QuadRGGB} {
		b := small(t, cfa, 3, iso1600, handheld(3, 9))
		build := func(workers int) (raw.Source, raw.Source) {
			src, _ := merge(t, b.frames, &noise.MergeOptions{Reference: 1, Tiles: tile.Options{Workers: workers}})
			den, err := noise.Denoise(src, nil)
			if err != nil {
				t.Fatal(err)
			}
			return src, den
		}
		m1, d1 := build(1)
		bounds := m1.Header().Bounds()
		want, wantD := raw.NewMosaic(bounds, 0), raw.NewMosaic(bounds, 0)
		if err := errors.Join(m1.ReadTile(t.Context(), want), d1.ReadTile(t.Context(), wantD)); err != nil {
			t.Fatal(err)
		}
		m8, d8 := build(8)
		for _, c := range []struct {
			src  raw.Source
			want *raw.Mosaic
		}{{m8, want}, {d8, wantD}} {
			got := raw.NewMosaic(bounds, 0)
			for _, size := range []image.Point{{100, 77}, {512, 16}} {
				p, err := tile.NewPlan(tile.Work{Bounds: bounds}, &tile.Options{Workers: 8, Size: size})
				if err != nil {
					t.Fatal(err)
				}
				clear(got.Pix)
				err = tile.Each(t.Context(), p, func() int { return 0 }, func(ctx context.Context, _ int, r image.Rectangle) error {
					return c.src.ReadTile(ctx, got.Part(r))
				})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Pix, c.want.Pix) {
					t.Fatalf("%v in tiles of %v differs from one tile", cfa, size)
				}
			}
		}
	}
}

// TestFastMethod holds the fast method to most of the gain.
func TestFastMethod(t *testing.T) {
	for _, c := range []struct {
		cfa   raw.CFA
		poses []pose
		gain  float64
	}{{raw.BayerRGGB, static(6), 7}, {raw.BayerRGGB, handheld(6, 7), 4.5}, {raw.QuadRGGB, handheld(6, 7), 3.5}} {
		b := small(t, c.cfa, 6, iso1600, c.poses)
		src, report := merge(t, b.frames, &noise.MergeOptions{Reference: 1, Method: noise.Fast})
		gain := psnr(t, src, b.truth, 16) - psnr(t, b.frames[0], b.truth, 16)
		t.Logf("%v: gain %.2f dB, report says %.2f", c.cfa, gain, report.GainDB)
		if gain < c.gain {
			t.Errorf("%v: gain %.2f dB, want %.1f", c.cfa, gain, c.gain)
		}
	}
}

// bad are frames that do not belong to a burst but have its format.
func bad(t *testing.T, b *burst, last raw.Source) map[string]raw.Source {
	rng := rand.New(rand.NewPCG(8, 8))
	make1 := func(v func(x, y int) float64) raw.Source {
		clean := make([]float32, b.spec.size.X*b.spec.size.Y)
		for i := range clean {
			clean[i] = float32(v(i%b.spec.size.X, i/b.spec.size.X))
		}
		return expose(t, clean, b.spec, 1, rng)
	}
	other := drawn(700, 600, 99)
	// last moved by 200 pixels, something else coming in.
	far := raw.NewMosaic(b.frames[0].Header().Bounds(), b.spec.cfa)
	readAll(t, last, far)
	strange := make1(func(x, y int) float64 { return other.at(b.spec.cfa.ColorAt(x, y), float64(x), float64(y)) * .5 })
	for y := range b.spec.size.Y {
		row := far.Row(y)
		copy(row[200:], row)
		if err := strange.ReadTile(t.Context(), far.Part(image.Rect(0, y, 200, y+1))); err != nil {
			t.Fatal(err)
		}
	}
	shifted, err := raw.NewMemory(b.frames[0].Header(), far)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]raw.Source{
		"black":       make1(func(int, int) float64 { return 0 }),
		"blown":       make1(func(int, int) float64 { return 2 }),
		"other scene": make1(func(x, y int) float64 { return other.at(b.spec.cfa.ColorAt(x, y), float64(x), float64(y)) }),
		"far off":     shifted,
	}
}

// TestBadFramesDoNoHarm adds frames that show something else.
func TestBadFramesDoNoHarm(t *testing.T) {
	for name, model := range map[string]raw.NoiseModel{"ISO 1600": iso1600, "ISO 400": iso400} {
		b := small(t, raw.BayerRGGB, 6, model, handheld(6, 4))
		last := b.frames[5]
		b.frames = b.frames[:5]
		src, _ := merge(t, b.frames, &noise.MergeOptions{Reference: 1})
		without := psnr(t, src, b.truth, 16)
		for what, f := range bad(t, b, last) {
			src, report := merge(t, append(slices.Clone(b.frames), f), &noise.MergeOptions{Reference: 1})
			with := psnr(t, src, b.truth, 16)
			t.Logf("%s, %s: %.2f dB with, %.2f without, used %v", name, what, with, without, report.Frames[5].Used)
			if with < without-.1 {
				t.Errorf("%s, %s: %.2f dB, without it %.2f", name, what, with, without)
			}
		}
	}
}

// TestFrameFiveHundredPixelsOff adds a frame that was moved by half its width.
func TestFrameFiveHundredPixelsOff(t *testing.T) {
	s := drawn(1700, 420, 7)
	poses := append(handheld(4, 4), pose{dx: 500, dy: 3})
	for name, model := range map[string]raw.NoiseModel{"ISO 1600": iso1600, "ISO 400": iso400} {
		b := take(t, s, &burstSpec{size: image.Pt(1024, 320), origin: image.Pt(40, 40), cfa: raw.BayerRGGB, bits: 12, poses: poses, noise: model, seed: 2})
		src, _ := merge(t, b.frames[:4], &noise.MergeOptions{Reference: 1})
		without := psnr(t, src, b.truth, 16)
		src, report := merge(t, b.frames, &noise.MergeOptions{Reference: 1})
		with := psnr(t, src, b.truth, 16)
		f := report.Frames[4]
		t.Logf("%s: %.2f dB with, %.2f without, used %v, found at %.1f", name, with, without, f.Used, f.ShiftX)
		if with < without-.1 {
			t.Errorf("%s: %.2f dB, without it %.2f", name, with, without)
		}
	}
}

// TestDepthDoesNotMatter wants the same PSNR of the same light in 10, 12, 14
// and 16 bits.
func TestDepthDoesNotMatter(t *testing.T) {
	s := drawn(700, 600, 5)
	var merged, clean []float64
	for _, bits := range []int{10, 12, 14, 16} {
		b := take(t, s, &burstSpec{size: image.Pt(512, 384), origin: image.Pt(90, 100), cfa: raw.BayerRGGB, bits: bits, poses: handheld(5, 4), noise: iso1600, seed: 2})
		src, _ := merge(t, b.frames, &noise.MergeOptions{Reference: 1})
		den, err := noise.Denoise(src, nil)
		if err != nil {
			t.Fatal(err)
		}
		merged, clean = append(merged, psnr(t, src, b.truth, 16)), append(clean, psnr(t, den, b.truth, 16))
	}
	t.Logf("10, 12, 14, 16 bits: merged %.2f, denoised %.2f dB", merged, clean)
	if slices.Max(merged)-slices.Min(merged) > .1 || slices.Max(clean)-slices.Min(clean) > .1 {
		t.Errorf("10, 12, 14, 16 bits: merged %.2f, denoised %.2f dB", merged, clean)
	}
}

// TestMovingObjectLeavesNoGhost lets discs of several brightnesses jump and
// creep over a wall: neither on the whole place where another frame has one nor
// in any square of 4×4 pixels there may it show by more than twice the noise of
// the reference.
func TestMovingObjectLeavesNoGhost(t *testing.T) {
	for _, c := range []struct {
		light, step float64
		model       raw.NoiseModel
		method      noise.MergeMethod
	}{
		{.6, 40, iso1600, noise.Fourier}, {.25, 40, iso1600, noise.Fourier}, {.2, 13, iso1600, noise.Fourier}, {.6, 5, iso1600, noise.Fourier},
		{.6, 40, iso400, noise.Fourier}, {.18, 40, iso400, noise.Fourier}, {.6, 13, iso400, noise.Fourier},
		{.6, 40, iso1600, noise.Fast}, {.25, 13, iso400, noise.Fast},
	} {
		whole, worst := ghost(t, c.light, c.step, c.model, c.method)
		t.Logf("disc of %v moving by %v, read noise %.2g, %v: ghost %.2f σ of a single frame, at worst %.2f σ in 4×4 pixels", c.light, c.step, c.model.Offset, c.method, whole, worst)
		if whole > .5 || worst > 2 {
			t.Errorf("disc of %v moving by %v, %v: ghost %.2f σ, at worst %.2f σ", c.light, c.step, c.method, whole, worst)
		}
	}
}

// ghost is how much of a moving disc a merge shows where other frames have it,
// in standard deviations of the reference's noise: in the mean, and in the worst
// square of 4×4 pixels.
func ghost(t *testing.T, light, step float64, model raw.NoiseModel, method noise.MergeMethod) (whole, worst float64) {
	spec := &burstSpec{size: image.Pt(384, 320), cfa: raw.BayerRGGB, bits: 12, noise: model, seed: 1, poses: static(6)}
	rng := rand.New(rand.NewPCG(3, 3))
	b := &burst{spec: spec}
	disc := func(x, y int, z int) float64 { return math.Hypot(float64(x)-80-step*float64(z), float64(y)-160) }
	for z := range spec.poses {
		clean := make([]float32, spec.size.X*spec.size.Y)
		for i := range clean {
			x, y := i%spec.size.X, i/spec.size.X
			v := .15 + .05*math.Sin(float64(x)/9)*math.Sin(float64(y)/11)
			k := min(max((25-disc(x, y, z))/1.5+.5, 0), 1)
			clean[i] = float32(v*(1-k) + light*k)
		}
		if z == 0 {
			b.truth = clean
		}
		b.frames = append(b.frames, expose(t, clean, spec, 1, rng))
	}
	src, _ := merge(t, b.frames, &noise.MergeOptions{Reference: 1, Method: method})
	m := raw.NewMosaic(src.Header().Bounds(), 0)
	readAll(t, src, m)
	h := src.Header()
	var sum, sigma float64
	for y := 120; y < 200; y += 4 {
		for x := 40; x < 340; x += 4 {
			seen := false
			for z := 1; z < len(spec.poses); z++ {
				seen = seen || disc(x+2, y+2, z) < 27
			}
			if !seen || disc(x+2, y+2, 0) < 30 {
				continue
			}
			block, deviation := 0.0, 0.0
			for i := range 16 {
				px, py := x+i%4, y+i/4
				v := float64(b.truth[py*spec.size.X+px])
				block += (float64(m.Row(py)[px])-h.Black.Mean())/(h.White[0]-h.Black.Mean()) - v
				deviation += math.Sqrt(model.Variance(v))
			}
			sum += block
			sigma += deviation
			worst = max(worst, math.Abs(block)/deviation)
		}
	}
	return math.Abs(sum) / sigma, worst
}

// TestFlatFieldHasNoSeams looks for the pitch of the tiles in the
// autocorrelation of a flat, noisy field.
func TestFlatFieldHasNoSeams(t *testing.T) {
	s := newScene(600, 520)
	for c := range s.pix {
		for i := range s.pix[c] {
			s.pix[c][i] = .25
		}
	}
	b := take(t, s, &burstSpec{size: image.Pt(512, 416), origin: image.Pt(20, 20), cfa: raw.BayerRGGB, bits: 12, poses: handheld(4, 2), noise: iso1600, seed: 5})
	src, _ := merge(t, b.frames, &noise.MergeOptions{Reference: 1})
	den, err := noise.Denoise(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]raw.Source{"merged": src, "denoised": den} {
		h := src.Header()
		m := raw.NewMosaic(h.Bounds(), 0)
		readAll(t, src, m)
		w, hh := h.Size.X, h.Size.Y
		res := make([]float64, w*hh)
		for i := range res {
			res[i] = float64(m.Pix[i])/61439 - 4096.0/61439 - float64(b.truth[i])
		}
		correlation := func(dx, dy int) float64 {
			var sum, sq float64
			for y := 16; y < hh-16-dy; y++ {
				for x := 16; x < w-16-dx; x++ {
					sum += res[y*w+x] * res[(y+dy)*w+x+dx]
					sq += res[y*w+x] * res[y*w+x]
				}
			}
			return sum / sq
		}
		near := 0.0
		for _, d := range []int{14, 18, 30, 34} {
			near = max(near, math.Abs(correlation(d, 0)), math.Abs(correlation(0, d)))
		}
		for _, d := range []int{16, 32} {
			if c := max(math.Abs(correlation(d, 0)), math.Abs(correlation(0, d))); c > near+.02 {
				t.Errorf("%s: autocorrelation at %d is %.4f, beside it %.4f", name, d, c, near)
			}
		}
	}
}

// broken fails in the middle.
type broken struct{ raw.Source }

var errBroken = errors.New("bad strip")

func (s broken) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if dst.Rect.Max.Y > 200 {
		return errBroken
	}
	return s.Source.ReadTile(ctx, dst)
}

func TestBadInput(t *testing.T) {
	b := small(t, raw.BayerRGGB, 3, iso1600, handheld(3, 4))
	with := func(i int, f raw.Source) []raw.Source {
		out := slices.Clone(b.frames)
		out[i] = f
		return out
	}
	change := func(f func(*raw.Header)) raw.Source {
		h := b.frames[1].Header().Clone()
		f(h)
		s, err := raw.WithHeader(b.frames[1], h)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	cropped, err := raw.Crop(b.frames[1], image.Rect(0, 0, 500, 300))
	if err != nil {
		t.Fatal(err)
	}
	names := &noise.MergeOptions{Names: []string{"a.dng", "b.dng", "c.dng"}}
	for what, c := range map[string]struct {
		frames []raw.Source
		is     error
	}{
		"one frame":      {b.frames[:1], noise.ErrBurst},
		"no frame":       {nil, noise.ErrBurst},
		"size":           {with(1, cropped), noise.ErrBurst},
		"cfa":            {with(1, change(func(h *raw.Header) { h.CFA = raw.BayerBGGR })), noise.ErrBurst},
		"crop":           {with(1, change(func(h *raw.Header) { h.DefaultCrop = image.Rect(2, 2, 100, 100) })), noise.ErrBurst},
		"white at black": {with(1, change(func(h *raw.Header) { h.White = [3]float64{1, 1, 1} })), noise.ErrBurst},
		"unreadable":     {with(1, broken{b.frames[1]}), errBroken},
	} {
		_, _, err := noise.Merge(t.Context(), c.frames, names)
		if !errors.Is(err, c.is) {
			t.Errorf("%s: %v", what, err)
		}
		if len(c.frames) == 3 && (err == nil || !strings.Contains(err.Error(), "b.dng")) {
			t.Errorf("%s: the error does not name the frame: %v", what, err)
		}
	}
	src, report, err := noise.Merge(t.Context(), with(1, broken{b.frames[1]}), &noise.MergeOptions{SkipBad: true})
	if err != nil {
		t.Fatal(err)
	}
	if report.Frames[1].Used || !report.Frames[1].Skipped || report.Frames[1].Reason == "" || src.Header().Capture.Frames != 2 {
		t.Errorf("skipping: %+v, %d frames", report.Frames[1], src.Header().Capture.Frames)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := noise.Merge(ctx, b.frames, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func ExampleMerge() {
	// Three frames of a plain wall.
	h := raw.NewHeader(image.Pt(128, 96), raw.BayerRGGB, 12)
	h.Noise = raw.NoiseProfile{{Offset: 1e-4}, {Offset: 1e-4}, {Offset: 1e-4}}
	var frames []raw.Source
	rng := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		m := raw.NewMosaic(h.Bounds(), h.CFA)
		for i := range m.Pix {
			m.Pix[i] = uint16(2000 + 40.95*rng.NormFloat64())
		}
		src, err := raw.NewMemory(h, m)
		if err != nil {
			fmt.Println(err)
			return
		}
		frames = append(frames, src)
	}
	merged, report, err := noise.Merge(context.Background(), frames, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// A mean of three gains 4.8 dB.
	fmt.Println(merged.Header().Capture.Frames, "frames", report.GainDB > 4.5)
	// Output: 3 frames true
}

func ExampleDenoise() {
	h := raw.NewHeader(image.Pt(128, 96), raw.BayerRGGB, 12)
	h.Noise = raw.NoiseProfile{{Offset: 1e-4}, {Offset: 1e-4}, {Offset: 1e-4}}
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range m.Pix {
		m.Pix[i] = uint16(2000 + 40.95*rng.NormFloat64())
	}
	noisy, err := raw.NewMemory(h, m)
	if err != nil {
		fmt.Println(err)
		return
	}
	clean, err := noise.Denoise(noisy, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(clean.Header().BitsPerSample, clean.Header().Noise[raw.Green].Offset < h.Noise[raw.Green].Offset/3)
	// Output: 16 true
}

func ExampleEstimate() {
	// A wedge from black to three quarters, with known noise.
	h := raw.NewHeader(image.Pt(512, 512), raw.BayerRGGB, 14)
	h.Black = raw.ConstantBlack(1024)
	truth := raw.NoiseModel{Scale: 2e-3, Offset: 1e-4}
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range m.Pix {
		x := .75 * float64(i%512) / 512
		m.Pix[i] = uint16(1024 + 15359*(x+rng.NormFloat64()*math.Sqrt(truth.Variance(x))))
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := noise.Estimate(context.Background(), []raw.Source{src}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ratio := e.Profile.Variance(raw.Green, .3) / truth.Variance(.3)
	fmt.Println(math.Abs(ratio-1) < .08)
	// Output: true
}
