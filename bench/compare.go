package bench

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchmath"
)

// Change is a stage in two reports.
type Change struct {
	Name string
	// Old and New are median shares of the binding roofline, so that a
	// faster machine is no change.
	Old, New float64
	// P is the probability of such a difference by chance (Mann–Whitney).
	P float64
	// Real says that P is below the threshold of benchstat, 0.05, and the
	// difference larger than what two runs of one program may differ by: 5 %
	// and the spreads of both. Rounds of one run have much in common (where
	// its buffers lie, what the neighbours of a virtual machine do), so that P
	// alone finds changes where there are none.
	Real bool
	// Noisy says that one of the two figures calls itself noisy.
	Noisy bool
	// Output says that the hash of the result changed.
	Output bool
}

// Compare lists the stages that both reports have, in the order of the new
// one. Shares are compared, not times: the reports may come from different
// moments of a shared machine.
func Compare(before, after *Report) []Change {
	old := map[string]*Stage{}
	for i := range before.Stages {
		old[before.Stages[i].key()] = &before.Stages[i]
	}
	var out []Change
	for i := range after.Stages {
		n := &after.Stages[i]
		o := old[n.key()]
		if o == nil {
			continue
		}
		c := benchmath.AssumeNothing.Compare(sample(o.Shares), sample(n.Shares))
		most := (2*noisyAbove + o.Spread() + n.Spread()) * o.Share()
		out = append(out, Change{
			Name: n.key(), Old: o.Share(), New: n.Share(), P: c.P, Noisy: o.Noisy() || n.Noisy(),
			Real:   c.P < c.Alpha && math.Abs(n.Share()-o.Share()) > most,
			Output: o.Hash != n.Hash && o.Hash != "" && n.Hash != "",
		})
	}
	return out
}

func sample(v []float64) *benchmath.Sample {
	t := benchmath.DefaultThresholds
	return benchmath.NewSample(append([]float64(nil), v...), &t)
}

// key names a stage across reports.
func (s *Stage) key() string { return fmt.Sprintf("%s/%.0fMP/%dw", s.Name, s.Megapixels, s.Workers) }

// WriteChanges prints a comparison as a table.
func WriteChanges(w io.Writer, changes []Change) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "stage\told share\tnew share\tdifference\treal\tp\t\t")
	for _, c := range changes {
		verdict := "~"
		if c.Real {
			verdict = "changed"
		}
		var notes []string
		if c.Noisy {
			notes = append(notes, "noisy")
		}
		if c.Output {
			notes = append(notes, "output changed")
		}
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%+.1f %%\t%s\t%.3f\t%s\t\n", c.Name, c.Old, c.New, 100*(c.New/c.Old-1), verdict, c.P, strings.Join(notes, ", "))
	}
	return t.Flush()
}
