package quadraw

import (
	"context"
	"fmt"
	"strings"

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
	return e, stageError(profileError(err, names))
}

// profileError tells the name of a frame that does not fit the first where
// [noise.Estimate], which knows no names, tells its number.
func profileError(err error, names []string) error {
	if err == nil {
		return nil
	}
	var n int
	reason, ok := strings.CutPrefix(err.Error(), noise.ErrProfile.Error()+": ")
	if _, e := fmt.Sscanf(reason, "frame %d:", &n); !ok || e != nil || n < 1 || n > len(names) {
		return err
	}
	_, reason, _ = strings.Cut(reason, ": ")
	if n > 1 {
		reason = "does not fit " + names[0] + ": " + reason
	}
	return fmt.Errorf("%w: %s: %s", noise.ErrProfile, names[n-1], reason)
}
