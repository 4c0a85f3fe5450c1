package bench

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes the report as the page RESULTS.md; pictures are linked
// from plots, a folder relative to the page.
func (r *Report) WriteMarkdown(w io.Writer, plots string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Results\nMade by `go generate ./bench` from `report.json`; do not edit. `%s` measures your machine.\n\n", r.command())
	fmt.Fprintf(&b, "%s, %d cores (%s), %s/%s, %s; commit %s; %s.\n\n", r.Machine.CPU, r.Machine.Cores, strings.Join(r.Machine.Features, ", "),
		r.Machine.OS, r.Machine.Arch, r.Machine.Go, r.Commit, r.Date.Format("2006-01-02"))
	fmt.Fprintf(&b, "## Rooflines\n| threads | copy GB/s | read GB/s | write past cache GB/s | int16 GMAC/s | float32 GMAC/s |\n|---|---|---|---|---|---|\n")
	for _, f := range r.Rooflines {
		fmt.Fprintf(&b, "| %d | %.1f | %.1f | %.1f | %.0f | %.0f |\n", f.Threads, f.Copy, f.Read, f.NonTemporal, f.IntegerMACs, f.FloatingMACs)
	}
	b.WriteString("\n## Stages\nMegapixels are input pixels; the share is of the roofline that binds (the median over interleaved rounds).\n\n")
	b.WriteString(r.stageTable())
	if len(r.Stages) > 0 {
		fmt.Fprintf(&b, "\n![shares of the rooflines](%s/shares.svg)\n", plots)
	}
	if len(r.Peers) > 0 {
		b.WriteString("\n## Peers, in the same run\n| peer | work | MP | workers | MP/s | peak RSS MB |\n|---|---|---|---|---|---|\n")
		for i := range r.Peers {
			p := &r.Peers[i]
			if p.Skipped != "" {
				fmt.Fprintf(&b, "| %s | %s | | | %s | |\n", p.Name, p.Work, p.Skipped)
				continue
			}
			fmt.Fprintf(&b, "| %s | %s | %.1f | %d | %.0f | %s |\n", p.Name, p.Work, p.Megapixels, p.Workers, p.MPs(), megabytes(p.PeakRSS))
		}
	}
	if len(r.Quality) > 0 {
		b.WriteString("\n## Quality\n| test | method | value | images |\n|---|---|---|---|\n")
		for _, q := range r.Quality {
			fmt.Fprintf(&b, "| %s | %s | %.2f %s | %d |\n", q.Test, q.Method, q.Value, q.Unit, q.Images)
		}
		fmt.Fprintf(&b, "\n![quality over speed, Bayer](%s/quality-speed-bayer.svg)\n![quality over speed, Quad](%s/quality-speed-quad.svg)\n", plots, plots)
	}
	if len(r.Crossover) > 0 {
		b.WriteString("\n## Bin or full size\nPSNR in dB of the developed picture against the scene; σ is the noise at middle gray in the square-root domain, of 255.\n\n")
		b.WriteString("| scene | method | ISO | σ | full at full size | binned, scaled up | full, averaged down | binned |\n|---|---|---|---|---|---|---|---|\n")
		for _, c := range r.Crossover {
			fmt.Fprintf(&b, "| %s | %s | %.0f | %.1f | %.2f | %.2f | %.2f | %.2f |\n", c.Scene, c.Method, c.ISO, c.Sigma, c.FullAtFull, c.BinAtFull, c.FullAtBin, c.BinAtBin)
		}
		fmt.Fprintf(&b, "\n![bin or full size](%s/crossover.svg)\n", plots)
	}
	if len(r.Scaling) > 0 {
		b.WriteString("\n## Scaling\n| grows | work | x | seconds | peak RSS MB |\n|---|---|---|---|---|\n")
		for _, s := range r.Scaling {
			fmt.Fprintf(&b, "| %s | %s | %g | %.2f | %s |\n", s.Curve, s.Work, s.X, s.Seconds, megabytes(s.PeakRSS))
		}
		if fits := r.Fits(); len(fits) > 0 {
			b.WriteString("\nFitted laws, seconds = a·x^k:\n\n| grows | work | a | k |\n|---|---|---|---|\n")
			for _, f := range fits {
				fmt.Fprintf(&b, "| %s | %s | %.4f | %.2f |\n", f.Curve, f.Work, f.Seconds, f.Exponent)
			}
		}
		fmt.Fprintf(&b, "\n![time over frame size](%s/scaling-time.svg)\n![memory over frame size](%s/scaling-memory.svg)\n", plots, plots)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// command is what measured the report.
func (r *Report) command() string {
	c := "go run ./cmd/quadraw bench"
	if r.Quick {
		c += " --quick"
	}
	if r.Images != "" {
		c += " --images " + r.Images
	}
	return c
}

func (r *Report) stageTable() string {
	var b strings.Builder
	b.WriteString("| stage | MP | workers | MP/s | GB/s | share | of | ± |\n|---|---|---|---|---|---|---|---|\n")
	for i := range r.Stages {
		s := &r.Stages[i]
		noisy := ""
		if s.Noisy() {
			noisy = " noisy"
		}
		fmt.Fprintf(&b, "| %s | %.1f | %d | %.0f | %.1f | %.2f | %s | %.1f %%%s |\n", s.Name, s.Megapixels, s.Workers, s.MPs(), s.GBs(), s.Share(), s.Bound,
			100*s.Spread(), noisy)
	}
	return b.String()
}

// Markers of the table that the README carries.
const (
	tableBegin = "<!-- bench table: made by go generate ./bench -->"
	tableEnd   = "<!-- end of bench table -->"
)

// InsertTable returns page with the stage table between its two markers
// replaced by this report's.
func (r *Report) InsertTable(page string) (string, error) {
	begin := strings.Index(page, tableBegin)
	end := strings.Index(page, tableEnd)
	if begin < 0 || end < begin {
		return "", fmt.Errorf("the page has no pair of lines %q and %q", tableBegin, tableEnd)
	}
	head := fmt.Sprintf("%s\n%s, %d cores, commit %s, %s, by `%s`:\n\n", tableBegin, r.Machine.CPU, r.Machine.Cores, r.Commit,
		r.Date.Format("2006-01-02"), r.command())
	return page[:begin] + head + r.stageTable() + page[end:], nil
}
