package bench

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// WriteScaling writes the page SCALING.md: a model of time and memory with its
// predictions, checked against what was measured.
func (r *Report) WriteScaling(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# How it scales\nMade by `go generate ./bench` from `report.json`; do not edit. `%s` measures your machine.\n\n%s\n\n", r.command(), r.where())
	fits := r.Fits()
	b.WriteString("A run takes a moment to start, then time in proportion to pixels: `seconds = start + slope · megapixels`, fitted to frames of up to 108 MP\n" +
		"(least squares of relative errors) and checked on larger ones that the fit has not seen. The exponents are those of a law x^k over\n" +
		"all points: time k = 1 is proportional, memory k = 0 is flat. Each point is a process of its own, the best of up to five runs.\n\n")
	b.WriteString("| grows | work | start s | slope s | time k | memory k |\n|---|---|---|---|---|---|\n")
	for _, f := range fits {
		if f.Curve == "workers" {
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %.3f | %.5f | %.2f | %.2f |\n", f.Curve, f.Work, f.Start, f.Slope, f.Exponent, f.Memory)
	}
	b.WriteString("\n## Checked\nPoints that the fit has not seen; an archive's are predicted from single bursts of another size.\n\n| work | at | predicted s | measured s | off |\n|---|---|---|---|---|\n")
	for _, f := range fits {
		for _, c := range f.Checks {
			fmt.Fprintf(&b, "| %s | %.4g %s | %.2f | %.2f | %+.0f %% |\n", f.Work, c.X, unitOf(f.Curve), c.Predicted, c.Measured, 100*c.Error())
		}
	}
	r.writeArchiveChecks(&b, fits)
	for _, work := range []string{workFullTIF} {
		if part, n, ok := r.serial(work); ok {
			fmt.Fprintf(&b, "\nOne worker against %d: %.1f %% of `%s` does not run side by side (Amdahl's law), which makes %.1f times as fast on %d cores, %.1f on 8.\n",
				n, 100*part, work, 1/(part+(1-part)/float64(n)), n, 1/(part+(1-part)/8))
		}
	}
	r.writePredictions(&b, fits)
	_, err := io.WriteString(w, b.String())
	return err
}

func unitOf(curve string) string {
	if curve == "pixels" {
		return "MP"
	}
	return curve
}

// writeArchiveChecks compares archives with what single bursts of another size
// predict.
func (r *Report) writeArchiveChecks(b *strings.Builder, fits []Fit) {
	cost, ok := burstCostOf(fits)
	start := fitOf(fits, "pixels", workBinJPG)
	if !ok || start == nil {
		return
	}
	each := cost.seconds(archiveFrames, float64(size3.pixels())/1e6)
	most := 0.0
	for _, s := range r.Scaling {
		bursts, at := s.X, ""
		switch s.Curve {
		case "bursts":
			most = max(most, s.X)
			at = fmt.Sprintf("%g bursts, from single bursts of 12 MP", s.X)
		case "shards":
			bursts = math.Ceil(most / s.X)
			at = fmt.Sprintf("%g bursts on %g machines", most, s.X)
		default:
			continue
		}
		c := Check{s.X, start.Start + bursts*each, s.Seconds}
		fmt.Fprintf(b, "| %s | %s | %.2f | %.2f | %+.0f %% |\n", s.Work, at, c.Predicted, c.Measured, 100*c.Error())
	}
}

// writePredictions says what the model expects of work that was not measured.
func (r *Report) writePredictions(b *strings.Builder, fits []Fit) {
	b.WriteString("\n## Predicted\nOn this machine, seconds and peak memory of one frame (a frame beyond 512 MP needs a higher `raw.Limits`):\n\n" +
		"| work | 200 MP | 1,000 MP | memory at 200 MP | memory at 1,000 MP |\n|---|---|---|---|---|\n")
	for _, f := range fits {
		if f.Curve != "pixels" {
			continue
		}
		x, memory := 0.0, 0.0
		for _, s := range r.Scaling {
			if s.Curve == f.Curve && s.Work == f.Work && s.X > x {
				x, memory = s.X, float64(s.PeakRSS)/1e6
			}
		}
		grown := func(to float64) float64 { return memory * math.Pow(to/x, f.Memory) }
		fmt.Fprintf(b, "| %s | %.2f | %.2f | %.0f MB | %.0f MB |\n", f.Work, f.At(200), f.At(1000), grown(200), grown(1000))
	}
	cost, ok := burstCostOf(fits)
	if !ok {
		return
	}
	const bursts = 100_000
	b.WriteString("\nAn archive of 100,000 bursts of 8 frames, developed to JPEG on k machines like this one (`--shard i/k`; shards share nothing):\n\n" +
		"| frames | one burst | k = 1 | k = 10 | k = 100 |\n|---|---|---|---|---|\n")
	for _, mp := range []float64{12, 108} {
		each := cost.seconds(8, mp)
		fmt.Fprintf(b, "| %.0f MP | %.2f s |", mp, each)
		for _, k := range []float64{1, 10, 100} {
			fmt.Fprintf(b, " %s |", span(each*math.Ceil(bursts/k)))
		}
		b.WriteString("\n")
	}
}

// span prints a long time.
func span(seconds float64) string {
	if d := time.Duration(seconds * float64(time.Second)); d >= 48*time.Hour {
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	} else if d >= 2*time.Hour {
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%.0f min", seconds/60)
}
