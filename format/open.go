package format

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/quadraw/quadraw/format/dng"
	"github.com/quadraw/quadraw/format/headerless"
	"github.com/quadraw/quadraw/format/npy"
	"github.com/quadraw/quadraw/format/pgm"
	"github.com/quadraw/quadraw/raw"
)

// OpenOptions say how a file is read. Nil and the zero value are good
// defaults.
type OpenOptions struct {
	// Limits bound what a file may ask for.
	Limits Limits
	// CFA, if set, replaces the colour filter array that the file tells,
	// anchored at the first stored sample as every [raw.CFA] is.
	CFA *raw.CFA
	// Layout, if set, says that the file has no header and how its samples
	// lie. Without it [Open] looks for a sidecar (name + ".json") when it does
	// not know the content.
	Layout *headerless.Layout
	// CacheBytes bounds the decoded tiles that are kept; 0 is a good default.
	CacheBytes int64
	// Salvage reads damaged files as far as possible; [File.Damage] tells what
	// is missing.
	Salvage bool
	// Log is told of what was skipped. Nil is silent.
	Log *slog.Logger
}

// File is a file open for reading. It is safe for concurrent use.
type File struct {
	kind   string
	mosaic raw.Source
	rgb    raw.RGBSource
	damage func() []dng.Damage
	closer io.Closer
}

// Open opens the named file and recognises it by its content. Errors are those
// of [NewFile] with the file's name in front, and those of the operating
// system.
func Open(name string, o *OpenOptions) (*File, error) {
	if o == nil {
		o = &OpenOptions{}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	file, err := openFile(f, name, o)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	file.closer = f
	return file, nil
}

func openFile(f *os.File, name string, o *OpenOptions) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a regular file", ErrUnknown)
	}
	file, err := NewFile(f, info.Size(), o)
	if o.Layout != nil || !errors.Is(err, ErrUnknown) {
		return file, err
	}
	sidecar, ok, sidecarErr := headerless.ReadSidecar(name + ".json")
	if sidecarErr != nil {
		return nil, sidecarErr
	}
	if !ok {
		return nil, err
	}
	with := *o
	with.Layout = sidecar
	return NewFile(f, info.Size(), &with)
}

// NewFile opens the size bytes of r, which has to stay open for as long as
// samples are read. Content that is none of ours is [ErrUnknown]; other errors
// are [ErrTruncated], [ErrLimit], [*CorruptError] and [*UnsupportedError].
func NewFile(r io.ReaderAt, size int64, o *OpenOptions) (*File, error) {
	if o == nil {
		o = &OpenOptions{}
	}
	if o.CFA != nil && !o.CFA.Valid() {
		return nil, fmt.Errorf("%w: %v", raw.ErrCFA, *o.CFA)
	}
	f, err := sniff(r, size, o)
	if err != nil {
		return nil, err
	}
	if o.CFA == nil {
		return f, nil
	}
	if f.mosaic == nil {
		return nil, fmt.Errorf("%w: %v for a file that holds RGB", raw.ErrCFA, *o.CFA)
	}
	h := f.mosaic.Header().Clone()
	h.CFA = *o.CFA
	f.mosaic, err = raw.WithHeader(f.mosaic, h)
	return f, err
}

// sniff recognises the content by its first bytes.
func sniff(r io.ReaderAt, size int64, o *OpenOptions) (*File, error) {
	if o.Layout != nil {
		src, err := headerless.Decode(r, size, o.Layout, o.Limits)
		if err != nil {
			return nil, err
		}
		return &File{kind: o.Layout.Packing.String(), mosaic: src}, nil
	}
	var magic [8]byte
	n, err := r.ReadAt(magic[:min(size, int64(len(magic)))], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the first bytes: %w", err)
	}
	switch kindOf(magic[:n]) {
	case "tiff":
		return openTIFF(r, size, o)
	case "pgm":
		f, err := pgm.Decode(r, size, o.Limits)
		if err != nil {
			return nil, err
		}
		if f.RGB != nil {
			return &File{kind: "ppm", rgb: f.RGB}, nil
		}
		return &File{kind: "pgm", mosaic: f.Mosaic}, nil
	case "npy":
		f, err := npy.Decode(r, size, o.Limits)
		if err != nil {
			return nil, err
		}
		return &File{kind: "npy", mosaic: f.Mosaic, rgb: f.RGB}, nil
	case "png":
		return openPicture(r, size, "png", o.Limits)
	case "jpeg":
		return openPicture(r, size, "jpeg", o.Limits)
	}
	return nil, ErrUnknown
}

// kindOf names the family of formats that begins so.
func kindOf(b []byte) string {
	has := func(s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }
	switch {
	case has("II*\x00"), has("MM\x00*"), has("II+\x00"), has("MM\x00+"):
		return "tiff"
	case len(b) >= 3 && b[0] == 'P' && b[1] >= '1' && b[1] <= '7' && (b[2] <= ' ' || b[2] == '#'):
		return "pgm"
	case has(npy.Magic):
		return "npy"
	case has("\x89PNG\r\n\x1a\n"):
		return "png"
	case has("\xff\xd8\xff"):
		return "jpeg"
	}
	return ""
}

// openTIFF opens raw data, or else a picture.
func openTIFF(r io.ReaderAt, size int64, o *OpenOptions) (*File, error) {
	d, err := dng.Decode(r, size, &dng.Options{Limits: o.Limits, CacheBytes: o.CacheBytes, Salvage: o.Salvage, CFA: o.CFA, Log: o.Log})
	if errors.Is(err, ErrUnknown) {
		return openTIFFPicture(r, size, o)
	}
	if err != nil {
		return nil, err
	}
	f := &File{kind: "dng", damage: d.Damage}
	if f.mosaic, err = d.Mosaic(); err == nil {
		return f, nil
	}
	f.mosaic = nil
	f.rgb, err = d.RGB()
	return f, err
}

// openTIFFPicture opens a picture strip by strip, or an unusual one whole.
func openTIFFPicture(r io.ReaderAt, size int64, o *OpenOptions) (*File, error) {
	d, err := dng.DecodePicture(r, size, &dng.Options{Limits: o.Limits, CacheBytes: o.CacheBytes, Salvage: o.Salvage, Log: o.Log})
	var unsupported *UnsupportedError
	if errors.As(err, &unsupported) {
		return openPicture(r, size, "tiff", o.Limits)
	}
	if err != nil {
		return nil, err
	}
	f := &File{kind: "tiff", damage: d.Damage}
	f.rgb, err = d.RGB()
	return f, err
}

// Header describes the frame; the caller does not change it.
func (f *File) Header() *raw.Header {
	if f.rgb != nil {
		return f.rgb.Header()
	}
	return f.mosaic.Header()
}

// Kind names the format: "dng", "pgm", "ppm", "npy", "png", "jpeg", "tiff", or
// the packing of a headerless file ("mipi10").
func (f *File) Kind() string { return f.kind }

// Mosaic returns the samples of a file with one sample a pixel; for another it
// is an [*UnsupportedError].
func (f *File) Mosaic() (raw.Source, error) {
	if f.mosaic == nil {
		return nil, &UnsupportedError{Feature: "a mosaic of a file that holds three colours a pixel"}
	}
	return f.mosaic, nil
}

// RGB returns the samples of a file with three colours a pixel; for another it
// is an [*UnsupportedError].
func (f *File) RGB() (raw.RGBSource, error) {
	if f.rgb == nil {
		return nil, &UnsupportedError{Feature: "a picture of a file that holds a mosaic; demosaic it"}
	}
	return f.rgb, nil
}

// Damage lists what could not be read so far, if [OpenOptions].Salvage is set.
func (f *File) Damage() []dng.Damage {
	if f.damage == nil {
		return nil
	}
	return f.damage()
}

// Close closes the file, if it was opened by [Open].
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}
