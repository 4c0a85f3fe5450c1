package develop

import (
	"context"
	"fmt"
	"image"

	"github.com/quadraw/quadraw/raw"
)

// Preview develops a mosaic quickly into a picture whose longer side is at
// most longest pixels: for each of its pixels, the means of the colours in one
// block of the mosaic, about half as wide as the blocks are apart, become a
// pixel of camera RGB. Opcodes are applied except those that previews do not
// need, as are crop and orientation.
func Preview(ctx context.Context, src raw.Source, longest int, o *Options) (*raw.RGB, error) {
	if longest < 1 || longest > 8192 {
		return nil, fmt.Errorf("%w: a preview of %d pixels, want 1 to 8192", raw.ErrOption, longest)
	}
	src, err := Correct(src, &CorrectOptions{Preview: true})
	if err != nil {
		return nil, err
	}
	h := src.Header()
	crop := h.DefaultCrop.Intersect(h.Bounds())
	if crop.Empty() || o != nil && o.WholeFrame {
		crop = h.Bounds()
	}
	period := h.CFA.Period()
	if crop.Dx() < period || crop.Dy() < period {
		return nil, fmt.Errorf("%w: %v pixels of %v", raw.ErrBounds, crop.Size(), h.CFA)
	}
	size := FitInside(crop.Size(), longest)
	size = image.Pt(min(size.X, max(crop.Dx()/period, 1)), min(size.Y, max(crop.Dy()/period, 1)))
	small, err := blockMeans(ctx, src, crop, size)
	if err != nil {
		return nil, err
	}
	head := h.Clone()
	head.Size, head.CFA = size, raw.Mono
	head.ActiveArea, head.DefaultCrop, head.MaskedAreas = head.Bounds(), head.Bounds(), nil
	head.BitsPerSample, head.Black, head.White = 16, raw.ConstantBlack(previewBlack), [3]float64{65535, 65535, 65535}
	head.Noise, head.Opcodes = raw.NoiseProfile{}, [3][]raw.Opcode{}
	camera, err := raw.NewMemoryRGB(head, small)
	if err != nil {
		return nil, err
	}
	developed, err := New(camera, o)
	if err != nil {
		return nil, err
	}
	out := raw.NewRGB(developed.Header().Bounds())
	return out, developed.ReadTile(ctx, out)
}

// previewBlack is the black level of a preview's camera RGB.
const previewBlack = 1024

// blockMeans returns linear camera RGB of the given size from blocks spread
// over crop.
func blockMeans(ctx context.Context, src raw.Source, crop image.Rectangle, size image.Point) (*raw.RGB, error) {
	h := src.Header()
	period := h.CFA.Period()
	side := func(n, parts int) int { return max(1, n/parts/2/period) * period }
	block := image.Pt(side(crop.Dx(), size.X), side(crop.Dy(), size.Y))
	out := raw.NewRGB(image.Rectangle{Max: size})
	band := &raw.Mosaic{}
	signal := make([]float32, crop.Dx())
	sums := make([][3]float32, size.X)
	var counts [3]float32
	for dy := range period {
		for dx := range period {
			counts[h.CFA.ColorAt(dx, dy)] += float32(block.X / period * (block.Y / period))
		}
	}
	for j := range size.Y {
		y := crop.Min.Y + min(j*crop.Dy()/size.Y, crop.Dy()-block.Y)
		band.Reset(image.Rect(crop.Min.X, y, crop.Max.X, y+block.Y), h.CFA)
		if err := src.ReadTile(ctx, band); err != nil {
			return nil, err
		}
		clear(sums)
		for v := y; v < y+block.Y; v++ {
			normalise(signal, band.Row(v), h, crop.Min.X, v)
			for i := range sums {
				x := min(i*crop.Dx()/size.X, crop.Dx()-block.X)
				for u := x; u < x+block.X; u++ {
					sums[i][h.CFA.ColorAt(crop.Min.X+u, v)] += min(signal[u], 1)
				}
			}
		}
		for i := range sums {
			for c := range sums[i] {
				mean := sums[i][c]
				if counts[c] > 0 {
					mean /= counts[c]
				} else { // Mono: what there is, is gray
					mean = sums[i][raw.Green] / counts[raw.Green]
				}
				out.Pix[c][j*size.X+i] = uint16(max(0, min(float32(mean*(65535-previewBlack))+previewBlack+0.5, 65535)))
			}
		}
	}
	return out, nil
}
