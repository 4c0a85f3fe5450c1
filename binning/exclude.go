package binning

import (
	"cmp"
	"fmt"
	"image"
	"slices"

	"github.com/quadraw/quadraw/raw"
)

// hole is an output pixel some of whose members are not to count.
type hole struct {
	x, y    int32
	missing uint16 // bit k: member k
}

// setExcluded sorts the pixels of the list by the output pixels that they are
// members of.
func (b *Binner) setExcluded(list []image.Point) error {
	g := &b.g
	bounds := image.Rectangle{Max: g.in}
	all := make([]hole, 0, len(list))
	for _, p := range list {
		if !p.In(bounds) {
			return fmt.Errorf("%w: excluded pixel %v outside the frame of %v", raw.ErrOption, p, g.in)
		}
		x, kx, ok := g.cellOf(p.X, g.start.X)
		y, ky, okY := g.cellOf(p.Y, g.start.Y)
		if !ok || !okY || x >= g.out.X || y >= g.out.Y {
			continue // in no cell
		}
		all = append(all, hole{int32(x), int32(y), 1 << (ky*g.n + kx)})
	}
	slices.SortFunc(all, func(a, b hole) int { return cmp.Or(cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x)) })
	for _, h := range all {
		if n := len(b.holes); n > 0 && b.holes[n-1].x == h.x && b.holes[n-1].y == h.y {
			b.holes[n-1].missing |= h.missing
			continue
		}
		b.holes = append(b.holes, h)
	}
	for _, h := range b.holes {
		for k := range g.n * g.n {
			if h.missing>>k&1 == 1 && b.substitutes(h, k) == 0 {
				return fmt.Errorf("%w: the excluded pixels leave nothing of member %d of the cell at %v",
					raw.ErrOption, k, g.member(int(h.x), int(h.y), 0))
			}
		}
	}
	return nil
}

// cellOf returns the output coordinate and the member's index of an axis.
func (g *geometry) cellOf(v, start int) (i, k int, ok bool) {
	if g.bayer {
		return v/4*2 + v%2, v % 4 / 2, true
	}
	v -= start
	return v / g.n, v % g.n, v >= 0
}

// substitutes returns the members, as bits, that stand in for member k of a
// hole: those left with its exposure and with a weight.
func (b *Binner) substitutes(h hole, k int) uint16 {
	var out uint16
	w := b.weights(int(h.x), int(h.y))
	for m := range b.g.n * b.g.n {
		if h.missing>>m&1 == 0 && w[m] > 0 && (b.exposure == nil || b.exposure[m] == b.exposure[k]) {
			out |= 1 << m
		}
	}
	return out
}

// mend computes the holes of output row y from x to x+len(dst)−1 again, with
// the mean of what is left of a cell in the place of what is not.
func (b *Binner) mend(dst []uint16, src *input, x, y int, s *scratch) {
	at, _ := slices.BinarySearchFunc(b.holes, hole{x: int32(x), y: int32(y)}, func(a, b hole) int {
		return cmp.Or(cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x))
	})
	g := &b.g
	for _, h := range b.holes[at:] {
		if int(h.y) != y || int(h.x) >= x+len(dst) {
			return
		}
		v, one := &s.members, &s.one
		for k := range g.n * g.n {
			p := g.member(int(h.x), y, k)
			v[k] = s.row(b, src, k/g.n, p.Y)[p.X-src.rect().Min.X]
		}
		b.fill(v, h)
		rows := &s.cell
		for k := range g.n {
			rows[k] = append(s.tiny[k][:0], v[k*g.n:k*g.n+g.n]...)
		}
		i := 0
		if g.bayer {
			// A block of two outputs, both of this cell.
			i = int(h.x) & 1
			for k := range 2 {
				a, c := v[2*k], v[2*k+1]
				rows[k] = append(s.tiny[k][:0], a, a, c, c)
			}
			b.row(one[:], rows, int(h.x)&^1, y, s, access{})
		} else {
			b.row(one[:1], rows, int(h.x), y, s, access{})
		}
		dst[int(h.x)-x] = one[i]
	}
}

// fill replaces the missing members by the weighted mean of their substitutes,
// black and gain allowed for.
func (b *Binner) fill(v *[16]uint16, h hole) {
	g := &b.g
	w := b.weights(int(h.x), int(h.y))
	var gains [16]float32
	if b.gain != nil {
		b.gainsOf(int(h.x), int(h.y), &gains)
	}
	level := func(k int) (black, gain float64) {
		at := g.member(int(h.x), int(h.y), k)
		gain = 1
		if b.gain != nil {
			gain = float64(gains[k])
		}
		return b.inBlack.At(at.X, at.Y, 0), gain
	}
	var filled [16]uint16
	for k := range g.n * g.n {
		if h.missing>>k&1 == 0 {
			continue
		}
		sum, weight := 0.0, 0.0
		from := b.substitutes(h, k)
		for m := range g.n * g.n {
			if from>>m&1 == 1 {
				black, gain := level(m)
				sum += w[m] * gain * (float64(v[m]) - black)
				weight += w[m]
			}
		}
		black, gain := level(k)
		filled[k] = uint16(max(0, min(sum/weight/gain+black+0.5, 65535)))
	}
	for k := range g.n * g.n {
		if h.missing>>k&1 == 1 {
			v[k] = filled[k]
		}
	}
}
