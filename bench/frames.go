package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash"
	"image"
	"sync"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
	"github.com/quadraw/quadraw/tile"
)

// frameSize is one of the sizes at which stages are timed.
type frameSize struct {
	name string
	size image.Point
}

// The sizes of the benchmarks: two for quick looks, a 12 MP frame, the binned 108 MP frame, the
// 108 MP frame itself, and the next generation's.
var (
	size2   = frameSize{"2MP", image.Pt(1536, 1024)}
	size3   = frameSize{"3MP", image.Pt(2000, 1500)}
	size12  = frameSize{"12MP", image.Pt(4000, 3000)}
	size27  = frameSize{"27MP", image.Pt(6016, 4512)}
	size108 = frameSize{"108MP", image.Pt(12032, 9024)}
	size200 = frameSize{"200MP", image.Pt(16320, 12240)}
)

func (s frameSize) pixels() int64 { return int64(s.size.X) * int64(s.size.Y) }

// patch is the side of the simulated texture that benchmark frames repeat: a
// multiple of every CFA period, and far larger than any cache line of state.
const patch = 1920

// frames makes and keeps the inputs of cases: noisy simulated mosaics.
type frames struct {
	mu   sync.Mutex
	made map[frameKey]*raw.Mosaic
	head map[frameKey]*raw.Header
}

type frameKey struct {
	size image.Point
	cfa  raw.CFA
}

// drop forgets all frames, for runs that go through sizes.
func (f *frames) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made, f.head = nil, nil
}

// get returns a textured frame at ISO 100, where full size is worth its time. It repeats a simulated
// patch, because simulating 200 MP would take longer than measuring.
func (f *frames) get(ctx context.Context, size image.Point, cfa raw.CFA) (*raw.Header, *raw.Mosaic, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := frameKey{size, cfa}
	if m := f.made[key]; m != nil {
		return f.head[key], m, nil
	}
	sim, err := sensor.New(sensor.Texture{Seed: 1}, &sensor.Options{Size: image.Pt(patch, patch), CFA: cfa, ISO: 100, Seed: 1})
	if err != nil {
		return nil, nil, fmt.Errorf("simulate a frame: %w", err)
	}
	src := sim.Frame(0)
	p := raw.NewMosaic(image.Rect(0, 0, patch, patch), cfa)
	plan, err := tile.NewPlan(tile.Work{Bounds: p.Rect, BytesPerPixel: 8}, nil)
	if err != nil {
		return nil, nil, err
	}
	if err := pull(ctx, src, p, plan); err != nil {
		return nil, nil, fmt.Errorf("simulate a frame: %w", err)
	}
	h := src.Header().Clone()
	h.Size = size
	h.ActiveArea, h.DefaultCrop = h.Bounds(), h.Bounds()
	m := raw.NewMosaic(h.Bounds(), cfa)
	for y := range size.Y {
		row, from := m.Row(y), p.Row(y%patch)
		for x := 0; x < size.X; x += patch {
			copy(row[x:], from)
		}
	}
	if f.made == nil {
		f.made, f.head = map[frameKey]*raw.Mosaic{}, map[frameKey]*raw.Header{}
	}
	f.made[key], f.head[key] = m, h
	return h, m, nil
}

// source returns the frame as a source in memory.
func (f *frames) source(ctx context.Context, size image.Point, cfa raw.CFA) (raw.Source, error) {
	h, m, err := f.get(ctx, size, cfa)
	if err != nil {
		return nil, err
	}
	return raw.NewMemory(h, m)
}

// pull reads all of src into dst on the plan's workers.
func pull(ctx context.Context, src raw.Source, dst *raw.Mosaic, p *tile.Plan) error {
	return tile.Each(ctx, p, func() struct{} { return struct{}{} }, func(ctx context.Context, _ struct{}, r image.Rectangle) error {
		return src.ReadTile(ctx, dst.Part(r))
	})
}

// pullRGB is pull for pictures.
func pullRGB(ctx context.Context, src raw.RGBSource, dst *raw.RGB, p *tile.Plan) error {
	return tile.Each(ctx, p, func() struct{} { return struct{}{} }, func(ctx context.Context, _ struct{}, r image.Rectangle) error {
		return src.ReadTile(ctx, dst.Part(r))
	})
}

// hashSamples feeds every 7th row to h: enough to see a change, quick enough
// for 200 MP.
func hashSamples(h hash.Hash, pix []uint16, stride, width, height int) {
	buf := make([]byte, 2*width)
	for y := 0; y < height; y += 7 {
		for x, v := range pix[y*stride : y*stride+width] {
			binary.LittleEndian.PutUint16(buf[2*x:], v)
		}
		h.Write(buf)
	}
}

func hashMosaic(m *raw.Mosaic) func(hash.Hash) {
	return func(h hash.Hash) { hashSamples(h, m.Pix, m.Stride, m.Rect.Dx(), m.Rect.Dy()) }
}

func hashRGB(m *raw.RGB) func(hash.Hash) {
	return func(h hash.Hash) {
		for _, p := range m.Pix {
			hashSamples(h, p, m.Stride, m.Rect.Dx(), m.Rect.Dy())
		}
	}
}

// memoryMosaic reads all of a source into memory.
func memoryMosaic(ctx context.Context, src raw.Source) (raw.Source, error) {
	h := src.Header()
	m := raw.NewMosaic(h.Bounds(), h.CFA)
	plan, err := tile.NewPlan(tile.Work{Bounds: m.Rect, BytesPerPixel: 8}, nil)
	if err != nil {
		return nil, err
	}
	if err := pull(ctx, src, m, plan); err != nil {
		return nil, err
	}
	return raw.NewMemory(h, m)
}
