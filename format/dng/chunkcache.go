package dng

import (
	"container/list"
	"context"
	"fmt"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// chunkCache holds decoded chunks: each is decoded once however many ask for
// it at a time, and stays while it is among the most recently used.
type chunkCache struct {
	image *stored
	keep  int64 // bytes of chunks that stay when nobody uses them
	most  int64 // bytes of chunks in all, those in use included
	size  int64 // bytes of one chunk

	mu     sync.Mutex
	turn   *sync.Cond // signalled when memory is free or a context ends
	at     map[int]*cachedChunk
	recent *list.List // of *cachedChunk, most recently used first
	used   int64      // bytes of the chunks in recent
	spare  [][]uint16
}

// cachedChunk is a decoded chunk, or one being decoded; ready is closed then.
type cachedChunk struct {
	index int
	ready chan struct{}
	pix   []uint16
	err   error
	users int // guarded by chunkCache.mu
	elem  *list.Element
}

func (c *chunkCache) init(s *stored, most int64) {
	c.image, c.most = s, most
	c.size = 2 * int64(s.chunk.X) * int64(s.chunk.Y) * int64(s.perPixel())
	c.turn = sync.NewCond(&c.mu)
	c.at = make(map[int]*cachedChunk)
	c.recent = list.New()
}

// use calls fn with the samples of chunk i, a whole chunk's rows. If another
// reader is decoding it and wait is false, it returns at once with done false.
func (c *chunkCache) use(ctx context.Context, i int, wait bool, fn func(pix []uint16)) (done bool, err error) {
	for {
		e, mine, err := c.acquire(ctx, i)
		if err != nil {
			return false, err
		}
		if mine {
			e.err = c.image.decodeChunk(ctx, i, e.pix)
			if e.err != nil {
				c.forget(e)
			}
			close(e.ready)
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
		if e.err == nil {
			fn(e.pix)
		}
		c.release(e)
		// Another reader's context may have ended; ours has not.
		if e.err != nil && !mine && ctx.Err() == nil {
			continue
		}
		return true, e.err
	}
}

// acquire finds or makes the entry of chunk i and counts the caller as its
// user; mine says that the caller has to decode it. A caller holds no other
// chunk, so that waiting for memory ends.
func (c *chunkCache) acquire(ctx context.Context, i int) (e *cachedChunk, mine bool, err error) {
	if c.size > c.most {
		return nil, false, fmt.Errorf("%w: a decoded tile takes %d bytes, at most %d are allowed", raw.ErrLimit, c.size, c.most)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if e := c.at[i]; e != nil {
			e.users++
			c.recent.MoveToFront(e.elem)
			return e, false, nil
		}
		c.evict(c.most - c.size)
		if c.used+c.size <= c.most {
			break
		}
		stop := context.AfterFunc(ctx, c.wake)
		c.turn.Wait()
		stop()
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
	}
	e = &cachedChunk{index: i, ready: make(chan struct{}), users: 1}
	if n := len(c.spare); n > 0 {
		e.pix, c.spare = c.spare[n-1], c.spare[:n-1]
	} else {
		e.pix = make([]uint16, c.size/2)
	}
	c.used += c.size
	e.elem = c.recent.PushFront(e)
	c.at[i] = e
	return e, true, nil
}

func (c *chunkCache) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn.Broadcast()
}

// forget makes a failed chunk free for another try.
func (c *chunkCache) forget(e *cachedChunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.at, e.index)
}

// release drops the caller's use.
func (c *chunkCache) release(e *cachedChunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.users--
	if e.users == 0 && c.at[e.index] != e {
		c.drop(e)
	}
	c.evict(max(c.keep, c.size))
	c.turn.Broadcast()
}

// evict drops the least recently used chunks that nobody uses until at most
// keep bytes are left.
func (c *chunkCache) evict(keep int64) {
	for el := c.recent.Back(); el != nil && c.used > keep; {
		e := el.Value.(*cachedChunk)
		el = el.Prev()
		if e.users == 0 {
			delete(c.at, e.index)
			c.drop(e)
		}
	}
}

// drop takes a chunk out and keeps its memory for the next one.
func (c *chunkCache) drop(e *cachedChunk) {
	c.recent.Remove(e.elem)
	c.used -= c.size
	if len(c.spare) < 4 && int64(len(c.spare)+1)*c.size <= c.keep {
		c.spare = append(c.spare, e.pix)
	}
}
