package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTable prints the report for a terminal.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "%s, %d cores, %s/%s, %s, commit %s, %s\n\n", r.Machine.CPU, r.Machine.Cores, r.Machine.OS, r.Machine.Arch, r.Machine.Go,
		r.Commit, r.Date.Format("2006-01-02"))
	fmt.Fprintln(t, "threads\tcopy GB/s\tread GB/s\twrite past cache GB/s\tint16 GMAC/s\tfloat32 GMAC/s")
	for _, f := range r.Rooflines {
		fmt.Fprintf(t, "%d\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f\n", f.Threads, f.Copy, f.Read, f.NonTemporal, f.IntegerMACs, f.FloatingMACs)
	}
	fmt.Fprintln(t, "\nstage\tMP\tworkers\tMP/s\tGB/s\tshare\tof\t±\tallocs\t")
	for i := range r.Stages {
		s := &r.Stages[i]
		note := ""
		if s.Noisy() {
			note = "noisy"
		}
		fmt.Fprintf(t, "%s\t%.1f\t%d\t%.0f\t%.1f\t%.3f\t%s\t%.1f %%\t%.0f\t%s\n", s.Name, s.Megapixels, s.Workers, s.MPs(), s.GBs(), s.Share(), s.Bound,
			100*s.Spread(), s.Allocs, note)
	}
	for i := range r.Contests {
		c := &r.Contests[i]
		fmt.Fprintf(t, "\n%s:\tMP\tthreads\tMP/s\t±\tpeak RSS MB\t\n", c.Work)
		for j := range c.Entries {
			e := &c.Entries[j]
			if e.Skipped != "" {
				fmt.Fprintf(t, "%s\t\t\t%s\t\t\t\n", e.Name, e.Skipped)
				continue
			}
			fmt.Fprintf(t, "%s\t%.1f\t%d\t%.0f\t%.1f %%\t%s\t\n", e.Name, e.Megapixels, e.Workers, e.MPs(), 100*e.Spread(), megabytes(e.PeakRSS))
		}
	}
	if len(r.Quality) > 0 {
		fmt.Fprintln(t, "\nquality\tmethod\tvalue\tunit\timages\t")
		for _, q := range r.Quality {
			fmt.Fprintf(t, "%s\t%s\t%.2f\t%s\t%d\t\n", q.Test, q.Method, q.Value, q.Unit, q.Images)
		}
	}
	if len(r.Crossover) > 0 {
		fmt.Fprintln(t, "\nbin or full\tmethod\tISO\tσ\tfull − bin at full size\tat binned size\t")
		for _, c := range r.Crossover {
			fmt.Fprintf(t, "%s\t%s\t%.0f\t%.1f\t%+.2f dB\t%+.2f dB\t\n", c.Scene, c.Method, c.ISO, c.Sigma, c.FullAtFull-c.BinAtFull, c.FullAtBin-c.BinAtBin)
		}
	}
	if len(r.Scaling) > 0 {
		fmt.Fprintln(t, "\ncurve\twork\tx\tseconds\tpeak RSS MB\t")
		for _, s := range r.Scaling {
			fmt.Fprintf(t, "%s\t%s\t%.4g\t%.2f\t%s\t\n", s.Curve, s.Work, s.X, s.Seconds, megabytes(s.PeakRSS))
		}
	}
	if fits := r.Fits(); len(fits) > 0 {
		fmt.Fprintln(t, "\ncurve\twork\tstart s\tslope s\ttime k\tmemory k\t")
		for _, f := range fits {
			fmt.Fprintf(t, "%s\t%s\t%.3f\t%.5f\t%.2f\t%.2f\t\n", f.Curve, f.Work, f.Start, f.Slope, f.Exponent, f.Memory)
		}
	}
	fmt.Fprintln(t)
	for _, took := range r.Took {
		fmt.Fprintf(t, "%s took %.1f s\n", took.Part, took.Seconds)
	}
	return t.Flush()
}

func megabytes(b int64) string {
	if b == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", float64(b)/1e6)
}
