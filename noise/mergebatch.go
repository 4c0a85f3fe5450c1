package noise

import (
	"image"

	"github.com/quadraw/quadraw/noise/internal/dft"
)

// mergeBatch is sixteen tiles on their way; fewer at the end.
type mergeBatch struct {
	n    int
	tile [lanes]image.Point
	// Means of the reference's phases, normalised.
	base [lanes][16]float32
	// Variance of the reference; what it was before clipped samples were
	// filled.
	s2, first perLane
	// Means of the phases of the tiles that the others are compared with.
	signal [lanes][16]float32
	// What part of the reference's tile is clipped and was filled, and of
	// that of the frame whose turn it is.
	filled, share perLane
	anyFilled     bool
}

func (m *merger) batch(s *mergeScratch, b *mergeBatch, area image.Rectangle) {
	for l := b.n; l < lanes; l++ {
		b.tile[l] = b.tile[b.n-1]
	}
	ref := m.frames[0]
	win := &s.windows[0]
	var at [lanes]int
	for l := range lanes {
		p := image.Pt((b.tile[l].X-1)*mergeStep, (b.tile[l].Y-1)*mergeStep).Sub(win.Rect.Min)
		at[l] = p.Y*win.Stride + p.X
		m.level(b, l, win.Pix[at[l]:], win.Stride)
	}
	var add [16]perLane
	for i := range add {
		for l := range lanes {
			add[i][l] = ref.black[i] - b.base[l][i]
		}
	}
	gather(&s.t, win.Pix, &at, win.Stride, &ref.gains, &add, &m.winFull, &m.winLanes)
	dft.Forward(&s.ref, &s.t, &s.dft)
	b.filled, b.anyFilled = perLane{}, false
	if m.short > 0 {
		m.fillReference(s, b, &at, &add)
	}
	s.acc.sum = s.ref
	for i := range bins {
		for l := range lanes {
			s.acc.weight[i][l], s.acc.variance[i][l] = 1, 1
		}
	}
	var agreed perLane
	for l := range lanes {
		agreed[l] = 1
	}
	for z := 1; z < len(m.frames); z++ {
		m.addFrame(s, b, z, &agreed)
	}
	var ratio perLane
	finish(&s.acc, &ratio)
	dft.Inverse(&s.t, &s.acc.sum, &s.dft)
	untangle(&s.tiles, &s.t)
	stride := area.Dx()
	for l := range b.n {
		t := b.tile[l]
		p := image.Pt((t.X-1)*mergeStep, (t.Y-1)*mergeStep).Sub(area.Min)
		overlap(s.out[p.Y*stride+p.X:], stride, &s.tiles[l], &m.win, &b.base[l])
		// What was filled from the frame that took least light gains nothing
		// from that frame's turn.
		left := ratio[l] + float32(b.filled[l]*(1-ratio[l]))
		m.stats[t.Y*m.nx+t.X].set(left*(b.s2[l]/b.first[l]), agreed[l], b.filled[l] > 0)
	}
}

// level finds the mean of each phase of a reference tile and its variance.
func (m *merger) level(b *mergeBatch, l int, pix []uint16, stride int) {
	v := 0.0
	for i, x := range m.means(pix, stride, m.frames[0]) {
		b.base[l][i] = float32(x)
		v += m.profile.Variance(m.h.CFA.ColorAt(i%4, i/4), x)
	}
	b.signal[l] = b.base[l]
	b.s2[l] = max(float32(v/16), 1e-12)
	b.first[l] = b.s2[l]
}

// means are the means of the phases of a frame's tile, normalised. Phases that
// the CFA does not tell apart share one.
func (m *merger) means(pix []uint16, stride int, f *mergeFrame) (out [16]float64) {
	var sums [16]uint32
	phaseSums(&sums, pix, stride)
	const each = mergeTile * mergeTile / 16
	p := m.period
	var mean [16]float64
	for i := range sums {
		mean[i/4%p*4+i%4%p] += float64(sums[i])
	}
	k := float64(p * p)
	for i := range out {
		j := i/4%p*4 + i%4%p
		out[i] = float64(mean[j]*k/(16*each))*float64(f.gain) + float64(f.black[j])
	}
	return out
}

// varianceOf is the variance of a frame at the signal of a tile.
func (m *merger) varianceOf(b *mergeBatch, l int, f *mergeFrame) float32 {
	v := 0.0
	for i, x := range b.signal[l] {
		v += f.noise.Variance(m.h.CFA.ColorAt(i%4, i/4), float64(x))
	}
	return max(float32(v/16), 1e-12)
}

// spectrum loads a frame's tiles under windows that follow the content, and
// transforms them. It returns where the tiles are and which are in the frame.
func (m *merger) spectrum(s *mergeScratch, b *mergeBatch, z int) (at [lanes]int, valid [lanes]bool) {
	f, win := m.frames[z], &s.windows[z]
	if win.Rect.Empty() {
		return at, valid
	}
	for l := range lanes {
		r, fy, fx, ok := m.seen(f, b.tile[l])
		valid[l] = ok
		if !ok {
			r, fy, fx = image.Rectangle{Min: win.Rect.Min}, 0, 0
		}
		p := r.Min.Sub(win.Rect.Min)
		at[l] = p.Y*win.Stride + p.X
		m.tables(s, l, fy, fx)
	}
	var add [16]perLane
	for i := range add {
		for l := range lanes {
			add[i][l] = f.black[i] - b.base[l][i]
		}
	}
	gather(&s.t, win.Pix, &at, win.Stride, &f.gains, &add, &s.wy, &s.wx)
	// Nothing knows more than the frame that took least light.
	if b.share = (perLane{}); (b.anyFilled || !f.same) && z != m.short {
		m.fill(s, b, f, win.Pix, &at, win.Stride, &valid)
	}
	dft.Forward(&s.f, &s.t, &s.dft)
	return at, valid
}

// addFrame compares a frame's tiles with the reference's and adds what agrees.
func (m *merger) addFrame(s *mergeScratch, b *mergeBatch, z int, agreed *perLane) {
	f := m.frames[z]
	win := &s.windows[z]
	if win.Rect.Empty() {
		return
	}
	at, valid := m.spectrum(s, b, z)
	var scale, mean, own perLane
	for l := range lanes {
		own[l] = b.s2[l]
		if !f.same || b.filled[l] > 0 {
			own[l] = m.varianceOf(b, l, f)
			own[l] += float32(b.share[l] * max(b.s2[l]-own[l], 0))
		}
		// 2σ²E is the expected power, E = (N/2)² being the window's.
		scale[l] = 1 / ((b.s2[l] + own[l]) * (mergeTile / 2) * (mergeTile / 2))
	}
	compare(&s.f, &s.ref, &s.p, m.shift, &s.ty, &s.tx, &scale, &mean)
	var k trust
	any := false
	for l := range lanes {
		mm := mean[l]
		width := min(max((sternFrom-mm)/sternWidth, sternest), 1)
		slack := min(max((slackFrom-mm)/slackWidth, 0), mostSlack)
		// Weights go by the frames' variances.
		worth := b.s2[l] / own[l]
		k.twice[l], k.width[l], k.inverse[l] = 2*(tolerance+slack), width, 1/worth
		if valid[l] && mm <= dropAbove && !m.clips(s, b, l, f, win.Pix[at[l]:], win.Stride, mm) {
			k.top[l] = width * worth
			any = true
		}
	}
	f.tiles.Add(int64(b.n))
	if !any {
		return
	}
	var accepted perLane
	addSpectrum(&s.acc, &s.f, &s.p, &s.h, &k, &accepted)
	total := int64(0)
	for l := range b.n {
		a := min(accepted[l]*k.inverse[l]/bins, 1)
		agreed[l] += a
		total += int64(a * acceptedUnit)
	}
	f.accepted.Add(total)
}

// tables sets lane l's windows and turns for a fractional shift. The window
// moves with the content.
func (m *merger) tables(s *mergeScratch, l, fy, fx int) {
	for i := range dft.N {
		s.wy[i][l] = m.circle.window(i, fy)
		s.wx[i][l] = m.circle.window(i, fx) / 2
	}
	for e := 0; e <= dft.N/2; e++ {
		c, d := m.circle.shift(e, fy)
		s.ty[dft.N/2+e][0][l], s.ty[dft.N/2+e][1][l] = c, d
		s.ty[dft.N/2-e][0][l], s.ty[dft.N/2-e][1][l] = c, -d
		c, d = m.circle.shift(e, fx)
		s.tx[dft.N/2+e][0][l], s.tx[dft.N/2+e][1][l] = c, d
		s.tx[dft.N/2-e][0][l], s.tx[dft.N/2-e][1][l] = c, -d
	}
}

// phaseSums adds up the samples of a tile by their place in a period of 4.
func phaseSums(sums *[16]uint32, pix []uint16, stride int) {
	for y := range mergeTile {
		row := pix[y*stride:][:mergeTile]
		var a, b, c, d uint32
		for x := 0; x < len(row); x += 4 {
			a += uint32(row[x])
			b += uint32(row[x+1])
			c += uint32(row[x+2])
			d += uint32(row[x+3])
		}
		q := sums[y&3*4 : y&3*4+4]
		q[0] += a
		q[1] += b
		q[2] += c
		q[3] += d
	}
}
