package noise

import (
	"context"
	"image"
	"math"
	"sync"
	"sync/atomic"

	"github.com/quadraw/quadraw/noise/internal/dft"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

const (
	// mergeChunk is the side of the squares that are merged in one go.
	mergeChunk = 512
	// mergeCacheBytes keeps a row of chunks of a 108 MP frame.
	mergeCacheBytes = 24 << 20
	// maxOutside is how far a displaced tile may reach beyond the frame.
	maxOutside = mergeStep + 8
)

// Constants of the weights; P is the power of a bin's difference against what
// noise explains, M its mean over the tile.
const (
	slackFrom, slackWidth = 1.32, 0.2 // a tile that agrees as a whole is judged less sternly bin by bin
	mostSlack             = 1.5
	tolerance             = 1.5
	sternFrom, sternWidth = 1.7, 0.5
	sternest              = 0.15
	dropAbove             = 12.0 // nothing in common
)

// lumaReach is how many times farther luma reaches than colour in the split
// of the spectrum, by period.
func lumaReach(period int) float64 {
	if period == 4 {
		return 3
	}
	return 2
}

// acceptedUnit is the resolution of the counters of accepted weight.
const acceptedUnit = 1 << 10

// mergeFrame is a frame that takes part.
type mergeFrame struct {
	index  int
	src    raw.Source
	gain   float32     // normalised, in the reference's exposure, per DN
	gains  [16]perLane // the same by phase and lane
	black  [16]float32 // −black·gain by phase
	white  uint16      // DN from which a sample counts as clipped
	vector [][2]int32  // displacement of every merge tile in sub-pixels; nil: the reference
	// noise of the frame at the reference's exposure; same tells that it is
	// the reference's.
	noise raw.NoiseProfile
	same  bool

	accepted, tiles atomic.Int64
}

// merger is the lazily merged mosaic.
type merger struct {
	h        *raw.Header
	method   MergeMethod
	period   int
	nx, ny   int           // merge tiles across and down; tile i begins at (i−1)·mergeStep
	frames   []*mergeFrame // the reference first
	refIndex int
	profile  raw.NoiseProfile
	mixed    raw.NoiseModel // mean of the colours
	scale    float32        // DN of the output per normalised unit
	reach    float64        // white of the output against the reference's
	short    int            // the frame that took least light, if less than the reference; else 0
	circle   *circle
	shift    *binShift
	win      [dft.N]float32
	winLanes [dft.N]perLane // half the window: dft.Forward doubles
	winFull  [dft.N]perLane
	stats    []tileStat
	noisier  float64 // see probe
	pool     sync.Pool
}

func newMerger(b *burst) (*merger, error) {
	ref := b.sources[b.ref].Header()
	m := &merger{
		h: mergedHeader(ref), method: b.o.Method, period: ref.CFA.Period(), refIndex: b.ref, profile: b.profile,
		nx: (ref.Size.X+mergeStep-1)/mergeStep + 1, ny: (ref.Size.Y+mergeStep-1)/mergeStep + 1,
		circle: newCircle(), scale: 65535 - mergedBlack,
	}
	m.shift = newBinShift(m.period, lumaReach(m.period))
	m.stats = make([]tileStat, m.nx*m.ny)
	for i := range m.win {
		m.win[i] = m.circle.window(i, 0)
		for l := range lanes {
			m.winFull[i][l], m.winLanes[i][l] = m.win[i], m.win[i]/2
		}
	}
	add := func(i int, v *motion) {
		f := newMergeFrame(b, i)
		if v != nil {
			f.vector = m.regrid(v)
		}
		m.frames = append(m.frames, f)
	}
	m.reach, m.mixed = 1, mixed(b.profile)
	add(b.ref, nil)
	for i, v := range b.motion {
		if v != nil {
			add(i, v)
		}
	}
	for z, f := range m.frames {
		if g := b.report.Frames[f.index].Gain; g > m.reach*1.01 {
			m.reach, m.short = g, z
		}
	}
	m.scale /= float32(m.reach)
	m.h.BaselineExposure += math.Log2(m.reach)
	m.h.Capture.Frames = 0
	for _, f := range m.frames {
		m.h.Capture.Frames += max(f.src.Header().Capture.Frames, 1)
	}
	m.pool.New = func() any { return new(mergeScratch) }
	return m, nil
}

// mergedHeader is the reference's with the merged mosaic's levels.
func mergedHeader(ref *raw.Header) *raw.Header {
	h := ref.Clone()
	h.BitsPerSample = 16
	h.Black = raw.ConstantBlack(mergedBlack)
	h.White = [3]float64{65535, 65535, 65535}
	return h
}

func newMergeFrame(b *burst, i int) *mergeFrame {
	src := levelled(b.sources[i])
	if b.o.Method == Fast && i != b.ref {
		src = relevelled(src, levelled(b.sources[b.ref]).Header())
	}
	h := src.Header()
	light := b.report.Frames[i].Gain
	f := &mergeFrame{index: i, src: src, noise: b.profileOf(i).Amplified(light)}
	f.same = light == 1 && f.noise == b.profile
	white := h.White[1]
	gain := light / (white - h.Black.Mean())
	f.gain = float32(gain)
	f.white = clipLevel(h)
	for y := range 4 {
		for x := range 4 {
			for l := range lanes {
				f.gains[y*4+x][l] = f.gain
			}
			f.black[y*4+x] = float32(-h.Black.At(x, y, 0) * gain)
		}
	}
	return f
}

// regrid brings a field to the merge tiles, in sub-pixels.
func (m *merger) regrid(v *motion) [][2]int32 {
	out := make([][2]int32, m.nx*m.ny)
	for y := range m.ny {
		for x := range m.nx {
			d := v.at(float32(y*mergeStep), float32(x*mergeStep), max(m.period, 2))
			out[y*m.nx+x] = [2]int32{int32(math.RoundToEven(float64(d.y * subPixel))), int32(math.RoundToEven(float64(d.x * subPixel)))}
		}
	}
	return out
}

// split parts a displacement into whole periods and sub-pixels.
func (m *merger) split(d int32) (whole, fraction int) {
	unit := subPixel * m.period
	q := (int(d) + unit/2) &^ (unit - 1)
	return q / subPixel, int(d) - q
}

func (m *merger) Header() *raw.Header { return m.h }

func (m *merger) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := m.h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	dst.CFA = m.h.CFA
	s := m.pool.Get().(*mergeScratch)
	defer m.pool.Put(s)
	r := dst.Rect
	for y := r.Min.Y / mergeChunk; y*mergeChunk < r.Max.Y; y++ {
		for x := r.Min.X / mergeChunk; x*mergeChunk < r.Max.X; x++ {
			at := image.Pt(x*mergeChunk, y*mergeChunk)
			part := dst.Part(image.Rectangle{Min: at, Max: at.Add(image.Pt(mergeChunk, mergeChunk))})
			if err := m.chunk(ctx, s, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// mergeScratch is a worker's memory.
type mergeScratch struct {
	windows []raw.Mosaic // what is needed of each frame
	jitter  float64      // noise to add to these, against what is expected; see probe
	seed    int          // of that noise
	out     []float32
	t       dft.Tile
	tiles   [lanes]single
	ref, f  dft.Spectrum
	acc     accumulator
	p, h    [bins]perLane
	dft     dft.Scratch
	ty, tx  turnTables
	wy, wx  [dft.N]perLane
	// See fill.
	filling      dft.Tile
	backY, backX turnTables
}

// chunk merges one rectangle. Tiles are taken row by row, sixteen at a time,
// and added to the output in that order, so every pixel gets its four tiles in
// the same order however the rectangle was cut.
func (m *merger) chunk(ctx context.Context, s *mergeScratch, dst *raw.Mosaic) error {
	tiles := image.Rect(dst.Rect.Min.X/mergeStep, dst.Rect.Min.Y/mergeStep, (dst.Rect.Max.X-1)/mergeStep+2, (dst.Rect.Max.Y-1)/mergeStep+2)
	area := image.Rect((tiles.Min.X-1)*mergeStep, (tiles.Min.Y-1)*mergeStep, tiles.Max.X*mergeStep, tiles.Max.Y*mergeStep)
	if err := m.load(ctx, s, tiles, area); err != nil {
		return err
	}
	n := area.Dx() * area.Dy()
	if cap(s.out) < n {
		s.out = make([]float32, n)
	}
	s.out = s.out[:n]
	clear(s.out)
	if m.method == Fast {
		if err := m.average(ctx, s, dst, area); err != nil {
			return err
		}
		m.store(s, dst, area)
		return nil
	}
	var b mergeBatch
	for ty := tiles.Min.Y; ty < tiles.Max.Y; ty++ {
		for tx := tiles.Min.X; tx < tiles.Max.X; tx++ {
			b.tile[b.n] = image.Pt(tx, ty)
			b.n++
			if b.n == lanes {
				if err := ctx.Err(); err != nil {
					return err
				}
				m.batch(s, &b, area)
				b.n = 0
			}
		}
	}
	if b.n > 0 {
		m.batch(s, &b, area)
	}
	m.store(s, dst, area)
	return nil
}

// load reads the windows of all frames that the tiles ask for.
func (m *merger) load(ctx context.Context, s *mergeScratch, tiles, area image.Rectangle) error {
	if s.windows == nil {
		s.windows = make([]raw.Mosaic, len(m.frames))
	}
	for z, f := range m.frames {
		need := area
		if f.vector != nil {
			need = image.Rectangle{}
			for ty := tiles.Min.Y; ty < tiles.Max.Y; ty++ {
				for tx := tiles.Min.X; tx < tiles.Max.X; tx++ {
					if r, _, _, ok := m.seen(f, image.Pt(tx, ty)); ok {
						need = need.Union(r)
					}
				}
			}
		}
		if need.Empty() {
			s.windows[z].Rect = need
			continue
		}
		s.windows[z].Reset(need, m.h.CFA)
		if err := tile.ReadPadded(ctx, f.src, &s.windows[z]); err != nil {
			return err
		}
		if s.jitter > 0 {
			f.jitter(&s.windows[z], s.jitter, s.seed)
		}
	}
	return nil
}

// seen is where frame f shows a tile: a rectangle displaced by whole periods,
// and the fraction; ok is false when that is too far outside the frame.
func (m *merger) seen(f *mergeFrame, t image.Point) (r image.Rectangle, fy, fx int, ok bool) {
	d := f.vector[t.Y*m.nx+t.X]
	dy, fy := m.split(d[0])
	dx, fx := m.split(d[1])
	at := image.Pt((t.X-1)*mergeStep+dx, (t.Y-1)*mergeStep+dy)
	r = image.Rectangle{Min: at, Max: at.Add(image.Pt(mergeTile, mergeTile))}
	ok = r.In(m.h.Bounds().Inset(-maxOutside)) || dx == 0 && dy == 0
	return r, fy, fx, ok
}

// variance is the variance of the merged mosaic against the reference's in the
// 8×8 block (bx, by), from the tiles over it under the squares of their
// windows.
func (m *merger) variance(bx, by int) float32 {
	// Means of sin² over a quarter of a tile.
	const outer, inner = 0.18169011, 0.81830989
	bx = min(max(bx, 0), (m.h.Size.X-1)/8)
	by = min(max(by, 0), (m.h.Size.Y-1)/8)
	weigh := func(b int) (first int, a, c float32) {
		if b&1 == 0 {
			return b / 2, inner, outer
		}
		return b / 2, outer, inner
	}
	y, ya, yb := weigh(by)
	x, xa, xb := weigh(bx)
	at := func(y, x int) float32 { return m.stats[y*m.nx+x].ratio() }
	top := float32(at(y, x)*xa) + float32(at(y, x+1)*xb)
	low := float32(at(y+1, x)*xa) + float32(at(y+1, x+1)*xb)
	return float32(top*ya) + float32(low*yb)
}

// store quantises. A sample that is clipped in the reference and merged to
// nearly white stays clipped, so that highlights are recognised later.
func (m *merger) store(s *mergeScratch, dst *raw.Mosaic, area image.Rectangle) {
	win := &s.windows[0]
	ref := m.frames[0]
	white := uint16(ref.src.Header().White[1])
	stride := area.Dx()
	near := float32(1 - 2*math.Sqrt(m.profile.Variance(raw.Green, 1)))
	scale := [4]float32{m.scale, m.scale, m.scale, m.scale}
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		row := dst.Row(y)
		out := s.out[(y-area.Min.Y)*stride+dst.Rect.Min.X-area.Min.X:][:len(row)]
		in := win.Pix[(y-win.Rect.Min.Y)*win.Stride+dst.Rect.Min.X-win.Rect.Min.X:][:len(row)]
		quantise(row, out, &scale, mergedBlack+.5)
		if m.short > 0 {
			continue
		}
		for x, v := range in {
			if v >= white && out[x] > near {
				row[x] = 65535
			}
		}
	}
}
