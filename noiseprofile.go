package quadraw

import (
	"context"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// EstimateNoise estimates the noise profile of the sensor behind some files of
// mosaics: a frame, a burst, or flats, as the method says.
func EstimateNoise(ctx context.Context, names []string, m noise.ProfileMethod, o *Options) (*noise.ProfileEstimate, error) {
	o = o.orDefault()
	in, err := openFrames(ctx, names, o.openOptions(o.share(Mosaic)))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var sources []raw.Source
	for i := range in {
		if in[i].rgb != nil {
			return nil, recipeError("%s holds three colours a pixel: the noise of a mosaic is wanted", names[i])
		}
		src, err := raw.Crop(in[i].mosaic, in[i].header().ActiveArea)
		if err != nil {
			return nil, err
		}
		sources = append(sources, src)
	}
	e, err := noise.Estimate(ctx, sources, &noise.ProfileOptions{Method: m, Tiles: tile.Options{Workers: o.Workers, Progress: o.Progress}})
	return e, stageError(err)
}
