package noise

// standOutGeneric lowers hot[x] to how far pixel x + reach of the middle row is
// above all its eight neighbours, reach away in the row and in the rows up and
// low, and dead[x] to how far it is below; 0 if it is not.
func standOutGeneric(hot, dead, up, mid, low []uint16, reach int) {
	n := len(hot)
	dead = dead[:n]
	up0, up1, up2 := up[:n], up[reach:][:n], up[2*reach:][:n]
	mid0, mid1, mid2 := mid[:n], mid[reach:][:n], mid[2*reach:][:n]
	low0, low1, low2 := low[:n], low[reach:][:n], low[2*reach:][:n]
	for x := range hot {
		most := max(up0[x], up1[x], up2[x], mid0[x], mid2[x], low0[x], low1[x], low2[x])
		least := min(up0[x], up1[x], up2[x], mid0[x], mid2[x], low0[x], low1[x], low2[x])
		v := mid1[x]
		hot[x] = min(hot[x], max(v, most)-most)
		dead[x] = min(dead[x], least-min(v, least))
	}
}
