package quadraw

import (
	"context"
	"encoding/json"
	"math"

	"github.com/quadraw/quadraw/internal/quality"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Comparison tells how far two frames are apart, on the scale on which black
// is 0 and white is 1.
type Comparison struct {
	// PSNR of red, green and blue; a mosaic without colours has green only.
	PSNR [3]Decibels `json:"psnr"`
	// Total is the PSNR of all samples together.
	Total Decibels `json:"total"`
	// SSIM is that of the luma, or of a mosaic's samples; NaN, in JSON null,
	// for frames smaller than its window of 11×11 pixels.
	SSIM Decibels `json:"ssim"`
	// MaxDifference is the largest difference of two samples.
	MaxDifference float64 `json:"max_difference"`
	// Different of Samples differ.
	Different int64 `json:"different"`
	Samples   int64 `json:"samples"`
}

// Decibels is a figure whose JSON is null if it is infinite or not a number,
// as the PSNR of equal frames is.
type Decibels float64

// MarshalJSON writes a number or null.
func (d Decibels) MarshalJSON() ([]byte, error) {
	if v := float64(d); math.IsInf(v, 0) || math.IsNaN(v) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(d))
}

// Compare measures how far the frames of two files are apart. Both must hold
// mosaics of one array, or both pictures, of one size.
func Compare(ctx context.Context, nameA, nameB string, o *Options) (*Comparison, error) {
	o = o.orDefault()
	mem := o.share(CameraRGB)
	in := o.openOptions(mem)
	if in.Limits.Bytes == 0 {
		// PNG and JPEG pictures are decoded whole, and what a user compares is
		// their own.
		in.Limits.Bytes = 4 << 30
	}
	a, err := openFrame(ctx, nameA, in)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	b, err := openFrame(ctx, nameB, in)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if sa, sb := a.header().Size, b.header().Size; sa != sb {
		return nil, recipeError("%s is %d×%d, %s is %d×%d", nameA, sa.X, sa.Y, nameB, sb.X, sb.Y)
	}
	q := &quality.Options{Tiles: tile.Options{Workers: o.Workers, MaxMemory: mem.writer, Progress: o.Progress}}
	var r *quality.Report
	switch {
	case a.rgb != nil && b.rgb != nil:
		r, err = quality.Compare(ctx, a.rgb, b.rgb, q)
	case a.mosaic != nil && b.mosaic != nil:
		r, err = quality.CompareMosaics(ctx, a.mosaic, b.mosaic, q)
	default:
		return nil, recipeError("a mosaic and a picture cannot be compared")
	}
	if err != nil {
		return nil, stageError(err)
	}
	c := &Comparison{
		Total: Decibels(r.Total), SSIM: Decibels(r.SSIM),
		MaxDifference: r.MaxDifference, Different: r.Different, Samples: r.Samples,
	}
	for i := raw.Red; i <= raw.Blue; i++ {
		c.PSNR[i] = Decibels(r.PSNR[i])
	}
	return c, nil
}
