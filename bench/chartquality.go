package bench

import (
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// chartQuality photographs the colour chart, develops it with a linear curve
// and gives the mean and the largest ΔE2000 of its 24 patches. Cyan lies
// outside sRGB: some error is left even without a sensor.
func (r *Report) chartQuality(ctx context.Context, say func(string)) error {
	for _, c := range []struct {
		mode quadraw.Mode
		iso  float64
	}{{quadraw.Bin, 50}, {quadraw.Bin, 1600}, {quadraw.Full, 50}, {quadraw.Full, 1600}} {
		name := fmt.Sprintf("%v, ISO %.0f", c.mode, c.iso)
		say("colour chart: " + name)
		sim, err := sensor.New(sensor.Chart{}, &sensor.Options{Size: image.Pt(960, 640), ISO: c.iso, Seed: 6})
		if err != nil {
			return fmt.Errorf("colour chart: %w", err)
		}
		recipe := quadraw.Recipe{Mode: c.mode, Look: quadraw.Look{Curve: develop.Linear}}
		picture, err := recipe.Picture(ctx, nil, sim.Frame(0))
		if err != nil {
			return fmt.Errorf("colour chart: %w", err)
		}
		m, err := memoryRGB(ctx, picture)
		if err != nil {
			return fmt.Errorf("colour chart: %w", err)
		}
		mean, most := chartError(m)
		r.Quality = append(r.Quality,
			Quality{Test: "Colour chart ΔE2000, " + name, Method: "mean of 24", Value: mean, Images: 1},
			Quality{Test: "Colour chart ΔE2000, " + name, Method: "largest", Value: most, Images: 1})
	}
	return nil
}

// chartError compares the mean of each patch with what the patch is.
func chartError(m *raw.RGB) (mean, most float64) {
	patches := sensor.Patches()
	for i := range patches {
		r := sensor.Chart{}.PatchRect(m.Rect.Size(), i)
		var got, want [3]float64
		for c := raw.Red; c <= raw.Blue; c++ {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for _, v := range m.Row(c, y)[r.Min.X:r.Max.X] {
					got[c] += float64(v) / 65535
				}
			}
			got[c] /= float64(r.Dx() * r.Dy())
			want[c] = fromLinear(patches[i].Light()[c])
		}
		e := quality.DeltaE2000(quality.LabFromSRGB(got), quality.LabFromSRGB(want))
		mean += e / float64(len(patches))
		most = max(most, e)
	}
	return mean, most
}
