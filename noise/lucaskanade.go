package noise

import "math"

// alignTile is the side of an alignment tile in gray samples.
const alignTile = 16

// tileWindow is the sine window of an alignment tile, and its sum.
type tileWindow struct {
	w    [alignTile * alignTile]float32
	half [alignTile * alignTile]float32 // w/2: central differences are twice the gradient
	sum  float64
}

func newTileWindow() *tileWindow {
	t := &tileWindow{}
	var s [alignTile]float64
	for i := range s {
		s[i] = math.Sin(math.Pi * (float64(i) + .5) / alignTile)
	}
	for y := range alignTile {
		for x := range alignTile {
			v := float32(s[y] * s[x])
			t.w[y*alignTile+x], t.half[y*alignTile+x] = v, v/2
			t.sum += float64(v)
		}
	}
	return t
}

// lucasKanade holds a reference tile prepared for sub-pixel alignment by the
// inverse compositional method (Baker and Matthews 2004).
type lucasKanade struct {
	win *tileWindow
	// The tile, and its gradient times the window.
	a, wy, wx [alignTile * alignTile]float32
	// Σ W·gradient·gradientᵀ less what noise alone puts on the diagonal.
	hyy, hxx, hxy float64
	mean, power   float64 // of the tile: mean and variance

	buf [(alignTile + 3) * (alignTile + 3)]int16
}

// prepare takes the tile at (x, y) of the reference; s2 tells the variance of
// a sample at a signal (gray units squared).
func (k *lucasKanade) prepare(ref *plane, x, y int, s2 func(mean float64) float64) float64 {
	const n = alignTile
	pix, stride := ref.window(x-1, y-1, n+2, k.buf[:])
	yy, xx, xy, sum, sq := k.gradient(pix, stride)
	k.mean = sum / (n * n)
	k.power = max(sq/(n*n)-float64(k.mean*k.mean), 0)
	v := s2(k.mean)
	bias := v / 2 * k.win.sum
	k.hyy = max(yy-bias, 0)
	k.hxx = max(xx-bias, 0)
	limit := math.Sqrt(k.hyy * k.hxx)
	k.hxy = min(max(xy, -limit), limit)
	return v
}

// gradient fills a, wy and wx from the (alignTile+2)² samples at pix and sums
// up over the columns.
func (k *lucasKanade) gradient(pix []int16, stride int) (yy, xx, xy, sum, sq float64) {
	var c gradientColumns
	gradientSums(pix, stride, k, &c)
	for x := range alignTile {
		yy += float64(c.sums[0][x])
		xx += float64(c.sums[1][x])
		xy += float64(c.sums[2][x])
		sum += float64(c.ints[0][x])
		sq += float64(c.ints[1][x])
	}
	return yy / 2, xx / 2, xy / 2, sum, sq
}

// step is one step of the maximum a posteriori estimate: v is where the tile
// (x, y) of the reference is seen in b so far, prior where it should be,
// precision how sure that is. It returns the new v and Σ W·(a − b)² before.
func (k *lucasKanade) step(b *plane, x, y int, v, prior vec, precision float64) (vec, float64) {
	const n = alignTile
	iy, ix := int(math.Floor(float64(v.y))), int(math.Floor(float64(v.x)))
	wy, wx := keysWeights(v.y-float32(iy)), keysWeights(v.x-float32(ix))
	pix, stride := b.window(x+ix-1, y+iy-1, n+3, k.buf[:])
	var c residualColumns
	residualSums(pix, stride, &wy, &wx, k, &c)
	var by, bx, res float64
	for i := range n {
		by += float64(c[0][i])
		bx += float64(c[1][i])
		res += float64(c[2][i])
	}
	by += float64(precision * float64(prior.y-v.y))
	bx += float64(precision * float64(prior.x-v.x))
	hyy, hxx := k.hyy+precision, k.hxx+precision
	det := float64(hyy*hxx) - float64(k.hxy*k.hxy) + 1e-20
	dy := (float64(hxx*by) - float64(k.hxy*bx)) / det
	dx := (float64(hyy*bx) - float64(k.hxy*by)) / det
	return vec{v.y + float32(min(max(dy, -1), 1)), v.x + float32(min(max(dx, -1), 1))}, res
}

// keysWeights are the weights of cubic interpolation at the fraction f (Keys
// 1981, a = −1/2).
func keysWeights(f float32) [4]float32 {
	f2 := float32(f * f)
	f3 := float32(f2 * f)
	return [4]float32{
		f2 - float32(.5*f3) - float32(.5*f),
		float32(1.5*f3) - float32(2.5*f2) + 1,
		float32(2*f2) - float32(1.5*f3) + float32(.5*f),
		float32(.5*f3) - float32(.5*f2),
	}
}
