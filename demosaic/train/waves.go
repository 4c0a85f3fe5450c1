package main

import (
	"image"
	"math"
	"math/rand/v2"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// A field of waves is waveSide pixels wide and high, and its waves have up to
// waveMost cycles a pixel along either axis.
const (
	waveSide = 60
	waveMost = 0.42
)

// grayWaves is a patch of fields of gray waves, each of another length,
// direction, mean and contrast, and a little bent. Photographs hold too little
// fine gray detail to teach that a mosaic of it is no colour: what a Quad mosaic
// samples every four pixels looks like one.
func grayWaves(sigma float64, rng *rand.Rand) *patch {
	q := &patch{}
	frame := image.Rect(0, 0, patchSize, patchSize)
	q.truth.Reset(frame)
	q.mosaic.Reset(frame)
	uniform := func(a, b float64) float64 { return a + float64((b-a)*rng.Float64()) }
	for y0 := 0; y0 < patchSize; y0 += waveSide {
		for x0 := 0; x0 < patchSize; x0 += waveSide {
			fx, fy := uniform(-waveMost, waveMost), uniform(-waveMost, waveMost)
			// How far the frequency moves over the field.
			chirp, turn := uniform(-0.1, 0.1)/waveSide, uniform(-0.1, 0.1)/waveSide
			phase, mean := uniform(0, 1), uniform(0.1, 0.9)
			contrast := min(mean, 1-mean) * math.Sqrt(uniform(0.01, 1))
			for y := range waveSide {
				for x := range waveSide {
					dx, dy := float64(x-waveSide/2), float64(y-waveSide/2)
					cycles := phase + float64(fx*dx) + float64(fy*dy) + float64(chirp/2*(dx*dx+dy*dy)) + float64(turn*dx*dy)
					v := (mean + float64(contrast*math.Cos(2*math.Pi*cycles))) * bank.One
					i := (y0+y)*patchSize + x0 + x
					for c := range q.truth.Pix {
						q.truth.Pix[c][i] = sample(v)
					}
					if sigma > 0 {
						v += float64(rng.NormFloat64() * sigma * bank.One / 255)
					}
					q.mosaic.Pix[i] = sample(v)
				}
			}
		}
	}
	q.measure()
	return q
}
