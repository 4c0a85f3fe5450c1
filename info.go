package quadraw

import (
	"context"
	"fmt"
	"image"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// Info is what a file says of its frame, in the form that people and scripts
// read. Lengths are pixels; levels are in DN, noise is normalised.
type Info struct {
	Name        string            `json:"name"`
	Format      string            `json:"format"`
	Size        image.Point       `json:"size"`
	Bits        int               `json:"bits"`
	CFA         *raw.CFA          `json:"cfa,omitempty"` // nil for pictures
	ActiveArea  image.Rectangle   `json:"active_area"`
	DefaultCrop image.Rectangle   `json:"default_crop"`
	MaskedAreas []image.Rectangle `json:"masked_areas,omitempty"`
	Black       float64           `json:"black"` // mean of the pattern
	White       [3]float64        `json:"white"`
	Noise       *raw.NoiseProfile `json:"noise,omitempty"`
	ColorSpace  string            `json:"color_space"`
	Neutral     *[3]float64       `json:"neutral,omitempty"` // camera RGB of the as-shot white
	Baseline    float64           `json:"baseline_exposure,omitzero"`
	Orientation raw.Orientation   `json:"orientation"`
	Opcodes     []string          `json:"opcodes,omitempty"`

	Camera       string  `json:"camera,omitzero"`
	DateTime     string  `json:"date_time,omitzero"`
	ExposureTime float64 `json:"exposure_time,omitzero"` // seconds
	FNumber      float64 `json:"f_number,omitzero"`
	ISO          float64 `json:"iso,omitzero"`
	FocalLength  float64 `json:"focal_length,omitzero"` // millimetres
	Frames       int     `json:"frames,omitzero"`       // exposures merged

	// Mode is how AutoMode would read the frame, for the Reason given.
	Mode   Mode   `json:"mode"`
	Reason string `json:"reason"`
}

// Inspect reads what a file says of its frame, and none of its samples.
func Inspect(name string, o *Options) (*Info, error) {
	o = o.orDefault()
	f, err := openFrame(context.Background(), name, o.openOptions(o.share(Mosaic)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := f.header()
	i := &Info{
		Name: name, Format: f.file.Kind(), Size: h.Size, Bits: h.BitsPerSample,
		ActiveArea: h.ActiveArea, DefaultCrop: h.DefaultCrop, MaskedAreas: h.MaskedAreas,
		Black: h.Black.Mean(), White: h.White, ColorSpace: h.ColorSpace.String(), Baseline: h.BaselineExposure, Orientation: h.Orientation,
		DateTime: h.Capture.DateTime, ExposureTime: h.Capture.ExposureTime, FNumber: h.Capture.FNumber, ISO: h.Capture.ISO,
		FocalLength: h.Capture.FocalLength, Frames: h.Capture.Frames,
	}
	i.Camera = strings.TrimSpace(h.Capture.Make + " " + h.Capture.Model)
	if i.Camera == "" {
		i.Camera = h.Capture.UniqueCameraModel
	}
	if h.Noise.Known() {
		i.Noise = &h.Noise
	}
	if h.Color.HasNeutral() {
		i.Neutral = &h.Color.AsShotNeutral
	}
	for list, ops := range h.Opcodes {
		for _, op := range ops {
			i.Opcodes = append(i.Opcodes, fmt.Sprintf("%d in list %d", op.ID, list+1))
		}
	}
	if f.rgb != nil {
		i.Mode, i.Reason = Keep, "a picture already"
		return i, nil
	}
	i.CFA = &h.CFA
	i.Mode, i.Reason = chooseMode(h, 0)
	return i, nil
}

// modeOf resolves the recipe's mode for one file.
func modeOf(name string, r *Recipe, o *Options) (Mode, error) {
	o = o.orDefault()
	f, err := openFrame(context.Background(), name, o.openOptions(o.share(Mosaic)))
	if err != nil {
		return r.Mode, err
	}
	defer f.Close()
	if f.rgb != nil {
		return Keep, nil
	}
	res, _, err := r.Resolve(f.header())
	return res.Mode, err
}
