package binning

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/quadraw/quadraw/internal/roofline"
	"github.com/quadraw/quadraw/raw"
)

// The frame of the benchmarks: 108 Mpixel, 217 MB.
var benchSize = image.Pt(12032, 9024)

var benchFrame = sync.OnceValue(func() *raw.Mosaic {
	m := raw.NewMosaic(image.Rectangle{Max: benchSize}, raw.QuadRGGB)
	x := uint32(1)
	for i := range m.Pix {
		x = x*1664525 + 1013904223
		m.Pix[i] = uint16(x >> 22)
	}
	return m
})

// benchScene is a frame as benchHeader describes it: a slope from dark to
// bright with the profile's noise, and one hot pixel in ten thousand. The
// samples of benchFrame have nothing to do with their neighbours, which is the
// most work for kernels that judge them.
var benchScene = sync.OnceValue(func() *raw.Mosaic {
	m := raw.NewMosaic(image.Rectangle{Max: benchSize}, raw.QuadRGGB)
	x := uint32(1)
	random := func() float32 {
		x = x*1664525 + 1013904223
		return float32(x>>8) / (1 << 24)
	}
	const white, black = 1023, 64
	for y := range benchSize.Y {
		signal := 0.02 + 0.9*float32(y)/float32(benchSize.Y)
		sigma := float32(math.Sqrt(float64(2e-4*signal+4e-6))) * (white - black)
		for x := range m.Row(y) {
			// The sum of twelve has the variance 1; four of them thrice.
			noise := (random() + random() + random() + random() - 2) * 1.7320508
			v := black + signal*(white-black) + sigma*noise
			if random() < 1e-4 {
				v = white
			}
			m.Row(y)[x] = uint16(max(0, min(v+0.5, white)))
		}
	}
	return m
})

// The buffers of the copy are larger than any cache, as frame and result are.
var benchProbe = sync.OnceValue(func() *roofline.Probe { return roofline.NewProbe(271e6) })

// roof runs work, which moves bytes of memory for every one of b.N frames,
// and reports the best frame beside the machine's copy bandwidth, measured in
// turns with it, as beside are.
func roof(b *testing.B, bytes int, threads int, work func(), beside ...func()) time.Duration {
	b.Helper()
	probe := benchProbe()
	work()
	b.ReportAllocs()
	b.ResetTimer()
	best, copied := time.Duration(1<<62), 0.0
	for i := range b.N {
		start := time.Now()
		work()
		best = min(best, time.Since(start))
		if i%8 == 0 {
			b.StopTimer()
			copied = max(copied, probe.Copy(threads))
			for _, f := range beside {
				f()
			}
			b.StartTimer()
		}
	}
	pixels := float64(benchSize.X * benchSize.Y)
	rate := float64(bytes) / best.Seconds() / 1e9
	b.ReportMetric(pixels/best.Seconds()/1e6, "MP/s")
	b.ReportMetric(rate, "GB/s")
	b.ReportMetric(copied, "copyGB/s")
	b.ReportMetric(rate/copied, "of-copy")
	return best
}

// BenchmarkBin bins a frame in memory. "of-copy" is the share of the machine's
// copy bandwidth that input and output together move.
func BenchmarkBin(b *testing.B) {
	for _, c := range benchCases() {
		for threads := 1; threads <= 2; threads++ {
			b.Run(fmt.Sprintf("%s/threads=%d", c.name, threads), func(b *testing.B) {
				benchBin(b, c, threads, implementations()[len(implementations())-1])
			})
		}
	}
}

// BenchmarkImplementations is the plain mean by each set of instructions;
// generic is what a purego build runs.
func BenchmarkImplementations(b *testing.B) {
	for _, l := range implementations() {
		b.Run(l.String(), func(b *testing.B) { benchBin(b, benchCases()[0], 1, l) })
	}
}

type benchCase struct {
	name string
	cfa  raw.CFA
	o    Options
	// hard is to take the frame on which most cells are judged uneven.
	hard bool
}

func benchHeader(cfa raw.CFA) *raw.Header {
	h := raw.NewHeader(benchSize, cfa, 10)
	h.Black = raw.ConstantBlack(64)
	for c := range h.Noise {
		h.Noise[c] = raw.NoiseModel{Scale: 2e-4, Offset: 4e-6}
	}
	return h
}

func benchCases() []benchCase {
	quad, bayer, nona, hexa := raw.QuadRGGB, raw.BayerRGGB, raw.NonaRGGB, raw.HexadecaRGGB
	return []benchCase{
		{"average-2x2", quad, Options{}, false},
		{"sum-2x2", quad, Options{Mode: Sum}, false},
		{"average-3x3", nona, Options{}, false},
		{"average-4x4", hexa, Options{}, false},
		{"bayer", bayer, Options{}, false},
		{"bayer-phase", bayer, Options{PhaseCorrect: true}, false},
		{"weighted-2x2", quad, Options{Weights: []float64{4, 3, 2, 1}}, false},
		{"robust-2x2", quad, Options{Robust: true, ClipAware: true}, false},
		{"robust-2x2-hard", quad, Options{Robust: true, ClipAware: true}, true},
		{"qsc-2x2", quad, Options{GainMap: benchMap(quad)}, false},
		{"robust-qsc-2x2", quad, Options{Robust: true, GainMap: benchMap(quad)}, false},
		{"hdr-2x2", quad, Options{Exposures: []float64{1, 1, 0.25, 0.25}}, false},
		{"robust-bayer", bayer, Options{Robust: true}, false},
		{"robust-3x3", nona, Options{Robust: true}, false},
		{"robust-3x3-hard", nona, Options{Robust: true}, true},
		{"qsc-3x3", nona, Options{GainMap: benchMap(nona)}, false},
		{"robust-4x4", hexa, Options{Robust: true}, false},
		{"robust-4x4-hard", hexa, Options{Robust: true}, true},
		{"qsc-4x4", hexa, Options{GainMap: benchMap(hexa)}, false},
	}
}

func benchBin(b *testing.B, c benchCase, threads int, l isa) {
	bin, err := NewBinner(benchHeader(c.cfa), &c.o)
	if err != nil {
		b.Fatal(err)
	}
	bin.isa = l
	var dst raw.Mosaic
	src := benchScene()
	if c.hard {
		src = benchFrame()
	}
	bytes := 2 * (len(src.Pix) + bin.g.out.X*bin.g.out.Y)
	roof(b, bytes, threads, func() {
		if err := bin.Bin(context.Background(), &dst, src, threads); err != nil {
			b.Fatal(err)
		}
	})
}

// benchMap is a gain map as Calibrate makes them by default.
func benchMap(cfa raw.CFA) *GainMap {
	m := &GainMap{Width: benchSize.X, Height: benchSize.Y, CFA: cfa, Rows: 13, Cols: 17}
	for i := range 13 * 17 * cfa.Period() * cfa.Period() {
		m.Gains = append(m.Gains, 0.97+0.06*float32(i%7)/7)
	}
	return m
}

// BenchmarkPacked bins a frame straight from packed bytes; "of-uint16" is the
// time of the same frame as uint16 over its own, in turns in one run.
func BenchmarkPacked(b *testing.B) {
	for _, p := range []raw.Packing{raw.MIPI10, raw.MIPI12, raw.Tight10, raw.Tight12, raw.Tight14} {
		for threads := 1; threads <= 2; threads++ {
			b.Run(fmt.Sprintf("%v/threads=%d", p, threads), func(b *testing.B) { benchPacked(b, p, threads) })
		}
	}
}

func benchPacked(b *testing.B, p raw.Packing, threads int) {
	bin, err := NewBinner(benchHeader(raw.QuadRGGB), nil)
	if err != nil {
		b.Fatal(err)
	}
	frame := benchFrame()
	stride := p.RowBytes(benchSize.X)
	packed := &Packed{Packing: p, Stride: stride, Bytes: make([]byte, stride*benchSize.Y)}
	for i := range packed.Bytes {
		packed.Bytes[i] = byte(i * 7)
	}
	var dst raw.Mosaic
	ctx := context.Background()
	plain := time.Duration(1 << 62)
	bytes := len(packed.Bytes) + 2*bin.g.out.X*bin.g.out.Y
	best := roof(b, bytes, threads, func() {
		if err := bin.BinPacked(ctx, &dst, packed, threads); err != nil {
			b.Fatal(err)
		}
	}, func() {
		start := time.Now()
		if err := bin.Bin(ctx, &dst, frame, threads); err != nil {
			b.Fatal(err)
		}
		plain = min(plain, time.Since(start))
	})
	b.ReportMetric(plain.Seconds()/best.Seconds(), "of-uint16")
}

// BenchmarkKernels runs rows that stay in the cache: what the kernels could do
// if memory were no limit.
func BenchmarkKernels(b *testing.B) {
	for _, l := range implementations() {
		for _, c := range append(benchCases(), benchCase{name: "packed", cfa: raw.QuadRGGB}) {
			b.Run(c.name+"/"+l.String(), func(b *testing.B) { benchKernel(b, c, l) })
		}
	}
}

func benchKernel(b *testing.B, c benchCase, l isa) {
	bin, err := NewBinner(benchHeader(c.cfa), &c.o)
	if err != nil {
		b.Fatal(err)
	}
	bin.isa = l
	s := new(scratch)
	g := &bin.g
	frame := benchScene()
	if c.hard {
		frame = benchFrame()
	}
	r := image.Rect(0, 0, g.out.X, 2)
	src := input{mosaic: window(frame, g.block(r))}
	if c.name == "packed" {
		stride := raw.MIPI10.RowBytes(benchSize.X)
		src = input{mosaic: raw.Mosaic{Rect: g.block(r)}, packed: make([]byte, 8*stride), stride: stride, how: raw.MIPI10, table: bin.tables[raw.MIPI10]}
	}
	dst := raw.NewMosaic(r, g.outCF)
	for b.Loop() {
		bin.run(dst, &src, s, access{})
	}
	pixels := src.mosaic.Rect.Dx() * src.mosaic.Rect.Dy()
	b.ReportMetric(float64(pixels)*float64(b.N)/b.Elapsed().Seconds()/1e6, "MP/s")
}
