package bench

import (
	"context"
	"fmt"
	"testing"

	"github.com/quadraw/quadraw/internal/roofline"
)

// BenchmarkStage times every stage on every frame size and on 1 and all
// workers:
//
//	go test -run '^$' -bench 'Stage/bin/quad/average/108MP' ./bench
func BenchmarkStage(b *testing.B) {
	probe := roofline.NewProbe(roofline.DefaultBytes)
	ceilings := map[int]roofline.Figures{}
	f := &frames{}
	for _, s := range stages() {
		for _, size := range []frameSize{size12, size27, size108, size200} {
			if s.largest > 0 && size.pixels() > s.largest {
				continue
			}
			for _, workers := range workerCounts() {
				b.Run(fmt.Sprintf("%s/%s/%dw", s.name, size.name, workers), func(b *testing.B) {
					if _, ok := ceilings[workers]; !ok {
						ceilings[workers] = probe.Measure(workers)
					}
					benchmarkCase(b, s.make(f, size, workers), ceilings[workers])
				})
			}
			f.drop()
		}
	}
}

func benchmarkCase(b *testing.B, c Case, ceilings roofline.Figures) {
	ctx := context.Background()
	p, err := c.Prepare(ctx)
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Run(ctx); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(c.Bytes)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Run(ctx); err != nil {
			b.Fatal(err)
		}
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	best, bound := c.ceiling(ceilings)
	b.ReportMetric(float64(c.Pixels)/1e6/seconds, "MP/s")
	b.ReportMetric(best/seconds, "of-"+bound)
}
