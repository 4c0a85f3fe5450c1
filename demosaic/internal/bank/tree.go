package bank

// classify writes the leaves of every step-th unit from first on, one after
// the other.
func (t Tree) classify(class []uint8, features [][]uint32, first, step int) {
	for i := range class {
		class[i] = uint8(t.Leaf(features, first+i*step))
	}
}

// Leaf returns the leaf of unit i of rows of features.
func (t Tree) Leaf(features [][]uint32, i int) int {
	if len(t) == 0 {
		return 0
	}
	n := &t[0]
	for {
		next := n.Right
		if n.Test(features[n.Feature][i]) {
			next = n.Left
		}
		if next < 0 {
			return int(^next)
		}
		n = &t[next]
	}
}

// Test reports whether a feature goes left.
func (n *Node) Test(feature uint32) bool {
	num, den := int32(int16(feature)), int32(feature>>16)
	return int32(n.P)*num <= int32(n.Q)*den
}

// Ratio returns num and den of a feature.
func Ratio(feature uint32) (num, den int) { return int(int16(feature)), int(feature >> 16) }
