package develop

import (
	"context"
	"fmt"
	"image"
	"math"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// CorrectRGB returns src, linear camera RGB, with its header's OpcodeList3
// applied and removed from the header: the same opcodes as [Correct] knows
// and [raw.WarpRectilinear], but not bad pixels. A source without opcodes
// comes back as it is.
func CorrectRGB(src raw.RGBSource, o *CorrectOptions) (raw.RGBSource, error) {
	const list = 2
	h := src.Header()
	if len(h.Opcodes[list]) == 0 {
		return src, nil
	}
	var trim image.Point
	var points []pointOp
	flush := func() {
		if len(points) > 0 {
			src, points = newPointwiseRGB(src, points), nil
		}
	}
	for i := range h.Opcodes[list] {
		op := &h.Opcodes[list][i]
		if o.skips(op) {
			continue
		}
		where := frameOf(h.ActiveArea, h.ActiveArea.Min.Sub(trim), h.ActiveArea.Min.Sub(trim))
		p, err := newPointOp(op.Params, where)
		if err != nil {
			return nil, fmt.Errorf("%s in OpcodeList3: %w", op.Name(), err)
		}
		if p != nil {
			points = append(points, p)
			continue
		}
		flush()
		switch v := op.Params.(type) {
		case *raw.WarpRectilinear:
			if src, err = newWarp(src, v, where); err != nil {
				return nil, fmt.Errorf("%s in OpcodeList3: %w", op.Name(), err)
			}
		case *raw.TrimBounds:
			r := v.Rect.Add(where.origin).Intersect(src.Header().Bounds())
			if src, err = raw.CropRGB(src, r); err != nil {
				return nil, fmt.Errorf("TrimBounds: %w", err)
			}
			trim = trim.Add(r.Min)
		default:
			if err := o.unknown(op, list); err != nil {
				return nil, err
			}
		}
	}
	flush()
	out := src.Header().Clone()
	out.Opcodes[list] = nil
	return &reheadedRGB{src, out}, nil
}

type reheadedRGB struct {
	raw.RGBSource
	h *raw.Header
}

func (s *reheadedRGB) Header() *raw.Header { return s.h }

// pointwiseRGB is [pointwise] for three planes. Levels stay as they are.
type pointwiseRGB struct {
	raw.RGBSource
	h      *raw.Header
	levels *levels
	ops    []pointOp
	spare  sync.Pool
}

func newPointwiseRGB(src raw.RGBSource, ops []pointOp) raw.RGBSource {
	p := &pointwiseRGB{RGBSource: src, h: src.Header().Clone(), levels: levelsOf(src.Header()), ops: ops}
	p.spare.New = func() any { return new([]float32) }
	gain := 1.0
	for _, op := range ops {
		gain *= op.meanGain()
	}
	if p.h.Noise.Known() && gain > 0 && !math.IsInf(gain, 1) {
		p.h.Noise = p.h.Noise.Amplified(gain)
	}
	return p
}

func (p *pointwiseRGB) Header() *raw.Header { return p.h }

func (p *pointwiseRGB) ReadTile(ctx context.Context, dst *raw.RGB) error {
	if err := p.RGBSource.ReadTile(ctx, dst); err != nil {
		return err
	}
	buf := p.spare.Get().(*[]float32)
	defer p.spare.Put(buf)
	if n := dst.Rect.Dx(); cap(*buf) < n {
		*buf = make([]float32, n)
	}
	signal := (*buf)[:dst.Rect.Dx()]
	x0, lv := dst.Rect.Min.X, p.levels
	for c := raw.Red; c <= raw.Blue; c++ {
		scale, offset := float32(lv.scale[c]), float32(float64(lv.black[c]*lv.scale[c]))
		black, span := float32(lv.black[c]), float32(1/lv.scale[c])
		for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
			row := dst.Row(c, y)
			if !lv.constant {
				lv.flatten(x0, y, int(c), row)
			}
			for i, v := range row {
				signal[i] = float32(float32(v)*scale) - offset
			}
			for _, op := range p.ops {
				op.row(signal, x0, y, int(c))
			}
			quantise(row, signal, black, span)
		}
	}
	return nil
}

// warp is opcode WarpRectilinear: a lens's distortion and its lateral
// chromatic aberration undone, by Catmull–Rom's cubic.
type warp struct {
	src    raw.RGBSource
	optic  optic
	planes [3][6]float64
	spare  sync.Pool // of *raw.RGB
}

// maxWarp bounds by how much a warp may stretch, and so how much of the
// source a tile needs.
const maxWarp = 4

func newWarp(src raw.RGBSource, v *raw.WarpRectilinear, at frame) (raw.RGBSource, error) {
	o, err := newOptic(v.CenterX, v.CenterY, at)
	if err != nil {
		return nil, err
	}
	if n := len(v.Planes); n != 1 && n != 3 {
		return nil, fmt.Errorf("%w: warp of %d planes", raw.ErrOption, n)
	}
	w := &warp{src: src, optic: o}
	w.spare.New = func() any { return new(raw.RGB) }
	for c := range w.planes {
		w.planes[c] = v.Planes[min(c, len(v.Planes)-1)]
		// Bounds on the derivative over the unit circle.
		k := w.planes[c]
		stretch := math.Abs(k[0]) + float64(3*math.Abs(k[1])) + float64(5*math.Abs(k[2])) + float64(7*math.Abs(k[3])) + float64(6*(math.Abs(k[4])+math.Abs(k[5])))
		if !(stretch <= 64) || w.steep(c) > maxWarp {
			return nil, &raw.UnsupportedError{Feature: fmt.Sprintf("WarpRectilinear with coefficients %v", k)}
		}
	}
	return w, nil
}

// steep measures the largest stretch of plane c on a grid over the frame.
func (w *warp) steep(c int) (worst float64) {
	b := w.src.Header().Bounds()
	const n = 64
	dx, dy := float64(b.Dx())/n, float64(b.Dy())/n
	for j := range n + 1 {
		for i := range n + 1 {
			x, y := float64(i)*dx, float64(j)*dy
			x0, y0 := w.from(c, x, y)
			x1, y1 := w.from(c, x+dx, y)
			x2, y2 := w.from(c, x, y+dy)
			worst = max(worst, math.Hypot(x1-x0, y1-y0)/dx, math.Hypot(x2-x0, y2-y0)/dy)
		}
	}
	return worst
}

// from returns where in the source pixel (x, y) of plane c comes from.
func (w *warp) from(c int, x, y float64) (float64, float64) {
	k, o := &w.planes[c], &w.optic
	dx, dy := (x-o.x)/o.far, (y-o.y)/o.far
	xx, yy, xy := float64(dx*dx), float64(dy*dy), float64(dx*dy)
	r2 := xx + yy
	f := k[0] + float64(r2*(k[1]+float64(r2*(k[2]+float64(r2*k[3])))))
	u := float64(f*dx) + float64(k[4]*(2*xy)) + float64(k[5]*(r2+2*xx))
	v := float64(f*dy) + float64(k[5]*(2*xy)) + float64(k[4]*(r2+2*yy))
	return o.x + float64(o.far*u), o.y + float64(o.far*v)
}

func (w *warp) Header() *raw.Header { return w.src.Header() }

func (w *warp) ReadTile(ctx context.Context, dst *raw.RGB) error {
	h := w.src.Header()
	if err := h.CheckTile(ctx, dst.Rect, dst.Check()); err != nil {
		return err
	}
	in := w.spare.Get().(*raw.RGB)
	defer w.spare.Put(in)
	const side = 128
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y += side {
		for x := dst.Rect.Min.X; x < dst.Rect.Max.X; x += side {
			if err := w.piece(ctx, dst.Part(image.Rect(x, y, x+side, y+side)), in); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *warp) piece(ctx context.Context, dst, in *raw.RGB) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	bounds := w.src.Header().Bounds()
	need := image.Rectangle{}
	for c := range w.planes {
		need = need.Union(w.reach(c, dst.Rect).Intersect(bounds))
	}
	if need.Empty() { // all of it comes from outside: the border repeated
		p := image.Pt(max(0, min(dst.Rect.Min.X, bounds.Max.X-1)), max(0, min(dst.Rect.Min.Y, bounds.Max.Y-1)))
		need = image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))}
	}
	in.Reset(need)
	if err := w.src.ReadTile(ctx, in); err != nil {
		return err
	}
	for c := raw.Red; c <= raw.Blue; c++ {
		for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
			row := dst.Row(c, y)
			for i := range row {
				fx, fy := w.from(int(c), float64(dst.Rect.Min.X+i), float64(y))
				row[i] = cubicSample(in, c, fx, fy)
			}
		}
	}
	return nil
}

// reach returns a rectangle of the source that holds what r needs of plane c:
// that of points on a lattice 8 pixels apart, and as much around it as the map
// can swing between them.
func (w *warp) reach(c int, r image.Rectangle) image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	const step = 8
	for y := r.Min.Y; ; y = min(y+step, r.Max.Y-1) {
		for x := r.Min.X; ; x = min(x+step, r.Max.X-1) {
			u, v := w.from(c, float64(x), float64(y))
			x0, y0, x1, y1 = min(x0, u), min(y0, v), max(x1, u), max(y1, v)
			if x == r.Max.X-1 {
				break
			}
		}
		if y == r.Max.Y-1 {
			break
		}
	}
	const margin = 3 + step*maxWarp/4
	hold := func(v float64) int { return int(max(-1e6, min(v, 1e6))) }
	return image.Rect(hold(math.Floor(x0))-margin, hold(math.Floor(y0))-margin, hold(math.Ceil(x1))+margin, hold(math.Ceil(y1))+margin)
}

// cubicSample samples plane c at (x, y) with Catmull–Rom's cubic; beyond m's
// border the border is repeated.
func cubicSample(m *raw.RGB, c raw.Color, x, y float64) uint16 {
	x0, y0 := math.Floor(x), math.Floor(y)
	wx, wy := catmullRom(float32(x-x0)), catmullRom(float32(y-y0))
	ix, iy := int(max(-1e6, min(x0, 1e6))), int(max(-1e6, min(y0, 1e6)))
	var sum float32
	for b, wb := range wy {
		row := m.Row(c, max(m.Rect.Min.Y, min(iy+b-1, m.Rect.Max.Y-1)))
		var v float32
		for a, wa := range wx {
			v += float32(wa * float32(row[max(0, min(ix+a-1-m.Rect.Min.X, len(row)-1))]))
		}
		sum += float32(wb * v)
	}
	return uint16(int32(max(0, min(sum+0.5, 65535.5))))
}

// catmullRom returns the weights of four neighbours, f from the second.
func catmullRom(f float32) [4]float32 {
	g := 1 - f
	ff, gg := float32(f*f), float32(g*g)
	return [4]float32{
		-0.5 * float32(f*gg),
		float32(g * (1 + f - float32(1.5*ff))),
		float32(f * (1 + g - float32(1.5*gg))),
		-0.5 * float32(g*ff),
	}
}
