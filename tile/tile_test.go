package tile_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

func randomSource(t *testing.T, size image.Point, cfa raw.CFA) (raw.Source, *raw.Mosaic) {
	t.Helper()
	h := raw.NewHeader(size, cfa, 16)
	m := raw.NewMosaic(h.Bounds(), cfa)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = uint16(rng.Uint32())
	}
	src, err := raw.NewMemory(h, m)
	if err != nil {
		t.Fatal(err)
	}
	return src, m
}

func TestPlanCoversEveryPixelOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		b := image.Rect(0, 0, 1+rng.IntN(90), 1+rng.IntN(90)).Add(image.Pt(rng.IntN(9), rng.IntN(9)))
		align := 1 + rng.IntN(6)
		p, err := tile.NewPlan(tile.Work{Bounds: b, Align: image.Pt(align, align), Halo: rng.IntN(5)},
			&tile.Options{Size: image.Pt(rng.IntN(40), rng.IntN(40)), Workers: 1 + rng.IntN(4)})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[image.Point]int{}
		for i := range p.Count() {
			r := p.Tile(i)
			if d := r.Min.Sub(b.Min); d.X%align != 0 || d.Y%align != 0 {
				t.Fatalf("tile %v of %v is not aligned to %d", r, b, align)
			}
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					seen[image.Pt(x, y)]++
				}
			}
		}
		if len(seen) != b.Dx()*b.Dy() {
			t.Fatalf("%d of %d pixels", len(seen), b.Dx()*b.Dy())
		}
		for at, n := range seen {
			if n != 1 || !at.In(b) {
				t.Fatalf("%v %d times", at, n)
			}
		}
	}
}

func TestPlanKeepsBudget(t *testing.T) {
	w := tile.Work{Bounds: image.Rect(0, 0, 12032, 9024), Halo: 16, BytesPerPixel: 12, FullWidth: true}
	p, err := tile.NewPlan(w, &tile.Options{Workers: 8, MaxMemory: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if used := (p.Size.X + 32) * (p.Size.Y + 32) * 12 * (p.Workers + 1); used > 32<<20 {
		t.Errorf("%d bytes in flight, budget %d", used, 32<<20)
	}
	if _, err := tile.NewPlan(w, &tile.Options{MaxMemory: 1 << 20}); !errors.Is(err, raw.ErrLimit) {
		t.Errorf("a budget below one tile: %v", err)
	}
}

func TestOrderedDeliversInOrder(t *testing.T) {
	for workers := 1; workers <= 8; workers++ {
		p, err := tile.NewPlan(tile.Work{Bounds: image.Rect(0, 0, 100, 100)}, &tile.Options{Size: image.Pt(9, 9), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		var made atomic.Int32
		next := 0
		err = tile.Ordered(t.Context(), p,
			func() *image.Rectangle { made.Add(1); return new(image.Rectangle) },
			func(_ context.Context, buf *image.Rectangle, r image.Rectangle) error {
				if r.Min.X%27 == 0 {
					time.Sleep(time.Microsecond * 50)
				}
				*buf = r
				return nil
			},
			func(buf *image.Rectangle, r image.Rectangle) error {
				if *buf != r || p.Tile(next) != r {
					return fmt.Errorf("tile %d: got %v in the buffer of %v", next, r, *buf)
				}
				next++
				return nil
			})
		if err != nil || next != p.Count() {
			t.Fatalf("%d workers: %d of %d tiles, %v", workers, next, p.Count(), err)
		}
		if int(made.Load()) > workers+1 {
			t.Errorf("%d workers made %d buffers", workers, made.Load())
		}
	}
}

func TestOrderedStops(t *testing.T) {
	p, _ := tile.NewPlan(tile.Work{Bounds: image.Rect(0, 0, 1000, 1000)}, &tile.Options{Size: image.Pt(10, 10), Workers: 4})
	boom := errors.New("boom")
	before := runtime.NumGoroutine()
	var calls atomic.Int32
	err := tile.Each(t.Context(), p, func() int { return 0 }, func(_ context.Context, _ int, r image.Rectangle) error {
		if calls.Add(1) == 20 {
			return boom
		}
		return nil
	})
	if !errors.Is(err, boom) || calls.Load() > 30 {
		t.Errorf("after an error: %v, %d calls", err, calls.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls.Store(0)
	err = tile.Ordered(ctx, p, func() int { return 0 }, func(context.Context, int, image.Rectangle) error {
		if calls.Add(1) == 20 {
			cancel()
		}
		return nil
	}, func(int, image.Rectangle) error { return nil })
	if !errors.Is(err, context.Canceled) || calls.Load() > 30 {
		t.Errorf("after cancel: %v, %d calls", err, calls.Load())
	}
	if n := runtime.NumGoroutine(); n > before+1 {
		t.Errorf("%d goroutines before, %d after", before, n)
	}
}

func TestReadPaddedKeepsColours(t *testing.T) {
	for cell := 0; cell <= 4; cell++ {
		for _, off := range []image.Point{{}, {1, 0}, {0, 1}, {2, 3}, {5, 7}} {
			cfa := raw.Mono
			if cell > 0 {
				cfa, _ = raw.NewCFA(cell, off)
			}
			size := image.Pt(37, 29)
			h := raw.NewHeader(size, cfa, 16)
			m := raw.NewMosaic(h.Bounds(), cfa)
			for y := range size.Y {
				for x := range size.X {
					m.Pix[y*size.X+x] = uint16(cfa.ColorAt(x, y))
				}
			}
			src, _ := raw.NewMemory(h, m)
			for _, r := range []image.Rectangle{image.Rect(-16, -16, 20, 20), image.Rect(30, 20, 53, 45), image.Rect(-16, -16, 53, 45), image.Rect(36, 28, 52, 44), image.Rect(-60, -5, 1, 1)} {
				got := raw.NewMosaic(r, 0)
				if err := tile.ReadPadded(t.Context(), src, got); err != nil {
					t.Fatal(err)
				}
				for y := r.Min.Y; y < r.Max.Y; y++ {
					for x := r.Min.X; x < r.Max.X; x++ {
						if c := raw.Color(got.Gray16At(x, y).Y); c != cfa.ColorAt(x, y) {
							t.Fatalf("%v: pixel %d,%d of %v is %v, want %v", cfa, x, y, r, c, cfa.ColorAt(x, y))
						}
					}
				}
			}
		}
	}
}

type countingSource struct {
	raw.Source
	pixels atomic.Int64
	fail   atomic.Bool
}

func (s *countingSource) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if s.fail.Swap(false) {
		return errors.New("once")
	}
	s.pixels.Add(int64(dst.Rect.Dx() * dst.Rect.Dy()))
	return s.Source.ReadTile(ctx, dst)
}

func TestCacheComputesOnce(t *testing.T) {
	mem, want := randomSource(t, image.Pt(301, 203), raw.QuadRGGB)
	counting := &countingSource{Source: mem}
	src, err := tile.Cache(counting, 32, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := tile.NewPlan(tile.Work{Bounds: mem.Header().Bounds()}, &tile.Options{Size: image.Pt(23, 17), Workers: 8})
	err = tile.Each(t.Context(), p, func() *raw.Mosaic { return &raw.Mosaic{} }, func(ctx context.Context, m *raw.Mosaic, r image.Rectangle) error {
		m.Reset(r.Inset(-8), 0)
		if err := tile.ReadPadded(ctx, src, m); err != nil {
			return err
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if m.Gray16At(x, y) != want.Gray16At(x, y) {
					return fmt.Errorf("pixel %d,%d", x, y)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := counting.pixels.Load(); n != 301*203 {
		t.Errorf("%d pixels computed of %d", n, 301*203)
	}
}

func TestCacheForgetsFailures(t *testing.T) {
	mem, _ := randomSource(t, image.Pt(64, 64), raw.BayerRGGB)
	counting := &countingSource{Source: mem}
	counting.fail.Store(true)
	src, _ := tile.Cache(counting, 32, 0)
	m := raw.NewMosaic(mem.Header().Bounds(), 0)
	if err := src.ReadTile(t.Context(), m); err == nil {
		t.Fatal("the failure was swallowed")
	}
	if err := src.ReadTile(t.Context(), m); err != nil {
		t.Fatalf("second try: %v", err)
	}
}

func ExampleEach() {
	plan, err := tile.NewPlan(tile.Work{Bounds: image.Rect(0, 0, 12032, 9024), BytesPerPixel: 2}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var pixels atomic.Int64
	err = tile.Each(context.Background(), plan, func() struct{} { return struct{}{} },
		func(_ context.Context, _ struct{}, r image.Rectangle) error {
			pixels.Add(int64(r.Dx() * r.Dy()))
			return nil
		})
	fmt.Println(pixels.Load(), err)
	// Output: 108576768 <nil>
}
