package dng

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// Options say how a file is read. Nil and the zero value are good defaults.
type Options struct {
	// Limits bound what a file may ask for.
	Limits raw.Limits
	// CacheBytes bounds the decoded tiles that are kept for other readers of
	// the same tile; 0 is 24 MiB. It never exceeds Limits.Bytes.
	CacheBytes int64
	// Salvage reads a damaged file as far as possible: tiles that cannot be
	// read are black, and [File.Damage] lists them.
	Salvage bool
	// CFA, if set, is the colour filter array, anchored at the first stored
	// sample, whatever the file says: so the samples of arrays that this
	// package does not know (X-Trans, four colours) can be had.
	CFA *raw.CFA
	// Log is told of what was skipped. Nil is silent.
	Log *slog.Logger
}

const defaultCacheBytes = 24 << 20

func (o *Options) cacheBytes() int64 {
	if o.CacheBytes <= 0 {
		return defaultCacheBytes
	}
	return o.CacheBytes
}

// File is a DNG file open for reading. It is safe for concurrent use.
type File struct {
	header  *raw.Header
	image   *stored
	picture bool // no DNG: opened by DecodePicture
}

// Decode reads the structure and the header of the DNG file in the size bytes
// of r, which has to stay open for as long as its samples are read. It decodes
// no samples (but for those of the masked areas, if the black level has to be
// measured) and checks that all of them lie inside the file.
//
// What is no DNG file is [raw.ErrUnknown]; what breaks the format's rules is a
// [*raw.CorruptError], with [raw.ErrTruncated] inside where bytes are missing;
// what is beyond o.Limits is [raw.ErrLimit]; what this package cannot read is
// a [*raw.UnsupportedError].
func Decode(r io.ReaderAt, size int64, o *Options) (*File, error) {
	if o == nil {
		o = &Options{}
	}
	limits := o.Limits.OrDefault()
	tiff, err := ifd.Open(r, size, limits)
	if err != nil {
		return nil, err
	}
	d := &decoder{tiff: tiff, r: r, size: size, limits: limits, salvage: o.Salvage, cfa: o.CFA, log: o.Log}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if err := d.findRaw(); err != nil {
		return nil, err
	}
	g, err := d.geometry()
	if err != nil {
		return nil, err
	}
	lv, err := d.levels(g)
	if err != nil {
		return nil, err
	}
	img, err := d.stored(g, lv)
	if err != nil {
		return nil, err
	}
	img.cache.keep = min(o.cacheBytes(), limits.Bytes)
	h, err := d.makeHeader(g, lv)
	if err != nil {
		return nil, err
	}
	f := &File{header: h, image: img}
	if err := d.measureBlack(f, lv); err != nil {
		return nil, err
	}
	img.black = blackSample(h)
	return f, nil
}

// Header describes the frame; the caller does not change it.
func (f *File) Header() *raw.Header { return f.header }

// Mosaic returns the samples of a file with one sample a pixel, after the
// file's LinearizationTable. Samples of more than 16 bits and floating-point
// samples are scaled so that the header's white level is 65535.
func (f *File) Mosaic() (raw.Source, error) {
	if f.image.samples != 1 || f.picture {
		return nil, &raw.UnsupportedError{Feature: fmt.Sprintf("a mosaic of a file with %d samples a pixel (LinearRaw)", f.image.samples)}
	}
	return &mosaicSource{f}, nil
}

// RGB returns the samples of a file with three colours a pixel (LinearRaw),
// scaled as [File.Mosaic] does.
func (f *File) RGB() (raw.RGBSource, error) {
	if f.picture {
		return &pictureSource{f}, nil
	}
	if f.image.samples == 1 {
		return nil, &raw.UnsupportedError{Feature: "a picture of a file with one sample a pixel; demosaic it"}
	}
	return &rgbSource{f}, nil
}

// Damage lists what could not be read so far, if [Options].Salvage is set.
func (f *File) Damage() []Damage { return f.image.damaged() }

// decoder is what the parts of Decode share.
type decoder struct {
	tiff    *ifd.File
	r       io.ReaderAt
	size    int64
	limits  raw.Limits
	salvage bool
	picture bool // a TIFF picture, which has TIFF's defaults and compressions
	cfa     *raw.CFA
	log     *slog.Logger

	ifd0, raw *ifd.Directory
	all       []*ifd.Directory
}

// find returns the field of the raw image's directory, or else of the first
// one: writers differ in where they put what is said once for the file.
func (d *decoder) find(t ifd.Tag) *ifd.Entry {
	if e := d.raw.Find(t); e != nil {
		return e
	}
	return d.ifd0.Find(t)
}

// uint returns the first value of the field of the raw image's directory, or
// def without the field.
func (d *decoder) uint(t ifd.Tag, def uint64) (uint64, error) {
	e := d.raw.Find(t)
	if e == nil {
		return def, nil
	}
	return d.tiff.Uint(e)
}

// need is uint for a field that must be there.
func (d *decoder) need(t ifd.Tag) (uint64, error) {
	e := d.raw.Find(t)
	if e == nil {
		return 0, d.corrupt(t, "is missing")
	}
	return d.tiff.Uint(e)
}

// corrupt says what is wrong with a field.
func (d *decoder) corrupt(t ifd.Tag, format string, args ...any) error {
	at := int64(-1)
	if d.raw != nil {
		at = d.raw.Offset
		if e := d.find(t); e != nil {
			at = e.Offset
		}
	}
	return &raw.CorruptError{Offset: at, What: t.String() + " " + fmt.Sprintf(format, args...)}
}

// dngVersion is the newest version of the format that this package knows.
const dngVersion = 1<<24 | 7<<16 | 1<<8

// findRaw chooses the directory of the raw image: the largest main image with
// a mosaic or linear samples.
func (d *decoder) findRaw() error {
	all, damage, err := d.tiff.Walk()
	if err != nil {
		return err
	}
	for _, err := range damage {
		d.log.Warn("DNG: part of the file's structure is unreadable", "error", err)
	}
	d.all, d.ifd0 = all, all[0]
	if d.ifd0.Find(ifd.DNGVersion) == nil {
		return fmt.Errorf("%w: a TIFF file without DNGVersion", raw.ErrUnknown)
	}
	if e := d.ifd0.Find(ifd.DNGBackwardVersion); e != nil {
		v, err := d.tiff.Uints(e, 4)
		if err != nil {
			return err
		}
		n := uint64(0)
		for i := range 4 {
			n <<= 8
			if i < len(v) {
				n |= v[i] & 255
			}
		}
		if n&^0xff > dngVersion {
			return &raw.UnsupportedError{Feature: fmt.Sprintf("a DNG that only readers of version %v and later may open", v)}
		}
	}
	best, other := int64(-1), uint64(0)
	seen := false
	for _, dir := range all {
		pixels, photometric, ok := d.candidate(dir)
		switch {
		case !ok:
		case photometric != ifd.ColorFilter && photometric != ifd.LinearRaw:
			other, seen = photometric, true
		case pixels > best:
			best, d.raw = pixels, dir
		}
	}
	if d.raw == nil {
		if len(damage) > 0 {
			return fmt.Errorf("no raw image found: %w", damage[0])
		}
		if seen {
			return &raw.UnsupportedError{Feature: fmt.Sprintf("PhotometricInterpretation %d of the main image", other)}
		}
		return &raw.CorruptError{Offset: d.ifd0.Offset, What: "a DNG file without a raw image"}
	}
	return nil
}

// candidate reports the size and kind of a directory that holds a main image.
func (d *decoder) candidate(dir *ifd.Directory) (pixels int64, photometric uint64, ok bool) {
	get := func(t ifd.Tag, def uint64) uint64 {
		if e := dir.Find(t); e != nil {
			if v, err := d.tiff.Uint(e); err == nil {
				return v
			}
		}
		return def
	}
	if get(ifd.NewSubfileType, ifd.MainImage) != ifd.MainImage || dir.Find(ifd.PhotometricInterpretation) == nil {
		return 0, 0, false
	}
	w, h := get(ifd.ImageWidth, 0), get(ifd.ImageLength, 0)
	return int64(min(w, 1<<30) * min(h, 1<<30)), get(ifd.PhotometricInterpretation, 0), true
}
