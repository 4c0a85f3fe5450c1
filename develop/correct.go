package develop

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"math"
	"sync"

	"github.com/quadraw/quadraw/raw"
)

// CorrectOptions of [Correct] and [CorrectRGB]; nil is fine.
type CorrectOptions struct {
	// Preview leaves out the opcodes that are marked as not needed for
	// previews.
	Preview bool
	// Log, if set, is told of optional opcodes that are left out because they
	// are not understood.
	Log *slog.Logger
}

// Correct returns src with its header's OpcodeList1 and OpcodeList2 applied
// and removed from the header: bad pixels, lens shading ([raw.GainMap],
// [raw.FixVignetteRadial]), tables and polynomials, row and column errors,
// trimmed bounds (DNG 1.7.1, chapter 7). A source without opcodes comes back
// as it is.
//
// List 2 speaks of normalised samples, so if there is any, the result has
// 16 bits: white at 65535 and one black in proportion to the old one and the
// largest gain, so that neither noise below black nor precision is lost. As the specification
// wants it, what exceeds white is clipped. The noise profile is that of the
// mean gain.
//
// An opcode that is neither known nor optional is an [*raw.UnsupportedError].
func Correct(src raw.Source, o *CorrectOptions) (raw.Source, error) {
	h := src.Header()
	if len(h.Opcodes[0])+len(h.Opcodes[1]) == 0 {
		return src, nil
	}
	var trim image.Point // what TrimBounds has taken off at the left and the top
	for list := range 2 {
		// From here on, opcode coordinates count from origin.
		origin := image.Point{}
		if list == 1 {
			origin = h.ActiveArea.Min
		}
		var points []pointOp
		flush := func() error {
			if len(points) == 0 {
				return nil
			}
			out, err := newPointwise(src, points, list == 1)
			if err != nil {
				return err
			}
			src, points = out, nil
			return nil
		}
		for i := range h.Opcodes[list] {
			op := &h.Opcodes[list][i]
			if o.skips(op) {
				continue
			}
			area := h.Bounds()
			if list == 1 {
				area = h.ActiveArea
			}
			where := frameOf(area, origin.Sub(trim), area.Min.Sub(trim))
			p, err := newPointOp(op.Params, where)
			if err != nil {
				return nil, fmt.Errorf("%s in OpcodeList%d: %w", op.Name(), list+1, err)
			}
			if p != nil {
				points = append(points, p)
				continue
			}
			if err := flush(); err != nil {
				return nil, err
			}
			switch v := op.Params.(type) {
			case *raw.FixBadPixelsConstant:
				src = newRepair(src, &badConstant{v.Constant})
			case *raw.FixBadPixelsList:
				src = newRepair(src, newBadList(v, where.origin))
			case *raw.TrimBounds:
				r := v.Rect.Add(where.origin).Intersect(src.Header().Bounds())
				if src, err = raw.Crop(src, r); err != nil {
					return nil, fmt.Errorf("TrimBounds: %w", err)
				}
				trim = trim.Add(r.Min)
			default:
				if err := o.unknown(op, list); err != nil {
					return nil, err
				}
			}
		}
		if err := flush(); err != nil {
			return nil, err
		}
	}
	out := src.Header().Clone()
	out.Opcodes[0], out.Opcodes[1] = nil, nil
	return raw.WithHeader(src, out)
}

func (o *CorrectOptions) skips(op *raw.Opcode) bool {
	return o != nil && o.Preview && op.Flags&2 != 0
}

func (o *CorrectOptions) unknown(op *raw.Opcode, list int) error {
	if !op.Optional() {
		return &raw.UnsupportedError{Feature: fmt.Sprintf("%s in OpcodeList%d", op.Name(), list+1)}
	}
	if o != nil && o.Log != nil {
		o.Log.Warn("optional opcode left out", "opcode", op.Name(), "list", list+1)
	}
	return nil
}

// frame tells an opcode where it is: the point from which its coordinates
// count and the image whose width and height relative coordinates refer to.
type frame struct {
	origin image.Point
	bounds image.Rectangle
}

func frameOf(area image.Rectangle, origin, at image.Point) frame {
	return frame{origin, image.Rectangle{Min: at, Max: at.Add(area.Size())}}
}

// maxHeadroom bounds by how much the room below black grows for gains.
const maxHeadroom = 4

// pointwise applies opcodes that look at one pixel at a time.
type pointwise struct {
	src    raw.Source
	h      *raw.Header
	ops    []pointOp
	linear bool // list 2: samples are normalised and scaled to 16 bits
	spare  sync.Pool
}

func newPointwise(src raw.Source, ops []pointOp, linear bool) (raw.Source, error) {
	p := &pointwise{src: src, h: src.Header().Clone(), ops: ops, linear: linear}
	p.spare.New = func() any { return new([]float32) }
	if !linear {
		return p, nil
	}
	h := p.h
	black, white := h.Black.Mean(), h.White[0]
	if !(white > black && white <= 65535) {
		return nil, fmt.Errorf("%w: black %v, white %v", raw.ErrOption, black, white)
	}
	gain, most := 1.0, 1.0
	for _, op := range ops {
		gain *= op.meanGain()
		most = max(most, op.maxGain())
	}
	// Room below black for noise that is amplified.
	below := float64(max(black, 0) / (white - black) * min(most, maxHeadroom))
	h.BitsPerSample = 16
	h.Black = raw.ConstantBlack(math.Round(65535 * min(below/(1+below), 0.25)))
	h.White = [3]float64{65535, 65535, 65535}
	if h.Noise.Known() && gain > 0 && !math.IsInf(gain, 1) {
		h.Noise = h.Noise.Amplified(gain)
	}
	return p, nil
}

func (p *pointwise) Header() *raw.Header { return p.h }

func (p *pointwise) ReadTile(ctx context.Context, dst *raw.Mosaic) error {
	if err := p.src.ReadTile(ctx, dst); err != nil {
		return err
	}
	buf := p.spare.Get().(*[]float32)
	defer p.spare.Put(buf)
	if n := dst.Rect.Dx(); cap(*buf) < n {
		*buf = make([]float32, n)
	}
	signal := (*buf)[:dst.Rect.Dx()]
	x0 := dst.Rect.Min.X
	in, out := p.src.Header(), p.h
	for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
		row := dst.Row(y)
		if p.linear {
			normalise(signal, row, in, x0, y)
		} else {
			for i, v := range row {
				signal[i] = float32(v) * (1.0 / 65535)
			}
		}
		for _, op := range p.ops {
			op.row(signal, x0, y, 0)
		}
		if p.linear {
			black, _ := out.Black.Constant()
			quantise(row, signal, float32(black), float32(65535-black))
		} else {
			quantise(row, signal, 0, 65535)
		}
	}
	return nil
}

// normalise writes the row's samples with black at 0 and white at 1.
func normalise(signal []float32, row []uint16, h *raw.Header, x0, y int) {
	b := &h.Black
	if black, ok := b.Constant(); ok {
		scale, offset := float32(1/(h.White[0]-black)), float32(black/(h.White[0]-black))
		for i, v := range row {
			signal[i] = float32(float32(v)*scale) - offset
		}
		return
	}
	for i, v := range row {
		black := b.At(x0+i, y, 0)
		signal[i] = float32((float64(v) - black) / (h.White[0] - black))
	}
}

// quantise rounds the signal to samples, clipped to 0 and white.
func quantise(row []uint16, signal []float32, black, span float32) {
	top, offset := black+span+0.5, black+0.5
	for i, s := range signal[:len(row)] {
		row[i] = uint16(int32(max(0, min(float32(s*span)+offset, top))))
	}
}
