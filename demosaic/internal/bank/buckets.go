package bank

import "image"

// Kernels that sort a band's units by leaf before they filter them: the
// coefficients of a leaf are then read once for all of its units.

const (
	// bandRows rows of units are sorted together, in blocks of blockUnits of
	// one phase across.
	bandRows   = 16
	blockUnits = 128

	recWords = 8 // of a unit's record of outputs
)

// buckets are the filters of a phase as the sorting kernels read them, in sets
// of eight and of four filters. For stage 1 they include what μ adds to
// its own outputs, for later stages the old sample: an output is
// (Σ K·x + μ·M + 2048) >> 12, where M is 4096 − ΣK or −ΣK.
type buckets struct {
	// eight is [leaf][step][8 outputs][2 pairs][2]: at each step two pairs of
	// samples meet those coefficients of all outputs; the last step is for μ.
	eight []int16
	// four is the same for [leaf][step][4 outputs][4 pairs][2].
	four          []int16
	width, planes int
	round         bool // the corners are left out of eight
}

// maxBucketGain keeps the sum with 4096 times a sample inside an int32.
const maxBucketGain = 1<<17 - 1<<13

// packBuckets returns nil for windows and filters that the kernels cannot run.
// number is the phase's.
func packBuckets(p *phase, st *stage, color bool, cell, number int, mosaic bool) *buckets {
	if st.width != 6 && st.width != 8 {
		return nil
	}
	b := &buckets{width: st.width, planes: 1}
	if color {
		b.planes = 3
	}
	var eight, four [8]int // the target of each output, or −1
	for i := range eight {
		eight[i], four[i] = -1, -1
	}
	use4, use8 := false, false
	for o, t := range p.targets {
		y, x := int(t.Pos>>1), int(t.Pos&1)
		switch {
		case mosaic || len(p.targets) == 12 && t.Color == 2:
			four[t.Pos], use4 = o, true
		case len(p.targets) == 12:
			eight[4*y+2*int(t.Color)+x], use8 = o, true
		default:
			// A row of the array has two colours, which share a place since
			// one of them is always the mosaic's; the third has its own.
			third := 0
			if t.Color == thirdColor(cell, 2*(number/cell)+y) {
				third = 1
			}
			eight[4*y+2*third+x], use8 = o, true
		}
	}
	ok := true
	if use8 {
		b.round = p.round(st)
		b.eight, ok = packSteps(p, st, color, eight[:8], bucketSteps(st.width, b.planes, 2, b.round))
	}
	if use4 && ok {
		b.four, ok = packSteps(p, st, color, four[:4], bucketSteps(st.width, b.planes, 4, false))
	}
	if !ok {
		return nil
	}
	return b
}

// thirdColor is the plane that a row of the array has no sample of.
func thirdColor(cell, y int) uint8 {
	return 2 * (1 - ColorAt(cell, 0, y))
}

// cornerOf is the side of the squares that a round window lacks.
func cornerOf(width int) int { return width / 4 }

// round reports whether no filter uses the corners of its window.
func (p *phase) round(st *stage) bool {
	inside := func(a int) bool { return min(a, st.width-1-a) >= cornerOf(st.width) }
	for i, k := range p.coef {
		t := i % st.taps
		if k != 0 && !inside(t%st.width) && !inside(t/st.width%st.width) {
			return false
		}
	}
	return true
}

// bucketSteps says which taps meet at each step, −1 for none; the order is that
// of the kernels. A step has two or four pairs.
func bucketSteps(width, planes, pairs int, round bool) [][]int {
	corner := 0
	if round {
		corner = cornerOf(width)
	}
	var steps [][]int
	for p := range planes {
		row := func(y int, cols ...int) []int {
			var s []int
			for _, x := range cols {
				if x < 0 || x >= width {
					s = append(s, -1)
				} else {
					s = append(s, (p*width+y)*width+x)
				}
			}
			return s
		}
		for y := range width {
			switch {
			case pairs == 4 && width == 6 && y == 5:
				steps = append(steps, row(y, -2, -1, 0, 1, 2, 3, 4, 5))
			case pairs == 4:
				steps = append(steps, row(y, 0, 1, 2, 3, 4, 5, 6, 7))
			case y < corner || y >= width-corner:
				steps = append(steps, row(y, corner, corner+1, corner+2, corner+3))
			case width == 8:
				steps = append(steps, row(y, 0, 1, 2, 3), row(y, 4, 5, 6, 7))
			default:
				steps = append(steps, row(y, 0, 1, 2, 3))
				if (y-corner)%2 == 1 {
					steps = append(steps, append(row(y-1, 4, 5), row(y, 4, 5)...))
				}
			}
		}
	}
	return steps
}

func packSteps(p *phase, st *stage, color bool, outputs []int, steps [][]int) ([]int16, bool) {
	const lanes = 32 // words of a vector
	leaves, each := p.tree.Leaves(), (len(steps)+1)*lanes
	packed := make([]int16, leaves*each)
	for leaf := range leaves {
		to := packed[leaf*each:][:each]
		for i, o := range outputs {
			if o < 0 {
				continue
			}
			at := i * lanes / len(outputs)
			k := p.coef[(leaf*len(p.targets)+o)*st.taps:][:st.taps]
			if Gain(k) > maxBucketGain {
				return nil, false
			}
			own, mean := -1, 1<<CoefBits
			if color {
				t, margin := p.targets[o], (st.width-2)/2
				own = (int(t.Color)*st.width+margin+int(t.Pos>>1))*st.width + margin + int(t.Pos&1)
				mean = 0
				if int(k[own])+1<<CoefBits > 1<<15-1 {
					return nil, false
				}
			}
			for j, taps := range steps {
				for l, tap := range taps {
					if tap < 0 {
						continue
					}
					v := k[tap]
					if tap == own {
						v += 1 << CoefBits
					}
					to[j*lanes+at+l] = v
				}
			}
			for _, v := range k {
				mean -= int(v)
			}
			// Two pairs meet μ in their first words.
			half := max(-1<<15, min(mean, 1<<15-1))
			if rest := mean - half; rest == int(int16(rest)) {
				to[len(steps)*lanes+at], to[len(steps)*lanes+at+2] = int16(half), int16(rest)
			} else {
				return nil, false
			}
		}
	}
	return packed, true
}

// bucketArgs and mergeArgs are arguments of kernels; internal/asmgen/bank knows
// the offsets.
type bucketArgs struct {
	coef   *int16
	list   *uint32
	starts *uint32
	leaves int
	mu     *int32
	src    [3]*int16 // the window of the unit at offset 0
	stride int       // bytes
	out    *int16    // a record at four times each offset
	// The kernel counts leaves, and the bytes of their coefficients.
	leaf, at int
}

type mergeArgs struct {
	rec, second *int16
	mosaic      [2]*int16
	dst         [2][3]*int16
	mask        [2][2]uint32
	n, rows     int
	// From the end of a row, in whole vectors, to the next one, in bytes.
	nextRec, nextMosaic, nextDst int
}

// bandScratch is what a band of rows of units works in. All of it is addressed
// by a unit's offset in bytes from the first one of its block in the planes
// that windows are read from, so one number per unit does.
type bandScratch struct {
	class  []uint8 // [row][first unit of a phase][units]
	mu     []int32 // rows as far apart as two rows of samples
	rec    [2][]int16
	list   []uint32
	starts [MaxLeaves + 1]uint32
	count  [4][256]uint32
	args   bucketArgs
	merge  mergeArgs
}

// sort lists the units of a block leaf by leaf. The classes of row v begin at
// class[v·pitch], n of them; rowStep and step are the offsets from row to row
// and from unit to unit. Rows are counted in four groups, so that a leaf met
// again and again does not wait for its own count.
func (b *bandScratch) sort(class []uint8, pitch, rows, n, leaves int, rowStep, step uint32) {
	c0, c1, c2, c3 := &b.count[0], &b.count[1], &b.count[2], &b.count[3]
	for _, c := range [...]*[256]uint32{c0, c1, c2, c3} {
		clear(c[:leaves])
	}
	v := 0
	for ; v+4 <= rows; v += 4 {
		r0, r1, r2, r3 := class[v*pitch:], class[(v+1)*pitch:], class[(v+2)*pitch:], class[(v+3)*pitch:]
		r0, r1, r2, r3 = r0[:n], r1[:n], r2[:n], r3[:n]
		for i, l := range r0 {
			c0[l]++
			c1[r1[i]]++
			c2[r2[i]]++
			c3[r3[i]]++
		}
	}
	for ; v < rows; v++ {
		for _, l := range class[v*pitch:][:n] {
			c0[l]++
		}
	}
	at := uint32(0)
	for l := range leaves {
		b.starts[l] = at
		at, c0[l] = at+c0[l], at
		at, c1[l] = at+c1[l], at
		at, c2[l] = at+c2[l], at
		at, c3[l] = at+c3[l], at
	}
	b.starts[leaves] = at
	b.list = grow(b.list, rows*n)
	list := b.list
	offset := uint32(0)
	for v = 0; v+4 <= rows; v += 4 {
		r0, r1, r2, r3 := class[v*pitch:], class[(v+1)*pitch:], class[(v+2)*pitch:], class[(v+3)*pitch:]
		r0, r1, r2, r3 = r0[:n], r1[:n], r2[:n], r3[:n]
		o := offset
		for i, l := range r0 {
			p0 := c0[l]
			c0[l] = p0 + 1
			list[p0] = o
			l1 := r1[i]
			p1 := c1[l1]
			c1[l1] = p1 + 1
			list[p1] = o + rowStep
			l2 := r2[i]
			p2 := c2[l2]
			c2[l2] = p2 + 1
			list[p2] = o + 2*rowStep
			l3 := r3[i]
			p3 := c3[l3]
			c3[l3] = p3 + 1
			list[p3] = o + 3*rowStep
			o += step
		}
		offset += 4 * rowStep
	}
	for ; v < rows; v++ {
		o := offset
		for _, l := range class[v*pitch:][:n] {
			p := c0[l]
			c0[l] = p + 1
			list[p] = o
			o += step
		}
		offset += rowStep
	}
}

// bucketed reports whether the kernels can run a stage.
func (st *stage) bucketed() bool {
	for i := range st.phases {
		if st.phases[i].buckets == nil || st.phases[i].program == nil {
			return false
		}
	}
	return true
}

// runBands is run for sorting kernels.
func (c *Cascade) runBands(i int, dst, prev *RGB, src *Plane, r image.Rectangle, s *Scratch) {
	st, b := &c.stages[i], &s.band
	width, cell := r.Dx()/2, c.cell
	if i == 0 {
		s.features.mosaicOf(cell, src, r, st.unused)
	} else {
		s.features.colorOf(cell, prev, r, st.unused)
	}
	stride := src.Stride
	if prev != nil {
		stride = prev.Stride
	}
	pitch := (width+63)&^63 + 64
	b.class = grow(b.class, bandRows*cell*pitch+slack)
	b.mu = grow(b.mu, bandRows*stride)
	for j := range b.rec {
		b.rec[j] = grow(b.rec[j], bandRows*recWords*stride+16*recWords)
	}
	phases := min(cell, width)
	for top := r.Min.Y; top < r.Max.Y; top += 2 * bandRows {
		rows := min(bandRows, (r.Max.Y-top)/2)
		for v := range rows {
			y := top + 2*v
			s.features.sumRow(y)
			mu := b.mu[v*stride:][:width]
			if i == 0 {
				c.set.muMosaic(mu, src, r.Min.X, y)
			} else {
				c.set.muColor(mu, prev, r.Min.X, y)
			}
			for first := range phases {
				x := r.Min.X + 2*first
				u := units{x: x, y: y, first: first, step: cell, n: (width - first + cell - 1) / cell}
				c.set.classify(&st.phases[PhaseAt(cell, x, y)], &s.features, u, b.class[(v*cell+first)*pitch:], s)
			}
		}
		block := blockUnits * cell
		for left := 0; left < width; left += block {
			right := min(left+block, width)
			for v := range min(cell, rows) {
				for first := range min(phases, right-left) {
					x := left + first
					u := blockOf{x: x, v: v, rows: (rows - v + cell - 1) / cell, n: (right - x + cell - 1) / cell}
					p := &st.phases[PhaseAt(cell, r.Min.X+2*x, top+2*v)]
					b.sort(b.class[(v*cell+first)*pitch+left/cell:], cell*cell*pitch, u.rows, u.n, p.tree.Leaves(), uint32(4*stride*cell), uint32(4*cell))
					c.set.bucket(p, prev, src, b, image.Pt(r.Min.X, top), u, cell, stride)
				}
			}
		}
		for v := range min(cell, rows) {
			u := blockOf{v: v, rows: (rows - v + cell - 1) / cell, n: width}
			c.set.merge(c, st, i, dst, src, b, image.Pt(r.Min.X, top), u, stride)
		}
	}
}

// blockOf is units of a band: from unit x of row v on, n in each of a number of
// rows, which are every one or every second, as phases are.
type blockOf struct{ x, v, rows, n int }
