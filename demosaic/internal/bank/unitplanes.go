package bank

import "math/bits"

// How far the differences of stage 1 look: pixels for Bayer, units for Quad,
// whose differences are taken between cells and smoothed.
const (
	bayerReach = 3
	quadReach  = 4
)

func abs(v int32) int32 { return max(v, -v) }

// straight and diagonal are the differences of stage 1 at one sample of a
// Bayer mosaic; a, n and e are four times what the comment at the unit planes
// says.
type (
	straight struct{ gh, gv, ah, av, n int32 }
	diagonal struct{ dd, du, e int32 }
)

// around is seven rows of samples, of which the one in the middle counts. They
// begin three samples before the first one that does.
type around [2*bayerReach + 1][]int16

// straightAt takes them at sample i. With D(k) the difference of the samples k
// right and k left of it, the colour difference low-passed along the row,
// ±(f₀/2 + (f₋₂ + f₂)/4 − (f₋₁ + f₁)/2), changes from left to right by
// (D(1) + D(3) − 2·D(2))/4.
func straightAt(f *around, i int) straight {
	at := func(y, x int) int32 { return int32(f[bayerReach+y][bayerReach+i+x]) }
	h1, h2, h3 := at(0, 1)-at(0, -1), at(0, 2)-at(0, -2), at(0, 3)-at(0, -3)
	v1, v2, v3 := at(1, 0)-at(-1, 0), at(2, 0)-at(-2, 0), at(3, 0)-at(-3, 0)
	row := at(0, -2) + at(0, 2) - 2*(at(0, -1)+at(0, 1))
	col := at(-2, 0) + at(2, 0) - 2*(at(-1, 0)+at(1, 0))
	c := 2 * at(0, 0)
	return straight{
		gh: abs(h1), gv: abs(v1),
		ah: abs(h1 + h3 - 2*h2), av: abs(v1 + v3 - 2*v2),
		n: min(abs(c+row), abs(c+col)),
	}
}

func diagonalAt(f *around, i int) diagonal {
	at := func(y, x int) int32 { return int32(f[bayerReach+y][bayerReach+i+x]) }
	row := at(0, -2) + at(0, 2) - 2*(at(0, -1)+at(0, 1))
	col := at(-2, 0) + at(2, 0) - 2*(at(-1, 0)+at(1, 0))
	return diagonal{dd: abs(at(-1, -1) - at(1, 1)), du: abs(at(-1, 1) - at(1, -1)), e: abs(row - col)}
}

// reducedAround are the rows of reduced samples around row y, from sample x of
// the area on.
func (f *Features) reducedAround(y, x int) (r around) {
	for k := range r {
		r[k] = f.reduced.row(0, y-bayerReach+k)[rowBorder+x-bayerReach:]
	}
	return r
}

// bayerUnits makes row v of the unit planes from a Bayer mosaic: sums over the
// four pixels of differences of reduced samples.
func (f *Features) bayerUnits(v int) {
	f.reduced.need(2*v-bayerReach, 2*v+1+bayerReach, func(y int) {
		src := f.mosaic.Pix[f.mosaic.at(2*f.area.Min.X-bayerReach, y):]
		f.set.reduce(f, f.reduced.row(0, y)[rowBorder-bayerReach:], src, 2*(f.area.Dx()+bayerReach))
	})
	f.set.bayerRow(f, v)
}

func reduce(dst, src []int16) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = src[i] >> featureShift
	}
}

func (f *Features) bayerRow(v int) {
	upper, lower := f.reducedAround(2*v, 0), f.reducedAround(2*v+1, 0)
	var rows [mosaicPlanes][]uint16
	for i := range rows {
		rows[i] = f.unit.row(i, v)
	}
	for i := range f.area.Dx() {
		var s straight
		var d diagonal
		for k := range 4 {
			from := &upper
			if k > 1 {
				from = &lower
			}
			p, q := straightAt(from, 2*i+k&1), diagonalAt(from, 2*i+k&1)
			s.gh += p.gh
			s.gv += p.gv
			s.ah += p.ah
			s.av += p.av
			s.n += p.n
			d.dd += q.dd
			d.du += q.du
			d.e += q.e >> 1
		}
		rows[gH][i] = uint16(s.gh >> 1)
		rows[gV][i] = uint16(s.gv >> 1)
		rows[aH][i] = uint16(s.ah >> 3)
		rows[aV][i] = uint16(s.av >> 3)
		rows[dD][i] = uint16(d.dd >> 1)
		rows[dU][i] = uint16(d.du >> 1)
		rows[eE][i] = uint16(min(d.e>>2, planeMax))
		rows[nN][i] = uint16(s.n >> 3)
	}
}

// The unit planes of Quad that are smoothed once, and twice.
const (
	straightPlanes = 1<<gH | 1<<gV | 1<<aH | 1<<aV | 1<<nN
	diagonalPlanes = 1<<dD | 1<<dU | 1<<eE
)

// quadUnits makes row v of the unit planes from a Quad mosaic: cells are binned
// to one sample each, the differences taken between cells and smoothed over 3×3
// units (the diagonal ones and e twice), and the steps inside cells added.
func (f *Features) quadUnits(v int) {
	f.straight.need(v-1, v+1, func(w int) {
		f.bin(w-bayerReach, w+bayerReach)
		f.set.straightRow(f, w)
	})
	f.smoothed(&f.unit, &f.straight, v, f.area.Dx(), 2, straightPlanes)
	if diagonalPlanes&^f.unused.all() != 0 {
		f.smooth.need(v-1, v+1, func(w int) {
			f.diagonal.need(w-1, w+1, func(x int) {
				f.bin(x-2, x+2)
				f.set.diagonalRow(f, x)
			})
			f.smoothed(&f.smooth, &f.diagonal, w, f.area.Dx()+2, 3, diagonalPlanes)
		})
		f.smoothed(&f.unit, &f.smooth, v, f.area.Dx(), 2, diagonalPlanes)
	}
	s := f.mosaic.at(2*f.area.Min.X, 2*v)
	f.set.cellRow(f, v, f.mosaic.Pix[s:], f.mosaic.Pix[s+f.mosaic.Stride:])
}

// binRow reduces cells of 2×2 samples, given by their two rows, to their mean.
func binRow(dst, top, bottom []int16) {
	top, bottom = top[:2*len(dst)], bottom[:2*len(dst)]
	for i := range dst {
		sum := int32(top[2*i]) + int32(top[2*i+1]) + int32(bottom[2*i]) + int32(bottom[2*i+1])
		dst[i] = int16((sum + 16) >> (2 + featureShift))
	}
}

// cellRow sums the steps inside cells: along the rows, along the columns, and
// along the diagonals, where there is one step each, which counts twice.
func cellRow(h, v, falling, rising []uint16, top, bottom []int16) {
	v, falling, rising = v[:len(h)], falling[:len(h)], rising[:len(h)]
	top, bottom = top[:2*len(h)], bottom[:2*len(h)]
	for i := range h {
		a, b := int32(top[2*i]>>featureShift), int32(top[2*i+1]>>featureShift)
		c, d := int32(bottom[2*i]>>featureShift), int32(bottom[2*i+1]>>featureShift)
		h[i] = uint16(min(abs(a-b)+abs(c-d), planeMax))
		v[i] = uint16(min(abs(a-c)+abs(b-d), planeMax))
		falling[i] = uint16(2 * abs(a-d))
		rising[i] = uint16(2 * abs(b-c))
	}
}

// bin makes rows of reduced samples.
func (f *Features) bin(first, last int) {
	f.reduced.need(first, last, func(y int) {
		s := f.mosaic.at(2*(f.area.Min.X-quadReach), 2*y)
		dst := f.reduced.row(0, y)[rowBorder-quadReach:]
		f.set.binRow(f, dst, f.mosaic.Pix[s:], f.mosaic.Pix[s+f.mosaic.Stride:], f.area.Dx()+2*quadReach)
	})
}

// straightRow makes row y from one unit left of the area on, diagonalRow from
// two.
func (f *Features) straightRow(y int) {
	from := f.reducedAround(y, -1)
	var rows [mosaicPlanes][]uint16
	for i := range rows {
		rows[i] = f.straight.row(i, y)
	}
	for i := range f.area.Dx() + 2 {
		s := straightAt(&from, i)
		rows[gH][i] = uint16(s.gh)
		rows[gV][i] = uint16(s.gv)
		rows[aH][i] = uint16(s.ah >> 2)
		rows[aV][i] = uint16(s.av >> 2)
		rows[nN][i] = uint16(s.n >> 2)
	}
}

func (f *Features) diagonalRow(y int) {
	from := f.reducedAround(y, -2)
	var rows [mosaicPlanes][]uint16
	for i := range rows {
		rows[i] = f.diagonal.row(i, y)
	}
	for i := range f.area.Dx() + 4 {
		s := diagonalAt(&from, i)
		rows[dD][i] = uint16(s.dd)
		rows[dU][i] = uint16(s.du)
		rows[eE][i] = uint16(s.e >> 2)
	}
}

// smoothed makes row y of some planes of dst from the rows of src around.
func (f *Features) smoothed(dst, src *ring[uint16], y, width, shift int, planes uint16) {
	to, a, b, c := dst.row(0, y), src.row(0, y-1), src.row(0, y), src.row(0, y+1)
	for planes &^= f.unused.all(); planes != 0; planes &= planes - 1 {
		i := bits.TrailingZeros16(planes)
		o := i * src.pitch
		f.set.smooth3(f, to[i*dst.pitch:][:width], a[o:], b[o:], c[o:], shift)
	}
}

// smooth3 sums 3×3 entries of three rows, over 1<<shift; dst stays below
// planeMax.
func smooth3(dst, a, b, c []uint16, shift int) {
	a, b, c = a[:len(dst)+2], b[:len(dst)+2], c[:len(dst)+2]
	for x := range dst {
		sum := a[x] + a[x+1] + a[x+2] + b[x] + b[x+1] + b[x+2] + c[x] + c[x+1] + c[x+2]
		dst[x] = min(sum>>shift, planeMax)
	}
}

// colorUnits makes row v of the unit planes from three planes: sums over the
// four pixels of differences of luma and colour differences.
func (f *Features) colorUnits(v int) {
	f.reduced.need(2*v-1, 2*v+2, func(y int) {
		const o = rowBorder - 1
		l, dr, db := f.reduced.row(0, y)[o:], f.reduced.row(1, y)[o:], f.reduced.row(2, y)[o:]
		f.set.differences(f, l, dr, db, f.rgb.at(2*f.area.Min.X-1, y), 2*f.area.Dx()+2)
	})
	f.set.colorRow(f, v)
}

// differences reduces a row to luma and the colour differences R−G and B−G.
func differences(l, dr, db, r, g, b []int16) {
	dr, db, r, g, b = dr[:len(l)], db[:len(l)], r[:len(l)], g[:len(l)], b[:len(l)]
	for i := range l {
		l[i] = int16((int32(r[i]) + 2*int32(g[i]) + int32(b[i]) + 16) >> (2 + featureShift))
		green := g[i] >> featureShift
		dr[i] = r[i]>>featureShift - green
		db[i] = b[i]>>featureShift - green
	}
}

// beside is three rows of samples that begin one sample before the first that
// counts.
type beside [3][]int16

func (f *Features) reducedBeside(plane, y int) (r beside) {
	for k := range r {
		r[k] = f.reduced.row(plane, y-1+k)[rowBorder-1:]
	}
	return r
}

func (f *Features) colorRow(v int) {
	var rows [colorPlanes][]uint16
	for i := range rows {
		rows[i] = f.unit.row(i, v)
	}
	var l, dr, db [2]beside
	for y := range 2 {
		l[y], dr[y], db[y] = f.reducedBeside(0, 2*v+y), f.reducedBeside(1, 2*v+y), f.reducedBeside(2, 2*v+y)
	}
	for i := range f.area.Dx() {
		var h, v, dd, du, ch, cv, z, c, m int32
		for k := range 4 {
			x := 2*i + k&1
			l, dr, db := &l[k>>1], &dr[k>>1], &db[k>>1]
			left, right, up, down := l.at(0, x-1), l.at(0, x+1), l.at(-1, x), l.at(1, x)
			h += abs(right - left)
			v += abs(down - up)
			dd += abs(l.at(-1, x-1) - l.at(1, x+1))
			du += abs(l.at(-1, x+1) - l.at(1, x-1))
			z += abs(4*l.at(0, x) - left - right - up - down)
			ch += abs(dr.at(0, x+1)-dr.at(0, x-1)) + abs(db.at(0, x+1)-db.at(0, x-1))
			cv += abs(dr.at(1, x)-dr.at(-1, x)) + abs(db.at(1, x)-db.at(-1, x))
			c += (dr.detail(x) + db.detail(x)) >> 2
			m += abs(dr.at(0, x)) + abs(db.at(0, x))
		}
		rows[lH][i] = uint16(h >> 1)
		rows[lV][i] = uint16(v >> 1)
		rows[lD][i] = uint16(dd >> 1)
		rows[lU][i] = uint16(du >> 1)
		rows[cH][i] = uint16(min(ch>>1, planeMax))
		rows[cV][i] = uint16(min(cv>>1, planeMax))
		rows[zZ][i] = uint16(z >> 3)
		rows[cC][i] = uint16(min(c>>1, planeMax))
		rows[mM][i] = uint16(min(m>>1, planeMax))
	}
}

// at is sample x of the row dy below the one in the middle.
func (b *beside) at(dy, x int) int32 { return int32(b[1+dy][1+x]) }

// detail is 9/2 times how much a sample differs from its mean over 3×3.
func (b *beside) detail(x int) int32 {
	at := func(dy, x int) int32 { return b.at(dy, x) >> 1 }
	sum := at(-1, x-1) + at(-1, x) + at(-1, x+1) + at(0, x-1) + at(0, x+1) + at(1, x-1) + at(1, x) + at(1, x+1)
	return abs(8*at(0, x) - sum)
}
