package noise_test

import (
	"context"
	"image"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/quadraw/quadraw/internal/testutil"
	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// endless is a frame of any size made of one small frame, repeated, moved by a
// few pixels: it costs nothing but a copy, like a file in the page cache.
type endless struct {
	h  *raw.Header
	m  *raw.Mosaic
	at image.Point
}

func (s *endless) Header() *raw.Header { return s.h }

func (s *endless) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := s.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = s.h.CFA
	w, h := s.m.Rect.Dx(), s.m.Rect.Dy()
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		row, from := dst.Row(y), s.m.Row((y+s.at.Y)%h)
		for n := 0; n < len(row); {
			n += copy(row[n:], from[(dst.Rect.Min.X+n+s.at.X)%w:])
		}
	}
	return nil
}

// TestEightFramesOf108Megapixels prints what a full burst costs.
func TestEightFramesOf108Megapixels(t *testing.T) {
	testutil.Long(t)
	b := take(t, drawn(1200, 1000, 3), &burstSpec{size: image.Pt(1024, 768), origin: image.Pt(80, 90), cfa: raw.QuadRGGB, bits: 10, poses: static(8), noise: iso400, seed: 1})
	var frames []raw.Source
	size := image.Pt(12032, 9024)
	for i, f := range b.frames {
		h := f.Header().Clone()
		h.Size = size
		h.ActiveArea, h.DefaultCrop = h.Bounds(), h.Bounds()
		m := raw.NewMosaic(f.Header().Bounds(), h.CFA)
		readAll(t, f, m)
		frames = append(frames, &endless{h, m, image.Pt(4*i, 8*i)})
	}
	runtime.GC()
	for _, method := range []noise.MergeMethod{noise.Fourier, noise.Fast} {
		start, cpu := time.Now(), cpuSeconds()
		src, report, err := noise.Merge(t.Context(), frames, &noise.MergeOptions{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		aligned, alignedCPU := time.Since(start), cpuSeconds()-cpu
		p, err := tile.NewPlan(tile.Work{Bounds: src.Header().Bounds(), Align: image.Pt(512, 512), BytesPerPixel: 2}, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = tile.Each(t.Context(), p, func() *raw.Mosaic { return &raw.Mosaic{} }, func(ctx context.Context, m *raw.Mosaic, r image.Rectangle) error {
			m.Reset(r, 0)
			return src.ReadTile(ctx, m)
		})
		if err != nil {
			t.Fatal(err)
		}
		mp := float64(size.X) * float64(size.Y) * 8 / 1e6
		t.Logf("%v: align %.1f s, all %.1f s wall; align %.1f, all %.1f CPU-ms/MP/frame; effective frames %.2f; peak %s",
			method, aligned.Seconds(), time.Since(start).Seconds(), alignedCPU*1e3/mp, (cpuSeconds()-cpu)*1e3/mp, report.EffectiveFrames, peak())
	}
}

// peak is the most memory that the process has held, as Linux tells it.
func peak() string {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}
