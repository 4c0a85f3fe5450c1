package bench_test

import (
	"fmt"

	"github.com/quadraw/quadraw/bench"
)

func ExampleCompare() {
	before := &bench.Report{Stages: []bench.Stage{{Name: "bin", Megapixels: 12, Workers: 2, Shares: []float64{.80, .81, .79, .80, .81, .80}}}}
	after := &bench.Report{Stages: []bench.Stage{{Name: "bin", Megapixels: 12, Workers: 2, Shares: []float64{.90, .91, .89, .90, .91, .90}}}}
	for _, c := range bench.Compare(before, after) {
		fmt.Printf("%s: %.2f → %.2f, real %v\n", c.Name, c.Old, c.New, c.Real)
	}
	// Output: bin/12MP/2w: 0.80 → 0.90, real true
}
