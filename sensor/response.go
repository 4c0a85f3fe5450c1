package sensor

import (
	"math"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

// response is how the simulated camera sees a scene under one light.
type response struct {
	toCamera raw.Matrix // linear sRGB → camera; the brightest channel of white is 1
	profile  raw.ColorProfile
}

// cameraMatrix returns XYZ → camera, D65's white becoming s.Neutral.
func (s *Sensor) cameraMatrix() raw.Matrix {
	toXYZ, _ := colorimetry.ToXYZ(raw.SRGB)
	fromXYZ, _ := colorimetry.Invert(toXYZ)
	return colorimetry.Mul(colorimetry.Diagonal(s.Neutral), s.Crosstalk, fromXYZ)
}

// calibration returns what DNG stores for an illuminant of chromaticity w. The
// forward matrix is exact: white-balanced camera → XYZ under w → D50.
func calibration(camera raw.Matrix, code raw.Illuminant, w colorimetry.XY) raw.Calibration {
	inverse, _ := colorimetry.Invert(camera)
	white := colorimetry.Apply(camera, w.XYZ())
	return raw.Calibration{
		Illuminant:    code,
		ColorMatrix:   camera,
		ForwardMatrix: colorimetry.Mul(colorimetry.Adapt(w, colorimetry.D50()), inverse, colorimetry.Diagonal(white)),
	}
}

// under returns the response to light of chromaticity w. A scene is given as
// it looks under D65; under w it looks as Bradford's adaptation says.
func (s *Sensor) under(w colorimetry.XY) response {
	camera := s.cameraMatrix()
	toXYZ, _ := colorimetry.ToXYZ(raw.SRGB)
	neutral := colorimetry.Apply(camera, w.XYZ())
	peak := math.Max(neutral[0], math.Max(neutral[1], neutral[2]))
	for i := range neutral {
		neutral[i] /= peak
	}
	scene := colorimetry.Mul(camera, colorimetry.Adapt(colorimetry.D65(), w), toXYZ)
	for i := range scene {
		scene[i] /= peak
	}
	return response{
		toCamera: scene,
		profile: raw.ColorProfile{
			Calibrations: []raw.Calibration{
				calibration(camera, 17, colorimetry.A()),
				calibration(camera, 21, colorimetry.D65()),
			},
			AsShotNeutral: neutral,
		},
	}
}
