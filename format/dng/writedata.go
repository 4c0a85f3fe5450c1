package dng

import (
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/internal/ljpeg"
	"github.com/quadraw/quadraw/internal/packing"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// pixels is what is stored: a mosaic, or a picture with its samples side by
// side.
type pixels interface {
	header() *raw.Header
	samples() int
	// read fills the part r of b's samples.
	read(ctx context.Context, b *block, r image.Rectangle) error
}

type mosaicPixels struct{ src raw.Source }

func (p *mosaicPixels) header() *raw.Header { return p.src.Header() }
func (p *mosaicPixels) samples() int        { return 1 }
func (p *mosaicPixels) read(ctx context.Context, b *block, r image.Rectangle) error {
	b.mosaic = raw.Mosaic{Pix: b.pix, Stride: b.stride, Rect: r}
	return p.src.ReadTile(ctx, &b.mosaic)
}

type linearPixels struct{ src raw.RGBSource }

func (p *linearPixels) header() *raw.Header { return p.src.Header() }
func (p *linearPixels) samples() int        { return 3 }
func (p *linearPixels) read(ctx context.Context, b *block, r image.Rectangle) error {
	b.rgb.Reset(r)
	if err := p.src.ReadTile(ctx, &b.rgb); err != nil {
		return err
	}
	for y := range r.Dy() {
		packing.Interleave(b.pix[y*b.stride:y*b.stride+3*r.Dx()], b.rgb.Row(raw.Red, r.Min.Y+y), b.rgb.Row(raw.Green, r.Min.Y+y), b.rgb.Row(raw.Blue, r.Min.Y+y))
	}
	return nil
}

// block is what a worker fills and the writer takes: the samples of a tile of
// the plan, padded to whole tiles of the file, and their stored form.
type block struct {
	pix    []uint16
	stride int // samples from row to row
	mosaic raw.Mosaic
	rgb    raw.RGB
	out    []byte
	sizes  []int // of each of the file's tiles in out
	float  floatScratch
}

// reset makes room for w×h pixels.
func (b *block) reset(w, h, samples int) {
	b.stride = w * samples
	if n := b.stride * h; cap(b.pix) < n {
		b.pix = make([]uint16, n)
	} else {
		b.pix = b.pix[:n]
	}
	b.out, b.sizes = b.out[:0], b.sizes[:0]
}

// store writes the samples of one raw image.
type store struct {
	pix         pixels
	size        image.Point
	compression Compression
	float       bool // 32-bit floats, else unsigned integers
	bits        int  // of a stored integer
	components  int  // of a lossless JPEG's pixels
	tile        image.Point
	plan        *tile.Plan

	offsets, counts []uint64
	levels          floatLevels
}

// bandRows is how many rows an uncompressed file is written at once: long
// enough for the disk and for the halos of the stages before, short enough for
// memory.
const bandRows = 128

func newStore(p pixels, o *WriteOptions) (*store, error) {
	h := p.header()
	if h.Size.X < 1 || h.Size.Y < 1 || h.Size.X > 1<<20 || h.Size.Y > 1<<20 {
		return nil, fmt.Errorf("%w: frame of %v", raw.ErrBounds, h.Size)
	}
	s := &store{pix: p, size: h.Size, compression: o.Compression, bits: 16}
	if s.compression == Auto {
		s.compression = LJPEG
	}
	work := tile.Work{Bounds: h.Bounds(), BytesPerPixel: 4 * p.samples()}
	switch s.compression {
	case None:
		if h.BitsPerSample <= 8 {
			s.bits = 8
		}
		work.FullWidth, work.Rows, work.Align = true, bandRows, image.Pt(1, 48)
		s.offsets, s.counts = make([]uint64, 1), make([]uint64, 1)
	case LJPEG:
		s.chooseTiles(h.CFA)
	case Deflate:
		if p.samples() != 3 {
			return nil, &raw.UnsupportedError{Feature: "deflate for integer samples: DNG has it for floating point only; use ljpeg"}
		}
		s.chooseTiles(h.CFA)
		s.float = true
		s.levels = newFloatLevels(h)
		work.BytesPerPixel = 8 * p.samples()
	default:
		return nil, fmt.Errorf("%w: %v", raw.ErrOption, s.compression)
	}
	options := o.Tiles
	if s.tile.X > 0 {
		work.Align = s.tile
		// Fixed, because the tiles of a block follow one another in the file.
		options.Size = s.tile.Mul(2)
		n := s.across() * ((h.Size.Y + s.tile.Y - 1) / s.tile.Y)
		s.offsets, s.counts = make([]uint64, n), make([]uint64, n)
	}
	var err error
	s.plan, err = tile.NewPlan(work, &options)
	return s, err
}

// chooseTiles picks the side of the file's tiles, a multiple of the CFA's
// period and of 16 (TIFF 6.0), and how many neighbouring samples make a pixel
// of a lossless JPEG: predictor 1 looks back by as many, so they should lie
// under the same colour.
func (s *store) chooseTiles(cfa raw.CFA) {
	side := 256
	switch p := cfa.Period(); {
	case s.pix.samples() == 3:
		s.components = 3
	case p == 2 || p == 4:
		s.components = p
	case p == 6:
		side = 288
		s.components = 1 // the left neighbour is the same colour for two of three
	default:
		s.components = 1
	}
	s.tile = image.Pt(side, side)
	if s.size.X == 2*side {
		// LibRaw 0.20 takes tiles of exactly half the frame's width for
		// something else and reads but one row of samples.
		s.tile.X = side / 2
	}
}

// across is how many of the file's tiles lie side by side.
func (s *store) across() int { return (s.size.X + s.tile.X - 1) / s.tile.X }

// bytes returns how long the samples are without compression.
func (s *store) bytes() int64 {
	width := int64(2)
	if s.float {
		width = 4
	}
	return int64(s.size.X) * int64(s.size.Y) * int64(s.pix.samples()) * width
}

// describe sets the fields that say how and where the samples are stored.
func (s *store) describe(b *ifd.Builder) {
	n := s.pix.samples()
	bits, format := uint16(s.bits), uint16(ifd.SampleFormatUint)
	if s.float {
		bits, format = 32, ifd.SampleFormatIEEEFP
		b.Short(ifd.Predictor, ifd.PredictorFloat)
	}
	perSample := func(v uint16) []uint16 {
		out := make([]uint16, n)
		for i := range out {
			out[i] = v
		}
		return out
	}
	b.Short(ifd.BitsPerSample, perSample(bits)...)
	b.Short(ifd.SampleFormat, perSample(format)...)
	switch s.compression {
	case None:
		b.Short(ifd.Compression, ifd.CompressionNone)
		b.Long(ifd.RowsPerStrip, uint32(s.size.Y))
		b.Offsets(ifd.StripOffsets, s.offsets...)
		b.Offsets(ifd.StripByteCounts, s.counts...)
		return
	case LJPEG:
		b.Short(ifd.Compression, ifd.CompressionJPEG)
	case Deflate:
		b.Short(ifd.Compression, ifd.CompressionDeflate)
	}
	b.Long(ifd.TileWidth, uint32(s.tile.X))
	b.Long(ifd.TileLength, uint32(s.tile.Y))
	b.Offsets(ifd.TileOffsets, s.offsets...)
	b.Offsets(ifd.TileByteCounts, s.counts...)
}

// stream writes all samples and remembers where they are.
func (s *store) stream(ctx context.Context, out *counter, l *look) error {
	work := func(ctx context.Context, b *block, r image.Rectangle) error {
		w, h := r.Dx(), r.Dy()
		if s.tile.X > 0 {
			w, h = roundUp(w, s.tile.X), roundUp(h, s.tile.Y)
		}
		b.reset(w, h, s.pix.samples())
		if err := s.pix.read(ctx, b, r); err != nil {
			return err
		}
		l.add(b, r)
		if s.compression == None {
			return s.pack(b)
		}
		s.pad(b, r)
		return s.compress(b, r)
	}
	if s.compression == None {
		s.offsets[0] = uint64(out.n)
	}
	return tile.Ordered(ctx, s.plan, func() *block { return &block{} }, work, func(b *block, r image.Rectangle) error {
		return s.deliver(out, b, r)
	})
}

func (s *store) deliver(out *counter, b *block, r image.Rectangle) error {
	at := uint64(out.n)
	if _, err := out.Write(b.out); err != nil {
		return err
	}
	if s.compression == None {
		s.counts[0] += uint64(len(b.out))
		return nil
	}
	i := 0
	for y := r.Min.Y / s.tile.Y; y*s.tile.Y < r.Max.Y; y++ {
		for x := r.Min.X / s.tile.X; x*s.tile.X < r.Max.X; x++ {
			k := y*s.across() + x
			s.offsets[k], s.counts[k] = at, uint64(b.sizes[i])
			at += uint64(b.sizes[i])
			i++
		}
	}
	return nil
}

// pack turns samples into little-endian words or bytes.
func (s *store) pack(b *block) error {
	if s.bits == 16 {
		if nativeLittle() {
			b.out = bytesOf(b.pix)
		} else {
			b.out = packing.LittleEndian(b.out, b.pix)
		}
		return nil
	}
	var all uint16
	b.out, all = packing.Bytes(b.out, b.pix)
	if all > 255 {
		return fmt.Errorf("%w: samples beyond the header's 8 bits", raw.ErrOption)
	}
	return nil
}

// pad fills the part of whole tiles that lies outside the frame with repeated
// samples, which cost least.
func (s *store) pad(b *block, r image.Rectangle) {
	n := s.pix.samples()
	back := max(s.components, n)
	if used := r.Dx() * n; used < b.stride {
		for y := range r.Dy() {
			row := b.pix[y*b.stride : (y+1)*b.stride]
			for x := used; x < len(row); x++ {
				row[x] = row[max(x-back, 0)]
			}
		}
	}
	for y := r.Dy(); y < len(b.pix)/b.stride; y++ {
		copy(b.pix[y*b.stride:(y+1)*b.stride], b.pix[(y-1)*b.stride:])
	}
}

// compress appends the tiles of b to its out.
func (s *store) compress(b *block, r image.Rectangle) error {
	n := s.pix.samples()
	rows := len(b.pix) / b.stride
	for y := 0; y < rows; y += s.tile.Y {
		for x := 0; x < b.stride; x += s.tile.X * n {
			at := len(b.out)
			var err error
			if s.compression == LJPEG {
				b.out, err = ljpeg.Encode(b.out, b.pix[y*b.stride+x:], b.stride, s.tile.X*n/s.components, s.tile.Y, s.components, 16)
			} else {
				b.out, err = s.levels.deflate(b, b.pix[y*b.stride+x:], s.tile)
			}
			if err != nil {
				return fmt.Errorf("compress tile at %d,%d: %w", r.Min.X+x/n, r.Min.Y+y, err)
			}
			b.sizes = append(b.sizes, len(b.out)-at)
		}
	}
	return nil
}

func roundUp(n, m int) int { return (n + m - 1) / m * m }
