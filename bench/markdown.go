package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteMarkdown writes the report as the page RESULTS.md; pictures are linked
// from plots, a folder relative to the page.
func (r *Report) WriteMarkdown(w io.Writer, plots string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Results\nMade by `go generate ./bench` from `report.json`; do not edit. `%s` measures your machine.\n\n", r.command())
	fmt.Fprintf(&b, "%s\n\n", r.where())
	b.WriteString("± is how far a median may be off: half of its 95 % confidence interval, which assumes nothing of the distribution. A figure whose rounds\n" +
		"disagree by more than 2.5 % says noisy; of those that do not, two runs agree within 5 %.\n\n")
	fmt.Fprintf(&b, "## Rooflines\n| threads | copy GB/s | read GB/s | write past cache GB/s | int16 GMAC/s | float32 GMAC/s |\n|---|---|---|---|---|---|\n")
	for _, f := range r.Rooflines {
		fmt.Fprintf(&b, "| %d | %.1f | %.1f | %.1f | %.0f | %.0f |\n", f.Threads, f.Copy, f.Read, f.NonTemporal, f.IntegerMACs, f.FloatingMACs)
	}
	b.WriteString("\n## Stages\nMegapixels are input pixels; the share is of the roofline that binds (the median over interleaved rounds).\n\n")
	b.WriteString(stageTable(r.Stages))
	if len(r.Stages) > 0 {
		fmt.Fprintf(&b, "\n![shares of the rooflines](%s/shares.svg)\n", plots)
	}
	if len(r.Contests) > 0 {
		b.WriteString("\n## Peers, in turns in the same run\n`×` is how many times as fast as that program our fastest entry is, one with as many threads if there is.\n" +
			"12 MP stay in the caches of large machines, 108 MP do not; programs from file to file start, read and write.\n\n")
		for i := range r.Contests {
			r.Contests[i].writeMarkdown(&b)
		}
	}
	if len(r.Quality) > 0 {
		b.WriteString("\n## Quality\n")
		b.WriteString(r.qualityTables())
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
			fmt.Fprintf(&b, "| %s | %s | %.4g | %.2f | %s |\n", s.Curve, s.Work, s.X, s.Seconds, megabytes(s.PeakRSS))
		}
		b.WriteString("\n[SCALING.md](SCALING.md) has the fitted laws and what they predict.\n")
		fmt.Fprintf(&b, "\n![time over frame size](%s/scaling-time.svg)\n![memory over frame size](%s/scaling-memory.svg)\n", plots, plots)
	}
	b.WriteString("\n## How long it took\n")
	for _, t := range r.Took {
		fmt.Fprintf(&b, "%s %.0f s, ", t.Part, t.Seconds)
	}
	fmt.Fprintf(&b, "in all %.0f s.\n", r.Seconds())
	_, err := io.WriteString(w, b.String())
	return err
}

// where says on what, of what and when the report was measured.
func (r *Report) where() string {
	return fmt.Sprintf("%s, %d cores (%s), %s/%s, %s; commit %s; %s.", r.Machine.CPU, r.Machine.Cores, strings.Join(r.Machine.Features, ", "),
		r.Machine.OS, r.Machine.Arch, r.Machine.Go, r.Commit, r.Date.Format("2006-01-02"))
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

func stageTable(stages []Stage) string {
	var b strings.Builder
	b.WriteString("| stage | MP | workers | MP/s | GB/s | share | of | ± | allocations |\n|---|---|---|---|---|---|---|---|---|\n")
	for i := range stages {
		s := &stages[i]
		fmt.Fprintf(&b, "| %s | %.1f | %d | %.0f | %.1f | %.2f | %s | %.1f %%%s | %.0f |\n", s.Name, s.Megapixels, s.Workers, s.MPs(), s.GBs(), s.Share(), s.Bound,
			100*s.Spread(), noisyMark(s), s.Allocs)
	}
	return b.String()
}

func noisyMark(s *Stage) string {
	if s.Noisy() {
		return " noisy"
	}
	return ""
}

func (c *Contest) writeMarkdown(b *strings.Builder) {
	fmt.Fprintf(b, "### %s\n| program | MP | threads | MP/s | ± | × | peak RSS MB |\n|---|---|---|---|---|---|---|\n", c.Work)
	for i := range c.Entries {
		e := &c.Entries[i]
		if e.Skipped != "" {
			fmt.Fprintf(b, "| %s | | | %s | | | |\n", e.Name, e.Skipped)
			continue
		}
		name, ahead := e.Name, ""
		if e.Ours {
			name = "**" + name + "**"
		} else if x := c.ahead(e); x > 0 {
			ahead = fmt.Sprintf("%.2f", x)
			if x >= 10 {
				ahead = fmt.Sprintf("%.0f", x)
			}
		}
		fmt.Fprintf(b, "| %s | %.1f | %d | %.0f | %.1f %% | %s | %s |\n", name, e.Megapixels, e.Workers, e.MPs(), 100*e.Spread(), ahead, megabytes(e.PeakRSS))
	}
	b.WriteString("\n")
}

// ahead is how many times as fast as e our fastest entry is, of those with as
// many workers if there are any; 0 if there is none.
func (c *Contest) ahead(e *Entry) float64 {
	same, any := 0.0, 0.0
	for i := range c.Entries {
		o := &c.Entries[i]
		if !o.Ours || len(o.Seconds) == 0 {
			continue
		}
		any = max(any, o.MPs()/e.MPs())
		if o.Workers == e.Workers {
			same = max(same, o.MPs()/e.MPs())
		}
	}
	if same > 0 {
		return same
	}
	return any
}

// qualityTables has a table for each kind of test: methods as rows where they
// are many, as columns where tests are.
func (r *Report) qualityTables() string {
	var b strings.Builder
	of := "simulated scenes"
	if r.Images != "" {
		of = r.Images
	}
	fmt.Fprintf(&b, "Of %s, from linear mosaics of 14 bits, scored as sRGB.\n\n| test | method | value | images |\n|---|---|---|---|\n", of)
	var rest []Quality
	for _, q := range r.Quality {
		if !strings.Contains(q.Test, "PSNR") {
			rest = append(rest, q)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %.2f %s | %d |\n", q.Test, q.Method, q.Value, q.Unit, q.Images)
	}
	for _, kind := range []struct{ prefix, about string }{
		{"Burst ", "PSNR in dB of bursts of %d frames on the mosaic; scene A is sharp to the pixel, B as soft as a lens leaves very small pixels."},
		{"Noise profile error ", "Mean error of the estimated variance in % over the signals of the scene."},
		{"Colour chart ", "The chart's 24 patches, developed with a linear curve; cyan lies outside sRGB."},
	} {
		var tests, methods []string
		values := map[[2]string]float64{}
		for _, q := range rest {
			if !strings.HasPrefix(q.Test, kind.prefix) {
				continue
			}
			if !slices.Contains(tests, q.Test) {
				tests = append(tests, q.Test)
			}
			if !slices.Contains(methods, q.Method) {
				methods = append(methods, q.Method)
			}
			values[[2]string{q.Test, q.Method}] = q.Value
		}
		if len(tests) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n\n| %s | %s |\n|---|%s\n", strings.ReplaceAll(kind.about, "%d", fmt.Sprint(burstLength)), strings.TrimSpace(kind.prefix),
			strings.Join(methods, " | "), strings.Repeat("---|", len(methods)))
		for _, t := range tests {
			fmt.Fprintf(&b, "| %s |", strings.TrimPrefix(t, kind.prefix))
			for _, m := range methods {
				fmt.Fprintf(&b, " %.2f |", values[[2]string{t, m}])
			}
			b.WriteString("\n")
		}
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
	head := fmt.Sprintf("%s\n%s, %d cores, commit %s, %s, by `%s`, all cores:\n\n", tableBegin, r.Machine.CPU, r.Machine.Cores, r.Commit,
		r.Date.Format("2006-01-02"), r.command())
	return page[:begin] + head + stageTable(r.headline()) + page[end:], nil
}

// headline has each stage once: with the most workers, on the largest frame.
func (r *Report) headline() []Stage {
	var out []Stage
	for _, s := range r.Stages {
		i := slices.IndexFunc(out, func(o Stage) bool { return o.Name == s.Name })
		if i < 0 {
			out = append(out, s)
		} else if o := &out[i]; s.Megapixels > o.Megapixels || s.Megapixels == o.Megapixels && s.Workers > o.Workers {
			*o = s
		}
	}
	return out
}
