package bench

import (
	"context"
	"fmt"
	"hash"
	"image"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// burstFrames is how many frames the merge cases merge.
const burstFrames = 4

// mergeLargest is the largest frame of which a burst's merge is timed.
var mergeLargest = size27.pixels()

// The floating multiply-adds a pixel of one frame that the method's
// description estimates for alignment and merging.
const alignMACs, mergeMACs = 160, 160

// shiftedBurst is a burst whose frames look at one mosaic through windows that
// move by whole periods: motion without simulating each frame.
func (f *frames) shiftedBurst(ctx context.Context, size frameSize) (burst []raw.Source, bounds image.Rectangle, err error) {
	whole, err := f.source(ctx, size.size, raw.BayerRGGB)
	if err != nil {
		return nil, bounds, err
	}
	bounds = image.Rectangle{Max: size.size.Sub(image.Pt(32, 32))}
	for i := range burstFrames {
		s, err := raw.Crop(whole, bounds.Add(image.Pt(4*i, 6*i)))
		if err != nil {
			return nil, bounds, err
		}
		burst = append(burst, s)
	}
	return burst, bounds, nil
}

// alignCase times what happens before Merge returns.
func alignCase(f *frames, size frameSize, workers int) Case {
	n := burstFrames * size.pixels()
	c := Case{Name: "align", Pixels: n, Workers: workers, Bytes: 2 * n, FloatMACs: alignMACs * n}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		burst, _, err := f.shiftedBurst(ctx, size)
		if err != nil {
			return nil, err
		}
		var report *noise.MergeReport
		return &Prepared{
			Run: func(ctx context.Context) error {
				_, report, err = noise.Merge(ctx, burst, &noise.MergeOptions{Tiles: tile.Options{Workers: workers}})
				return err
			},
			Hash: func(h hash.Hash) {
				for _, f := range report.Frames {
					fmt.Fprintf(h, "%.2f %.2f\n", f.ShiftX, f.ShiftY)
				}
			},
		}, nil
	})
	return c
}

// mergeCase times the merging of frames that are aligned.
func mergeCase(f *frames, size frameSize, m noise.MergeMethod, workers int) Case {
	n := burstFrames * size.pixels()
	c := Case{Name: "merge/" + m.String(), Pixels: n, Workers: workers, Bytes: 2*n + 2*size.pixels(), FloatMACs: mergeMACs * n}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		burst, _, err := f.shiftedBurst(ctx, size)
		if err != nil {
			return nil, err
		}
		return pulled(func() (raw.Source, error) {
			merged, _, err := noise.Merge(ctx, burst, &noise.MergeOptions{Method: m})
			return merged, err
		}, workers)
	})
	return c
}

// alignMergeCase times both.
func alignMergeCase(f *frames, size frameSize, m noise.MergeMethod, workers int) Case {
	n := burstFrames * size.pixels()
	c := Case{Name: "align+merge/" + m.String(), Pixels: n, Workers: workers, Bytes: 2*n + 2*size.pixels(), FloatMACs: (alignMACs + mergeMACs) * n}
	c.Prepare = always(func(ctx context.Context) (*Prepared, error) {
		burst, bounds, err := f.shiftedBurst(ctx, size)
		if err != nil {
			return nil, err
		}
		dst := raw.NewMosaic(bounds, 0)
		plan, err := tile.NewPlan(tile.Work{Bounds: bounds, BytesPerPixel: 32}, &tile.Options{Workers: workers})
		if err != nil {
			return nil, err
		}
		return &Prepared{
			Run: func(ctx context.Context) error {
				merged, _, err := noise.Merge(ctx, burst, &noise.MergeOptions{Method: m, Tiles: tile.Options{Workers: workers}})
				if err != nil {
					return err
				}
				return pull(ctx, merged, dst, plan)
			},
			Hash: hashMosaic(dst),
		}, nil
	})
	return c
}
