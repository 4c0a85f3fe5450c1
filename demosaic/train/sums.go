package main

import (
	"fmt"
	"strings"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// sums are what the features of a stage may be made of: for the letter of a
// unit plane, the sides of the boxes that it may be summed over. Empty means
// everything. Each kind of sum that the trees of a stage do without is one that
// the engine need not make.
type sums map[rune]string

// parseSums reads letters, each followed by the sides of boxes, as in g135a3.
func parseSums(text string, stage int) (sums, error) {
	all := map[rune]bool{}
	for feature := range bank.FeatureCount(2, stage) {
		planes, _ := bank.FeatureSums(stage, feature)
		for _, c := range planes {
			all[c] = true
		}
	}
	s := sums{}
	var plane rune
	for _, c := range text {
		switch {
		case all[c] && s[c] == "":
			if plane != 0 && s[plane] == "" {
				return nil, fmt.Errorf("%q: no box follows %c", text, plane)
			}
			plane = c
		case strings.ContainsRune("135", c) && plane != 0 && !strings.ContainsRune(s[plane], c):
			s[plane] += string(c)
		default:
			return nil, fmt.Errorf("%q: %q is no unit plane of stage %d and no box of it", text, c, stage+1)
		}
	}
	if plane != 0 && s[plane] == "" {
		return nil, fmt.Errorf("%q: no box follows %c", text, plane)
	}
	return s, nil
}

// features returns those that can be made of s.
func (s sums) features(cell, stage int) []int {
	var out []int
	for feature := range bank.FeatureCount(cell, stage) {
		planes, side := bank.FeatureSums(stage, feature)
		ok := true
		for _, c := range planes {
			ok = ok && (len(s) == 0 || strings.ContainsRune(s[c], rune('0'+side)))
		}
		if ok {
			out = append(out, feature)
		}
	}
	return out
}

// allowed returns the features that the trees of each stage may use.
func (p *plan) allowed() ([][]int, error) {
	given := strings.Split(p.given, ",")
	if len(given) > len(p.widths) {
		return nil, fmt.Errorf("sums of %d stages for %d: %q", len(given), len(p.widths), p.given)
	}
	given = append(given, make([]string, len(p.widths)-len(given))...)
	var out [][]int
	for i, text := range given {
		s, err := parseSums(text, i)
		if err != nil {
			return nil, fmt.Errorf("sums: %w", err)
		}
		f := s.features(p.cell, i)
		if len(f) == 0 {
			return nil, fmt.Errorf("sums: no feature of stage %d can be made of %q", i+1, text)
		}
		out = append(out, f)
	}
	return out, nil
}
