package colorimetry

import (
	"math"

	"github.com/quadraw/quadraw/raw"
)

// isotherm is a line of constant correlated colour temperature in CIE 1960 uv.
type isotherm struct{ mired, u, v, slope float64 }

// isotherms are Robertson's 31 lines: Wyszecki & Stiles, "Color Science",
// 2nd ed., table 1(3.11).
var isotherms = [...]isotherm{
	{0, 0.18006, 0.26352, -0.24341}, {10, 0.18066, 0.26589, -0.25479},
	{20, 0.18133, 0.26846, -0.26876}, {30, 0.18208, 0.27119, -0.28539},
	{40, 0.18293, 0.27407, -0.30470}, {50, 0.18388, 0.27709, -0.32675},
	{60, 0.18494, 0.28021, -0.35156}, {70, 0.18611, 0.28342, -0.37915},
	{80, 0.18740, 0.28668, -0.40955}, {90, 0.18880, 0.28997, -0.44278},
	{100, 0.19032, 0.29326, -0.47888}, {125, 0.19462, 0.30141, -0.58204},
	{150, 0.19962, 0.30921, -0.70471}, {175, 0.20525, 0.31647, -0.84901},
	{200, 0.21142, 0.32312, -1.0182}, {225, 0.21807, 0.32909, -1.2168},
	{250, 0.22511, 0.33439, -1.4512}, {275, 0.23247, 0.33904, -1.7298},
	{300, 0.24010, 0.34308, -2.0637}, {325, 0.24792, 0.34655, -2.4681},
	{350, 0.25591, 0.34951, -2.9641}, {375, 0.26400, 0.35200, -3.5814},
	{400, 0.27218, 0.35407, -4.3633}, {425, 0.28039, 0.35577, -5.3762},
	{450, 0.28863, 0.35714, -6.7262}, {475, 0.29685, 0.35823, -8.5955},
	{500, 0.30505, 0.35907, -11.324}, {525, 0.31320, 0.35968, -15.628},
	{550, 0.32129, 0.36011, -23.325}, {575, 0.32931, 0.36038, -40.770},
	{600, 0.33724, 0.36051, -116.45},
}

// tintScale turns a distance in uv into the tint that raw developers show:
// positive is magenta.
const tintScale = -3000

// Temperature is a white as photographers give it.
type Temperature struct{ Kelvin, Tint float64 }

// TemperatureOf returns correlated colour temperature and tint of w:
// Robertson, "Computation of Correlated Color Temperature and Distribution
// Temperature", 1968.
func TemperatureOf(w XY) Temperature {
	u := 2 * w[0] / (1.5 - w[0] + float64(6*w[1]))
	v := 3 * w[1] / (1.5 - w[0] + float64(6*w[1]))
	var lastDist, lastDU, lastDV float64
	for i, line := range isotherms {
		if i == 0 {
			continue
		}
		// Direction of the isotherm, and the distance from it.
		length := math.Sqrt(1 + float64(line.slope*line.slope))
		du, dv := 1/length, line.slope/length
		uu, vv := u-line.u, v-line.v
		dist := float64(-uu*dv) + float64(vv*du)
		if dist > 0 && i < len(isotherms)-1 {
			lastDist, lastDU, lastDV = dist, du, dv
			continue
		}
		below := -min(dist, 0)
		f := 0.0
		if i > 1 {
			f = below / (lastDist + below)
		} else {
			lastDU, lastDV = du, dv
		}
		prev := isotherms[i-1]
		kelvin := 1e6 / max(float64(prev.mired*f)+float64(line.mired*(1-f)), 1)
		uu = u - (float64(prev.u*f) + float64(line.u*(1-f)))
		vv = v - (float64(prev.v*f) + float64(line.v*(1-f)))
		du = float64(du*(1-f)) + float64(lastDU*f)
		dv = float64(dv*(1-f)) + float64(lastDV*f)
		length = math.Sqrt(float64(du*du) + float64(dv*dv))
		return Temperature{kelvin, tintScale * (float64(uu*du) + float64(vv*dv)) / length}
	}
	return Temperature{5000, 0}
}

// XY returns the chromaticity of t; the temperature is held to the table's
// 1,667 K and up.
func (t Temperature) XY() XY {
	r := 1e6 / max(t.Kelvin, 1)
	r = max(0, min(r, isotherms[len(isotherms)-1].mired))
	i := 0
	for i < len(isotherms)-2 && r >= isotherms[i+1].mired {
		i++
	}
	a, b := isotherms[i], isotherms[i+1]
	f := (b.mired - r) / (b.mired - a.mired)
	u := float64(a.u*f) + float64(b.u*(1-f))
	v := float64(a.v*f) + float64(b.v*(1-f))
	direction := func(l isotherm) (float64, float64) {
		length := math.Sqrt(1 + float64(l.slope*l.slope))
		return 1 / length, l.slope / length
	}
	du1, dv1 := direction(a)
	du2, dv2 := direction(b)
	du, dv := float64(du1*f)+float64(du2*(1-f)), float64(dv1*f)+float64(dv2*(1-f))
	length := math.Sqrt(float64(du*du) + float64(dv*dv))
	offset := t.Tint / tintScale
	u += float64(offset*du) / length
	v += float64(offset*dv) / length
	return XY{1.5 * u / (u - float64(4*v) + 2), v / (u - float64(4*v) + 2)}
}

// IlluminantKelvin returns the correlated colour temperature of an EXIF light
// source (EXIF 2.32, LightSource; DNG's calibration illuminants); ok is false
// for unknown ones.
func IlluminantKelvin(i raw.Illuminant) (kelvin float64, ok bool) {
	switch i {
	case 3, 17: // tungsten, standard light A
		return 2856, true
	case 24: // ISO studio tungsten
		return 3200, true
	case 23:
		return 5003, true
	case 1, 4, 9, 18, 20: // daylight, flash, fine weather, B, D55
		return 5503, true
	case 10, 19, 21: // cloudy, C, D65
		return 6504, true
	case 11, 22: // shade, D75
		return 7504, true
	case 12:
		return 6400, true
	case 13:
		return 5050, true
	case 2, 14:
		return 4150, true
	case 15:
		return 3525, true
	case 16:
		return 2940, true
	}
	return 0, false
}
