// Package tiff writes RGB pictures as TIFF files (TIFF 6.0, BigTIFF) in a
// stream: never more than a few bands of rows are in memory.
package tiff

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"

	"github.com/klauspost/compress/zlib"

	"github.com/quadraw/quadraw/internal/exif"
	"github.com/quadraw/quadraw/internal/icc"
	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/packing"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// WriteOptions say how a picture is written. Nil and the zero value are good
// defaults.
type WriteOptions struct {
	// BitDepth of a sample: 8 or 16; 0 is 16.
	BitDepth int
	// Deflate compresses strips with zlib after predictor 2.
	Deflate bool
	// Strip leaves out metadata that was carried along.
	Strip bool
	// Big makes a BigTIFF even of a file below 4 GB.
	Big bool
	// Tiles bound workers and memory and report progress.
	Tiles tile.Options
}

// bandRows is how many rows are computed and written at once; a band is cut
// into strips of stripRows, small enough for readers that decode a strip at a
// time.
const (
	bandRows  = 128
	stripRows = 16
)

// Write writes src with three samples a pixel, its ICC profile if its colour
// space has one, and its metadata. Samples of 8 bits are the 16-bit ones
// rounded. w must be at its start: the directory comes first and is written
// again when all offsets are known. A file that may pass 4 GB is a BigTIFF.
func Write(ctx context.Context, w io.WriteSeeker, src raw.RGBSource, o *WriteOptions) error {
	if o == nil {
		o = &WriteOptions{}
	}
	depth := o.BitDepth
	if depth == 0 {
		depth = 16
	}
	if depth != 8 && depth != 16 {
		return fmt.Errorf("%w: TIFF of %d bits, want 8 or 16", raw.ErrOption, depth)
	}
	h := src.Header()
	plan, err := tile.NewPlan(tile.Work{
		Bounds: h.Bounds(), FullWidth: true, Rows: bandRows, Align: image.Pt(1, stripRows), BytesPerPixel: 6 + 3*depth/8,
	}, &o.Tiles)
	if err != nil {
		return err
	}
	f := &file{src: src, depth: depth, deflate: o.Deflate, size: h.Size}
	n := (h.Size.Y + stripRows - 1) / stripRows
	f.offsets, f.counts = make([]uint64, n), make([]uint64, n)
	d := &ifd.Builder{}
	f.describe(d, h, o.Strip)
	bytes := int64(h.Size.X) * int64(h.Size.Y) * int64(3*depth/8)
	big := o.Big || bytes > 7<<29 // the rest of 4 GB is for metadata and for strips that do not compress
	head, err := ifd.Append(nil, d, big)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	f.at = uint64(len(head))
	err = tile.Ordered(ctx, plan, func() *band { return &band{} }, f.compute, func(b *band, r image.Rectangle) error {
		return f.deliver(w, b, r)
	})
	if err != nil {
		return err
	}
	d.Offsets(ifd.StripOffsets, f.offsets...)
	d.Offsets(ifd.StripByteCounts, f.counts...)
	if head, err = ifd.Append(nil, d, big); err != nil {
		return err
	}
	if _, err := w.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = w.Seek(int64(f.at), io.SeekStart)
	return err
}

type file struct {
	src     raw.RGBSource
	depth   int
	deflate bool
	size    image.Point

	at              uint64 // offset of the next strip
	offsets, counts []uint64
}

func (f *file) describe(d *ifd.Builder, h *raw.Header, strip bool) {
	d.Long(ifd.NewSubfileType, ifd.MainImage)
	d.Long(ifd.ImageWidth, uint32(f.size.X))
	d.Long(ifd.ImageLength, uint32(f.size.Y))
	d.Short(ifd.BitsPerSample, uint16(f.depth), uint16(f.depth), uint16(f.depth))
	d.Short(ifd.SamplesPerPixel, 3)
	d.Short(ifd.PlanarConfiguration, ifd.PlanarConfigurationChunky)
	d.Short(ifd.PhotometricInterpretation, ifd.RGB)
	d.Short(ifd.SampleFormat, ifd.SampleFormatUint, ifd.SampleFormatUint, ifd.SampleFormatUint)
	d.Short(ifd.Compression, ifd.CompressionNone)
	if f.deflate {
		d.Short(ifd.Compression, ifd.CompressionDeflate)
		d.Short(ifd.Predictor, ifd.PredictorHorizontal)
	}
	d.Rational(ifd.XResolution, 72)
	d.Rational(ifd.YResolution, 72)
	d.Short(ifd.ResolutionUnit, ifd.ResolutionUnitInch)
	d.Long(ifd.RowsPerStrip, stripRows)
	d.Offsets(ifd.StripOffsets, f.offsets...)
	d.Offsets(ifd.StripByteCounts, f.counts...)
	if p := icc.Profile(h.ColorSpace); p != nil {
		d.Undefined(ifd.ICCProfile, p)
	}
	exif.Describe(d, h, exif.Options{Strip: strip, Rendered: true})
}

// band is a worker's rows and their stored form.
type band struct {
	rgb   raw.RGB
	row   []uint16
	data  []byte // of one strip before compression
	out   []byte
	sizes []int // of the strips in out
	buf   bytes.Buffer
	zip   *zlib.Writer
}

func (f *file) compute(ctx context.Context, b *band, r image.Rectangle) error {
	b.rgb.Reset(r)
	if err := f.src.ReadTile(ctx, &b.rgb); err != nil {
		return err
	}
	if b.row == nil {
		b.row = make([]uint16, 3*f.size.X)
	}
	b.out, b.sizes = b.out[:0], b.sizes[:0]
	for y := r.Min.Y; y < r.Max.Y; y += stripRows {
		at := len(b.out)
		if err := f.strip(b, y, min(y+stripRows, r.Max.Y)); err != nil {
			return err
		}
		b.sizes = append(b.sizes, len(b.out)-at)
	}
	return nil
}

// strip appends the rows from y0 to y1.
func (f *file) strip(b *band, y0, y1 int) error {
	if !f.deflate {
		for y := y0; y < y1; y++ {
			b.out = f.appendRow(b.out, b, y)
		}
		return nil
	}
	b.data = b.data[:0]
	for y := y0; y < y1; y++ {
		at := len(b.data)
		b.data = f.appendRow(b.data, b, y)
		if f.depth == 8 {
			row := b.data[at:]
			for i := len(row) - 1; i >= 3; i-- {
				row[i] -= row[i-3]
			}
		}
	}
	b.buf.Reset()
	if b.zip == nil {
		var err error
		if b.zip, err = zlib.NewWriterLevel(&b.buf, zlib.BestSpeed); err != nil {
			return err
		}
	} else {
		b.zip.Reset(&b.buf)
	}
	if _, err := b.zip.Write(b.data); err != nil {
		return err
	}
	if err := b.zip.Close(); err != nil {
		return err
	}
	b.out = append(b.out, b.buf.Bytes()...)
	return nil
}

// appendRow appends row y in stored form, 16-bit samples after predictor 2 if
// the file is compressed.
func (f *file) appendRow(d []byte, b *band, y int) []byte {
	red, green, blue := b.rgb.Row(raw.Red, y), b.rgb.Row(raw.Green, y), b.rgb.Row(raw.Blue, y)
	if f.depth == 8 {
		return packing.RGB8(d, red, green, blue)
	}
	packing.Interleave(b.row, red, green, blue)
	if f.deflate {
		for i := len(b.row) - 1; i >= 3; i-- {
			b.row[i] -= b.row[i-3]
		}
	}
	return packing.LittleEndian(d, b.row)
}

func (f *file) deliver(w io.Writer, b *band, r image.Rectangle) error {
	if _, err := w.Write(b.out); err != nil {
		return err
	}
	for i, n := range b.sizes {
		k := r.Min.Y/stripRows + i
		f.offsets[k], f.counts[k] = f.at, uint64(n)
		f.at += uint64(n)
	}
	return nil
}
