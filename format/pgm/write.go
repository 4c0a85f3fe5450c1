package pgm

import (
	"context"
	"fmt"
	"image"
	"io"
	"math"
	"strconv"
	"sync/atomic"

	"github.com/quadraw/quadraw/internal/packing"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// WriteOptions say how a file is written. Nil and the zero value are good
// defaults.
type WriteOptions struct {
	// BitDepth of a PPM: 8 or 16, and 0 is 16. A PGM holds the mosaic's own
	// DN, whatever this says.
	BitDepth int
	// Tiles bound workers and memory and report progress.
	Tiles tile.Options
}

const bandRows = 128

// Write writes every stored sample of src in DN, masked borders included.
// maxval is the white level; where samples go beyond it, it becomes the
// largest that the header's bits can hold, since PGM allows no sample above
// maxval. w must be at its start.
func Write(ctx context.Context, w io.WriteSeeker, src raw.Source, o *WriteOptions) error {
	h := src.Header()
	white := int(math.Round(h.White[raw.Green]))
	top := 1<<h.BitsPerSample - 1
	if white < 1 || white > 65535 || top < 1 || top > 65535 {
		return fmt.Errorf("%w: white level %v of %d bits in a PGM file", raw.ErrOption, h.White[raw.Green], h.BitsPerSample)
	}
	top = max(top, white)
	if white < 256 && top > 255 {
		white = top // samples of two bytes need a maxval that says so
	}
	head := func(maxval int) []byte {
		black, _ := h.Black.Constant()
		if _, constant := h.Black.Constant(); !constant {
			black = h.Black.Mean()
		}
		return fmt.Appendf(nil, "P5\n# quadraw cfa=%v black=%s white=%s\n%d %d\n%5d\n", h.CFA,
			strconv.FormatFloat(black, 'g', -1, 64), strconv.FormatFloat(h.White[raw.Green], 'g', -1, 64), h.Size.X, h.Size.Y, maxval)
	}
	var beyond atomic.Bool
	m := &mosaics{src: src, wide: top > 255, limit: uint16(white), top: uint16(top), beyond: &beyond}
	if err := writeBands(ctx, w, head(white), h, 4, o, m.newBand); err != nil {
		return err
	}
	if !beyond.Load() {
		return nil
	}
	if _, err := w.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := w.Write(head(top)); err != nil {
		return err
	}
	_, err := w.Seek(0, io.SeekEnd)
	return err
}

// WriteRGB writes src as a PPM of 8 bits (rounded) or 16.
func WriteRGB(ctx context.Context, w io.Writer, src raw.RGBSource, o *WriteOptions) error {
	if o == nil {
		o = &WriteOptions{}
	}
	depth := o.BitDepth
	if depth == 0 {
		depth = 16
	}
	if depth != 8 && depth != 16 {
		return fmt.Errorf("%w: PPM of %d bits, want 8 or 16", raw.ErrOption, depth)
	}
	h := src.Header()
	head := fmt.Appendf(nil, "P6\n%d %d\n%d\n", h.Size.X, h.Size.Y, 1<<depth-1)
	return writeBands(ctx, w, head, h, 12, o, func() filler { return &picture{src: src, depth: depth} })
}

// filler is a worker's band: fill computes rows, and out is their stored form.
type filler interface {
	fill(ctx context.Context, r image.Rectangle) (out []byte, err error)
}

func writeBands(ctx context.Context, w io.Writer, head []byte, h *raw.Header, cost int, o *WriteOptions, newBand func() filler) error {
	if o == nil {
		o = &WriteOptions{}
	}
	plan, err := tile.NewPlan(tile.Work{Bounds: h.Bounds(), FullWidth: true, Rows: bandRows, Align: image.Pt(1, 24), BytesPerPixel: cost}, &o.Tiles)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	type band struct {
		filler
		out []byte
	}
	return tile.Ordered(ctx, plan, func() *band { return &band{filler: newBand()} }, func(ctx context.Context, b *band, r image.Rectangle) error {
		var err error
		b.out, err = b.fill(ctx, r)
		return err
	}, func(b *band, r image.Rectangle) error {
		_, err := w.Write(b.out)
		return err
	})
}

type mosaics struct {
	src        raw.Source
	wide       bool // two bytes a sample
	limit, top uint16
	beyond     *atomic.Bool // a sample lies above limit
}

func (m *mosaics) newBand() filler { return &mosaicBand{mosaics: m} }

type mosaicBand struct {
	*mosaics
	tile raw.Mosaic
	out  []byte
}

func (b *mosaicBand) fill(ctx context.Context, r image.Rectangle) ([]byte, error) {
	b.tile.Reset(r, 0)
	if err := b.src.ReadTile(ctx, &b.tile); err != nil {
		return nil, err
	}
	highest := uint16(0)
	for _, v := range b.tile.Pix {
		highest = max(highest, v)
	}
	if highest > b.top {
		return nil, fmt.Errorf("%w: sample %d, the header has %d bits", raw.ErrOption, highest, b.src.Header().BitsPerSample)
	}
	if highest > b.limit {
		b.beyond.Store(true)
	}
	if b.wide {
		b.out = packing.BigEndian(b.out[:0], b.tile.Pix)
	} else {
		b.out, _ = packing.Bytes(b.out[:0], b.tile.Pix)
	}
	return b.out, nil
}

type picture struct {
	src   raw.RGBSource
	depth int
	rgb   raw.RGB
	row   []uint16
	out   []byte
}

func (b *picture) fill(ctx context.Context, r image.Rectangle) ([]byte, error) {
	b.rgb.Reset(r)
	if err := b.src.ReadTile(ctx, &b.rgb); err != nil {
		return nil, err
	}
	if b.row == nil {
		b.row = make([]uint16, 3*r.Dx())
	}
	b.out = b.out[:0]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		red, green, blue := b.rgb.Row(raw.Red, y), b.rgb.Row(raw.Green, y), b.rgb.Row(raw.Blue, y)
		if b.depth == 8 {
			b.out = packing.RGB8(b.out, red, green, blue)
			continue
		}
		packing.Interleave(b.row, red, green, blue)
		b.out = packing.BigEndian(b.out, b.row)
	}
	return b.out, nil
}
