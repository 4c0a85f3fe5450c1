package bank

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestFeatureSums changes the unit planes under one letter, and looks which
// features change.
func TestFeatureSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const units = 50
	features := func(stage int, s *[maxPlanes][]uint16) [][]uint32 {
		dst := make([][]uint32, perBox+perCell)
		for i := range dst {
			dst[i] = make([]uint32, units)
		}
		if stage > 0 {
			colorFeatures(dst[:perBox], s, 9, units)
			return dst[:perBox]
		}
		mosaicFeatures(dst[:perBox], s, 9, units)
		cellFeatures(dst[perBox:], s, 9, units)
		return dst
	}
	for stage, letters := range []map[string][]int{
		{"g": {gH, gV}, "a": {aH, aV}, "d": {dD, dU}, "e": {eE}, "n": {nN}, "f": {fH, fV}, "x": {xD, xU}},
		{"l": {lH, lV}, "d": {lD, lU}, "c": {cH, cV}, "z": {zZ}, "t": {cC}, "m": {mM}},
	} {
		var s [maxPlanes][]uint16
		for i := range s {
			s[i] = make([]uint16, units)
		}
		for letter, planes := range letters {
			shuffle := func() {
				for _, p := range planes {
					for i := range s[p] {
						s[p][i] = uint16(rng.IntN(planeMax))
					}
				}
			}
			shuffle()
			before := features(stage, &s)
			shuffle()
			for i, row := range features(stage, &s) {
				same := true
				for u, v := range row {
					same = same && v == before[i][u]
				}
				feature := i
				if i >= perBox {
					feature = boxes*perBox + i - perBox
					if i == perBox+perCell-1 {
						feature = boxes*perBox + 2*(perCell-1)
					}
				}
				if planes, _ := FeatureSums(stage, feature); strings.Contains(planes, letter) == same {
					t.Errorf("stage %d, feature %d of %q: %q changes it: %t", stage+1, feature, planes, letter, !same)
				}
			}
		}
	}
	for feature, want := range map[int]int{0: 1, perBox: 3, 3*perBox - 1: 5, 3 * perBox: 3, 3*perBox + 3: 5, 3*perBox + 6: 3, 3*perBox + 7: 5} {
		if _, side := FeatureSums(0, feature); side != want {
			t.Errorf("feature %d: boxes of %d, want %d", feature, side, want)
		}
	}
}
