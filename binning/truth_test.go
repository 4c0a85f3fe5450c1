package binning_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/raw"
)

// sensorNoise is a profile in which the quantisation of the samples, a twelfth
// of a DN², is part of the offset, as it is in a measured one.
func sensorNoise(shot, readDN, unit float64) raw.NoiseModel {
	return raw.NoiseModel{Scale: shot, Offset: (readDN*readDN + 1.0/12) / (unit * unit)}
}

// expose fills a mosaic with a scene of normalised signal(x, y), black, noise
// of the header's profile and rounding.
func expose(rng *rand.Rand, h *raw.Header, signal func(x, y int) float64) *raw.Mosaic {
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	for y := range h.Size.Y {
		row := m.Row(y)
		for x := range row {
			c := h.CFA.ColorAt(x, y)
			black := h.Black.At(x, y, 0)
			unit := h.White[c] - black
			s := signal(x, y)
			variance := h.Noise[c].Variance(s)*unit*unit - 1.0/12
			v := black + s*unit + rng.NormFloat64()*math.Sqrt(max(variance, 0))
			row[x] = uint16(math.Round(max(0, min(v, h.White[c]))))
		}
	}
	return m
}

// spread returns mean and variance of the normalised samples of a binned
// frame, all colours together.
func spread(t *testing.T, s raw.Source) (mean, variance float64) {
	t.Helper()
	m := readAll(t, s)
	h := s.Header()
	var sum, sum2 float64
	for y := range h.Size.Y {
		for x, v := range m.Row(y) {
			black := h.Black.At(x, y, 0)
			f := (float64(v) - black) / (h.White[h.CFA.ColorAt(x, y)] - h.Black.Mean())
			sum += f
			sum2 += f * f
		}
	}
	n := float64(len(m.Pix))
	return sum / n, sum2/n - sum/n*sum/n
}

func noisyHeader(size image.Point, cfa raw.CFA, readDN float64) *raw.Header {
	h := raw.NewHeader(size, cfa, 10)
	h.Black = raw.BlackLevel{Rows: 2, Cols: 2, Samples: 1, Values: []float64{64, 64.5, 63, 64.25}}
	for c := range h.Noise {
		h.Noise[c] = sensorNoise(4e-4, readDN, h.White[0]-h.Black.Mean())
	}
	return h
}

// The profile of the output header predicts the variance of the output within
// 2 % in every mode, from shadows to highlights.
func TestNoiseProfilePredictsTheVariance(t *testing.T) {
	const side = 1000
	tilted := []float64{4, 3, 2, 1}
	tiltedNine := []float64{9, 8, 7, 6, 5, 4, 3, 2, 1}
	// Members of a cell whose sensitivities, 1/g, average one.
	uneven := &binning.GainMap{Width: side, Height: side, CFA: raw.QuadRGGB, Rows: 1, Cols: 1}
	for i := range 16 {
		uneven.Gains = append(uneven.Gains, 1/[]float32{0.85, 1.15, 1.05, 0.95}[i/4%2*2+i%2])
	}
	for _, c := range []struct {
		name string
		cfa  raw.CFA
		o    binning.Options
	}{
		{"average", raw.QuadRGGB, binning.Options{}},
		{"sum", raw.QuadRGGB, binning.Options{Mode: binning.Sum}},
		{"weighted", raw.QuadRGGB, binning.Options{Weights: tilted}},
		{"robust", raw.QuadRGGB, binning.Options{Robust: true}},
		{"clip", raw.QuadRGGB, binning.Options{ClipAware: true}},
		{"nona", raw.NonaRGGB, binning.Options{}},
		{"hexadeca", raw.HexadecaRGGB, binning.Options{}},
		{"nona robust", raw.NonaRGGB, binning.Options{Robust: true}},
		{"nona weighted", raw.NonaRGGB, binning.Options{Weights: tiltedNine}},
		{"weighted robust", raw.QuadRGGB, binning.Options{Weights: tilted, Robust: true}},
		{"bayer robust", raw.BayerRGGB, binning.Options{Robust: true}},
		{"phase robust", raw.BayerRGGB, binning.Options{PhaseCorrect: true, Robust: true}},
		{"hexadeca robust", raw.HexadecaRGGB, binning.Options{Robust: true}},
		{"two steps", raw.HexadecaRGGB, binning.Options{TwoStep: true}},
		{"bayer", raw.BayerRGGB, binning.Options{}},
		{"phase", raw.BayerRGGB, binning.Options{PhaseCorrect: true}},
		{"mono", raw.Mono, binning.Options{}},
		{"gain map", raw.QuadRGGB, binning.Options{GainMap: uneven}},
		{"gain map robust", raw.QuadRGGB, binning.Options{GainMap: uneven, Robust: true}},
		{"gain map sum", raw.QuadRGGB, binning.Options{GainMap: uneven, Mode: binning.Sum}},
	} {
		for _, signal := range []float64{0.02, 0.2, 0.7} {
			size := image.Pt(side, side)
			if c.cfa.Cell() == 4 {
				size = image.Pt(1300, 1300) // for enough output pixels
			}
			h := noisyHeader(size, c.cfa, 1.8)
			rng := rand.New(rand.NewPCG(11, uint64(signal*100)))
			src := memory(t, h, expose(rng, h, func(x, y int) float64 {
				if c.o.GainMap != nil {
					return signal / float64(uneven.Gains[y%4*4+x%4])
				}
				return signal
			}))
			binned, err := binning.New(src, &c.o)
			if err != nil {
				t.Fatal(err)
			}
			mean, got := spread(t, binned)
			want := binned.Header().Noise.Variance(raw.Green, signal)
			if r := got/want - 1; math.Abs(r) > 0.02 {
				t.Errorf("%s at %g: variance %.4g, the profile says %.4g (%+.1f%%)", c.name, signal, got, want, 100*r)
			}
			if math.Abs(mean-signal) > 0.0004 {
				t.Errorf("%s at %g: mean %.5f", c.name, signal, mean)
			}
		}
	}
}

// 4-in-1 gains 6.02 dB where shot noise rules, and as much where read noise
// does less what rounding adds.
func TestSignalToNoise(t *testing.T) {
	cfa := raw.QuadRGGB
	gain := func(readDN, shot, signal float64, o binning.Options) float64 {
		h := noisyHeader(image.Pt(1600, 1600), cfa, readDN)
		for c := range h.Noise {
			h.Noise[c].Scale = shot
		}
		rng := rand.New(rand.NewPCG(5, 5))
		src := memory(t, h, expose(rng, h, func(int, int) float64 { return signal }))
		binned, err := binning.New(src, &o)
		if err != nil {
			t.Fatal(err)
		}
		_, before := spread(t, src)
		_, after := spread(t, binned)
		return 10 * math.Log10(before/after)
	}
	sum := binning.Options{Mode: binning.Sum}
	if g := gain(1, 1e-3, 0.5, binning.Options{}); math.Abs(g-6.02) > 0.1 {
		t.Errorf("shot noise: %.3f dB", g)
	}
	if g := gain(3, 1e-6, 0.2, sum); math.Abs(g-6.02) > 0.1 {
		t.Errorf("read noise, sum: %.3f dB", g)
	}
	// Rounding the mean adds 5/64 to a fourth of 9 + 1/12 DN².
	v := 9 + 1.0/12
	if g, want := gain(3, 1e-6, 0.2, binning.Options{}), 10*math.Log10(v/(v/4+5.0/64)); math.Abs(g-want) > 0.1 {
		t.Errorf("read noise, average: %.3f dB, want %.3f", g, want)
	}
	for _, cfa = range []raw.CFA{raw.QuadRGGB, raw.NonaRGGB, raw.HexadecaRGGB, raw.BayerRGGB} {
		plain, robust := gain(2, 4e-4, 0.3, binning.Options{}), gain(2, 4e-4, 0.3, binning.Options{Robust: true})
		if plain-robust > 0.1 {
			t.Errorf("%v: robust loses %.3f dB on clean data", cfa, plain-robust)
		}
	}
}

func TestRobustRemovesHotPixels(t *testing.T) {
	for _, c := range []raw.CFA{raw.QuadRGGB, raw.NonaRGGB, raw.HexadecaRGGB, raw.BayerRGGB} {
		h := noisyHeader(image.Pt(1200, 1200), c, 1.5)
		rng := rand.New(rand.NewPCG(8, uint64(c)))
		m := expose(rng, h, func(int, int) float64 { return 0.1 })
		unit := h.White[0] - 64
		sigma := math.Sqrt(h.Noise[0].Variance(0.1)) * unit
		truth := readAll(t, mustBin(t, memory(t, h, m), nil))
		hot := map[int]bool{}
		for range 1500 {
			i := rng.IntN(len(m.Pix))
			// Beyond 10 σ above its own value, up to white.
			v := float64(m.Pix[i]) + 10*sigma + 2*sigma*rng.ExpFloat64()
			if rng.IntN(3) == 0 {
				v = h.White[0]
			}
			m.Pix[i] = uint16(min(math.Round(v), h.White[0]))
			hot[i] = true
		}
		binned := mustBin(t, memory(t, h, m), &binning.Options{Robust: true})
		got := readAll(t, binned)
		n := binned.Header().Size.X
		left := 0
		side := h.Size.X / n
		limit := 3 * sigma / float64(max(side, 2)) // of a binned pixel's own noise
		for i := range got.Pix {
			if math.Abs(float64(got.Pix[i])-float64(truth.Pix[i])) > max(limit, 2) {
				left++
			}
		}
		if share := float64(left) / float64(len(hot)); share > 0.01 {
			t.Errorf("%v: %.2f %% of %d hot pixels left", c, 100*share, len(hot))
		}
	}
}

func mustBin(t testing.TB, src raw.Source, o *binning.Options) raw.Source {
	t.Helper()
	s, err := binning.New(src, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A flat field that reaches white: plain means of half-clipped cells are too
// dark, those of clipping-aware binning are not.
func TestClippedCellsDoNotDarken(t *testing.T) {
	h := noisyHeader(image.Pt(400, 400), raw.QuadRGGB, 2)
	rng := rand.New(rand.NewPCG(2, 9))
	src := memory(t, h, expose(rng, h, func(int, int) float64 { return 1 }))
	plain, _ := spread(t, mustBin(t, src, nil))
	aware, _ := spread(t, mustBin(t, src, &binning.Options{ClipAware: true}))
	if plain > 0.996 {
		t.Errorf("the test is void: plain means reach %.4f", plain)
	}
	if aware < 0.9985 || aware > 1.001 {
		t.Errorf("clipping-aware mean %.4f, want 1", aware)
	}
	// One clipped pixel in the dark is no highlight.
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	for i := range m.Pix {
		m.Pix[i] = 100
	}
	m.Pix[0] = 1023
	got := readAll(t, mustBin(t, memory(t, h, m), &binning.Options{ClipAware: true}))
	if v := got.Pix[0]; v < 325 || v > 335 {
		t.Errorf("a cell of 100, 100, 100 and white is %d, want its mean of 331", v)
	}
}

// Members with two or three exposures become one linear sample, over the whole
// range, whose noise in the shadows is that of the profile.
func TestExposuresCombineLinearly(t *testing.T) {
	for _, ratios := range [][]float64{{1, 1, 0.25, 0.25}, {4, 2, 2, 1}, {1, 0.0625, 0.0625, 1}} {
		longest, shortest := 0.0, math.Inf(1)
		for _, r := range ratios {
			longest, shortest = max(longest, r), min(shortest, r)
		}
		for _, signal := range []float64{0.02, 0.3, 0.8, 0.9, 0.95, 1, 1.5, 0.9 * longest / shortest} {
			h := noisyHeader(image.Pt(600, 600), raw.QuadGRBG, 2)
			h.Black = raw.ConstantBlack(64)
			rng := rand.New(rand.NewPCG(4, uint64(signal*1000)))
			src := memory(t, h, expose(rng, h, func(x, y int) float64 {
				return signal * ratios[y%2*2+x%2] / longest
			}))
			binned := mustBin(t, src, &binning.Options{Exposures: ratios})
			oh := binned.Header()
			if want := math.Log2(longest / shortest); math.Abs(oh.BaselineExposure-want) > 1e-9 {
				t.Fatalf("BaselineExposure %g, want %g", oh.BaselineExposure, want)
			}
			x := signal * shortest / longest
			mean, variance := spread(t, binned)
			if math.Abs(mean/x-1) > 0.005 {
				t.Errorf("%v at %g: mean %.5f, want %.5f", ratios, signal, mean, x)
			}
			if signal < 0.5 {
				if r := variance/oh.Noise.Variance(raw.Green, x) - 1; math.Abs(r) > 0.02 {
					t.Errorf("%v at %g: variance off the profile by %.1f %%", ratios, signal, 100*r)
				}
			}
		}
	}
}

// A calibrated map undoes the differences between the members of a cell, and
// of nothing else.
func TestCalibrate(t *testing.T) {
	for _, cfa := range []raw.CFA{raw.QuadRGGB, raw.QuadGBRG.Shift(1, 3), raw.NonaRGGB, raw.HexadecaBGGR} {
		h := noisyHeader(image.Pt(1200, 900), cfa, 2)
		h.Capture.UniqueCameraModel = "Test 1"
		p := cfa.Period()
		rng := rand.New(rand.NewPCG(6, uint64(cfa)))
		gains := make([]float64, p*p)
		for i := range gains {
			gains[i] = 1 + 0.04*rng.NormFloat64()
		}
		response := func(x, y int) float64 {
			return gains[y%p*p+x%p] * (1 + 0.02*float64(x)/1200)
		}
		flat := expose(rng, h, func(x, y int) float64 { return 0.5 * response(x, y) })
		flat.Pix[1000], flat.Pix[5003] = 1023, 0 // defects do not matter
		m, err := binning.Calibrate(context.Background(), memory(t, h, flat), &binning.CalibrateOptions{Rows: 2, Cols: 2})
		if err != nil {
			t.Fatal(err)
		}
		var stored bytes.Buffer
		if err := m.Write(&stored); err != nil {
			t.Fatal(err)
		}
		if m, err = binning.ReadGainMap(&stored); err != nil {
			t.Fatal(err)
		}
		// Half a cell dark: what the map is for. Weights make it visible.
		o := binning.Options{GainMap: m}
		n := cfa.Cell()
		o.Weights = make([]float64, n*n)
		o.Weights[0] = 1
		scene := memory(t, h, expose(rng, h, func(x, y int) float64 { return 0.3 * response(x, y) }))
		even := mustBin(t, scene, &o)
		o.GainMap = nil
		uneven := mustBin(t, scene, &o)
		whole := mustBin(t, scene, nil)
		worst := func(s raw.Source) float64 {
			return phaseDifference(t, s, whole)
		}
		if a, b := worst(even), worst(uneven); a > 0.004 || b < 0.01 {
			t.Errorf("%v: members differ by %.4f with the map, %.4f without", cfa, a, b)
		}

		other := h.Clone()
		other.Capture.UniqueCameraModel = "Test 2"
		if err := m.Check(other); !errors.Is(err, raw.ErrOption) || !strings.Contains(err.Error(), "another sensor") {
			t.Errorf("map of another camera: %v", err)
		}
		dark := memory(t, h, expose(rng, h, func(int, int) float64 { return 0.002 }))
		if _, err := binning.Calibrate(context.Background(), dark, nil); err == nil {
			t.Error("a dark frame calibrates")
		}
		bright := memory(t, h, expose(rng, h, func(int, int) float64 { return 1.2 }))
		if _, err := binning.Calibrate(context.Background(), bright, nil); err == nil {
			t.Error("a clipped frame calibrates")
		}
	}
}

// phaseDifference is the largest relative difference between the colours'
// means of two binned frames, for each phase of the output's period.
func phaseDifference(t *testing.T, a, b raw.Source) float64 {
	t.Helper()
	ma, mb := readAll(t, a), readAll(t, b)
	p := a.Header().CFA.Period()
	worst := 0.0
	for py := range p {
		for px := range p {
			var sa, sb, n float64
			for y := py; y < ma.Rect.Max.Y; y += p {
				for x := px; x < ma.Rect.Max.X; x += p {
					sa += float64(ma.Row(y)[x]) - a.Header().Black.At(x, y, 0)
					sb += float64(mb.Row(y)[x]) - b.Header().Black.At(x, y, 0)
					n++
				}
			}
			worst = max(worst, math.Abs(sa/sb-1))
		}
	}
	return worst
}

func TestReadGainMapRefusesHostileInput(t *testing.T) {
	for _, s := range []string{
		"", "{", "null", "[]", `{"width":4,"height":4,"cfa":"quad-rggb","rows":1,"cols":1,"gains":[1]}`,
		`{"width":4,"height":4,"cfa":"quad-rggb","rows":1000000000,"cols":1000000000,"gains":[]}`,
		`{"width":4,"height":4,"cfa":"quad-rggb","rows":1,"cols":1,"gains":[` + strings.Repeat("1,", 15) + `0]}`,
		`{"width":4,"height":4,"cfa":"mono","rows":1,"cols":1,"gains":[1]}`,
		`{"unknown":1}`, strings.Repeat(" ", 17<<20),
	} {
		if m, err := binning.ReadGainMap(strings.NewReader(s)); err == nil {
			t.Errorf("%.60q: accepted as %+v", s, m)
		}
	}
}

// A slanted edge binned with phase correction stands where the scene's does:
// the position found in each row moves evenly. Plain means make a staircase.
func TestPhaseCorrectionLeavesNoStair(t *testing.T) {
	const slope, soft = 0.12, 3.0
	h := raw.NewHeader(image.Pt(480, 240), raw.BayerRGGB, 14)
	edge := func(x, y float64) float64 {
		return 0.1 + 0.8/(1+math.Exp(-(x-200-slope*y)/soft))
	}
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	for y := range h.Size.Y {
		for x := range h.Size.X {
			m.Row(y)[x] = uint16(math.Round(edge(float64(x), float64(y)) * h.White[0]))
		}
	}
	// Where each output sample lies if the lattice is uniform: 0.5, 2.5, 4.5, …
	worst := func(o *binning.Options) float64 {
		got := readAll(t, mustBin(t, memory(t, h, m), o))
		w := 0.0
		for y := range got.Rect.Max.Y {
			for x, v := range got.Row(y) {
				at := edge(2*float64(x)+0.5, 2*float64(y)+0.5)
				// The error in pixels: in DN over the edge's slope there.
				d := (edge(2*float64(x)+0.6, 2*float64(y)+0.5) - at) / 0.1
				if d > 0.04 {
					w = max(w, math.Abs(float64(v)/h.White[0]-at)/d)
				}
			}
		}
		return w
	}
	if e := worst(&binning.Options{PhaseCorrect: true}); e > 0.12 {
		t.Errorf("phase-corrected samples stand up to %.2f pixels off", e)
	}
	if e := worst(nil); e < 0.4 {
		t.Errorf("the test is void: plain samples stand only %.2f pixels off", e)
	}
}
