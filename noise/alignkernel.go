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

// gradientColumns are sums over the columns of a tile: W·gy², W·gx² and
// W·gy·gx, of twice the gradient and half the window; the samples and their
// squares.
type gradientColumns struct {
	sums [3][alignTile]float32
	ints [2][alignTile]int32
}

// gradientSumsGeneric fills k.a with the tile in the middle of the
// (alignTile+2)² samples at pix, k.wy and k.wx with its gradient times the
// window, and sums up.
func gradientSumsGeneric(pix []int16, stride int, k *lucasKanade, c *gradientColumns) {
	const n = alignTile
	*c = gradientColumns{}
	for y := range n {
		up := pix[y*stride : y*stride+n+2]
		mid := pix[(y+1)*stride : (y+1)*stride+n+2]
		low := pix[(y+2)*stride : (y+2)*stride+n+2]
		for x := range n {
			v := int32(mid[x+1])
			c.ints[0][x] += v
			c.ints[1][x] += v * v
			gy := float32(int32(low[x+1]) - int32(up[x+1]))
			gx := float32(int32(mid[x+2]) - int32(mid[x]))
			w := k.win.half[y*n+x]
			wy, wx := w*gy, w*gx
			k.a[y*n+x], k.wy[y*n+x], k.wx[y*n+x] = float32(v), wy, wx
			c.sums[0][x] += float32(wy * gy)
			c.sums[1][x] += float32(wx * gx)
			c.sums[2][x] += float32(wy * gx)
		}
	}
}

// residualColumns are sums over the columns of a tile: W·gy·e, W·gx·e and
// W·e², e being the difference from the tile where it was found.
type residualColumns [3][alignTile]float32

// residualSumsGeneric samples the tile among the (alignTile+3)² samples at pix
// with weights wy down and wx across, and sums up.
func residualSumsGeneric(pix []int16, stride int, wy, wx *[4]float32, k *lucasKanade, c *residualColumns) {
	const n = alignTile
	*c = residualColumns{}
	var rows [n + 3][n]float32
	for y := range n + 3 {
		row := pix[y*stride : y*stride+n+3]
		for x := range n {
			s := float32(wx[0]*float32(row[x])) + float32(wx[1]*float32(row[x+1]))
			s += float32(wx[2] * float32(row[x+2]))
			rows[y][x] = s + float32(wx[3]*float32(row[x+3]))
		}
	}
	for y := range n {
		for x := range n {
			s := float32(wy[0]*rows[y][x]) + float32(wy[1]*rows[y+1][x])
			s += float32(wy[2] * rows[y+2][x])
			s += float32(wy[3] * rows[y+3][x])
			e := k.a[y*n+x] - s
			c[0][x] += float32(k.wy[y*n+x] * e)
			c[1][x] += float32(k.wx[y*n+x] * e)
			c[2][x] += float32(float32(k.win.w[y*n+x]*e) * e)
		}
	}
}
