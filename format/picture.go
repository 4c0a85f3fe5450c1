package format

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"sync"

	"golang.org/x/image/tiff"

	"github.com/quadraw/quadraw/raw"
)

// decoders are the standard library's readers of pictures.
func decoders(kind string) (config func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error)) {
	switch kind {
	case "png":
		return png.DecodeConfig, png.Decode
	case "jpeg":
		return jpeg.DecodeConfig, jpeg.Decode
	}
	return tiff.DecodeConfig, tiff.Decode
}

// pixelBytes is how much memory a pixel of a decoded picture takes at most.
func pixelBytes(m color.Model) int64 {
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBAModel, color.NRGBAModel, color.CMYKModel:
		return 4
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	return 1 // a palette
}

// openPicture opens a PNG or JPEG picture, or a TIFF one that cannot be read
// strip by strip: a scene for the simulator, or something to compare with. Its
// size is checked now; it is decoded whole when it is first read, 8 bits
// widened to 16, and taken to be sRGB.
func openPicture(r io.ReaderAt, size int64, kind string, limits Limits) (*File, error) {
	limits = limits.OrDefault()
	configure, decode := decoders(kind)
	cfg, err := configure(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, pictureError(kind, err)
	}
	if cfg.Width < 1 || cfg.Height < 1 {
		return nil, &CorruptError{Offset: -1, What: fmt.Sprintf("%s of %d×%d", kind, cfg.Width, cfg.Height)}
	}
	pixels := int64(cfg.Width) * int64(cfg.Height)
	if cfg.Width > limits.Side || cfg.Height > limits.Side || pixels > limits.Pixels {
		return nil, fmt.Errorf("%w: %s of %d×%d", ErrLimit, kind, cfg.Width, cfg.Height)
	}
	if n := pixelBytes(cfg.ColorModel); pixels > limits.Bytes/n {
		return nil, fmt.Errorf("%w: %s of %d×%d is decoded whole, to %d bytes, at most %d are allowed", ErrLimit, kind, cfg.Width, cfg.Height, pixels*n, limits.Bytes)
	}
	// Deflate and Huffman codes give at most about a thousandfold.
	if pixels > size*1100+4096 {
		return nil, fmt.Errorf("%w: %s of %d×%d in %d bytes", ErrTruncated, kind, cfg.Width, cfg.Height, size)
	}
	h := raw.NewHeader(image.Pt(cfg.Width, cfg.Height), raw.Mono, 16)
	h.ColorSpace = raw.SRGB
	p := &picture{h: h}
	p.load = sync.OnceValues(func() (image.RGBA64Image, error) {
		img, err := decode(io.NewSectionReader(r, 0, size))
		if err != nil {
			return nil, pictureError(kind, err)
		}
		if img.Bounds().Size() != h.Size {
			return nil, &CorruptError{Offset: -1, What: fmt.Sprintf("%s of %v that promised %v", kind, img.Bounds().Size(), h.Size)}
		}
		if deep, ok := img.(image.RGBA64Image); ok {
			return deep, nil
		}
		return nil, &UnsupportedError{Feature: fmt.Sprintf("%s with pixels of type %T", kind, img)}
	})
	return &File{kind: kind, rgb: p}, nil
}

// pictureError gives the standard library's errors our kinds.
func pictureError(kind string, err error) error {
	var pngUnsupported png.UnsupportedError
	var jpegUnsupported jpeg.UnsupportedError
	var tiffUnsupported tiff.UnsupportedError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: %s: %w", ErrTruncated, kind, err)
	case errors.As(err, &pngUnsupported), errors.As(err, &jpegUnsupported), errors.As(err, &tiffUnsupported):
		return &UnsupportedError{Feature: err.Error()}
	}
	return &CorruptError{Offset: -1, What: kind, Err: err}
}

// picture is a decoded picture as a source.
type picture struct {
	h    *raw.Header
	load func() (image.RGBA64Image, error)
}

func (p *picture) Header() *raw.Header { return p.h }

func (p *picture) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := p.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	img, err := p.load()
	if err != nil {
		return err
	}
	from := img.Bounds().Min
	if m, ok := img.(*image.YCbCr); ok {
		fromYCbCr(dst, m, from)
		return nil
	}
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		red, green, blue := dst.Row(raw.Red, y), dst.Row(raw.Green, y), dst.Row(raw.Blue, y)
		for i := range red {
			c := opaque(img.RGBA64At(from.X+dst.Rect.Min.X+i, from.Y+y))
			red[i], green[i], blue[i] = c.R, c.G, c.B
		}
	}
	return nil
}

// fromYCbCr does for what JPEG files hold, and without a call a pixel, what
// YCbCr.RGBA64At does.
func fromYCbCr(dst *raw.RGB, m *image.YCbCr, from image.Point) {
	step := 0 // pixels of a chroma sample, as a shift
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422:
		step = 1
	case image.YCbCrSubsampleRatio410, image.YCbCrSubsampleRatio411:
		step = 2
	}
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		red, green, blue := dst.Row(raw.Red, y), dst.Row(raw.Green, y), dst.Row(raw.Blue, y)
		x := from.X + dst.Rect.Min.X
		luma := m.Y[m.YOffset(x, from.Y+y):][:len(red)]
		cb, cr := m.Cb[m.COffset(x, from.Y+y):], m.Cr[m.COffset(x, from.Y+y):]
		odd := x & (1<<step - 1)
		for i, v := range luma {
			k := (i + odd) >> step
			r, g, b, _ := color.YCbCr{Y: v, Cb: cb[k], Cr: cr[k]}.RGBA()
			red[i], green[i], blue[i] = uint16(r), uint16(g), uint16(b)
		}
	}
}

// opaque undoes the premultiplication of colours by their alpha.
func opaque(c color.RGBA64) color.RGBA64 {
	if c.A == 0xffff || c.A == 0 {
		return c
	}
	f := func(v uint16) uint16 { return uint16(min(uint32(v)*0xffff/uint32(c.A), 0xffff)) }
	return color.RGBA64{R: f(c.R), G: f(c.G), B: f(c.B), A: 0xffff}
}
