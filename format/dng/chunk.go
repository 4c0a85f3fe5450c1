package dng

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"

	"github.com/klauspost/compress/zlib"
	"golang.org/x/image/tiff/lzw"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/ljpeg"
	"github.com/quadraw/quadraw/raw"
)

// chunkDecoder is what one goroutine needs to decode chunks; it is used again.
type chunkDecoder struct {
	src      []byte // a compressed chunk
	lossless ljpeg.Decoder
	whole    []uint16 // a lossless JPEG frame of another shape than its chunk
	inflate  io.ReadCloser
	line     []byte // a row of inflated samples
	spare    []byte // the same while its predictor is undone
	row      []uint16
}

// decodeChunk fills pix with the samples of the compressed chunk i. If the
// file is being salvaged, a chunk that cannot be decoded is black, below the
// rows that could be decoded if it is cut off.
func (s *stored) decodeChunk(ctx context.Context, i int, pix []uint16) error {
	w := s.workers.Get().(*chunkDecoder)
	defer s.workers.Put(w)
	rows, err := s.decompress(ctx, w, i, pix)
	if err == nil {
		return nil
	}
	gone := s.rect(i)
	if !errors.Is(err, raw.ErrTruncated) {
		rows = 0 // what precedes an error is noise more often than not
	}
	rows = min(rows, gone.Dy())
	gone.Min.Y += rows
	if err := s.lost(i, gone, fmt.Errorf("chunk %d: %w", i, err)); err != nil {
		return err
	}
	black := pix[rows*s.chunk.X*s.perPixel():]
	for k := range black {
		black[k] = s.black
	}
	return nil
}

// decompress fills pix and returns how many rows of it are good.
func (s *stored) decompress(ctx context.Context, w *chunkDecoder, i int, pix []uint16) (rows int, err error) {
	width := s.chunk.X * s.perPixel()
	if s.compression == ifd.CompressionDeflate || s.compression == ifd.CompressionLZW {
		err := s.inflate(ctx, w, i, func(y int, line []byte) {
			s.codec.decode(pix[y*width:(y+1)*width], line, 0)
			rows = y + 1
		})
		return rows, err
	}
	if err := s.load(w, i); err != nil {
		return 0, err
	}
	if s.compression == ifd.CompressionLossyJPEG {
		err = s.lossyJPEG(w, i, pix)
	} else {
		rows, err = s.losslessJPEG(ctx, w, i, pix)
	}
	s.codec.finish(pix)
	return rows, err
}

// load reads the compressed bytes of chunk i. No chunk is larger than its
// samples by more than a little: what is beyond is not read.
func (s *stored) load(w *chunkDecoder, i int) error {
	n := min(s.lengths[i], s.cache.size*4+(64<<10))
	if s.salvage && s.offsets[i] < s.fileSize {
		n = min(n, s.fileSize-s.offsets[i]) // the decoder tells what is missing
	}
	if s.offsets[i] > s.fileSize || n > s.fileSize-s.offsets[i] {
		return &raw.CorruptError{Offset: s.offsets[i], What: fmt.Sprintf("chunk %d, the file ends at %#x", i, s.fileSize), Err: raw.ErrTruncated}
	}
	if int64(cap(w.src)) < n {
		w.src = make([]byte, n)
	}
	w.src = w.src[:n]
	return s.readAt(w.src, s.offsets[i], i)
}

// losslessJPEG decodes a frame whose shape need not be the chunk's: the same
// samples in rows of another length (Blackmagic, Pixel 3), or a frame of just
// the part of an edge tile that lies in the image. It returns how many rows of
// pix are good.
func (s *stored) losslessJPEG(ctx context.Context, w *chunkDecoder, i int, pix []uint16) (int, error) {
	f, err := ljpeg.Config(w.src)
	if err != nil {
		return 0, s.inFile(i, err)
	}
	width := s.chunk.X * s.perPixel()
	row := f.Width * f.Components
	if f.Samples() == len(pix) || row == width && f.Height <= s.chunk.Y && f.Height >= s.rect(i).Dy() {
		_, err := w.lossless.Decode(ctx, pix, w.src)
		return w.lossless.Rows() * row / width, s.inFile(i, err)
	}
	part := s.rect(i).Size()
	need := part.X * s.perPixel()
	if row < need || f.Height < part.Y || f.Samples() > 4*len(pix)+(64<<10) {
		return 0, &raw.CorruptError{Offset: s.offsets[i], What: fmt.Sprintf("lossless JPEG frame of %d×%d×%d samples for a tile of %d×%d×%d",
			f.Width, f.Height, f.Components, s.chunk.X, s.chunk.Y, s.perPixel())}
	}
	if cap(w.whole) < f.Samples() {
		w.whole = make([]uint16, f.Samples())
	}
	whole := w.whole[:f.Samples()]
	if _, err := w.lossless.Decode(ctx, whole, w.src); err != nil {
		return 0, s.inFile(i, err)
	}
	for y := range part.Y {
		copy(pix[y*width:y*width+need], whole[y*row:])
	}
	return part.Y, nil
}

// inFile turns an offset in chunk i that an error names into one in the file.
func (s *stored) inFile(i int, err error) error {
	var c *raw.CorruptError
	if !errors.As(err, &c) || c.Offset < 0 {
		return err
	}
	moved := *c
	moved.Offset += s.offsets[i]
	return &moved
}

// inflate calls fn with each row of chunk i, its predictor undone.
func (s *stored) inflate(ctx context.Context, w *chunkDecoder, i int, fn func(y int, line []byte)) error {
	if s.offsets[i] > s.fileSize || s.lengths[i] > s.fileSize-s.offsets[i] {
		return &raw.CorruptError{Offset: s.offsets[i], What: fmt.Sprintf("chunk %d, the file ends at %#x", i, s.fileSize), Err: raw.ErrTruncated}
	}
	src := io.NewSectionReader(s.r, s.offsets[i], s.lengths[i])
	lzwPacked := s.compression == ifd.CompressionLZW
	var err error
	switch {
	case lzwPacked:
		w.inflate = lzw.NewReader(src, lzw.MSB, 8)
	case w.inflate == nil:
		w.inflate, err = zlib.NewReader(src)
	default:
		err = w.inflate.(zlib.Resetter).Reset(src, nil)
	}
	if err != nil {
		w.inflate = nil
		return s.inflateError(i, err)
	}
	n := int(s.rowBytes())
	if cap(w.line) < n+unpackSlack {
		w.line, w.spare = make([]byte, n+unpackSlack), make([]byte, n)
	}
	line, spare := w.line[:n], w.spare[:n]
	// Edge tiles may hold just the rows that lie in the image.
	for y := range s.rect(i).Dy() {
		if y&15 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if _, err := io.ReadFull(w.inflate, line); err != nil {
			return s.inflateError(i, err)
		}
		s.unpredict(line, spare)
		fn(y, line)
	}
	if lzwPacked {
		return nil
	}
	// The check sum is verified at the end of the data.
	switch _, err := w.inflate.Read(spare[:1]); err {
	case nil, io.EOF:
		return nil
	default:
		return s.inflateError(i, err)
	}
}

func (s *stored) inflateError(i int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = raw.ErrTruncated
	}
	return &raw.CorruptError{Offset: s.offsets[i], What: "compressed data", Err: err}
}

// lossyJPEG decodes a baseline JPEG of one or three components.
func (s *stored) lossyJPEG(w *chunkDecoder, i int, pix []uint16) error {
	corrupt := func(what string, err error) error {
		return &raw.CorruptError{Offset: s.offsets[i], What: "lossy JPEG: " + what, Err: err}
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(w.src))
	if err != nil {
		return corrupt("header", jpegError(err))
	}
	part := s.rect(i).Size()
	if config.Width < part.X || config.Height < part.Y || config.Width > s.chunk.X || config.Height > s.chunk.Y {
		return corrupt(fmt.Sprintf("picture of %d×%d for a tile of %d×%d", config.Width, config.Height, s.chunk.X, s.chunk.Y), nil)
	}
	if gray := config.ColorModel == color.GrayModel; gray != (s.perPixel() == 1) || !gray && s.perPixel() != 3 {
		return &raw.UnsupportedError{Feature: fmt.Sprintf("a lossy JPEG tile of another number of components than %d", s.perPixel())}
	}
	m, err := jpeg.Decode(bytes.NewReader(w.src))
	if err != nil {
		return corrupt("data", jpegError(err))
	}
	width := s.chunk.X * s.perPixel()
	for y := range part.Y {
		row := pix[y*width : y*width+part.X*s.perPixel()]
		switch m := m.(type) {
		case *image.Gray:
			for x, v := range m.Pix[y*m.Stride : y*m.Stride+part.X] {
				row[x] = uint16(v)
			}
		case *image.YCbCr:
			for x := range part.X {
				at := m.COffset(x, y)
				r, g, b := color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[at], m.Cr[at])
				row[3*x], row[3*x+1], row[3*x+2] = uint16(r), uint16(g), uint16(b)
			}
		case *image.RGBA:
			for x := range part.X {
				p := m.Pix[y*m.Stride+4*x:]
				row[3*x], row[3*x+1], row[3*x+2] = uint16(p[0]), uint16(p[1]), uint16(p[2])
			}
		default:
			return &raw.UnsupportedError{Feature: fmt.Sprintf("a lossy JPEG tile that decodes to %T", m)}
		}
	}
	return nil
}

// jpegError turns the standard library's errors into ours.
func jpegError(err error) error {
	var u jpeg.UnsupportedError
	switch {
	case errors.As(err, &u):
		return &raw.UnsupportedError{Feature: "JPEG: " + string(u)}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return raw.ErrTruncated
	}
	return err
}
