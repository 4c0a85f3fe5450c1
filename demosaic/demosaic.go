package demosaic

import (
	"context"
	"fmt"
	"image"
	"math"
	"runtime"
	"sync"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// white is the DN of saturation in every output of [New].
const white = math.MaxUint16

// New returns the picture of the mosaic src: linear camera colour, not white
// balanced, black at Options.Pedestal and white at 65535. Samples above src's
// white level are saturated first.
//
// Every method is made for Bayer and Quad; larger arrays are made Bayer first as
// [Remosaic] does. A mosaic without colours ([raw.Mono]) is
// [raw.ErrCFA].
//
// Opcode lists 1 and 2 speak of the mosaic and are not in the new header:
// apply them before (package develop does).
func New(src raw.Source, o *Options) (raw.RGBSource, error) {
	opt, err := o.orDefault()
	if err != nil {
		return nil, err
	}
	h := src.Header()
	if !h.CFA.Valid() || h.CFA == raw.Mono {
		return nil, fmt.Errorf("demosaic: %w: %v has no colours", raw.ErrCFA, h.CFA)
	}
	run, err := newAlgorithm(&src, &opt)
	if err != nil {
		return nil, fmt.Errorf("demosaic: %w", err)
	}
	return newSource(pictureHeader(h, &opt), src, run), nil
}

func newSource(h *raw.Header, src raw.Source, run algorithm) *source {
	s := &source{h: h, src: src, run: run}
	s.spare.New = func() any { return &worker{state: run.newState()} }
	return s
}

// algorithm is a method bound to a frame.
type algorithm interface {
	// halo is how many pixels around a tile the method reads.
	halo() int
	// side is the tile at which the method's buffers fit the cache.
	side() image.Point
	// prepare is called before a tile is read; whatever it does, it does once.
	prepare(ctx context.Context) error
	// newState returns a worker's scratch.
	newState() scratch
	// run fills dst from in, which covers dst.Rect and the halo.
	run(state scratch, dst *raw.RGB, in *raw.Mosaic)
}

// newAlgorithm binds opt.Method to src, which it replaces by a Bayer source if
// the method needs one.
func newAlgorithm(src *raw.Source, opt *Options) (algorithm, error) {
	cell := (*src).Header().CFA.Cell()
	if cell > 2 {
		bayer, err := newRemosaic(*src, opt)
		if err != nil {
			return nil, err
		}
		// The profile is not that of interpolated samples.
		quiet := bayer.Header().Clone()
		quiet.Noise = raw.NoiseProfile{}
		if bayer, err = raw.WithHeader(bayer, quiet); err != nil {
			return nil, err
		}
		*src, cell = bayer, 1
	}
	switch opt.Method {
	case LMMSE:
		return newEngine(lmmse{quad: cell == 2}, *src, opt)
	case Fast, Default, Best:
		h := (*src).Header()
		b, err := newFilterBank(cell, opt, opt.Denoise.levels(h), false)
		if err != nil {
			return nil, err
		}
		return newEngine(b, *src, opt)
	}
	l, err := newLevels((*src).Header(), white-int32(opt.Pedestal))
	if err != nil {
		return nil, err
	}
	switch {
	case cell == 2:
		return newQuadLinear(l, opt.Method, opt.Pedestal), nil
	case opt.Method == Malvar:
		return &malvar{l, int32(opt.Pedestal)}, nil
	}
	return &bilinear{l, int32(opt.Pedestal)}, nil
}

// pictureHeader is the header of the demosaiced frame.
func pictureHeader(h *raw.Header, opt *Options) *raw.Header {
	c := h.Clone()
	c.CFA = raw.Mono
	c.MaskedAreas = nil
	c.BitsPerSample = 16
	c.Black = raw.ConstantBlack(float64(opt.Pedestal))
	c.White = [3]float64{white, white, white}
	c.ColorSpace = raw.LinearCamera
	c.Opcodes[0], c.Opcodes[1] = nil, nil
	if opt.Method.banked() && h.CFA.Cell() <= 2 && opt.Denoise.levels(h) {
		c.Noise = raw.NoiseProfile{} // no line describes what is left
	}
	return c
}

// source computes tiles on demand.
type source struct {
	h     *raw.Header
	src   raw.Source
	run   algorithm
	spare sync.Pool // of *worker
}

// worker is what one tile at a time needs.
type worker struct {
	in    reader
	state scratch
}

// reader shows parts of a source.
type reader struct{ copied, view raw.Mosaic }

// scratch is what a worker needs of a method.
type scratch interface {
	// stream says whether the output is too large for the cache anyway.
	stream(past bool)
}

func (s *source) Header() *raw.Header { return s.h }

func (s *source) ReadTile(ctx context.Context, dst *raw.RGB) error {
	return s.read(ctx, dst, false)
}

// read is ReadTile; stream says that dst is a part of something too large for
// the cache.
func (s *source) read(ctx context.Context, dst *raw.RGB, stream bool) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	if err := s.run.prepare(ctx); err != nil {
		return fmt.Errorf("demosaic: %w", err)
	}
	w := s.spare.Get().(*worker)
	defer s.spare.Put(w)
	work := func(r image.Rectangle) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		in, err := w.in.read(ctx, s.src, r.Inset(-s.run.halo()))
		if err != nil {
			return err
		}
		s.run.run(w.state, dst.Part(r), in)
		return nil
	}
	w.state.stream(stream)
	if stream {
		defer fence()
	}
	return pieces(dst.Rect, s.run.side(), func(r image.Rectangle) error {
		if s.run.halo() > edge {
			return work(r)
		}
		return s.inside(r, work)
	})
}

// A method that reads no further than edge pixels around takes the edges of a
// frame by themselves, edgeStrip wide.
const (
	edge      = 4
	edgeStrip = 32
)

// inside does the work on r, without the edges of the frame first: only for
// them must samples be copied and mirrored.
func (s *source) inside(r image.Rectangle, work func(image.Rectangle) error) error {
	inner := r.Intersect(s.h.Bounds().Inset(edgeStrip))
	if inner.Empty() {
		return work(r)
	}
	for _, part := range [...]image.Rectangle{
		inner,
		{r.Min, image.Pt(r.Max.X, inner.Min.Y)},
		{image.Pt(r.Min.X, inner.Max.Y), r.Max},
		{image.Pt(r.Min.X, inner.Min.Y), image.Pt(inner.Min.X, inner.Max.Y)},
		{image.Pt(inner.Max.X, inner.Min.Y), image.Pt(r.Max.X, inner.Max.Y)},
	} {
		if part.Empty() {
			continue
		}
		if err := work(part); err != nil {
			return err
		}
	}
	return nil
}

// read returns the samples of r, mirrored where it sticks out of the frame. They
// are the source's own if it can show them.
func (p *reader) read(ctx context.Context, src raw.Source, r image.Rectangle) (*raw.Mosaic, error) {
	p.view = raw.Mosaic{Rect: r}
	if v, ok := src.(raw.Viewer); ok && v.View(&p.view) {
		return &p.view, nil
	}
	p.copied.Reset(r, src.Header().CFA)
	return &p.copied, tile.ReadPadded(ctx, src, &p.copied)
}

// pieces cuts r into equal parts not above side, row by row. A sum along an
// edge of one more than side is not worth a sliver, so parts differ by little.
func pieces(r image.Rectangle, side image.Point, work func(image.Rectangle) error) error {
	nx, ny := (r.Dx()+side.X-1)/side.X, (r.Dy()+side.Y-1)/side.Y
	cut := func(lo, hi, i, n int) int { return lo + (hi-lo)*i/n }
	for y := range ny {
		for x := range nx {
			err := work(image.Rect(
				cut(r.Min.X, r.Max.X, x, nx), cut(r.Min.Y, r.Max.Y, y, ny),
				cut(r.Min.X, r.Max.X, x+1, nx), cut(r.Min.Y, r.Max.Y, y+1, ny)))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// shared returns side, or less if it is so tall that workers, 0 for as many as
// there are processors, would have too few tiles of r to share them evenly.
func shared(side image.Point, r image.Rectangle, workers int) image.Point {
	const each, least = 6, 512
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	across := (r.Dx() + side.X - 1) / side.X
	for side.Y > least && across*((r.Dy()+side.Y-1)/side.Y) < each*workers {
		side.Y /= 2
	}
	return side
}

// streamPixels is the size of a picture beyond which it is written past the
// cache: the next stage will not find it there.
const streamPixels = 4 << 20

// Demosaic fills dst from the whole frame src, whose header is h, in memory and
// on Options.Tiles' workers, with the samples that [New] delivers. dst.Rect is
// a part of the frame or all of it.
func Demosaic(ctx context.Context, dst *raw.RGB, src *raw.Mosaic, h *raw.Header, o *Options) error {
	memory, err := raw.NewMemory(h, src)
	if err != nil {
		return err
	}
	from, err := New(memory, o)
	if err != nil {
		return err
	}
	if err := h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	var tiles tile.Options
	if o != nil {
		tiles = o.Tiles
	}
	picture := from.(*source)
	side := picture.run.side()
	stream := dst.Rect.Dx()*dst.Rect.Dy() > streamPixels
	if tiles.Size == (image.Point{}) {
		tiles.Size = shared(side, dst.Rect, tiles.Workers)
		// Lines of the cache that two tiles share cannot be written past it.
		tiles.Size.X &^= 31
	}
	p := h.CFA.Period()
	plan, err := tile.NewPlan(tile.Work{Bounds: dst.Rect, Align: image.Pt(p, p), Halo: picture.run.halo(), BytesPerPixel: 2}, &tiles)
	if err != nil {
		return err
	}
	return tile.Each(ctx, plan, func() struct{} { return struct{}{} },
		func(ctx context.Context, _ struct{}, r image.Rectangle) error {
			return picture.read(ctx, dst.Part(r), stream)
		})
}
