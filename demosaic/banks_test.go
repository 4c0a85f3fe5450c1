package demosaic

import (
	"image"
	"sync"
	"testing"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// Frames that share their filters come out as they do alone, at the same time
// too.
func TestSharedBanksChangeNothing(t *testing.T) {
	var banks Banks
	var all sync.WaitGroup
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB} {
		sim, err := sensor.New(sensor.Texture{Seed: 3}, &sensor.Options{Size: image.Pt(96, 64), CFA: cfa, ISO: 800})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []Method{Fast, Default} {
			for range 2 {
				all.Go(func() {
					var pix [2]*raw.RGB
					for i, b := range []*Banks{nil, &banks} {
						src, err := New(sim.Frame(0), &Options{Method: m, Banks: b})
						if err != nil {
							t.Error(err)
							return
						}
						pix[i] = raw.NewRGB(src.Header().Bounds())
						if err := src.ReadTile(t.Context(), pix[i]); err != nil {
							t.Error(err)
							return
						}
					}
					for c := range pix[0].Pix {
						for i, v := range pix[0].Pix[c] {
							if pix[1].Pix[c][i] != v {
								t.Errorf("%v, %v: sample %d of plane %d is %d, alone %d", cfa, m, i, c, pix[1].Pix[c][i], v)
								return
							}
						}
					}
				})
			}
		}
	}
	all.Wait()
	if n := len(banks.made); n != 4 {
		t.Errorf("%d banks were made, want 4", n)
	}
}
