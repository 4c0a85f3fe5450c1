package noise_test

import (
	"image"
	"math"
	"testing"

	"github.com/quadraw/quadraw/noise"
	"github.com/quadraw/quadraw/raw"
	"github.com/quadraw/quadraw/sensor"
)

// TestCameraMotionIsFound holds what merging says about the camera to the poses
// of simulated Quad frames, whose pixels are small against their CFA.
func TestCameraMotionIsFound(t *testing.T) {
	for name, scene := range map[string]sensor.Scene{
		"texture": sensor.Texture{Seed: 5}, "text": sensor.Text{}, "night": sensor.Night{},
	} {
		sim, err := sensor.New(scene, &sensor.Options{
			Size: image.Pt(1024, 768), CFA: raw.QuadRGGB, ISO: 800, Seed: 7, Shake: sensor.Shake{Step: 5, Angle: 3e-3},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, report, err := noise.Merge(t.Context(), sim.Burst(3), &noise.MergeOptions{Reference: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range report.Frames {
			// The scene turns the other way than the camera.
			p := sim.Pose(i)
			shift := math.Hypot(f.ShiftX-p.X, f.ShiftY-p.Y)
			turn := math.Abs(f.Roll+p.Angle) * 180 / math.Pi
			t.Logf("%s, frame %d: %.3f pixels and %.4f degrees off", name, i, shift, turn)
			if shift > .1 || turn > .01 {
				t.Errorf("%s, frame %d: moved by %.2f, %.2f and turned by %.4f, found at %.2f, %.2f and %.4f",
					name, i, p.X, p.Y, p.Angle, f.ShiftX, f.ShiftY, -f.Roll)
			}
		}
	}
}
