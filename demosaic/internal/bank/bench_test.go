package bank

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// benchPlane is a mosaic of soft shapes, edges and fine texture with a little
// noise, so that classes come as they do in photographs.
func benchPlane(r image.Rectangle) *Plane {
	p := &Plane{}
	p.Reset(r)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range p.Pix {
		fx, fy := float64(i%p.Stride), float64(i/p.Stride)
		v := 0.3 + 0.15*math.Sin(fx/41)*math.Cos(fy/57)
		if math.Hypot(fx-150, fy-200) < 90 {
			v += 0.25
		}
		if fx > 300 && fy > 100 {
			v += 0.1 * math.Sin(fx*fx/900+fy/3)
		}
		p.Pix[i] = int16(One * math.Sqrt(max(0, v+rng.NormFloat64()*0.002)))
	}
	return p
}

// BenchmarkCascade runs the shipped tables on one tile; with
// GODEBUG=cpu.avx512f=off as machines with AVX2 alone run them.
func BenchmarkCascade(b *testing.B) {
	for _, name := range []string{"bayer", "quad"} {
		f, err := os.Open("../../tables/" + name + ".bin")
		if err != nil {
			b.Fatal(err)
		}
		m, err := Read(f)
		f.Close()
		if err != nil {
			b.Fatal(err)
		}
		for stages := 1; stages <= len(m.Stages); stages++ {
			b.Run(fmt.Sprintf("%s/stages=%d", name, stages), func(b *testing.B) {
				c, err := New(m, stages)
				if err != nil {
					b.Fatal(err)
				}
				r := image.Rect(0, 0, 512, 256)
				src := benchPlane(r.Inset(-c.Halo()))
				var dst RGB
				dst.Reset(r)
				var s Scratch
				for b.Loop() {
					c.Demosaic(&dst, src, &s)
				}
				b.ReportMetric(float64(r.Dx()*r.Dy())*float64(b.N)/b.Elapsed().Seconds()/1e6, "MP/s")
			})
		}
	}
}
