package bench

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// stage is a case before it is known on what frame and workers it runs.
type stage struct {
	name string
	// quick marks the stages of a quick run.
	quick bool
	// heavy stages compute for so long that their full size is left to all
	// workers.
	heavy bool
	// largest is the number of pixels beyond which the stage is not timed,
	// because its inputs would not fit; 0 is none.
	largest int64
	make    func(f *frames, size frameSize, workers int) Case
}

// group is the first word of the name.
func (s *stage) group() string {
	word, _, _ := strings.Cut(s.name, "/")
	return word
}

// stages lists what is timed in memory, in the order of the pipeline.
func stages() []stage {
	var s []stage
	for _, b := range []struct {
		name  string
		quick bool
		cfa   raw.CFA
		o     binning.Options
	}{
		{"bin/quad/average", true, raw.QuadRGGB, binning.Options{}},
		{"bin/quad/sum", false, raw.QuadRGGB, binning.Options{Mode: binning.Sum}},
		{"bin/quad/robust", true, raw.QuadRGGB, binning.Options{Robust: true}},
		{"bin/quad/clip-aware", false, raw.QuadRGGB, binning.Options{ClipAware: true}},
		{"bin/quad/weighted", false, raw.QuadRGGB, binning.Options{Weights: []float64{4, 3, 3, 2}}},
		{"bin/quad/hdr", false, raw.QuadRGGB, binning.Options{Exposures: []float64{1, 0.25, 0.25, 1}}},
		{"bin/nona/average", false, raw.NonaRGGB, binning.Options{}},
		{"bin/hexadeca/average", false, raw.HexadecaRGGB, binning.Options{}},
		{"bin/hexadeca/two-step", false, raw.HexadecaRGGB, binning.Options{TwoStep: true}},
		{"bin/bayer/average", false, raw.BayerRGGB, binning.Options{}},
		{"bin/bayer/phase-correct", false, raw.BayerRGGB, binning.Options{PhaseCorrect: true}},
	} {
		s = append(s, stage{b.name, b.quick, false, 0, func(f *frames, size frameSize, workers int) Case {
			return binCase(f, b.name, size, b.cfa, b.o, workers)
		}})
	}
	for _, p := range []raw.Packing{raw.MIPI10, raw.MIPI12, raw.Tight12} {
		s = append(s, stage{"unpack+bin/" + p.String(), p == raw.MIPI10, false, 0, func(f *frames, size frameSize, workers int) Case {
			return packedCase(f, size, p, workers)
		}})
	}
	const off = demosaic.DenoiseOff
	for _, d := range []struct {
		name  string
		quick bool
		cfa   raw.CFA
		m     demosaic.Method
		noise demosaic.Denoise
		macs  int64 // int16 multiply-adds a pixel: the filter banks, features not counted
	}{
		{"demosaic/bayer/bilinear", true, raw.BayerRGGB, demosaic.Bilinear, off, 0},
		{"demosaic/bayer/malvar", true, raw.BayerRGGB, demosaic.Malvar, off, 0},
		{"demosaic/bayer/lmmse", false, raw.BayerRGGB, demosaic.LMMSE, off, 0},
		{"demosaic/quad/bilinear", false, raw.QuadRGGB, demosaic.Bilinear, off, 0},
		{"demosaic/quad/malvar", false, raw.QuadRGGB, demosaic.Malvar, off, 0},
		{"demosaic/quad/lmmse", false, raw.QuadRGGB, demosaic.LMMSE, off, 0},
		{"demosaic/bayer/fast", true, raw.BayerRGGB, demosaic.Fast, off, 128},
		{"demosaic/bayer/default", true, raw.BayerRGGB, demosaic.Default, off, 344},
		{"demosaic/bayer/best", true, raw.BayerRGGB, demosaic.Best, off, 560},
		{"demosaic/quad/fast", true, raw.QuadRGGB, demosaic.Fast, off, 128},
		{"demosaic/quad/default", true, raw.QuadRGGB, demosaic.Default, off, 344},
		{"demosaic/quad/best", true, raw.QuadRGGB, demosaic.Best, off, 560},
		// With the noise of the header, two levels of filters for most tiles.
		{"demosaic+denoise/bayer/default", false, raw.BayerRGGB, demosaic.Default, demosaic.DenoiseAuto, 344},
		{"demosaic+denoise/quad/default", false, raw.QuadRGGB, demosaic.Default, demosaic.DenoiseAuto, 344},
	} {
		s = append(s, stage{d.name, d.quick, d.m >= demosaic.LMMSE, 0, func(f *frames, size frameSize, workers int) Case {
			return demosaicCase(f, d.name, size, d.cfa, demosaic.Options{Method: d.m, Denoise: d.noise}, d.macs, workers)
		}})
	}
	s = append(s,
		stage{"remosaic/quad", true, true, 0, func(f *frames, size frameSize, workers int) Case {
			return remosaicCase(f, "remosaic/quad", size, demosaic.Options{Denoise: demosaic.DenoiseOff}, workers)
		}},
		stage{"remosaic+denoise/quad", false, true, 0, func(f *frames, size frameSize, workers int) Case {
			return remosaicCase(f, "remosaic+denoise/quad", size, demosaic.Options{}, workers)
		}},
		stage{"develop", true, false, 0, developCase},
		stage{"denoise", true, true, 0, denoiseCase},
		stage{"align", false, true, mergeLargest, alignCase},
	)
	for _, m := range []noise.MergeMethod{noise.Fourier, noise.Fast} {
		s = append(s,
			stage{"merge/" + m.String(), false, true, mergeLargest, func(f *frames, size frameSize, workers int) Case {
				return mergeCase(f, size, m, workers)
			}},
			stage{"align+merge/" + m.String(), true, true, mergeLargest, func(f *frames, size frameSize, workers int) Case {
				return alignMergeCase(f, size, m, workers)
			}})
	}
	return append(s, fileStages()...)
}

func binCase(f *frames, name string, size frameSize, cfa raw.CFA, o binning.Options, workers int) Case {
	c := Case{Name: name, Pixels: size.pixels(), Workers: workers}
	n := int64(2)
	if k := cfa.Cell(); k > 1 {
		n = int64(k)
	}
	c.Bytes = 2*c.Pixels + 2*c.Pixels/(n*n)
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		h, src, err := f.get(ctx, size.size, cfa)
		if err != nil {
			return nil, err
		}
		if o.TwoStep {
			o.Header, o.Workers = h, workers
			dst := &raw.Mosaic{}
			return &Prepared{
				Run:  func(context.Context) error { return binning.Bin(dst, src, &o) },
				Hash: hashMosaic(dst),
			}, nil
		}
		b, err := binning.NewBinner(h, &o)
		if err != nil {
			return nil, err
		}
		dst := raw.NewMosaic(b.Header().Bounds(), 0)
		return &Prepared{
			Run:  func(ctx context.Context) error { return b.Bin(ctx, dst, src, workers) },
			Hash: hashMosaic(dst),
		}, nil
	})
	return c
}

func demosaicCase(f *frames, name string, size frameSize, cfa raw.CFA, o demosaic.Options, macs int64, workers int) Case {
	o.Tiles.Workers = workers
	c := Case{Name: name, Pixels: size.pixels(), Workers: workers, Bytes: 8 * size.pixels(), IntegerMACs: macs * size.pixels()}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		h, src, err := f.get(ctx, size.size, cfa)
		if err != nil {
			return nil, err
		}
		dst := raw.NewRGB(h.Bounds())
		return &Prepared{
			Run:  func(ctx context.Context) error { return demosaic.Demosaic(ctx, dst, src, h, &o) },
			Hash: hashRGB(dst),
		}, nil
	})
	return c
}

func remosaicCase(f *frames, name string, size frameSize, o demosaic.Options, workers int) Case {
	c := Case{Name: name, Pixels: size.pixels(), Workers: workers, Bytes: 4 * size.pixels(), IntegerMACs: 344 * size.pixels()}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		src, err := f.source(ctx, size.size, raw.QuadRGGB)
		if err != nil {
			return nil, err
		}
		return pulled(func() (raw.Source, error) { return demosaic.Remosaic(src, &o) }, workers)
	})
	return c
}

func denoiseCase(f *frames, size frameSize, workers int) Case {
	// Two passes of 32×32 transforms at steps of 16 and 8: about 1,600
	// operations a pixel, half of them multiply-adds.
	c := Case{Name: "denoise", Pixels: size.pixels(), Workers: workers, Bytes: 4 * size.pixels(), FloatMACs: 800 * size.pixels()}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		src, err := f.source(ctx, size.size, raw.BayerRGGB)
		if err != nil {
			return nil, err
		}
		return pulled(func() (raw.Source, error) { return noise.Denoise(src, nil) }, workers)
	})
	return c
}

func developCase(f *frames, size frameSize, workers int) Case {
	c := Case{Name: "develop", Pixels: size.pixels(), Workers: workers, Bytes: 12 * size.pixels(), FloatMACs: 9 * size.pixels()}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		src, err := f.source(ctx, size.size, raw.BayerRGGB)
		if err != nil {
			return nil, err
		}
		camera, err := demosaic.New(src, &demosaic.Options{Method: demosaic.Bilinear, Pedestal: 2048})
		if err != nil {
			return nil, err
		}
		h := camera.Header()
		rgb := raw.NewRGB(h.Bounds())
		plan, err := tile.NewPlan(tile.Work{Bounds: h.Bounds(), BytesPerPixel: 6}, nil)
		if err != nil {
			return nil, err
		}
		if err := pullRGB(ctx, camera, rgb, plan); err != nil {
			return nil, err
		}
		memory, err := raw.NewMemoryRGB(h, rgb)
		if err != nil {
			return nil, err
		}
		stage, err := develop.New(memory, nil)
		if err != nil {
			return nil, err
		}
		dst := raw.NewRGB(stage.Header().Bounds())
		plan, err = tile.NewPlan(tile.Work{Bounds: dst.Rect, BytesPerPixel: 12}, &tile.Options{Workers: workers})
		if err != nil {
			return nil, err
		}
		return &Prepared{
			Run:  func(ctx context.Context) error { return pullRGB(ctx, stage, dst, plan) },
			Hash: hashRGB(dst),
		}, nil
	})
	return c
}

// pulled times reading all of a stage into memory. The stage is made anew for
// each run: what it remembers of the last one counts for nothing.
func pulled(newStage func() (raw.Source, error), workers int) (*Prepared, error) {
	stage, err := newStage()
	if err != nil {
		return nil, err
	}
	dst := raw.NewMosaic(stage.Header().Bounds(), 0)
	plan, err := tile.NewPlan(tile.Work{Bounds: dst.Rect, BytesPerPixel: 16}, &tile.Options{Workers: workers})
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	var took time.Duration
	return &Prepared{
		Run: func(ctx context.Context) error {
			stage, err := newStage()
			if err != nil {
				return err
			}
			start := time.Now()
			err = pull(ctx, stage, dst, plan)
			took = time.Since(start)
			return err
		},
		Took: func() time.Duration { return took },
		Hash: hashMosaic(dst),
	}, nil
}

// always is for cases that can run everywhere.
func always(prepare func(context.Context) (*Prepared, error)) func(context.Context) (*Prepared, string, error) {
	return func(ctx context.Context) (*Prepared, string, error) {
		p, err := prepare(ctx)
		return p, "", err
	}
}
