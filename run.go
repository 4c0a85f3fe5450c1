package quadraw

import (
	"context"
	"errors"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/quadraw/quadraw/format"
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
}

// MegapixelsPerSecond is the speed, counted in pixels of the input.
func (r *Result) MegapixelsPerSecond() float64 {
	if r.Seconds <= 0 {
		return 0
	}
	return float64(r.Pixels) / 1e6 / r.Seconds
}

// Run does one job. Outputs appear under their names when they are complete,
// each by itself, or not at all. Errors are an [*InputError], an
// [*OutputError], [ErrRecipe], or the context's.
func Run(ctx context.Context, job Job, o *Options) (*Result, error) {
	start := time.Now()
	o = o.orDefault()
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
	return res, nil
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
	recipe := job.Recipe
	if recipe.Product, err = recipe.productFor(name, in.rgb != nil); err != nil {
		return err
	}
	src, err := in.product(&recipe, o, res)
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
	return outputError(ctx, name, write(ctx, name, src, o.createOptions(o.share(recipe.Product))))
}

// SaveMosaic streams a mosaic into a new file, whose extension chooses the
// format. The file appears when it is complete, or not at all.
func SaveMosaic(ctx context.Context, name string, src raw.Source, o *Options) error {
	return save(ctx, name, frame{mosaic: src}, Mosaic, o.orDefault())
}

// SaveRGB is [SaveMosaic] for pictures.
func SaveRGB(ctx context.Context, name string, src raw.RGBSource, o *Options) error {
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

// frame is a mosaic or a picture, and the file it comes from if it does.
type frame struct {
	name   string
	file   *format.File
	mosaic raw.Source
	rgb    raw.RGBSource
}

func openFrame(ctx context.Context, name string, o *format.OpenOptions) (frame, error) {
	if err := ctx.Err(); err != nil {
		return frame{}, err
	}
	file, err := format.Open(name, o)
	if err != nil {
		return frame{}, &InputError{Name: name, Err: err}
	}
	f := frame{name: name, file: file}
	if rgb, err := file.RGB(); err == nil {
		f.rgb = &inputRGB{rgb, name}
		return f, nil
	}
	src, err := file.Mosaic()
	if err != nil {
		file.Close()
		return frame{}, &InputError{Name: name, Err: err}
	}
	f.mosaic = &inputSource{src, name}
	return f, nil
}

// openJob opens the frame that a job works on.
func openJob(ctx context.Context, job *Job, o *format.OpenOptions) (frame, error) {
	if len(job.Inputs) != 1 {
		return frame{}, recipeError("%d inputs for one frame", len(job.Inputs))
	}
	return openFrame(ctx, job.Inputs[0], o)
}

// pixels is how many samples or pixels the input holds.
func (f frame) pixels() int64 {
	size := f.header().Size
	return int64(size.X) * int64(size.Y)
}

func (f frame) header() *raw.Header {
	if f.rgb != nil {
		return f.rgb.Header()
	}
	return f.mosaic.Header()
}

// Close closes the file.
func (f frame) Close() error { return f.file.Close() }

// product composes the recipe's stages over the frame and notes the mode.
func (f frame) product(r *Recipe, o *Options, res *Result) (frame, error) {
	if f.rgb != nil {
		return f.productOfRGB(r, o, res)
	}
	resolved, reason, err := r.Resolve(f.header())
	if err != nil {
		return frame{}, err
	}
	res.Mode, res.Reason = resolved.Mode, reason
	var out frame
	switch resolved.Product {
	case Picture:
		out.rgb, err = resolved.Picture(f.mosaic, o)
	case CameraRGB:
		out.rgb, err = resolved.CameraRGB(f.mosaic, o)
	default:
		out.mosaic, err = resolved.Mosaic(f.mosaic, o)
	}
	return out, stageError(err)
}

func (f frame) productOfRGB(r *Recipe, o *Options, res *Result) (frame, error) {
	res.Mode, res.Reason = Keep, "the input is a picture already"
	var out frame
	var err error
	switch r.Product {
	case Picture:
		out.rgb, err = r.develop(f.rgb, o)
	case CameraRGB:
		out.rgb, err = cropRGB(f.rgb, r.Crop)
	case Stored:
		out.rgb = f.rgb
	default:
		err = recipeError("%s holds three colours a pixel: there is no mosaic to work on", f.name)
	}
	return out, stageError(err)
}
