package quadraw

import (
	"fmt"
	"image"
	"os"

	"github.com/quadraw/quadraw/binning"
	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Recipe says what becomes of a frame. It is plain data: the zero value
// develops a picture with good defaults, and its JSON is a preset file.
type Recipe struct {
	// Product is how far the frame is taken.
	Product Product `json:"product"`
	// Mode is how cells of several pixels are read.
	Mode Mode `json:"mode"`
	// Bin says how mode Bin bins.
	Bin BinRecipe `json:"bin,omitzero"`
	// Merge says how the frames of a burst become one.
	Merge MergeRecipe `json:"merge,omitzero"`
	// Defects is a file of [noise.Defect]s in JSON, as [FindDefects] gives
	// them: these pixels are filled from their neighbours.
	Defects string `json:"defects,omitzero"`
	// Noise replaces the noise profile of the frames, if it is known: at the
	// ISO of a burst's first.
	Noise raw.NoiseProfile `json:"noise,omitzero"`
	// Denoise is the strength of noise reduction on the mosaic; the zero value
	// decides by what a merge leaves of the noise.
	Denoise Strength `json:"denoise,omitzero"`
	// Demosaic says how colours are interpolated.
	Demosaic DemosaicRecipe `json:"demosaic,omitzero"`
	// Look says how a picture is developed.
	Look Look `json:"look,omitzero"`
	// Crop is the part to make, in pixels of the product: of a picture as it is
	// seen, upright; of a mosaic or camera RGB, from the upper left of the
	// default crop. Empty is all. Only this part is computed.
	Crop image.Rectangle `json:"crop,omitzero"`
	// Zoom, above 1, is the middle of a picture: its width and height are
	// those of the whole divided by Zoom. Zoom 2 of a Quad sensor at full size
	// has as many pixels as the whole binned.
	Zoom float64 `json:"zoom,omitzero"`
}

// BinRecipe is the part of binning.Options that a recipe may choose.
type BinRecipe struct {
	Factor       int  `json:"factor,omitzero"`
	Sum          bool `json:"sum,omitzero"`
	TwoStep      bool `json:"two_step,omitzero"`
	PhaseCorrect bool `json:"phase_correct,omitzero"`
	// Robust leaves hot, dead and struck pixels out of their cells: those
	// further than Sigma standard deviations away; 0 is 5.
	Robust bool    `json:"robust,omitzero"`
	Sigma  float64 `json:"sigma,omitzero"`
	// ClipAware makes a cell white whose mean is wrong because a member clips.
	ClipAware bool `json:"clip_aware,omitzero"`
	// Exposures are the relative exposures of the members of a 2×2 cell.
	Exposures []float64 `json:"exposures,omitempty"`
	// GainMap is a file that [Calibrate] has written for the sensor.
	GainMap string `json:"gain_map,omitzero"`
}

func (b *BinRecipe) options() (*binning.Options, error) {
	o := &binning.Options{
		Factor: b.Factor, TwoStep: b.TwoStep, PhaseCorrect: b.PhaseCorrect,
		Robust: b.Robust, Sigma: b.Sigma, ClipAware: b.ClipAware, Exposures: b.Exposures,
	}
	if b.Sum {
		o.Mode = binning.Sum
	}
	if b.GainMap == "" {
		return o, nil
	}
	f, err := os.Open(b.GainMap)
	if err != nil {
		return nil, &InputError{Name: b.GainMap, Err: err}
	}
	defer f.Close()
	if o.GainMap, err = binning.ReadGainMap(f); err != nil {
		return nil, &InputError{Name: b.GainMap, Err: err}
	}
	return o, nil
}

// DemosaicRecipe is the part of demosaic.Options that a recipe may choose.
type DemosaicRecipe struct {
	Method  demosaic.Method  `json:"method,omitzero"`
	Denoise demosaic.Denoise `json:"denoise,omitzero"`
	// Tables are files of trained filters to use instead of those built in.
	Tables []string `json:"tables,omitempty"`
}

func (d *DemosaicRecipe) options(u *userTables) (*demosaic.Options, error) {
	o := &demosaic.Options{Method: d.Method, Denoise: d.Denoise}
	if len(d.Tables) == 0 {
		return o, nil
	}
	var err error
	o.Tables, err = u.read(d.Tables)
	return o, err
}

// MergeRecipe is the part of noise.MergeOptions that a recipe may choose.
type MergeRecipe struct {
	Method noise.MergeMethod `json:"method,omitzero"`
	// Exposures of the frames against one another; empty are those that EXIF
	// tells or, where it does not, measured ones.
	Exposures []float64 `json:"exposures,omitempty"`
	// Reference is the number of the frame whose moment the picture shows,
	// from 1; 0 takes the sharpest of the first three.
	Reference int `json:"reference,omitzero"`
	// Order says when the cells of a burst are binned, in mode Bin.
	Order MergeOrder `json:"order,omitzero"`
	// KeepDefects does not look for hot and dead pixels before merging.
	KeepDefects bool `json:"keep_defects,omitzero"`
	// SkipBad goes on without frames that cannot be read or do not fit; they
	// make an error of the job all the same, once its outputs are there.
	SkipBad bool `json:"skip_bad,omitzero"`
}

func (m *MergeRecipe) options(frames []raw.Source, o *Options) *noise.MergeOptions {
	opt := &noise.MergeOptions{
		Method: m.Method, Exposures: m.Exposures, Reference: m.Reference, SkipBad: m.SkipBad,
		Tiles: tile.Options{Workers: o.Workers}, Log: o.Log,
	}
	for i, src := range frames {
		name := fmt.Sprintf("frame %d", i+1)
		if f, ok := src.(*inputSource); ok {
			name = f.name
		}
		opt.Names = append(opt.Names, name)
	}
	return opt
}

// Resolve returns the recipe as it will work on a frame with header h: AutoMode
// becomes Bin, Full or Keep, for the reason that comes with it. The error is
// [ErrRecipe] if the recipe cannot work on such a frame.
func (r Recipe) Resolve(h *raw.Header) (Recipe, string, error) {
	reason := "as asked"
	if err := r.check(); err != nil {
		return r, "", err
	}
	if r.Mode == AutoMode && r.Zoom > 0 {
		r.Mode, reason = Full, "zoomed in"
	}
	if r.Mode == AutoMode {
		r.Mode, reason = chooseMode(h, r.exposure())
	}
	cell := h.CFA.Cell()
	switch {
	case r.Product == Stored:
		return r, "stored samples", nil
	case r.Product == Mosaic && r.Mode == Full && cell <= 1:
		return r, "", recipeError("%v is no array of larger cells: there is nothing to remosaic", h.CFA)
	case r.Product < Mosaic && r.Mode == Keep && cell > 1:
		return r, "", recipeError("a picture of %v needs mode bin or full", h.CFA)
	}
	if r.Mode == Full && cell <= 1 {
		r.Mode = Keep
	}
	return r, reason, nil
}

// exposure is by how many EV the recipe makes its product brighter.
func (r *Recipe) exposure() float64 {
	if r.Product != Picture {
		return 0
	}
	return r.Look.Exposure
}

// check finds what no frame could make sense of.
func (r *Recipe) check() error {
	switch {
	case r.Zoom != 0 && !(r.Zoom >= 1 && r.Zoom <= 1000):
		return recipeError("zoom %v, want 1 to 1000", r.Zoom)
	case r.Zoom != 0 && !r.Crop.Empty():
		return recipeError("a zoom and a crop: only one of them")
	case r.Zoom != 0 && r.Product != Picture:
		return recipeError("only pictures can be zoomed; crop a %v", r.Product)
	case r.Merge.Order != AnyOrder && (r.Mode == Full || r.Mode == Keep):
		return recipeError("an order of binning and merging in mode %v, which does not bin", r.Mode)
	case !(r.Denoise <= maxStrength):
		return recipeError("denoising strength %v, want at most %d", float64(r.Denoise), maxStrength)
	case r.Look.Resize < 0:
		return recipeError("resize to %d pixels", r.Look.Resize)
	}
	return nil
}

// productFor returns what to make for the output name: a format of pictures
// turns a mosaic into a picture with the recipe's look, a DNG of a picture holds
// its camera RGB. fromRGB says that the input has three colours a pixel.
func (r *Recipe) productFor(name string, fromRGB bool) (Product, error) {
	mosaic, rgb := format.CanHold(name)
	isRGB := fromRGB || r.Product < Mosaic
	switch {
	case !mosaic && !rgb:
		return 0, recipeError("%s: unknown extension; known are .dng, .pgm, .npy, .ppm, .tif, .png and .jpg", name)
	case isRGB && !rgb:
		return 0, recipeError("%s: this format holds a mosaic and no picture", name)
	case !isRGB && !mosaic:
		return Picture, nil
	case r.Product == Picture && tellsBlack(name):
		return CameraRGB, nil
	}
	return r.Product, nil
}
