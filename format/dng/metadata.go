package dng

import (
	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// carried lists the fields of the first directory that describe the picture
// and stay true whatever a stage does to its samples: they go through.
var carried = [...]ifd.Tag{
	ifd.DocumentName, ifd.ImageDescription, ifd.Artist, ifd.HostComputer, ifd.Copyright, ifd.Rating, ifd.RatingPercent, ifd.IPTC,
	ifd.LocalizedCameraModel, ifd.CameraSerialNumber, ifd.LensInfo, ifd.CameraLabel, ifd.ReelName, ifd.OriginalRawFileName,
	ifd.BaselineNoise, ifd.BaselineSharpness, ifd.LinearResponseLimit, ifd.ShadowScale,
	ifd.DNGPrivateData, ifd.MakerNoteSafety, ifd.ColorimetricReference,
	ifd.CameraCalibrationSignature, ifd.ProfileCalibrationSignature, ifd.AsShotProfileName, ifd.ProfileName, ifd.ProfileCopyright,
	ifd.ProfileEmbedPolicy, ifd.ProfileHueSatMapDims, ifd.ProfileHueSatMapData1, ifd.ProfileHueSatMapData2, ifd.ProfileHueSatMapData3,
	ifd.ProfileHueSatMapEncoding, ifd.ProfileToneCurve, ifd.ProfileLookTableDims, ifd.ProfileLookTableData, ifd.ProfileLookTableEncoding,
	ifd.DefaultBlackRender, ifd.ProfileGainTableMap, ifd.ProfileGainTableMap2, ifd.ProfileDynamicRange, ifd.ProfileGroupName,
	ifd.TimeCodes, ifd.FrameRate, ifd.TStop,
}

// metadata carries over what no stage understands. What is damaged here does
// no harm to the picture: it is left out, and the log says so.
func (d *decoder) metadata(h *raw.Header) {
	m := &h.Metadata
	budget := d.limits.Bytes
	keep := func(dst *[]raw.Tag, e *ifd.Entry) {
		t, err := d.tiff.Raw(e)
		if budget -= int64(len(t.Data)); budget < 0 {
			err = raw.ErrLimit
		}
		if err != nil {
			d.log.Warn("DNG: metadata field is left out", "field", e.Tag, "error", err)
			return
		}
		*dst = append(*dst, t)
	}
	for _, t := range carried {
		if e := d.find(t); e != nil {
			keep(&m.IFD0, e)
		}
	}
	if e := d.find(ifd.XMP); e != nil {
		var x []raw.Tag
		if keep(&x, e); len(x) == 1 {
			m.XMP = x[0].Data
		}
	}
	for _, sub := range []struct {
		pointer ifd.Tag
		dst     *[]raw.Tag
	}{{ifd.ExifIFD, &m.EXIF}, {ifd.GPSInfo, &m.GPS}} {
		dir := d.subdirectory(sub.pointer)
		if dir == nil {
			continue
		}
		for i := range dir.Entries {
			if dir.Entries[i].Tag != ifd.InteroperabilityIFD {
				keep(sub.dst, &dir.Entries[i])
			}
		}
	}
}

// subdirectory returns the directory that a pointer of the first directory
// points to, or nil if there is none that can be read.
func (d *decoder) subdirectory(t ifd.Tag) *ifd.Directory {
	e := d.ifd0.Find(t)
	if e == nil {
		return nil
	}
	at, err := d.tiff.Uint(e)
	if err == nil {
		var dir *ifd.Directory
		if dir, err = d.tiff.Directory(int64(min(at, 1<<62))); err == nil {
			return dir
		}
	}
	d.log.Warn("DNG: metadata directory is left out", "field", t, "error", err)
	return nil
}

// capture reads how the frame was taken. Nothing of it changes a sample, so
// what is damaged counts as unknown.
func (d *decoder) capture(h *raw.Header) error {
	c := &h.Capture
	text := func(dst *string, dir *ifd.Directory, t ifd.Tag) {
		if dir == nil || *dst != "" {
			return
		}
		if e := dir.Find(t); e != nil {
			s, err := d.tiff.Text(e)
			if err != nil {
				d.log.Warn("DNG: field is ignored", "field", t, "error", err)
			}
			*dst = s
		}
	}
	exif := d.subdirectory(ifd.ExifIFD)
	text(&c.Make, d.ifd0, ifd.Make)
	text(&c.Model, d.ifd0, ifd.Model)
	text(&c.UniqueCameraModel, d.ifd0, ifd.UniqueCameraModel)
	text(&c.Software, d.ifd0, ifd.Software)
	text(&c.DateTime, exif, ifd.DateTimeOriginal)
	text(&c.DateTime, d.ifd0, ifd.DateTime)
	number := func(dst *float64, t ifd.Tag) {
		for _, dir := range []*ifd.Directory{exif, d.ifd0} {
			if dir == nil || *dst != 0 {
				continue
			}
			e := dir.Find(t)
			if e == nil {
				continue
			}
			v, err := d.tiff.Floats(e, 16)
			if err != nil {
				d.log.Warn("DNG: field is ignored", "field", t, "error", err)
			} else if len(v) > 0 && v[0] > 0 {
				*dst = v[0]
			}
		}
	}
	number(&c.ExposureTime, ifd.ExposureTime)
	number(&c.FNumber, ifd.FNumber)
	number(&c.FocalLength, ifd.FocalLength)
	number(&c.ISO, ifd.ISOSpeedRatings)
	if c.ISO == 0 || c.ISO == 65535 { // beyond a SHORT: EXIF 2.3 has longer fields
		c.ISO = 0
		number(&c.ISO, ifd.RecommendedExposureIndex)
		number(&c.ISO, ifd.ISOSpeed)
		number(&c.ISO, ifd.StandardOutputSensitivity)
	}
	return nil
}
