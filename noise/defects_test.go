package noise_test

import (
	"image"
	"math"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

func TestFindDefects(t *testing.T) {
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB} {
		b := small(t, cfa, 6, iso1600, handheld(6, 3))
		want := map[image.Point]int{}
		rng := newRand(5)
		for range 60 {
			want[image.Pt(rng.IntN(512), rng.IntN(384))] = rng.IntN(2)
		}
		for _, f := range b.frames {
			m := raw.NewMosaic(f.Header().Bounds(), 0)
			readAll(t, f, m)
			for p, hot := range want {
				v := &m.Row(p.Y)[p.X]
				if hot == 1 {
					*v = min(*v+1800, 4095)
				} else {
					*v = 0
				}
			}
			mem, _ := raw.NewMemory(f.Header(), m)
			b.frames = append(b.frames, mem)
		}
		b.frames = b.frames[6:]
		for _, n := range []int{6, 1} {
			found, err := noise.FindDefects(t.Context(), b.frames[:n], nil)
			if err != nil {
				t.Fatal(err)
			}
			hits, wrong := 0, 0
			for _, d := range found {
				hot, ok := want[image.Pt(d.X, d.Y)]
				switch {
				case !ok:
					wrong++
				case (hot == 1) != (d.Excess > 0):
					t.Errorf("%v, %d frames: %+v has the wrong sign", cfa, n, d)
				default:
					hits++
				}
			}
			t.Logf("%v, %d frames: %d of %d found, %d more", cfa, n, hits, len(want), wrong)
			// Dead pixels in the dark, and hot ones in lights, do not
			// stand out; a single frame takes few liberties.
			if n == 6 && (hits < len(want)*6/10 || wrong > 2) || n == 1 && (hits < len(want)*2/10 || wrong > 8) {
				t.Errorf("%v, %d frames: %d of %d found, %d more", cfa, n, hits, len(want), wrong)
			}
		}
		marked, err := noise.MarkDefects(b.frames[0], []noise.Defect{{X: 3, Y: 4, Excess: .5}})
		if err != nil {
			t.Fatal(err)
		}
		list, ok := marked.Header().Opcodes[0][0].Params.(*raw.FixBadPixelsList)
		if !ok || len(list.Points) != 1 || list.Points[0] != image.Pt(3, 4) {
			t.Errorf("marked: %+v", marked.Header().Opcodes[0])
		}
	}
}

// TestStarsAreNoDefects looks at small lights from a tripod: they stay where
// they are, like defects, but the lens spreads them over a few pixels.
func TestStarsAreNoDefects(t *testing.T) {
	spec := &burstSpec{size: image.Pt(256, 192), cfa: raw.QuadRGGB, bits: 12, noise: iso400, seed: 4}
	rng := newRand(8)
	clean := make([]float32, spec.size.X*spec.size.Y)
	for i := range clean {
		clean[i] = .05
	}
	for range 40 {
		cx, cy := 8+rng.Float64()*240, 8+rng.Float64()*176
		for y := int(cy) - 4; y <= int(cy)+4; y++ {
			for x := int(cx) - 4; x <= int(cx)+4; x++ {
				d := (float64(x)-cx)*(float64(x)-cx) + (float64(y)-cy)*(float64(y)-cy)
				clean[y*spec.size.X+x] += float32(.6 * math.Exp(-d/(2*.8*.8)))
			}
		}
	}
	var frames []raw.Source
	for range 4 {
		frames = append(frames, expose(t, clean, spec, 1, rng))
	}
	for _, n := range []int{1, 4} {
		found, err := noise.FindDefects(t.Context(), frames[:n], nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 2 {
			t.Errorf("%d frames: %d of 40 stars taken for defects", n, len(found))
		}
		t.Logf("%d frames: %d of 40 stars taken for defects", n, len(found))
	}
}
