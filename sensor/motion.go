package sensor

import "math"

// Pose is where the camera points for one frame: the scene appears turned by
// Angle radians about the frame's middle and moved by (X, Y) pixels relative
// to frame 0, so what frame 0 shows at p, frame i shows at
// R(Angle)·(p − middle) + middle + (X, Y).
type Pose struct{ X, Y, Angle float64 }

// Shake is the unsteadiness of a hand: from frame to frame the camera walks by
// steps that are normal deviates.
type Shake struct {
	Step  float64 // standard deviation of a step in x and in y, in pixels
	Angle float64 // standard deviation of a turn, in radians
}

// pose returns the pose of a frame: the sum of its steps. Frame 0 is straight.
// Steps are rounded to 2⁻¹⁰ pixels and turns to 2⁻²⁴ radians.
func (s Shake) pose(seed uint64, frame int, g *gaussian) (p Pose) {
	k := key(seed, 3)
	grid := func(v, g float64) float64 { return math.Round(v*g) / g }
	for i := 1; i <= frame; i++ {
		p.X += grid(s.Step*float64(g.draw(at(k, 3*i))), 1<<10)
		p.Y += grid(s.Step*float64(g.draw(at(k, 3*i+1))), 1<<10)
		p.Angle += grid(s.Angle*float64(g.draw(at(k, 3*i+2))), 1<<24)
	}
	return p
}

// Object is a ball that crosses the scene, in front of everything.
type Object struct {
	X, Y   float64 // middle in frame 0, in pixels
	VX, VY float64 // pixels per frame
	Radius float64 // pixels
	Color  [3]float32
	// Stripes is how many bars cross it, to give it texture; 0 is none.
	Stripes int
}

// paint lays the object, as it stands in the given frame, over the span.
func (b *Object) paint(dst *Light, s Span, frame int, o *optics) {
	cx, cy := b.X+float64(b.VX*float64(frame)), b.Y+float64(b.VY*float64(frame))
	border := b.Radius + o.width() + 1
	for i := range dst[0] {
		x, y := s.At(i)
		x, y = x-cx, y-cy
		if max(math.Abs(x), math.Abs(y)) > border {
			continue
		}
		c := b.Color
		if b.Stripes > 0 {
			f := float64(b.Stripes) / (2 * b.Radius)
			k := 0.6 + float32(0.4*float32(o.contrast(f)*o.wave(f*x)))
			for i := range c {
				c[i] = float32(c[i] * k)
			}
		}
		dst.over(i, &c, o.cover(b.Radius-math.Sqrt(float64(x*x)+float64(y*y))))
	}
}
