package tile

import (
	"container/list"
	"context"
	"fmt"
	"image"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// Cache returns src behind a cache of square tiles: any rectangle is put
// together from tiles on a fixed grid, each computed once while it stays among
// the most recently used. Put it behind a dear stage whose reader has a halo,
// so that halos do not compute pixels twice. side is rounded up to the CFA
// period; bytes bounds the memory of the tiles kept (tiles in use come on
// top).
func Cache(src raw.Source, side int, bytes int64) (raw.Source, error) {
	if side <= 0 || bytes < 0 {
		return nil, fmt.Errorf("%w: cache of tiles of %d in %d bytes", raw.ErrOption, side, bytes)
	}
	side = roundUp(side, src.Header().CFA.Period())
	keep := int(min(bytes/(int64(side)*int64(side)*2), 1<<20))
	return &cache{src: src, side: side, keep: max(keep, 1), at: make(map[image.Point]*entry), recent: list.New()}, nil
}

type cache struct {
	src  raw.Source
	side int
	keep int

	mu     sync.Mutex
	at     map[image.Point]*entry
	recent *list.List // of *entry, most recently used first
	spare  []*raw.Mosaic
}

// entry is a tile that is there or being computed; ready is closed then.
type entry struct {
	key   image.Point
	ready chan struct{}
	tile  *raw.Mosaic
	err   error
	users int // readers copying from it; guarded by cache.mu
	elem  *list.Element
}

func (c *cache) Header() *raw.Header { return c.src.Header() }

func (c *cache) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	h := c.src.Header()
	if err := h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = h.CFA
	// Tiles that another reader is computing come last, so that readers of
	// the same row of tiles share the work instead of waiting at each tile.
	var busy []image.Point
	r := dst.Rect
	for y := r.Min.Y / c.side; y*c.side < r.Max.Y; y++ {
		for x := r.Min.X / c.side; x*c.side < r.Max.X; x++ {
			done, err := c.copyFrom(ctx, image.Pt(x, y), dst, false)
			if err != nil {
				return err
			}
			if !done {
				busy = append(busy, image.Pt(x, y))
			}
		}
	}
	for _, key := range busy {
		if _, err := c.copyFrom(ctx, key, dst, true); err != nil {
			return err
		}
	}
	return nil
}

// copyFrom copies what dst wants of tile key. done is false if another reader
// is computing it and wait is false.
func (c *cache) copyFrom(ctx context.Context, key image.Point, dst *raw.Mosaic, wait bool) (done bool, err error) {
	for {
		e, mine := c.acquire(key)
		if mine {
			c.fill(ctx, e)
		}
		if !wait {
			select {
			case <-e.ready:
			default:
				c.release(e)
				return false, nil
			}
		}
		select {
		case <-e.ready:
		case <-ctx.Done():
			c.release(e)
			return false, ctx.Err()
		}
		if e.err != nil {
			c.release(e)
			// Another reader's context may have ended; ours has not.
			if !mine && ctx.Err() == nil {
				continue
			}
			return false, e.err
		}
		r := dst.Rect.Intersect(e.tile.Rect)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(dst.Row(y)[r.Min.X-dst.Rect.Min.X:], e.tile.Row(y)[r.Min.X-e.tile.Rect.Min.X:r.Max.X-e.tile.Rect.Min.X])
		}
		c.release(e)
		return true, nil
	}
}

// acquire finds or makes the entry of key and counts the caller as its user;
// mine says that the caller is to fill it.
func (c *cache) acquire(key image.Point) (e *entry, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.at[key]; e != nil {
		e.users++
		c.recent.MoveToFront(e.elem)
		return e, false
	}
	e = &entry{key: key, ready: make(chan struct{}), users: 1}
	if n := len(c.spare); n > 0 {
		e.tile, c.spare = c.spare[n-1], c.spare[:n-1]
	} else {
		e.tile = &raw.Mosaic{}
	}
	e.elem = c.recent.PushFront(e)
	c.at[key] = e
	return e, true
}

func (c *cache) fill(ctx context.Context, e *entry) {
	h := c.src.Header()
	at := e.key.Mul(c.side)
	r := image.Rectangle{Min: at, Max: at.Add(image.Pt(c.side, c.side))}.Intersect(h.Bounds())
	e.tile.Reset(r, h.CFA)
	e.err = c.src.ReadTile(ctx, e.tile)
	if e.err != nil {
		c.forget(e)
	}
	close(e.ready)
}

// forget makes a failed tile's key free for another try.
func (c *cache) forget(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.at, e.key)
	c.recent.Remove(e.elem)
}

// release drops the caller's use and evicts the least recently used tiles
// that nobody uses until no more than keep are left.
func (c *cache) release(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.users--
	for el := c.recent.Back(); el != nil && c.recent.Len() > c.keep; {
		old := el.Value.(*entry)
		el = el.Prev()
		if old.users == 0 {
			c.drop(old)
		}
	}
}

// drop evicts a tile and keeps its memory for the next one.
func (c *cache) drop(e *entry) {
	delete(c.at, e.key)
	c.recent.Remove(e.elem)
	if len(c.spare) < 8 {
		c.spare = append(c.spare, e.tile)
	}
}
