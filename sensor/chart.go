package sensor

import (
	"image"

	"github.com/quadraw/quadraw/internal/colorimetry"
	"github.com/quadraw/quadraw/raw"
)

// Patch is a field of the colour chart.
type Patch struct {
	Name string
	Lab  [3]float64 // CIE L*a*b* under D50, 2° observer
}

// Patches are the 24 fields of the usual chart (Macbeth ColorChecker), row by
// row, with the maker's reference values for charts made before November 2014.
func Patches() []Patch {
	return []Patch{
		{"dark skin", [3]float64{37.986, 13.555, 14.059}}, {"light skin", [3]float64{65.711, 18.130, 17.810}},
		{"blue sky", [3]float64{49.927, -4.880, -21.925}}, {"foliage", [3]float64{43.139, -13.095, 21.905}},
		{"blue flower", [3]float64{55.112, 8.844, -25.399}}, {"bluish green", [3]float64{70.719, -33.397, -0.199}},
		{"orange", [3]float64{62.661, 36.067, 57.096}}, {"purplish blue", [3]float64{40.020, 10.410, -45.964}},
		{"moderate red", [3]float64{51.124, 48.239, 16.248}}, {"purple", [3]float64{30.325, 22.976, -21.587}},
		{"yellow green", [3]float64{72.532, -23.709, 57.255}}, {"orange yellow", [3]float64{71.941, 19.363, 67.857}},
		{"blue", [3]float64{28.778, 14.179, -50.297}}, {"green", [3]float64{55.261, -38.342, 31.370}},
		{"red", [3]float64{42.101, 53.378, 28.190}}, {"yellow", [3]float64{81.733, 4.039, 79.819}},
		{"magenta", [3]float64{51.935, 49.986, -14.574}}, {"cyan", [3]float64{51.038, -28.631, -28.638}},
		{"white", [3]float64{96.539, -0.425, 1.186}}, {"neutral 8", [3]float64{81.257, -0.638, -0.335}},
		{"neutral 6.5", [3]float64{66.766, -0.734, -0.504}}, {"neutral 5", [3]float64{50.867, -0.153, -0.270}},
		{"neutral 3.5", [3]float64{35.656, -0.421, -1.231}}, {"black", [3]float64{20.461, -0.079, -0.973}},
	}
}

// XYZ returns the patch relative to D50 with white at Y = 1.
func (p *Patch) XYZ() [3]float64 {
	fy := (p.Lab[0] + 16) / 116
	f := [3]float64{fy + p.Lab[1]/500, fy, fy - p.Lab[2]/200}
	white := colorimetry.D50().XYZ()
	for i, t := range f {
		if t > 6.0/29 {
			f[i] = white[i] * float64(t*float64(t*t))
		} else {
			f[i] = white[i] * (3 * 36.0 / 841) * (t - 4.0/29)
		}
	}
	return f
}

// Light returns the patch as linear sRGB, adapted to D65.
func (p *Patch) Light() [3]float64 {
	toXYZ, _ := colorimetry.ToXYZ(raw.SRGB)
	fromXYZ, _ := colorimetry.Invert(toXYZ)
	d65 := colorimetry.Apply(colorimetry.Adapt(colorimetry.D50(), colorimetry.D65()), p.XYZ())
	return colorimetry.Apply(fromXYZ, d65)
}

// Chart is the colour chart of [Patches] over the whole frame: 6×4 patches on
// a black board.
type Chart struct{}

// PatchRect returns the part of a frame of the given size that patch i covers,
// without the border that is blurred.
func (Chart) PatchRect(size image.Point, i int) image.Rectangle {
	w, h := float64(size.X)/6, float64(size.Y)/4
	x, y := float64(i%6)*w, float64(i/6)*h
	return image.Rect(int(x+float64(0.2*w))+1, int(y+float64(0.2*h))+1, int(x+float64(0.8*w)), int(y+float64(0.8*h)))
}

// Prepare implements [Scene].
func (Chart) Prepare(v View) (Painter, error) {
	return newChartPainter(0, 0, float64(v.Size.X), float64(v.Size.Y), newOptics(v.Blur)), nil
}

// chartPainter paints the chart into a rectangle of the scene.
type chartPainter struct {
	x, y, w, h float64 // upper left corner, and size of a patch's cell
	colors     [24][3]float32
	optics     *optics
}

func newChartPainter(x, y, width, height float64, o *optics) *chartPainter {
	c := &chartPainter{x: x, y: y, w: width / 6, h: height / 4, optics: o}
	for i, p := range Patches() {
		for k, l := range p.Light() {
			c.colors[i][k] = float32(l)
		}
	}
	return c
}

// Paint implements [Painter].
func (c *chartPainter) Paint(dst *Light, s Span) {
	for i := range dst[0] {
		x, y := s.At(i)
		dst.set(i, 0.03)
		c.over(dst, i, x, y)
	}
}

// over lays the patch at (x, y) over pixel i.
func (c *chartPainter) over(dst *Light, i int, x, y float64) {
	x, y = (x-c.x)/c.w, (y-c.y)/c.h
	if x < 0 || y < 0 || x >= 6 || y >= 4 {
		return
	}
	col, row := int(x), int(y)
	const margin = 0.1
	fx, fy := x-float64(col), y-float64(row)
	dx := min(fx-margin, 1-margin-fx) * c.w
	dy := min(fy-margin, 1-margin-fy) * c.h
	dst.over(i, &c.colors[row*6+col], float32(c.optics.cover(dx)*c.optics.cover(dy)))
}
