package bench

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/fnv"
	"runtime"
	"slices"
	"time"

	"github.com/quadraw/quadraw/internal/roofline"
)

// Case is one thing to time.
type Case struct {
	Name    string
	Pixels  int64 // input pixels of one run
	Workers int
	// Bytes that any implementation must read and write, and multiply-adds
	// that the algorithm asks for: they give the roofline.
	Bytes                  int64
	IntegerMACs, FloatMACs int64
	// Prepare makes inputs and returns what is timed. Run's output is hashed
	// by Hash, which may be nil for cases that end in files.
	Prepare func(ctx context.Context) (*Prepared, error)
}

// Prepared is a case ready to run any number of times.
type Prepared struct {
	Run   func(ctx context.Context) error
	Hash  func(h hash.Hash)
	Close func() error
}

// runner times cases in rounds.
type runner struct {
	probe    *roofline.Probe
	progress func(string)
}

type timed struct {
	Case
	*Prepared
	stage Stage
}

// run prepares every case, runs rounds until the deadline (at least min,
// at most max) and returns the stages and the rooflines' medians.
func (rn *runner) run(ctx context.Context, cases []Case, min, max int, until time.Time) (stages []Stage, ceilings []roofline.Figures, err error) {
	all := make([]*timed, 0, len(cases))
	defer func() {
		for _, c := range all {
			if c.Close == nil {
				continue
			}
			if e := c.Close(); err == nil {
				err = e
			}
		}
	}()
	for _, c := range cases {
		rn.progress("prepare " + c.Name)
		p, err := c.Prepare(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("prepare %s: %w", c.Name, err)
		}
		t := &timed{Case: c, Prepared: p, stage: Stage{
			Name: c.Name, Megapixels: float64(c.Pixels) / 1e6, Workers: c.Workers, Bytes: c.Bytes,
		}}
		all = append(all, t)
		// The first run warms caches and pools and gives the hash.
		if err := t.Run(ctx); err != nil {
			return nil, nil, fmt.Errorf("run %s: %w", c.Name, err)
		}
		if t.Hash != nil {
			h := fnv.New128a()
			t.Hash(h)
			t.stage.Hash = hex.EncodeToString(h.Sum(nil))
		}
	}
	threads := threadCounts(cases)
	rounds := make([][]roofline.Figures, 0, max)
	for round := 0; round < max && (round < min || time.Now().Before(until)); round++ {
		rn.progress(fmt.Sprintf("round %d", round+1))
		var now []roofline.Figures
		for _, t := range threads {
			now = append(now, rn.probe.Measure(t))
		}
		rounds = append(rounds, now)
		for _, t := range all {
			if err := t.time(ctx, now[slices.Index(threads, t.Workers)]); err != nil {
				return nil, nil, fmt.Errorf("run %s: %w", t.Name, err)
			}
		}
	}
	for _, t := range all {
		stages = append(stages, t.stage)
	}
	return stages, medianFigures(rounds, len(threads)), nil
}

// time runs the case once and files the result under this round's ceilings.
func (t *timed) time(ctx context.Context, f roofline.Figures) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	if err := t.Run(ctx); err != nil {
		return err
	}
	took := time.Since(start).Seconds()
	runtime.ReadMemStats(&after)
	s := &t.stage
	s.Allocs = float64(after.Mallocs - before.Mallocs)
	s.AllocBytes = float64(after.TotalAlloc - before.TotalAlloc)
	best, bound := t.Case.ceiling(f)
	s.Bound = bound
	s.Seconds = append(s.Seconds, took)
	s.Shares = append(s.Shares, best/took)
	return nil
}

// ceiling returns the least time that the machine's rooflines allow, in
// seconds, and which of them binds.
func (c *Case) ceiling(f roofline.Figures) (seconds float64, bound string) {
	for _, r := range []struct {
		name   string
		amount int64
		rate   float64
	}{{"memory", c.Bytes, f.Copy}, {"int16", c.IntegerMACs, f.IntegerMACs}, {"float32", c.FloatMACs, f.FloatingMACs}} {
		if s := float64(r.amount) / (r.rate * 1e9); s > seconds {
			seconds, bound = s, r.name
		}
	}
	return seconds, bound
}

func threadCounts(cases []Case) []int {
	var n []int
	for _, c := range cases {
		if !slices.Contains(n, c.Workers) {
			n = append(n, c.Workers)
		}
	}
	slices.Sort(n)
	return n
}

func medianFigures(rounds [][]roofline.Figures, n int) []roofline.Figures {
	out := make([]roofline.Figures, n)
	for i := range out {
		pick := func(f func(roofline.Figures) float64) float64 {
			var v []float64
			for _, r := range rounds {
				v = append(v, f(r[i]))
			}
			return median(v)
		}
		out[i] = roofline.Figures{
			Threads:      rounds[0][i].Threads,
			Copy:         pick(func(f roofline.Figures) float64 { return f.Copy }),
			Read:         pick(func(f roofline.Figures) float64 { return f.Read }),
			NonTemporal:  pick(func(f roofline.Figures) float64 { return f.NonTemporal }),
			IntegerMACs:  pick(func(f roofline.Figures) float64 { return f.IntegerMACs }),
			FloatingMACs: pick(func(f roofline.Figures) float64 { return f.FloatingMACs }),
		}
	}
	return out
}
