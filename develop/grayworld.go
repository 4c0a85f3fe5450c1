package develop

import (
	"context"
	"image"

	"github.com/quadraw/quadraw/raw"
)

const (
	graySide   = 32 // side of a sampled square
	grayAcross = 24 // squares across and down, at most
)

// grayWorld returns the mean camera RGB of src, measured in up to 24×24
// squares spread evenly over DefaultCrop, 0.5 % of a 108 MP frame. Pixels with
// a channel near saturation are left out, and one bright lamp counts no more
// than one gray card: each pixel is weighed by the inverse of its brightness
// (plus a little, so that noise in black does not count).
func grayWorld(src raw.RGBSource) ([3]float64, error) {
	h := src.Header()
	area := h.DefaultCrop.Intersect(h.Bounds())
	if area.Empty() {
		area = h.Bounds()
	}
	across, down := min(grayAcross, (area.Dx()+graySide-1)/graySide), min(grayAcross, (area.Dy()+graySide-1)/graySide)
	lv := levelsOf(h)
	var sum [3]float64
	m := &raw.RGB{}
	for j := range down {
		for i := range across {
			at := area.Min.Add(image.Pt(i*area.Dx()/across, j*area.Dy()/down))
			m.Reset(image.Rectangle{Min: at, Max: at.Add(image.Pt(graySide, graySide))}.Intersect(area))
			if err := src.ReadTile(context.Background(), m); err != nil {
				return sum, err
			}
			for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
				r, g, b := m.Row(raw.Red, y), m.Row(raw.Green, y), m.Row(raw.Blue, y)
				for x := range r {
					v := [3]float64{
						lv.normalised(m.Rect.Min.X+x, y, 0, r[x]), lv.normalised(m.Rect.Min.X+x, y, 1, g[x]), lv.normalised(m.Rect.Min.X+x, y, 2, b[x]),
					}
					if max(v[0], v[1], v[2]) > 0.95 {
						continue
					}
					w := 1 / (0.02 + max(v[0]+v[1]+v[2], 0))
					for c := range sum {
						sum[c] += float64(w * v[c])
					}
				}
			}
		}
	}
	if peak := max(sum[0], sum[1], sum[2]); usable(sum) {
		for c := range sum {
			sum[c] /= peak
		}
		return sum, nil
	}
	// Black, white or one-coloured all over: there is nothing to learn.
	return [3]float64{1, 1, 1}, nil
}
