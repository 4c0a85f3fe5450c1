package dng

import (
	"fmt"
	"image"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// chunks reads how the image is cut into strips or tiles and how they are
// compressed.
func (d *decoder) chunks(g *geometry) error {
	if err := d.coding(g); err != nil {
		return err
	}
	if d.raw.Find(ifd.TileWidth) != nil || d.raw.Find(ifd.TileOffsets) != nil {
		w, err := d.need(ifd.TileWidth)
		if err != nil {
			return err
		}
		h, err := d.need(ifd.TileLength)
		if err != nil {
			return err
		}
		if w == 0 || h == 0 {
			return d.corrupt(ifd.TileWidth, "and TileLength are %d×%d", w, h)
		}
		// Tiles may be larger than the image, but not beyond reason.
		if side := uint64(d.limits.Side); w > side || h > side || int64(w) > d.limits.Pixels/int64(h) {
			return fmt.Errorf("%w: tiles of %d×%d, at most %d pixels and a side of %d are allowed", raw.ErrLimit, w, h, d.limits.Pixels, side)
		}
		g.chunk = image.Pt(int(w), int(h))
		if g.chunk.X > largestTile(g.size.X) || g.chunk.Y > largestTile(g.size.Y) {
			return fmt.Errorf("%w: tiles of %d×%d in a frame of %v", raw.ErrLimit, w, h, g.size)
		}
	} else {
		rows, err := d.uint(ifd.RowsPerStrip, 1<<32-1)
		if err != nil {
			return err
		}
		if rows == 0 {
			return d.corrupt(ifd.RowsPerStrip, "is 0")
		}
		g.chunk = image.Pt(g.size.X, int(min(rows, uint64(g.size.Y))))
	}
	g.grid = image.Pt((g.size.X+g.chunk.X-1)/g.chunk.X, (g.size.Y+g.chunk.Y-1)/g.chunk.Y)
	return nil
}

// largestTile bounds the side of tiles in a frame of n pixels a side: a tile is
// decoded whole, and memory for it must not be had for the asking. Writers
// round up to 16 pixels, or use one size of tile for every frame.
func largestTile(n int) int { return max(2*n, 1024) }

// coding reads Compression and Predictor and checks them against the samples.
func (d *decoder) coding(g *geometry) error {
	var err error
	if d.picture {
		return d.pictureCoding(g)
	}
	if g.compression, err = d.need(ifd.Compression); err != nil {
		return err
	}
	if g.predictor, err = d.uint(ifd.Predictor, ifd.PredictorNone); err != nil {
		return err
	}
	switch g.compression {
	case ifd.CompressionNone:
	case ifd.CompressionJPEG:
		if g.floating || g.bits > 16 {
			return d.corrupt(ifd.Compression, "7 (lossless JPEG) with samples of %d bits", g.bits)
		}
		if g.perPixel() > 4 {
			return &raw.UnsupportedError{Feature: fmt.Sprintf("lossless JPEG of %d samples a pixel", g.perPixel())}
		}
	case ifd.CompressionDeflate:
		return d.predictors(g)
	case ifd.CompressionLossyJPEG:
		if g.floating || g.bits != 8 {
			return d.corrupt(ifd.Compression, "34892 (lossy JPEG) with samples of %d bits", g.bits)
		}
	default:
		return &raw.UnsupportedError{Feature: "Compression " + compressionName(g.compression)}
	}
	return nil
}

func (d *decoder) predictors(g *geometry) error {
	switch g.predictor {
	case ifd.PredictorNone:
	case ifd.PredictorHorizontal, ifd.PredictorHorizontalX2, ifd.PredictorHorizontalX4:
		if g.floating || g.bits != 8 && g.bits != 16 && g.bits != 32 {
			return d.corrupt(ifd.Predictor, "%d with samples of %d bits", g.predictor, g.bits)
		}
	case ifd.PredictorFloat, ifd.PredictorFloatX2, ifd.PredictorFloatX4:
		if !g.floating {
			return d.corrupt(ifd.Predictor, "%d with samples that are whole numbers", g.predictor)
		}
	default:
		return &raw.UnsupportedError{Feature: fmt.Sprintf("Predictor %d", g.predictor)}
	}
	return nil
}

// compressionName names the compressions that are met in raw files but not
// read here.
func compressionName(c uint64) string {
	names := map[uint64]string{
		2: "CCITT", 5: "LZW", 6: "old-style JPEG", ifd.CompressionVC5: "VC-5", 32773: "PackBits", 32946: "old deflate",
		34713: "Nikon", 34925: "LZMA", ifd.CompressionJPEGXL: "JPEG XL", 65535: "Pentax",
	}
	if n, ok := names[c]; ok {
		return fmt.Sprintf("%d (%s)", c, n)
	}
	return fmt.Sprint(c)
}

// chunkPlaces reads where the chunks are and checks that their bytes are there
// and enough.
func (d *decoder) chunkPlaces(g *geometry) error {
	at, size := ifd.StripOffsets, ifd.StripByteCounts
	if d.raw.Find(ifd.TileWidth) != nil || d.raw.Find(ifd.TileOffsets) != nil {
		at, size = ifd.TileOffsets, ifd.TileByteCounts
	}
	n := int64(g.grid.X) * int64(g.grid.Y)
	if g.planar {
		n *= int64(g.samples)
	}
	offsets, err := d.places(at, n)
	if err != nil {
		return err
	}
	lengths, err := d.places(size, n)
	if err != nil {
		return err
	}
	g.offsets, g.lengths = offsets, lengths
	g.directory = [2]int64{d.raw.Offset, d.raw.Offset + d.raw.Size}
	for i := range offsets {
		if err := d.checkPlace(g, i, at, size); err != nil && !d.salvage {
			return err
		}
	}
	if d.salvage || g.compression == ifd.CompressionNone {
		return nil
	}
	// A chunk is decoded whole.
	samples := int64(g.chunk.X) * int64(g.chunk.Y) * int64(g.perPixel())
	if need := samples * 2; need > d.limits.Bytes {
		return fmt.Errorf("%w: compressed tiles of %d×%d need %d bytes, at most %d are allowed", raw.ErrLimit, g.chunk.X, g.chunk.Y, need, d.limits.Bytes)
	}
	return nil
}

// maxChunks is the number of tiles of 16×16, the smallest that TIFF knows, in
// a frame of 1 Gpixel.
const maxChunks = 1 << 22

// places reads a field of n offsets or lengths.
func (d *decoder) places(t ifd.Tag, n int64) ([]int64, error) {
	if n > maxChunks {
		return nil, fmt.Errorf("%w: a frame in %d strips or tiles", raw.ErrLimit, n)
	}
	e := d.raw.Find(t)
	if e == nil {
		return nil, d.corrupt(t, "is missing")
	}
	if e.Count != uint64(n) {
		return nil, d.corrupt(t, "has %d values, %d are needed", e.Count, n)
	}
	v, err := d.tiff.Uints(e, uint64(n))
	if err != nil {
		return nil, err
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(min(v[i], 1<<62))
	}
	return out, nil
}

// checkPlace checks that chunk i lies in the file, beside the header and its
// own directory, and is long enough for what it must hold.
func (d *decoder) checkPlace(g *geometry, i int, at, size ifd.Tag) error {
	offset, length := g.offsets[i], g.lengths[i]
	need := length
	r := g.rect(i)
	switch g.compression {
	case ifd.CompressionNone:
		need = g.rowBytes() * int64(r.Dy())
		if length < need {
			return &raw.CorruptError{Offset: offset, What: fmt.Sprintf("%v of chunk %d is %d, its samples take %d", size, i, length, need)}
		}
	default:
		// No compression packs more samples into a byte: lossless JPEG needs a
		// bit a sample, deflate a byte for 1032, and lossy JPEG two bits for
		// 64.
		most := int64(8)
		switch g.compression {
		case ifd.CompressionDeflate:
			most = 1032
		case ifd.CompressionLZW:
			most = 4096 * 8 / 12 // no string of a code is longer than the table
		case ifd.CompressionLossyJPEG:
			most = 256
		}
		if samples := int64(r.Dx()) * int64(r.Dy()) * int64(g.perPixel()); length < samples/most {
			return &raw.CorruptError{Offset: offset, What: fmt.Sprintf("%v of chunk %d is %d, too few for %d samples", size, i, length, samples)}
		}
	}
	switch {
	case offset > d.size || need > d.size-offset:
		return &raw.CorruptError{Offset: offset, What: fmt.Sprintf("chunk %d of %d bytes, the file ends at %#x", i, need, d.size), Err: raw.ErrTruncated}
	case g.misplaced(i, need):
		return &raw.CorruptError{Offset: offset, What: fmt.Sprintf("%v of chunk %d: it lies over the file's header or directory", at, i)}
	}
	return nil
}

// misplaced reports whether the need bytes of chunk i lie over the header of
// the file or over the raw image's directory.
func (g *geometry) misplaced(i int, need int64) bool {
	offset := g.offsets[i]
	return offset < 8 || offset < g.directory[1] && offset+need > g.directory[0]
}
