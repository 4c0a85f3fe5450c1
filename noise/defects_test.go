package noise_test

import (
	"image"
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
