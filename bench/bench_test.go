package bench

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quadraw/quadraw/internal/roofline"
)

var sizesFlag = flag.String("sizes", "12", "frame sizes in MP that benchmarks run on, of 3, 12, 27, 108, 200")

// benchmarkSizes are those of -sizes.
func benchmarkSizes(b *testing.B) (out []frameSize) {
	wanted := strings.Split(*sizesFlag, ",")
	for _, s := range []frameSize{size3, size12, size27, size108, size200} {
		if slices.Contains(wanted, strings.TrimSuffix(s.name, "MP")) {
			out = append(out, s)
		}
	}
	if len(out) != len(wanted) {
		b.Fatalf("-sizes %s: want some of 3, 12, 27, 108, 200", *sizesFlag)
	}
	return out
}

// BenchmarkStage times every stage and pipeline on 1, 2, 4, … all workers, on
// 12 MP; other sizes take long and have to be asked for:
//
//	go test -run '^$' -bench . ./bench
//	go test -run '^$' -bench 'Stage/bin/quad/average' ./bench -sizes 12,27,108,200
func BenchmarkStage(b *testing.B) {
	probe := roofline.NewProbe(roofline.DefaultBytes)
	most := runtime.GOMAXPROCS(0)
	for _, size := range benchmarkSizes(b) {
		f := &frames{}
		last := ""
		for _, s := range stages() {
			// The inputs of one group at a time are in memory.
			if s.group() != last {
				f.drop()
				last = s.group()
			}
			for workers := 1; ; workers = min(2*workers, most) {
				b.Run(fmt.Sprintf("%s/%s/%dw", s.name, size.name, workers), func(b *testing.B) {
					benchmarkCase(b, s.make(f, size, workers), probe)
				})
				if workers == most {
					break
				}
			}
		}
	}
}

func benchmarkCase(b *testing.B, c Case, probe *roofline.Probe) {
	ctx := context.Background()
	p, skipped, err := c.Prepare(ctx)
	if err != nil {
		b.Fatal(err)
	}
	if skipped != "" {
		b.Skip(skipped)
	}
	if p.Close != nil {
		defer func() {
			if err := p.Close(); err != nil {
				b.Error(err)
			}
		}()
	}
	if err := p.Run(ctx); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(c.Bytes)
	b.ReportAllocs()
	took := time.Duration(0)
	for b.Loop() {
		start := time.Now()
		if err := p.Run(ctx); err != nil {
			b.Fatal(err)
		}
		if p.Took != nil {
			took += p.Took()
		} else {
			took += time.Since(start)
		}
	}
	seconds := took.Seconds() / float64(b.N)
	f := roofline.Figures{IntegerMACs: roofline.IntegerMACs(c.Workers), FloatingMACs: roofline.FloatingMACs(c.Workers)}
	bound := c.bound(f, probe)
	b.ReportMetric(float64(c.Pixels)/1e6/seconds, "MP/s")
	b.ReportMetric(float64(c.Bytes)/1e9/seconds, "GB/s")
	b.ReportMetric(c.amount(bound)/(c.rate(bound, probe)*1e9)/seconds, "of-"+bound)
}
