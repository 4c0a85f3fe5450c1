package quadraw

import (
	"bytes"
	"image"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quadraw/quadraw/format"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// A Quad mosaic that is tagged 2×2 would be demosaiced into a wrong picture.
func TestTagsThatLieAreNotBelieved(t *testing.T) {
	sim, err := sensor.New(sensor.Texture{Seed: 4}, &sensor.Options{Size: image.Pt(768, 576), CFA: raw.QuadGRBG, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	src := sim.Frame(0)
	h := src.Header().Clone()
	h.CFA = raw.BayerGRBG
	lie, err := raw.WithHeader(src, h)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "lie.dng")
	if err := SaveMosaic(t.Context(), name, lie, nil); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	for _, c := range []struct {
		o    format.OpenOptions
		want raw.CFA
		warn bool
	}{
		{format.OpenOptions{Log: log}, raw.QuadGRBG, true},
		{format.OpenOptions{Log: log, CFA: new(raw.BayerGRBG)}, raw.BayerGRBG, false},
	} {
		said.Reset()
		f, err := openFrame(t.Context(), name, &c.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.header().CFA; got != c.want {
			t.Errorf("override %v: %v, want %v", c.o.CFA, got, c.want)
		}
		if warned := strings.Contains(said.String(), "contradict"); warned != c.warn {
			t.Errorf("override %v: said %q", c.o.CFA, said.String())
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
