package quality

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/tile"
)

// Options of [Compare] and [CompareMosaics]; nil is fine.
type Options struct {
	// Border is how many pixels on each side are left out.
	Border int
	// Tiles bounds workers and memory. Bands are always as wide as the frame.
	Tiles tile.Options
	// NoSSIM leaves SSIM out, which costs most of the time.
	NoSSIM bool
}

// Report tells how far two frames are apart. A frame equal to the other has a
// PSNR of +Inf and an SSIM of 1.
type Report struct {
	// PSNR of red, green and blue in dB, the peak being 1 on the normalised
	// scale. A mono mosaic has it in Green, NaN elsewhere.
	PSNR [3]float64
	// Total is the PSNR of the mean square error over all samples.
	Total float64
	// SSIM is that of the luma (Rec. 601 weights) of pictures and of the
	// samples themselves of mosaics; NaN when left out or when the frame is
	// smaller than the 11×11 window.
	SSIM float64
	// MaxDifference is the largest difference of two samples, normalised.
	MaxDifference float64
	// Different is how many samples differ.
	Different int64
	// Samples is how many samples were compared.
	Samples int64
}

// Compare streams over two pictures of one size. Samples are normalised by
// each header's black and white first, so a 10-bit and a 16-bit frame of one
// scene compare as equal as their precision allows.
func Compare(ctx context.Context, a, b raw.RGBSource, o *Options) (*Report, error) {
	ha, hb := a.Header(), b.Header()
	read := func(ctx context.Context, w *band, r image.Rectangle) error {
		for i, s := range [2]raw.RGBSource{a, b} {
			w.rgb[i].Reset(r)
			if err := s.ReadTile(ctx, &w.rgb[i]); err != nil {
				return err
			}
		}
		return nil
	}
	luma := [3]float32{0.299, 0.587, 0.114}
	row := func(w *band, y int, sum *rowSum) {
		clear(w.gray[0])
		clear(w.gray[1])
		for c := raw.Red; c <= raw.Blue; c++ {
			na, nb := levelsOf(ha, int(c), c), levelsOf(hb, int(c), c)
			pa, pb := w.rgb[0].Row(c, y), w.rgb[1].Row(c, y)
			k := luma[c]
			for x := range pa {
				u, v := na.at(x, y, pa[x]), nb.at(x, y, pb[x])
				sum.add(c, u, v, pa[x], pb[x], x)
				w.gray[0][x] += float32(k * float32(u))
				w.gray[1][x] += float32(k * float32(v))
			}
		}
	}
	return compare(ctx, ha, hb, 12, o, read, row)
}

// CompareMosaics is [Compare] for mosaics, which must have one CFA.
func CompareMosaics(ctx context.Context, a, b raw.Source, o *Options) (*Report, error) {
	ha, hb := a.Header(), b.Header()
	if ha.CFA != hb.CFA {
		return nil, fmt.Errorf("%w: %v against %v", raw.ErrCFA, ha.CFA, hb.CFA)
	}
	read := func(ctx context.Context, w *band, r image.Rectangle) error {
		for i, s := range [2]raw.Source{a, b} {
			w.mosaic[i].Reset(r, 0)
			if err := s.ReadTile(ctx, &w.mosaic[i]); err != nil {
				return err
			}
		}
		return nil
	}
	row := func(w *band, y int, sum *rowSum) {
		pa, pb := w.mosaic[0].Row(y), w.mosaic[1].Row(y)
		var na, nb [3]levels
		for c := raw.Red; c <= raw.Blue; c++ {
			na[c], nb[c] = levelsOf(ha, 0, c), levelsOf(hb, 0, c)
		}
		for x := range pa {
			c := ha.CFA.ColorAt(x, y)
			u, v := na[c].at(x, y, pa[x]), nb[c].at(x, y, pb[x])
			sum.add(c, u, v, pa[x], pb[x], x)
			w.gray[0][x], w.gray[1][x] = float32(u), float32(v)
		}
	}
	return compare(ctx, ha, hb, 4, o, read, row)
}

// levels normalises the samples of one plane.
type levels struct {
	h            *raw.Header
	sample       int
	black, scale float64
	white        float64
	constant     bool
}

func levelsOf(h *raw.Header, sample int, c raw.Color) levels {
	black, ok := h.Black.Constant()
	ok = ok || h.Black.Samples > 1 && h.Black.Rows == 1 && h.Black.Cols == 1 && len(h.Black.DeltaH)+len(h.Black.DeltaV) == 0
	if ok {
		black = h.Black.At(0, 0, sample)
	}
	return levels{h, sample, black, 1 / (h.White[c] - black), h.White[c], ok}
}

func (l *levels) at(x, y int, v uint16) float64 {
	if l.constant {
		return (float64(v) - l.black) * l.scale
	}
	b := l.h.Black.At(x, y, l.sample)
	return (float64(v) - b) / (l.white - b)
}

// band is a worker's buffers: the samples of a band of both frames and what
// it found, a sum a row, so that the total does not depend on the bands.
type band struct {
	rgb    [2]raw.RGB
	mosaic [2]raw.Mosaic
	gray   [2][]float32
	rows   []rowSum
	ssim   ssimRows
}

type rowSum struct {
	square    [3]float64
	count     [3]int64
	max       float64
	different int64
	x0, x1    int
	ssim      float64
	windows   int64
}

func (s *rowSum) add(c raw.Color, u, v float64, p, q uint16, x int) {
	if x < s.x0 || x >= s.x1 {
		return
	}
	d := u - v
	s.square[c] += d * d
	s.count[c]++
	s.max = max(s.max, math.Abs(d))
	if p != q {
		s.different++
	}
}

func compare(ctx context.Context, ha, hb *raw.Header, bytesPerPixel int, o *Options,
	read func(context.Context, *band, image.Rectangle) error, row func(*band, int, *rowSum)) (*Report, error) {
	if o == nil {
		o = &Options{}
	}
	if ha.Size != hb.Size {
		return nil, fmt.Errorf("%w: %v against %v pixels", raw.ErrBounds, ha.Size, hb.Size)
	}
	in := ha.Bounds().Inset(o.Border)
	if o.Border < 0 || in.Empty() {
		return nil, fmt.Errorf("%w: a border of %d leaves nothing of %v", raw.ErrOption, o.Border, ha.Size)
	}
	full := image.Rect(0, in.Min.Y, ha.Size.X, in.Max.Y)
	ssim := !o.NoSSIM && in.Dx() >= window && in.Dy() >= window
	halo := 0
	if ssim {
		halo = window - 1
	}
	tiles := o.Tiles
	tiles.Size = image.Pt(0, tiles.Size.Y)
	plan, err := tile.NewPlan(tile.Work{Bounds: full, BytesPerPixel: bytesPerPixel, Halo: halo, FullWidth: true}, &tiles)
	if err != nil {
		return nil, err
	}
	width := full.Dx()
	newBand := func() *band {
		return &band{gray: [2][]float32{make([]float32, width), make([]float32, width)}}
	}
	// Each band owns the SSIM windows that begin in its rows.
	work := func(ctx context.Context, w *band, r image.Rectangle) error {
		need := r
		need.Max.Y = min(r.Max.Y+halo, full.Max.Y)
		if err := read(ctx, w, need); err != nil {
			return err
		}
		w.rows = w.rows[:0]
		w.ssim.reset(in.Dx())
		for y := need.Min.Y; y < need.Max.Y; y++ {
			sum := rowSum{x0: in.Min.X, x1: in.Max.X}
			row(w, y, &sum)
			if y < r.Max.Y {
				w.rows = append(w.rows, sum)
			}
			if !ssim {
				continue
			}
			w.ssim.push(w.gray[0][in.Min.X:in.Max.X], w.gray[1][in.Min.X:in.Max.X])
			if top := y - (window - 1); top >= need.Min.Y {
				s := &w.rows[top-r.Min.Y]
				s.ssim, s.windows = w.ssim.sum()
			}
		}
		return nil
	}
	var total rowSum
	deliver := func(w *band, _ image.Rectangle) error {
		for i := range w.rows {
			s := &w.rows[i]
			for c := range total.square {
				total.square[c] += s.square[c]
				total.count[c] += s.count[c]
			}
			total.max = max(total.max, s.max)
			total.different += s.different
			total.ssim += s.ssim
			total.windows += s.windows
		}
		return nil
	}
	if err := tile.Ordered(ctx, plan, newBand, work, deliver); err != nil {
		return nil, err
	}
	return total.report(), nil
}

func (s *rowSum) report() *Report {
	r := &Report{MaxDifference: s.max, Different: s.different, SSIM: math.NaN()}
	square := 0.0
	for c := range r.PSNR {
		r.PSNR[c] = psnr(s.square[c], s.count[c])
		square += s.square[c]
		r.Samples += s.count[c]
	}
	r.Total = psnr(square, r.Samples)
	if s.windows > 0 {
		r.SSIM = s.ssim / float64(s.windows)
	}
	return r
}

func psnr(square float64, n int64) float64 {
	if n == 0 {
		return math.NaN()
	}
	return -10 * math.Log10(square/float64(n))
}
