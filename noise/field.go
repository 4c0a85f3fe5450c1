package noise

import (
	"math"
	"slices"
)

// vec is a displacement; its unit is told by what holds it.
type vec struct{ y, x float32 }

// near reports whether two displacements are within distance.
func (v vec) near(o vec, distance float32) bool {
	dy, dx := v.y-o.y, v.x-o.x
	return float32(dy*dy)+float32(dx*dx) <= distance*distance
}

// field is a displacement for each tile of alignTile samples of a level; tile
// (i, j) begins at (i·step + off, j·step + off).
type field struct {
	nx, ny    int
	step, off int
	v         []vec
}

func (f *field) at(y, x int) vec {
	return f.v[min(max(y, 0), f.ny-1)*f.nx+min(max(x, 0), f.nx-1)]
}

// interpolate is the bilinear field at fractional tile coordinates.
func (f *field) interpolate(y, x float32) vec {
	y = min(max(y, 0), float32(f.ny-1))
	x = min(max(x, 0), float32(f.nx-1))
	y0, x0 := int(y), int(x)
	fy, fx := y-float32(y0), x-float32(x0)
	a, b, c, d := f.at(y0, x0), f.at(y0, x0+1), f.at(y0+1, x0), f.at(y0+1, x0+1)
	top := vec{lerp(a.y, b.y, fx), lerp(a.x, b.x, fx)}
	low := vec{lerp(c.y, d.y, fx), lerp(c.x, d.x, fx)}
	return vec{lerp(top.y, low.y, fy), lerp(top.x, low.x, fy)}
}

func lerp(a, b, f float32) float32 { return a + float32((b-a)*f) }

// median is the componentwise median of the (2r+1)² tiles around (y, x), every
// tiles apart.
func (f *field) median(y, x, r, every int) vec {
	var ys, xs [25]float32
	n := 0
	for j := y - r*every; j <= y+r*every; j += every {
		for i := x - r*every; i <= x+r*every; i += every {
			v := f.at(min(max(j, 0), (f.ny-1)/every*every), min(max(i, 0), (f.nx-1)/every*every))
			ys[n], xs[n] = v.y, v.x
			n++
		}
	}
	if n == 9 {
		return vec{median9((*[9]float32)(ys[:])), median9((*[9]float32)(xs[:]))}
	}
	slices.Sort(ys[:n])
	slices.Sort(xs[:n])
	return vec{ys[n/2], xs[n/2]}
}

// median9 is the median of nine by the sorting network of Paeth (Graphics
// Gems, 1990).
func median9(p *[9]float32) float32 {
	swap := func(i, j int) { p[i], p[j] = min(p[i], p[j]), max(p[i], p[j]) }
	swap(1, 2)
	swap(4, 5)
	swap(7, 8)
	swap(0, 1)
	swap(3, 4)
	swap(6, 7)
	swap(1, 2)
	swap(4, 5)
	swap(7, 8)
	p[3] = max(p[0], p[3])
	p[5] = min(p[5], p[8])
	swap(4, 7)
	p[6] = max(p[3], p[6])
	p[4] = max(p[1], p[4])
	p[2] = min(p[2], p[5])
	p[4] = min(p[4], p[7])
	swap(4, 2)
	p[4] = max(p[6], p[4])
	return min(p[4], p[2])
}

// affine is a displacement that changes linearly over the frame: what shift,
// roll and zoom of the camera do. scale is the spread of the tiles around it.
type affine struct {
	y, x  [3]float64 // constant, per tile down, per tile across
	scale float64
}

func (a *affine) at(ty, tx int) vec {
	y, x := float64(ty), float64(tx)
	return vec{
		float32(a.y[0] + float64(a.y[1]*y) + float64(a.y[2]*x)),
		float32(a.x[0] + float64(a.x[1]*y) + float64(a.x[2]*x)),
	}
}

// far reports whether a displacement is too far from the camera's motion a to
// be part of it.
func (a *affine) far(v, camera vec) bool {
	limit := max(1, 3*a.scale)
	dy, dx := float64(v.y-camera.y), float64(v.x-camera.x)
	return float64(dy*dy)+float64(dx*dx) > limit*limit
}

// sample is a tile that takes part in a fit.
type sample struct {
	ty, tx int
	v      vec
	weight float64
}

const fitIterations = 8

// fitAffine is a weighted robust fit by iteratively reweighted least squares
// with Cauchy's weights.
func fitAffine(s []sample) affine {
	var a affine
	if len(s) == 0 {
		a.scale = .05
		return a
	}
	weights := make([]float64, len(s))
	span := 1.0
	for i := range s {
		weights[i] = s[i].weight
		span = max(span, float64(max(s[i].ty, s[i].tx)))
	}
	slices.Sort(weights)
	strong := weights[len(weights)/2]
	robust := make([]float64, len(s))
	for i := range robust {
		robust[i] = 1
	}
	dist := make([]float64, 0, len(s))
	for range fitIterations {
		var n [3][5]float64 // normal equations, right-hand sides for y and x
		sum := 0.0
		for i := range s {
			w := (s[i].weight + 1e-12) * robust[i]
			sum += w
			f := [3]float64{1, float64(s[i].ty)/span - .5, float64(s[i].tx)/span - .5}
			for j := range 3 {
				wf := w * f[j]
				for k := range 3 {
					n[j][k] += float64(wf * f[k])
				}
				n[j][3] += float64(wf * float64(s[i].v.y))
				n[j][4] += float64(wf * float64(s[i].v.x))
			}
		}
		n[1][1] += float64(sum * 1e-4)
		n[2][2] += float64(sum * 1e-4)
		if !solve3(&n) {
			break
		}
		set := func(c int) [3]float64 {
			return [3]float64{
				n[0][c] - float64(.5*n[1][c]) - float64(.5*n[2][c]), n[1][c] / span, n[2][c] / span,
			}
		}
		a.y, a.x = set(3), set(4)
		dist = dist[:0]
		for i := range s {
			m := a.at(s[i].ty, s[i].tx)
			dy, dx := float64(s[i].v.y-m.y), float64(s[i].v.x-m.x)
			d := math.Sqrt(float64(dy*dy) + float64(dx*dx))
			robust[i] = d
			if s[i].weight >= strong {
				dist = append(dist, d)
			}
		}
		slices.Sort(dist)
		a.scale = max(float64(dist[len(dist)/2]*1.5), .02)
		for i := range robust {
			q := robust[i] / a.scale
			q = 1 / (1 + float64(q*q))
			robust[i] = q * q
		}
	}
	return a
}

// solve3 solves three equations with two right-hand sides by elimination with
// pivoting; the solutions replace columns 3 and 4.
func solve3(n *[3][5]float64) bool {
	for c := range 3 {
		p := c
		for r := c + 1; r < 3; r++ {
			if math.Abs(n[r][c]) > math.Abs(n[p][c]) {
				p = r
			}
		}
		n[c], n[p] = n[p], n[c]
		if n[c][c] == 0 {
			return false
		}
		for r := range 3 {
			if r == c {
				continue
			}
			k := n[r][c] / n[c][c]
			for j := c; j < 5; j++ {
				n[r][j] -= float64(k * n[c][j])
			}
		}
	}
	for r := range 3 {
		n[r][3] /= n[r][r]
		n[r][4] /= n[r][r]
	}
	return true
}
