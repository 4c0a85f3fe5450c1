package quadraw

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

// Result tells what became of a job.
type Result struct {
	Inputs  []string    `json:"inputs"`
	Outputs []string    `json:"outputs"`
	Mode    Mode        `json:"mode"`
	Reason  string      `json:"reason"`  // why that mode
	Pixels  int64       `json:"pixels"`  // of the inputs
	Size    image.Point `json:"size"`    // of the first output
	Seconds float64     `json:"seconds"` // from start to the last rename
	Skipped bool        `json:"skipped,omitzero"`
	// Merge tells what became of the frames of a burst.
	Merge *noise.MergeReport `json:"merge,omitempty"`
	// Defects is how many hot and dead pixels of a burst were found and filled
	// before it was merged.
	Defects int `json:"defects,omitzero"`

	damage error // of inputs that were salvaged
}

// MegapixelsPerSecond is the speed, counted in pixels of the input.
func (r *Result) MegapixelsPerSecond() float64 {
	if r.Seconds <= 0 {
		return 0
	}
	return float64(r.Pixels) / 1e6 / r.Seconds
}

// Run does one job. Outputs appear under their names when they are complete,
// each by itself, or not at all. A damaged input that is salvaged, and a frame
// of a burst that is skipped, are an [*InputError] although the outputs are
// there. Errors are an [*InputError], an
// [*OutputError], [ErrRecipe], or the context's.
func Run(ctx context.Context, job Job, o *Options) (*Result, error) {
	start := time.Now()
	o = o.orDefault().about(&job)
	if err := checkCollisions([]Job{job}); err != nil {
		return nil, err
	}
	outputs, err := wanted(job.Outputs, o.Existing)
	if err != nil {
		return nil, err
	}
	res := &Result{Inputs: job.Inputs, Outputs: job.Outputs}
	if len(outputs) == 0 {
		res.Skipped = true
		return res, nil
	}
	for _, name := range outputs {
		if err := runOutput(ctx, &job, name, o, res); err != nil {
			return nil, err
		}
	}
	res.Seconds = time.Since(start).Seconds()
	return res, res.damage
}

// Convert runs a job with one input and one output.
func Convert(ctx context.Context, input, output string, r *Recipe, o *Options) (*Result, error) {
	if r == nil {
		r = &Recipe{}
	}
	return Run(ctx, Job{Inputs: []string{input}, Outputs: []string{output}, Recipe: *r}, o)
}

// wanted returns the outputs that are still to be made.
func wanted(outputs []string, e Existing) ([]string, error) {
	var todo []string
	for _, name := range outputs {
		_, err := os.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			todo = append(todo, name)
		case err != nil:
			return nil, &OutputError{Name: name, Err: err}
		case e == Refuse:
			return nil, &OutputError{Name: name, Err: fs.ErrExist}
		case e == Overwrite:
			todo = append(todo, name)
		}
	}
	return todo, nil
}

func runOutput(ctx context.Context, job *Job, name string, o *Options, res *Result) error {
	mem := o.share(job.Recipe.Product)
	in, err := openJob(ctx, job, o.openOptions(mem))
	if err != nil {
		return err
	}
	defer in.Close()
	recipe := in.recipe
	if recipe.Product, err = recipe.productFor(name, in.frames[0].rgb != nil); err != nil {
		return err
	}
	src, err := in.product(ctx, &recipe, name, o, res)
	if err != nil {
		return err
	}
	res.Pixels = in.pixels()
	if res.Size == (image.Point{}) {
		res.Size = src.header().Size
	}
	if o.MakeFolders {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return &OutputError{Name: name, Err: err}
		}
	}
	if err := write(ctx, name, src, o.createOptions(o.share(recipe.Product))); err != nil {
		return outputError(ctx, name, err)
	}
	if res.Merge != nil {
		res.Merge.Update()
		in.complete(res.Merge)
		res.damage = errors.Join(res.damage, skipped(res.Merge))
	}
	res.damage = errors.Join(res.damage, in.damage())
	return nil
}

// skipped names the frames of a burst that could not be merged.
func skipped(r *noise.MergeReport) error {
	var errs []error
	for _, f := range r.Frames {
		if f.Skipped {
			errs = append(errs, &InputError{Name: f.Name, Err: fmt.Errorf("skipped: %s", f.Reason)})
		}
	}
	return errors.Join(errs...)
}

// SaveMosaic streams a mosaic into a new file, whose extension chooses the
// format. The file appears when it is complete, or not at all.
func SaveMosaic(ctx context.Context, name string, src raw.Source, o *Options) error {
	return save(ctx, name, frame{mosaic: src}, Mosaic, o.orDefault())
}

// SaveRGB is [SaveMosaic] for pictures. Only a DNG tells where the black of
// linear camera RGB is: in other files it is 0, and white 65535.
func SaveRGB(ctx context.Context, name string, src raw.RGBSource, o *Options) error {
	if !tellsBlack(name) {
		var err error
		if src, err = normalised(src); err != nil {
			return outputError(ctx, name, err)
		}
	}
	return save(ctx, name, frame{rgb: src}, CameraRGB, o.orDefault())
}

func save(ctx context.Context, name string, f frame, p Product, o *Options) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := wanted([]string{name}, o.Existing); err != nil {
		return err
	}
	return outputError(ctx, name, write(ctx, name, f, o.createOptions(o.share(p))))
}

// write streams a frame into a new file.
func write(ctx context.Context, name string, src frame, o *format.CreateOptions) (err error) {
	out, err := format.Create(name, o)
	if err != nil {
		return err
	}
	defer func() {
		if e := out.Close(); err == nil {
			err = e
		}
	}()
	if src.rgb != nil {
		err = out.WriteRGB(ctx, src.rgb)
	} else {
		err = out.WriteMosaic(ctx, src.mosaic)
	}
	if err != nil {
		return err
	}
	return out.Commit()
}
