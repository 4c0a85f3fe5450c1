package dng

import (
	"fmt"
	"image"
	"math"

	"github.com/quadraw/quadraw/internal/exif"
	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// describeRaw sets the fields of the raw image's own directory: DNG 1.7.1
// chapter 4, those that "appear in the raw IFD".
func describeRaw(b *ifd.Builder, h *raw.Header, s *store) error {
	samples := s.pix.samples()
	b.Long(ifd.NewSubfileType, ifd.MainImage)
	b.Long(ifd.ImageWidth, uint32(h.Size.X))
	b.Long(ifd.ImageLength, uint32(h.Size.Y))
	b.Short(ifd.SamplesPerPixel, uint16(samples))
	b.Short(ifd.PlanarConfiguration, ifd.PlanarConfigurationChunky)
	area := activeArea(h)
	if samples == 1 && h.CFA != raw.Mono {
		b.Short(ifd.PhotometricInterpretation, ifd.ColorFilter)
		describeCFA(b, h.CFA.Shift(area.Min.X, area.Min.Y))
	} else {
		b.Short(ifd.PhotometricInterpretation, ifd.LinearRaw)
	}
	if s.float {
		// Normalised when they are stored.
		b.Short(ifd.BlackLevelRepeatDim, 1, 1)
		b.Short(ifd.BlackLevel, make([]uint16, samples)...)
		white := make([]uint16, samples)
		for i := range white {
			white[i] = 1
		}
		b.Short(ifd.WhiteLevel, white...)
	} else if err := describeLevels(b, h, samples, area); err != nil {
		return err
	}
	rect := func(r image.Rectangle) []uint32 {
		return []uint32{uint32(r.Min.Y), uint32(r.Min.X), uint32(r.Max.Y), uint32(r.Max.X)}
	}
	b.Long(ifd.ActiveArea, rect(area)...)
	crop := h.DefaultCrop.Intersect(area)
	if crop.Empty() {
		crop = area
	}
	b.Long(ifd.DefaultCropOrigin, uint32(crop.Min.X-area.Min.X), uint32(crop.Min.Y-area.Min.Y))
	b.Long(ifd.DefaultCropSize, uint32(crop.Dx()), uint32(crop.Dy()))
	b.Rational(ifd.DefaultScale, 1, 1)
	b.Rational(ifd.BestQualityScale, 1)
	var masked []uint32
	for _, m := range h.MaskedAreas[:min(len(h.MaskedAreas), 4)] { // DNG allows four
		masked = append(masked, rect(m)...)
	}
	if masked != nil {
		b.Long(ifd.MaskedAreas, masked...)
	}
	if h.Noise.Known() {
		n := h.Noise
		if samples == 1 && h.CFA == raw.Mono {
			b.Double(ifd.NoiseProfile, n[1].Scale, n[1].Offset)
		} else {
			b.Double(ifd.NoiseProfile, n[0].Scale, n[0].Offset, n[1].Scale, n[1].Offset, n[2].Scale, n[2].Offset)
		}
	}
	for i, t := range [...]ifd.Tag{ifd.OpcodeList1, ifd.OpcodeList2, ifd.OpcodeList3} {
		list, err := appendOpcodes(nil, h.Opcodes[i])
		if err != nil {
			return err
		}
		if list != nil {
			b.Undefined(t, list)
		}
	}
	return nil
}

// activeArea returns the header's, or the frame if that is no part of it.
func activeArea(h *raw.Header) image.Rectangle {
	if a := h.ActiveArea.Intersect(h.Bounds()); !a.Empty() {
		return a
	}
	return h.Bounds()
}

func describeCFA(b *ifd.Builder, cfa raw.CFA) {
	p := uint16(cfa.Period())
	b.Short(ifd.CFARepeatPatternDim, p, p)
	var pattern []byte
	for _, c := range cfa.Pattern() {
		pattern = append(pattern, byte(c))
	}
	b.Byte(ifd.CFAPattern, pattern...)
	b.Byte(ifd.CFAPlaneColor, 0, 1, 2)
	b.Short(ifd.CFALayout, 1)
}

// describeLevels writes black and white in DN; both patterns and deltas count
// from the active area.
func describeLevels(b *ifd.Builder, h *raw.Header, samples int, area image.Rectangle) error {
	black := h.Black.Shift(area.Min.X, area.Min.Y, area.Dx(), area.Dy())
	if len(black.Values) == 0 {
		black.Rows, black.Cols, black.Samples, black.Values = 1, 1, 1, []float64{0}
	}
	if black.Rows > 8 || black.Cols > 8 {
		return &raw.UnsupportedError{Feature: fmt.Sprintf("black level pattern of %d×%d in a DNG file", black.Rows, black.Cols)}
	}
	var values []float64
	for y := range black.Rows {
		for x := range black.Cols {
			for s := range samples {
				v := black.Values[(y*black.Cols+x)*black.Samples+min(s, black.Samples-1)]
				if !(v >= 0 && v <= 65535) {
					return fmt.Errorf("%w: black level %v in a DNG file", raw.ErrOption, v)
				}
				values = append(values, v)
			}
		}
	}
	b.Short(ifd.BlackLevelRepeatDim, uint16(black.Rows), uint16(black.Cols))
	setNumbers(b, ifd.BlackLevel, values)
	if len(black.DeltaH) > 0 {
		b.SRational(ifd.BlackLevelDeltaH, black.DeltaH...)
	}
	if len(black.DeltaV) > 0 {
		b.SRational(ifd.BlackLevelDeltaV, black.DeltaV...)
	}
	var white []uint32
	for s := range samples {
		// White levels are whole numbers in the file.
		w := math.Round(h.White[s])
		if !(w >= 1 && w <= 65535) {
			return fmt.Errorf("%w: white level %v in a DNG file", raw.ErrOption, h.White[s])
		}
		if b := h.Black.Mean(); b >= w {
			return fmt.Errorf("%w: black level %v is not below white level %v", raw.ErrOption, b, w)
		}
		white = append(white, uint32(w))
	}
	b.Long(ifd.WhiteLevel, white...)
	return nil
}

// setNumbers writes whole numbers as SHORT, others as RATIONAL.
func setNumbers(b *ifd.Builder, t ifd.Tag, v []float64) {
	var whole []uint16
	for _, x := range v {
		if x == math.Trunc(x) {
			whole = append(whole, uint16(x))
		}
	}
	if len(whole) == len(v) {
		b.Short(t, whole...)
	} else {
		b.Rational(t, v...)
	}
}

// describeFile sets the fields of the first directory, which hold for the
// whole file.
func describeFile(b *ifd.Builder, h *raw.Header, s *store, o *WriteOptions) error {
	if !(math.Abs(h.BaselineExposure) <= 30) {
		return fmt.Errorf("%w: baseline exposure of %v EV", raw.ErrOption, h.BaselineExposure)
	}
	b.Byte(ifd.DNGVersion, version(h)...)
	b.Byte(ifd.DNGBackwardVersion, backwardVersion(h, s)...)
	b.ASCII(ifd.UniqueCameraModel, cameraModel(&h.Capture))
	b.SRational(ifd.BaselineExposure, h.BaselineExposure)
	if s.pix.samples() == 3 || h.CFA != raw.Mono {
		describeColor(b, &h.Color)
	}
	exif.Describe(b, h, exif.Options{Strip: o.Strip})
	return nil
}

func version(h *raw.Header) []byte {
	v := []byte{1, 4, 0, 0}
	if len(h.Color.Calibrations) > 2 {
		v[1] = 6
	}
	for _, t := range h.Metadata.IFD0 {
		if ifd.Tag(t.ID) >= ifd.ProfileGainTableMap {
			v[1] = 7
		}
	}
	return v
}

// backwardVersion is the oldest version whose readers can show the file.
func backwardVersion(h *raw.Header, s *store) []byte {
	v := []byte{1, 1, 0, 0}
	for _, list := range h.Opcodes {
		for i := range list {
			if !list[i].Optional() {
				v = []byte{1, 3, 0, 0}
			}
		}
	}
	if s.float {
		v = []byte{1, 4, 0, 0}
	}
	return v
}

func cameraModel(c *raw.Capture) string {
	switch {
	case c.UniqueCameraModel != "":
		return c.UniqueCameraModel
	case c.Make != "" && c.Model != "":
		return c.Make + " " + c.Model
	case c.Make+c.Model != "":
		return c.Make + c.Model
	}
	return "quadraw"
}

// xyzToSRGB stands in for a sensor's matrix that nobody knows: IEC 61966-2-1.
var xyzToSRGB = raw.Matrix{3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570}

const illuminantD65 = 21

func describeColor(b *ifd.Builder, c *raw.ColorProfile) {
	calibrations := c.Calibrations[:min(len(c.Calibrations), 3)]
	if len(calibrations) == 0 || calibrations[0].ColorMatrix.IsZero() {
		calibrations = []raw.Calibration{{Illuminant: illuminantD65, ColorMatrix: xyzToSRGB}}
	}
	matrix := func(t ifd.Tag, m raw.Matrix) {
		if !m.IsZero() {
			b.SRational(t, m[:]...)
		}
	}
	tags := [3][4]ifd.Tag{
		{ifd.CalibrationIlluminant1, ifd.ColorMatrix1, ifd.ForwardMatrix1, ifd.CameraCalibration1},
		{ifd.CalibrationIlluminant2, ifd.ColorMatrix2, ifd.ForwardMatrix2, ifd.CameraCalibration2},
		{ifd.CalibrationIlluminant3, ifd.ColorMatrix3, ifd.ForwardMatrix3, ifd.CameraCalibration3},
	}
	for i, cal := range calibrations {
		b.Short(tags[i][0], uint16(cal.Illuminant))
		matrix(tags[i][1], cal.ColorMatrix)
		matrix(tags[i][2], cal.ForwardMatrix)
		matrix(tags[i][3], cal.CameraCalibration)
	}
	if a := c.AnalogBalance; a[0] > 0 && a[1] > 0 && a[2] > 0 {
		b.Rational(ifd.AnalogBalance, a[:]...)
	}
	// One of the two at most.
	if c.HasNeutral() {
		b.Rational(ifd.AsShotNeutral, c.AsShotNeutral[:]...)
	} else if xy := c.AsShotWhiteXY; xy[0] > 0 && xy[1] > 0 {
		b.Rational(ifd.AsShotWhiteXY, xy[:]...)
	}
}
