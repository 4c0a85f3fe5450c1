package noise_test

import (
	"image"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
)

// benchBurst is eight frames of 3.1 Mpixel of a drawn scene.
func benchBurst(b *testing.B) *burst {
	b.Helper()
	s := drawn(2200, 1700, 3)
	return take(b, s, &burstSpec{size: tableSize, origin: image.Pt(70, 80), cfa: raw.BayerRGGB, bits: 12, poses: handheld(8, 1), noise: iso1600, seed: 1})
}

// perMegapixel reports CPU time a megapixel, all threads together.
func perMegapixel(b *testing.B, pixels float64, run func()) {
	run()
	before := cpuSeconds()
	for b.Loop() {
		run()
	}
	b.ReportMetric((cpuSeconds()-before)*1e3/(pixels/1e6)/float64(b.N), "cpu-ms/MP")
}

func BenchmarkAlign(b *testing.B) {
	brst := benchBurst(b)
	perMegapixel(b, float64(len(brst.frames)*tableSize.X*tableSize.Y), func() {
		if _, _, err := noise.Merge(b.Context(), brst.frames, nil); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkAlignAndMerge(b *testing.B) {
	brst := benchBurst(b)
	m := raw.NewMosaic(image.Rectangle{Max: tableSize}, 0)
	perMegapixel(b, float64(len(brst.frames)*tableSize.X*tableSize.Y), func() {
		src, _, err := noise.Merge(b.Context(), brst.frames, nil)
		if err != nil {
			b.Fatal(err)
		}
		readAll(b, src, m)
	})
}

func BenchmarkFastMerge(b *testing.B) {
	brst := benchBurst(b)
	m := raw.NewMosaic(image.Rectangle{Max: tableSize}, 0)
	perMegapixel(b, float64(len(brst.frames)*tableSize.X*tableSize.Y), func() {
		src, _, err := noise.Merge(b.Context(), brst.frames, &noise.MergeOptions{Method: noise.Fast})
		if err != nil {
			b.Fatal(err)
		}
		readAll(b, src, m)
	})
}

func BenchmarkDenoise(b *testing.B) {
	brst := benchBurst(b)
	m := raw.NewMosaic(image.Rectangle{Max: tableSize}, 0)
	perMegapixel(b, float64(tableSize.X*tableSize.Y), func() {
		src, err := noise.Denoise(brst.frames[0], nil)
		if err != nil {
			b.Fatal(err)
		}
		readAll(b, src, m)
	})
}

func BenchmarkFindDefects(b *testing.B) {
	brst := benchBurst(b)
	perMegapixel(b, float64(len(brst.frames)*tableSize.X*tableSize.Y), func() {
		if _, err := noise.FindDefects(b.Context(), brst.frames, nil); err != nil {
			b.Fatal(err)
		}
	})
}
