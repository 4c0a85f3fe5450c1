package dng

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"slices"

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
	colors  []raw.Color  // of one period
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
	l.size = image.Pt((l.crop.Dx()+l.step-1)/l.step, (l.crop.Dy()+l.step-1)/l.step)
	l.colors = h.CFA.Pattern()
	l.block = h.CFA.Period()
	for l.block < 4 && 2*l.block <= l.step {
		l.block *= 2
	}
	for c := range l.mean {
		l.mean[c] = make([]float32, l.size.X*l.size.Y)
	}
	return l, nil
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
	first := func(from, lo int) int { return max(0, (lo-l.block-from)/l.step-1) }
	for py := first(l.crop.Min.Y, r.Min.Y); py < l.size.Y; py++ {
		y := l.origin(py, l.crop.Min.Y, l.h.Size.Y)
		if y < r.Min.Y {
			continue
		}
		if y >= r.Max.Y {
			break
		}
		for px := first(l.crop.Min.X, r.Min.X); px < l.size.X; px++ {
			x := l.origin(px, l.crop.Min.X, l.h.Size.X)
			if x < r.Min.X {
				continue
			}
			if x >= r.Max.X {
				break
			}
			l.average(b, r, x, y, py*l.size.X+px)
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
	var avg [3]float32
	mono := l.samples == 1 && l.h.CFA == raw.Mono
	for c := range l.mean {
		if mono {
			l.mean[c] = l.mean[raw.Green]
		}
		black := float32(l.h.Black.Mean())
		scale := 1 / max(float32(l.h.White[c])-black, 1)
		if mono && c > 0 {
			avg[c] = avg[0]
			continue
		}
		for i, v := range l.mean[c] {
			l.mean[c][i] = max((v-black)*scale, 0)
			avg[c] += l.mean[c][i] / float32(n)
		}
	}
	var gain [3]float32
	for c := range gain {
		switch {
		case mono:
			gain[c] = 1
		case l.h.Color.HasNeutral():
			gain[c] = float32(l.h.Color.AsShotNeutral[1] / l.h.Color.AsShotNeutral[c])
		case avg[c] > 0:
			gain[c] = min(avg[1]/avg[c], 8)
		default:
			gain[c] = 1
		}
	}
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
	img := image.NewRGBA(image.Rectangle{Max: l.size})
	for i := range n {
		p := img.Pix[4*i : 4*i+4]
		for c := range 3 {
			// Clipped before white balance, so that highlights stay neutral.
			v := min(l.mean[c][i], 1) * gain[c] * bright
			p[c] = curve[int(min(max(v, 0), 1)*(curveSteps-1)+0.5)]
		}
		p[3] = 255
	}
	return img
}
