package dng

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/quadraw/quadraw/internal/icc"
	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// DecodePicture opens the first picture of a TIFF file that is no DNG, by way
// of the same strips and tiles: red, green and blue or gray, 8 or 16 bits a
// sample, stored as they are, deflated or LZW-packed. [File.RGB] delivers it in
// 16 bits and, unless an ICC profile of this module's says otherwise, takes it
// to be sRGB. What else TIFF knows (palettes, bilevel, CMYK, premultiplied
// alpha) is a [*raw.UnsupportedError]; other errors are those of [Decode].
func DecodePicture(r io.ReaderAt, size int64, o *Options) (*File, error) {
	if o == nil {
		o = &Options{}
	}
	limits := o.Limits.OrDefault()
	tiff, err := ifd.Open(r, size, limits)
	if err != nil {
		return nil, err
	}
	dir, err := tiff.Directory(tiff.First)
	if err != nil {
		return nil, err
	}
	d := &decoder{tiff: tiff, r: r, size: size, limits: limits, salvage: o.Salvage, log: o.Log, ifd0: dir, raw: dir, picture: true}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	g := &geometry{}
	for _, step := range []func(*geometry) error{d.frameSize, d.pictureKind, d.sampleLayout, d.pictureDepth, d.chunks, d.chunkPlaces} {
		if err := step(g); err != nil {
			return nil, err
		}
	}
	lv := &levels{scale: 1}
	if g.bits == 8 {
		lv.scale = 257
	}
	img, err := d.stored(g, lv)
	if err != nil {
		return nil, err
	}
	img.cache.keep = min(o.cacheBytes(), limits.Bytes)
	h := raw.NewHeader(g.size, raw.Mono, 16)
	h.ColorSpace = d.pictureSpace()
	if err := d.orientation(h); err != nil {
		return nil, err
	}
	return &File{header: h, image: img, picture: true}, nil
}

// pictureKind refuses what is neither RGB nor gray. Extra samples are left out;
// those by which the colours were multiplied cannot be.
func (d *decoder) pictureKind(*geometry) error {
	kind, err := d.need(ifd.PhotometricInterpretation)
	if err != nil {
		return err
	}
	if d.raw.Find(ifd.BitsPerSample) == nil { // TIFF's default
		return &raw.UnsupportedError{Feature: "TIFF picture of 1 bit a sample"}
	}
	samples, err := d.uint(ifd.SamplesPerPixel, 1)
	if err != nil {
		return err
	}
	extra := uint64(0)
	if e := d.raw.Find(ifd.ExtraSamples); e != nil {
		extra = e.Count
		v, err := d.tiff.Uints(e, 64)
		if err != nil {
			return err
		}
		for _, x := range v {
			if x == ifd.ExtraSampleAssociatedAlpha {
				return &raw.UnsupportedError{Feature: "a TIFF picture with premultiplied alpha"}
			}
		}
	}
	switch {
	case kind == ifd.RGB && samples == 3+extra, kind == ifd.BlackIsZero && samples == 1+extra:
		return nil
	}
	return &raw.UnsupportedError{Feature: fmt.Sprintf("TIFF picture of PhotometricInterpretation %d with %d samples a pixel, %d of them extra", kind, samples, extra)}
}

func (d *decoder) pictureDepth(g *geometry) error {
	if g.floating || g.bits != 8 && g.bits != 16 {
		return &raw.UnsupportedError{Feature: fmt.Sprintf("TIFF picture of %d bits a sample (floating point: %v)", g.bits, g.floating)}
	}
	return nil
}

// pictureCoding is coding for what TIFF pictures are compressed with.
func (d *decoder) pictureCoding(g *geometry) error {
	var err error
	if g.compression, err = d.uint(ifd.Compression, ifd.CompressionNone); err != nil {
		return err
	}
	if g.predictor, err = d.uint(ifd.Predictor, ifd.PredictorNone); err != nil {
		return err
	}
	switch g.compression {
	case ifd.CompressionNone:
		return nil
	case ifd.CompressionOldDeflate:
		g.compression = ifd.CompressionDeflate
		return d.predictors(g)
	case ifd.CompressionDeflate, ifd.CompressionLZW:
		return d.predictors(g)
	}
	return &raw.UnsupportedError{Feature: "Compression " + compressionName(g.compression)}
}

// pictureSpace compares the file's profile with those that this module writes.
func (d *decoder) pictureSpace() raw.ColorSpace {
	e := d.raw.Find(ifd.ICCProfile)
	if e == nil {
		return raw.SRGB
	}
	profile, err := d.tiff.Bytes(e)
	for s := raw.SRGB; err == nil && s <= raw.Rec2020; s++ {
		if bytes.Equal(profile, icc.Profile(s)) {
			return s
		}
	}
	d.log.Warn("TIFF: the picture's ICC profile is not read, it is taken to be sRGB", "error", err)
	return raw.SRGB
}

// pictureSource delivers a picture; gray counts as red, green and blue.
type pictureSource struct{ f *File }

func (p *pictureSource) Header() *raw.Header { return p.f.header }

func (p *pictureSource) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := p.f.header.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	t := target{pix: dst.Pix, planes: 3, stride: dst.Stride, rect: dst.Rect}
	if p.f.image.kind == ifd.RGB {
		return p.f.image.read(ctx, &t)
	}
	t.planes = 1
	if err := p.f.image.read(ctx, &t); err != nil {
		return err
	}
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		gray := dst.Row(raw.Red, y)
		copy(dst.Row(raw.Green, y), gray)
		copy(dst.Row(raw.Blue, y), gray)
	}
	return nil
}
