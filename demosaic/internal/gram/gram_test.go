package gram

import (
	"math/rand/v2"
	"testing"
)

func TestGramIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 127, 128, 129, 1000} {
		for _, extreme := range []bool{false, true} {
			const w = 48
			var p Pairs
			p.Reset(w)
			want := make([]int64, w*w)
			for range n {
				row := make([]int16, w-3*(n%3))
				for i := range row {
					row[i] = int16(rng.IntN(2*Limit+1) - Limit)
					if extreme {
						row[i] = Limit
					}
				}
				p.Append(row)
				for i, a := range row {
					for j, b := range row {
						want[i*w+j] += int64(a) * int64(b)
					}
				}
			}
			got := make([]int64, w*w)
			p.AddTo(got)
			for i := range w {
				for j := i; j < w; j++ {
					if got[i*w+j] != want[i*w+j] {
						t.Fatalf("%d rows: entry %d,%d is %d, want %d", n, i, j, got[i*w+j], want[i*w+j])
					}
				}
			}
		}
	}
}

func BenchmarkGram(b *testing.B) {
	const w, n = 120, 4096
	var p Pairs
	p.Reset(w)
	row := make([]int16, w)
	for i := range row {
		row[i] = int16(i)
	}
	for range n {
		p.Append(row)
	}
	sum := make([]int64, w*w)
	for b.Loop() {
		p.AddTo(sum)
	}
	b.ReportMetric(float64(b.N)*n*w*w/2/b.Elapsed().Seconds()/1e9, "GMAC/s")
}
