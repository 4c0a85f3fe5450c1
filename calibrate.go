package quadraw

import (
	"bytes"
	"context"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Calibrate estimates from a flat frame how the members of the sensor's cells
// differ in gain, and returns the map as the JSON that [BinRecipe].GainMap
// reads.
func Calibrate(ctx context.Context, input string, o *Options) ([]byte, error) {
	o = o.orDefault()
	mem := o.share(Mosaic)
	in, err := openFrame(ctx, input, o.openOptions(mem))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if in.rgb != nil {
		return nil, recipeError("%s holds three colours a pixel: there are no cells to calibrate", input)
	}
	// What binning will see: the active area of the corrected frame.
	src, err := develop.Correct(in.mosaic, &develop.CorrectOptions{Log: o.Log})
	if err != nil {
		return nil, err
	}
	if src, err = raw.Crop(src, src.Header().ActiveArea); err != nil {
		return nil, err
	}
	m, err := binning.Calibrate(ctx, src, &binning.CalibrateOptions{
		Tiles: tile.Options{Workers: o.Workers, MaxMemory: mem.writer, Progress: o.Progress},
	})
	if err != nil {
		return nil, stageError(err)
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
