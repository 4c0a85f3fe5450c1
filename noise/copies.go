package noise

import "fmt"

// copies finds frames that hold the very samples of another: their noise is no
// noise of their own, and to merge them would gain nothing but a better report.
type copies map[uint64]int

// fingerprint tells a frame's samples from another's, by some rows of gray.
func (p *pyramid) fingerprint() uint64 {
	const every = 8
	g := &p.levels[0]
	h := uint64(14695981039346656037) // FNV-1a
	for y := 0; y < g.h; y += every {
		for _, v := range g.pix[y*g.w : (y+1)*g.w] {
			h = (h ^ uint64(uint16(v))) * 1099511628211
		}
	}
	return h
}

// copied takes frame i out of the burst if an earlier one holds the same
// samples.
func (b *burst) copied(seen copies, i int, p *pyramid) bool {
	key := p.fingerprint()
	first, ok := seen[key]
	if !ok || first == i {
		seen[key] = i
		return false
	}
	b.leaveOut(i, fmt.Sprintf("holds the same samples as %s", b.name(first)))
	return true
}

// leaveOut goes on without a frame that can be read and fits.
func (b *burst) leaveOut(i int, reason string) {
	b.report.Frames[i].Used, b.report.Frames[i].Reason = false, reason
	b.log().Warn("frame left out", "frame", b.name(i), "reason", reason)
}
