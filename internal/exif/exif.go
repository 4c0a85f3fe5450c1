// Package exif turns what a header knows of the capture into TIFF and EXIF
// directories (EXIF 2.32, CIPA DC-008), for every format that carries them:
// DNG, TIFF, JPEG's APP1 and PNG's eXIf.
package exif

import (
	"image"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// Options say what to write.
type Options struct {
	// Strip leaves out everything that was carried along (EXIF, maker notes,
	// GPS, XMP, serial numbers, dates) and keeps camera model and exposure.
	Strip bool
	// Rendered says that the file holds a picture rather than raw data: fields
	// that only DNG has are left out and EXIF's description of the picture is
	// put in.
	Rendered bool
	// Size of a picture in a JPEG or PNG file, YCbCr that it is a JPEG's.
	Size  image.Point
	YCbCr bool
}

// Describe adds h's description of the capture to a file's first directory:
// camera, date, orientation, the EXIF and GPS directories, XMP. Fields that b
// has already stay.
func Describe(b *ifd.Builder, h *raw.Header, o Options) {
	c := &h.Capture
	text := func(b *ifd.Builder, t ifd.Tag, s string) {
		if s != "" && !b.Has(t) {
			b.ASCII(t, s)
		}
	}
	text(b, ifd.Make, c.Make)
	text(b, ifd.Model, c.Model)
	if !o.Strip {
		text(b, ifd.Software, c.Software)
		text(b, ifd.DateTime, c.DateTime)
	}
	text(b, ifd.Software, "quadraw")
	orientation := h.Orientation
	if !orientation.Valid() {
		orientation = raw.TopLeft
	}
	b.Short(ifd.Orientation, uint16(orientation))
	if !o.Strip {
		b.Carry(keep(h.Metadata.IFD0, o.Rendered))
		if len(h.Metadata.XMP) > 0 {
			b.Byte(ifd.XMP, h.Metadata.XMP...)
		}
		if gps := keep(h.Metadata.GPS, false); len(gps) > 0 {
			d := &ifd.Builder{}
			d.Carry(gps)
			b.Sub(ifd.GPSInfo, d)
		}
	}
	if e := capture(h, o); !e.Empty() {
		b.Sub(ifd.ExifIFD, e)
	}
}

// capture builds the EXIF directory.
func capture(h *raw.Header, o Options) *ifd.Builder {
	c := &h.Capture
	e := &ifd.Builder{}
	if c.Frames > 1 {
		n := uint16(min(c.Frames, 65535))
		e.Short(ifd.CompositeImage, 3) // made of several exposures
		e.Short(ifd.SourceImageNumberOfCompositeImage, n, n)
	}
	if o.Rendered {
		if o.Size.X > 0 {
			e.Long(ifd.PixelXDimension, uint32(o.Size.X))
			e.Long(ifd.PixelYDimension, uint32(o.Size.Y))
		}
		if o.YCbCr {
			e.Undefined(ifd.ComponentsConfiguration, []byte{1, 2, 3, 0})
		}
		e.Undefined(ifd.FlashpixVersion, []byte("0100"))
		space := uint16(0xffff) // uncalibrated: the profile tells
		if h.ColorSpace == raw.SRGB {
			space = 1
		}
		e.Short(ifd.ColorSpace, space)
	}
	if !o.Strip {
		for _, t := range keep(h.Metadata.EXIF, false) {
			if id := ifd.Tag(t.ID); !o.Rendered || id != ifd.PixelXDimension && id != ifd.PixelYDimension {
				e.Carry([]raw.Tag{t})
			}
		}
		if c.DateTime != "" && !e.Has(ifd.DateTimeOriginal) {
			e.ASCII(ifd.DateTimeOriginal, c.DateTime)
		}
	}
	number := func(t ifd.Tag, v float64) {
		if v > 0 && !e.Has(t) {
			e.Rational(t, v)
		}
	}
	number(ifd.ExposureTime, c.ExposureTime)
	number(ifd.FNumber, c.FNumber)
	number(ifd.FocalLength, c.FocalLength)
	if c.ISO > 0 && !e.Has(ifd.ISOSpeedRatings) {
		e.Short(ifd.ISOSpeedRatings, uint16(min(c.ISO+0.5, 65535)))
	}
	if !e.Empty() {
		e.Undefined(ifd.ExifVersion, []byte("0232"))
	}
	return e
}

// keep returns the fields that may be carried into another file: none that
// describes the layout of the file they come from, and for a rendered picture
// none of DNG's.
func keep(tags []raw.Tag, rendered bool) []raw.Tag {
	var out []raw.Tag
	for _, t := range tags {
		if structural[ifd.Tag(t.ID)] || rendered && t.ID >= uint16(ifd.DNGVersion) {
			continue
		}
		out = append(out, t)
	}
	return out
}

// structural are the fields that are true of one file only.
var structural = map[ifd.Tag]bool{
	ifd.NewSubfileType: true, ifd.SubfileType: true, ifd.ImageWidth: true, ifd.ImageLength: true, ifd.BitsPerSample: true,
	ifd.Compression: true, ifd.PhotometricInterpretation: true, ifd.Thresholding: true, ifd.FillOrder: true, ifd.StripOffsets: true,
	ifd.SamplesPerPixel: true, ifd.RowsPerStrip: true, ifd.StripByteCounts: true, ifd.MinSampleValue: true, ifd.MaxSampleValue: true,
	ifd.PlanarConfiguration: true, ifd.TransferFunction: true, ifd.Predictor: true, ifd.WhitePoint: true, ifd.PrimaryChromaticities: true,
	ifd.ColorMap: true, ifd.TileWidth: true, ifd.TileLength: true, ifd.TileOffsets: true, ifd.TileByteCounts: true, ifd.SubIFDs: true,
	ifd.ExtraSamples: true, ifd.SampleFormat: true, ifd.SMinSampleValue: true, ifd.SMaxSampleValue: true, ifd.JPEGTables: true,
	ifd.JPEGInterchangeFormat: true, ifd.JPEGInterchangeFormatLength: true, ifd.YCbCrCoefficients: true, ifd.YCbCrSubSampling: true,
	ifd.YCbCrPositioning: true, ifd.ReferenceBlackWhite: true, ifd.ExifIFD: true, ifd.GPSInfo: true, ifd.ICCProfile: true,
	ifd.InteroperabilityIFD: true, ifd.CFARepeatPatternDim: true, ifd.CFAPattern: true, ifd.Orientation: true, ifd.XMP: true,
	ifd.ComponentsConfiguration: true, ifd.CompressedBitsPerPixel: true,
}

// Block returns a stand-alone TIFF structure with what [Describe] knows of a
// rendered picture: the body of JPEG's EXIF segment and of PNG's eXIf chunk.
// XMP, which has places of its own there, is left out. A block above limit
// bytes is made again without the maker note, then stripped.
func Block(h *raw.Header, o Options, limit int) ([]byte, error) {
	o.Rendered = true
	without := *h
	without.Metadata.XMP = nil
	for attempt := 0; ; attempt++ {
		switch attempt {
		case 1:
			without.Metadata.EXIF = withoutMakerNote(h.Metadata.EXIF)
		case 2:
			o.Strip = true
		}
		b := &ifd.Builder{}
		Describe(b, &without, o)
		b.Rational(ifd.XResolution, 72)
		b.Rational(ifd.YResolution, 72)
		b.Short(ifd.ResolutionUnit, ifd.ResolutionUnitInch)
		b.Short(ifd.YCbCrPositioning, 1)
		out, err := ifd.Append(nil, b, false)
		if err != nil || len(out) <= limit || attempt == 2 {
			return out, err
		}
	}
}

func withoutMakerNote(tags []raw.Tag) []raw.Tag {
	var out []raw.Tag
	for _, t := range tags {
		if ifd.Tag(t.ID) != ifd.MakerNote {
			out = append(out, t)
		}
	}
	return out
}
