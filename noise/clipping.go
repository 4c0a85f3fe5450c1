package noise

import (
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// mostFilled is how much of a tile may be clipped and filled from another
// frame before the rest is not worth having.
const mostFilled = 0.5

// clipLevel is the DN from which a sample counts as clipped.
func clipLevel(h *raw.Header) uint16 {
	white := h.White[raw.Green]
	return uint16(min(math.Ceil(white-.02*(white-h.Black.Mean())), 65535))
}

// clippedSamples counts the samples of a tile from white up.
func clippedSamples(pix []uint16, stride int, white uint16) int {
	n := 0
	for y := range mergeTile {
		for _, v := range pix[y*stride:][:mergeTile] {
			if v >= white {
				n++
			}
		}
	}
	return n
}

func clipped(pix []uint16, stride int, white uint16) bool {
	for y := range mergeTile {
		for _, v := range pix[y*stride:][:mergeTile] {
			if v >= white {
				return true
			}
		}
	}
	return false
}

// referenceTile is lane l's tile in the reference's window.
func (m *merger) referenceTile(s *mergeScratch, b *mergeBatch, l int) (pix []uint16, stride int) {
	win := &s.windows[0]
	p := image.Pt((b.tile[l].X-1)*mergeStep, (b.tile[l].Y-1)*mergeStep).Sub(win.Rect.Min)
	return win.Pix[p.Y*win.Stride+p.X:], win.Stride
}

// shortTile is what the frame that took least light shows of lane l's tile.
func (m *merger) shortTile(s *mergeScratch, b *mergeBatch, l int) (pix []uint16, stride int) {
	win := &s.windows[m.short]
	return win.Pix[b.shortAt[l]:], win.Stride
}

// replaceClipped makes the frame that took least light the reference of tiles
// of which it clips less; the reference is added to these in its turn.
func (m *merger) replaceClipped(s *mergeScratch, b *mergeBatch) {
	var count [lanes]int
	found := false
	for l := range lanes {
		pix, stride := m.referenceTile(s, b, l)
		count[l] = clippedSamples(pix, stride, m.frames[0].white)
		found = found || count[l] > 0
	}
	if !found {
		return
	}
	f := m.frames[m.short]
	at, valid := m.spectrum(s, b, m.short)
	b.shortAt = at
	var scale, mean perLane
	compare(&s.f, &s.ref, &s.p, m.shift, &s.ty, &s.tx, &scale, &mean)
	for l := range lanes {
		if count[l] == 0 || !valid[l] {
			continue
		}
		pix, stride := m.shortTile(s, b, l)
		if clippedSamples(pix, stride, f.white) >= count[l] {
			continue
		}
		b.replaced[l], b.anyReplaced = true, true
		for i := l; i < len(s.ref); i += lanes {
			s.ref[i] = s.f[i]
		}
		for i, x := range m.means(pix, stride, f) {
			b.signal[l][i] = float32(x)
		}
		b.s2[l] = m.varianceOf(b, l, f)
	}
}

// turnOf is the frame that is added to lane l's tile in frame z's turn: the
// reference in that of the frame that has taken its place.
func (m *merger) turnOf(b *mergeBatch, l, z int) *mergeFrame {
	if z == m.short && b.replaced[l] {
		return m.frames[0]
	}
	return m.frames[z]
}

// fill copies the tiles of frame z with their clipped samples replaced by those
// of the reference, or of what has taken its place, brought to the frame's
// exposure: there the frame tells nothing, but the rest of the tile is worth
// having. In the turn of the frame that has taken its place, the reference is
// copied. fill reports whether there was anything to do; tiles that are clipped
// for the most part are not valid any more.
func (m *merger) fill(s *mergeScratch, b *mergeBatch, z int, at *[lanes]int, valid *[lanes]bool) (any bool) {
	f, win := m.frames[z], &s.windows[z]
	for l := range lanes {
		if z != m.short && valid[l] && (b.replaced[l] || !f.same) && clipped(win.Pix[at[l]:], win.Stride, f.white) {
			any = true
		}
		any = any || z == m.short && b.replaced[l]
	}
	if !any {
		return false
	}
	for l := range lanes {
		own, pix, stride := m.turnOf(b, l, z), win.Pix[at[l]:], win.Stride
		from, fill, fillStride := m.frames[0], []uint16(nil), 0
		switch {
		case z == m.short && b.replaced[l]:
			pix, stride = m.referenceTile(s, b, l)
			from = f
			fill, fillStride = m.shortTile(s, b, l)
			m.tables(s, l, 0, 0)
			valid[l] = true
		case z == m.short:
			// Nothing knows more than the frame that took least light.
		case b.replaced[l]:
			from = m.frames[m.short]
			fill, fillStride = m.shortTile(s, b, l)
		case !f.same:
			fill, fillStride = m.referenceTile(s, b, l)
		}
		// Light that the frame itself could not hold may need more than 16
		// bits in its DN.
		unit := float32(1)
		for fill != nil && (from.top-own.black[0])/own.gain > 65535*unit {
			unit *= 2
		}
		count := 0
		for y := range mergeTile {
			row := pix[y*stride:][:mergeTile]
			to := s.filled[(l*mergeTile+y)*mergeTile:][:mergeTile]
			for x, v := range row {
				w := float32(v)
				if fill != nil && v >= own.white {
					count++
					j := y&3*4 + x&3
					w = (float32(float32(fill[y*fillStride+x])*from.gain) + from.black[j] - own.black[j]) / own.gain
				}
				to[x] = uint16(min(max(w/unit+.5, 0), 65535))
			}
		}
		for j := range b.gains {
			b.gains[j][l] = own.gain * unit
			b.add[j][l] = own.black[j] - b.base[l][j]
		}
		b.share[l] = float32(count) / (mergeTile * mergeTile)
		valid[l] = valid[l] && b.share[l] < mostFilled
	}
	return true
}

// clips reports whether clipped samples make a tile useless: those of the
// reference's own exposure where only one of the two tiles has any and they
// differ. Others were filled.
func (m *merger) clips(s *mergeScratch, b *mergeBatch, l int, f *mergeFrame, pix []uint16, stride int, mean float32) bool {
	if !f.same || b.replaced[l] || mean <= 1.5 {
		return false
	}
	ref, refStride := m.referenceTile(s, b, l)
	return clipped(ref, refStride, m.frames[0].white) != clipped(pix, stride, f.white)
}
