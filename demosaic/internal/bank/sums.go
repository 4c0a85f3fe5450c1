package bank

import "strings"

// Letters of the unit planes, those of a pair under one. t is the detail of the
// colour differences.
const (
	mosaicLetters = "ggaaddenffxx"
	colorLetters  = "llddccztm"
)

// FeatureSums returns what a feature of stage i (from 0) is made of: the
// letters of the unit planes, and the side in units of the box that they are
// summed over. Stage 1 has g, a, d, e, n and, in Quad, f and x; later stages have
// l, d, c, z, t and m. A kernel need not make the sums that no node of a tree
// uses.
func FeatureSums(i, feature int) (planes string, side int) {
	letters := mosaicLetters
	if i > 0 {
		letters = colorLetters
	}
	box, r := featureOf(i > 0, feature)
	for p := range r.planes() {
		if l := letters[p : p+1]; !strings.Contains(planes, l) {
			planes += l
		}
	}
	return planes, 2*box + 1
}
