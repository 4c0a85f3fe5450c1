package dng

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"
	"unsafe"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// stored reads rectangles of the raw image: rows straight from uncompressed
// chunks, compressed ones by way of a cache of decoded chunks.
type stored struct {
	*geometry
	r        io.ReaderAt
	fileSize int64
	codec    sampleCodec

	cache    chunkCache
	workers  sync.Pool // of *chunkDecoder
	buffers  sync.Pool // of *[]byte
	salvage  bool
	black    uint16 // what unreadable samples become
	damageMu sync.Mutex
	damage   []Damage
	seen     map[int]bool // chunks that are in damage
}

// Damage is a part of the frame that could not be read.
type Damage struct {
	Rect image.Rectangle
	Err  error
}

func (d *decoder) stored(g *geometry, lv *levels) (*stored, error) {
	s := &stored{geometry: g, r: d.r, fileSize: d.size, salvage: d.salvage, seen: make(map[int]bool)}
	s.codec = sampleCodec{bits: g.bits, floating: g.floating, order: d.tiff.Order, table: lv.table, scale: lv.scale}
	s.workers.New = func() any { return new(chunkDecoder) }
	s.buffers.New = func() any { return new([]byte) }
	s.cache.init(s, d.limits.Bytes)
	return s, nil
}

func (s *stored) damaged() []Damage {
	s.damageMu.Lock()
	defer s.damageMu.Unlock()
	return append([]Damage(nil), s.damage...)
}

// lost notes that part r of chunk i is unreadable; it returns err unless the
// file is being salvaged.
func (s *stored) lost(i int, r image.Rectangle, err error) error {
	if !s.salvage || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.damageMu.Lock()
	defer s.damageMu.Unlock()
	if !s.seen[i] {
		s.seen[i] = true
		s.damage = append(s.damage, Damage{Rect: r, Err: err})
	}
	return nil
}

// target is a rectangle of planes to fill: one, or red, green and blue.
type target struct {
	pix    [3][]uint16
	planes int
	stride int
	rect   image.Rectangle
}

// row returns plane c of the part of row y from x0 to x1.
func (t *target) row(c, y, x0, x1 int) []uint16 {
	at := (y-t.rect.Min.Y)*t.stride - t.rect.Min.X
	return t.pix[c][at+x0 : at+x1 : at+x1]
}

func (s *stored) readMosaic(ctx context.Context, dst *raw.Mosaic) error {
	t := target{pix: [3][]uint16{dst.Pix}, planes: 1, stride: dst.Stride, rect: dst.Rect}
	return s.read(ctx, &t)
}

// read fills t from the chunks that it touches. Those that another reader is
// decoding just now come last: readers that want the same row of tiles share
// the work instead of waiting for one another at each tile.
func (s *stored) read(ctx context.Context, t *target) error {
	r := t.rect
	perPlane := s.grid.X * s.grid.Y
	planes := 1
	if s.planar {
		planes = t.planes
	}
	var busy []int
	for cy := r.Min.Y / s.chunk.Y; cy*s.chunk.Y < r.Max.Y; cy++ {
		for cx := r.Min.X / s.chunk.X; cx*s.chunk.X < r.Max.X; cx++ {
			for c := range planes {
				i := c*perPlane + cy*s.grid.X + cx
				done, err := s.readChunk(ctx, i, t, false)
				if err != nil {
					return err
				}
				if !done {
					busy = append(busy, i)
				}
			}
		}
	}
	for _, i := range busy {
		if _, err := s.readChunk(ctx, i, t, true); err != nil {
			return err
		}
	}
	return nil
}

// readChunk fills what t wants of chunk i. done is false if another reader is
// decoding the chunk and the caller does not want to wait for it.
func (s *stored) readChunk(ctx context.Context, i int, t *target, wait bool) (done bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	first, n := 0, t.planes
	if s.planar {
		first, n = i/(s.grid.X*s.grid.Y), 1
	}
	if s.compression == ifd.CompressionNone {
		return true, s.readRows(ctx, i, first, n, t)
	}
	return s.cache.use(ctx, i, wait, func(pix []uint16) {
		at := s.rect(i)
		r := at.Intersect(t.rect)
		stride := s.chunk.X * s.perPixel()
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := pix[(y-at.Min.Y)*stride:]
			s.scatter(t, first, n, y, r, row[(r.Min.X-at.Min.X)*s.perPixel():(r.Max.X-at.Min.X)*s.perPixel()])
		}
	})
}

// scatter copies a row of interleaved samples to row y of n planes from first.
func (s *stored) scatter(t *target, first, n, y int, r image.Rectangle, row []uint16) {
	step := s.perPixel()
	if step == 1 {
		copy(t.row(first, y, r.Min.X, r.Max.X), row)
		return
	}
	for c := range n {
		dst := t.row(first+c, y, r.Min.X, r.Max.X)
		at := c
		for x := range dst {
			dst[x] = row[at]
			at += step
		}
	}
}

// band is about how many bytes of rows are read at a time: they are still in
// the second-level cache when they are unpacked.
const band = 256 << 10

// readRows fills t from the rows of the uncompressed chunk i.
func (s *stored) readRows(ctx context.Context, i, first, n int, t *target) error {
	at := s.rect(i)
	r := at.Intersect(t.rect)
	rowBytes := s.rowBytes()
	offset := s.offsets[i] + rowBytes*int64(r.Min.Y-at.Min.Y)
	if s.salvage {
		r = s.readable(i, at, r, rowBytes, t, first, n)
	}
	if s.codec.plain() && s.perPixel() == 1 {
		return s.readPlain(ctx, i, at, r, offset, rowBytes, t, first)
	}
	step := s.perPixel()
	bitsPerPixel := int64(step * s.bits)
	from := int64(r.Min.X-at.Min.X) * bitsPerPixel
	to := int64(r.Max.X-at.Min.X) * bitsPerPixel
	span := (to+7)/8 - from/8
	buf := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buf)
	gap, rows := rowBytes, min(int(max(1, band/rowBytes)), r.Dy())
	if 2*span < rowBytes {
		rows = 1 // to touch wanted bytes only
	}
	width := r.Dx() * step
	line := s.line(width, step > 1)
	defer s.workers.Put(line)
	need := int(int64(rows-1)*gap + span)
	if cap(*buf) < need+unpackSlack {
		*buf = make([]byte, need+unpackSlack)
	}
	for y := r.Min.Y; y < r.Max.Y; y += rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		k := min(rows, r.Max.Y-y)
		b := (*buf)[:int(int64(k-1)*gap+span)]
		if err := s.readAt(b, offset+from/8, i); err != nil {
			return s.lostRows(i, at, r, y, t, first, n, err)
		}
		offset += int64(k) * rowBytes
		for j := range k {
			src := b[int64(j)*gap : int64(j)*gap+span : cap(b)]
			if step == 1 {
				s.codec.decode(t.row(first, y+j, r.Min.X, r.Max.X), src, int(from&7))
				continue
			}
			s.codec.decode(line.row[:width], src, int(from&7))
			s.scatter(t, first, n, y+j, r, line.row[:width])
		}
	}
	return nil
}

// line returns a worker whose row holds n samples, if rows are wanted at all.
func (s *stored) line(n int, wanted bool) *chunkDecoder {
	w := s.workers.Get().(*chunkDecoder)
	if wanted && cap(w.row) < n {
		w.row = make([]uint16, n)
	}
	return w
}

// largestRead is how many bytes are read between two looks at the context.
const largestRead = 4 << 20

// readPlain reads samples of 16 bits straight into t.
func (s *stored) readPlain(ctx context.Context, i int, at, r image.Rectangle, offset, rowBytes int64, t *target, first int) error {
	width := r.Dx()
	rows := 1
	if r.Dx() == at.Dx() && int64(width)*2 == rowBytes && t.stride == width {
		rows = int(max(1, largestRead/rowBytes))
	}
	offset += int64(r.Min.X-at.Min.X) * 2
	for y := r.Min.Y; y < r.Max.Y; y += rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		k := min(rows, r.Max.Y-y)
		from := (y-t.rect.Min.Y)*t.stride + r.Min.X - t.rect.Min.X
		pix := t.pix[first][from : from+k*width]
		if err := s.readAt(bytesOf(pix), offset, i); err != nil {
			return s.lostRows(i, at, r, y, t, first, 1, err)
		}
		offset += int64(k) * rowBytes
		s.codec.toNative(pix)
	}
	return nil
}

// readable cuts r off at the last row of chunk i that is whole in the file
// and blackens what is below.
func (s *stored) readable(i int, at, r image.Rectangle, rowBytes int64, t *target, first, n int) image.Rectangle {
	// What its byte count does not cover is not its own.
	there := max(0, min(s.lengths[i], s.fileSize-s.offsets[i])) / rowBytes
	if s.misplaced(i, rowBytes*int64(at.Dy())) {
		there = 0
	}
	if there >= int64(at.Dy()) {
		return r
	}
	end := at.Min.Y + int(there)
	gone := at
	gone.Min.Y = end
	_ = s.lost(i, gone, &raw.CorruptError{Offset: s.offsets[i], What: fmt.Sprintf("chunk %d has %d of %d rows", i, there, at.Dy()), Err: raw.ErrTruncated})
	s.blacken(t, first, n, image.Rect(r.Min.X, max(end, r.Min.Y), r.Max.X, max(end, r.Max.Y)))
	r.Max.Y = max(r.Min.Y, min(r.Max.Y, end))
	return r
}

// lostRows notes that chunk i cannot be read and blackens what is wanted of it
// from row y on; it returns err unless the file is being salvaged.
func (s *stored) lostRows(i int, at, r image.Rectangle, y int, t *target, first, n int, err error) error {
	if err := s.lost(i, at, err); err != nil {
		return err
	}
	r.Min.Y = y
	s.blacken(t, first, n, r)
	return nil
}

// blacken fills r in n planes from first.
func (s *stored) blacken(t *target, first, n int, r image.Rectangle) {
	for c := range n {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := t.row(first+c, y, r.Min.X, r.Max.X)
			for x := range row {
				row[x] = s.black
			}
		}
	}
}

// readAt fills b from the file; i is the chunk that errors name.
func (s *stored) readAt(b []byte, offset int64, i int) error {
	n, err := s.r.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = raw.ErrTruncated
	}
	return fmt.Errorf("read chunk %d at offset %#x: %w", i, offset, err)
}

// bytesOf returns the memory of p.
func bytesOf(p []uint16) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(p))), 2*len(p))
}

// nativeLittle reports whether this machine stores the low byte first.
func nativeLittle() bool {
	return binary.NativeEndian.Uint16([]byte{1, 0}) == 1
}

type mosaicSource struct{ f *File }

func (m *mosaicSource) Header() *raw.Header { return m.f.header }

func (m *mosaicSource) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := m.f.header.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = m.f.header.CFA
	return m.f.image.readMosaic(ctx, dst)
}

type rgbSource struct{ f *File }

func (p *rgbSource) Header() *raw.Header { return p.f.header }

func (p *rgbSource) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := p.f.header.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	t := target{pix: dst.Pix, planes: 3, stride: dst.Stride, rect: dst.Rect}
	return p.f.image.read(ctx, &t)
}
