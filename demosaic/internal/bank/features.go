package bank

import "image"

// A feature is a ratio num/den of two numbers of 15 bits, packed into a
// uint32: num (signed) in the low half, den (positive) in the high half. So
// "num/den ≤ Q/P" is the test P·num − Q·den ≤ 0 without a division: one
// VPMADDWD for a vector of units.
//
// Features come from unit planes: numbers of 0 to 8191 a unit, at about 16 to
// a level of 255, each the mean of some absolute difference over the unit.
// Unit planes are summed over boxes of 1, 3 and 5 units, and each box size
// gives twelve features; Quad adds four about the gradients inside the cells for
// each of the two larger ones.
// A ratio has one level added below, as in a/(b + 1).

const (
	planeMax    = 8191 // of a unit plane
	boxes       = 3    // 1, 3 and 5 units
	perBox      = 12   // features of a box
	boxReach    = 2    // units
	maxFeatures = boxes*perBox + (boxes-1)*perCell
	perCell     = 4 // features of a box about the inside of cells

	// featureShift leaves one level of 255 about 8 steps: what differences
	// are taken of.
	featureShift = 3
)

// one is a level of 255 in the sums over each box.
var one = [boxes]int32{16, 9, 12}

// FeatureCount returns the number of features of stage i (from 0).
func FeatureCount(n, i int) int {
	if i == 0 && n == 2 {
		return maxFeatures
	}
	return boxes * perBox
}

// featureReach returns how many pixels beyond a unit the features of stage i
// look.
func featureReach(n, i int) int {
	switch {
	case i > 0:
		return 2*boxReach + 1
	case n == 1:
		return 2*boxReach + bayerReach
	default:
		return 2 * (boxReach + quadReach)
	}
}

// The unit planes of stage 1: steps between samples of one colour (g),
// activity of the colour difference low-passed along rows and columns (a),
// diagonal steps (d), how much the two colour differences differ (e), and the
// smaller of the two (n), which is near zero on neutral detail of any
// frequency. Quad has the steps inside cells besides: along rows and columns (f),
// and along the diagonals (x), which tell gray detail at the frequencies of the
// array's checks from colour.
const (
	gH = iota
	gV
	aH
	aV
	dD // falling diagonal
	dU // rising diagonal
	eE
	nN
	mosaicPlanes
	fH = mosaicPlanes
	fV = mosaicPlanes + 1
	xD = mosaicPlanes + 2
	xU = mosaicPlanes + 3
)

// The unit planes of later stages: steps of luma along rows, columns and
// diagonals, steps of the colour differences, the Laplacian of luma (z), the
// detail of the colour differences (c) and their size (m).
const (
	lH = iota
	lV
	lD
	lU
	cH
	cV
	zZ
	cC
	mM
	colorPlanes
)

const maxPlanes = 12

// Features computes the features of one stage, row of units by row. Unit planes
// are made as far as a row needs them.
type Features struct {
	cell, stage int
	planes      int
	unused      planeSet        // what nobody asks for
	mosaic      *Plane          // what stage 1 reads
	rgb         *RGB            // what later stages read
	area        image.Rectangle // in units, with a border of boxReach
	width       int             // units a row of features

	unit    ring[uint16] // unit planes of area
	reduced ring[int16]  // what differences are taken of
	// Quad: unit planes before smoothing, and between the two times that the
	// diagonal ones are smoothed.
	straight, diagonal, smooth ring[uint16]

	column   []uint16
	sums     []uint16
	sumPitch int
	sum      [boxes][maxPlanes][]uint16
	rows     [maxFeatures][]uint32

	set   kernelSet // the best there is, unless fixed
	fixed bool
	boxes boxArgs
	args  planeArgs
	ratio ratioArgs
}

// planeSet is unit planes, bit by bit, by the box that they are summed over.
type planeSet [boxes]uint16

// all returns the planes that are there for every box.
func (s *planeSet) all() uint16 { return s[0] & s[1] & s[2] }

// Mosaic prepares the features of stage 1 for the units of r, a rectangle in
// pixels with even coordinates. src reaches beyond r by the stage's reach, and
// stays as it is while rows are asked for.
func (f *Features) Mosaic(n int, src *Plane, r image.Rectangle) { f.mosaicOf(n, src, r, planeSet{}) }

// Color prepares the features of a later stage.
func (f *Features) Color(n int, src *RGB, r image.Rectangle) { f.colorOf(n, src, r, planeSet{}) }

func (f *Features) mosaicOf(n int, src *Plane, r image.Rectangle, unused planeSet) {
	f.begin(n, 0, r, unused)
	f.mosaic, f.rgb = src, nil
	w := f.area.Dx()
	if n == 1 {
		f.reduced.reset(1, 8, rowBorder+2*w+bayerReach)
		return
	}
	f.reduced.reset(1, 2*quadReach+1, rowBorder+w+quadReach)
	f.straight.reset(mosaicPlanes, 3, w+2)
	f.diagonal.reset(mosaicPlanes, 3, w+4)
	f.smooth.reset(mosaicPlanes, 3, w+2)
}

func (f *Features) colorOf(n int, src *RGB, r image.Rectangle, unused planeSet) {
	f.begin(n, 1, r, unused)
	f.mosaic, f.rgb = nil, src
	f.reduced.reset(3, 4, rowBorder+2*f.area.Dx()+1)
}

func (f *Features) begin(n, stage int, r image.Rectangle, unused planeSet) {
	f.cell, f.stage, f.unused = n, stage, unused
	units := image.Rect(r.Min.X>>1, r.Min.Y>>1, r.Max.X>>1, r.Max.Y>>1)
	f.width = units.Dx()
	f.area = units.Inset(-boxReach)
	switch {
	case stage > 0:
		f.planes = colorPlanes
	case n == 1:
		f.planes = mosaicPlanes
	default:
		f.planes = maxPlanes
	}
	if !f.fixed {
		f.set = bestSet()
	}
	f.unit.reset(f.planes, 2*boxReach+1, f.area.Dx())
	f.column = grow(f.column, f.area.Dx())
	// A kernel may write an entry before the first one of a row.
	f.sumPitch = lines(f.width) + 32
	f.sums = grow(f.sums, 32+(boxes-1)*f.planes*f.sumPitch+slack)
	for b := 1; b < boxes; b++ {
		for i := range f.planes {
			f.sum[b][i] = f.sums[32+((b-1)*f.planes+i)*f.sumPitch:]
		}
	}
	for i := range FeatureCount(n, stage) {
		f.rows[i] = grow(f.rows[i], f.width+slack)
	}
}

// rowBorder is where the first unit of area is in a row of reduced samples: at
// a cache line.
const rowBorder = 32

// slack is how many entries behind the end of its rows a kernel may write, and
// read without caring what is there.
const slack = 160

// Row computes the features of the row of units that begins at pixel row y
// and returns them: one row for each feature, one entry for each unit. They
// are overwritten by the next call. It is fastest for row after row.
func (f *Features) Row(y int) [][]uint32 {
	f.sumRow(y)
	for b := range boxes {
		rows := f.rows[b*perBox : b*perBox+perBox]
		switch {
		case f.stage > 0:
			f.set.colorFeatures(f, rows, b)
		default:
			f.set.mosaicFeatures(f, rows, b)
			if f.cell == 2 && b > 0 {
				rows := f.cellRows(b)
				f.set.cellFeatures(f, rows[:], b)
			}
		}
	}
	return f.rows[:FeatureCount(f.cell, f.stage)]
}

// sumRow makes the sums over boxes of the row of units at pixel row y.
func (f *Features) sumRow(y int) {
	u := y >> 1
	f.unit.need(u-boxReach, u+boxReach, func(v int) {
		switch {
		case f.stage > 0:
			f.colorUnits(v)
		case f.cell == 1:
			f.bayerUnits(v)
		default:
			f.quadUnits(v)
		}
	})
	row := f.unit.row(0, u)
	for i := range f.planes {
		f.sum[0][i] = row[i*f.unit.pitch+boxReach:]
	}
	f.set.boxRow(f, u)
}

// boxRow sums every plane over boxes of 3 and of 5 units round each unit of row
// u. The scale falls to 9/16 for 3 units and 25/32 for 5, so that sixteen bits
// do.
func (f *Features) boxRow(u int) {
	w := f.area.Dx()
	column := f.column[:w]
	for i := range f.planes {
		var r [2*boxReach + 1][]uint16
		for k := range r {
			r[k] = f.unit.row(i, u-boxReach+k)[:w]
		}
		columns3(column, r[1], r[2], r[3])
		across3(f.sum[1][i][:f.width], column[1:])
		columns5(column, r[0], r[1], r[2], r[3], r[4])
		across5(f.sum[2][i][:f.width], column)
	}
}

func columns3(dst, a, b, c []uint16) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	for i := range dst {
		dst[i] = (a[i] + b[i] + c[i]) >> 1
	}
}

func columns5(dst, a, b, c, d, e []uint16) {
	a, b, c, d, e = a[:len(dst)], b[:len(dst)], c[:len(dst)], d[:len(dst)], e[:len(dst)]
	for i := range dst {
		dst[i] = (a[i] + b[i] + c[i] + d[i] + e[i]) >> 2
	}
}

func across3(dst, s []uint16) {
	a, b, c := s[:len(dst)], s[1:][:len(dst)], s[2:][:len(dst)]
	for i := range dst {
		dst[i] = (a[i] + b[i] + c[i]) >> 3
	}
}

func across5(dst, s []uint16) {
	a, b, c, d, e := s[:len(dst)], s[1:][:len(dst)], s[2:][:len(dst)], s[3:][:len(dst)], s[4:][:len(dst)]
	for i := range dst {
		dst[i] = (a[i] + b[i] + c[i] + d[i] + e[i]) >> 3
	}
}

// ratio packs a feature.
func ratio(num, den int32) uint32 { return uint32(uint16(num)) | uint32(den)<<16 }

// absolute packs a feature that is a number of levels.
func absolute(num int32) uint32 { return ratio(num, 16) }

func mosaicFeatures(dst [][]uint32, s *[maxPlanes][]uint16, one int32, n int) {
	for i := range n {
		gh, gv, ah, av := int32(s[gH][i]), int32(s[gV][i]), int32(s[aH][i]), int32(s[aV][i])
		dd, du, e, n := int32(s[dD][i]), int32(s[dU][i]), int32(s[eE][i]), int32(s[nN][i])
		g, a := gh+gv, ah+av
		dst[0][i] = ratio(av-ah, a+one)
		dst[1][i] = ratio(gv-gh, g+one)
		dst[2][i] = ratio(dd-du, dd+du+one)
		dst[3][i] = absolute(g)
		dst[4][i] = absolute(a)
		dst[5][i] = ratio(a, g+one)
		dst[6][i] = ratio(min(ah, av), min(gh, gv)+one)
		dst[7][i] = ratio(e, g+one)
		dst[8][i] = absolute(min(ah, av))
		dst[9][i] = absolute(min(gh, gv))
		dst[10][i] = ratio(n, g+one)
		dst[11][i] = absolute(n)
	}
}

// cellFeature returns the box of a feature about the inside of cells, and which
// of the box's it is.
func cellFeature(feature int) (box, inside int) {
	const first, last = boxes * perBox, boxes*perBox + (boxes-1)*(perCell-1)
	if feature >= last {
		return 1 + feature - last, perCell - 1
	}
	return 1 + (feature-first)/(perCell-1), (feature - first) % (perCell - 1)
}

// cellRows are the rows of the features inside cells of box b: the diagonal one
// came later, and is behind those of both boxes.
func (f *Features) cellRows(b int) [perCell][]uint32 {
	const first, last = boxes * perBox, boxes*perBox + (boxes-1)*(perCell-1)
	o := first + (perCell-1)*(b-1)
	return [perCell][]uint32{f.rows[o], f.rows[o+1], f.rows[o+2], f.rows[last+b-1]}
}

func cellFeatures(dst [][]uint32, s *[maxPlanes][]uint16, one int32, n int) {
	for i := range n {
		fh, fv := int32(s[fH][i]), int32(s[fV][i])
		g := int32(s[gH][i]) + int32(s[gV][i])
		dst[0][i] = ratio(fv-fh, fh+fv+one)
		dst[1][i] = ratio(fh+fv, g+one)
		dst[2][i] = absolute(fh + fv)
		xd, xu := int32(s[xD][i]), int32(s[xU][i])
		dst[3][i] = ratio(xd-xu, xd+xu+one)
	}
}

func colorFeatures(dst [][]uint32, s *[maxPlanes][]uint16, one int32, n int) {
	for i := range n {
		h, v, dd, du := int32(s[lH][i]), int32(s[lV][i]), int32(s[lD][i]), int32(s[lU][i])
		ch, cv, z, c, m := int32(s[cH][i]), int32(s[cV][i]), int32(s[zZ][i]), int32(s[cC][i]), int32(s[mM][i])
		l := h + v
		dst[0][i] = ratio(v-h, l+one)
		dst[1][i] = ratio(dd-du, dd+du+one)
		dst[2][i] = ratio(cv-ch, ch+cv+one)
		dst[3][i] = absolute(l)
		dst[4][i] = absolute(ch + cv)
		dst[5][i] = ratio(ch+cv, l+one)
		dst[6][i] = ratio(z, l+one)
		dst[7][i] = ratio(c, z+one)
		dst[8][i] = absolute(c)
		dst[9][i] = absolute(z)
		dst[10][i] = ratio(m, l+one)
		dst[11][i] = absolute(m)
	}
}
