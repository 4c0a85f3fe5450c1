package quadraw

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
)

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
	if o.CFA == nil && file.Kind() == "dng" {
		if src, err = trueCFA(ctx, src, name, o.Log); err != nil {
			file.Close()
			return frame{}, &InputError{Name: name, Err: err}
		}
	}
	f.mosaic = &inputSource{src, name}
	return f, nil
}

// trueCFA returns src with the colour filter array that its samples show:
// phones tag 4×4 mosaics as 2×2, and what is made of these by their tags is
// wrong everywhere.
func trueCFA(ctx context.Context, src raw.Source, name string, log *slog.Logger) (raw.Source, error) {
	tagged := src.Header().CFA
	if tagged.Cell() != 1 {
		// Nobody tags a Quad frame by mistake, and a dark scene can look
		// like larger cells than it has.
		return src, nil
	}
	d, err := format.DetectCFA(ctx, src)
	if err != nil || d.Agrees(tagged) {
		return src, err
	}
	h := src.Header().Clone()
	h.CFA = d.Apply(tagged)
	if log != nil {
		log.Warn("the samples contradict the file's colour filter array and are believed; --cfa overrules both",
			"file", name, "tagged", tagged, "samples", h.CFA)
	}
	return raw.WithHeader(src, h)
}

func (f *frame) header() *raw.Header {
	if f.rgb != nil {
		return f.rgb.Header()
	}
	return f.mosaic.Header()
}

// Close closes the file.
func (f *frame) Close() error { return f.file.Close() }

// frames are the opened inputs of a job: one, or a burst of mosaics.
type frames []frame

func openFrames(ctx context.Context, names []string, o *format.OpenOptions) (frames, error) {
	if len(names) == 0 {
		return nil, recipeError("no inputs")
	}
	var fs frames
	for _, name := range names {
		f, err := openFrame(ctx, name, o)
		if err != nil {
			fs.Close()
			return nil, err
		}
		fs = append(fs, f)
		if len(names) > 1 && f.rgb != nil {
			fs.Close()
			return nil, recipeError("%s holds three colours a pixel: a burst is of mosaics", name)
		}
	}
	if err := fs.distinct(); err != nil {
		fs.Close()
		return nil, err
	}
	return fs, nil
}

// distinct fails if one file was named twice: its noise would be taken for that
// of two frames.
func (fs frames) distinct() error {
	infos := make([]os.FileInfo, len(fs))
	for i := range fs {
		info, err := os.Stat(fs[i].name)
		if err != nil {
			return &InputError{Name: fs[i].name, Err: err}
		}
		for j, other := range infos[:i] {
			if os.SameFile(info, other) {
				return recipeError("%s and %s are one file", fs[j].name, fs[i].name)
			}
		}
		infos[i] = info
	}
	return nil
}

// Close closes the files.
func (fs frames) Close() error {
	var errs []error
	for _, f := range fs {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// pixels is how many samples or pixels the inputs hold.
func (fs frames) pixels() int64 {
	var n int64
	for i := range fs {
		size := fs[i].header().Size
		n += int64(size.X) * int64(size.Y)
	}
	return n
}

// product composes the recipe's stages over the frames for the output name and
// notes in res what was decided.
func (fs frames) product(ctx context.Context, r *Recipe, name string, o *Options, res *Result) (frame, error) {
	if fs[0].rgb != nil {
		return fs[0].productOfRGB(r, name, o, res)
	}
	sources := make([]raw.Source, len(fs))
	for i := range fs {
		sources[i] = fs[i].mosaic
	}
	var out frame
	c, err := r.chain(ctx, sources, o)
	if err != nil {
		return out, stageError(err)
	}
	res.Mode, res.Reason, res.Merge, res.Defects = c.r.Mode, c.reason, c.merge, len(c.defects)
	switch c.r.Product {
	case Picture:
		out.rgb, err = c.picture()
	case CameraRGB:
		black := uint16(0)
		if tellsBlack(name) {
			black = pedestal(c.src.Header())
		}
		out.rgb, err = c.cameraRGB(black)
	default:
		out.mosaic, err = c.mosaic()
	}
	return out, stageError(err)
}

func (f *frame) productOfRGB(r *Recipe, name string, o *Options, res *Result) (frame, error) {
	res.Mode, res.Reason = Keep, "the input is a picture already"
	var out frame
	var err error
	switch r.Product {
	case Picture:
		out.rgb, err = r.develop(f.rgb, o.Log)
	case CameraRGB:
		if out.rgb = f.rgb; !tellsBlack(name) {
			out.rgb, err = normalised(f.rgb)
		}
		if err == nil {
			out.rgb, err = cropRGB(out.rgb, r.Crop)
		}
	case Stored:
		out.rgb = f.rgb
	default:
		err = recipeError("%s holds three colours a pixel: there is no mosaic to work on", f.name)
	}
	return out, stageError(err)
}

// damage is what could not be read of inputs that are being salvaged.
func (fs frames) damage() error {
	for _, f := range fs {
		if d := f.file.Damage(); len(d) > 0 {
			return &InputError{Name: f.name, Err: fmt.Errorf("damaged: %d parts could not be read, the first at %v: %w", len(d), d[0].Rect, d[0].Err)}
		}
	}
	return nil
}
