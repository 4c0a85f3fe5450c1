package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/perf/benchmath"

	"github.com/quadraw/quadraw/internal/roofline"
)

// schema is the version of the JSON form; it changes when a field's meaning
// does.
const schema = 2

// Report is everything that one run measured.
type Report struct {
	Schema int       `json:"schema"`
	Date   time.Time `json:"date"`
	Commit string    `json:"commit"`
	Quick  bool      `json:"quick"`
	// Images is the name of the folder that the quality figures are of; empty
	// says that they are of simulated scenes.
	Images  string  `json:"images,omitempty"`
	Machine Machine `json:"machine"`
	// Took is how long each part of the run took, in seconds.
	Took      []Took             `json:"took"`
	Rooflines []roofline.Figures `json:"rooflines"` // medians over rounds
	Stages    []Stage            `json:"stages"`
	Contests  []Contest          `json:"contests,omitempty"`
	Quality   []Quality          `json:"quality,omitempty"`
	Crossover []Crossover        `json:"crossover,omitempty"`
	Scaling   []Scaling          `json:"scaling,omitempty"`
}

// Took is how long a part of a run took.
type Took struct {
	Part    string  `json:"part"`
	Seconds float64 `json:"seconds"`
}

// Seconds is how long the whole run took.
func (r *Report) Seconds() float64 {
	sum := 0.0
	for _, t := range r.Took {
		sum += t.Seconds
	}
	return sum
}

// Stage is the speed of one case. The slices have an entry a round.
type Stage struct {
	Name       string    `json:"name"`
	Megapixels float64   `json:"megapixels"`
	Workers    int       `json:"workers"`
	Seconds    []float64 `json:"seconds"`
	Shares     []float64 `json:"shares,omitempty"` // of the binding roofline
	// Bound is the roofline that binds: "memory", "int16" or "float32".
	Bound  string  `json:"bound,omitempty"`
	Bytes  int64   `json:"bytes,omitempty"` // that must move, read and written
	Allocs float64 `json:"allocs"`
	// AllocBytes is what a run allocates.
	AllocBytes float64 `json:"alloc_bytes"`
	// PeakRSS is the most memory of a case that is a process of its own.
	PeakRSS int64 `json:"peak_rss_bytes,omitempty"`
	// Hash of the output, so that a run shows whether results changed.
	Hash string `json:"hash,omitempty"`
}

// MPs is the median speed in 10⁶ input pixels a second.
func (s *Stage) MPs() float64 { return s.Megapixels / median(s.Seconds) }

// GBs is the median rate of compulsory traffic in 10⁹ bytes a second.
func (s *Stage) GBs() float64 { return float64(s.Bytes) / median(s.Seconds) / 1e9 }

// Share is the median share of the binding roofline.
func (s *Stage) Share() float64 { return median(s.Shares) }

// Spread is how far the median may be off, as a share of it: half the width of
// its 95 % confidence interval. It is of the shares, or of the times where no
// roofline was measured.
func (s *Stage) Spread() float64 {
	if len(s.Shares) > 0 {
		return spread(s.Shares)
	}
	return spread(s.Seconds)
}

// noisyAbove is the spread from which a figure calls itself noisy. Two figures
// that do not are 95 % sure to agree within twice of it: 5 %.
const noisyAbove = 0.025

// Noisy reports whether the rounds disagree too much for the figure to be
// quoted.
func (s *Stage) Noisy() bool { return s.Spread() > noisyAbove }

// Encode writes the report as indented JSON.
func (r *Report) Encode(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}

// Decode reads a report that [Report.Encode] wrote.
func Decode(rd io.Reader) (*Report, error) {
	var r Report
	if err := json.NewDecoder(rd).Decode(&r); err != nil {
		return nil, fmt.Errorf("read benchmark report: %w", err)
	}
	if r.Schema != schema {
		return nil, fmt.Errorf("read benchmark report: version %d, want %d", r.Schema, schema)
	}
	return &r, nil
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}

// confidence of the interval that spread is of. Few samples cannot give more
// than their whole range, which is what they get.
const confidence = 0.95

// spread is half the width of the confidence interval of the median of v, over
// the median, as benchstat computes it: it assumes nothing of the distribution.
func spread(v []float64) float64 {
	m := median(v)
	if m <= 0 {
		return 0
	}
	ci := benchmath.AssumeNothing.Summary(sample(v), confidence)
	lo, hi := max(ci.Lo, slices.Min(v)), min(ci.Hi, slices.Max(v))
	return (hi - lo) / 2 / m
}
