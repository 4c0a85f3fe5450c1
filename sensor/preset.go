package sensor

import (
	"fmt"
	"image"
	"math"
	"strings"

	"github.com/quadraw/quadraw/raw"
)

// Sensor describes an image sensor: what its maker publishes, and what the
// simulator needs beyond that.
type Sensor struct {
	// Name is what [Lookup] finds it by: "hmx".
	Name          string
	Maker, Model  string
	Size          image.Point // effective pixels
	PixelPitch    float64     // micrometres
	OpticalFormat string      // inches, as makers write it: 1/1.33"
	CFA           raw.CFA
	Bits          int // of a stored sample

	Black, White float64 // DN
	// BaseISO is the sensitivity at which a full well reaches White.
	BaseISO float64
	// FullWell in electrons.
	FullWell float64
	// ReadNoise in electrons: Pixel before the analog gain, ADC after it, as
	// seen at BaseISO. At the gain g their sum is √(Pixel² + (ADC/g)²).
	ReadNoise struct{ Pixel, ADC float64 }
	// Neutral is the camera RGB of D65's white, green at 1: what quantum
	// efficiency and filters leave of each colour.
	Neutral [3]float64
	// Crosstalk mixes linear sRGB into the sensor's white-balanced RGB; rows
	// add up to 1.
	Crosstalk raw.Matrix
	FNumber   float64 // of the lens it is simulated with
	Focal     float64 // millimetres

	// Published says where the figures come from, Assumed which are guesses
	// and why.
	Published, Assumed string
}

// NoiseProfile returns the noise of a frame at iso, normalised: shot noise
// 1/N for N electrons at white; read noise and the quantisation's 1/12 DN².
func (s *Sensor) NoiseProfile(iso float64) raw.NoiseProfile {
	gain := iso / s.BaseISO
	n := s.FullWell / gain
	adc := s.ReadNoise.ADC / gain
	read := math.Sqrt(float64(s.ReadNoise.Pixel*s.ReadNoise.Pixel)+float64(adc*adc)) / n
	step := 1 / (s.White - s.Black)
	m := raw.NoiseModel{Scale: 1 / n, Offset: float64(read*read) + float64(step*step)/12}
	return raw.NoiseProfile{m, m, m}
}

// phoneCrosstalk is a plausible phone sensor: its inverse, the colour
// correction matrix, has a diagonal of 1.5 to 1.7.
func phoneCrosstalk() raw.Matrix {
	return raw.Matrix{0.72, 0.25, 0.03, 0.15, 0.73, 0.12, 0.03, 0.27, 0.70}
}

// Presets returns the sensors that the simulator knows.
func Presets() []Sensor {
	hmx := Sensor{
		Name: "hmx", Maker: "Samsung", Model: "ISOCELL Bright HMX",
		Size: image.Pt(12032, 9024), PixelPitch: 0.8, OpticalFormat: `1/1.33"`, CFA: raw.QuadGRBG, Bits: 10,
		Black: 64, White: 1023, BaseISO: 50, FullWell: 6000,
		Neutral: [3]float64{0.52, 1, 0.61}, Crosstalk: phoneCrosstalk(), FNumber: 1.69, Focal: 6.7,
		Published: "Samsung, 12 August 2019: 108 Mp, 12032×9024, 0.8 µm, 1/1.33\", Tetracell (27 Mp of 1.6 µm when binned), Smart-ISO; 10-bit raw",
		Assumed: "phase GRBG; black 64 of 1023 and base ISO 50 as phones report them; 6,000 e⁻ full well, in the range that papers on 0.8 µm pixels give; " +
			"read noise 1.8 e⁻ before and 4 e⁻ after the gain, usual for column ADCs; colour response of a generic phone; the f/1.69 lens of the first phones with it",
	}
	hmx.ReadNoise.Pixel, hmx.ReadNoise.ADC = 1.8, 4
	imx586 := Sensor{
		Name: "imx586", Maker: "Sony", Model: "IMX586",
		Size: image.Pt(8000, 6000), PixelPitch: 0.8, OpticalFormat: `1/2"`, CFA: raw.QuadRGGB, Bits: 10,
		Black: 64, White: 1023, BaseISO: 100, FullWell: 4500,
		Neutral: [3]float64{0.55, 1, 0.63}, Crosstalk: phoneCrosstalk(), FNumber: 1.8, Focal: 4.8,
		Published: "Sony, 23 July 2018: 48 Mp, 8000×6000, 0.8 µm, type 1/2 (8.0 mm), Quad Bayer",
		Assumed: "phase RGGB; black 64 of 1023, base ISO 100; 4,500 e⁻ full well, somewhat below the later HMX; read noise 1.6 e⁻ before and 3.5 e⁻ after the gain; " +
			"colour response of a generic phone",
	}
	imx586.ReadNoise.Pixel, imx586.ReadNoise.ADC = 1.6, 3.5
	imx477 := Sensor{
		Name: "imx477", Maker: "Sony", Model: "IMX477",
		Size: image.Pt(4056, 3040), PixelPitch: 1.55, OpticalFormat: `1/2.3"`, CFA: raw.BayerBGGR, Bits: 12,
		Black: 256, White: 4095, BaseISO: 100, FullWell: 8180,
		Neutral: [3]float64{0.45, 1, 0.58}, Crosstalk: raw.Matrix{0.76, 0.21, 0.03, 0.12, 0.77, 0.11, 0.02, 0.24, 0.74}, FNumber: 2.8, Focal: 6,
		Published: "Sony: 12.3 Mp, 4056×3040, 1.55 µm, type 1/2.3, 12 bit. Measured on the Raspberry Pi HQ camera (strollswithmydog.com, Pi HQ Cam Sensor " +
			"Performance): black 256, white 4095, full well 8,180 e⁻, read noise 3 e⁻ at gain 1 and 1.5 e⁻ at gain 16",
		Assumed: "phase BGGR; base ISO 100; colour response",
	}
	// √(1.5² + 2.6²) = 3 at gain 1, 1.5 at gain 16.
	imx477.ReadNoise.Pixel, imx477.ReadNoise.ADC = 1.5, 2.6
	return []Sensor{hmx, imx586, imx477}
}

// Lookup returns the preset of the given name, in any case.
func Lookup(name string) (Sensor, error) {
	var names []string
	for _, s := range Presets() {
		if strings.EqualFold(s.Name, name) {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Sensor{}, fmt.Errorf("%w: sensor %q, want one of %s", raw.ErrOption, name, strings.Join(names, ", "))
}
