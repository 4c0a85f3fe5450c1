package bench

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"math"
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
	// Rounds is the most rounds that the case takes part in, for what takes
	// half a minute; 0 is all. Such a case is not run to warm up either.
	Rounds int
	// Prepare makes inputs and returns what is timed, or nothing if the case
	// cannot run here (a program is not installed): skipped says why.
	Prepare func(ctx context.Context) (p *Prepared, skipped string, err error)
}

// Prepared is a case ready to run any number of times.
type Prepared struct {
	Run func(ctx context.Context) error
	// Took, if set, is how long the last run took by the clock of another
	// process, without the talk between the two.
	Took func() time.Duration
	// PeakRSS, if set, is the most memory that a run took, in bytes.
	PeakRSS func() int64
	// Hash feeds the last run's output to h; nil for cases that end in other
	// processes.
	Hash  func(h hash.Hash)
	Close func() error
}

// runner times cases in rounds.
type runner struct {
	// probe measures the rooflines in every round; nil: shares are not wanted.
	probe    *roofline.Probe
	progress func(string)
}

// plan says how often cases are run.
type plan struct {
	// min rounds are done whatever the time, max at most, more than min only
	// as long as they have not taken span.
	min, max int
	span     time.Duration
	// repeat is how long a case is run again and again within one round; the
	// round's figure is its best, as that of the rooflines is: both are what
	// the machine can do, and neither pays for the neighbours' bursts of work.
	repeat time.Duration
}

// mostRepetitions of one case in one round.
const mostRepetitions = 40

type timed struct {
	Case
	*Prepared
	stage   Stage
	skipped string
}

// run prepares every case, runs the rounds and returns what was measured, in
// the order of the cases, and the rooflines' medians.
func (rn *runner) run(ctx context.Context, cases []Case, pl plan) (all []*timed, ceilings []roofline.Figures, err error) {
	defer func() {
		for _, c := range all {
			if c.Prepared == nil || c.Close == nil {
				continue
			}
			if e := c.Close(); err == nil {
				err = e
			}
		}
	}()
	for _, c := range cases {
		rn.progress("prepare " + c.Name)
		p, skipped, err := c.Prepare(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("prepare %s: %w", c.Name, err)
		}
		t := &timed{Case: c, Prepared: p, skipped: skipped, stage: Stage{
			Name: c.Name, Megapixels: float64(c.Pixels) / 1e6, Workers: c.Workers, Bytes: c.Bytes,
		}}
		all = append(all, t)
		if p == nil || c.Rounds > 0 {
			continue
		}
		if err := t.failed(ctx, t.warm(ctx)); err != nil {
			return nil, nil, err
		}
		if t.Prepared != nil && t.Hash != nil {
			h := fnv.New128a()
			t.Hash(h)
			t.stage.Hash = hex.EncodeToString(h.Sum(nil))
		}
	}
	threads := threadCounts(cases)
	var measured [][]roofline.Figures
	var last latest
	begin := time.Now()
	for round := 0; round < pl.max && (round < pl.min || time.Since(begin) < pl.span); round++ {
		rn.progress(fmt.Sprintf("round %d of %d", round+1, pl.max))
		// What earlier rounds left is not collected during this one.
		runtime.GC()
		if rn.probe != nil && round < wholeProbes {
			now := make([]roofline.Figures, len(threads))
			for i, t := range threads {
				now[i] = rn.probe.Measure(t)
			}
			measured = append(measured, now)
		}
		for _, t := range all {
			if t.Prepared == nil || t.Rounds > 0 && round >= t.Rounds {
				continue
			}
			if rn.probe != nil && round == 0 {
				t.stage.Bound = t.bound(measured[0][slices.Index(threads, t.Workers)], rn.probe)
			}
			if err := t.failed(ctx, t.time(ctx, rn.probe, &last, pl.repeat)); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(measured) > 0 {
		ceilings = medianFigures(measured, len(threads))
	}
	for _, t := range all {
		if t.Prepared != nil && t.PeakRSS != nil {
			t.stage.PeakRSS = t.PeakRSS()
		}
	}
	return all, ceilings, nil
}

// wholeProbes is how many rounds begin with all rooflines, for the record; what
// a case's share is of is measured anew around each of its runs.
const wholeProbes = 3

// failed returns the error of a run as the whole run's, except where it is a
// peer's: that takes part no longer.
func (t *timed) failed(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.Is(err, errPeer):
		return fmt.Errorf("run %s: %w", t.Name, err)
	}
	t.skipped = fmt.Sprintf("failed: %v", err)
	t.stage.Seconds, t.stage.Shares = nil, nil
	if t.Close != nil {
		err = t.Close()
	} else {
		err = nil
	}
	t.Prepared = nil
	return err
}

// warm runs the case until it gets no faster: caches and pools fill, and the
// heap grows to what it needs, whose pages a virtual machine is slow to give.
func (t *timed) warm(ctx context.Context) error {
	best := time.Duration(math.MaxInt64)
	for begin := time.Now(); time.Since(begin) < time.Second; {
		start := time.Now()
		if err := t.Run(ctx); err != nil {
			return err
		}
		took := time.Since(start)
		if took > best*19/20 {
			return nil
		}
		best = min(best, took)
	}
	return nil
}

// time runs the case for a while and files the best under the ceiling that was
// measured right before and right after it: on a shared machine both move, but
// not so soon.
func (t *timed) time(ctx context.Context, probe *roofline.Probe, c *latest, repeat time.Duration) error {
	var rate float64
	if probe != nil {
		rate = c.rate(&t.Case, t.stage.Bound, probe)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	best, n := time.Duration(0), 0
	for begin := time.Now(); n == 0 || n < mostRepetitions && time.Since(begin) < repeat; n++ {
		start := time.Now()
		if err := t.Run(ctx); err != nil {
			return err
		}
		took := time.Since(start)
		if t.Took != nil {
			took = t.Took()
		}
		if n == 0 || took < best {
			best = took
		}
	}
	runtime.ReadMemStats(&after)
	s := &t.stage
	s.Allocs = float64(after.Mallocs-before.Mallocs) / float64(n)
	s.AllocBytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	s.Seconds = append(s.Seconds, best.Seconds())
	if probe != nil {
		c.forget()
		rate = max(rate, c.rate(&t.Case, s.Bound, probe))
		s.Shares = append(s.Shares, t.amount(s.Bound)/(rate*1e9)/best.Seconds())
	}
	return nil
}

// latest is the roofline that was measured last: what was measured after one
// case is what was measured before the next, if that is bound by the same.
type latest struct {
	bound          string
	bytes, workers int
	gigas          float64
}

func (l *latest) rate(c *Case, bound string, probe *roofline.Probe) float64 {
	key := latest{bound: bound, workers: c.Workers}
	if bound == memory {
		key.bytes = int(c.Bytes)
	}
	if key.gigas = l.gigas; key != *l || l.gigas == 0 {
		key.gigas = c.rate(bound, probe)
		*l = key
	}
	return l.gigas
}

func (l *latest) forget() { *l = latest{} }

// The rooflines that may bind.
const (
	memory   = "memory"
	int16s   = "int16"
	float32s = "float32"
)

// amount is how much of what a roofline limits the case must do.
func (c *Case) amount(bound string) float64 {
	switch bound {
	case int16s:
		return float64(c.IntegerMACs)
	case float32s:
		return float64(c.FloatMACs)
	}
	return float64(c.Bytes)
}

// rate measures a roofline on the case's threads, in 10⁹ a second: that of
// memory by moving as many bytes as the case does, so that what fits the
// caches is held to their speed.
func (c *Case) rate(bound string, probe *roofline.Probe) float64 {
	switch bound {
	case int16s:
		return roofline.IntegerMACs(c.Workers)
	case float32s:
		return roofline.FloatingMACs(c.Workers)
	}
	p := probe.Sized(int(c.Bytes / 2))
	return max(p.Copy(c.Workers), p.Read(c.Workers))
}

// bound is the roofline that leaves the case the most time.
func (c *Case) bound(f roofline.Figures, probe *roofline.Probe) string {
	name, seconds := memory, c.amount(memory)/c.rate(memory, probe)
	for _, r := range []struct {
		name string
		rate float64
	}{{int16s, f.IntegerMACs}, {float32s, f.FloatingMACs}} {
		if s := c.amount(r.name) / r.rate; s > seconds {
			name, seconds = r.name, s
		}
	}
	return name
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
