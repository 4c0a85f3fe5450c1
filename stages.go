package quadraw

import (
	"image"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/develop"
	"github.com/quadraw/quadraw/raw"
)

// pedestal is where black lies in pictures that are developed further, so that
// noise below black survives until the curve.
const pedestal = 1024

// Mosaic returns the mosaic that the recipe makes of src: its active area,
// corrected as the file asks, read as the mode says. AutoMode is resolved by
// src's header.
func (r *Recipe) Mosaic(src raw.Source, o *Options) (raw.Source, error) {
	res, _, err := r.Resolve(src.Header())
	if err != nil {
		return nil, err
	}
	if res.Product == Stored {
		return src, nil
	}
	if src, err = res.corrected(src, o.orDefault()); err != nil {
		return nil, err
	}
	switch res.Mode {
	case Bin:
		src, err = binning.New(src, res.Bin.options())
	case Full:
		src, err = demosaic.Remosaic(src, res.Demosaic.options())
	}
	if err != nil {
		return nil, err
	}
	if res.Product == Mosaic {
		return cropMosaic(src, r.Crop)
	}
	return src, nil
}

// corrected is the part of every chain that precedes the mode: masked borders
// off, the file's own corrections on.
func (r *Recipe) corrected(src raw.Source, o *Options) (raw.Source, error) {
	return raw.Crop(src, src.Header().ActiveArea)
}

// CameraRGB returns the linear camera RGB that the recipe makes of src.
func (r *Recipe) CameraRGB(src raw.Source, o *Options) (raw.RGBSource, error) {
	rgb, err := r.cameraRGB(src, 0, o)
	if err != nil {
		return nil, err
	}
	return cropRGB(rgb, r.Crop)
}

func (r *Recipe) cameraRGB(src raw.Source, black uint16, o *Options) (raw.RGBSource, error) {
	res, _, err := r.Resolve(src.Header())
	if err != nil {
		return nil, err
	}
	if res.Mode == Full {
		// The demosaic reads large cells itself, better than by way of
		// a Bayer mosaic.
		res.Mode = Keep
		if src, err = res.corrected(src, o.orDefault()); err != nil {
			return nil, err
		}
	} else if src, err = res.Mosaic(src, o); err != nil {
		return nil, err
	}
	d := res.Demosaic.options()
	d.Pedestal = black
	return demosaic.New(src, d)
}

// Picture returns the developed picture that the recipe makes of src, upright
// and cropped as the file asks.
func (r *Recipe) Picture(src raw.Source, o *Options) (raw.RGBSource, error) {
	rgb, err := r.cameraRGB(src, pedestal, o)
	if err != nil {
		return nil, err
	}
	return r.develop(rgb, o.orDefault())
}

// develop takes camera RGB to a picture; what is one already stays. The crop
// comes last, so that a white balance guessed from the picture is the whole
// picture's, and only the crop is computed all the same.
func (r *Recipe) develop(rgb raw.RGBSource, o *Options) (raw.RGBSource, error) {
	if rgb.Header().ColorSpace == raw.LinearCamera {
		d := r.Look.options()
		d.Log = o.Log
		var err error
		if rgb, err = develop.New(rgb, d); err != nil {
			return nil, err
		}
	}
	return cropRGB(rgb, r.Crop)
}

// cropArea is crop, counted from the default crop, in the frame's coordinates.
func cropArea(h *raw.Header, crop image.Rectangle) (image.Rectangle, error) {
	area := crop.Add(h.DefaultCrop.Min)
	if !area.In(h.DefaultCrop) {
		return area, recipeError("crop %v is not inside the picture of %d×%d", crop, h.DefaultCrop.Dx(), h.DefaultCrop.Dy())
	}
	return area, nil
}

func cropMosaic(src raw.Source, crop image.Rectangle) (raw.Source, error) {
	if crop.Empty() {
		return src, nil
	}
	area, err := cropArea(src.Header(), crop)
	if err != nil {
		return nil, err
	}
	return raw.Crop(src, area)
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
