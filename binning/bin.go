package binning

import (
	"context"
	"errors"
	"fmt"
	"image"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/quadraw/quadraw/raw"
)

// Bin bins a mosaic in memory. src is taken as a frame of its own, whose
// (0, 0) is src.Rect.Min; Options.Header says what its levels and noise are.
// dst.Rect must be the result's rectangle, which begins at (0, 0), or empty:
// then dst is made as large as it has to be. The result's header is that of
// [NewBinner] for the same header and options.
func Bin(dst, src *raw.Mosaic, o *Options) error {
	if err := src.Check(); err != nil {
		return err
	}
	opt := o.orDefault()
	cfa := src.CFA.Shift(src.Rect.Min.X, src.Rect.Min.Y)
	h := raw.NewHeader(src.Rect.Size(), cfa, 16)
	if opt.Header != nil {
		if opt.Header.Size != h.Size || opt.Header.CFA != cfa {
			return fmt.Errorf("%w: a header of %v %v for a mosaic of %v %v", raw.ErrOption, opt.Header.Size, opt.Header.CFA, h.Size, cfa)
		}
		h = opt.Header
	}
	steps, err := opt.steps(cfa)
	if err != nil {
		return err
	}
	first, err := NewBinner(h, &steps[0])
	if err != nil {
		return err
	}
	if len(steps) == 1 {
		return first.Bin(context.Background(), dst, src, opt.Workers)
	}
	second, err := NewBinner(first.Header(), &steps[1])
	if err != nil {
		return err
	}
	var between raw.Mosaic
	if err := first.Bin(context.Background(), &between, src, opt.Workers); err != nil {
		return err
	}
	return second.Bin(context.Background(), dst, &between, opt.Workers)
}

// Bin bins a frame in memory on the given number of goroutines, 0 being
// GOMAXPROCS. src has the size of the header that b was made from, dst is as
// for the function Bin. It ends early when the context does; dst's samples
// are then undefined.
func (b *Binner) Bin(ctx context.Context, dst, src *raw.Mosaic, workers int) error {
	if err := src.Check(); err != nil {
		return err
	}
	if src.Rect.Size() != b.g.in {
		return fmt.Errorf("%w: a mosaic of %v for a binner of %v", raw.ErrBounds, src.Rect.Size(), b.g.in)
	}
	if err := b.prepare(dst); err != nil {
		return err
	}
	frame := *src
	frame.Rect = image.Rectangle{Max: b.g.in}
	return b.newJob(dst, frame, Packed{}).run(ctx, workers)
}

func (b *Binner) prepare(dst *raw.Mosaic) error {
	want := b.out.Bounds()
	if dst.Rect.Empty() {
		dst.Reset(want, b.out.CFA)
	}
	if err := dst.Check(); err != nil {
		return err
	}
	if dst.Rect != want {
		return fmt.Errorf("%w: a destination of %v for a result of %v", raw.ErrBounds, dst.Rect, want)
	}
	dst.CFA = b.out.CFA
	return nil
}

// stripRows is how many output rows a worker takes at a time; even, so that
// no block of a Bayer mosaic is cut.
const stripRows = mapRows

// streamSamples is the size of a result beyond which it is written past the
// caches: a core's own do not hold it, and the frame itself goes through the
// one that cores share.
const streamSamples = 2 << 20

// job is one frame being binned by several workers, each of which takes the
// next strip.
type job struct {
	b        *Binner
	dst, src raw.Mosaic
	packed   Packed // if Bytes is not nil, instead of src
	next     atomic.Int32
}

func (b *Binner) newJob(dst *raw.Mosaic, src raw.Mosaic, packed Packed) *job {
	j := b.jobs.Get().(*job)
	j.b, j.dst, j.src, j.packed = b, *dst, src, packed
	j.next.Store(0)
	return j
}

// release forgets the frame, which the caller may want freed.
func (j *job) release() {
	b := j.b
	j.b, j.dst, j.src, j.packed = nil, raw.Mosaic{}, raw.Mosaic{}, Packed{}
	b.jobs.Put(j)
}

func (j *job) run(ctx context.Context, workers int) error {
	defer j.release()
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, (j.dst.Rect.Dy()+stripRows-1)/stripRows)
	if workers == 1 {
		return j.work(ctx)
	}
	var running sync.WaitGroup
	errs := make([]error, workers)
	for i := range workers {
		running.Go(func() { errs[i] = j.work(ctx) })
	}
	running.Wait()
	return errors.Join(errs...)
}

func (j *job) work(ctx context.Context) error {
	s := j.b.scratch.Get().(*scratch)
	defer j.b.scratch.Put(s)
	defer func() { s.in = input{} }()
	for {
		y := (int(j.next.Add(1)) - 1) * stripRows
		if y >= j.dst.Rect.Max.Y {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		r := j.dst.Rect
		r.Min.Y, r.Max.Y = y, min(y+stripRows, r.Max.Y)
		part := window(&j.dst, r)
		m := access{past: len(j.dst.Pix) > streamSamples}
		block := j.b.g.block(r)
		if p := &j.packed; p.Bytes != nil {
			m.ahead = 2 * p.Stride
			s.in = input{mosaic: raw.Mosaic{Rect: block}, packed: p.Bytes[block.Min.Y*p.Stride:], stride: p.Stride, how: p.Packing, table: j.b.tables[p.Packing]}
		} else {
			m.ahead = j.b.ahead(&j.src)
			s.in = input{mosaic: window(&j.src, block)}
		}
		j.b.run(&part, &s.in, s, m)
	}
}

// window is the part r of m, as a value; r lies in m.Rect.
func window(m *raw.Mosaic, r image.Rectangle) raw.Mosaic {
	i := (r.Min.Y-m.Rect.Min.Y)*m.Stride + r.Min.X - m.Rect.Min.X
	return raw.Mosaic{Pix: m.Pix[i:], Stride: m.Stride, Rect: r, CFA: m.CFA}
}
