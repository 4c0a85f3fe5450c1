package dng

import (
	"image"
	"math"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// makeHeader gathers everything that the header of the frame says.
func (d *decoder) makeHeader(g *geometry, lv *levels) (*raw.Header, error) {
	h := raw.NewHeader(g.size, g.cfa, lv.bits)
	h.ActiveArea = g.active
	h.DefaultCrop = g.active
	h.MaskedAreas = lv.masked
	h.Black, h.White = lv.black, lv.white
	for _, step := range []func(*raw.Header) error{
		d.defaultCrop, d.orientation, d.color, d.baselineExposure, d.noiseProfile, d.opcodes, d.capture,
	} {
		if err := step(h); err != nil {
			return nil, err
		}
	}
	if lv.table != nil {
		if err := d.behindTable(h, lv.table); err != nil {
			return nil, err
		}
	}
	d.metadata(h)
	return h, nil
}

// numbers reads a field of n numbers from either directory; nil if it is
// missing or if one of its values is absent (0/0).
func (d *decoder) numbers(t ifd.Tag, n int) ([]float64, error) {
	e := d.find(t)
	if e == nil {
		return nil, nil
	}
	v, err := d.tiff.Floats(e, max(uint64(n), 1024))
	if err != nil {
		return nil, err
	}
	if len(v) < n {
		return nil, d.corrupt(t, "has %d values, want %d", len(v), n)
	}
	for _, x := range v[:n] {
		if math.IsNaN(x) {
			return nil, nil
		}
	}
	return v, nil
}

// defaultCrop turns DefaultCropOrigin from ActiveArea's corner to the frame's
// and narrows the crop by DefaultUserCrop.
func (d *decoder) defaultCrop(h *raw.Header) error {
	size, err := d.numbers(ifd.DefaultCropSize, 2)
	if err != nil {
		return err
	}
	origin, err := d.numbers(ifd.DefaultCropOrigin, 2)
	if err != nil {
		return err
	}
	crop := h.ActiveArea
	if size != nil {
		if origin == nil {
			origin = []float64{0, 0}
		}
		at := image.Pt(pixel(origin[0]), pixel(origin[1])).Add(h.ActiveArea.Min)
		crop = image.Rectangle{Min: at, Max: at.Add(image.Pt(pixel(size[0]), pixel(size[1])))}.Intersect(h.ActiveArea)
		if crop.Empty() {
			return d.corrupt(ifd.DefaultCropSize, "%v at %v has nothing of ActiveArea %v", size, origin, h.ActiveArea)
		}
	}
	user, err := d.numbers(ifd.DefaultUserCrop, 4)
	if err != nil {
		return err
	}
	if user != nil {
		t, l, b, r := user[0], user[1], user[2], user[3]
		if !(0 <= t && t < b && b <= 1 && 0 <= l && l < r && r <= 1) {
			return d.corrupt(ifd.DefaultUserCrop, "is %v", user[:4])
		}
		w, ht := float64(crop.Dx()), float64(crop.Dy())
		narrow := image.Rect(pixel(l*w), pixel(t*ht), pixel(r*w), pixel(b*ht)).Add(crop.Min)
		if !narrow.Empty() {
			crop = narrow
		}
	}
	h.DefaultCrop = crop
	if scale, err := d.numbers(ifd.DefaultScale, 2); err != nil {
		return err
	} else if scale != nil && scale[0] != scale[1] {
		d.log.Warn("DNG: pixels that are not square are treated as if they were", "DefaultScale", scale)
	}
	return nil
}

func pixel(v float64) int { return int(math.Round(max(-1e9, min(v, 1e9)))) }

func (d *decoder) orientation(h *raw.Header) error {
	e := d.find(ifd.Orientation)
	if e == nil {
		return nil
	}
	v, err := d.tiff.Uint(e)
	if err != nil {
		return err
	}
	switch {
	case v == 0: // EXIF writers' "unknown"
	case v > 8:
		return d.corrupt(ifd.Orientation, "is %d", v)
	default:
		h.Orientation = raw.Orientation(v)
	}
	return nil
}

// baselineExposure adds the offset that the embedded profile asks for, as
// Adobe's reader does.
func (d *decoder) baselineExposure(h *raw.Header) error {
	for _, t := range []ifd.Tag{ifd.BaselineExposure, ifd.BaselineExposureOffset} {
		v, err := d.numbers(t, 1)
		if err != nil {
			return err
		}
		if v == nil {
			continue
		}
		if math.Abs(v[0]) > 30 {
			return d.corrupt(t, "is %g", v[0])
		}
		h.BaselineExposure += v[0]
	}
	return nil
}

// noiseProfile takes a pair for each plane or one for all.
func (d *decoder) noiseProfile(h *raw.Header) error {
	e := d.find(ifd.NoiseProfile)
	if e == nil {
		return nil
	}
	v, err := d.tiff.Floats(e, 64)
	if err != nil || len(v) != 2 && len(v) != 6 {
		d.log.Warn("DNG: NoiseProfile is ignored", "values", v, "error", err)
		return nil
	}
	var p raw.NoiseProfile
	for c := range p {
		i := 2 * c
		if len(v) == 2 {
			i = 0
		}
		p[c] = raw.NoiseModel{Scale: v[i], Offset: v[i+1]}
	}
	if !p.Known() {
		d.log.Warn("DNG: NoiseProfile is ignored", "values", v)
		return nil
	}
	h.Noise = p
	return nil
}
