package demosaic

import (
	"image"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
	"github.com/quadraw/quadraw/raw"
)

// lmmse is L. Zhang and X. Wu, "Color demosaicking via directional linear
// minimum mean square-error estimation", IEEE Trans. Image Processing 14
// (2005). Along every row and every column the difference green − red (or
// − blue) is first estimated by second-order interpolation; that is the true
// difference plus the interpolation's error. The local moments of the
// difference, smoothed, and of the error give the estimate that is best in the
// mean square (section III), and the two directions are averaged with the
// weights of their expected errors (section IV). Red and blue follow from the
// bilinearly interpolated differences.
//
// It works on working samples ([bank.Plane]), for Bayer.
type lmmse struct{}

const (
	lmmseWindow = 4 // moments are taken over 2·4+1 samples
	lmmseHalo   = 12
)

// smoothing is the low-pass filter of the paper, of sum 128.
var smoothing = [...]int32{4, 9, 15, 23, 26, 23, 15, 9, 4}

func (lmmse) halo() int         { return lmmseHalo }
func (lmmse) side() image.Point { return image.Pt(256, 256) }
func (lmmse) newState() any     { return new(lmmseState) }

// lmmseState is a worker's scratch: planes as large as the tile and its halo.
type lmmseState struct {
	diff    []int32    // 4·(green − other) along rows, then along columns
	smooth  []int32    // diff smoothed
	along   []estimate // by rows
	across  []estimate // by columns
	delta   [2][]int32 // 16·(green − red), 16·(green − blue)
	columns []columnSums
}

// estimate is a difference, in quarters, and the variance of its error.
type estimate struct{ value, variance float32 }

// columnSums are the running moments of a column. They are integers, so
// nothing depends on where a tile begins.
type columnSums struct{ first, second, err int64 }

// run fills dst from in, which covers dst.Rect and lmmseHalo more on each side.
func (lmmse) run(state any, dst *bank.RGB, in *bank.Plane, _ *signal) {
	s := state.(*lmmseState)
	w, h := in.Rect.Dx(), in.Rect.Dy()
	n := w * h
	if len(s.diff) < n {
		s.diff, s.smooth = make([]int32, n), make([]int32, n)
		s.along, s.across = make([]estimate, n), make([]estimate, n)
		s.delta = [2][]int32{make([]int32, n), make([]int32, n)}
	}
	if len(s.columns) < w {
		s.columns = make([]columnSums, w)
	}
	s.rows(in, w, h)
	s.cols(in, w, h)
	s.fuse(in, w, h)
	s.spread(in, w, h)
	s.write(dst, in, w)
}

func (m lmmse) measure(sigma [3]float64) []*removed {
	return []*removed{measureRemoved(1, lmmseHalo, sigma, func(dst *bank.RGB, in *bank.Plane) { m.run(new(lmmseState), dst, in, nil) })}
}

func (lmmse) removed(_ any, row []float32, measured []*removed, c raw.Color, x, y int) {
	for i := range row {
		row[i] = measured[0][y&3][(x+i)&3][c]
	}
}

// greenSign is +1 at green samples and −1 elsewhere.
func greenSign(in image.Rectangle, x, y int) int32 {
	return int32((in.Min.X+x+in.Min.Y+y)&1)*2 - 1
}

// rows fills along: the estimates of every red and blue sample from its row.
func (s *lmmseState) rows(in *bank.Plane, w, h int) {
	const r = lmmseWindow
	for y := 2; y < h-2; y++ {
		pix := in.Pix[y*in.Stride:][:w]
		diff, smooth, along := s.diff[y*w:][:w], s.smooth[y*w:][:w], s.along[y*w:][:w]
		sign := greenSign(in.Rect, 2, y)
		for x := 2; x < w-2; x++ {
			c := int32(pix[x])
			diff[x] = sign * (2*c + int32(pix[x-2]) + int32(pix[x+2]) - 2*(int32(pix[x-1])+int32(pix[x+1])))
			sign = -sign
		}
		for x := 2 + r; x < w-2-r; x++ {
			d := diff[x-r:][:2*r+1]
			smooth[x] = smoothed(d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8])
		}
		var sum columnSums
		for x := 2 + r; x < w-2-r; x++ {
			sum.add(smooth[x], diff[x])
			if at := x - r; at >= 2+2*r {
				along[at] = sum.estimate(diff[at])
				sum.drop(smooth[at-r], diff[at-r])
			}
		}
	}
}

func smoothed(a, b, c, d, e, f, g, h, i int32) int32 {
	k := &smoothing
	return (k[0]*(a+i) + k[1]*(b+h) + k[2]*(c+g) + k[3]*(d+f) + k[4]*e + 64) >> 7
}

func (m *columnSums) add(smooth, diff int32) {
	e := int64(diff - smooth)
	v := int64(smooth)
	m.first += v
	m.second += v * v
	m.err += e * e
}

func (m *columnSums) drop(smooth, diff int32) {
	e := int64(diff - smooth)
	v := int64(smooth)
	m.first -= v
	m.second -= v * v
	m.err -= e * e
}

// estimate is equations (9) to (13) of the paper for the observation y. The
// moments over nine samples are integers: 81·variance = 9·Σx² − (Σx)².
func (m *columnSums) estimate(y int32) estimate {
	const n = 2*lmmseWindow + 1
	variance := float32(n*m.second-m.first*m.first) * (1.0 / (n * n))
	noise := float32(float32(m.err)*(1.0/n)) + 1e-3
	mean := float32(m.first) * (1.0 / n)
	gain := variance / (variance + noise)
	return estimate{mean + float32(gain*(float32(y)-mean)), float32(gain*noise) + 1e-3}
}

// cols fills across: the estimates of every sample from its column.
func (s *lmmseState) cols(in *bank.Plane, w, h int) {
	const r = lmmseWindow
	for y := 2; y < h-2; y++ {
		at := func(dy int) []int16 { return in.Pix[(y+dy)*in.Stride:][:w] }
		a, b, c, d, e := at(-2), at(-1), at(0), at(1), at(2)
		diff := s.diff[y*w:][:w]
		sign := greenSign(in.Rect, 0, y)
		for x := range diff {
			diff[x] = sign * (2*int32(c[x]) + int32(a[x]) + int32(e[x]) - 2*(int32(b[x])+int32(d[x])))
			sign = -sign
		}
	}
	for y := 2 + r; y < h-2-r; y++ {
		at := func(dy int) []int32 { return s.diff[(y+dy)*w:][:w] }
		d0, d1, d2, d3, d4, d5, d6, d7, d8 := at(-4), at(-3), at(-2), at(-1), at(0), at(1), at(2), at(3), at(4)
		smooth := s.smooth[y*w:][:w]
		for x := range smooth {
			smooth[x] = smoothed(d0[x], d1[x], d2[x], d3[x], d4[x], d5[x], d6[x], d7[x], d8[x])
		}
	}
	sums := s.columns[:w]
	clear(sums)
	for y := 2 + r; y < h-2-r; y++ {
		smooth, diff := s.smooth[y*w:][:w], s.diff[y*w:][:w]
		for x := range sums {
			sums[x].add(smooth[x], diff[x])
		}
		at := y - r
		if at < 2+2*r {
			continue
		}
		here, across := s.diff[at*w:][:w], s.across[at*w:][:w]
		oldSmooth, oldDiff := s.smooth[(at-r)*w:][:w], s.diff[(at-r)*w:][:w]
		for x := range sums {
			if greenSign(in.Rect, x, at) < 0 {
				across[x] = sums[x].estimate(here[x])
			}
			sums[x].drop(oldSmooth[x], oldDiff[x])
		}
	}
}

// fuse sets delta at red and blue samples: the two directions weighted by the
// other's error.
func (s *lmmseState) fuse(in *bank.Plane, w, h int) {
	const m = 2 + 2*lmmseWindow
	for y := m; y < h-m; y++ {
		delta := s.delta[(in.Rect.Min.Y+y)&1][y*w:][:w]
		along, across := s.along[y*w:][:w], s.across[y*w:][:w]
		for x := m + (in.Rect.Min.X+m+in.Rect.Min.Y+y)&1; x < w-m; x += 2 {
			a, b := along[x], across[x]
			d := (float32(a.value*b.variance) + float32(b.value*a.variance)) / (a.variance + b.variance)
			delta[x] = roundQuarters(d)
		}
	}
}

// roundQuarters turns a difference in quarters into sixteenths.
func roundQuarters(d float32) int32 {
	d *= 4
	if d < 0 {
		return -int32(0.5 - d)
	}
	return int32(d + 0.5)
}

// spread gives every pixel both differences: from the four diagonal neighbours
// at the other of red and blue, then from the four nearest at green.
func (s *lmmseState) spread(in *bank.Plane, w, h int) {
	const m = 2 + 2*lmmseWindow + 1
	for y := m; y < h-m; y++ {
		d := s.delta[1-(in.Rect.Min.Y+y)&1]
		for x := m + (in.Rect.Min.X+m+in.Rect.Min.Y+y)&1; x < w-m; x += 2 {
			i := y*w + x
			d[i] = (d[i-w-1] + d[i-w+1] + d[i+w-1] + d[i+w+1] + 2) >> 2
		}
	}
	for y := m + 1; y < h-m-1; y++ {
		for x := m + 1 + (in.Rect.Min.X+m+in.Rect.Min.Y+y)&1; x < w-m-1; x += 2 {
			i := y*w + x
			for _, d := range s.delta {
				d[i] = (d[i-w] + d[i+w] + d[i-1] + d[i+1] + 2) >> 2
			}
		}
	}
}

// write puts the three colours together.
func (s *lmmseState) write(dst *bank.RGB, in *bank.Plane, w int) {
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		iy := y - in.Rect.Min.Y
		o := (y - dst.Rect.Min.Y) * dst.Stride
		n := dst.Rect.Dx()
		x0 := dst.Rect.Min.X - in.Rect.Min.X
		pix := in.Pix[iy*in.Stride+x0:][:n]
		dr, db := s.delta[0][iy*w+x0:][:n], s.delta[1][iy*w+x0:][:n]
		red, green, blue := dst.Pix[0][o:][:n], dst.Pix[1][o:][:n], dst.Pix[2][o:][:n]
		own, ownDelta := red, dr
		other, otherDelta := blue, db
		if y&1 == 1 {
			own, ownDelta, other, otherDelta = blue, db, red, dr
		}
		for x, v := range pix {
			c := int32(v)
			if (dst.Rect.Min.X+x+y)&1 == 1 {
				green[x] = v
				red[x] = clampSample(c - (dr[x]+8)>>4)
				blue[x] = clampSample(c - (db[x]+8)>>4)
				continue
			}
			own[x] = v
			g := c<<4 + ownDelta[x]
			green[x] = clampSample((g + 8) >> 4)
			other[x] = clampSample((g - otherDelta[x] + 8) >> 4)
		}
	}
}

func clampSample(v int32) int16 { return int16(max(bank.Min, min(v, bank.Max))) }
