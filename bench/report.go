package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/quadraw/quadraw/internal/roofline"
)

// schema is the version of the JSON form; it changes when a field's meaning
// does.
const schema = 1

// Report is everything that one run measured.
type Report struct {
	Schema int       `json:"schema"`
	Date   time.Time `json:"date"`
	Commit string    `json:"commit"`
	Quick  bool      `json:"quick"`
	// Images is the name of the folder that the quality figures are of; empty
	// says that they are of simulated scenes.
	Images    string             `json:"images,omitempty"`
	Machine   Machine            `json:"machine"`
	Rooflines []roofline.Figures `json:"rooflines"` // medians over rounds
	Stages    []Stage            `json:"stages"`
	Peers     []Peer             `json:"peers,omitempty"`
	Quality   []Quality          `json:"quality,omitempty"`
	Crossover []Crossover        `json:"crossover,omitempty"`
	Scaling   []Scaling          `json:"scaling,omitempty"`
}

// Stage is the speed of one case. The slices have an entry a round.
type Stage struct {
	Name       string    `json:"name"`
	Megapixels float64   `json:"megapixels"`
	Workers    int       `json:"workers"`
	Seconds    []float64 `json:"seconds"`
	Shares     []float64 `json:"shares"` // of the binding roofline
	// Bound is the roofline that binds: "memory", "int16" or "float32".
	Bound  string  `json:"bound"`
	Bytes  int64   `json:"bytes"` // that must move, read and written
	Allocs float64 `json:"allocs"`
	// AllocBytes is what a run allocates.
	AllocBytes float64 `json:"alloc_bytes"`
	// Hash of the output, so that a run shows whether results changed.
	Hash string `json:"hash"`
}

// MPs is the median speed in 10⁶ input pixels a second.
func (s *Stage) MPs() float64 { return s.Megapixels / median(s.Seconds) }

// GBs is the median rate of compulsory traffic in 10⁹ bytes a second.
func (s *Stage) GBs() float64 { return float64(s.Bytes) / median(s.Seconds) / 1e9 }

// Share is the median share of the binding roofline.
func (s *Stage) Share() float64 { return median(s.Shares) }

// Spread is half the distance between the quartiles of the shares, over the
// median: how far a typical round is off.
func (s *Stage) Spread() float64 { return spread(s.Shares) }

// noisyAbove is the spread from which a figure calls itself noisy. Two runs'
// medians then may differ by more than 5 %.
const noisyAbove = 0.04

// Noisy reports whether the rounds disagree too much for the share to be
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

func median(v []float64) float64 { return quantile(v, 0.5) }

func spread(v []float64) float64 {
	if m := median(v); m > 0 {
		return (quantile(v, 0.75) - quantile(v, 0.25)) / 2 / m
	}
	return 0
}

func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 == len(s) {
		return s[i]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}
