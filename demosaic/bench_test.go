package demosaic_test

import (
	"context"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/quadraw/quadraw/demosaic"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// benchSize is a 12 MP frame, or with QUADRAW_LONG the 108 MP of the sensors
// that this module is made for.
func benchSize() image.Point {
	if os.Getenv("QUADRAW_LONG") != "" {
		return image.Pt(12032, 9024)
	}
	return image.Pt(4096, 3072)
}

// benchMosaic is a scene of soft shapes, edges and fine texture with a little
// noise, so that classes come as they do in photographs.
func benchMosaic(size image.Point, cfa raw.CFA) (*raw.Header, *raw.Mosaic) {
	h := raw.NewHeader(size, cfa, 14)
	h.Black = raw.ConstantBlack(512)
	h.Color.AsShotNeutral = [3]float64{0.5, 1, 0.65}
	m := raw.NewMosaic(h.Bounds(), cfa)
	const side = 512 // the scene repeats
	scene := make([]uint16, side*side)
	rng := rand.New(rand.NewPCG(1, 1))
	for y := range side {
		for x := range side {
			fx, fy := float64(x), float64(y)
			v := 0.3 + 0.15*math.Sin(fx/41)*math.Cos(fy/57)
			if math.Hypot(fx-150, fy-200) < 90 {
				v += 0.25
			}
			if x > 300 && y > 280 {
				v += 0.1 * math.Sin(fx*fx/900+fy/3)
			}
			v *= []float64{0.5, 1, 0.65}[cfa.ColorAt(x, y)]
			scene[y*side+x] = uint16(512 + 15000*v + rng.NormFloat64()*30)
		}
	}
	for y := range size.Y {
		row := m.Row(y)
		for x := 0; x < len(row); x += side {
			copy(row[x:], scene[y%side*side:][:side])
		}
	}
	return h, m
}

// report prints megapixels a second, and a second of processor time since
// began.
func report(b *testing.B, size image.Point, began time.Duration) {
	mp := float64(size.X*size.Y) * float64(b.N) / 1e6
	b.ReportMetric(mp/b.Elapsed().Seconds(), "MP/s")
	if t := processorTime() - began; t > 0 {
		b.ReportMetric(mp/t.Seconds(), "MP/cpu-s")
	}
}

// touch writes once to all of p: what a system takes to find memory for it is
// not what is measured.
func touch(p []uint16) {
	for i := range p {
		p[i] = 1
	}
}

// BenchmarkDemosaic prints MP/s in memory. Peers on two cores of another
// machine: OpenCV bilinear 2,486, librtprocess RCD 390, AMaZE 71, LMMSE 66,
// QuadPPG 11.
func BenchmarkDemosaic(b *testing.B) {
	size := benchSize()
	out := raw.NewRGB(image.Rectangle{Max: size})
	for c := range out.Pix {
		touch(out.Pix[c])
	}
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB} {
		h, m := benchMosaic(size, cfa)
		for method := demosaic.Bilinear; method <= demosaic.Best; method++ {
			for workers := 1; workers <= runtime.GOMAXPROCS(0); workers *= 2 {
				b.Run(fmt.Sprintf("%v/%v/workers=%d", cfa, method, workers), func(b *testing.B) {
					began := processorTime()
					for b.Loop() {
						o := &demosaic.Options{Method: method, Tiles: tile.Options{Workers: workers}}
						if err := demosaic.Demosaic(b.Context(), out, m, h, o); err != nil {
							b.Fatal(err)
						}
					}
					report(b, size, began)
				})
			}
		}
	}
}

// BenchmarkRemosaic prints MP/s of Quad to Bayer.
func BenchmarkRemosaic(b *testing.B) {
	h, m := benchMosaic(benchSize(), raw.QuadRGGB)
	for _, method := range []demosaic.Method{demosaic.Bilinear, demosaic.Fast, demosaic.Default, demosaic.Best} {
		for workers := 1; workers <= runtime.GOMAXPROCS(0); workers *= 2 {
			b.Run(fmt.Sprintf("%v/workers=%d", method, workers), func(b *testing.B) {
				remosaicked(b, h, m, &demosaic.Options{Method: method}, workers)
			})
		}
	}
}

// remosaicked times the remosaic of m by bands, as writers ask for them.
func remosaicked(b *testing.B, h *raw.Header, m *raw.Mosaic, o *demosaic.Options, workers int) {
	src, err := raw.NewMemory(h, m)
	if err != nil {
		b.Fatal(err)
	}
	out := raw.NewMosaic(h.Bounds(), raw.Mono)
	touch(out.Pix)
	began := processorTime()
	for b.Loop() {
		bayer, err := demosaic.Remosaic(src, o)
		if err != nil {
			b.Fatal(err)
		}
		plan, err := tile.NewPlan(tile.Work{Bounds: h.Bounds(), Align: image.Pt(4, 4), FullWidth: true, Rows: 256}, &tile.Options{Workers: workers})
		if err != nil {
			b.Fatal(err)
		}
		err = tile.Each(b.Context(), plan, func() struct{} { return struct{}{} },
			func(ctx context.Context, _ struct{}, r image.Rectangle) error {
				return bayer.ReadTile(ctx, out.Part(r))
			})
		if err != nil {
			b.Fatal(err)
		}
	}
	report(b, h.Size, began)
}

// BenchmarkNoise prints MP/s of a frame that is nothing but noise, which no
// class of filters and no guard is made for: it must not be slower.
func BenchmarkNoise(b *testing.B) {
	size := benchSize()
	out := raw.NewRGB(image.Rectangle{Max: size})
	for c := range out.Pix {
		touch(out.Pix[c])
	}
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB} {
		h, m := benchMosaic(size, cfa)
		rng := rand.New(rand.NewPCG(2, 2))
		for i := range m.Pix {
			m.Pix[i] = uint16(rng.IntN(1 << 14))
		}
		b.Run(fmt.Sprint(cfa), func(b *testing.B) {
			began := processorTime()
			for b.Loop() {
				if err := demosaic.Demosaic(b.Context(), out, m, h, &demosaic.Options{Method: demosaic.Fast}); err != nil {
					b.Fatal(err)
				}
			}
			report(b, size, began)
		})
	}
}

// BenchmarkNoisy prints MP/s of frames with a noise profile, as every DNG has
// one: noise removed, which takes two cascades and their mean, and not.
func BenchmarkNoisy(b *testing.B) {
	size := benchSize()
	out := raw.NewRGB(image.Rectangle{Max: size})
	for c := range out.Pix {
		touch(out.Pix[c])
	}
	for _, cfa := range []raw.CFA{raw.BayerRGGB, raw.QuadRGGB} {
		h, m := benchMosaic(size, cfa)
		for c := range h.Noise {
			h.Noise[c] = raw.NoiseModel{Scale: 0.0008, Offset: 2e-6}
		}
		for _, denoise := range []demosaic.Denoise{demosaic.DenoiseOff, demosaic.DenoiseAuto} {
			for method := demosaic.Fast; method <= demosaic.Best; method++ {
				b.Run(fmt.Sprintf("%v/%v/denoise=%v", cfa, method, denoise), func(b *testing.B) {
					began := processorTime()
					for b.Loop() {
						if err := demosaic.Demosaic(b.Context(), out, m, h, &demosaic.Options{Method: method, Denoise: denoise}); err != nil {
							b.Fatal(err)
						}
					}
					report(b, size, began)
				})
			}
			if cfa.Cell() == 1 {
				continue
			}
			b.Run(fmt.Sprintf("remosaic/denoise=%v", denoise), func(b *testing.B) {
				remosaicked(b, h, m, &demosaic.Options{Denoise: denoise}, runtime.GOMAXPROCS(0))
			})
		}
	}
}
