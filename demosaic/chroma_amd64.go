//go:build amd64 && !purego

package demosaic

func pairsRowArch(sums []int32, pix []int16, stride int) { bestSet().pairsRow(sums, pix, stride) }

func (k kernelSet) pairsRow(sums []int32, pix []int16, stride int) {
	first, last := k.parts(len(sums))
	if first == 0 {
		pairsRowGeneric(sums, pix, stride)
		return
	}
	pix = pix[:3*stride+2*len(sums)]
	run := pairsRowAVX2
	if k == setAVX512 {
		run = pairsRowAVX512
	}
	run(&sums[0], &pix[0], 2*stride, first)
	if i := last; i >= 0 {
		run(&sums[i], &pix[2*i], 2*stride, len(sums)-i)
	}
}

func tintRowArch(pix, units []int16) { bestSet().tintRow(pix, units) }

func (k kernelSet) tintRow(pix, units []int16) {
	whole, lanes := 0, k.unitLanes()
	if lanes > 0 && len(units) >= len(pix)/2+lanes {
		whole = len(pix) &^ (lanes - 1)
	}
	if whole > 0 {
		run := tintRowAVX2
		if k == setAVX512 {
			run = tintRowAVX512
		}
		run(&pix[0], &units[0], whole)
	}
	if whole < len(pix) {
		tintRowGeneric(pix[whole:], units[whole/2:])
	}
}
