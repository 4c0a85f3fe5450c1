package quadraw_test

import (
	"image"
	"testing"

	"github.com/quadraw/quadraw"
	"github.com/quadraw/quadraw/sensor"
)

// AutoMode takes full size where there is light, bins where there is none.
func TestAutoModeFollowsTheNoise(t *testing.T) {
	for iso, want := range map[float64]quadraw.Mode{50: quadraw.Full, 200: quadraw.Full, 1600: quadraw.Bin, 6400: quadraw.Bin} {
		s, err := sensor.New(sensor.Texture{}, &sensor.Options{Size: image.Pt(64, 64), ISO: iso})
		if err != nil {
			t.Fatal(err)
		}
		r, reason, err := quadraw.Recipe{}.Resolve(s.Frame(0).Header())
		if err != nil || r.Mode != want {
			t.Errorf("ISO %v: %v (%s), %v; want %v", iso, r.Mode, reason, err, want)
		}
	}
}
