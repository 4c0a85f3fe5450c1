package main

import (
	"fmt"
	"strconv"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Kernels of 3×3 and 4×4 cells whose members do not simply add up. A row of a
// cell becomes four words, of which the fourth of 3×3 does not count.

// wide are cells of n×n in one vector width.
type wide struct {
	vectors
	n      int
	order  reg.Register
	expand Op           // where words of 3×3 rows go
	part   reg.Register // mask of the words that are loaded
}

func expandTables() (words, bytes Mem) {
	words = GLOBL("expand512", RODATA|NOPTR)
	for i := range 32 {
		DATA(2*i, U16(uint16(i/4*3+min(i%4, 2))))
	}
	bytes = GLOBL("expand256", RODATA|NOPTR)
	for i := range 32 {
		// The second half is loaded from four bytes before its first cell.
		from := i%16/8*6 + min(i%8, 5) + i/16*4
		DATA(i, U8(uint8(from)))
	}
	return words, bytes
}

var expandWords, expandBytes Mem

func newWide(l vectors, n int) wide {
	w := wide{vectors: l, n: n}
	w.order = loadOrder(l.lanes)
	if n == 3 {
		w.expand = expandBytes
		if l.bytes == 64 {
			r, g, k := ZMM(), GP32(), K()
			VMOVDQU64(expandWords, r)
			MOVL(U32(1<<24-1), g)
			KMOVD(g, k)
			w.expand, w.part = r, k
		}
	}
	return w
}

// rowBytes is what half a step reads of a row.
func (w wide) rowBytes() int { return w.n * w.bytes / 2 }

func (w wide) rows() []string { return []string{"r0", "r1", "r2", "r3"}[:w.n] }

func (w wide) advance() map[string]int {
	a := map[string]int{}
	for _, r := range w.rows() {
		a[r] = 2 * w.rowBytes()
	}
	return a
}

// words loads vector j of half a row as words of four a cell.
func (w wide) words(row reg.Register, half, j int) reg.VecVirtual {
	r := w.reg()
	at := half*w.rowBytes() + j*w.n*w.bytes/4
	switch {
	case w.n == 4:
		load(w.lanes, Mem{Base: row, Disp: at}, r)
	case w.bytes == 64:
		VMOVDQU16_Z(Mem{Base: row, Disp: at}, w.part, r)
		VPERMW(r, w.expand, r)
	default:
		x := XMM()
		VMOVDQU(Mem{Base: row, Disp: at}, x)
		VINSERTI128(U8(1), Mem{Base: row, Disp: at + 8}, x.AsY(), r)
		VPSHUFB(w.expand, r, r)
	}
	return r
}

// split returns the even and the odd dwords of two vectors, in order.
func (w wide) split(a, b reg.VecVirtual) (even, odd reg.VecVirtual) {
	even, odd = w.reg(), a
	VSHUFPS(U8(0x88), b, a, even)
	VSHUFPS(U8(0xdd), b, a, odd)
	inOrder(w.lanes, w.order, even)
	inOrder(w.lanes, w.order, odd)
	return even, odd
}

func linWide(l lanes, n int) {
	name := "lin" + strconv.Itoa(n)
	args := []string{"dst", "r0", "r1", "r2", "r3"}[:n+1]
	coeffs := []string{"c0", "c1", "c2", "c3"}[:n]
	signature := map[int]string{
		3: "func(dst, r0, r1, r2 *uint16, c0, c1, c2 *int16, k *int32, steps, ahead, stream int, shift uint64)",
		4: "func(dst, r0, r1, r2, r3 *uint16, c0, c1, c2, c3 *int16, k *int32, steps, ahead, stream int, shift uint64)",
	}
	TEXT(name+l.name, NOSPLIT, signature[n])
	Pragma("noescape")
	Doc(name + l.name + " is linGeneric with n = " + strconv.Itoa(n) + " for steps of " + strconv.Itoa(l.bytes/2) + " output samples.")
	p := params(append(append(args, coeffs...), "k", "steps")...)
	bias := broadcastW(l, 0x8000)
	shift := shiftCount()
	w := newWide(vectors{l}, n)
	advance := w.advance()
	for _, c := range coeffs {
		advance[c] = 4 * l.bytes
	}
	advance["k"] = 2 * l.bytes
	frame(l, name, p, w.rows(), advance, func(output func(reg.Register)) {
		var s [2]reg.VecVirtual
		for half := range s {
			var sum [2]reg.VecVirtual
			for j := range sum {
				for y, r := range w.rows() {
					v := w.words(p[r], half, j)
					xor(l, bias, v, v)
					VPMADDWD(Mem{Base: p[coeffs[y]], Disp: (2*half + j) * l.bytes}, v, v)
					if y == 0 {
						sum[j] = v
						continue
					}
					VPADDD(v, sum[j], sum[j])
				}
			}
			even, odd := w.split(sum[0], sum[1])
			VPADDD(even, odd, odd)
			VPADDD(Mem{Base: p["k"], Disp: half * l.bytes}, odd, odd)
			VPSRAD(shift, odd, odd)
			s[half] = odd
		}
		VPACKUSDW(s[1], s[0], s[0])
		inOrder(l, w.order, s[0])
		output(s[0])
	})
}

func xor(l lanes, a Op, b, r reg.Register) {
	if l.bytes == 64 {
		VPXORD(a, b, r)
		return
	}
	VPXOR(a, b, r)
}

// wideCell is what a cell's kernel holds of one half of a step.
type wideCell struct {
	wide
	p           map[string]reg.Register
	k           reg.Register // the constants of the row
	args        reg.Register
	black, gain reg.Register // of the next member
	strides     [2]reg.Register
	half        int
	peak        reg.VecVirtual
}

// row returns x of the members of row y, and takes them into peak.
func (c *wideCell) row(y int) []reg.VecVirtual {
	r := c.p[c.rows()[y]]
	even, odd := c.split(c.words(r, c.half, 0), c.words(r, c.half, 1))
	x := make([]reg.VecVirtual, c.n)
	for m := range x {
		x[m] = c.reg()
		from := even
		if m >= 2 {
			from = odd
		}
		if m%2 == 0 {
			and(c.lanes, lowWord, from, x[m])
		} else {
			VPSRLD(U8(16), from, x[m])
		}
		if c.peak == nil {
			c.peak = c.reg()
			VMOVAPS(x[m], c.peak)
		} else {
			VPMAXSD(x[m], c.peak, c.peak)
		}
		VCVTDQ2PS(x[m], x[m])
		VSUBPS(Mem{Base: c.black, Disp: c.half * c.bytes}, x[m], x[m])
		VMULPS(Mem{Base: c.gain, Disp: c.half * c.bytes}, x[m], x[m])
		ADDQ(c.strides[0], c.black)
		ADDQ(c.strides[1], c.gain)
	}
	return x
}

// rewind goes back to the first member's constants.
func (c *wideCell) rewind() {
	SUBQ(Mem{Base: c.args, Disp: 48}, c.black)
	SUBQ(Mem{Base: c.args, Disp: 56}, c.gain)
}

// middle writes the mean of the middle two of four to r; it uses up a and b.
func (l vectors) middle(a, b, c, d, r reg.Register) {
	t := l.reg()
	VMAXPS(b, a, r)
	VMINPS(b, a, t)
	u := l.reg()
	VMAXPS(d, c, u)
	VMINPS(u, r, r)
	VMINPS(d, c, u)
	VMAXPS(u, t, t)
	VADDPS(t, r, r)
	VMULPS(halves, r, r)
}

// median writes the middle one of three to r.
func (l vectors) median(a, b, c, r reg.Register) {
	t := l.reg()
	VMINPS(b, a, t)
	VMAXPS(b, a, r)
	VMINPS(c, r, r)
	VMAXPS(r, t, r)
}

func (c *wideCell) centre(v []reg.VecVirtual) reg.VecVirtual {
	r := c.reg()
	if c.n == 3 {
		c.median(v[0], v[1], v[2], r)
	} else {
		c.middle(v[0], v[1], v[2], v[3], r)
	}
	return r
}

func cellWide(l vectors, n int) {
	calls := 0
	name := "cell" + strconv.Itoa(n)
	signature := map[int]string{
		3: "func(dst, r0, r1, r2 *uint16, rows, p *byte, steps, ahead, stream int)",
		4: "func(dst, r0, r1, r2, r3 *uint16, rows, p *byte, steps, ahead, stream int)",
	}
	TEXT(name+l.name, NOSPLIT, signature[n])
	Pragma("noescape")
	Doc(name + l.name + " is cellGeneric with n = " + strconv.Itoa(n) + " for steps of " + strconv.Itoa(l.bytes/2) + " output samples.")
	p := params(append([]string{"dst", "r0", "r1", "r2", "r3"}[:n+1], "steps")...)
	k, args := Load(Param("p"), GP64()), Load(Param("rows"), GP64())
	w := newWide(l, n)
	field := func(disp int) reg.Register {
		r := GP64()
		MOVQ(Mem{Base: args, Disp: disp}, r)
		return r
	}
	black, gain := field(0), field(8)
	strides := [2]reg.Register{field(16), field(24)}
	frame(l.lanes, name, p, w.rows(), w.advance(), func(output func(reg.Register)) {
		var out [2]reg.VecVirtual
		for half := range out {
			c := &wideCell{wide: w, p: p, k: k, args: args, black: black, gain: gain, strides: strides, half: half}
			calls++
			out[half] = c.mean(fmt.Sprintf("%s%s%d", name, l.name, calls))
		}
		VPACKUSDW(out[1], out[0], out[0])
		inOrder(l.lanes, w.order, out[0])
		output(out[0])
		ADDQ(Mem{Base: args, Disp: 32}, black)
		ADDQ(Mem{Base: args, Disp: 40}, gain)
	})
}

// mean returns the outputs of one half of a step as dwords.
func (c *wideCell) mean(done string) reg.VecVirtual {
	lane := func(field int) Mem { return c.lane(c.k, field, c.half) }
	var kept [][]reg.VecVirtual
	var centres []reg.VecVirtual
	mean, t := c.reg(), c.reg()
	var high, low reg.VecVirtual
	for y := range c.n {
		x := c.row(y)
		kept = append(kept, x)
		sum := mean
		if y > 0 {
			sum = c.reg()
		}
		for m, v := range x {
			if m == 0 {
				VMULPS(lane(7+y*c.n), v, sum)
			} else {
				VMULPS(lane(7+y*c.n+m), v, t)
				VADDPS(t, sum, sum)
			}
			if high == nil {
				high, low = c.reg(), c.reg()
				VMOVAPS(v, high)
				VMOVAPS(v, low)
				continue
			}
			VMAXPS(v, high, high)
			VMINPS(v, low, low)
		}
		if y > 0 {
			VADDPS(sum, mean, mean)
		}
		centres = append(centres, c.centre(x))
	}
	c.rewind()
	centre := c.centre(centres)
	limit := c.reg()
	VMAXPS(zeroes, centre, limit)
	VMULPS(lane(0), limit, limit)
	VADDPS(lane(1), limit, limit)
	VSUBPS(centre, high, high)
	VSUBPS(low, centre, low)
	VMAXPS(low, high, high)
	VMULPS(high, high, high)
	clipped := c.atLeast(c.peak, lane(2))
	c.jumpIfNone(c.compare(greater, high, limit), done)
	// Those within the limit, their weights, and how many they are.
	rest, weight, count := c.reg(), c.reg(), c.reg()
	for y := range c.n {
		x := kept[y]
		if c.bytes != 64 {
			// Registers are too few to keep all.
			x = c.row(y)
		}
		sum, weights := rest, weight
		if y > 0 {
			sum, weights = c.reg(), c.reg()
		}
		for m, v := range x {
			VSUBPS(centre, v, t)
			VMULPS(t, t, t)
			good := c.compare(lessEqual, t, limit)
			one := c.keep(good, lane(7+y*c.n+m))
			switch {
			case y == 0 && m == 0:
				VMOVAPS(c.keep(good, ones), count)
			case c.bytes == 64:
				VADDPS(onesOf(c), count, good, count)
			default:
				VADDPS(c.keep(good, ones), count, count)
			}
			if m == 0 {
				VMOVAPS(one, weights)
				VMULPS(one, v, sum)
				continue
			}
			VADDPS(one, weights, weights)
			VMULPS(one, v, one)
			VADDPS(one, sum, sum)
		}
		if y > 0 {
			VADDPS(sum, rest, rest)
			VADDPS(weights, weight, weight)
		}
	}
	if c.bytes != 64 {
		c.rewind()
	}
	VDIVPS(weight, rest, rest)
	members := c.n * c.n
	some := c.both(c.compare(less, count, c.fload(counts[members])), c.compare(greaterEqual, count, counts[members-members/4]))
	c.choose(some, rest, mean)
	Label(done)
	beyond := c.both(clipped, c.compare(greaterEqual, mean, lane(3)))
	c.choose(beyond, c.fload(lane(4)), mean)
	finish(c.vectors, mean, lane(6), lane(5))
	return mean
}

func onesOf(*wideCell) Mem { return ones }
