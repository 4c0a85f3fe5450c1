package dng

import (
	"context"
	"fmt"
	"image"
	"io"
	"strconv"
	"strings"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Compression is how the samples of a file are stored.
type Compression uint8

const (
	// Auto is LJPEG.
	Auto Compression = iota
	// None stores 16-bit samples (8-bit ones if the header says that they
	// have no more) in one strip.
	None
	// LJPEG is lossless JPEG in tiles (ITU T.81 process 14): about half the
	// size, and what every DNG reader knows.
	LJPEG
	// Deflate is zlib in tiles. DNG has it for floating-point samples only, so
	// a LinearRaw picture is stored as 32-bit floats, normalised to 0 at black
	// and 1 at white; a mosaic cannot be written so.
	Deflate
)

var compressionNames = [...]string{"auto", "none", "ljpeg", "deflate"}

// String returns "auto", "none", "ljpeg" or "deflate".
func (c Compression) String() string {
	if int(c) < len(compressionNames) {
		return compressionNames[c]
	}
	return "compression(" + strconv.Itoa(int(c)) + ")"
}

// MarshalText is [Compression.String] for encoders.
func (c Compression) MarshalText() ([]byte, error) {
	if int(c) >= len(compressionNames) {
		return nil, fmt.Errorf("%w: %v", raw.ErrOption, c)
	}
	return []byte(c.String()), nil
}

// UnmarshalText accepts what [Compression.String] prints.
func (c *Compression) UnmarshalText(text []byte) error {
	for i, name := range compressionNames {
		if strings.EqualFold(string(text), name) {
			*c = Compression(i)
			return nil
		}
	}
	return fmt.Errorf("%w: compression %q, want auto, none, ljpeg or deflate", raw.ErrOption, text)
}

// WriteOptions say how a file is written. Nil and the zero value are good
// defaults.
type WriteOptions struct {
	Compression Compression
	// Preview is the picture that viewers show, of 1024 pixels a side or less,
	// not turned (the file's Orientation applies to it too). Nil: a quick look
	// is made of the samples as they pass.
	Preview image.Image
	// NoPreview leaves the preview out; the raw image is in the first
	// directory then.
	NoPreview bool
	// Strip leaves out metadata that was carried along: EXIF, GPS, XMP, maker
	// notes, dates, serial numbers.
	Strip bool
	// Big makes a BigTIFF even of a file below 4 GB.
	Big bool
	// Tiles bound workers and memory and report progress.
	Tiles tile.Options
}

// Write writes the mosaic src as a DNG 1.4 file: photometric interpretation
// CFA with the true repeat pattern (2×2, 4×4, 6×6 or 8×8), or LinearRaw with
// one sample for [raw.Mono]. w must be at its start; the directories come
// first and are written again at the end, when all offsets are known.
//
// A sensor without a known colour matrix gets that of sRGB, since readers
// refuse a file that has none. Above 4 GB the file is a BigTIFF.
func Write(ctx context.Context, w io.WriteSeeker, src raw.Source, o *WriteOptions) error {
	return write(ctx, w, &mosaicPixels{src}, o)
}

// WriteLinear writes a picture of linear camera RGB as a LinearRaw DNG with
// three samples a pixel.
func WriteLinear(ctx context.Context, w io.WriteSeeker, src raw.RGBSource, o *WriteOptions) error {
	if s := src.Header().ColorSpace; s != raw.LinearCamera {
		return &raw.UnsupportedError{Feature: fmt.Sprintf("a DNG file of a picture in %v: only linear camera RGB is raw data", s)}
	}
	return write(ctx, w, &linearPixels{src}, o)
}

func write(ctx context.Context, w io.WriteSeeker, p pixels, o *WriteOptions) error {
	if o == nil {
		o = &WriteOptions{}
	}
	h := p.header()
	s, err := newStore(p, o)
	if err != nil {
		return err
	}
	d, err := newDirectories(h, s, o)
	if err != nil {
		return err
	}
	look, err := newLook(h, s, o)
	if err != nil {
		return err
	}
	head, err := d.bytes(look)
	if err != nil {
		return err
	}
	out := &counter{w: w}
	if _, err := out.Write(head); err != nil {
		return err
	}
	if err := s.stream(ctx, out, look); err != nil {
		return err
	}
	if err := look.write(out); err != nil {
		return err
	}
	again, err := d.bytes(look)
	if err != nil {
		return err
	}
	if len(again) != len(head) {
		return fmt.Errorf("directories of %d bytes have become %d", len(head), len(again))
	}
	if _, err := w.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := w.Write(again); err != nil {
		return err
	}
	_, err = w.Seek(out.n, io.SeekStart)
	return err
}

// counter knows the offset of the next byte.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// directories are the file's, with the store's offsets filled in each time
// they are turned into bytes.
type directories struct {
	root, raw *ifd.Builder
	store     *store
	big       bool
}

func newDirectories(h *raw.Header, s *store, o *WriteOptions) (*directories, error) {
	d := &directories{root: &ifd.Builder{}, store: s}
	d.raw = d.root
	if !o.NoPreview {
		d.raw = &ifd.Builder{}
		d.root.Sub(ifd.SubIFDs, d.raw)
	}
	if err := describeRaw(d.raw, h, s); err != nil {
		return nil, err
	}
	if err := describeFile(d.root, h, s, o); err != nil {
		return nil, err
	}
	// Half a gigabyte is for metadata and for samples that do not compress.
	d.big = o.Big || s.bytes() > 7<<29
	return d, nil
}

func (d *directories) bytes(l *look) ([]byte, error) {
	d.store.describe(d.raw)
	if l.wanted {
		l.describe(d.root)
	}
	return ifd.Append(nil, d.root, d.big)
}
