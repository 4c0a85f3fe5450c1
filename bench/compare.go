package bench

import (
	"fmt"
	"io"
	"text/tabwriter"

	"golang.org/x/perf/benchmath"
)

// Change is a stage in two reports.
type Change struct {
	Name string
	// Old and New are median shares of the binding roofline, so that a
	// faster machine is no change.
	Old, New float64
	// P is the probability of such a difference by chance (Mann–Whitney);
	// Real says that it is below the threshold of benchstat, 0.05.
	P    float64
	Real bool
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
		out = append(out, Change{
			Name: n.key(), Old: o.Share(), New: n.Share(), P: c.P, Real: c.P < c.Alpha,
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
	fmt.Fprintln(t, "stage\told share\tnew share\tchange\tp\t")
	for _, c := range changes {
		verdict := "~"
		if c.Real && c.Old > 0 {
			verdict = fmt.Sprintf("%+.1f %%", 100*(c.New/c.Old-1))
		}
		note := ""
		if c.Output {
			note = "output changed"
		}
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%s\t%.3f\t%s\n", c.Name, c.Old, c.New, verdict, c.P, note)
	}
	return t.Flush()
}
