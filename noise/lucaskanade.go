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

	buf  [22 * 22]int16
	rows [(alignTile + 3) * alignTile]float32
	e    [alignTile * alignTile]float32
}

// prepare takes the tile at (x, y) of the reference; s2 tells the variance of
// a sample at a signal (gray units squared).
func (k *lucasKanade) prepare(ref *plane, x, y int, s2 func(mean float64) float64) float64 {
	const n = alignTile
	pix, stride := ref.window(x-1, y-1, n+2, k.buf[:])
	var sums lkSums
	lkGradient(k, pix, stride, &sums)
	k.mean = sums.sum / (n * n)
	k.power = max(sums.sq/(n*n)-float64(k.mean*k.mean), 0)
	v := s2(k.mean)
	bias := v / 2 * k.win.sum
	k.hyy = max(sums.yy-bias, 0)
	k.hxx = max(sums.xx-bias, 0)
	limit := math.Sqrt(k.hyy * k.hxx)
	k.hxy = min(max(sums.xy, -limit), limit)
	return v
}

// lkSums are the sums over a tile that lkGradient finds.
type lkSums struct{ yy, xx, xy, sum, sq float64 }

// lkGradient fills a, wy and wx from the (alignTile+2)² samples at pix and sums
// up. Sums go column by column first, then over the columns.
func lkGradient(k *lucasKanade, pix []int16, stride int, s *lkSums) {
	const n = alignTile
	var cyy, cxx, cxy [n]float32
	var sum, sq int64
	for y := range n {
		up := pix[y*stride : y*stride+n+2]
		mid := pix[(y+1)*stride : (y+1)*stride+n+2]
		low := pix[(y+2)*stride : (y+2)*stride+n+2]
		for x := range n {
			v := mid[x+1]
			sum += int64(v)
			sq += int64(v) * int64(v)
			gy := float32(int32(low[x+1]) - int32(up[x+1]))
			gx := float32(int32(mid[x+2]) - int32(mid[x]))
			w := k.win.half[y*n+x]
			wy, wx := w*gy, w*gx
			k.a[y*n+x], k.wy[y*n+x], k.wx[y*n+x] = float32(v), wy, wx
			cyy[x] += float32(wy * gy)
			cxx[x] += float32(wx * gx)
			cxy[x] += float32(wy * gx)
		}
	}
	*s = lkSums{sum: float64(sum), sq: float64(sq)}
	for x := range n {
		s.yy += float64(cyy[x])
		s.xx += float64(cxx[x])
		s.xy += float64(cxy[x])
	}
	s.yy /= 2
	s.xx /= 2
	s.xy /= 2
}

// step is one step of the maximum a posteriori estimate: v is where the tile
// (x, y) of the reference is seen in b so far, prior where it should be,
// precision how sure that is. It returns the new v and Σ W·(a − b)² before.
func (k *lucasKanade) step(b *plane, x, y int, v, prior vec, precision float64) (vec, float64) {
	const n = alignTile
	iy, ix := int(math.Floor(float64(v.y))), int(math.Floor(float64(v.x)))
	wy, wx := keysWeights(v.y-float32(iy)), keysWeights(v.x-float32(ix))
	pix, stride := b.window(x+ix-1, y+iy-1, n+3, k.buf[:])
	by, bx, res := lkResidual(k, pix, stride, &wy, &wx)
	by += float64(precision * float64(prior.y-v.y))
	bx += float64(precision * float64(prior.x-v.x))
	hyy, hxx := k.hyy+precision, k.hxx+precision
	det := float64(hyy*hxx) - float64(k.hxy*k.hxy) + 1e-20
	dy := (float64(hxx*by) - float64(k.hxy*bx)) / det
	dx := (float64(hyy*bx) - float64(k.hxy*by)) / det
	return vec{v.y + float32(min(max(dy, -1), 1)), v.x + float32(min(max(dx, -1), 1))}, res
}

// lkResidual samples b by a separable cubic and returns Σ W·gradient·(a − b)
// and Σ W·(a − b)².
func lkResidual(k *lucasKanade, pix []int16, stride int, wy, wx *[4]float32) (by, bx, res float64) {
	const n = alignTile
	for y := range n + 3 {
		row := pix[y*stride : y*stride+n+3]
		out := k.rows[y*n : y*n+n]
		for x := range n {
			s := float32(wx[0]*float32(row[x])) + float32(wx[1]*float32(row[x+1]))
			s += float32(wx[2] * float32(row[x+2]))
			out[x] = s + float32(wx[3]*float32(row[x+3]))
		}
	}
	var cy, cx, cr [n]float32
	for y := range n {
		r0, r1, r2, r3 := k.rows[y*n:][:n], k.rows[(y+1)*n:][:n], k.rows[(y+2)*n:][:n], k.rows[(y+3)*n:][:n]
		for x := range n {
			s := float32(wy[0]*r0[x]) + float32(wy[1]*r1[x])
			s += float32(wy[2] * r2[x])
			s += float32(wy[3] * r3[x])
			e := k.a[y*n+x] - s
			cy[x] += float32(k.wy[y*n+x] * e)
			cx[x] += float32(k.wx[y*n+x] * e)
			cr[x] += float32(float32(k.win.w[y*n+x]*e) * e)
		}
	}
	for x := range n {
		by += float64(cy[x])
		bx += float64(cx[x])
		res += float64(cr[x])
	}
	return by, bx, res
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
