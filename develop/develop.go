package develop

import (
	"context"
	"fmt"
	"image"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// New returns src, linear camera RGB, developed: encoded RGB in the gamut's
// colour space, black 0, white 65535, cropped to DefaultCrop and upright. Its
// header is rewritten to match.
//
// New reads a little of src when the white has to be found in the picture.
func New(src raw.RGBSource, o *Options) (raw.RGBSource, error) {
	var opt Options
	if o != nil {
		opt = *o
	}
	if opt.Gamut == raw.LinearCamera {
		opt.Gamut = raw.SRGB
	}
	if err := opt.check(); err != nil {
		return nil, err
	}
	h := src.Header()
	if h.ColorSpace != raw.LinearCamera {
		return nil, fmt.Errorf("%w: the picture is developed already (%v)", raw.ErrOption, h.ColorSpace)
	}
	lv := levelsOf(h)
	for c, s := range lv.scale {
		if !(s > 0 && s <= 1) {
			return nil, fmt.Errorf("%w: black %v is not below white %v", raw.ErrOption, lv.black[c], h.White[c])
		}
	}
	camera := newCameraColor(&h.Color)
	if !camera.known() {
		opt.warn("the file has no usable colour matrix; camera colours are taken as they are")
	}
	w, err := resolveWhite(src, camera, &opt)
	if err != nil {
		return nil, err
	}
	d := &developed{src: src, crop: h.DefaultCrop.Intersect(h.Bounds()), orientation: h.Orientation, levels: lv}
	if d.crop.Empty() || opt.WholeFrame {
		d.crop = h.Bounds()
	}
	if !d.orientation.Valid() || opt.KeepOrientation {
		d.orientation = raw.TopLeft
	}
	d.kernel = newKernel(lv, w, camera.toOutput(w, opt.Gamut), baseline(h)+opt.Exposure, &opt)
	d.h = d.header(h, &opt)
	d.scratch.New = func() any { return new(raw.RGB) }
	return d, nil
}

// baseline returns the header's BaselineExposure, held to what makes sense.
func baseline(h *raw.Header) float64 {
	if b := h.BaselineExposure; b >= -10 && b <= 10 {
		return b
	}
	return 0
}

type developed struct {
	src         raw.RGBSource
	h           *raw.Header
	levels      *levels
	kernel      *kernel
	crop        image.Rectangle // in src's coordinates
	orientation raw.Orientation
	scratch     sync.Pool // of *raw.RGB
}

func (d *developed) header(h *raw.Header, o *Options) *raw.Header {
	out := h.Clone()
	out.Size = d.crop.Size()
	if d.orientation.Transposes() {
		out.Size.X, out.Size.Y = out.Size.Y, out.Size.X
	}
	out.CFA = raw.Mono
	out.ActiveArea, out.DefaultCrop, out.MaskedAreas = out.Bounds(), out.Bounds(), nil
	out.BitsPerSample = 16
	out.Black, out.White = raw.ConstantBlack(0), [3]float64{65535, 65535, 65535}
	out.Noise = raw.NoiseProfile{}
	out.ColorSpace, out.Color = o.Gamut, raw.ColorProfile{}
	out.BaselineExposure = 0
	if !o.KeepOrientation {
		out.Orientation = raw.TopLeft
	}
	out.Opcodes = [3][]raw.Opcode{}
	return out
}

func (d *developed) Header() *raw.Header { return d.h }

// A tile is developed in pieces that fit the second-level cache.
const pieceWidth, pieceHeight = 1024, 256

func (d *developed) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := d.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	var tmp *raw.RGB
	if d.orientation != raw.TopLeft {
		tmp = d.scratch.Get().(*raw.RGB)
		defer d.scratch.Put(tmp)
	}
	r := dst.Rect
	for y := r.Min.Y; y < r.Max.Y; y += pieceHeight {
		for x := r.Min.X; x < r.Max.X; x += pieceWidth {
			if err := ctx.Err(); err != nil {
				return err
			}
			piece := dst.Part(image.Rect(x, y, x+pieceWidth, y+pieceHeight))
			if err := d.piece(ctx, piece, tmp); err != nil {
				return err
			}
		}
	}
	return nil
}

// piece fills dst. It reads straight into it when the frame is upright, and
// into tmp otherwise.
func (d *developed) piece(ctx context.Context, dst, tmp *raw.RGB) error {
	from := storedRect(d.orientation, dst.Rect, d.crop.Size()).Add(d.crop.Min)
	at := tmp
	if d.orientation != raw.TopLeft {
		tmp.Reset(from)
	} else {
		// The same samples under the source's coordinates.
		moved := *dst
		moved.Rect = from
		at = &moved
	}
	if err := d.src.ReadTile(ctx, at); err != nil {
		return err
	}
	for y := at.Rect.Min.Y; y < at.Rect.Max.Y; y++ {
		r, g, b := at.Row(raw.Red, y), at.Row(raw.Green, y), at.Row(raw.Blue, y)
		if !d.levels.constant {
			for c, row := range [3][]uint16{r, g, b} {
				d.levels.flatten(at.Rect.Min.X, y, c, row)
			}
		}
		d.kernel.row(r, g, b)
	}
	if d.orientation != raw.TopLeft {
		turn(d.orientation, dst, tmp)
	}
	return nil
}
