package quadraw

import (
	"context"
	"encoding/json"
	"os"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// FindDefects finds the hot and dead pixels of the sensor behind a frame or,
// more surely, several frames of different scenes or of a hand-held burst.
// Coordinates are those of the stored frame.
func FindDefects(ctx context.Context, names []string, sigma float64, o *Options) ([]noise.Defect, error) {
	o = o.orDefault()
	in, err := openFrames(ctx, names, o.openOptions(o.share(Mosaic)))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var sources []raw.Source
	for i := range in {
		if in[i].rgb != nil {
			return nil, recipeError("%s holds three colours a pixel: defects are found in mosaics", names[i])
		}
		sources = append(sources, in[i].mosaic)
	}
	d, err := noise.FindDefects(ctx, sources, &noise.DefectOptions{Sigma: sigma, Names: names, Tiles: tile.Options{Workers: o.Workers}})
	return d, stageError(err)
}

// readDefects reads the JSON of a list of defects.
func readDefects(name string) ([]noise.Defect, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, &InputError{Name: name, Err: err}
	}
	var d []noise.Defect
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, &InputError{Name: name, Err: err}
	}
	return d, nil
}
