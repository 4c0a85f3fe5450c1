package demosaic

import (
	"math"

	"github.com/quadraw/quadraw/demosaic/internal/bank"
)

// placeCurve is a [noiseCurve] as places among the levels of noise, in 1/256:
// of each of its parts the place at the beginning and how far it rises.
//
// Kernels read it as an array.
type placeCurve struct{ place, rise [noiseSteps]int32 }

// placeRange are the least places and the largest, as kernels find them: in as
// many columns as there are lanes.
type placeRange struct{ least, largest [16]uint16 }

func (r *placeRange) reset() {
	for i := range r.least {
		r.least[i], r.largest[i] = math.MaxUint16, 0
	}
}

func (r *placeRange) bounds() (least, largest uint16) {
	least = math.MaxUint16
	for i := range r.least {
		least, largest = min(least, r.least[i]), max(largest, r.largest[i])
	}
	return least, largest
}

// placeRow finds the places of a row of units from the mean of the signal in
// them and one pixel around. in begins at the first of these 16 samples; its
// rows are pixels apart.
func placeRow(place []uint16, in []int16, pixels int, c *placeCurve, r *placeRange) {
	placeRowArch(place, in[:3*pixels+2*len(place)+2], pixels, c, r)
}

func placeRowGeneric(place []uint16, in []int16, pixels int, c *placeCurve, r *placeRange) {
	for u := range place {
		sum := int32(0)
		for y := range 4 {
			p := in[y*pixels+2*u:][:4]
			sum += int32(p[0]) + int32(p[1]) + int32(p[2]) + int32(p[3])
		}
		// 16·(v − Min) is below 2¹⁹, in noiseSteps steps of 2¹³.
		level := sum - 16*bank.Min
		k, f := level>>13&(noiseSteps-1), level&(1<<13-1)
		p := uint16(c.place[k] + (c.rise[k]*f+1<<12)>>13)
		place[u] = p
		r.least[0], r.largest[0] = min(r.least[0], p), max(r.largest[0], p)
	}
}

// blendRow moves a row of pixels towards that of a level of noise as far as the
// place of each unit is above the level before it.
func blendRow(dst, src []int16, place []uint16, level int) {
	blendRowArch(dst, src[:len(dst)], place, level)
}

func blendRowGeneric(dst, src []int16, place []uint16, level int) {
	for i, v := range src[:len(dst)] {
		weight := max(0, min(int32(place[i/2])-int32(level-1)<<8, 256))
		dst[i] += int16(((int32(v)-int32(dst[i]))*weight + 128) >> 8)
	}
}

// shareTable is the share of the noise that is gone from the pixels of a row,
// at [4·level + column].
type shareTable [4 * maxLevels]float32

// shareRow fills row with the shares of pixels whose first is column x of a
// period of four, in units at the given places among the levels.
func shareRow(row []float32, place []uint16, t *shareTable, x int) {
	shareRowArch(row, place, t, x&3)
}

func shareRowGeneric(row []float32, place []uint16, t *shareTable, x int) {
	for i := range row {
		p := place[(i+x&1)/2]
		at := int(p>>8<<2) | (x+i)&3
		below, above := t[at%len(t)], t[(at+4)%len(t)]
		row[i] = below + float32(float32(p&255)/256*(above-below))
	}
}
