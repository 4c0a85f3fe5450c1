package noise

// ssd16Generic is the sum of squared differences of two 16×16 tiles of gray.
func ssd16Generic(a []int16, as int, b []int16, bs int) uint64 {
	sum := uint64(0)
	for y := range alignTile {
		p, q := a[y*as:][:alignTile], b[y*bs:][:alignTile]
		s := int32(0)
		for x := range alignTile {
			d := int32(p[x]) - int32(q[x])
			s += d * d
		}
		sum += uint64(uint32(s))
	}
	return sum
}
