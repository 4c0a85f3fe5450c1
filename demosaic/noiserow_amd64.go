//go:build amd64 && !purego

package demosaic

func placeRowArch(place []uint16, in []int16, pixels int, c *placeCurve, r *placeRange) {
	bestSet().placeRow(place, in, pixels, c, r)
}

func (k kernelSet) placeRow(place []uint16, in []int16, pixels int, c *placeCurve, r *placeRange) {
	first, last := k.parts(len(place))
	if first == 0 {
		placeRowGeneric(place, in, pixels, c, r)
		return
	}
	run := placeRowAVX2
	if k == setAVX512 {
		run = placeRowAVX512
	}
	run(&place[0], &r.least[0], &in[0], 2*pixels, &c.place[0], first)
	if i := last; i >= 0 {
		run(&place[i], &r.least[0], &in[2*i], 2*pixels, &c.place[0], len(place)-i)
	}
}

func blendRowArch(dst, src []int16, place []uint16, level int) {
	bestSet().blendRow(dst, src, place, level)
}

func (k kernelSet) blendRow(dst, src []int16, place []uint16, level int) {
	whole, lanes := 0, k.unitLanes()
	if lanes > 0 && len(place) >= len(dst)/2+lanes {
		whole = len(dst) &^ (lanes - 1)
	}
	if whole > 0 {
		run := blendRowAVX2
		if k == setAVX512 {
			run = blendRowAVX512
		}
		run(&dst[0], &src[0], &place[0], (level-1)<<8, whole)
	}
	if whole < len(dst) {
		blendRowGeneric(dst[whole:], src[whole:], place[whole/2:], level)
	}
}

func shareRowArch(row []float32, place []uint16, t *shareTable, x int) {
	bestSet().shareRow(row, place, t, x)
}

func (k kernelSet) shareRow(row []float32, place []uint16, t *shareTable, x int) {
	first, last := k.parts(len(row))
	if first == 0 || len(place) < len(row)/2+k.unitLanes() {
		shareRowGeneric(row, place, t, x)
		return
	}
	run := shareRowAVX2
	if k == setAVX512 {
		run = shareRowAVX512
	}
	run(&row[0], &place[0], &t[0], x, first)
	if i := last; i >= 0 {
		run(&row[i], &place[(i+x&1)/2], &t[0], (x+i)&3, len(row)-i)
	}
}
