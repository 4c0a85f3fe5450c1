package quadraw_test

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/raw"
)

func TestPictureDoesNotDependOnTiles(t *testing.T) {
	for _, recipe := range []quadraw.Recipe{{Mode: quadraw.Bin}, {Mode: quadraw.Full}, {Mode: quadraw.Full, Denoise: 1}} {
		p, err := recipe.Picture(t.Context(), nil, simulated())
		if err != nil {
			t.Fatal(err)
		}
		whole := raw.NewRGB(p.Header().Bounds())
		if err := p.ReadTile(t.Context(), whole); err != nil {
			t.Fatal(err)
		}
		for _, r := range []image.Rectangle{image.Rect(0, 0, 33, 17), image.Rect(101, 57, 230, 191), image.Rect(255, 191, 256, 192)} {
			part := raw.NewRGB(r)
			if err := p.ReadTile(t.Context(), part); err != nil {
				t.Fatal(err)
			}
			for c := raw.Red; c <= raw.Blue; c++ {
				for y := r.Min.Y; y < r.Max.Y; y++ {
					if !slices.Equal(part.Row(c, y), whole.Row(c, y)[r.Min.X:r.Max.X]) {
						t.Fatalf("mode %v: %v of row %d in %v differs", recipe.Mode, c, y, r)
					}
				}
			}
		}
	}
}

func TestCancelledRunLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "a.dng"), filepath.Join(dir, "b.tif")
	if err := quadraw.SaveMosaic(t.Context(), in, simulated(), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := quadraw.Convert(ctx, in, out, &quadraw.Recipe{Mode: quadraw.Full}, &quadraw.Options{
		Workers:   1,
		MaxMemory: 30 << 20,
		Progress:  func(done, total int64) { cancel() },
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	names, _ := os.ReadDir(dir)
	for _, n := range names {
		if n.Name() != "a.dng" && (err != nil || n.Name() != "b.tif") {
			t.Errorf("%s was left", n.Name())
		}
	}
}

func TestErrorsTellWhoFailed(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "a.dng")
	if err := quadraw.SaveMosaic(t.Context(), in, simulated(), nil); err != nil {
		t.Fatal(err)
	}
	var input *quadraw.InputError
	var output *quadraw.OutputError
	if _, err := quadraw.Convert(t.Context(), filepath.Join(dir, "none.dng"), in+".jpg", nil, nil); !errors.As(err, &input) {
		t.Errorf("absent input: %v", err)
	}
	if _, err := quadraw.Convert(t.Context(), in, filepath.Join(dir, "none", "b.jpg"), nil, nil); !errors.As(err, &output) {
		t.Errorf("absent folder: %v", err)
	}
	if _, err := quadraw.Convert(t.Context(), in, in, nil, &quadraw.Options{Existing: quadraw.Overwrite}); !errors.Is(err, quadraw.ErrRecipe) {
		t.Errorf("output on input: %v", err)
	}
}
