package tile

import (
	"fmt"
	"image"
	"runtime"

	"github.com/quadraw/quadraw/raw"
)

// Options say how a frame is walked. Nil and the zero value are good defaults.
type Options struct {
	// Workers is how many tiles are computed at once; 0 is GOMAXPROCS.
	Workers int
	// MaxMemory bounds the bytes of tile buffers and scratch in flight; 0 is
	// 64 MiB per worker. Tile size and, if need be, workers follow from it.
	MaxMemory int64
	// Size fixes the tile; 0 in a coordinate lets the budget choose it. It is
	// rounded up to the alignment.
	Size image.Point
	// Progress, if set, is told how many pixels of how many are done, in
	// increasing order, never from two goroutines at once.
	Progress func(done, total int64)
}

// Work describes what the tiles of a frame cost; a stage or writer fills it in.
type Work struct {
	Bounds image.Rectangle
	// Align is what tile borders are multiples of, counted from Bounds.Min;
	// 0 is 1. The CFA period, or a file format's tile side.
	Align image.Point
	// Halo is how many pixels beyond its tile the work reads on each side.
	Halo int
	// BytesPerPixel is what one pixel of tile and halo costs in buffers.
	BytesPerPixel int
	// FullWidth asks for bands as wide as Bounds, for writers of rows.
	FullWidth bool
	// Rows is the height of a tile where Options leave it open and the budget
	// allows it; 0 is 512. Writers of long rows need less.
	Rows int
}

// Plan is a frame cut into tiles, numbered row by row.
type Plan struct {
	Bounds  image.Rectangle
	Size    image.Point
	Workers int

	progress func(done, total int64)
}

const (
	defaultMemoryPerWorker = 64 << 20
	defaultSide            = 512
	maxWorkers             = 256
)

// NewPlan chooses tile size and workers for w under o, which may be nil. The
// error is [raw.ErrLimit] if not even one smallest tile fits the budget.
func NewPlan(w Work, o *Options) (*Plan, error) {
	if o == nil {
		o = &Options{}
	}
	if w.Bounds.Empty() {
		return nil, fmt.Errorf("%w: nothing to tile in %v", raw.ErrBounds, w.Bounds)
	}
	align := image.Pt(max(w.Align.X, 1), max(w.Align.Y, 1))
	cost := int64(max(w.BytesPerPixel, 1))
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, maxWorkers)
	budget := o.MaxMemory
	if budget <= 0 {
		budget = int64(workers) * defaultMemoryPerWorker
	}

	size := o.Size
	if size.X <= 0 {
		size.X = defaultSide
	}
	if w.FullWidth {
		size.X = w.Bounds.Dx()
		align.X = 1
	}
	size.X = min(roundUp(size.X, align.X), roundUp(w.Bounds.Dx(), align.X))
	width := int64(size.X + 2*w.Halo)
	fits := func(height, workers int) bool {
		// Ordered has one buffer more than it has workers.
		return width*int64(height+2*w.Halo)*cost*int64(workers+1) <= budget
	}
	for workers > 1 && !fits(align.Y, workers) {
		workers--
	}
	if !fits(align.Y, workers) {
		return nil, fmt.Errorf("%w: a tile of %d×%d with a halo of %d needs %d bytes, the budget is %d",
			raw.ErrLimit, size.X, align.Y, w.Halo, width*int64(align.Y+2*w.Halo)*cost*2, budget)
	}
	if size.Y <= 0 {
		size.Y = roundUp(defaultSide, align.Y)
		if w.Rows > 0 {
			size.Y = roundUp(w.Rows, align.Y)
		}
		for size.Y > align.Y && !fits(size.Y, workers) {
			size.Y = max(align.Y, roundUp(size.Y/2, align.Y))
		}
	}
	size.Y = min(roundUp(size.Y, align.Y), roundUp(w.Bounds.Dy(), align.Y))
	return &Plan{Bounds: w.Bounds, Size: size, Workers: workers, progress: o.Progress}, nil
}

// Count returns the number of tiles.
func (p *Plan) Count() int {
	g := p.Grid()
	return g.X * g.Y
}

// Grid returns how many tiles there are across and down.
func (p *Plan) Grid() image.Point {
	return image.Pt((p.Bounds.Dx()+p.Size.X-1)/p.Size.X, (p.Bounds.Dy()+p.Size.Y-1)/p.Size.Y)
}

// Tile returns tile i, cut off at Bounds.
func (p *Plan) Tile(i int) image.Rectangle {
	across := p.Grid().X
	at := p.Bounds.Min.Add(image.Pt(i%across*p.Size.X, i/across*p.Size.Y))
	return image.Rectangle{Min: at, Max: at.Add(p.Size)}.Intersect(p.Bounds)
}

func roundUp(n, m int) int { return (n + m - 1) / m * m }
