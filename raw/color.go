package raw

// Matrix is a 3×3 matrix in row order. The zero value means "absent".
type Matrix [9]float64

// IsZero reports whether m is absent.
func (m Matrix) IsZero() bool { return m == Matrix{} }

// Illuminant is EXIF's LightSource code, as DNG's CalibrationIlluminant uses
// it: 17 standard light A, 21 D65, 23 D50.
type Illuminant uint16

// Calibration is what DNG tells of the sensor's colour under one illuminant.
type Calibration struct {
	Illuminant        Illuminant
	ColorMatrix       Matrix // XYZ → camera
	ForwardMatrix     Matrix // white-balanced camera → XYZ D50
	CameraCalibration Matrix // this camera against the type's reference
}

// ColorProfile is the colour description of a three-colour sensor (DNG's colour
// tags). All zero means that nothing is known.
type ColorProfile struct {
	Calibrations  []Calibration // up to three, as stored
	AnalogBalance [3]float64    // gains already applied in the analog domain; zero: 1
	AsShotNeutral [3]float64    // camera RGB of a neutral; zero: unknown
	AsShotWhiteXY [2]float64    // CIE xy of the white; zero: unknown
}

// HasNeutral reports whether AsShotNeutral is given and usable.
func (c *ColorProfile) HasNeutral() bool {
	n := c.AsShotNeutral
	return n[0] > 0 && n[1] > 0 && n[2] > 0
}
