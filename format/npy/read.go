package npy

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// File is an opened array; one of Mosaic and RGB is not nil. Samples are read
// when they are asked for.
type File struct {
	Mosaic raw.Source
	RGB    raw.RGBSource
}

// Magic is what every .npy file begins with.
const Magic = "\x93NUMPY"

// headerBytes is how long a dictionary may be.
const headerBytes = 1 << 16

// Decode reads the header of a file of size bytes. Three samples a pixel are
// taken to be linear camera RGB. Errors are [raw.ErrUnknown] for other
// content, [raw.ErrTruncated], [raw.ErrLimit], [*raw.CorruptError], and
// [*raw.UnsupportedError] for arrays of other types and shapes.
func Decode(r io.ReaderAt, size int64, limits raw.Limits) (*File, error) {
	dict, start, err := dictionary(r, size)
	if err != nil {
		return nil, err
	}
	a, err := parse(dict)
	if err != nil {
		return nil, err
	}
	limits = limits.OrDefault()
	if a.width > limits.Side || a.height > limits.Side || int64(a.width)*int64(a.height) > limits.Pixels {
		return nil, fmt.Errorf("%w: array of %d×%d", raw.ErrLimit, a.height, a.width)
	}
	a.r, a.start = r, start
	if need := start + int64(a.height)*a.rowBytes(); need > size {
		return nil, fmt.Errorf("%w: a file of %d bytes where the array needs %d", raw.ErrTruncated, size, need)
	}
	a.h = raw.NewHeader(image.Pt(a.width, a.height), raw.Mono, 8*a.bytes)
	if a.samples == 3 {
		return &File{RGB: &picture{a}}, nil
	}
	return &File{Mosaic: &mosaic{a}}, nil
}

// dictionary returns the header's text and where the samples begin.
func dictionary(r io.ReaderAt, size int64) (string, int64, error) {
	var fixed [12]byte
	if n, err := r.ReadAt(fixed[:min(size, 12)], 0); n < 12 {
		if size >= 6 && string(fixed[:6]) != Magic {
			return "", 0, raw.ErrUnknown
		}
		if err == nil || errors.Is(err, io.EOF) {
			err = raw.ErrTruncated
		}
		return "", 0, fmt.Errorf("read .npy header: %w", err)
	}
	if string(fixed[:6]) != Magic {
		return "", 0, raw.ErrUnknown
	}
	start, n := int64(10), int64(binary.LittleEndian.Uint16(fixed[8:]))
	switch fixed[6] {
	case 1:
	case 2, 3:
		start, n = 12, int64(binary.LittleEndian.Uint32(fixed[8:]))
	default:
		return "", 0, &raw.UnsupportedError{Feature: fmt.Sprintf(".npy version %d.%d", fixed[6], fixed[7])}
	}
	if n > headerBytes {
		return "", 0, fmt.Errorf("%w: .npy header of %d bytes", raw.ErrLimit, n)
	}
	if start+n > size {
		return "", 0, fmt.Errorf("%w: .npy header", raw.ErrTruncated)
	}
	buf := make([]byte, n)
	if m, err := r.ReadAt(buf, start); m < len(buf) {
		return "", 0, fmt.Errorf("read .npy header: %w", err)
	}
	return string(buf), start + n, nil
}

// array is what a header says.
type array struct {
	h              *raw.Header
	r              io.ReaderAt
	start          int64
	width, height  int
	samples, bytes int
	order          binary.ByteOrder

	scratch sync.Pool // of *[]byte
}

func (a *array) rowBytes() int64 { return int64(a.width) * int64(a.samples) * int64(a.bytes) }

// field finds a key of the dictionary, which NumPy prints from a Python dict.
func field(dict, key, value string) (string, error) {
	m := regexp.MustCompile(`['"]` + key + `['"]\s*:\s*` + value).FindStringSubmatch(dict)
	if m == nil {
		return "", &raw.CorruptError{Offset: 10, What: ".npy header without a sound '" + key + "'"}
	}
	return m[1], nil
}

func parse(dict string) (*array, error) {
	descr, err := field(dict, "descr", `['"]([^'"]*)['"]`)
	if err != nil {
		return nil, err
	}
	fortran, err := field(dict, "fortran_order", `(True|False)`)
	if err != nil {
		return nil, err
	}
	shape, err := field(dict, "shape", `\(([0-9, ]*)\)`)
	if err != nil {
		return nil, err
	}
	if fortran == "True" {
		return nil, &raw.UnsupportedError{Feature: ".npy array in Fortran order"}
	}
	a := &array{samples: 1, bytes: 2, order: binary.LittleEndian}
	switch descr {
	case "|u1", "<u1", ">u1":
		a.bytes = 1
	case "<u2":
	case ">u2":
		a.order = binary.BigEndian
	default:
		return nil, &raw.UnsupportedError{Feature: fmt.Sprintf(".npy array of type %q, want |u1, <u2 or >u2", descr)}
	}
	var dims []int
	for s := range strings.SplitSeq(shape, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		n, err := strconv.ParseUint(s, 10, 31)
		if err != nil {
			return nil, &raw.CorruptError{Offset: 10, What: ".npy shape", Err: err}
		}
		dims = append(dims, int(n))
	}
	if len(dims) == 3 && dims[2] == 3 {
		a.samples = 3
	} else if len(dims) != 2 {
		return nil, &raw.UnsupportedError{Feature: fmt.Sprintf(".npy array of shape (%s), want (height, width) or (height, width, 3)", shape)}
	}
	a.height, a.width = dims[0], dims[1]
	if a.width < 1 || a.height < 1 {
		return nil, &raw.CorruptError{Offset: 10, What: "empty .npy array"}
	}
	return a, nil
}

// rows reads the stored bytes of each row of r and hands them on.
func (a *array) rows(ctx context.Context, r image.Rectangle, row func(y int, data []byte)) error {
	pixel := a.samples * a.bytes
	n := r.Dx() * pixel
	buf, _ := a.scratch.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer a.scratch.Put(buf)
	if cap(*buf) < n {
		*buf = make([]byte, n)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		data := (*buf)[:n]
		at := a.start + int64(y)*a.rowBytes() + int64(r.Min.X*pixel)
		if m, err := a.r.ReadAt(data, at); m < n {
			if errors.Is(err, io.EOF) {
				err = raw.ErrTruncated
			}
			return fmt.Errorf("read row %d at offset %#x: %w", y, at, err)
		}
		row(y, data)
	}
	return nil
}

// unpack takes every step-th value of data, from the first.
func (a *array) unpack(dst []uint16, data []byte, first, step int) {
	switch {
	case a.bytes == 1:
		for i := range dst {
			dst[i] = uint16(data[first+i*step])
		}
	case a.order == binary.LittleEndian:
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint16(data[2*(first+i*step):])
		}
	default:
		for i := range dst {
			dst[i] = binary.BigEndian.Uint16(data[2*(first+i*step):])
		}
	}
}

type mosaic struct{ *array }

func (m *mosaic) Header() *raw.Header { return m.h }

func (m *mosaic) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := m.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = m.h.CFA
	return m.rows(ctx, dst.Rect, func(y int, data []byte) { m.unpack(dst.Row(y), data, 0, 1) })
}

type picture struct{ *array }

func (p *picture) Header() *raw.Header { return p.h }

func (p *picture) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := p.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	return p.rows(ctx, dst.Rect, func(y int, data []byte) {
		for c := raw.Red; c <= raw.Blue; c++ {
			p.unpack(dst.Row(c, y), data, int(c), 3)
		}
	})
}
