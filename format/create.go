package format

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/quadraw/quadraw/format/dng"
	"github.com/quadraw/quadraw/format/jpeg"
	"github.com/quadraw/quadraw/format/npy"
	"github.com/quadraw/quadraw/format/pgm"
	"github.com/quadraw/quadraw/format/png"
	"github.com/quadraw/quadraw/format/tiff"
	"github.com/quadraw/quadraw/internal/newfile"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Compression is how samples are stored; see [dng.Compression].
type Compression = dng.Compression

// The compressions. Auto is lossless JPEG in DNG files and none in TIFF files.
const (
	Auto    = dng.Auto
	None    = dng.None
	LJPEG   = dng.LJPEG
	Deflate = dng.Deflate
)

// CreateOptions say how a file is written. Nil and the zero value are good
// defaults.
type CreateOptions struct {
	// Overwrite allows an existing file to be replaced, once the new one is
	// complete.
	Overwrite bool
	// Compression of DNG (none, ljpeg, deflate) and TIFF (none, deflate).
	Compression Compression
	// BitDepth of TIFF and PPM (0 is 16) and PNG (0 is 8).
	BitDepth int
	// Quality of JPEG, 1 to 100; 0 is 92.
	Quality int
	// Strip leaves out metadata that was carried along: EXIF, GPS, XMP, maker
	// notes, dates, serial numbers.
	Strip bool
	// Preview is the picture to embed in a DNG file, at most 1024 pixels a
	// side; nil: a quick look made of the samples.
	Preview image.Image
	// Tiles bound workers and memory and report progress.
	Tiles tile.Options
	// Log is told what a reader of the file should know. Nil is silent.
	Log *slog.Logger
}

// kind is a format that can be written: how it writes a mosaic and a picture,
// nil if it cannot hold one.
type kind struct {
	mosaic func(context.Context, *target, raw.Source, *CreateOptions) error
	rgb    func(context.Context, *target, raw.RGBSource, *CreateOptions) error
	// check refuses options that the format does not have.
	check func(*CreateOptions) error
}

// kindByExtension returns the format of an extension in lower case.
func kindByExtension(ext string) (kind, bool) {
	switch ext {
	case ".dng":
		return kind{mosaic: writeDNG, rgb: writeLinearDNG, check: noDepth}, true
	case ".tif", ".tiff":
		return kind{rgb: writeTIFF, check: noLJPEG}, true
	case ".png":
		return kind{rgb: writePNG, check: noCompression}, true
	case ".jpg", ".jpeg":
		return kind{rgb: writeJPEG, check: noCompression}, true
	case ".pgm":
		return kind{mosaic: writePGM, check: noCompression}, true
	case ".ppm":
		return kind{rgb: writePPM, check: noCompression}, true
	case ".npy":
		return kind{mosaic: writeNPY, rgb: writeRGBNPY, check: noCompression}, true
	}
	return kind{}, false
}

const knownExtensions = ".dng, .tif, .png, .jpg, .pgm, .ppm or .npy"

func noDepth(o *CreateOptions) error {
	if o.BitDepth != 0 && o.BitDepth != 16 {
		return fmt.Errorf("%w: a bit depth of %d for a DNG file, which keeps the samples' own", raw.ErrOption, o.BitDepth)
	}
	return nil
}

func noLJPEG(o *CreateOptions) error {
	if o.Compression == LJPEG {
		return fmt.Errorf("%w: compression ljpeg in a TIFF file, want none or deflate", raw.ErrOption)
	}
	return nil
}

func noCompression(o *CreateOptions) error {
	if o.Compression != Auto {
		return fmt.Errorf("%w: compression %v in a format that has no choice of it", raw.ErrOption, o.Compression)
	}
	return nil
}

func writeDNG(ctx context.Context, f *target, src raw.Source, o *CreateOptions) error {
	return dng.Write(ctx, f, src, o.dng())
}

func writeLinearDNG(ctx context.Context, f *target, src raw.RGBSource, o *CreateOptions) error {
	return dng.WriteLinear(ctx, f, src, o.dng())
}

func (o *CreateOptions) dng() *dng.WriteOptions {
	return &dng.WriteOptions{Compression: o.Compression, Preview: o.Preview, Strip: o.Strip, Tiles: o.Tiles}
}

func writeTIFF(ctx context.Context, f *target, src raw.RGBSource, o *CreateOptions) error {
	return tiff.Write(ctx, f, src, &tiff.WriteOptions{BitDepth: o.BitDepth, Deflate: o.Compression == Deflate, Strip: o.Strip, Tiles: o.Tiles})
}

func writePNG(ctx context.Context, f *target, src raw.RGBSource, o *CreateOptions) error {
	return png.Write(ctx, f, src, &png.WriteOptions{BitDepth: o.BitDepth, Strip: o.Strip, Tiles: o.Tiles})
}

func writeJPEG(ctx context.Context, f *target, src raw.RGBSource, o *CreateOptions) error {
	if o.BitDepth != 0 && o.BitDepth != 8 {
		return fmt.Errorf("%w: JPEG of %d bits, want 8", raw.ErrOption, o.BitDepth)
	}
	return jpeg.Write(ctx, f, src, &jpeg.WriteOptions{Quality: o.Quality, Strip: o.Strip, Tiles: o.Tiles})
}

func writePGM(ctx context.Context, f *target, src raw.Source, o *CreateOptions) error {
	return pgm.Write(ctx, f, src, &pgm.WriteOptions{Tiles: o.Tiles})
}

func writePPM(ctx context.Context, f *target, src raw.RGBSource, o *CreateOptions) error {
	return pgm.WriteRGB(ctx, f, src, &pgm.WriteOptions{BitDepth: o.BitDepth, Tiles: o.Tiles})
}

func writeNPY(ctx context.Context, f *target, src raw.Source, o *CreateOptions) error {
	return npy.Write(ctx, f, src, &npy.WriteOptions{Tiles: o.Tiles})
}

func writeRGBNPY(ctx context.Context, f *target, src raw.RGBSource, o *CreateOptions) error {
	return npy.WriteRGB(ctx, f, src, &npy.WriteOptions{Tiles: o.Tiles})
}

// CanHold reports whether a file of that name could hold a mosaic and a
// picture; both are false for an unknown extension.
func CanHold(name string) (mosaic, rgb bool) {
	k, _ := kindByExtension(strings.ToLower(filepath.Ext(name)))
	return k.mosaic != nil, k.rgb != nil
}

// Output is a file under construction. It lies beside its target under a
// temporary name until [Output.Commit].
type Output struct {
	name    string
	kind    kind
	options CreateOptions
	temp    *os.File
	written bool
	err     error
}

// Create begins a file of the format that the extension of name tells. The
// target is not touched before [Output.Commit]; without o.Overwrite an
// existing one is fs.ErrExist. Close the output in any case:
//
//	out, err := format.Create(name, nil)
//	if err != nil { … }
//	defer out.Close()
//	if err := out.WriteMosaic(ctx, src); err != nil { … }
//	return out.Commit()
func Create(name string, o *CreateOptions) (*Output, error) {
	if o == nil {
		o = &CreateOptions{}
	}
	ext := filepath.Ext(name)
	k, ok := kindByExtension(strings.ToLower(ext))
	if !ok {
		return nil, &UnsupportedError{Feature: fmt.Sprintf("writing %s: extension %q, want %s", name, ext, knownExtensions)}
	}
	if err := k.check(o); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := newfile.Refuse(name, o.Overwrite); err != nil {
		return nil, err
	}
	temp, err := newfile.Temp(name)
	if err != nil {
		return nil, err
	}
	return &Output{name: name, kind: k, options: *o, temp: temp}, nil
}

// WriteMosaic writes every sample of src. Formats for pictures refuse with an
// [*UnsupportedError].
func (w *Output) WriteMosaic(ctx context.Context, src raw.Source) error {
	if w.kind.mosaic == nil {
		return w.fail(&UnsupportedError{Feature: fmt.Sprintf("a mosaic in a %s file: demosaic or develop it, or write %s", filepath.Ext(w.name), ".dng, .pgm or .npy")})
	}
	return w.write(func() error { return w.kind.mosaic(ctx, &target{f: w.temp}, src, &w.options) })
}

// WriteRGB writes a picture. PGM refuses with an [*UnsupportedError], as DNG
// does unless the picture is linear camera RGB.
func (w *Output) WriteRGB(ctx context.Context, src raw.RGBSource) error {
	if w.kind.rgb == nil {
		return w.fail(&UnsupportedError{Feature: fmt.Sprintf("a picture in a %s file", filepath.Ext(w.name))})
	}
	return w.write(func() error { return w.kind.rgb(ctx, &target{f: w.temp}, src, &w.options) })
}

func (w *Output) write(f func() error) error {
	if w.written || w.temp == nil {
		return fmt.Errorf("%s: written already", w.name)
	}
	w.written = true
	if err := f(); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Output) fail(err error) error {
	w.err = fmt.Errorf("write %s: %w", w.name, err)
	return w.err
}

// Commit makes the file appear under its name: synced, renamed, the folder
// synced. After an error of a write it repeats that error.
func (w *Output) Commit() error {
	switch {
	case w.err != nil:
		return w.err
	case w.temp == nil:
		return fmt.Errorf("%s: committed or closed already", w.name)
	case !w.written:
		return fmt.Errorf("%s: nothing was written", w.name)
	}
	temp := w.temp
	w.temp = nil
	if err := newfile.Finish(temp, w.name, w.options.Overwrite); err != nil {
		return w.fail(err)
	}
	return nil
}

// Close removes what was not committed. It may be called after Commit, and
// more than once.
func (w *Output) Close() error {
	if w.temp == nil {
		return nil
	}
	temp := w.temp
	w.temp = nil
	return errors.Join(temp.Close(), os.Remove(temp.Name()))
}
