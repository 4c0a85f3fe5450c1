package bank

import "image"

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

// straightAt takes them at f[i]. With D(k) the difference of the samples k right
// and k left of it, the colour difference low-passed along the row,
// ±(f₀/2 + (f₋₂ + f₂)/4 − (f₋₁ + f₁)/2), changes from left to right by
// (D(1) + D(3) − 2·D(2))/4.
func straightAt(f []int16, i, stride int) straight {
	at := func(y, x int) int32 { return int32(f[i+y*stride+x]) }
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

func diagonalAt(f []int16, i, stride int) diagonal {
	at := func(y, x int) int32 { return int32(f[i+y*stride+x]) }
	row := at(0, -2) + at(0, 2) - 2*(at(0, -1)+at(0, 1))
	col := at(-2, 0) + at(2, 0) - 2*(at(-1, 0)+at(1, 0))
	return diagonal{dd: abs(at(-1, -1) - at(1, 1)), du: abs(at(-1, 1) - at(1, -1)), e: abs(row - col)}
}

// bayer fills the unit planes from a Bayer mosaic: sums over the four pixels.
func (f *Features) bayer(src *Plane) {
	b := &f.reduced[0]
	b.resetSlack(image.Rectangle{Min: f.area.Min.Mul(2), Max: f.area.Max.Mul(2)}.Inset(-bayerReach))
	for y := b.Rect.Min.Y; y < b.Rect.Max.Y; y++ {
		d, s := b.at(b.Rect.Min.X, y), src.at(b.Rect.Min.X, y)
		f.set.reduce(f, b.Pix[d:], src.Pix[s:], b.Stride)
	}
	for u := f.area.Min.Y; u < f.area.Max.Y; u++ {
		f.set.bayerRow(f, u, b.Pix, b.at(2*f.area.Min.X, 2*u), b.Stride)
	}
}

func reduce(dst, src []int16) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = src[i] >> featureShift
	}
}

func (f *Features) bayerRow(u int, b []int16, at, stride int) {
	var rows [mosaicPlanes][]uint16
	for i := range rows {
		rows[i] = f.unitRow(i, u)
	}
	for i := range f.area.Dx() {
		var s straight
		var d diagonal
		for _, o := range [4]int{0, 1, stride, stride + 1} {
			p, q := straightAt(b, at+2*i+o, stride), diagonalAt(b, at+2*i+o, stride)
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

// quad fills the unit planes from a Quad mosaic: cells are binned to one
// sample each, the differences taken between cells and smoothed over 3×3
// units (the diagonal ones and e twice), and the steps inside cells added.
func (f *Features) quad(src *Plane) {
	b := &f.reduced[0]
	b.resetSlack(f.area.Inset(-quadReach))
	for u := b.Rect.Min.Y; u < b.Rect.Max.Y; u++ {
		s, d := src.at(2*b.Rect.Min.X, 2*u), b.at(b.Rect.Min.X, u)
		f.set.binRow(f, b.Pix[d:], src.Pix[s:], src.Pix[s+src.Stride:], b.Stride)
	}
	for u := f.area.Min.Y; u < f.area.Max.Y; u++ {
		s := src.at(2*f.area.Min.X, 2*u)
		f.set.cellRow(f, u, src.Pix[s:], src.Pix[s+src.Stride:])
	}

	once, twice := f.area.Inset(-1), f.area.Inset(-2)
	for i := range mosaicPlanes {
		f.rough[i] = grow(f.rough[i], twice.Dx()*twice.Dy()+slack)
	}
	f.smooth = grow(f.smooth, once.Dx()*once.Dy()+slack)
	for u := once.Min.Y; u < once.Max.Y; u++ {
		f.set.straightRow(f, (u-once.Min.Y)*once.Dx(), once.Dx(), b.Pix, b.at(once.Min.X, u), b.Stride)
	}
	for u := twice.Min.Y; u < twice.Max.Y; u++ {
		f.set.diagonalRow(f, (u-twice.Min.Y)*twice.Dx(), twice.Dx(), b.Pix, b.at(twice.Min.X, u), b.Stride)
	}
	for _, i := range [...]int{gH, gV, aH, aV, nN} {
		f.set.smooth3(f, f.unit[i], f.rough[i], f.pitch, f.area.Dx(), f.area.Dy(), 2)
	}
	for _, i := range [...]int{dD, dU, eE} {
		f.set.smooth3(f, f.smooth, f.rough[i], once.Dx(), once.Dx(), once.Dy(), 3)
		f.set.smooth3(f, f.unit[i], f.smooth, f.pitch, f.area.Dx(), f.area.Dy(), 2)
	}
}

// binRow reduces cells of 2×2 samples, given by their two rows, to their mean.
func binRow(dst, top, bottom []int16) {
	top, bottom = top[:2*len(dst)], bottom[:2*len(dst)]
	for i := range dst {
		sum := int32(top[2*i]) + int32(top[2*i+1]) + int32(bottom[2*i]) + int32(bottom[2*i+1])
		dst[i] = int16((sum + 16) >> (2 + featureShift))
	}
}

// cellRow sums the steps inside cells: along the rows and along the columns.
func cellRow(h, v []uint16, top, bottom []int16) {
	v, top, bottom = v[:len(h)], top[:2*len(h)], bottom[:2*len(h)]
	for i := range h {
		a, b := int32(top[2*i]>>featureShift), int32(top[2*i+1]>>featureShift)
		c, d := int32(bottom[2*i]>>featureShift), int32(bottom[2*i+1]>>featureShift)
		h[i] = uint16(min(abs(a-b)+abs(c-d), planeMax))
		v[i] = uint16(min(abs(a-c)+abs(b-d), planeMax))
	}
}

func straightRow(dst *[maxPlanes][]uint16, o, n int, b []int16, at, stride int) {
	for i := range n {
		s := straightAt(b, at+i, stride)
		dst[gH][o+i] = uint16(s.gh)
		dst[gV][o+i] = uint16(s.gv)
		dst[aH][o+i] = uint16(s.ah >> 2)
		dst[aV][o+i] = uint16(s.av >> 2)
		dst[nN][o+i] = uint16(s.n >> 2)
	}
}

func diagonalRow(dst *[maxPlanes][]uint16, o, n int, b []int16, at, stride int) {
	for i := range n {
		s := diagonalAt(b, at+i, stride)
		dst[dD][o+i] = uint16(s.dd)
		dst[dU][o+i] = uint16(s.du)
		dst[eE][o+i] = uint16(s.e >> 2)
	}
}

// smooth3 sums 3×3 entries of src, whose rows are two entries longer than the
// width of dst, over 1<<shift; dst, whose rows are pitch entries apart, stays
// below planeMax.
func smooth3(dst, src []uint16, pitch, width, height, shift int) {
	for y := range height {
		d := dst[y*pitch:][:width]
		a, b, c := src[y*(width+2):], src[(y+1)*(width+2):], src[(y+2)*(width+2):]
		a, b, c = a[:width+2], b[:width+2], c[:width+2]
		for x := range d {
			sum := a[x] + a[x+1] + a[x+2] + b[x] + b[x+1] + b[x+2] + c[x] + c[x+1] + c[x+2]
			d[x] = min(sum>>shift, planeMax)
		}
	}
}

// color fills the unit planes from three planes.
func (f *Features) color(src *RGB) {
	r := image.Rectangle{Min: f.area.Min.Mul(2), Max: f.area.Max.Mul(2)}
	l, dr, db := &f.reduced[0], &f.reduced[1], &f.reduced[2]
	for _, p := range [...]*Plane{l, dr, db} {
		p.resetSlack(r.Inset(-1))
	}
	for y := l.Rect.Min.Y; y < l.Rect.Max.Y; y++ {
		d, s := l.at(l.Rect.Min.X, y), src.at(l.Rect.Min.X, y)
		f.set.differences(f, l.Pix[d:], dr.Pix[d:], db.Pix[d:], src, s, l.Stride)
	}
	for u := f.area.Min.Y; u < f.area.Max.Y; u++ {
		f.set.colorRow(f, u, l.Pix, dr.Pix, db.Pix, l.at(2*f.area.Min.X, 2*u), l.Stride)
	}
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

func (f *Features) colorRow(u int, l, dr, db []int16, at, stride int) {
	var rows [colorPlanes][]uint16
	for i := range rows {
		rows[i] = f.unitRow(i, u)
	}
	for i := range f.area.Dx() {
		var h, v, dd, du, ch, cv, z, c, m int32
		for _, o := range [4]int{0, 1, stride, stride + 1} {
			j := at + 2*i + o
			left, right, up, down := int32(l[j-1]), int32(l[j+1]), int32(l[j-stride]), int32(l[j+stride])
			h += abs(right - left)
			v += abs(down - up)
			dd += abs(int32(l[j-stride-1]) - int32(l[j+stride+1]))
			du += abs(int32(l[j-stride+1]) - int32(l[j+stride-1]))
			z += abs(4*int32(l[j]) - left - right - up - down)
			ch += abs(int32(dr[j+1])-int32(dr[j-1])) + abs(int32(db[j+1])-int32(db[j-1]))
			cv += abs(int32(dr[j+stride])-int32(dr[j-stride])) + abs(int32(db[j+stride])-int32(db[j-stride]))
			c += (detail(dr, j, stride) + detail(db, j, stride)) >> 2
			m += abs(int32(dr[j])) + abs(int32(db[j]))
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

// detail is 9/2 times how much d differs from its mean over 3×3 pixels.
func detail(d []int16, j, stride int) int32 {
	at := func(o int) int32 { return int32(d[j+o] >> 1) }
	sum := at(-stride-1) + at(-stride) + at(-stride+1) + at(-1) + at(1) + at(stride-1) + at(stride) + at(stride+1)
	return abs(8*at(0) - sum)
}
