package bank

// What each feature of a box is made of: unit planes, those of a pair under one
// letter. Stage 1 has g, a, d, e, n and, in Quad, f and x; later stages have l, d,
// c, z, t (the detail of the colour differences) and m.
var (
	mosaicSums = [perBox]string{"a", "g", "d", "g", "a", "ag", "ag", "eg", "a", "g", "ng", "n"}
	cellSums   = [perCell]string{"f", "fg", "f", "x"}
	colorSums  = [perBox]string{"l", "d", "c", "l", "c", "cl", "zl", "tz", "t", "z", "ml", "m"}
)

// FeatureSums returns what a feature of stage i (from 0) is made of: the
// letters of the unit planes, and the side in units of the box that they are
// summed over. A kernel need not make the sums that no node of a tree uses.
func FeatureSums(i, feature int) (planes string, side int) {
	box := feature / perBox
	switch {
	case box == boxes:
		b, inside := cellFeature(feature)
		planes, box = cellSums[inside], b
	case i == 0:
		planes = mosaicSums[feature%perBox]
	default:
		planes = colorSums[feature%perBox]
	}
	return planes, 2*box + 1
}
