package develop

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

// WhiteBalanceMode says where the white comes from.
type WhiteBalanceMode uint8

const (
	// AsShot is the camera's own white, and Auto where the file has none.
	AsShot WhiteBalanceMode = iota
	// Auto takes the mean of the picture as gray ("gray world").
	Auto
	// Temperature is a correlated colour temperature and a tint.
	Temperature
	// Chromaticity is a white given as CIE x and y.
	Chromaticity
)

// WhiteBalance says which light is rendered as white. Its text form is
// "as-shot", "auto", "5000K", "5000K,+10" or "0.3457,0.3585".
type WhiteBalance struct {
	Mode WhiteBalanceMode
	// Kelvin, 1,667 to 50,000, and Tint, −150 (green) to 150 (magenta) for
	// Temperature.
	Kelvin, Tint float64
	XY           [2]float64 // for Chromaticity
}

func (w WhiteBalance) check() error {
	switch w.Mode {
	case AsShot, Auto:
		return nil
	case Temperature:
		if w.Kelvin >= 1667 && w.Kelvin <= 50000 && math.Abs(w.Tint) <= 150 {
			return nil
		}
		return fmt.Errorf("%w: white of %v K, tint %v; want 1667 to 50000 and -150 to 150", raw.ErrOption, w.Kelvin, w.Tint)
	case Chromaticity:
		x, y := w.XY[0], w.XY[1]
		if x > 0.05 && y > 0.05 && x+y < 0.95 {
			return nil
		}
		return fmt.Errorf("%w: white at x = %v, y = %v", raw.ErrOption, x, y)
	}
	return fmt.Errorf("%w: white balance mode %d", raw.ErrOption, w.Mode)
}

// String returns the text form.
func (w WhiteBalance) String() string {
	f := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	switch w.Mode {
	case AsShot:
		return "as-shot"
	case Auto:
		return "auto"
	case Temperature:
		if w.Tint == 0 {
			return f(w.Kelvin) + "K"
		}
		return f(w.Kelvin) + "K," + f(w.Tint)
	}
	return f(w.XY[0]) + "," + f(w.XY[1])
}

// MarshalText is [WhiteBalance.String] for encoders.
func (w WhiteBalance) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText accepts the text form; "5000" and "5000,10" mean kelvin too.
func (w *WhiteBalance) UnmarshalText(text []byte) error {
	s := strings.ToLower(strings.TrimSpace(string(text)))
	switch s {
	case "as-shot", "":
		*w = WhiteBalance{}
		return nil
	case "auto":
		*w = WhiteBalance{Mode: Auto}
		return nil
	}
	first, second, two := strings.Cut(s, ",")
	a, errA := strconv.ParseFloat(strings.TrimSuffix(first, "k"), 64)
	b, errB := 0.0, error(nil)
	if two {
		b, errB = strconv.ParseFloat(strings.TrimSpace(second), 64)
	}
	if errA != nil || errB != nil {
		return fmt.Errorf("%w: white balance %q, want as-shot, auto, kelvin[,tint] or x,y", raw.ErrOption, s)
	}
	v := WhiteBalance{Mode: Temperature, Kelvin: a, Tint: b}
	if two && a < 1 && b < 1 && !strings.HasSuffix(first, "k") {
		v = WhiteBalance{Mode: Chromaticity, XY: [2]float64{a, b}}
	}
	if err := v.check(); err != nil {
		return err
	}
	*w = v
	return nil
}

// white is a resolved white balance.
type white struct {
	neutral colorimetry.Vector // camera RGB of white, the largest 1
	xy      colorimetry.XY     // of the light; D65 when the camera's colours are unknown
}

// resolveWhite finds the white of src under o.
func resolveWhite(src raw.RGBSource, camera *cameraColor, o *Options) (white, error) {
	h := src.Header()
	switch o.WhiteBalance.Mode {
	case Temperature:
		return camera.whiteOf(colorimetry.Temperature{Kelvin: o.WhiteBalance.Kelvin, Tint: o.WhiteBalance.Tint}.XY())
	case Chromaticity:
		return camera.whiteOf(o.WhiteBalance.XY)
	case AsShot:
		if n := h.Color.AsShotNeutral; h.Color.HasNeutral() && usable(n) {
			return camera.whiteFrom(n), nil
		}
		if xy := h.Color.AsShotWhiteXY; (WhiteBalance{Mode: Chromaticity, XY: xy}).check() == nil && camera.known() {
			return camera.whiteOf(xy)
		}
	}
	mean, err := grayWorld(src)
	if err != nil {
		return white{}, fmt.Errorf("measure white balance: %w", err)
	}
	if o.WhiteBalance.Mode == AsShot {
		o.warn("the file has no white balance; taking the mean of the picture as gray", "camera neutral", mean)
	}
	return camera.whiteFrom(mean), nil
}

// usable reports whether a neutral's channels are within a factor of 100.
func usable(n [3]float64) bool {
	lo, hi := min(n[0], n[1], n[2]), max(n[0], n[1], n[2])
	return lo > 0 && hi < lo*100 && !math.IsInf(hi, 1)
}
