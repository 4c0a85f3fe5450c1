package quadraw

import (
	"context"
	"fmt"
	"image"
	"log/slog"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

// Mosaic returns the mosaic that the recipe makes of a frame: its active area,
// corrected as the file asks, read as the mode says, denoised. Several frames
// are a burst, which is merged. AutoMode is resolved by the first frame's
// header; ctx is that of the alignment of a burst.
func (r *Recipe) Mosaic(ctx context.Context, o *Options, frames ...raw.Source) (raw.Source, error) {
	c, err := r.chain(ctx, frames, o.orDefault())
	if err != nil {
		return nil, err
	}
	return c.mosaic()
}

// CameraRGB returns the linear camera RGB that the recipe makes of a frame or a
// burst. Its header tells the level of black, below which noise is kept.
func (r *Recipe) CameraRGB(ctx context.Context, o *Options, frames ...raw.Source) (raw.RGBSource, error) {
	c, err := r.chain(ctx, frames, o.orDefault())
	if err != nil {
		return nil, err
	}
	return c.cameraRGB(pedestal(c.src.Header()))
}

// Picture returns the developed picture that the recipe makes of a frame or a
// burst, upright and cropped as the file asks.
func (r *Recipe) Picture(ctx context.Context, o *Options, frames ...raw.Source) (raw.RGBSource, error) {
	c, err := r.chain(ctx, frames, o.orDefault())
	if err != nil {
		return nil, err
	}
	return c.picture()
}

// chain is a recipe bound to frames: the stages up to the mosaic on which the
// products part.
type chain struct {
	r      Recipe // resolved
	reason string // of its mode
	o      *Options
	src    raw.Source // corrected, binned if the mode is Bin, merged, denoised
	merge  *noise.MergeReport
	// defects of a burst, in coordinates of the stored frames.
	defects []noise.Defect
	iso     float64 // of the first frame
}

func (r *Recipe) chain(ctx context.Context, frames []raw.Source, o *Options) (*chain, error) {
	if len(frames) == 0 {
		return nil, recipeError("no frames")
	}
	resolved, reason, err := r.Resolve(frames[0].Header())
	if err != nil {
		return nil, err
	}
	c := &chain{r: resolved, reason: reason, o: o, iso: frames[0].Header().Capture.ISO}
	if resolved.Product == Stored {
		if len(frames) > 1 {
			return nil, recipeError("stored samples are those of one frame, not of %d", len(frames))
		}
		c.src = frames[0]
		return c, nil
	}
	if len(frames) == 1 {
		if c.src, err = c.prepare(frames[0], true); err != nil {
			return nil, err
		}
		if c.src, err = c.bin(c.src); err != nil {
			return nil, err
		}
	} else if err := c.burst(ctx, frames); err != nil {
		return nil, err
	}
	if c.r.Denoise == AutoStrength && c.merge != nil && c.r.Product < Mosaic {
		var why string
		c.r.Denoise, why = chooseStrength(c.src.Header(), c.r.exposure())
		c.reason += fmt.Sprintf("; %d frames count as %.1f, %s", len(frames), c.merge.EffectiveFrames, why)
	}
	if c.r.Denoise > 0 {
		if c.src, err = noise.Denoise(c.src, &noise.DenoiseOptions{Strength: float64(c.r.Denoise), Log: o.Log}); err != nil {
			return nil, err
		}
	}
	if len(frames) > 1 && c.r.binsLast(frames[0].Header()) {
		if c.src, err = c.bin(c.src); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// prepare is the part of the chain that every frame goes through by itself:
// the corrections that the file and the recipe ask for, masked borders off. If
// mark is true the defects that are known are among them.
func (c *chain) prepare(src raw.Source, mark bool) (raw.Source, error) {
	var err error
	if mark {
		if src, err = noise.MarkDefects(src, c.defects); err != nil {
			return nil, err
		}
	}
	if mark && c.r.Defects != "" {
		defects, err := readDefects(c.r.Defects)
		if err != nil {
			return nil, err
		}
		if src, err = noise.MarkDefects(src, defects); err != nil {
			return nil, &InputError{Name: c.r.Defects, Err: err}
		}
	}
	if src, err = develop.Correct(src, &develop.CorrectOptions{Log: c.o.Log}); err != nil {
		return nil, err
	}
	if src, err = raw.Crop(src, src.Header().ActiveArea); err != nil {
		return nil, err
	}
	if c.r.Noise.Known() {
		h := src.Header().Clone()
		h.Noise = c.r.Noise.AtISO(c.iso, h.Capture.ISO)
		return raw.WithHeader(src, h)
	}
	return src, nil
}

// bin makes one pixel of each cell if the mode says so.
func (c *chain) bin(src raw.Source) (raw.Source, error) {
	if c.r.Mode != Bin {
		return src, nil
	}
	b, err := c.r.Bin.options()
	if err != nil {
		return nil, err
	}
	return binning.New(src, b)
}

func (c *chain) mosaic() (raw.Source, error) {
	src := c.src
	if c.r.Product == Stored {
		return src, nil
	}
	if c.r.Mode == Full {
		d, err := c.r.Demosaic.options(c.o.tables)
		if err != nil {
			return nil, err
		}
		if src, err = demosaic.Remosaic(src, d); err != nil {
			return nil, err
		}
	}
	if c.r.Crop.Empty() {
		return src, nil
	}
	area, err := cropArea(src.Header(), c.r.Crop)
	if err != nil {
		return nil, err
	}
	return raw.Crop(src, area)
}

// demosaiced reads cells of several pixels as they are, which is better than by
// way of a Bayer mosaic. Without colour filters there is nothing to interpolate.
func (c *chain) demosaiced(black uint16) (raw.RGBSource, error) {
	if c.mono() {
		return develop.Gray(c.src, black)
	}
	d, err := c.r.Demosaic.options(c.o.tables)
	if err != nil {
		return nil, err
	}
	d.Pedestal = black
	return demosaic.New(c.src, d)
}

func (c *chain) mono() bool { return c.src.Header().CFA == raw.Mono }

func (c *chain) cameraRGB(black uint16) (raw.RGBSource, error) {
	rgb, err := c.demosaiced(black)
	if err != nil {
		return nil, err
	}
	return cropRGB(rgb, c.r.Crop)
}

func (c *chain) picture() (raw.RGBSource, error) {
	rgb, err := c.demosaiced(pedestal(c.src.Header()))
	if err != nil {
		return nil, err
	}
	log := c.o.Log
	if c.mono() {
		log = nil // gray needs no colour matrix: nothing to warn of
	}
	return c.r.develop(rgb, log)
}

// develop takes camera RGB to a picture; what is one already stays. The crop
// comes last, so that a white balance guessed from the picture is the whole
// picture's, and only the crop is computed all the same.
func (r *Recipe) develop(rgb raw.RGBSource, log *slog.Logger) (raw.RGBSource, error) {
	if rgb.Header().ColorSpace == raw.LinearCamera {
		corrected, err := develop.CorrectRGB(rgb, &develop.CorrectOptions{Log: log})
		if err != nil {
			return nil, err
		}
		look := r.Look.options()
		look.Log = log
		if rgb, err = develop.New(corrected, look); err != nil {
			return nil, err
		}
	}
	rgb, err := cropRGB(rgb, r.cropOf(rgb.Header().Size))
	if err != nil {
		return nil, err
	}
	if r.Look.Resize > 0 {
		if rgb, err = develop.Resize(rgb, develop.FitInside(rgb.Header().Size, r.Look.Resize)); err != nil {
			return nil, err
		}
	}
	if r.Look.Sharpen != 0 {
		return develop.Sharpen(rgb, &develop.SharpenOptions{Amount: r.Look.Sharpen})
	}
	return rgb, nil
}

// cropOf is the part of a picture that the recipe's crop or zoom means; empty
// is all of it.
func (r *Recipe) cropOf(size image.Point) image.Rectangle {
	if r.Zoom <= 1 {
		return r.Crop
	}
	w, h := max(1, int(float64(size.X)/r.Zoom+0.5)), max(1, int(float64(size.Y)/r.Zoom+0.5))
	at := image.Pt((size.X-w)/2, (size.Y-h)/2)
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

func cropRGB(src raw.RGBSource, crop image.Rectangle) (raw.RGBSource, error) {
	if crop.Empty() {
		return src, nil
	}
	area, err := cropArea(src.Header(), crop)
	if err != nil {
		return nil, err
	}
	return raw.CropRGB(src, area)
}

// cropArea is crop, counted from the default crop, in the frame's coordinates.
func cropArea(h *raw.Header, crop image.Rectangle) (image.Rectangle, error) {
	area := crop.Add(h.DefaultCrop.Min)
	if !area.In(h.DefaultCrop) {
		return area, recipeError("crop %v is not inside the picture of %d×%d", crop, h.DefaultCrop.Dx(), h.DefaultCrop.Dy())
	}
	return area, nil
}
