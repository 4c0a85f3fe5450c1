package dng

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"sync"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// previewSide is the longest side of a preview in pixels.
const previewSide = 1024

// look is the preview of a file: given by the caller, or gathered from the
// tiles as they pass, one small block of samples a pixel.
type look struct {
	wanted bool
	given  image.Image

	h       *raw.Header
	samples int
	step    int // pixels of the frame from one pixel of the preview to the next
	block   int // side of the block that is averaged, a multiple of the period
	crop    image.Rectangle
	size    image.Point
	xs, ys  []int        // where the blocks of the preview's columns and rows begin
	colors  []raw.Color  // of one period
	quarter quarter      // which samples of a block share a colour
	quads   [4]raw.Color // the colours of a block's quarters
	mean    [3][]float32 // DN

	at   uint64
	jpeg []byte
}

func newLook(h *raw.Header, s *store, o *WriteOptions) (*look, error) {
	l := &look{wanted: !o.NoPreview, given: o.Preview, h: h, samples: s.pix.samples()}
	if !l.wanted {
		return l, nil
	}
	if l.given != nil {
		l.size = l.given.Bounds().Size()
		if l.size.X < 1 || l.size.Y < 1 || max(l.size.X, l.size.Y) > previewSide {
			return nil, fmt.Errorf("%w: preview of %v, want at most %d a side", raw.ErrOption, l.size, previewSide)
		}
		return l, nil
	}
	area := activeArea(h)
	if l.crop = h.DefaultCrop.Intersect(area); l.crop.Empty() {
		l.crop = area
	}
	l.step = max((max(l.crop.Dx(), l.crop.Dy())+previewSide-1)/previewSide, 1)
	if s.bits <= 8 {
		// dcraw takes a preview that is as large and as deep for the raw image.
		l.step = max(l.step, 2)
	}
	l.size = image.Pt((l.crop.Dx()+l.step-1)/l.step, (l.crop.Dy()+l.step-1)/l.step)
	l.colors = h.CFA.Pattern()
	l.block = h.CFA.Period()
	for l.block < 4 && 2*l.block <= l.step {
		l.block *= 2
	}
	l.setQuarters()
	l.xs, l.ys = make([]int, l.size.X), make([]int, l.size.Y)
	for i := range l.xs {
		l.xs[i] = l.origin(i, l.crop.Min.X, l.h.Size.X)
	}
	for i := range l.ys {
		l.ys[i] = l.origin(i, l.crop.Min.Y, l.h.Size.Y)
	}
	for c := range l.mean {
		l.mean[c] = make([]float32, l.size.X*l.size.Y)
	}
	return l, nil
}

// quarter is how a block of 4×4 falls into quarters of one colour each.
type quarter uint8

const (
	mixed   quarter = iota // it does not
	lattice                // every other sample of every other row: Bayer
	corner                 // 2×2 neighbours: Quad
)

// setQuarters finds out whether blocks are of a kind that can be added up
// without asking each sample for its colour.
func (l *look) setQuarters() {
	p := l.h.CFA.Period()
	if l.block != 4 || l.samples != 1 || 4%p != 0 {
		return
	}
	for _, q := range []quarter{lattice, corner} {
		if l.uniform(q, p) {
			l.quarter = q
			return
		}
	}
}

// uniform reports whether the quarters are of one colour each, and notes them.
func (l *look) uniform(q quarter, period int) bool {
	var seen [4]bool
	for y := range 4 {
		for x := range 4 {
			i := y/2*2 + x/2
			if q == lattice {
				i = y%2*2 + x%2
			}
			c := l.colors[y%period*period+x%period]
			if seen[i] && l.quads[i] != c {
				return false
			}
			l.quads[i], seen[i] = c, true
		}
	}
	return true
}

// origin returns where the block of preview coordinate i begins on an axis
// that starts at from and has n samples: on a multiple of the block, so that
// no block is cut by two tiles.
func (l *look) origin(i, from, n int) int {
	at := (from + i*l.step) / l.block * l.block
	return max(0, min(at, n/l.block*l.block-l.block))
}

// add gathers what the preview needs from the tile r. Workers call it at once,
// each for pixels of its own.
func (l *look) add(b *block, r image.Rectangle) {
	if !l.wanted || l.given != nil {
		return
	}
	first, _ := slices.BinarySearch(l.xs, r.Min.X)
	last, _ := slices.BinarySearch(l.xs, r.Max.X)
	for py, y := range l.ys {
		if y < r.Min.Y || y >= r.Max.Y {
			continue
		}
		if l.quarter != mixed && y+4 <= r.Max.Y {
			l.addRow(b, r, first, last, y, py*l.size.X)
			continue
		}
		for px, x := range l.xs[first:last] {
			l.average(b, r, x, y, py*l.size.X+first+px)
		}
	}
}

// addRow is average for blocks of 4×4 with quarters of one colour: pixels
// first to last−1 of the row of the preview that begins at at.
func (l *look) addRow(b *block, r image.Rectangle, first, last, y, at int) {
	var rows [4][]uint16
	for k := range rows {
		i := (y + k - r.Min.Y) * b.stride
		rows[k] = b.pix[i : i+r.Dx()]
	}
	var share [3]float32
	for _, c := range l.quads {
		share[c] += 4
	}
	for c := range share {
		share[c] = 1 / max(share[c], 1) // a power of two
	}
	for px := first; px < last; px++ {
		x := l.xs[px]
		if x+4 > r.Max.X {
			l.average(b, r, x, y, at+px)
			continue
		}
		i := x - r.Min.X
		r0, r1, r2, r3 := rows[0][i:i+4:i+4], rows[1][i:i+4:i+4], rows[2][i:i+4:i+4], rows[3][i:i+4:i+4]
		var s [4]uint32
		if l.quarter == lattice {
			s[0] = uint32(r0[0]) + uint32(r0[2]) + uint32(r2[0]) + uint32(r2[2])
			s[1] = uint32(r0[1]) + uint32(r0[3]) + uint32(r2[1]) + uint32(r2[3])
			s[2] = uint32(r1[0]) + uint32(r1[2]) + uint32(r3[0]) + uint32(r3[2])
			s[3] = uint32(r1[1]) + uint32(r1[3]) + uint32(r3[1]) + uint32(r3[3])
		} else {
			s[0] = uint32(r0[0]) + uint32(r0[1]) + uint32(r1[0]) + uint32(r1[1])
			s[1] = uint32(r0[2]) + uint32(r0[3]) + uint32(r1[2]) + uint32(r1[3])
			s[2] = uint32(r2[0]) + uint32(r2[1]) + uint32(r3[0]) + uint32(r3[1])
			s[3] = uint32(r2[2]) + uint32(r2[3]) + uint32(r3[2]) + uint32(r3[3])
		}
		var sum [3]uint32
		for k, color := range l.quads {
			sum[color] += s[k]
		}
		for color := range sum {
			l.mean[color][at+px] = float32(sum[color]) * share[color]
		}
	}
}

func (l *look) average(b *block, r image.Rectangle, x0, y0, at int) {
	var sum, n [3]uint32
	period := l.h.CFA.Period()
	for y := y0; y < min(y0+l.block, r.Max.Y); y++ {
		row := b.pix[(y-r.Min.Y)*b.stride:]
		colors := l.colors[y%period*period : y%period*period+period]
		for x := x0; x < min(x0+l.block, r.Max.X); x++ {
			if l.samples == 3 {
				p := row[(x-r.Min.X)*3:]
				sum[0], sum[1], sum[2] = sum[0]+uint32(p[0]), sum[1]+uint32(p[1]), sum[2]+uint32(p[2])
				continue
			}
			c := colors[x%period]
			sum[c] += uint32(row[x-r.Min.X])
			n[c]++
		}
	}
	for c := range sum {
		if l.samples == 3 {
			n[c] = uint32((min(x0+l.block, r.Max.X) - x0) * (min(y0+l.block, r.Max.Y) - y0))
		}
		l.mean[c][at] = float32(sum[c]) / float32(max(n[c], 1))
	}
}

// describe sets the fields of the preview in the first directory.
func (l *look) describe(b *ifd.Builder) {
	b.Long(ifd.NewSubfileType, ifd.PreviewImage)
	b.Long(ifd.ImageWidth, uint32(l.size.X))
	b.Long(ifd.ImageLength, uint32(l.size.Y))
	b.Short(ifd.BitsPerSample, 8, 8, 8)
	b.Short(ifd.SamplesPerPixel, 3)
	b.Short(ifd.PlanarConfiguration, ifd.PlanarConfigurationChunky)
	b.Short(ifd.Compression, ifd.CompressionJPEG)
	b.Short(ifd.PhotometricInterpretation, ifd.YCbCr)
	b.Rational(ifd.YCbCrCoefficients, 0.299, 0.587, 0.114)
	b.Short(ifd.YCbCrSubSampling, 2, 2)
	b.Short(ifd.YCbCrPositioning, 1)
	b.Rational(ifd.ReferenceBlackWhite, 0, 255, 128, 255, 128, 255)
	b.Long(ifd.RowsPerStrip, uint32(l.size.Y))
	b.Offsets(ifd.StripOffsets, l.at)
	b.Offsets(ifd.StripByteCounts, uint64(len(l.jpeg)))
	b.Long(ifd.PreviewColorSpace, 2) // sRGB
}

// write puts the preview behind the samples.
func (l *look) write(out *counter) error {
	if !l.wanted {
		return nil
	}
	img := l.given
	if img == nil {
		img = l.render()
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: 85}); err != nil {
		return err
	}
	if out.n%2 == 1 {
		if _, err := out.Write([]byte{0}); err != nil {
			return err
		}
	}
	l.at, l.jpeg = uint64(out.n), buf.Bytes()
	_, err := out.Write(l.jpeg)
	return err
}

// curveSteps is fine enough for 8 bits out: the curve's slope is 13 at most.
const curveSteps = 1 << 12

// render makes a picture of the gathered means: black level, white balance
// (that of the shot, else gray world), brightness by the 98th percentile, the
// curve of sRGB. It is a quick look, in the sensor's own colours.
func (l *look) render() image.Image {
	n := l.size.X * l.size.Y
	if l.samples == 1 && l.h.CFA == raw.Mono {
		l.mean[raw.Red], l.mean[raw.Blue] = nil, nil
	}
	inHalves(l.size.Y, func(y0, y1 int) { l.normalise(y0*l.size.X, y1*l.size.X) })
	gain := l.gains()
	// Sorting all of them would take as long as binning the frame.
	var green []float32
	for i := 0; i < n; i += 1 + n>>14 {
		green = append(green, l.mean[raw.Green][i])
	}
	slices.Sort(green)
	bright := min(0.9/max(green[len(green)*98/100], 1e-4), 64)
	var curve [curveSteps]uint8
	for i := range curve {
		curve[i] = uint8(colorimetry.Encode(float64(i)/(curveSteps-1))*255 + 0.5)
	}
	img := image.NewYCbCr(image.Rectangle{Max: l.size}, image.YCbCrSubsampleRatio444)
	inHalves(l.size.Y, func(y0, y1 int) { l.paint(img, y0*l.size.X, y1*l.size.X, gain, bright, &curve) })
	return img
}

// inHalves calls f for both halves of n rows, at once.
func inHalves(n int, f func(from, to int)) {
	var other sync.WaitGroup
	other.Go(func() { f(0, n/2) })
	f(n/2, n)
	other.Wait()
}

// normalise takes pixels from to to−1 from DN to 0 at black and 1 at white.
func (l *look) normalise(from, to int) {
	black := float32(l.h.Black.Mean())
	for c, mean := range l.mean {
		if mean == nil {
			continue
		}
		scale := 1 / max(float32(l.h.White[c])-black, 1)
		mean = mean[from:to]
		for i, v := range mean {
			v = (v - black) * scale
			if v < 0 {
				v = 0
			}
			mean[i] = v
		}
	}
}

// gains are those of white balance.
func (l *look) gains() (gain [3]float32) {
	gain = [3]float32{1, 1, 1}
	if l.mean[raw.Red] == nil {
		return gain // mono
	}
	if l.h.Color.HasNeutral() {
		for c := range gain {
			gain[c] = float32(l.h.Color.AsShotNeutral[1] / l.h.Color.AsShotNeutral[c])
		}
		return gain
	}
	var avg [3]float32
	for c, mean := range l.mean {
		for _, v := range mean {
			avg[c] += v / float32(len(mean))
		}
	}
	for c := range gain {
		if avg[c] > 0 {
			gain[c] = min(avg[1]/avg[c], 8)
		}
	}
	return gain
}

// paint fills pixels from to to−1 of img.
func (l *look) paint(img *image.YCbCr, from, to int, gain [3]float32, bright float32, curve *[curveSteps]uint8) {
	encode := func(v, gain float32) uint8 {
		// Clipped before white balance, so that highlights stay neutral.
		if v > 1 {
			v = 1
		}
		v = v * gain * bright
		if v > 1 {
			v = 1
		}
		return curve[int(float32(v*(curveSteps-1))+0.5)&(curveSteps-1)]
	}
	luma, blue, red := img.Y[from:to], img.Cb[from:to], img.Cr[from:to]
	g := l.mean[raw.Green][from:to]
	if l.mean[raw.Red] == nil {
		for i, v := range g {
			luma[i], blue[i], red[i] = encode(v, 1), 128, 128
		}
		return
	}
	r, b := l.mean[raw.Red][from:to], l.mean[raw.Blue][from:to]
	for i, v := range g {
		luma[i], blue[i], red[i] = color.RGBToYCbCr(encode(r[i], gain[0]), encode(v, gain[1]), encode(b[i], gain[2]))
	}
}
