package tile

import (
	"context"
	"image"
	"sync"
)

// Each runs work once for every tile of p on p.Workers goroutines, in no
// particular order. Each worker has a scratch of its own from newScratch. The
// first error, or the context's end, stops the rest within one tile; when Each
// returns, all its goroutines have ended.
func Each[S any](ctx context.Context, p *Plan, newScratch func() S, work func(ctx context.Context, scratch S, r image.Rectangle) error) error {
	return Ordered(ctx, p, newScratch, work, func(S, image.Rectangle) error { return nil })
}

// Ordered is [Each] with an ordered end: deliver is called for every tile in
// the order of its number, never from two goroutines at once, with the buffer
// that work has filled. Buffers come from newBuffer and are used again; there
// are p.Workers+1 of them at most, so a slow tile does not stop the others at
// once and memory stays bounded.
func Ordered[B any](ctx context.Context, p *Plan, newBuffer func() B, work func(ctx context.Context, buf B, r image.Rectangle) error, deliver func(buf B, r image.Rectangle) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q := &queue[B]{
		plan: p, count: p.Count(), total: int64(p.Bounds.Dx()) * int64(p.Bounds.Dy()),
		newBuffer: newBuffer, deliver: deliver, pending: make(map[int]B),
	}
	q.turn = sync.NewCond(&q.mu)
	stop := context.AfterFunc(ctx, q.wake)
	defer stop()

	var running sync.WaitGroup
	for range min(p.Workers, q.count) {
		running.Go(func() {
			if err := q.run(ctx, work); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// queue hands out tiles and buffers in order and takes results back in order.
type queue[B any] struct {
	plan      *Plan
	count     int
	total     int64
	newBuffer func() B
	deliver   func(B, image.Rectangle) error

	mu         sync.Mutex
	turn       *sync.Cond // signalled when a buffer is free or the context ends
	free       []B
	made       int       // buffers in existence
	next       int       // first tile that nobody has taken
	pending    map[int]B // finished tiles whose turn has not come
	delivered  int       // first tile not delivered yet
	delivering bool
	pixels     int64
}

func (q *queue[B]) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turn.Broadcast()
}

func (q *queue[B]) run(ctx context.Context, work func(context.Context, B, image.Rectangle) error) error {
	for {
		i, buf, ok, err := q.take(ctx)
		if err != nil || !ok {
			return err
		}
		if err := work(ctx, buf, q.plan.Tile(i)); err != nil {
			return err
		}
		if err := q.finish(ctx, i, buf); err != nil {
			return err
		}
	}
}

// take waits for a buffer and then takes the next tile. Because nobody holds a
// tile without a buffer, the first undelivered tile is always on its way, and
// the wait ends.
func (q *queue[B]) take(ctx context.Context) (i int, buf B, ok bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if err := ctx.Err(); err != nil {
			return 0, buf, false, context.Cause(ctx)
		}
		if q.next == q.count {
			return 0, buf, false, nil
		}
		if n := len(q.free); n > 0 {
			buf, q.free = q.free[n-1], q.free[:n-1]
			break
		}
		if q.made <= q.plan.Workers {
			q.made++
			buf = q.newBuffer()
			break
		}
		q.turn.Wait()
	}
	q.next++
	return q.next - 1, buf, true, nil
}

// finish files tile i and, unless somebody is at it, delivers every tile whose
// turn has come. The lock is free while a tile is being written.
func (q *queue[B]) finish(ctx context.Context, i int, buf B) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending[i] = buf
	if q.delivering {
		return nil
	}
	q.delivering = true
	defer func() { q.delivering = false }()
	for {
		buf, ok := q.pending[q.delivered]
		if !ok {
			return nil
		}
		delete(q.pending, q.delivered)
		r := q.plan.Tile(q.delivered)
		if err := q.hand(ctx, buf, r); err != nil {
			return err
		}
		q.delivered++
		q.free = append(q.free, buf)
		q.turn.Broadcast()
		q.pixels += int64(r.Dx()) * int64(r.Dy())
		if q.plan.progress != nil {
			q.plan.progress(q.pixels, q.total)
		}
	}
}

func (q *queue[B]) hand(ctx context.Context, buf B, r image.Rectangle) error {
	q.mu.Unlock()
	defer q.mu.Lock()
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	return q.deliver(buf, r)
}
