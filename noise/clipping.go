package noise

import (
	"image"
	"math"

	"github.com/quadraw/quadraw/noise/internal/dft"
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

// fillReference replaces the clipped samples of reference tiles by what the
// frame that took least light shows there, if it clips less of them.
func (m *merger) fillReference(s *mergeScratch, b *mergeBatch, at *[lanes]int, add *[16]perLane) {
	ref, win := m.frames[0], &s.windows[0]
	var count [lanes]int
	found := false
	for l := range lanes {
		count[l] = clippedSamples(win.Pix[at[l]:], win.Stride, ref.white)
		found = found || count[l] > 0
	}
	if !found {
		return
	}
	f, short := m.frames[m.short], &s.windows[m.short]
	seen, valid := m.spectrum(s, b, m.short)
	for l := range lanes {
		pix := short.Pix[seen[l]:]
		if count[l] == 0 || !valid[l] || clippedSamples(pix, short.Stride, f.white) >= count[l] {
			continue
		}
		b.filled[l], b.anyFilled = float32(count[l])/(mergeTile*mergeTile), true
		for i, x := range m.means(pix, short.Stride, f) {
			b.signal[l][i] = float32(x)
		}
		own, other := m.varianceOf(b, l, ref), m.varianceOf(b, l, f)
		b.s2[l] = own + float32(b.filled[l]*(other-own))
	}
	if !b.anyFilled {
		return
	}
	var none, mean perLane
	compare(&s.f, &s.ref, &s.p, m.shift, &s.ty, &s.tx, &none, &mean)
	dft.Inverse(&s.filling, &s.f, &s.dft)
	gather(&s.t, win.Pix, at, win.Stride, &ref.gains, add, &m.winFull, &m.winLanes)
	for l, part := range b.filled {
		if part > 0 {
			s.patch(l, win.Pix[at[l]:], win.Stride, ref.white)
		}
	}
	dft.Forward(&s.ref, &s.t, &s.dft)
}

// patch replaces the samples of lane l's tile, loaded from pix, from white up.
func (s *mergeScratch) patch(l int, pix []uint16, stride int, white uint16) {
	for y := range mergeTile {
		for x, v := range pix[y*stride:][:mergeTile] {
			if v >= white {
				// Tiles are loaded under half the window.
				i := (y*mergeTile+x)*lanes + l
				s.t[i] = s.filling[i] * (.5 / (dft.N * dft.N))
			}
		}
	}
}

// fill replaces the clipped samples of a frame's tiles, loaded from pix, by what
// the reference shows there: turned back from its spectrum to where the frame
// saw it. In these samples the frame tells nothing, but the rest of the tile is
// worth having; a tile that is clipped for the most part is not valid any more.
func (m *merger) fill(s *mergeScratch, b *mergeBatch, f *mergeFrame, pix []uint16, at *[lanes]int, stride int, valid *[lanes]bool) {
	any := false
	for l := range lanes {
		if !valid[l] || f.same && b.filled[l] == 0 {
			continue
		}
		b.share[l] = float32(clippedSamples(pix[at[l]:], stride, f.white)) / (mergeTile * mergeTile)
		valid[l] = b.share[l] < mostFilled
		any = any || valid[l] && b.share[l] > 0
	}
	if !any {
		return
	}
	for e := range s.backY {
		s.backY[e], s.backX[e] = s.ty[dft.N-e], s.tx[dft.N-e]
	}
	s.f = s.ref
	var none, mean perLane
	compare(&s.f, &s.ref, &s.p, m.shift, &s.backY, &s.backX, &none, &mean)
	dft.Inverse(&s.filling, &s.f, &s.dft)
	for l, share := range b.share {
		if valid[l] && share > 0 {
			s.patch(l, pix[at[l]:], stride, f.white)
		}
	}
}

// clips reports whether clipped samples make a tile useless: those of the
// reference's own exposure where only one of the two tiles has any and they
// differ. Others were filled.
func (m *merger) clips(s *mergeScratch, b *mergeBatch, l int, f *mergeFrame, pix []uint16, stride int, mean float32) bool {
	if !f.same || b.filled[l] > 0 || mean <= 1.5 {
		return false
	}
	win := &s.windows[0]
	p := image.Pt((b.tile[l].X-1)*mergeStep, (b.tile[l].Y-1)*mergeStep).Sub(win.Rect.Min)
	return clipped(win.Pix[p.Y*win.Stride+p.X:], win.Stride, m.frames[0].white) != clipped(pix, stride, f.white)
}
