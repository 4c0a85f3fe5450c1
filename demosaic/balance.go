package demosaic

import (
	"context"
	"image"
	"math"

	"github.com/quadraw/quadraw/raw"
)

// maxGain bounds the balance: what is white in the raw data stays below
// bank.Max.
const maxGain = 2.75

// neutralGains is the balance under which n, a neutral's camera RGB, has three
// equal values; green's gain is 1.
func neutralGains(n [3]float64) [3]float64 {
	var g [3]float64
	for c := range g {
		g[c] = max(1/maxGain, min(n[raw.Green]/n[c], maxGain))
	}
	return g
}

// The balance of a frame without AsShotNeutral is found on grayPatches² patches
// of graySide² pixels, evenly spread over the frame: the same ones whatever
// tile is asked for.
const (
	grayPatches = 12
	graySide    = 16
	// grayClip is the normalised value above which a sample may be clipped.
	grayClip = 0.97
	// grayGain bounds what a colourful scene can make of the guess.
	grayGain = 2
)

// grayGains guesses the balance: the mean of the scene is gray (G. Buchsbaum,
// "A spatial processor model for object colour perception", 1980).
func grayGains(ctx context.Context, src raw.Source) ([3]float64, error) {
	h := src.Header()
	var sum [3]float64
	var count [3]int
	var patch raw.Mosaic
	for j := range grayPatches {
		for i := range grayPatches {
			at := image.Pt((2*i+1)*h.Size.X/(2*grayPatches), (2*j+1)*h.Size.Y/(2*grayPatches))
			r := image.Rectangle{Min: at, Max: at.Add(image.Pt(graySide, graySide))}.Intersect(h.Bounds())
			if r.Empty() {
				continue
			}
			patch.Reset(r, h.CFA)
			if err := src.ReadTile(ctx, &patch); err != nil {
				return [3]float64{}, err
			}
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for k, v := range patch.Row(y) {
					x := r.Min.X + k
					c := h.CFA.ColorAt(x, y)
					black := h.Black.At(x, y, 0)
					if n := (float64(v) - black) / (h.White[c] - black); n < grayClip {
						sum[c] += n
						count[c]++
					}
				}
			}
		}
	}
	g := [3]float64{1, 1, 1}
	for c := range g {
		own, green := sum[c]/float64(count[c]), sum[raw.Green]/float64(count[raw.Green])
		if r := green / own; r > 0 && !math.IsInf(r, 1) {
			g[c] = max(1.0/grayGain, min(r, grayGain))
		}
	}
	return g, nil
}
