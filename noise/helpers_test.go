package noise_test

import (
	"context"
	"image"
	"io"
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// newRand is a generator of its own for each seed.
func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// textLog writes what is logged to w.
func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// readAll fills m, as large as the frame, tile by tile on all cores.
func readAll(t testing.TB, src raw.Source, m *raw.Mosaic) {
	t.Helper()
	m.CFA = src.Header().CFA
	p, err := tile.NewPlan(tile.Work{Bounds: m.Rect, BytesPerPixel: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = tile.Each(t.Context(), p, func() int { return 0 }, func(ctx context.Context, _ int, r image.Rectangle) error {
		return src.ReadTile(ctx, m.Part(r))
	})
	if err != nil {
		t.Fatal(err)
	}
}
