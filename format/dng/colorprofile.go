package dng

import (
	"fmt"
	"math"

	"github.com/quadraw/quadraw/internal/ifd"
	"github.com/quadraw/quadraw/raw"
)

// colorTags are the fields of the three illuminants.
var colorTags = [3]struct{ illuminant, color, forward, reduction, camera ifd.Tag }{
	{ifd.CalibrationIlluminant1, ifd.ColorMatrix1, ifd.ForwardMatrix1, ifd.ReductionMatrix1, ifd.CameraCalibration1},
	{ifd.CalibrationIlluminant2, ifd.ColorMatrix2, ifd.ForwardMatrix2, ifd.ReductionMatrix2, ifd.CameraCalibration2},
	{ifd.CalibrationIlluminant3, ifd.ColorMatrix3, ifd.ForwardMatrix3, ifd.ReductionMatrix3, ifd.CameraCalibration3},
}

// color reads the calibrations of up to three illuminants and what is known of
// the white. ReductionMatrix is for sensors of four colours and more, whose
// samples this package does not read.
func (d *decoder) color(h *raw.Header) error {
	c := &h.Color
	mono := h.CFA == raw.Mono && d.samplesOf() == 1
	if !mono {
		if n := d.profileColors(); n != 3 {
			if err := d.manyColors(n); err != nil {
				return err
			}
			if d.cfa == nil {
				return &raw.UnsupportedError{Feature: fmt.Sprintf("the colour matrices of a sensor of %d colours for samples of three", n)}
			}
			d.log.Warn("DNG: colour matrices are left out: they are of a sensor of more colours than the array that was asked for", "colours", n)
			mono = true
		}
	}
	if !mono {
		for i := range colorTags {
			if err := d.calibration(c, i); err != nil {
				return err
			}
		}
	}
	for _, f := range []struct {
		tag ifd.Tag
		dst []float64
	}{{ifd.AnalogBalance, c.AnalogBalance[:]}, {ifd.AsShotNeutral, c.AsShotNeutral[:]}, {ifd.AsShotWhiteXY, c.AsShotWhiteXY[:]}} {
		if mono && f.tag != ifd.AsShotWhiteXY {
			continue
		}
		v, err := d.numbers(f.tag, len(f.dst))
		if err != nil {
			return err
		}
		for i := range v {
			if v[i] <= 0 {
				d.log.Warn("DNG: value is not positive and ignored", "field", f.tag, "values", v)
				v = nil
				break
			}
		}
		copy(f.dst, v)
	}
	return nil
}

func (d *decoder) samplesOf() uint64 {
	n, err := d.uint(ifd.SamplesPerPixel, 1)
	if err != nil {
		return 1
	}
	return n
}

// profileColors returns how many colours the first ColorMatrix is of; one that
// no number of colours explains counts as three, to be refused as that.
func (d *decoder) profileColors() int {
	e := d.find(ifd.ColorMatrix1)
	if e == nil || e.Count%3 != 0 || e.Count < 12 || e.Count > 21 {
		return 3
	}
	return int(e.Count / 3)
}

// manyColors checks the colour fields of a sensor of n > 3 colours: ColorMatrix
// is of n×3 values, ForwardMatrix and ReductionMatrix of 3×n, CameraCalibration
// of n×n (DNG 1.7.1, chapter 4).
func (d *decoder) manyColors(n int) error {
	check := func(t ifd.Tag, want int) error {
		v, err := d.numbers(t, want)
		if err == nil && len(v) > want {
			err = d.corrupt(t, "has %d values, want %d for %d colours", len(v), want, n)
		}
		return err
	}
	for _, t := range colorTags {
		for _, m := range []struct {
			tag  ifd.Tag
			want int
		}{{t.color, 3 * n}, {t.forward, 3 * n}, {t.reduction, 3 * n}, {t.camera, n * n}} {
			if err := check(m.tag, m.want); err != nil {
				return err
			}
		}
	}
	for _, t := range []ifd.Tag{ifd.AnalogBalance, ifd.AsShotNeutral} {
		if err := check(t, n); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) calibration(c *raw.ColorProfile, i int) error {
	t := colorTags[i]
	var k raw.Calibration
	for _, m := range []struct {
		tag ifd.Tag
		dst *raw.Matrix
	}{{t.color, &k.ColorMatrix}, {t.forward, &k.ForwardMatrix}, {t.camera, &k.CameraCalibration}} {
		v, err := d.numbers(m.tag, 9)
		if err != nil {
			return err
		}
		if len(v) > 9 {
			return d.corrupt(m.tag, "has %d values, want 9 for three colours", len(v))
		}
		copy(m.dst[:], v)
	}
	if k.ColorMatrix.IsZero() {
		return nil
	}
	if e := d.find(t.illuminant); e != nil {
		v, err := d.tiff.Uint(e)
		if err != nil {
			return err
		}
		k.Illuminant = raw.Illuminant(min(v, math.MaxUint16))
		if v == 255 {
			d.log.Warn("DNG: the illuminant is described by data that are not read", "field", t.illuminant)
		}
	}
	c.Calibrations = append(c.Calibrations, k)
	return nil
}
