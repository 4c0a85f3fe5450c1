package pgm

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// File is an opened PGM or PPM; one of Mosaic and RGB is not nil. Samples are
// read when they are asked for.
type File struct {
	Mosaic raw.Source
	RGB    raw.RGBSource
}

// headerBytes is how long a header with its comments may be.
const headerBytes = 4096

// Decode reads the header of a file of size bytes. A PGM's samples are DN; a
// PPM's are scaled to 16 bits of full range and are taken to be sRGB. Errors
// are [raw.ErrUnknown] for other content, [raw.ErrTruncated],
// [raw.ErrLimit], [*raw.CorruptError], and [*raw.UnsupportedError] for plain
// (text) files.
func Decode(r io.ReaderAt, size int64, limits raw.Limits) (*File, error) {
	limits = limits.OrDefault()
	buf := make([]byte, min(size, headerBytes))
	if n, err := r.ReadAt(buf, 0); n < len(buf) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read PGM header: %w", err)
	}
	p := parser{data: buf}
	magic := p.token()
	switch magic {
	case "P5", "P6":
	case "P1", "P2", "P3", "P4", "P7":
		return nil, &raw.UnsupportedError{Feature: "netpbm format " + magic}
	default:
		return nil, raw.ErrUnknown
	}
	width, height, maxval := p.number(), p.number(), p.number()
	if p.err != nil {
		return nil, p.err
	}
	if width < 1 || height < 1 || maxval < 1 || maxval > 65535 {
		return nil, &raw.CorruptError{Offset: 0, What: fmt.Sprintf("PGM header of %d×%d samples up to %d", width, height, maxval)}
	}
	if width > limits.Side || height > limits.Side || int64(width)*int64(height) > limits.Pixels {
		return nil, fmt.Errorf("%w: frame of %d×%d", raw.ErrLimit, width, height)
	}
	f := &file{r: r, start: int64(p.at), samples: 1, bytes: 1, maxval: maxval}
	if magic == "P6" {
		f.samples = 3
	}
	if maxval > 255 {
		f.bytes = 2
	}
	f.width = width
	if need := f.start + int64(height)*f.rowBytes(); need > size {
		return nil, fmt.Errorf("%w: a file of %d bytes where the header promises %d", raw.ErrTruncated, size, need)
	}
	bits := 1
	for 1<<bits-1 < maxval {
		bits++
	}
	h := raw.NewHeader(image.Pt(width, height), raw.Mono, bits)
	for c := range h.White {
		h.White[c] = float64(maxval)
	}
	f.h = h
	if magic == "P6" {
		h.BitsPerSample, h.ColorSpace, h.White = 16, raw.SRGB, [3]float64{65535, 65535, 65535}
		return &File{RGB: &pictureOf{f}}, nil
	}
	if err := p.applyComment(h); err != nil {
		return nil, err
	}
	if h.White[0] > float64(maxval) {
		return nil, &raw.CorruptError{Offset: 0, What: fmt.Sprintf("PGM header with white at %v and samples up to %d", h.White[0], maxval)}
	}
	return &File{Mosaic: &mosaicOf{f}}, nil
}

// parser reads the header's tokens.
type parser struct {
	data    []byte
	at      int
	comment string
	err     error
}

// token returns the next word and steps over the one blank behind it.
func (p *parser) token() string {
	for p.at < len(p.data) {
		switch c := p.data[p.at]; {
		case c == '#':
			end := bytes.IndexByte(p.data[p.at:], '\n')
			if end < 0 {
				end = len(p.data) - p.at
			}
			if line := string(p.data[p.at : p.at+end]); strings.HasPrefix(line, "# quadraw ") {
				p.comment = line
			}
			p.at += end
		case isBlank(c):
			p.at++
		default:
			start := p.at
			for p.at < len(p.data) && !isBlank(p.data[p.at]) && p.data[p.at] != '#' {
				p.at++
			}
			word := string(p.data[start:p.at])
			if p.at < len(p.data) && isBlank(p.data[p.at]) {
				p.at++
			}
			return word
		}
	}
	return ""
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func (p *parser) number() int {
	at := p.at
	word := p.token()
	n, err := strconv.ParseUint(word, 10, 31)
	if err != nil && p.err == nil {
		p.err = &raw.CorruptError{Offset: int64(at), What: "number in a PGM header", Err: err}
		if word == "" {
			p.err = fmt.Errorf("%w: PGM header", raw.ErrTruncated)
		}
	}
	return int(n)
}

// applyComment takes array and levels from our own comment line.
func (p *parser) applyComment(h *raw.Header) error {
	for _, field := range strings.Fields(strings.TrimPrefix(p.comment, "# quadraw ")) {
		key, value, _ := strings.Cut(field, "=")
		var err error
		switch key {
		case "cfa":
			h.CFA, err = raw.ParseCFA(value)
		case "black":
			var v float64
			v, err = level(value, 0)
			h.Black = raw.ConstantBlack(v)
		case "white":
			var v float64
			v, err = level(value, 1)
			h.White = [3]float64{v, v, v}
		}
		if err != nil {
			return &raw.CorruptError{Offset: 0, What: "comment in a PGM header", Err: err}
		}
	}
	return nil
}

func level(s string, lowest float64) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err == nil && !(v >= lowest && v <= 65535) {
		err = fmt.Errorf("%w: level %v", raw.ErrOption, v)
	}
	return v, err
}

// file reads rows of samples.
type file struct {
	h              *raw.Header
	r              io.ReaderAt
	start          int64
	width          int
	samples, bytes int
	maxval         int

	scratch sync.Pool // of *[]byte
}

func (f *file) rowBytes() int64 { return int64(f.width) * int64(f.samples) * int64(f.bytes) }

// rows reads the stored bytes of each row of r and hands them on.
func (f *file) rows(ctx context.Context, r image.Rectangle, row func(y int, data []byte)) error {
	pixel := f.samples * f.bytes
	n := r.Dx() * pixel
	// Whole rows follow each other: read several at once.
	batch := 1
	if r.Dx() == f.width {
		batch = max(1, min(r.Dy(), 1<<20/n))
	}
	buf, _ := f.scratch.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer f.scratch.Put(buf)
	if cap(*buf) < n*batch {
		*buf = make([]byte, n*batch)
	}
	for y := r.Min.Y; y < r.Max.Y; y += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		k := min(batch, r.Max.Y-y)
		data := (*buf)[:n*k]
		at := f.start + int64(y)*f.rowBytes() + int64(r.Min.X*pixel)
		if m, err := f.r.ReadAt(data, at); m < len(data) {
			if errors.Is(err, io.EOF) {
				err = raw.ErrTruncated
			}
			return fmt.Errorf("read row %d at offset %#x: %w", y, at, err)
		}
		for i := range k {
			row(y+i, data[i*n:(i+1)*n])
		}
	}
	return nil
}

type mosaicOf struct{ *file }

func (f *mosaicOf) Header() *raw.Header { return f.h }

func (f *mosaicOf) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := f.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = f.h.CFA
	return f.rows(ctx, dst.Rect, func(y int, data []byte) {
		out := dst.Row(y)
		if f.bytes == 1 {
			for i := range out {
				out[i] = uint16(data[i])
			}
			return
		}
		for i := range out {
			out[i] = binary.BigEndian.Uint16(data[2*i:])
		}
	})
}

type pictureOf struct{ *file }

func (f *pictureOf) Header() *raw.Header { return f.h }

func (f *pictureOf) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := f.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	scale, half := uint32(65535), uint32(f.maxval/2)
	return f.rows(ctx, dst.Rect, func(y int, data []byte) {
		for c := range dst.Pix {
			out := dst.Row(raw.Color(c), y)
			for i := range out {
				v := uint32(0)
				if f.bytes == 1 {
					v = uint32(data[3*i+c])
				} else {
					v = uint32(binary.BigEndian.Uint16(data[6*i+2*c:]))
				}
				v = min(v, uint32(f.maxval))
				out[i] = uint16((v*scale + half) / uint32(f.maxval))
			}
		}
	})
}
